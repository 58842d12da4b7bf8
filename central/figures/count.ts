/** Counts a stream's events into days, hours and places. Pure; the same counts as a hall's own totals (contract/totals.ts). */
import { isDeepStrictEqual } from 'node:util';
import type { HallEvent } from '../../kiosk-agent/contract/events.ts';
import { TIME_STEPS_S, type Tally, type Times } from '../../kiosk-agent/contract/totals.ts';
import type { CheckedEvent } from '../batch.ts';

export type HeldEvent = Pick<CheckedEvent, 'event' | 'hall'>;
/** Where the count of a stream stands: the hall's open day (yyyy-MM-dd), and what was counted since it opened. */
export type Counting = { openDay: string | null; sinceOpened: Tally | null };
export type Place = { service: string; window: number; staff: string };
export type TallyRow = Place & {
  hall: string;
  /** day, hour and place are counted; the others are their sums (rollup.ts), a month under its first day */
  part: 'day' | 'hour' | 'place' | 'service' | 'month' | 'month-hour' | 'month-service';
  day: string;
  hour: number;
  tally: Tally;
};
/** `fits`: the hall's own totals are those of its events; null when the day's opening was not seen or no totals came. */
export type Closing = { hall: string; day: string; seq: number; at: string; fits: boolean | null };

const noTimes = (): Times => ({
  count: 0,
  sumS: 0,
  maxS: 0,
  counts: new Array<number>(TIME_STEPS_S.length + 1).fill(0),
});
export const noTally = (): Tally => ({
  ...{ tickets: 0, called: 0, served: 0, missed: 0, cancelled: 0, asked: 0, lapsed: 0 },
  waited: noTimes(),
  atWindow: noTimes(),
  ratings: [0, 0, 0, 0, 0],
});

/**
 * What these events, in their order, add to the tallies. `counting` is where the events before them left off and is not changed;
 * `staffOf` names who had asked for the rating of a session that lapses.
 */
export function countEvents(
  counting: Counting,
  events: HeldEvent[],
  staffOf: (session: number) => string | undefined,
): { rows: TallyRow[]; closings: Closing[]; counting: Counting } {
  let { openDay, sinceOpened } = structuredClone(counting);
  const rows = new Map<string, TallyRow>();
  const closings: Closing[] = [];
  const row = (found: Omit<TallyRow, 'tally'>): Tally => {
    const key = JSON.stringify(found);
    const known = rows.get(key) ?? { ...found, tally: noTally() };
    rows.set(key, known);
    return known.tally;
  };
  for (const { event, hall } of events) {
    if (event.type === 'hall.day.opened') {
      openDay = event.data.day;
      sinceOpened = noTally();
    } else if (event.type === 'hall.day.closed') {
      const { day, totals } = event.data;
      const fits = totals && sinceOpened ? isDeepStrictEqual(counts(totals.hall), counts(sinceOpened)) : null;
      closings.push({ hall, day, seq: event.seq, at: event.time, fits });
      [openDay, sinceOpened] = [null, null];
    } else {
      const counted = countOf(event, staffOf);
      if (!counted) continue;
      const nowhere = { service: '', window: 0, staff: '' };
      // What happens while no day is open belongs to the day on the hall's clock.
      const day = openDay ?? event.time.slice(0, 10);
      const hour = Number(event.time.slice(11, 13));
      counted.add(row({ hall, part: 'day', day, hour: 0, ...nowhere }));
      counted.add(row({ hall, part: 'hour', day, hour, ...nowhere }));
      counted.add(row({ hall, part: 'place', day, hour: 0, ...counted.place }));
      if (sinceOpened) counted.add(sinceOpened);
    }
  }
  return { rows: [...rows.values()], closings, counting: { openDay, sinceOpened } };
}

/** The fields that both sides count; a newer hall may write more. */
function counts({
  tickets,
  called,
  served,
  missed,
  cancelled,
  asked,
  lapsed,
  waited,
  atWindow,
  ratings,
}: Tally) {
  return { tickets, called, served, missed, cancelled, asked, lapsed, waited, atWindow, ratings };
}

type Counted = { place: Place; add: (tally: Tally) => void };

function countOf(event: HallEvent, staffOf: (session: number) => string | undefined): Counted | null {
  switch (event.type) {
    case 'hall.ticket.reserved':
      return { place: placeOf(event.data), add: (tally) => (tally.tickets += 1) };
    case 'hall.ticket.called': {
      const { call, waitedS } = event.data;
      return {
        place: placeOf(event.data),
        add: (tally) => {
          tally.called += 1;
          if (call === 1) addTime(tally.waited, waitedS);
        },
      };
    }
    // A visit of several services is served once for each.
    case 'hall.ticket.continued':
    case 'hall.ticket.finished': {
      const { servedS } = event.data;
      return {
        place: placeOf(event.data),
        add: (tally) => {
          tally.served += 1;
          addTime(tally.atWindow, servedS);
        },
      };
    }
    case 'hall.ticket.missed':
      return { place: placeOf(event.data), add: (tally) => (tally.missed += 1) };
    case 'hall.ticket.cancelled':
      return { place: placeOf(event.data), add: (tally) => (tally.cancelled += 1) };
    case 'hall.rating.requested':
      return { place: placeOf(event.data), add: (tally) => (tally.asked += 1) };
    case 'hall.rating.given': {
      const at = event.data.level - 1;
      return {
        place: placeOf(event.data),
        add: (tally) => (tally.ratings[at] = (tally.ratings[at] ?? 0) + 1),
      };
    }
    case 'hall.rating.lapsed': {
      const staff = staffOf(event.data.session);
      return {
        place: placeOf({ ...event.data, ...(staff === undefined ? {} : { staff }) }),
        add: (tally) => (tally.lapsed += 1),
      };
    }
    default:
      return null;
  }
}

function placeOf(named: { service: string; window?: number | undefined; staff?: string | undefined }): Place {
  return { service: named.service, window: named.window ?? 0, staff: named.staff ?? '' };
}

function addTime(times: Times, seconds: number): void {
  times.count += 1;
  times.sumS += seconds;
  times.maxS = Math.max(times.maxS, seconds);
  const step = TIME_STEPS_S.findIndex((below) => seconds < below);
  const at = step < 0 ? TIME_STEPS_S.length : step;
  times.counts[at] = (times.counts[at] ?? 0) + 1;
}
