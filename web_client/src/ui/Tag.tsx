/** A short word of state. The tone adds to the word, it never stands alone. */
import type { ReactNode } from "react";
import classes from "./Tag.module.css";

export type Tone = "plain" | "good" | "warn" | "bad" | "live";

export function Tag({ tone = "plain", children }: { tone?: Tone; children: ReactNode }) {
  return <span className={`${classes.tag} ${classes[tone]}`}>{children}</span>;
}
