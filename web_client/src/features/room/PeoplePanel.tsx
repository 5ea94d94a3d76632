/** Who is in the room, found by typing with or without Vietnamese marks. */
import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";
import type { PersonView } from "@/livekit/room.view";
import { Icon } from "@/ui/Icon";
import classes from "./Panel.module.css";
import { inListOrder, matches } from "./people.model";
import { Face } from "./TileView";

const SEARCH_FROM = 8;

export function PeoplePanel({ people }: { people: readonly PersonView[] }) {
  const { t } = useLingui();
  const [query, setQuery] = useState("");
  const shown = inListOrder(people).filter((person) => matches(person.name, query));
  return (
    <div className={classes.body}>
      {people.length >= SEARCH_FROM && (
        <input
          aria-label={t`Tìm người tham gia`}
          className={classes.search}
          onChange={(event) => setQuery(event.target.value)}
          placeholder={t`Tìm theo tên`}
          type="search"
          value={query}
        />
      )}
      <ul className={classes.people} data-testid="people">
        {shown.map((person) => (
          <PersonRow key={person.sid} person={person} />
        ))}
      </ul>
      {shown.length === 0 && (
        <p className={classes.empty}>
          <Trans>Không có ai tên như vậy.</Trans>
        </p>
      )}
    </div>
  );
}

function PersonRow({ person }: { person: PersonView }) {
  const { t } = useLingui();
  const microphone = person.isMicrophoneOn ? t`Micro bật` : t`Micro tắt`;
  const camera = person.isCameraOn ? t`Camera bật` : t`Camera tắt`;
  return (
    <li className={classes.person} data-speaking={person.isSpeaking || undefined}>
      <span className={classes.small}>
        <Face identity={person.identity} name={person.name} />
      </span>
      <span className={classes.personName}>
        {person.name}
        {person.isLocal && (
          <span className={classes.soft}>
            {" "}
            <Trans>(bạn)</Trans>
          </span>
        )}
      </span>
      {person.isScreenOn && <Mark icon="screen" text={t`Đang chia sẻ màn hình`} />}
      {person.quality === "poor" && <Mark icon="signal" text={t`Đường truyền yếu`} />}
      <Mark icon={person.isCameraOn ? "camera" : "cameraOff"} isSoft={!person.isCameraOn} text={camera} />
      <Mark icon={person.isMicrophoneOn ? "mic" : "micOff"} isSoft={!person.isMicrophoneOn} text={microphone} />
    </li>
  );
}

function Mark({ icon, text, isSoft = false }: { icon: Parameters<typeof Icon>[0]["name"]; text: string; isSoft?: boolean }) {
  return (
    <span className={isSoft ? classes.soft : undefined} title={text}>
      <Icon name={icon} size={18} />
      <span className="visually-hidden">{text}</span>
    </span>
  );
}
