/** The order of people in a list and how names are found: by given name, with or without marks. */
interface Named {
  readonly name: string;
  readonly isLocal: boolean;
}

const collator = new Intl.Collator("vi");

/** Vietnamese lists sort by the given name, which is the last word, then by the whole name; oneself stands first. */
export function inListOrder<T extends Named>(people: readonly T[]): T[] {
  return [...people].sort(
    (a, b) =>
      Number(b.isLocal) - Number(a.isLocal) ||
      collator.compare(givenName(a.name), givenName(b.name)) ||
      collator.compare(a.name, b.name),
  );
}

function givenName(name: string): string {
  return name.trim().split(/\s+/).at(-1) ?? "";
}

export function folded(text: string): string {
  return text
    .normalize("NFD")
    .replace(/\p{Mark}/gu, "")
    .replaceAll("đ", "d")
    .replaceAll("Đ", "D")
    .toLowerCase()
    .trim();
}

export function matches(name: string, query: string): boolean {
  return folded(name).includes(folded(query));
}
