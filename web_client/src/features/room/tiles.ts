/** The tiles of a room: one per person, one more per shared screen. */
import type { MediaSource, PersonView } from "@/livekit/room.view";
import type { Tile } from "./stage.model";

export interface RoomTile extends Tile {
  readonly person: PersonView;
  readonly source: MediaSource | null;
}

export function tilesOf(people: readonly PersonView[]): RoomTile[] {
  return people.flatMap((person) => {
    const camera = tile(person, "camera", person.camera);
    return person.screen ? [camera, tile(person, "screen", person.screen)] : [camera];
  });
}

function tile(person: PersonView, kind: "camera" | "screen", source: MediaSource | null): RoomTile {
  return {
    id: `${person.sid}/${kind}`,
    kind,
    person,
    source,
    isLocal: person.isLocal,
    isSpeaking: kind === "camera" && person.isSpeaking,
    hasPicture: source !== null,
    lastSpokeAt: person.lastSpokeAt,
    joinedAt: person.joinedAt,
  };
}

/** Two letters to stand for a face: the family name's and the given name's, which comes last. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const first = words[0]?.[0] ?? "";
  const last = words.length > 1 ? (words.at(-1)?.[0] ?? "") : "";
  return `${first}${last}`.toLocaleUpperCase("vi");
}

const HUES = 8;

/** A steady colour per identity, as an index into the tints of TileView.module.css. */
export function tintOf(identity: string): number {
  let sum = 0;
  for (const letter of identity) sum = (sum * 31 + letter.charCodeAt(0)) % 65_521;
  return sum % HUES;
}
