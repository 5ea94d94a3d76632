/** Chooses one unit of the tree; typing narrows the list, marks or no marks. */

import { useLingui } from "@lingui/react/macro";
import { Select, type SelectProps } from "@mantine/core";
import { foldedFilter } from "./search.model";
import { type TreeUnit, treeOrder } from "./unitTree.model";

type Props = Omit<SelectProps, "data" | "filter" | "searchable" | "nothingFoundMessage"> & { units: readonly TreeUnit[] };

export function UnitSelect({ units, ...rest }: Props) {
  const { t } = useLingui();
  const data = treeOrder(units).map(({ id, name, level }) => ({ value: id, label: `${"\u2003".repeat(level)}${name}` }));
  return <Select data={data} filter={foldedFilter} nothingFoundMessage={t`Không thấy đơn vị nào`} searchable {...rest} />;
}
