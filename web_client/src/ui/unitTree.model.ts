/** Units as a tree: depth first, siblings in Vietnamese order. */

export interface TreeUnit {
  id: string;
  name: string;
  parent_id: string | null;
}

export type Placed<U extends TreeUnit> = U & { level: number };

const collator = new Intl.Collator("vi");

/** A unit whose parent is not in the list (out of sight for the asker) stands at the top. */
export function treeOrder<U extends TreeUnit>(units: readonly U[]): Placed<U>[] {
  const known = new Set(units.map((unit) => unit.id));
  const children = new Map<string | null, U[]>();
  for (const unit of units) {
    const parent = unit.parent_id !== null && known.has(unit.parent_id) ? unit.parent_id : null;
    children.set(parent, [...(children.get(parent) ?? []), unit]);
  }
  const walk = (parent: string | null, level: number): Placed<U>[] =>
    (children.get(parent) ?? [])
      .sort((a, b) => collator.compare(a.name, b.name))
      .flatMap((unit) => [{ ...unit, level }, ...walk(unit.id, level + 1)]);
  return walk(null, 0);
}

/** A unit and everything below it: what it cannot be moved under. */
export function withDescendants(units: readonly TreeUnit[], id: string): Set<string> {
  const found = new Set([id]);
  let grown = true;
  while (grown) {
    grown = false;
    for (const unit of units) {
      if (unit.parent_id !== null && found.has(unit.parent_id) && !found.has(unit.id)) {
        found.add(unit.id);
        grown = true;
      }
    }
  }
  return found;
}
