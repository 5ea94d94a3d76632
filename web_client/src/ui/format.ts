/** Dates, lengths and shares as people here read them: Asia/Ho_Chi_Minh, dd/MM/yyyy, 24 hours. */

export const TIME_ZONE = "Asia/Ho_Chi_Minh";

const dayFormat = new Intl.DateTimeFormat("en-GB", { timeZone: TIME_ZONE, day: "2-digit", month: "2-digit", year: "numeric" });
const timeFormat = new Intl.DateTimeFormat("en-GB", {
  timeZone: TIME_ZONE,
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});
const fullTimeFormat = new Intl.DateTimeFormat("en-GB", {
  timeZone: TIME_ZONE,
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const weekdayFormats = {
  vi: new Intl.DateTimeFormat("vi-VN", { timeZone: TIME_ZONE, weekday: "long" }),
  en: new Intl.DateTimeFormat("en-GB", { timeZone: TIME_ZONE, weekday: "long" }),
};

/** "28/11/2026" */
export function formatDay(iso: string): string {
  return dayFormat.format(new Date(iso));
}

/** "08:05" */
export function formatTime(iso: string): string {
  return timeFormat.format(new Date(iso));
}

/** "08:05:09" */
export function formatTimeWithSeconds(iso: string): string {
  return fullTimeFormat.format(new Date(iso));
}

/** "Thứ Bảy" */
export function formatWeekday(iso: string, locale: "vi" | "en"): string {
  return weekdayFormats[locale].format(new Date(iso));
}

/** "08:00–09:30, 28/11/2026", with both days where they differ. */
export function formatPeriod(startIso: string, endIso: string): string {
  const [start, end] = [formatDay(startIso), formatDay(endIso)];
  if (start === end) return `${formatTime(startIso)}–${formatTime(endIso)}, ${start}`;
  return `${formatTime(startIso)}, ${start} – ${formatTime(endIso)}, ${end}`;
}

/** Position on the session clock: "1:02:03" or "2:03". */
export function formatClock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const tail = String(rest).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${tail}` : `${minutes}:${tail}`;
}

/** "83 %" in the language's own writing; floors, so that 79.9 never reads as a reached 80. */
export function formatPercent(percent: number): string {
  return `${Math.floor(percent + 1e-6)}%`;
}

/** The value of a datetime-local field, in the department's time zone. */
export function toLocalField(iso: string): string {
  const [day, month, year] = formatDay(iso).split("/");
  return `${year}-${month}-${day}T${formatTime(iso)}`;
}

/** What a datetime-local field says, as UTC. The zone has had no daylight saving since 1975: always +07:00. */
export function fromLocalField(value: string): string | null {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/.test(value)) return null;
  const instant = new Date(`${value.slice(0, 16)}:00+07:00`);
  return Number.isNaN(instant.getTime()) ? null : instant.toISOString().replace(".000Z", "Z");
}
