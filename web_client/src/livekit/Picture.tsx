/** A live picture in its own video element: attached while shown, let go when taken away. */
import { useEffect, useRef } from "react";
import type { MediaSource } from "./room.view";

interface Props {
  source: MediaSource;
  isMirrored?: boolean;
  className?: string;
}

export function Picture({ source, isMirrored = false, className }: Props) {
  const element = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const video = element.current;
    if (!video) return;
    source.attach(video);
    return () => source.detach(video);
  }, [source]);
  return (
    <video
      autoPlay
      className={className}
      muted
      playsInline
      ref={element}
      style={isMirrored ? { transform: "scaleX(-1)" } : undefined}
    />
  );
}
