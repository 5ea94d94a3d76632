/**
 * Reads the HLS media playlists the recorder writes (RFC 8216) into segments placed on the session clock.
 * The place of a segment is its PROGRAM-DATE-TIME less second zero; segments without one follow the last.
 */
export interface Segment {
  readonly number: number;
  readonly start: number;
  readonly end: number;
  readonly uri: string;
  /** The initialisation file of this segment's codec. */
  readonly map: string;
  /** Begins without a key frame: it can be decoded only after the segment before it. */
  readonly continues: boolean;
}

export interface Playlist {
  readonly segments: readonly Segment[];
  readonly isComplete: boolean;
}

export const EMPTY_PLAYLIST: Playlist = { segments: [], isComplete: false };

export class PlaylistError extends Error {}

interface Cursor {
  at: number;
  length: number | null;
  map: string;
  continues: boolean;
}

/** The recorder's own tag: the next segment does not begin at a key frame. */
const CONTINUES = "#EXT-X-LOPHOP-CONTINUES";

export function parsePlaylist(text: string, zeroMs: number): Playlist {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  if (lines[0] !== "#EXTM3U") throw new PlaylistError("not a playlist");
  const segments: Segment[] = [];
  const cursor: Cursor = { at: 0, length: null, map: "", continues: false };
  let isComplete = false;
  for (const line of lines) {
    if (line === "#EXT-X-ENDLIST") isComplete = true;
    else if (line === CONTINUES) cursor.continues = true;
    else if (line.startsWith("#")) readTag(line, cursor, zeroMs);
    else if (line !== "" && cursor.length !== null) {
      const end = cursor.at + cursor.length;
      const { at: start, map, continues } = cursor;
      segments.push({ number: segments.length, start, end, uri: line, map, continues });
      cursor.at = end;
      cursor.length = null;
      cursor.continues = false;
    }
  }
  return { segments, isComplete };
}

function readTag(line: string, cursor: Cursor, zeroMs: number): void {
  const colon = line.indexOf(":");
  if (colon < 0) return;
  const name = line.slice(0, colon);
  const value = line.slice(colon + 1);
  if (name === "#EXTINF") {
    const seconds = Number.parseFloat(value);
    if (!(seconds >= 0)) throw new PlaylistError(`segment length: ${value}`);
    cursor.length = seconds;
  } else if (name === "#EXT-X-PROGRAM-DATE-TIME") {
    const at = Date.parse(value);
    if (Number.isNaN(at)) throw new PlaylistError(`date: ${value}`);
    cursor.at = (at - zeroMs) / 1000;
  } else if (name === "#EXT-X-MAP") {
    const uri = /URI="([^"]*)"/.exec(value)?.[1];
    if (!uri) throw new PlaylistError("map without URI");
    cursor.map = uri;
  }
}

/** End of the last segment: the live edge while the session runs, the end of this rendition afterwards. */
export function edgeOf(playlist: Playlist): number {
  return playlist.segments.at(-1)?.end ?? 0;
}

/** Parts of the session that this rendition covers; holes shorter than `slack` seconds do not count. */
export function coveredBy(playlist: Playlist, slack = 0.5): [number, number][] {
  const covered: [number, number][] = [];
  for (const { start, end } of playlist.segments) {
    const last = covered.at(-1);
    if (last && start <= last[1] + slack) last[1] = Math.max(last[1], end);
    else covered.push([start, end]);
  }
  return covered;
}

/** The segment to fetch now so that `second`, and then `ahead` seconds after it, can be played. */
export function segmentToFetch(playlist: Playlist, taken: ReadonlySet<number>, second: number, ahead: number): Segment | null {
  const { segments } = playlist;
  const wanted = segments.find((segment) => segment.end > second && segment.start < second + ahead && !taken.has(segment.number));
  if (!wanted) return null;
  let first = wanted.number;
  while (segments[first]?.continues && first > 0 && !taken.has(first - 1)) first -= 1;
  return segments[first] ?? wanted;
}
