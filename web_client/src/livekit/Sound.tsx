/** The sound of everybody else in a room, in audio elements nobody sees. */
import { useEffect, useRef } from "react";
import type { MediaSource } from "./room.view";

export function RoomSound({ sounds }: { sounds: readonly MediaSource[] }) {
  return (
    <div hidden>
      {sounds.map((sound) => (
        <OneSound key={sound.id} source={sound} />
      ))}
    </div>
  );
}

function OneSound({ source }: { source: MediaSource }) {
  const element = useRef<HTMLAudioElement>(null);
  useEffect(() => {
    const audio = element.current;
    if (!audio) return;
    source.attach(audio);
    return () => source.detach(audio);
  }, [source]);
  // biome-ignore lint/a11y/useMediaCaption: live speech has no caption track
  return <audio autoPlay ref={element} />;
}
