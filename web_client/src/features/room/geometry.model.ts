/**
 * Turns a placement into rectangles. Every tile keeps its element whatever the layout, so a picture never goes black
 * because somebody began to share a screen: only its rectangle changes.
 */
import { PHONE_WIDTH, type Placement, type Space } from "./stage.model";

export interface Rect {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export const GAP = 10;
const RATIO = 16 / 9;
const STRIP_SHARE = 0.17;
const STRIP_WIDTH = { least: 150, most: 230 } as const;
const PHONE_STRIP_HEIGHT = 96;

export function rectsOf(placement: Placement, space: Space): ReadonlyMap<string, Rect> {
  if (placement.focus === null) return gridRects(placement, space);
  if (placement.tiles.length === 0) return new Map([[placement.focus, { left: 0, top: 0, ...space }]]);
  return space.width < PHONE_WIDTH ? stackedRects(placement, space) : sideRects(placement, space);
}

function gridRects({ tiles, columns }: Placement, space: Space): ReadonlyMap<string, Rect> {
  const rows = Math.max(1, Math.ceil(tiles.length / columns));
  const most = { width: share(space.width, columns), height: share(space.height, rows) };
  // On an upright screen people fill the space; on a wide one pictures keep their shape.
  const width = space.height > space.width ? most.width : Math.min(most.width, most.height * RATIO);
  const height = space.height > space.width ? most.height : width / RATIO;
  const top = (space.height - rows * height - (rows - 1) * GAP) / 2;
  return new Map(
    tiles.map((id, index) => {
      const row = Math.floor(index / columns);
      const inRow = Math.min(columns, tiles.length - row * columns);
      const start = (space.width - inRow * width - (inRow - 1) * GAP) / 2;
      const left = start + (index - row * columns) * (width + GAP);
      return [id, { left, top: top + row * (height + GAP), width, height }];
    }),
  );
}

/** The focus on the left, the others in a column beside it. */
function sideRects({ focus, tiles }: Placement, space: Space): ReadonlyMap<string, Rect> {
  const wanted = Math.min(STRIP_WIDTH.most, Math.max(STRIP_WIDTH.least, space.width * STRIP_SHARE));
  const height = Math.min(wanted / RATIO, share(space.height, tiles.length));
  const top = (space.height - tiles.length * height - (tiles.length - 1) * GAP) / 2;
  const left = space.width - wanted;
  const rects = new Map(tiles.map((id, index) => [id, { left, top: top + index * (height + GAP), width: wanted, height }]));
  if (focus) rects.set(focus, { left: 0, top: 0, width: left - GAP, height: space.height });
  return rects;
}

/** The focus on top, the others in a row under it. */
function stackedRects({ focus, tiles }: Placement, space: Space): ReadonlyMap<string, Rect> {
  const height = Math.min(PHONE_STRIP_HEIGHT, space.height / 4);
  const top = space.height - height;
  const width = Math.min(share(space.width, tiles.length), height * RATIO);
  const start = (space.width - tiles.length * width - (tiles.length - 1) * GAP) / 2;
  const rects = new Map(tiles.map((id, index) => [id, { left: start + index * (width + GAP), top, width, height }]));
  if (focus) rects.set(focus, { left: 0, top: 0, width: space.width, height: top - GAP });
  return rects;
}

function share(length: number, parts: number): number {
  return (length - GAP * (parts - 1)) / parts;
}
