/** The tree of units: see it, add below, rename, move, remove what is empty. */
import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";
import { useUnits } from "@/lms/organisation";
import type { UnitView } from "@/lms/types";
import { Fetched } from "@/ui/Fetched";
import { Icon } from "@/ui/Icon";
import { ActionIcon, TextInput } from "@/ui/kit";
import { PageTitle, Panel } from "@/ui/Page";
import { matches } from "@/ui/search.model";
import { EmptyState } from "@/ui/states";
import { treeOrder } from "@/ui/unitTree.model";
import { RemoveUnitDialog } from "./RemoveUnitDialog";
import { UnitDialog, type UnitDraft } from "./UnitDialog";
import classes from "./UnitsPage.module.css";

export function UnitsPage() {
  const { t } = useLingui();
  return (
    <>
      <PageTitle lead={<Trans>Cơ quan, trường và bộ phận, theo quan hệ trực thuộc.</Trans>} title={t`Đơn vị`} />
      <Panel>
        <Fetched lines={7} query={useUnits()}>
          {(units) => <Tree units={units} />}
        </Fetched>
      </Panel>
    </>
  );
}

function Tree({ units }: { units: UnitView[] }) {
  const { t } = useLingui();
  const kinds: Record<string, string> = { department: t`sở`, office: t`phòng`, school: t`trường` };
  const [query, setQuery] = useState("");
  const [draft, setDraft] = useState<UnitDraft | null>(null);
  const [removed, setRemoved] = useState<UnitView | null>(null);
  const shown = treeOrder(units).filter((unit) => matches(`${unit.name} ${unit.code}`, query));
  return (
    <>
      <TextInput
        label={t`Tìm đơn vị`}
        leftSection={<Icon name="search" size={18} />}
        mb="md"
        onChange={(event) => setQuery(event.currentTarget.value)}
        type="search"
        value={query}
      />
      {shown.length === 0 && <EmptyState icon="search" title={t`Không có đơn vị nào khớp`} />}
      <ul className={classes.tree}>
        {shown.map((unit) => (
          <li className={classes.unit} key={unit.id} style={{ paddingInlineStart: 12 + (query ? 0 : unit.level * 24) }}>
            <span className={classes.name}>
              {unit.name}
              <span className={classes.facts}>
                {unit.code}
                {unit.kind && ` · ${kinds[unit.kind] ?? unit.kind}`}
              </span>
            </span>
            {unit.may_administer && (
              <span className={classes.actions}>
                <Act icon="plus" name={t`Thêm đơn vị dưới ${unit.name}`} onClick={() => setDraft({ parent_id: unit.id })} />
                <Act icon="edit" name={t`Sửa ${unit.name}`} onClick={() => setDraft(unit)} />
                {unit.parent_id !== null && <Act icon="trash" name={t`Xoá ${unit.name}`} onClick={() => setRemoved(unit)} />}
              </span>
            )}
          </li>
        ))}
      </ul>
      {draft && <UnitDialog draft={draft} onClose={() => setDraft(null)} units={units} />}
      {removed && <RemoveUnitDialog onClose={() => setRemoved(null)} unit={removed} />}
    </>
  );
}

function Act({ icon, name, onClick }: { icon: "plus" | "edit" | "trash"; name: string; onClick: () => void }) {
  return (
    <ActionIcon aria-label={name} onClick={onClick} size={36} title={name} variant="subtle">
      <Icon name={icon} size={18} />
    </ActionIcon>
  );
}
