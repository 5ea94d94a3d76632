/** Line icons drawn on a 24-unit grid. Decorative: the control that holds one carries the name. */
import { ICON_PATHS, type IconName } from "./icon.paths";

export type { IconName };

export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg
      aria-hidden="true"
      fill="none"
      height={size}
      stroke="currentColor"
      strokeLinecap="round"
      strokeLinejoin="round"
      strokeWidth={1.9}
      style={{ flex: "none" }}
      viewBox="0 0 24 24"
      width={size}
    >
      <path d={ICON_PATHS[name]} />
    </svg>
  );
}
