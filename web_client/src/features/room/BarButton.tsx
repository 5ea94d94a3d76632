/** One button of the control bar: an icon, a short label under it, and its key told to assistive technology. */
import { Icon, type IconName } from "@/ui/Icon";
import classes from "./ControlBar.module.css";

interface Props {
  icon: IconName;
  label: string;
  /** The full sentence for assistive technology and the tooltip. */
  name: string;
  shortcut?: string;
  isOn?: boolean;
  isOff?: boolean;
  isBusy?: boolean;
  badge?: number;
  testId: string;
  onPress: () => void;
}

export function BarButton({ icon, label, name, shortcut, isOn, isOff, isBusy, badge = 0, testId, onPress }: Props) {
  return (
    <button
      aria-busy={isBusy}
      aria-keyshortcuts={shortcut}
      aria-label={badge > 0 ? `${name} (${badge})` : name}
      aria-pressed={isOn}
      className={classes.button}
      data-off={isOff || undefined}
      data-testid={testId}
      onClick={onPress}
      title={shortcut ? `${name} (${shortcut})` : name}
      type="button"
    >
      <span className={classes.mark}>
        <Icon name={icon} size={22} />
        {badge > 0 && <span className={classes.badge} data-count={badge > 99 ? "99+" : badge} />}
      </span>
      <span className={classes.label}>{label}</span>
    </button>
  );
}
