/** Times, waits and numbers as people read them. Pure; all times in ms, all zones from the hall. */

/** `09:26`, or `09:26:05` with seconds, in the hall's zone. */
export function clockTime(ms: number, timeZone: string, seconds = false): string {
  return new Intl.DateTimeFormat('zh-CN', {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    ...(seconds ? { second: '2-digit' as const } : {}),
    hourCycle: 'h23',
  }).format(ms);
}

/** `6月20日 星期三` or `Wednesday, June 20`. */
export function longDate(ms: number, timeZone: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { timeZone, month: 'long', day: 'numeric', weekday: 'long' }).format(
    ms,
  );
}

const ofDay = (day: string): number => Date.parse(`${day}T00:00:00Z`);

/** `6月20日` or `Jun 20` of a calendar day `2018-06-20`. */
export function dayOfMonth(day: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { timeZone: 'UTC', month: 'short', day: 'numeric' }).format(
    ofDay(day),
  );
}

/** `周三` or `Wed` of a calendar day. */
export function weekday(day: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { timeZone: 'UTC', weekday: 'short' }).format(ofDay(day));
}

/** `6月20日 周三` or `Jun 20 Wed` of a calendar day `2018-06-20`. */
export function shortDate(day: string, locale: string): string {
  return `${dayOfMonth(day, locale)} ${weekday(day, locale)}`;
}

/** Minutes of a wait: from rounded down, to rounded up, to rounded to fives above 20; null when nothing can be said. */
export function waitMinutes(minS: number | null, maxS: number | null): { from: number; to: number } | null {
  if (minS === null || maxS === null) return null;
  const to = step(Math.ceil(Math.max(minS, maxS) / 60), Math.ceil);
  const from = Math.min(to, step(Math.floor(Math.min(minS, maxS) / 60), Math.floor));
  return { from, to };
}
function step(minutes: number, round: (n: number) => number): number {
  return minutes > 20 ? round(minutes / 5) * 5 : minutes;
}

export type WaitText =
  | { key: 'wait.none' }
  | { key: 'wait.unknown' }
  | { key: 'wait.about'; minutes: number }
  | { key: 'wait.range'; from: number; to: number };

/** Which sentence says the wait: none, unknown, `约 5 分钟`, `约 15–25 分钟`. */
export function waitText(minS: number | null, maxS: number | null): WaitText {
  const minutes = waitMinutes(minS, maxS);
  if (!minutes) return { key: 'wait.unknown' };
  if (minutes.to === 0) return { key: 'wait.none' };
  if (minutes.from === minutes.to || minutes.from === 0) return { key: 'wait.about', minutes: minutes.to };
  return { key: 'wait.range', ...minutes };
}

/** `3:07`, `1:02:45`: a running timer of whole seconds, never negative. */
export function stopwatch(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number): string => String(n).padStart(2, '0');
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor((total % 3600) / 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(total % 60)}` : `${minutes}:${two(total % 60)}`;
}

/** Whole seconds left until `until`, 0 when over. */
export function secondsLeft(until: number, now: number): number {
  return Math.max(0, Math.ceil((until - now) / 1000));
}

const zhDigits = '零一二三四五六七八九';

/** The sentence that the voice says: digits of the ticket one by one, `A零零一` or `A 0 0 1`. */
export function spokenCall(template: string, number: string, window: number, language: 'zh' | 'en'): string {
  const spelled =
    language === 'zh'
      ? number.replace(/\d/g, (digit) => zhDigits.charAt(Number(digit)))
      : [...number].join(' ');
  return template.replaceAll('{number}', spelled).replaceAll('{window}', String(window));
}

/** An age in the largest fitting unit, rounded down: `30 秒`, `2 分钟`, `3 小时`. */
export function ageText(ms: number): {
  key: 'common.seconds' | 'common.minutes' | 'common.hours';
  n: number;
} {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return { key: 'common.seconds', n: seconds };
  if (seconds < 3600) return { key: 'common.minutes', n: Math.floor(seconds / 60) };
  return { key: 'common.hours', n: Math.floor(seconds / 3600) };
}
