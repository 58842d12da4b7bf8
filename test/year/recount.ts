/**
 * The year counted a second time, from the records of the journal alone. It shares nothing with the rules or their totals: what it
 * knows of an event is written down here once more, by hand.
 */
import { isDeepStrictEqual } from 'node:util';
import type { HallEvent } from '../../kiosk-agent/contract/events.ts';

type Times = { count: number; sumS: number; maxS: number; counts: number[] };
export type Line = {
  tickets: number;
  called: number;
  served: number;
  missed: number;
  cancelled: number;
  waited: Times;
  atWindow: Times;
  ratings: number[];
  asked: number;
  lapsed: number;
};
export type Sheet = {
  hall: Line;
  services: Record<string, Line>;
  windows: Record<string, Line>;
  staff: Record<string, Line>;
  promises: { count: number; kept: number; errorSumS: number; absErrorSumS: number };
  appointments: { booked: number; checkedIn: number; lapsed: number; cancelled: number };
  opinions: number;
  traces: number;
  hours: { hall: Hours; services: Record<string, Hours> };
};
type Hours = Record<string, { tickets: number; called: number; waitedSumS: number; served: number }>;

/** Upper limits of the first nine classes of times, seconds. */
const LIMITS = [60, 300, 600, 900, 1200, 1800, 2700, 3600, 5400];
const RECENT_MS = 4 * 24 * 3600_000;

/** Takes the records in order; keeps a sheet for the day and one for all days. */
export class Recount {
  year = blankSheet();
  /** days that were closed, and whether the log's own totals of each are what was counted here */
  days: { day: string; asLogged: boolean }[] = [];
  seq = 0;
  records = 0;
  bytes = 0;
  #today = blankSheet();
  #promised = new Map<string, { min: number; max: number; at: number }>();
  #askedBy = new Map<number, { staff: string; at: number }>();

