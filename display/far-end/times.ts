/** Times of a hall as they stand on its own clock. Pure; `now` in ms. */

/** `09:05`, or `11-22 09:05` when that was not today there; `at` is RFC 3339 with the hall's offset. */
export function shortTime(at: string, now: number): string {
  const time = at.slice(11, 16);
  return at.slice(0, 10) === dayThere(at, now) ? time : `${at.slice(5, 10)} ${time}`;
}

/** The day that it is now, yyyy-MM-dd, on the clock of who wrote `at`. */
export function dayThere(at: string, now: number): string {
  const [, sign = '+', hours = '0', minutes = '0'] = /([+-])(\d\d):(\d\d)$/.exec(at) ?? [];
  const offset = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
  return new Date(now + offset * 60_000).toISOString().slice(0, 10);
}

/** yyyy-MM-dd in this browser's zone. */
export function localDay(ms: number): string {
  const date = new Date(ms);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** The day so many days later; negative: earlier. */
export function addDays(day: string, days: number): string {
  return new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10);
}
