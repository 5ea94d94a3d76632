/** One stay in a room as a hook: connects when shown, publishes what was chosen, leaves when taken away. */
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { type DeviceProblem, type JoinChoices, problemOf } from "@/livekit/devices";
import { LiveRoom, type Ticket } from "@/livekit/LiveRoom";
import { EMPTY_ROOM, type RoomView } from "@/livekit/room.view";

export type Device = "microphone" | "camera" | "screen";

export interface Trouble {
  readonly device: Device;
  readonly problem: DeviceProblem;
}

export interface RoomControl {
  readonly room: LiveRoom | null;
  readonly view: RoomView;
  readonly trouble: Trouble | null;
  readonly pending: Device | null;
  turn(device: Device, isOn: boolean): Promise<void>;
  forgetTrouble(): void;
}

const nothing = () => () => {};
const empty = () => EMPTY_ROOM;

export function useLiveRoom(ticket: Ticket, choices: JoinChoices): RoomControl {
  const [room, setRoom] = useState<LiveRoom | null>(null);
  const view = useSyncExternalStore(room?.subscribe ?? nothing, room?.view ?? empty);
  const devices = useDevices(room);
  const first = useRef(choices);
  const { turn } = devices;

  useEffect(() => {
    const stay = new LiveRoom(ticket, first.current);
    setRoom(stay);
    void stay.connect();
    return () => void stay.leave();
  }, [ticket]);

  const isConnected = view.connection === "connected";
  const hasPublished = useRef<LiveRoom | null>(null);
  useEffect(() => {
    if (!isConnected || hasPublished.current === room) return;
    hasPublished.current = room;
    void (async () => {
      if (first.current.isMicrophoneOn) await turn("microphone", true);
      if (first.current.isCameraOn) await turn("camera", true);
    })();
  }, [isConnected, room, turn]);

  return { room, view, ...devices };
}

function useDevices(room: LiveRoom | null) {
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const [pending, setPending] = useState<Device | null>(null);
  const turn = useCallback(
    async (device: Device, isOn: boolean) => {
      if (!room) return;
      setPending(device);
      try {
        if (device === "microphone") await room.setMicrophone(isOn);
        else if (device === "camera") await room.setCamera(isOn);
        else await room.setScreen(isOn);
        setTrouble((now) => (now?.device === device ? null : now));
      } catch (error) {
        const problem = problemOf(error);
        // Closing the browser's picker is a choice, not a fault.
        if (device !== "screen" || problem !== "denied") setTrouble({ device, problem });
      } finally {
        setPending(null);
      }
    },
    [room],
  );
  const forgetTrouble = useCallback(() => setTrouble(null), []);
  return { trouble, pending, turn, forgetTrouble };
}
