/** The day in numbers, counted by whoever writes it: what the far end must come to by itself. */
import type { EventDraft } from '../../../kiosk-agent/contract/events.ts';
import {
  TIME_STEPS_S,
  type DayTotals,
  type Tally,
  type Times,
} from '../../../kiosk-agent/contract/totals.ts';

/** A hall's tally of one day, and whether the day is over. */
export class DayCount {
  /** yyyy-MM-dd */
  readonly day: string;
  closed = false;
  readonly tally: Tally = {
    ...{ tickets: 0, called: 0, served: 0, missed: 0, cancelled: 0, asked: 0, lapsed: 0 },
    ...{ waited: noTimes(), atWindow: noTimes(), ratings: [0, 0, 0, 0, 0] },
  };

  constructor(day: string) {
    this.day = day;
  }

  add({ type, data }: EventDraft): void {
    const { tally } = this;
    if (type === 'hall.day.closed') this.closed = true;
    if (type === 'hall.ticket.reserved') tally.tickets += 1;
    if (type === 'hall.ticket.called') {
      tally.called += 1;
      addTime(tally.waited, data.waitedS);
    }
    if (type === 'hall.ticket.finished') {
      tally.served += 1;
      addTime(tally.atWindow, data.servedS);
    }
    if (type === 'hall.ticket.missed') tally.missed += 1;
    if (type === 'hall.ticket.cancelled') tally.cancelled += 1;
    if (type === 'hall.rating.requested') tally.asked += 1;
    if (type === 'hall.rating.lapsed') tally.lapsed += 1;
    if (type === 'hall.rating.given') tally.ratings[data.level - 1]! += 1;
  }

  /** As a hall writes them when it closes; only the hall's own are compared at the far end. */
  totals(): DayTotals {
    const none = { booked: 0, checkedIn: 0, lapsed: 0, cancelled: 0 };
    return {
      hall: structuredClone(this.tally),
      ...{ services: {}, windows: {}, staff: {} },
      promises: { count: 0, kept: 0, errorSumS: 0, absErrorSumS: 0 },
      ...{ appointments: none, opinions: 0, traces: 0 },
    };
  }
}

function noTimes(): Times {
  return { count: 0, sumS: 0, maxS: 0, counts: TIME_STEPS_S.map(() => 0).concat(0) };
}

function addTime(times: Times, seconds: number): void {
  times.count += 1;
  times.sumS += seconds;
  times.maxS = Math.max(times.maxS, seconds);
  const below = TIME_STEPS_S.findIndex((step) => seconds < step);
  times.counts[below < 0 ? TIME_STEPS_S.length : below]! += 1;
}
