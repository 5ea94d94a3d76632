/** The small arrow beside microphone and camera: which device to use. The list is read when the menu opens. */
import { Trans } from "@lingui/react/macro";
import { useState } from "react";
import { type Device, devicesOf } from "@/livekit/devices";
import type { DeviceKind } from "@/livekit/room.view";
import { Icon } from "@/ui/Icon";
import { Menu } from "@/ui/kit";
import classes from "./ControlBar.module.css";

interface Props {
  label: string;
  kinds: readonly { readonly kind: DeviceKind; readonly title: string }[];
  onPick: (kind: DeviceKind, deviceId: string) => void;
}

export function DeviceMenu({ label, kinds, onPick }: Props) {
  const [devices, setDevices] = useState<Partial<Record<DeviceKind, Device[]>>>({});
  const [picked, setPicked] = useState<Partial<Record<DeviceKind, string>>>({});
  const load = async () => {
    const lists = await Promise.all(kinds.map(async ({ kind }) => [kind, await devicesOf(kind)]));
    setDevices(Object.fromEntries(lists));
  };
  const pick = (kind: DeviceKind, id: string) => {
    setPicked({ ...picked, [kind]: id });
    onPick(kind, id);
  };
  const isEmpty = kinds.every(({ kind }) => (devices[kind] ?? []).length === 0);
  return (
    <Menu onOpen={() => void load()} position="top" withinPortal>
      <Menu.Target>
        <button aria-label={label} className={classes.arrow} title={label} type="button">
          <Icon name="chevronDown" size={16} />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {kinds.map(({ kind, title }) => (
          <div key={kind}>
            {(devices[kind] ?? []).length > 0 && <Menu.Label>{title}</Menu.Label>}
            {(devices[kind] ?? []).map(({ id, name }, index) => {
              const isPicked = picked[kind] === undefined ? index === 0 : picked[kind] === id;
              return (
                <Menu.Item
                  key={id}
                  leftSection={<span className={classes.tick}>{isPicked && <Icon name="check" size={16} />}</span>}
                  onClick={() => pick(kind, id)}
                >
                  {name}
                </Menu.Item>
              );
            })}
          </div>
        ))}
        {isEmpty && (
          <Menu.Label>
            <Trans>Không thấy thiết bị nào</Trans>
          </Menu.Label>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
