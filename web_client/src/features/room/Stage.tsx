/** The stage: people and screens laid out by stage.model.ts in the space there is. */
import { Trans, useLingui } from "@lingui/react/macro";
import { useEffect, useMemo, useRef, useState } from "react";
import type { PersonView } from "@/livekit/room.view";
import { Icon } from "@/ui/Icon";
import classes from "./Stage.module.css";
import { type Placement, place, type Space, type StageView } from "./stage.model";
import { TileView } from "./TileView";
import { type RoomTile, tilesOf } from "./tiles";

interface Props {
  people: readonly PersonView[];
  view: StageView;
}

export function Stage({ people, view }: Props) {
  const [box, space] = useSpace();
  const [pinned, setPinned] = useState<string | null>(null);
  const [page, setPage] = useState(0);
  const tiles = useMemo(() => tilesOf(people), [people]);
  const byId = new Map(tiles.map((tile) => [tile.id, tile]));
  const placement = place(tiles, { view, pinned, page }, space);
  const show = (id: string) => {
    const tile = byId.get(id);
    return tile && <TileView isPinned={pinned === id} key={id} onPin={setPinned} tile={tile} />;
  };
  const isAlone = people.length === 1;
  return (
    <div className={classes.stage} data-testid="stage" data-view={placement.focus ? "focus" : "grid"} ref={box}>
      {placement.focus ? (
        <div className={classes.focus}>
          <div className={classes.large}>{show(placement.focus)}</div>
          {placement.tiles.length > 0 && <div className={classes.strip}>{placement.tiles.map(show)}</div>}
        </div>
      ) : (
        <Grid placement={placement} space={space} tiles={placement.tiles.map(show)} />
      )}
      {isAlone && (
        <p className={classes.alone}>
          <Trans>Chưa có ai khác trong phòng.</Trans>
        </p>
      )}
      <Pages onPage={setPage} placement={placement} />
    </div>
  );
}

const GAP = 10;

function Grid({ placement, tiles, space }: { placement: Placement; tiles: React.ReactNode[]; space: Space }) {
  const rows = Math.max(1, Math.ceil(tiles.length / placement.columns));
  const width = (space.width - GAP * (placement.columns - 1)) / placement.columns;
  const height = (space.height - GAP * (rows - 1)) / rows;
  const tileWidth = Math.floor(Math.min(width, (height * 16) / 9));
  const isTall = space.height > space.width;
  const size = isTall
    ? { width: Math.floor(width), height: Math.floor(height) }
    : { width: tileWidth, height: tileWidth * 0.5625 };
  return (
    <div className={classes.grid} style={{ gap: GAP }}>
      {tiles.map((tile, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the tile inside carries its own key; this is only its place
        <div key={index} style={size}>
          {tile}
        </div>
      ))}
    </div>
  );
}

function Pages({ placement, onPage }: { placement: Placement; onPage: (page: number) => void }) {
  const { t } = useLingui();
  if (placement.pages < 2) return null;
  const { page, pages } = placement;
  const shown = page + 1;
  return (
    <nav aria-label={t`Trang của lưới`} className={classes.pages}>
      <button aria-label={t`Trang trước`} disabled={page === 0} onClick={() => onPage(page - 1)} type="button">
        <Icon name="chevronLeft" />
      </button>
      <span>{t`${shown}/${pages}`}</span>
      <button aria-label={t`Trang sau`} disabled={shown === pages} onClick={() => onPage(shown)} type="button">
        <Icon name="chevronRight" />
      </button>
    </nav>
  );
}

const FIRST_SPACE: Space = { width: 960, height: 540 };

function useSpace(): [React.RefObject<HTMLDivElement | null>, Space] {
  const box = useRef<HTMLDivElement>(null);
  const [space, setSpace] = useState(FIRST_SPACE);
  useEffect(() => {
    if (!box.current) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setSpace({ width: entry.contentRect.width, height: entry.contentRect.height });
    });
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  return [box, space];
}

export type { RoomTile };
