/** How long something has waited, and whether that is late. Pure; times in ms. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** From an hour on it is worth a look, from a day on it is late: regions want ratings on their day. */
export function lateness(sinceMs: number): 'fresh' | 'slow' | 'late' {
  return sinceMs >= DAY ? 'late' : sinceMs >= HOUR ? 'slow' : 'fresh';
}

/** The unit and number to say it in: whole minutes, hours from two on, days from two on. */
export function ageWords(sinceMs: number): { unit: 'minutes' | 'hours' | 'days'; n: number } {
  if (sinceMs >= 2 * DAY) return { unit: 'days', n: Math.floor(sinceMs / DAY) };
  if (sinceMs >= 2 * HOUR) return { unit: 'hours', n: Math.floor(sinceMs / HOUR) };
  return { unit: 'minutes', n: Math.max(0, Math.floor(sinceMs / MINUTE)) };
}
