/** A table that stays a table for screen readers and becomes cards on a phone. */
import type { ReactNode } from "react";
import classes from "./DataTable.module.css";

export interface Column<Row> {
  key: string;
  title: string;
  cell: (row: Row) => ReactNode;
  /** The cell that names the row. */
  isHeader?: boolean;
  isNumber?: boolean;
  width?: string;
}

interface Props<Row> {
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
}

export function DataTable<Row>({ caption, columns, rows, rowKey }: Props<Row>) {
  return (
    <table className={classes.table}>
      <caption className="visually-hidden">{caption}</caption>
      <thead>
        <tr>
          {columns.map(({ key, title, isNumber, width }) => (
            <th className={isNumber ? classes.number : undefined} key={key} scope="col" style={{ width }}>
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={rowKey(row)}>
            {columns.map((column) => (
              <Cell column={column} key={column.key} row={row} />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Cell<Row>({ column, row }: { column: Column<Row>; row: Row }) {
  const content = column.cell(row);
  if (column.isHeader) {
    return (
      <th className={classes.rowHeader} scope="row">
        {content}
      </th>
    );
  }
  return (
    <td className={column.isNumber ? classes.number : undefined}>
      <span aria-hidden="true" className={classes.label}>
        {column.title}
      </span>
      <div className={classes.value}>{content}</div>
    </td>
  );
}
