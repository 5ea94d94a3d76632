/** Search that does not care about Vietnamese marks or case. */

export function folded(text: string): string {
  return text
    .normalize("NFD")
    .replace(/\p{Mn}/gu, "")
    .replace(/[đĐ]/g, "d")
    .toLowerCase()
    .trim();
}

export function matches(text: string, query: string): boolean {
  return folded(text).includes(folded(query));
}

interface FilterInput<Item> {
  options: Item[];
  search: string;
}

/** The kit's option filter, folded. */
export function foldedFilter<Item extends object>({ options, search }: FilterInput<Item>): Item[] {
  return options.filter((option) => !("label" in option) || matches(String(option.label), search));
}
