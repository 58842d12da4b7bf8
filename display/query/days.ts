/** Days and times of appointments and cases as they are read aloud. Pure; days are local, yyyy-MM-dd. */
import { clockTime } from '../format.ts';
import { language, locales } from '../messages/index.ts';

/** `11月24日 星期二`, `Tuesday, November 24`; with the year where it is not that of `today`. */
export function dayText(day: string, today: string): string {
  return new Intl.DateTimeFormat(locales[language()], {
    timeZone: 'UTC',
    month: 'long',
    day: 'numeric',
    weekday: 'long',
    ...(day.slice(0, 4) === today.slice(0, 4) ? {} : { year: 'numeric' as const }),
  }).format(Date.parse(`${day}T12:00:00Z`));
}

/** `11月24日`, `November 24`. */
export function shortDay(day: string): string {
  return new Intl.DateTimeFormat(locales[language()], {
    timeZone: 'UTC',
    month: 'long',
    day: 'numeric',
  }).format(Date.parse(`${day}T12:00:00Z`));
}

/** The local day of a time (RFC 3339) in that zone. */
export function localDayOf(time: string, timeZone: string): string {
  return new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).format(Date.parse(time));
}

/** `11月24日 09:26`. */
export function dayTime(time: string, timeZone: string): string {
  return `${shortDay(localDayOf(time, timeZone))} ${clockTime(Date.parse(time), timeZone)}`;
}

/** The day that is `days` after `day`. */
export function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(`${day}T12:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}
