/**
 * Names the Media Source type of an initialisation file by looking into it, so that a rendition may change
 * codec half-way (ISO 14496-12 boxes, Matroska codec ids). Null: nothing we can play.
 */
const EBML = [0x1a, 0x45, 0xdf, 0xa3];
const WEBM_CODECS: readonly (readonly [string, string, string])[] = [
  ["V_VP8", "video", "vp8"],
  ["V_VP9", "video", "vp9"],
  ["V_AV1", "video", "av01.0.08M.08"],
  ["A_OPUS", "audio", "opus"],
];
const AVC_CONFIGURATION_OFFSET = 5;

export function mimeOf(init: Uint8Array): string | null {
  if (EBML.every((byte, at) => init[at] === byte)) {
    const codec = WEBM_CODECS.find(([id]) => indexOf(init, id) >= 0);
    return codec ? `${codec[1]}/webm; codecs="${codec[2]}"` : null;
  }
  if (indexOf(init, "ftyp") !== 4) return null;
  const avcc = indexOf(init, "avcC");
  if (avcc >= 0) {
    const profile = init.slice(avcc + AVC_CONFIGURATION_OFFSET, avcc + AVC_CONFIGURATION_OFFSET + 3);
    return `video/mp4; codecs="avc1.${[...profile].map(hex).join("")}"`;
  }
  if (indexOf(init, "Opus") >= 0) return 'audio/mp4; codecs="opus"';
  if (indexOf(init, "mp4a") >= 0) return 'audio/mp4; codecs="mp4a.40.2"';
  if (indexOf(init, "vp09") >= 0) return 'video/mp4; codecs="vp09.00.31.08"';
  return null;
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}

function indexOf(bytes: Uint8Array, text: string): number {
  const wanted = [...text].map((letter) => letter.charCodeAt(0));
  const last = bytes.length - wanted.length;
  for (let at = 0; at <= last; at += 1) {
    if (wanted.every((byte, offset) => bytes[at + offset] === byte)) return at;
  }
  return -1;
}
