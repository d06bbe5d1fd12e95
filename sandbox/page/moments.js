// Dates as people read them: in the browser's zone, or in UTC when the clock's zone label was pressed.

const REMEMBERED = "tendril.zone";
let zone = localStorage.getItem(REMEMBERED) === "UTC" ? "UTC" : undefined;

export const zoneIsUtc = () => zone === "UTC";

export function switchZone() {
  zone = zone ? undefined : "UTC";
  localStorage.setItem(REMEMBERED, zone ?? "");
}

// ISO text, or a Unix time in seconds (as Telegram gives it) or milliseconds → milliseconds.
export function instant(value) {
  if (typeof value === "number") return value < 1e11 ? value * 1000 : value;
  return value ? Date.parse(value) : NaN;
}

const show = (at, options) =>
  Number.isFinite(at) ? new Intl.DateTimeFormat("en-GB", { timeZone: zone, ...options }).format(at) : "";

export const timeOfDay = (at) => show(at, { hour: "2-digit", minute: "2-digit" });
export const dayKey = (at) => show(at, { year: "numeric", month: "2-digit", day: "2-digit" });
export const longDay = (at) => show(at, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
export const shortDay = (at) => show(at, { weekday: "short", day: "numeric", month: "short" });
export const exact = (at) => show(at, { dateStyle: "full", timeStyle: "medium" });

export function zoneName(at) {
  if (zone) return "UTC";
  const parts = new Intl.DateTimeFormat("en-GB", { timeZoneName: "short" }).formatToParts(at);
  return parts.find((part) => part.type === "timeZoneName")?.value ?? "local time";
}

export function dayHeading(at, now) {
  if (dayKey(at) === dayKey(now)) return "Today";
  if (dayKey(at) === dayKey(now - 864e5)) return "Yesterday";
  const sameYear = show(at, { year: "numeric" }) === show(now, { year: "numeric" });
  return show(at, { weekday: "long", day: "numeric", month: "long", year: sameYear ? undefined : "numeric" });
}

// As in a mail list: the time today, the weekday within a week, else the date.
export function stamp(at, now) {
  if (dayKey(at) === dayKey(now)) return timeOfDay(at);
  if (now - at < 6 * 864e5 && at <= now) return show(at, { weekday: "short" });
  return show(at, { day: "numeric", month: "short" });
}

const UNITS = [["week", 6048e5], ["day", 864e5], ["hour", 36e5], ["minute", 6e4]];

export function span(milliseconds) {
  const size = Math.abs(milliseconds) + 3e4;
  const [unit, length] = UNITS.find(([name, each]) => size >= each * (name === "week" ? 2 : 1)) ?? ["moment", Infinity];
  const count = Math.floor(size / length);
  return count ? `${count} ${unit}${count === 1 ? "" : "s"}` : "a moment";
}
