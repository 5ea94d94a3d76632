/** One person or one shared screen on the stage. */
import { useLingui } from "@lingui/react/macro";
import { Picture } from "@/livekit/Picture";
import { Icon } from "@/ui/Icon";
import classes from "./TileView.module.css";
import { initials, type RoomTile, tintOf } from "./tiles";

interface Props {
  tile: RoomTile;
  isPinned: boolean;
  onPin: (id: string | null) => void;
}

export function TileView({ tile, isPinned, onPin }: Props) {
  const { t } = useLingui();
  const { person, kind, source } = tile;
  const name = useTileName(tile);
  const frame = [classes.tile, tile.isSpeaking && classes.speaking, kind === "screen" && classes.screen];
  return (
    <section
      aria-label={name}
      className={frame.filter(Boolean).join(" ")}
      data-has-picture={source !== null}
      data-identity={person.identity}
      data-kind={kind}
      data-microphone={person.isMicrophoneOn ? "on" : "off"}
      data-speaking={tile.isSpeaking}
      data-testid="tile"
    >
      {source ? (
        <Picture className={classes.picture} isMirrored={person.isLocal && kind === "camera"} source={source} />
      ) : (
        <Face identity={person.identity} name={person.name} />
      )}
      <div className={classes.caption}>
        {kind === "camera" && !person.isMicrophoneOn && (
          <span className={classes.muted} title={t`Micro tắt`}>
            <Icon name="micOff" size={16} />
            <span className="visually-hidden">{t`Micro tắt`}</span>
          </span>
        )}
        {kind === "screen" && <Icon name="screen" size={16} />}
        {tile.isSpeaking && (
          <span aria-hidden="true" className={classes.wave}>
            <i />
            <i />
            <i />
          </span>
        )}
        <span className={classes.name}>{name}</span>
        {person.quality === "poor" && (
          <span className={classes.line} title={t`Đường truyền yếu`}>
            <Icon name="signal" size={16} />
            <span className="visually-hidden">{t`Đường truyền yếu`}</span>
          </span>
        )}
      </div>
      <button
        aria-label={isPinned ? t`Bỏ ghim ${name}` : t`Ghim ${name}`}
        aria-pressed={isPinned}
        className={classes.pin}
        onClick={() => onPin(isPinned ? null : tile.id)}
        type="button"
      >
        <Icon name="pin" size={18} />
      </button>
    </section>
  );
}

function useTileName({ person, kind }: RoomTile): string {
  const { t } = useLingui();
  const { name } = person;
  if (kind === "screen") return person.isLocal ? t`Màn hình của bạn` : t`Màn hình của ${name}`;
  return person.isLocal ? t`${name} (bạn)` : name;
}

export function Face({ identity, name }: { identity: string; name: string }) {
  return (
    <span aria-hidden="true" className={classes.face} data-tint={tintOf(identity)}>
      <span className={classes.initials}>{initials(name)}</span>
    </span>
  );
}
