/** Which microphone, camera and speaker to use. A kind with a single device needs no question. */
import { useLingui } from "@lingui/react/macro";
import { useEffect, useState } from "react";
import { type Device, devicesOf, type JoinChoices } from "@/livekit/devices";
import { NativeSelect } from "@/ui/kit";
import classes from "./Prejoin.module.css";

interface Props {
  choices: JoinChoices;
  /** Names appear once permission is given, so the lists are read again when this changes. */
  readAgain: string;
  onChange: (change: Partial<JoinChoices>) => void;
}

interface Lists {
  readonly microphones: readonly Device[];
  readonly cameras: readonly Device[];
  readonly speakers: readonly Device[];
}

const NONE: Lists = { microphones: [], cameras: [], speakers: [] };
const canChooseSpeaker = typeof HTMLMediaElement !== "undefined" && "setSinkId" in HTMLMediaElement.prototype;

export function DevicePickers({ choices, readAgain, onChange }: Props) {
  const { t } = useLingui();
  const lists = useLists(readAgain);
  return (
    <div className={classes.pickers}>
      <Picker
        devices={lists.microphones}
        label={t`Micro`}
        onPick={(microphoneId) => onChange({ microphoneId })}
        picked={choices.microphoneId}
      />
      <Picker devices={lists.cameras} label={t`Camera`} onPick={(cameraId) => onChange({ cameraId })} picked={choices.cameraId} />
      {canChooseSpeaker && (
        <Picker
          devices={lists.speakers}
          label={t`Loa`}
          onPick={(speakerId) => onChange({ speakerId })}
          picked={choices.speakerId}
        />
      )}
    </div>
  );
}

function useLists(readAgain: string): Lists {
  const [lists, setLists] = useState(NONE);
  // biome-ignore lint/correctness/useExhaustiveDependencies: readAgain says when names may have appeared
  useEffect(() => {
    let isOver = false;
    const read = async () => {
      const [microphones, cameras, speakers] = await Promise.all([
        devicesOf("audioinput"),
        devicesOf("videoinput"),
        devicesOf("audiooutput"),
      ]);
      if (!isOver) setLists({ microphones, cameras, speakers });
    };
    void read();
    navigator.mediaDevices?.addEventListener("devicechange", read);
    return () => {
      isOver = true;
      navigator.mediaDevices?.removeEventListener("devicechange", read);
    };
  }, [readAgain]);
  return lists;
}

interface PickerProps {
  label: string;
  devices: readonly Device[];
  picked: string;
  onPick: (id: string) => void;
}

function Picker({ label, devices, picked, onPick }: PickerProps) {
  if (devices.length === 0) return null;
  const isKnown = devices.some(({ id }) => id === picked);
  return (
    <NativeSelect
      data={devices.map(({ id, name }) => ({ value: id, label: name }))}
      label={label}
      onChange={(event) => onPick(event.currentTarget.value)}
      value={isKnown ? picked : devices[0]?.id}
    />
  );
}
