// @vitest-environment node
import { describe, expect, it } from "vitest";
import { changesBetween, type Person, type Scene } from "./changes.model";

function person(sid: string, rest: Partial<Person> = {}): Person {
  const off = { isMicrophoneOn: false, isCameraOn: false, isScreenOn: false };
  return { sid, name: sid.toUpperCase(), isLocal: false, ...off, ...rest };
}

function scene(people: Person[], rest: Partial<Scene> = {}): Scene {
  return { people, isRecording: false, connection: "connected", ...rest };
}

describe("what is announced", () => {
  it("names who comes and goes, and counts crowds", () => {
    expect(changesBetween(scene([]), scene([person("an")]))).toEqual([{ kind: "joined", name: "AN" }]);
    expect(changesBetween(scene([person("an")]), scene([]))).toEqual([{ kind: "left", name: "AN" }]);
    const crowd = ["a", "b", "c"].map((sid) => person(sid));
    expect(changesBetween(scene([]), scene(crowd))).toEqual([{ kind: "crowd_joined", count: 3 }]);
  });

  it("does not name those who were there on arrival", () => {
    expect(changesBetween(scene([], { connection: "connecting" }), scene([person("an")]))).toEqual([]);
  });

  it("tells one's own microphone and camera", () => {
    const me = person("me", { isLocal: true });
    const changed = { ...me, isMicrophoneOn: true, isCameraOn: true };
    expect(changesBetween(scene([me]), scene([changed])).map(({ kind }) => kind)).toEqual(["microphone_on", "camera_on"]);
    expect(changesBetween(scene([changed]), scene([me])).map(({ kind }) => kind)).toEqual(["microphone_off", "camera_off"]);
  });

  it("says nothing of other people's microphones, but tells of their screens", () => {
    const before = scene([person("an")]);
    expect(changesBetween(before, scene([person("an", { isMicrophoneOn: true })]))).toEqual([]);
    expect(changesBetween(before, scene([person("an", { isScreenOn: true })]))).toEqual([{ kind: "screen_on", name: "AN" }]);
  });

  it("tells recording and the line", () => {
    expect(changesBetween(scene([]), scene([], { isRecording: true }))).toEqual([{ kind: "recording_on" }]);
    expect(changesBetween(scene([], { isRecording: true }), scene([]))).toEqual([{ kind: "recording_off" }]);
    const lost = scene([], { connection: "reconnecting" });
    expect(changesBetween(scene([]), lost)).toEqual([{ kind: "lost" }]);
    expect(changesBetween(lost, scene([]))).toEqual([{ kind: "restored" }]);
  });
});
