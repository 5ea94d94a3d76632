/** The stage: people and screens where stage.model.ts and geometry.model.ts put them. */
import { Trans, useLingui } from "@lingui/react/macro";
import { useEffect, useMemo, useRef, useState } from "react";
import type { PersonView } from "@/livekit/room.view";
import { Icon } from "@/ui/Icon";
import { rectsOf } from "./geometry.model";
import classes from "./Stage.module.css";
import { type Placement, place, type Space, type StageView } from "./stage.model";
import { TileView } from "./TileView";
import { tilesOf } from "./tiles";

interface Props {
  people: readonly PersonView[];
  view: StageView;
}

export function Stage({ people, view }: Props) {
  const [box, space] = useSpace();
  const [pinned, setPinned] = useState<string | null>(null);
  const [page, setPage] = useState(0);
  const tiles = useMemo(() => tilesOf(people), [people]);
  const placement = place(tiles, { view, pinned, page }, space);
  const rects = rectsOf(placement, space);
  // Tiles are drawn in one steady order and moved by their rectangles alone: moving an element would restart its picture.
  const drawn = tiles.filter((tile) => rects.has(tile.id)).sort((a, b) => (a.id < b.id ? -1 : 1));
  return (
    <div className={classes.stage} data-testid="stage" data-view={placement.focus ? "focus" : "grid"} ref={box}>
      {drawn.map((tile) => (
        <div className={classes.place} key={tile.id} style={rects.get(tile.id)}>
          <TileView isPinned={pinned === tile.id} onPin={setPinned} tile={tile} />
        </div>
      ))}
      {people.length === 1 && (
        <p className={classes.alone}>
          <Trans>Chưa có ai khác trong phòng.</Trans>
        </p>
      )}
      <Pages onPage={setPage} placement={placement} />
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
