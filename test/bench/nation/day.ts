/**
 * A hall's day as its agent would write it down: people come through the day's hours, wait for a window, are served, rate or do
 * not; windows pause at noon; a device is lost now and then. One event at a time, in the order of time: a day of the nation
 * never stands in memory.
 */
import { createHash } from 'node:crypto';
import type { EventDraft } from '../../../kiosk-agent/contract/events.ts';
import type { RatingLevel } from '../../../kiosk-agent/contract/words.ts';
import { chanceOf } from './chance.ts';
import { DayCount } from './count.ts';
import type { Office } from './offices.ts';

/** The first day, a Monday. */
const BEGIN = Date.parse('2026-03-02T00:00:00+08:00');
const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** Times of the day. */
const [OPENS, FIRST_ARRIVAL, CLOSES] = [470 * MINUTE, 510 * MINUTE, 1080 * MINUTE];
/** Of a hundred visitors so many come in each half hour from the first on. */
const ARRIVALS = [6, 9, 10, 9, 8, 6, 3, 2, 2, 3, 7, 9, 8, 7, 5, 4, 2];
const SERVICES = ['transfer', 'mortgage', 'first-registration', 'enquiry'];
/** The sessions of a day begin behind those of the day before. */
const SESSIONS_A_DAY = 10_000;

type Draft<T extends EventDraft['type']> = Omit<Extract<EventDraft, { type: T }>, 'time'>;
type Ahead = { at: number; draft: Omit<EventDraft, 'time'> };

/** ms as a hall in China writes it */
export function localTime(ms: number): string {
  return new Date(ms + 480 * MINUTE).toISOString().replace('Z', '+08:00');
}

/** `index` days after the first one, as yyyy-MM-dd. */
export function dayName(index: number): string {
  return localTime(BEGIN + index * 1440 * MINUTE).slice(0, 10);
}

/** The day of a time, as an index; the inverse of {@link dayName}. */
export function dayIndex(at: Date): number {
  return Math.floor((at.getTime() - BEGIN) / (1440 * MINUTE));
}

/** The events of the hall's day; whoever writes them down counts them in `count` before asking for the next. */
export function* dayOf(office: Office, index: number, count: DayCount): Generator<EventDraft, void, void> {
  const day = new HallDay(office, index);
  const told = ({ at, draft }: Ahead) => ({ ...draft, time: localTime(at) }) as EventDraft;
  for (const visit of day.visits()) {
    while (day.ahead.length > 0 && day.ahead[0]!.at <= visit.at) yield told(day.ahead.shift()!);
    day.visit(visit);
  }
  for (const one of day.ahead) yield told(one);
  const data = { day: dayName(index), totals: count.totals() };
  yield told({ at: day.at(CLOSES), draft: { type: 'hall.day.closed', subject: 'day', data } });
}

type Visit = { number: number; at: number };
type Served = { ticketId: string; number: string; service: string; window: number; staff: string };

/** What is going to happen, planned visit by visit. */
class HallDay {
  /** in the order of time */
  readonly ahead: Ahead[] = [];
  readonly #office: Office;
  readonly #index: number;
  readonly #midnight: number;
  readonly #chance: () => number;
  /** by window */
  readonly #freeAt: number[];

  constructor(office: Office, index: number) {
    this.#office = office;
    this.#index = index;
    this.#midnight = BEGIN + index * 1440 * MINUTE;
    this.#chance = chanceOf(office.seed + index * 1_000_003);
    this.#plan(this.at(OPENS), { type: 'hall.day.opened', subject: 'day', data: { day: dayName(index) } });
    this.#devices();
    this.#freeAt = Array.from({ length: office.windows }, (_, window) => this.#window(window + 1));
  }

  at(timeOfDay: number): number {
    return this.#midnight + timeOfDay;
  }

