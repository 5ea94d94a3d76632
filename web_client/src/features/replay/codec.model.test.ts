// @vitest-environment node
import { describe, expect, it } from "vitest";
import { mimeOf } from "./codec.model";

function bytes(...parts: (string | number[])[]): Uint8Array {
  return new Uint8Array(
    parts.flatMap((part) => (typeof part === "string" ? [...part].map((letter) => letter.charCodeAt(0)) : part)),
  );
}

const SIZE = [0, 0, 0, 24];
const EBML = [0x1a, 0x45, 0xdf, 0xa3];

describe("codec of an initialisation file", () => {
  it("reads profile, constraints and level of H.264", () => {
    const init = bytes(SIZE, "ftypiso6", SIZE, "avcC", [1, 0x42, 0xc0, 0x1f, 0xff]);
    expect(mimeOf(init)).toBe('video/mp4; codecs="avc1.42c01f"');
  });

  it("knows Opus in MP4 and VP8 in WebM", () => {
    expect(mimeOf(bytes(SIZE, "ftypiso6", SIZE, "Opus"))).toBe('audio/mp4; codecs="opus"');
    expect(mimeOf(bytes(EBML, "....V_VP8"))).toBe('video/webm; codecs="vp8"');
  });

  it("does not guess", () => {
    expect(mimeOf(bytes("<!doctype html>"))).toBeNull();
    expect(mimeOf(bytes(EBML, "V_MPEG2"))).toBeNull();
    expect(mimeOf(bytes(SIZE, "ftypiso6", "hvc1"))).toBeNull();
    expect(mimeOf(new Uint8Array())).toBeNull();
  });
});
