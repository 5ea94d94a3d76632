/** Columns of the two CSV files, a template of each, and the list of errors as a file to work through. */
import type { ImportKind } from "@/lms/organisation";
import type { RowError } from "@/lms/types";

export const CSV_COLUMNS: Record<ImportKind, readonly string[]> = {
  people: ["login", "name", "unit", "role", "password"],
  units: ["code", "name", "parent", "kind"],
};

const EXAMPLES: Record<ImportKind, readonly string[]> = {
  people: ["dung.nt", "Nguyễn Thị Dung", "PGD-DL", "trainee", ""],
  units: ["PGD-DL", "Phòng Giáo dục Đà Lạt", "SGD", "phòng"],
};

const BYTE_ORDER_MARK = "\uFEFF";

export function csvLine(cells: readonly (string | number)[]): string {
  return cells.map((cell) => quoted(String(cell))).join(",");
}

/** Spreadsheets run a cell that starts like a formula; an apostrophe keeps it text. */
function quoted(cell: string): string {
  const safe = /^[=+\-@\t]/.test(cell) ? `'${cell}` : cell;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function csvTemplate(kind: ImportKind): string {
  return `${BYTE_ORDER_MARK}${csvLine(CSV_COLUMNS[kind])}\r\n${csvLine(EXAMPLES[kind])}\r\n`;
}

export function errorsCsv(errors: readonly RowError[], locale: "vi" | "en"): string {
  const lines = errors.map(({ row, column, code, message_vi, message_en }) =>
    csvLine([row, column, code, locale === "en" ? message_en : message_vi]),
  );
  return `${BYTE_ORDER_MARK}${csvLine(["row", "column", "code", "message"])}\r\n${lines.join("\r\n")}\r\n`;
}
