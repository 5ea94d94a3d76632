/**
 * Decides what stands where on the stage: which tile is in focus, which stand in the strip, how many fit a page
 * of the grid. Pure: tiles, wish and space in; placement out.
 */
export interface Tile {
  /** `<participant sid>/camera` or `<participant sid>/screen`. */
  readonly id: string;
  readonly kind: "camera" | "screen";
  readonly isLocal: boolean;
  readonly isSpeaking: boolean;
  readonly hasPicture: boolean;
  /** Unix milliseconds; 0 when this person has not spoken yet. */
  readonly lastSpokeAt: number;
  readonly joinedAt: number;
}

export type StageView = "grid" | "speaker";

export interface Space {
  readonly width: number;
  readonly height: number;
}

export interface Wish {
  readonly view: StageView;
  readonly pinned: string | null;
  readonly page: number;
}

export interface Placement {
  /** The large tile, or null in the grid. */
  readonly focus: string | null;
  /** The tiles of this grid page, or of the strip beside the focus. */
  readonly tiles: readonly string[];
  readonly columns: number;
  readonly page: number;
  readonly pages: number;
}

export const PHONE_WIDTH = 600;
const TABLET_WIDTH = 1024;
const PICTURE_RATIO = 16 / 9;
const STRIP_MOST = 6;
const PHONE_STRIP_MOST = 3;
const GRID_MOST = { phone: 4, tablet: 9, desktop: 25 } as const;

export function mostPerPage(space: Space): number {
  if (space.width < PHONE_WIDTH) return GRID_MOST.phone;
  return space.width < TABLET_WIDTH ? GRID_MOST.tablet : GRID_MOST.desktop;
}

/** Screens first, then people in order of arrival, oneself last: a stable order, so that tiles do not jump. */
export function inOrder(tiles: readonly Tile[]): Tile[] {
  return [...tiles].sort(
    (a, b) =>
      Number(b.kind === "screen") - Number(a.kind === "screen") ||
      Number(a.isLocal) - Number(b.isLocal) ||
      a.joinedAt - b.joinedAt ||
      (a.id < b.id ? -1 : 1),
  );
}

/** The columns that give the largest 16:9 pictures for so many tiles in this space. */
export function columnsFor(count: number, space: Space): number {
  let best = 1;
  let bestWidth = 0;
  for (let columns = 1; columns <= Math.max(1, count); columns += 1) {
    const rows = Math.ceil(count / columns);
    const width = Math.min(space.width / columns, (space.height / rows) * PICTURE_RATIO);
    if (width > bestWidth + 0.5) {
      best = columns;
      bestWidth = width;
    }
  }
  return best;
}

/** Own pin wins; then somebody else's screen; then, in speaker view, who speaks or spoke last. */
export function focusOf(tiles: readonly Tile[], wish: Wish): Tile | null {
  const pinned = tiles.find((tile) => tile.id === wish.pinned);
  if (pinned) return pinned;
  const screens = tiles.filter((tile) => tile.kind === "screen");
  const shared = screens.find((tile) => !tile.isLocal) ?? (wish.view === "speaker" ? screens[0] : null);
  if (shared) return shared;
  if (wish.view === "grid") return null;
  const people = tiles.filter((tile) => tile.kind === "camera");
  const others = people.filter((tile) => !tile.isLocal);
  const candidates = others.length > 0 ? others : people;
  return (
    [...candidates].sort(
      (a, b) =>
        Number(b.isSpeaking) - Number(a.isSpeaking) ||
        b.lastSpokeAt - a.lastSpokeAt ||
        Number(b.hasPicture) - Number(a.hasPicture) ||
        a.joinedAt - b.joinedAt,
    )[0] ?? null
  );
}

export function place(tiles: readonly Tile[], wish: Wish, space: Space): Placement {
  const ordered = inOrder(tiles);
  const focus = focusOf(ordered, wish);
  if (focus) return besideFocus(ordered, focus, space);
  const most = mostPerPage(space);
  const pages = Math.max(1, Math.ceil(ordered.length / most));
  const page = Math.min(Math.max(0, wish.page), pages - 1);
  const shown = ordered.slice(page * most, (page + 1) * most);
  return {
    focus: null,
    tiles: shown.map((tile) => tile.id),
    columns: columnsFor(shown.length, space),
    page,
    pages,
  };
}

function besideFocus(ordered: readonly Tile[], focus: Tile, space: Space): Placement {
  const most = space.width < PHONE_WIDTH ? PHONE_STRIP_MOST : STRIP_MOST;
  const rest = ordered.filter((tile) => tile.id !== focus.id);
  const byInterest = [...rest].sort(
    (a, b) =>
      Number(b.isSpeaking) - Number(a.isSpeaking) || Number(b.hasPicture) - Number(a.hasPicture) || b.lastSpokeAt - a.lastSpokeAt,
  );
  const kept = new Set(byInterest.slice(0, most).map((tile) => tile.id));
  const tiles = rest.filter((tile) => kept.has(tile.id)).map((tile) => tile.id);
  return { focus: focus.id, tiles, columns: 1, page: 0, pages: 1 };
}