  visits(): Visit[] {
    const total = ARRIVALS.reduce((sum, part) => sum + part, 0);
    const times = Array.from({ length: this.#office.visits }, () => {
      let at = this.#chance() * total;
      const half = ARRIVALS.findIndex((part) => (at -= part) < 0);
      return this.at(FIRST_ARRIVAL) + (half + this.#chance()) * 30 * MINUTE;
    });
    return times.sort((one, other) => one - other).map((at, index) => ({ number: index + 1, at }));
  }

  #plan<T extends EventDraft['type']>(at: number, draft: Draft<T>): void {
    let place = this.ahead.length;
    while (place > 0 && this.ahead[place - 1]!.at > at) place -= 1;
    this.ahead.splice(place, 0, { at, draft: draft as Ahead['draft'] });
  }

  #devices(): void {
    const evaluators = Array.from({ length: this.#office.windows }, (_, at) => `evaluator-${at + 1}`);
    for (const [index, device] of ['printer-1', 'id-reader-1', ...evaluators].entries()) {
      const data = { device, model: 'elp1', serial: `S${index}`, firmware: '1.4' };
      this.#plan(this.at(OPENS) + SECOND + index, { type: 'hall.device.attached', subject: device, data });
      if (this.#chance() > 0.02) continue;
      const at = this.at(OPENS) + MINUTE + this.#chance() * 500 * MINUTE;
      const lost = { device, why: 'it was unplugged' };
      this.#plan(at, { type: 'hall.device.lost', subject: device, data: lost });
      const found = { device, from: 'lost' };
      if (this.#chance() < 0.9)
        this.#plan(at + MINUTE, { type: 'hall.device.recovered', subject: device, data: found });
    }
  }

  /** Opens, pauses and closes it; gives from when on it is free. */
  #window(window: number): number {
    const chance = this.#chance;
    const named = { window, staff: String(1000 + window) };
    const subject = `window-${window}`;
    const opened = this.at(FIRST_ARRIVAL) + (chance() - 0.5) * 10 * MINUTE;
    this.#plan(opened, { type: 'hall.window.opened', subject, data: named });
    if (chance() < 0.5) {
      const at = this.at(700 * MINUTE) + chance() * 60 * MINUTE;
      const paused = { ...named, reason: '午间轮休' };
      this.#plan(at, { type: 'hall.window.paused', subject, data: paused });
      this.#plan(at, { type: 'hall.trace.recorded', subject, data: { action: 'pause', ...paused } });
      this.#plan(at + 40 * MINUTE, { type: 'hall.window.resumed', subject, data: named });
    }
    this.#plan(this.at(CLOSES) - 10 * MINUTE, { type: 'hall.window.closed', subject, data: named });
    return opened;
  }

  /** From the ticket to the rating, at the window that is free first. */
  visit({ number: running, at }: Visit): void {
    const chance = this.#chance;
    const place = Math.floor(chance() * SERVICES.length);
    const subject = `t-${dayName(this.#index)}-${running}`;
    const number = `${'ABCD'[place]}${String(running).padStart(3, '0')}`;
    const ticket = { ticketId: subject, number, service: SERVICES[place]! };
    const atWindow = this.#freeAt.reduce((best, free, at) => (free < this.#freeAt[best]! ? at : best), 0);
    const served: Served = { ...ticket, window: atWindow + 1, staff: String(1001 + atWindow) };
    const called = Math.max(at + 8 * SECOND, this.#freeAt[atWindow]!) + (3 + 5 * chance()) * SECOND;
    const waitedS = Math.floor((called - at) / SECOND);
    const wait = { waitMinS: Math.max(0, waitedS - 240), waitMaxS: waitedS + 360 };
    const asked = { class: 'normal', language: chance() < 0.97 ? 'zh' : 'en', delivery: 'paper' } as const;
    this.#plan(at, {
      type: 'hall.ticket.reserved',
      subject,
      data: { ...ticket, running, ...asked, idempotencyKey: `k-${running}`, ahead: running % 9, ...wait },
    });
    const printed = { ...ticket, confirmedBy: 'process-id', printer: 'printer-1' } as const;
    this.#plan(at + 4 * SECOND, { type: 'hall.ticket.printed', subject, data: printed });
    const closes = this.at(CLOSES);
    if (called > closes - 20 * MINUTE) {
      const data = { ...ticket, by: 'day-end' } as const;
      return this.#plan(closes - MINUTE, { type: 'hall.ticket.cancelled', subject, data });
    }
    this.#plan(called, { type: 'hall.ticket.called', subject, data: { ...served, call: 1, waitedS } });
    this.#announced(served, 1, called);
    let came = called + (15 + 30 * chance()) * SECOND;
    if (chance() < 0.12) {
      this.#plan(came, { type: 'hall.ticket.recalled', subject, data: { ...served, call: 2 } });
      this.#announced(served, 2, came);
      came += 25 * SECOND;
      if (chance() < 0.3) {
        this.#freeAt[atWindow] = came;
        return this.#plan(came, { type: 'hall.ticket.missed', subject, data: served });
      }
    }
    const lasts = (180 - Math.log(1 - chance()) * 420) * SECOND;
    const finished = Math.min(came + lasts, closes - 12 * MINUTE);
    const servedS = Math.max(0, Math.floor((finished - came) / SECOND));
    this.#freeAt[atWindow] = finished;
    this.#plan(came, { type: 'hall.ticket.started', subject, data: served });
    this.#plan(finished, { type: 'hall.ticket.finished', subject, data: { ...served, servedS } });
    this.#rating(running + this.#index * SESSIONS_A_DAY, finished, served);
  }

  #announced({ staff: _staff, ...call }: Served, count: number, from: number): void {
    const times = { startedAt: localTime(from + 900), endedAt: localTime(from + 5_900) };
    this.#plan(from + 6 * SECOND, {
      type: 'hall.call.announced',
      subject: call.ticketId,
      data: { ...call, call: count, how: 'clips', screen: 'board-1', ...times },
    });
  }

  #rating(session: number, from: number, served: Served): void {
    const chance = this.#chance;
    const { ticketId: subject } = served;
    const promptedAt = localTime(from + 20);
    const asked = { session, ...served, stage: '', promptedAt, openUntil: localTime(from + 30_020) };
    this.#plan(from + 20, { type: 'hall.rating.requested', subject, data: asked });
    if (chance() < 0.35) {
      const { staff: _staff, ...lapsed } = { session, ...served, why: 'timeout' as const };
      return this.#plan(from + 30_020, { type: 'hall.rating.lapsed', subject, data: lapsed });
    }
    const drawn = chance();
    const level: RatingLevel = drawn < 0.8 ? 5 : drawn < 0.93 ? 4 : drawn < 0.97 ? 3 : drawn < 0.99 ? 2 : 1;
    const at = from + (2 + 20 * chance()) * SECOND;
    const device = { serial: `S${served.window + 1}`, boot: '0A3F', seq: session };
    const press = { level, keyRaw: String(6 - level), source: 'press', device, clockOffsetMs: 12 } as const;
    const times = { promptedAt, pressedAt: localTime(at) };
    this.#plan(at, {
      type: 'hall.rating.given',
      subject,
      data: { session, ...served, stage: '', ...press, ...times, flags: [] },
    });
    if (level <= 2) this.#followUp(session, at, served);
  }

  #followUp(session: number, from: number, { ticketId: subject, window }: Served): void {
    const [contacted, rectified, closed] = [1, 5, 7].map((days) => dayName(this.#index + days));
    const opened = { session, step: 'opened', due: { contacted, rectified, closed } } as const;
    this.#plan(from + 10, { type: 'hall.rating.followed-up', subject, data: opened });
    const said = Math.min(from + 30 * MINUTE, this.at(CLOSES) - 2 * MINUTE);
    const called = { session, step: 'contacted', staff: '1900', text: '已电话联系，说明情况' } as const;
    this.#plan(said, { type: 'hall.rating.followed-up', subject, data: called });
    if (this.#chance() < 0.5) return;
    const opinion = `Y${dayName(this.#index).replaceAll('-', '')}-${String(session).padStart(3, '0')}`;
    const codeHash = createHash('sha256').update(opinion).digest('hex');
    const filed = { kind: 'complaint', channel: 'rating', text: '等候时间太长', window, session } as const;
    this.#plan(said + SECOND, {
      type: 'hall.opinion.filed',
      subject: opinion,
      data: { opinion, ...filed, codeHash, dueDay: closed!, idempotencyKey: `o-${session}` },
    });
  }
}
