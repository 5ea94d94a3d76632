/** Moves through the pages of a long list. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Icon } from "./Icon";
import { Button, Group } from "./kit";

interface Props {
  page: number;
  pageSize: number;
  total: number;
  onPage: (page: number) => void;
}

export function Pager({ page, pageSize, total, onPage }: Props) {
  const { t } = useLingui();
  const pages = Math.max(1, Math.ceil(total / pageSize));
  if (pages === 1) return null;
  return (
    <nav aria-label={t`Các trang`}>
      <Group justify="space-between" mt="md">
        <Button
          disabled={page <= 1}
          leftSection={<Icon name="chevronLeft" size={18} />}
          onClick={() => onPage(page - 1)}
          variant="default"
        >
          <Trans>Trước</Trans>
        </Button>
        <span aria-live="polite">
          <Trans>
            Trang {page} trên {pages}
          </Trans>
        </span>
        <Button
          disabled={page >= pages}
          onClick={() => onPage(page + 1)}
          rightSection={<Icon name="chevronRight" size={18} />}
          variant="default"
        >
          <Trans>Sau</Trans>
        </Button>
      </Group>
    </nav>
  );
}
