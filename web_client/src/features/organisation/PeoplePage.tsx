/** People of the units one administers: find, add, change, close an account. */
import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";
import { usePeople, useUnits } from "@/lms/organisation";
import type { PersonView } from "@/lms/types";
import { DataTable } from "@/ui/DataTable";
import { Fetched } from "@/ui/Fetched";
import { Icon } from "@/ui/Icon";
import { ActionIcon, Button, TextInput, useDebouncedValue } from "@/ui/kit";
import { PageTitle, Panel } from "@/ui/Page";
import { Pager } from "@/ui/Pager";
import { useRoleNames } from "@/ui/roles";
import { EmptyState } from "@/ui/states";
import { Tag } from "@/ui/Tag";
import { UnitSelect } from "@/ui/UnitSelect";
import classes from "./PeoplePage.module.css";
import { PersonDialog } from "./PersonDialog";

const PAGE_SIZE = 25;

export function PeoplePage() {
  const { t } = useLingui();
  const [edited, setEdited] = useState<PersonView | "new" | null>(null);
  return (
    <>
      <PageTitle
        actions={
          <Button leftSection={<Icon name="plus" />} onClick={() => setEdited("new")}>
            <Trans>Thêm người</Trans>
          </Button>
        }
        lead={<Trans>Tài khoản, đơn vị và vai trò.</Trans>}
        title={t`Người dùng`}
      />
      <Panel>
        <PeopleList onEdit={setEdited} />
      </Panel>
      {edited && <PersonDialog onClose={() => setEdited(null)} person={edited === "new" ? null : edited} />}
    </>
  );
}

function PeopleList({ onEdit }: { onEdit: (person: PersonView) => void }) {
  const { t } = useLingui();
  const [query, setQuery] = useState("");
  const [unitId, setUnitId] = useState<string | null>(null);
  const [page, setPage] = useState(1);
  const [settled] = useDebouncedValue(query, 250);
  const units = useUnits();
  const people = usePeople({ query: settled, unit_id: unitId ?? undefined, page, page_size: PAGE_SIZE });
  return (
    <>
      <div className={classes.filters}>
        <TextInput
          label={t`Tìm theo tên hoặc tên đăng nhập`}
          leftSection={<Icon name="search" size={18} />}
          onChange={(event) => {
            setQuery(event.currentTarget.value);
            setPage(1);
          }}
          type="search"
          value={query}
        />
        <UnitSelect
          clearable
          label={t`Thuộc đơn vị`}
          onChange={(value) => {
            setUnitId(value);
            setPage(1);
          }}
          placeholder={t`Mọi đơn vị`}
          units={units.data ?? []}
          value={unitId}
        />
      </div>
      <Fetched lines={7} query={people}>
        {({ items, total }) =>
          items.length === 0 ? (
            <EmptyState icon="people" title={t`Không có ai khớp`} />
          ) : (
            <>
              <PeopleTable onEdit={onEdit} people={items} />
              <Pager onPage={setPage} page={page} pageSize={PAGE_SIZE} total={total} />
            </>
          )
        }
      </Fetched>
    </>
  );
}

function PeopleTable({ people, onEdit }: { people: PersonView[]; onEdit: (person: PersonView) => void }) {
  const { t } = useLingui();
  const roleNames = useRoleNames();
  const roles = (person: PersonView) =>
    person.roles.length === 0 ? "—" : person.roles.map(({ role, unit_name }) => `${roleNames[role]} (${unit_name})`).join(", ");
  return (
    <DataTable
      caption={t`Người dùng`}
      columns={[
        { key: "name", title: t`Họ và tên`, isHeader: true, cell: (person) => person.name },
        { key: "login", title: t`Tên đăng nhập`, cell: (person) => person.login },
        { key: "unit", title: t`Thuộc đơn vị`, cell: (person) => person.unit.name },
        { key: "roles", title: t`Vai trò`, cell: roles },
        { key: "state", title: t`Tài khoản`, cell: (person) => <AccountTag person={person} /> },
        {
          key: "act",
          title: t`Sửa`,
          width: "56px",
          cell: (person) => (
            <ActionIcon aria-label={t`Sửa ${person.name}`} onClick={() => onEdit(person)} size={36} variant="subtle">
              <Icon name="edit" size={18} />
            </ActionIcon>
          ),
        },
      ]}
      rowKey={(person) => person.id}
      rows={people}
    />
  );
}

function AccountTag({ person }: { person: PersonView }) {
  if (!person.is_active) {
    return (
      <Tag tone="bad">
        <Trans>Đã khoá</Trans>
      </Tag>
    );
  }
  return (
    <Tag tone={person.has_password ? "good" : "warn"}>
      {person.has_password ? <Trans>Hoạt động</Trans> : <Trans>Chưa có mật khẩu</Trans>}
    </Tag>
  );
}
