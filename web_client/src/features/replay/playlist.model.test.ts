// @vitest-environment node
import { describe, expect, it } from "vitest";
import { coveredBy, EMPTY_PLAYLIST, edgeOf, PlaylistError, parsePlaylist, segmentToFetch } from "./playlist.model";

const ZERO_MS = Date.parse("2026-11-28T08:00:00.000Z");
const LIST = `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:2
#EXT-X-PLAYLIST-TYPE:EVENT
#EXT-X-MAP:URI="init.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-28T08:00:01.500Z
#EXTINF:2.000,
00000.m4s
#EXTINF:1.500,
00001.m4s
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="init-1.webm"
#EXT-X-PROGRAM-DATE-TIME:2026-11-28T08:00:20.000Z
#EXTINF:2.25,
00002.webm
`;

describe("playlist", () => {
  it("places segments on the session clock", () => {
    const { segments, isComplete } = parsePlaylist(LIST, ZERO_MS);
    expect(segments.map(({ start, end }) => [start, end])).toEqual([
      [1.5, 3.5],
      [3.5, 5],
      [20, 22.25],
    ]);
    expect(isComplete).toBe(false);
  });

  it("gives each segment the initialisation file before it", () => {
    const maps = parsePlaylist(LIST, ZERO_MS).segments.map((segment) => segment.map);
    expect(maps).toEqual(["init.mp4", "init.mp4", "init-1.webm"]);
  });

  it("is complete once the list has ended", () => {
    expect(parsePlaylist(`${LIST}#EXT-X-ENDLIST\n`, ZERO_MS).isComplete).toBe(true);
  });

  it("reads Windows line ends and ignores unknown tags", () => {
    const list = parsePlaylist(LIST.replaceAll("\n", "\r\n").replace("#EXT-X-VERSION:7", "#EXT-X-NEW"), ZERO_MS);
    expect(list.segments).toHaveLength(3);
  });

  it.each([
    ["<!doctype html>"],
    ["#EXTM3U\n#EXTINF:x,\na.m4s"],
    ["#EXTM3U\n#EXT-X-PROGRAM-DATE-TIME:soon\n"],
    ["#EXTM3U\n#EXT-X-MAP:BYTERANGE=1\n"],
  ])("refuses %j", (text) => {
    expect(() => parsePlaylist(text, ZERO_MS)).toThrow(PlaylistError);
  });

  it("knows its edge and its holes", () => {
    const list = parsePlaylist(LIST, ZERO_MS);
    expect(edgeOf(list)).toBe(22.25);
    expect(edgeOf(EMPTY_PLAYLIST)).toBe(0);
    expect(coveredBy(list)).toEqual([
      [1.5, 5],
      [20, 22.25],
    ]);
  });

  it("fetches the segment under the clock first, then ahead, never twice", () => {
    const list = parsePlaylist(LIST, ZERO_MS);
    expect(segmentToFetch(list, new Set(), 4, 30)?.number).toBe(1);
    expect(segmentToFetch(list, new Set([1]), 4, 30)?.number).toBe(2);
    expect(segmentToFetch(list, new Set([1]), 4, 10)).toBeNull();
    expect(segmentToFetch(list, new Set([1, 2]), 4, 30)).toBeNull();
  });

  it("goes back to the key frame that a segment needs", () => {
    const text = LIST.replace("#EXTINF:1.500,", "#EXT-X-LOPHOP-CONTINUES\n#EXTINF:1.500,");
    const list = parsePlaylist(text, ZERO_MS);
    expect(list.segments.map((segment) => segment.continues)).toEqual([false, true, false]);
    expect(segmentToFetch(list, new Set(), 4, 30)?.number).toBe(0);
    expect(segmentToFetch(list, new Set([0]), 4, 30)?.number).toBe(1);
  });
});
