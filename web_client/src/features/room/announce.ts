/** Says the changes of a room in words, for the live region. */
import { useLingui } from "@lingui/react/macro";
import { useEffect, useRef, useState } from "react";
import type { RoomView } from "@/livekit/room.view";
import { type Change, changesBetween, type Scene } from "./changes.model";

function useWords(): (change: Change) => string {
  const { t } = useLingui();
  return (change) => {
    if ("name" in change) {
      const { name } = change;
      if (change.kind === "joined") return t`${name} đã vào phòng`;
      if (change.kind === "left") return t`${name} đã rời phòng`;
      return change.kind === "screen_on" ? t`${name} đang chia sẻ màn hình` : t`${name} đã dừng chia sẻ màn hình`;
    }
    if ("count" in change) {
      const { count } = change;
      return change.kind === "crowd_joined" ? t`${count} người đã vào phòng` : t`${count} người đã rời phòng`;
    }
    return {
      microphone_on: t`Micro đã bật`,
      microphone_off: t`Micro đã tắt`,
      camera_on: t`Camera đã bật`,
      camera_off: t`Camera đã tắt`,
      recording_on: t`Buổi học đang được ghi hình`,
      recording_off: t`Đã dừng ghi hình`,
      lost: t`Mất kết nối, đang nối lại`,
      restored: t`Đã nối lại`,
    }[change.kind];
  };
}

/** The newest announcement; it stays until the next one, screen readers read it once. */
export function useAnnouncement(view: RoomView): string {
  const [text, setText] = useState("");
  const before = useRef<Scene>(view);
  const words = useWords();
  const latestWords = useRef(words);
  latestWords.current = words;
  useEffect(() => {
    const changes = changesBetween(before.current, view);
    before.current = view;
    if (changes.length > 0) setText(changes.map(latestWords.current).join(". "));
  }, [view]);
  return text;
}