  take(record: HallEvent): void {
    if (record.seq !== this.seq + 1) throw new Error(`record ${record.seq} follows ${this.seq}`);
    this.seq = record.seq;
    this.records++;
    this.bytes += Buffer.byteLength(JSON.stringify(record));
    if (record.type === 'hall.day.opened') this.#today = blankSheet();
    else if (record.type === 'hall.day.closed') {
      const { day, totals } = record.data;
      this.days.push({ day, asLogged: isDeepStrictEqual(totals, this.#today) });
      this.#forget(Date.parse(record.time));
    } else {
      for (const sheet of [this.#today, this.year]) this.#write(sheet, record);
      this.#remember(record);
    }
  }

  #remember(record: HallEvent): void {
    const at = Date.parse(record.time);
    if (record.type === 'hall.ticket.reserved') {
      const { ticketId, waitMinS, waitMaxS } = record.data;
      if (waitMinS !== null && waitMaxS !== null)
        this.#promised.set(ticketId, { min: waitMinS, max: waitMaxS, at });
    }
    if (record.type === 'hall.rating.requested')
      this.#askedBy.set(record.data.session, { staff: record.data.staff, at });
  }

  #forget(now: number): void {
    for (const [key, { at }] of this.#promised) if (now - at > RECENT_MS) this.#promised.delete(key);
    for (const [key, { at }] of this.#askedBy) if (now - at > RECENT_MS) this.#askedBy.delete(key);
  }

  #write(sheet: Sheet, record: HallEvent): void {
    const { data } = record;
    const lines = (service: string, window?: number, staff?: string): Line[] => [
      sheet.hall,
      (sheet.services[service] ??= blankLine()),
      ...(window === undefined ? [] : [(sheet.windows[window] ??= blankLine())]),
      ...(staff === undefined ? [] : [(sheet.staff[staff] ??= blankLine())]),
    ];
    const hour = (service: string) =>
      [sheet.hours.hall, (sheet.hours.services[service] ??= {})].map(
        (hours) =>
          (hours[/T(\d\d):/.exec(record.time)![1]!] ??= { tickets: 0, called: 0, waitedSumS: 0, served: 0 }),
      );
    switch (record.type) {
      case 'hall.ticket.reserved':
        for (const one of hour(record.data.service)) one.tickets += 1;
        for (const line of lines(record.data.service)) line.tickets += 1;
        break;
      case 'hall.ticket.called': {
        const { ticketId, service, window, staff, call, waitedS, outOfTurn } = record.data;
        for (const line of lines(service, window, staff)) {
          line.called += 1;
          if (call === 1) note(line.waited, waitedS);
        }
        if (call === 1)
          for (const one of hour(service)) {
            one.called += 1;
            one.waitedSumS += waitedS;
          }
        const promise = this.#promised.get(ticketId);
        if (call !== 1 || outOfTurn !== undefined || !promise) break;
        const error = waitedS - Math.round((promise.min + promise.max) / 2);
        sheet.promises.count += 1;
        if (promise.min <= waitedS && waitedS <= promise.max) sheet.promises.kept += 1;
        sheet.promises.errorSumS += error;
        sheet.promises.absErrorSumS += Math.abs(error);
        break;
      }
      case 'hall.ticket.finished':
      case 'hall.ticket.continued':
        for (const one of hour(record.data.service)) one.served += 1;
        for (const line of lines(record.data.service, record.data.window, record.data.staff)) {
          line.served += 1;
          note(line.atWindow, record.data.servedS);
        }
        break;
      case 'hall.ticket.missed':
        for (const line of lines(record.data.service, record.data.window, record.data.staff))
          line.missed += 1;
        break;
      case 'hall.ticket.cancelled':
        for (const line of lines(record.data.service, undefined, record.data.staff)) line.cancelled += 1;
        break;
      case 'hall.rating.requested':
        for (const line of lines(record.data.service, record.data.window, record.data.staff)) line.asked += 1;
        break;
      case 'hall.rating.given':
        for (const line of lines(record.data.service, record.data.window, record.data.staff))
          line.ratings[record.data.level - 1]! += 1;
        break;
      case 'hall.rating.lapsed': {
        const { service, window, session } = record.data;
        for (const line of lines(service, window, this.#askedBy.get(session)?.staff)) line.lapsed += 1;
        break;
      }
      case 'hall.appointment.booked':
        sheet.appointments.booked += 1;
        break;
      case 'hall.appointment.checked-in':
        sheet.appointments.checkedIn += 1;
        break;
      case 'hall.appointment.lapsed':
        sheet.appointments.lapsed += 1;
        break;
      case 'hall.appointment.cancelled':
        sheet.appointments.cancelled += 1;
        break;
      case 'hall.opinion.filed':
        sheet.opinions += 1;
        break;
      case 'hall.trace.recorded':
        sheet.traces += 1;
        break;
      default:
        void data;
    }
  }
}

function note(times: Times, seconds: number): void {
  times.count += 1;
  times.sumS += seconds;
  if (seconds > times.maxS) times.maxS = seconds;
  let at = 0;
  while (at < LIMITS.length && seconds >= LIMITS[at]!) at += 1;
  times.counts[at]! += 1;
}

function blankTimes(): Times {
  return { count: 0, sumS: 0, maxS: 0, counts: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0] };
}

function blankLine(): Line {
  return {
    ...{ tickets: 0, called: 0, served: 0, missed: 0, cancelled: 0, asked: 0, lapsed: 0 },
    waited: blankTimes(),
    atWindow: blankTimes(),
    ratings: [0, 0, 0, 0, 0],
  };
}

function blankSheet(): Sheet {
  return {
    hall: blankLine(),
    ...{ services: {}, windows: {}, staff: {} },
    promises: { count: 0, kept: 0, errorSumS: 0, absErrorSumS: 0 },
    appointments: { booked: 0, checkedIn: 0, lapsed: 0, cancelled: 0 },
    ...{ opinions: 0, traces: 0 },
    hours: { hall: {}, services: {} },
  };
}
