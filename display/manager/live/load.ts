/** Today's load by the hour beside what is usual on such a weekday. Pure. */
import type { Day } from '../statistics.ts';
import { weekday } from '../statistics.ts';

/** So many earlier days of the same weekday make what is usual. */
export const USUAL_DAYS = 4;

export type Load = {
  /** `08`, `09`, … without gaps */
  hours: string[];
  /** of today, hour by hour; null in hours that are still to come */
  tickets: (number | null)[];
  served: (number | null)[];
  /** mean of the earlier days; null everywhere when there are none */
  usual: (number | null)[];
  usualDays: number;
};

/**
 * `today` yyyy-MM-dd and `hour` (0…23) are now; `opening` as the hall publishes it, `08:30–17:00`. Days whose hours are not
 * known count neither as usual nor as empty.
 */
export function loadOf(days: Day[], today: string, hour: number, opening: string | null): Load {
  const own = days.find(({ day }) => day === today)?.hours ?? null;
  const usual = days
    .filter(({ day, hours, closed }) => closed && hours && day < today && weekday(day) === weekday(today))
    .slice(-USUAL_DAYS)
    .map(({ hours }) => hours ?? {});
  const met = [...Object.keys(own ?? {}), ...usual.flatMap((hours) => Object.keys(hours))].map(Number);
  const [opens, closes] =
    /^(\d\d):\d\d–(\d\d):(\d\d)$/
      .exec(opening ?? '')
      ?.slice(1, 3)
      .map(Number) ?? [];
  const first = Math.min(...met, opens ?? hour, hour);
  const last = Math.max(...met, (closes ?? hour + 1) - 1, hour);
  const all = Array.from({ length: last - first + 1 }, (_, at) => first + at);
  const key = (one: number): string => String(one).padStart(2, '0');
  const ofToday = (what: 'tickets' | 'served') =>
    all.map((one) => (one > hour || own === null ? null : (own[key(one)]?.[what] ?? 0)));
  return {
    hours: all.map(key),
    tickets: ofToday('tickets'),
    served: ofToday('served'),
    usual: all.map((one) =>
      usual.length === 0
        ? null
        : Math.round(
            (usual.reduce((sum, hours) => sum + (hours[key(one)]?.tickets ?? 0), 0) / usual.length) * 10,
          ) / 10,
    ),
    usualDays: usual.length,
  };
}
