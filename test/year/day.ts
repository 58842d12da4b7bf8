/**
 * One day of the hall, played: people come, clerks call, and most of what can happen at a window happens to somebody. The player
 * asks the hall by commands and looks only at the events that come back.
 */
import type { HallEvent, Priority } from '../../kiosk-agent/contract/events.ts';
import type { Command } from '../../kiosk-agent/hall/commands.ts';
import type { Chance } from './chance.ts';
import { SERVICES } from './hall.ts';
import { planOffice } from './office.ts';
import { planPaper } from './paper.ts';
import { personOf, PERSONS } from './persons.ts';
import { Plans } from './plans.ts';
import { planRating } from './rating.ts';
import { HOUR, MINUTE, SECOND, type Ask, type Going, type Today } from './today.ts';

const STAFF = 14;
/** How often people come, by the hour from opening on. */
const CROWD = [1.4, 1.6, 1.2, 0.5, 0.6, 1.3, 1.1, 0.6, 0.15];
const PRIORITIES: Priority[] = ['elderly', 'disabled', 'military', 'pregnant'];

type Window = {
  number: number;
  staff: string;
  speed: number;
  open: boolean;
  paused: boolean;
  busy: boolean;
  boot: number;
  presses: number;
};

export class Day {
  readonly #ask: Ask;
  readonly #chance: Chance;
  readonly #going: Going;
  readonly #name: string;
  readonly #opens: number;
  readonly #closes: number;
  readonly #plans = new Plans();
  readonly #today: Today;
  readonly #windows = new Map<number, Window>();
  /** in line as far as the events say */
  readonly #line = new Set<string>();
  readonly #missed: string[] = [];
  #end = false;

  /** `day` yyyy-MM-dd at +08:00; `index` turns the roster. */
  constructor(ask: Ask, chance: Chance, going: Going, day: string, index: number) {
    this.#ask = ask;
    this.#chance = chance;
    this.#going = going;
    this.#name = day;
    this.#opens = Date.parse(`${day}T08:30:00+08:00`);
    this.#closes = Date.parse(`${day}T17:00:00+08:00`);
    this.#today = {
      ...{ ask, chance, going, opens: this.#opens },
      hear: (events, at) => this.#hear(events, at),
      plan: (at, run) => this.#plan(at, run),
      id: (kind) => this.#id(kind),
      service: () => this.#service(),
    };
    for (let number = 1; number <= 12; number++) {
      const clerk = ((number + index) % STAFF) + 1;
      const before = going.boots.get(number) ?? { boot: 0, presses: 0 };
      // Evaluators lose their power now and then.
      const cut = chance.is(0.05);
      this.#windows.set(number, {
        ...{ number, staff: String(1000 + clerk), speed: 0.85 + 0.022 * clerk },
        ...{ open: false, paused: false, busy: false },
        ...(cut ? { boot: before.boot + 1, presses: 0 } : before),
      });
    }
  }

  /** Plays it: `visits` people come. Between two events the player may wait for the disk. */
  async play(visits: number, nextDay: string | null, breathe: () => Promise<void>): Promise<void> {
    this.#plan(this.#opens - 20 * MINUTE, (at) => this.#hear(this.#ask({ name: 'day.check' }, at)));
    for (let at = this.#opens - 15 * MINUTE; at < this.#closes + 2 * HOUR; at += 30 * SECOND)
      this.#plan(at, (now) => this.#end || this.#hear(this.#ask({ name: 'day.check' }, now), now));
    for (let number = 1; number <= 10; number++) this.#roster(number);
    // Somebody sent to a window that has closed is left over; the windows close all the same.
    this.#plan(this.#closes + 100 * MINUTE, (at) => {
      for (const window of this.#windows.values()) if (window.open) this.#close(window, at, '下班');
    });
    this.#arrivals(visits);
    planOffice(this.#today, nextDay);
    for (const each of this.#going.booked.filter(({ day }) => day === this.#name)) this.#appointment(each);
    this.#going.booked = this.#going.booked.filter(({ day }) => day > this.#name);
    for (let next = this.#plans.next(); next; next = this.#plans.next()) {
      next.run(next.at);
      await breathe();
    }
    for (const { number, boot, presses } of this.#windows.values())
      this.#going.boots.set(number, { boot, presses });
  }

  // People

  #arrivals(visits: number): void {
    const total = CROWD.reduce((sum, share) => sum + share, 0);
    CROWD.forEach((share, hour) => {
      const until = Math.min(this.#opens + (hour + 1) * HOUR, this.#closes);
      const from = this.#opens + hour * HOUR;
      for (let each = Math.round((visits * share) / total); each > 0; each--)
        this.#plan(this.#chance.between(from, until), (at) => this.#arrive(at));
    });
  }

  #arrive(at: number): void {
    const chance = this.#chance;
    const ticketId = this.#id('t');
    const service = this.#service();
    const paper = chance.is(0.9);
    const person = chance.whole(1, PERSONS);
    const priority = chance.is(0.06) ? chance.pick(PRIORITIES) : undefined;
    const tap: Command = {
      ...{ name: 'ticket.reserve', ticketId, service, language: chance.is(0.95) ? 'zh' : 'en' },
      idempotencyKey: `tap-${ticketId}`,
      delivery: paper ? 'paper' : 'screen',
      ...(priority ? { priority } : {}),
      ...(chance.is(0.6) ? { person: personOf(person) } : {}),
      ...(chance.is(0.04) ? { further: [chance.pick(SERVICES.filter(({ id }) => id !== service)).id] } : {}),
    };
    const events = this.#hear(this.#ask(tap, at), at);
    if (!events) return;
    // An impatient second tap is the same ticket.
    if (chance.is(0.02)) this.#plan(at + 300, (now) => this.#ask({ ...tap, ticketId: this.#id('t') }, now));
    if (paper) planPaper(this.#today, ticketId, at);
    if (priority && chance.is(0.9))
      this.#plan(at + chance.between(10, 120) * SECOND, (now) =>
        this.#hear(
          this.#ask(
            chance.is(0.85)
              ? { name: 'ticket.priority', ticketId, decision: 'confirmed', priority, staff: '1000' }
              : {
                  name: 'ticket.priority',
                  ticketId,
                  decision: 'denied',
                  priority,
                  staff: '1000',
                  reason: '没有证件',
                },
            now,
          ),
        ),
      );
    if (chance.is(0.03))
      this.#plan(at + chance.between(2, 25) * MINUTE, (now) =>
        this.#hear(this.#ask({ name: 'ticket.cancel', ticketId, by: 'visitor' }, now)),
      );
    else if (chance.is(0.003))
      this.#plan(at + chance.between(2, 25) * MINUTE, (now) =>
        this.#hear(
          this.#ask({ name: 'ticket.cancel', ticketId, by: 'staff', staff: '1000', reason: '取错号' }, now),
        ),
      );
  }

  #appointment({ appointment, at, person }: Going['booked'][number]): void {
    const chance = this.#chance;
    if (chance.is(0.12)) return;
    if (chance.is(0.05)) {
      this.#plan(at - 2 * HOUR, (now) =>
        this.#hear(this.#ask({ name: 'appointment.cancel', appointment, by: 'visitor' }, now)),
      );
      return;
    }
    this.#plan(Math.max(this.#opens + MINUTE, at + chance.between(-25, 30) * MINUTE), (now) => {
      const ticketId = this.#id('t');
      const events = this.#hear(
        this.#ask(
          {
            ...{ name: 'appointment.check-in', appointment, by: 'card', hashes: [personOf(person).hash] },
            ...{ ticketId, language: 'zh', delivery: 'paper', idempotencyKey: `tap-${ticketId}` },
          },
          now,
        ),
        now,
      );
      if (events) planPaper(this.#today, ticketId, now);
    });
  }

  // Windows

  #roster(number: number): void {
    const window = this.#window(number);
    const chance = this.#chance;
    this.#plan(this.#opens + chance.between(-8, 4) * MINUTE, (at) => this.#open(window, at));
    const lunch = this.#opens + (number % 2 === 0 ? 3 : 4) * HOUR;
    this.#pause(window, lunch + chance.between(-5, 5) * MINUTE, chance.between(40, 55), '午间轮休');
    if (chance.is(0.6))
      this.#pause(window, this.#opens + chance.between(1, 7.5) * HOUR, chance.between(3, 10), '核对材料');
  }

  #open(window: Window, at: number): void {
    const events = this.#hear(
      this.#ask({ name: 'window.open', window: window.number, staff: window.staff }, at),
      at,
    );
    window.open ||= events !== null;
    if (window.open) this.#tryCall(window, at);
  }

  #pause(window: Window, from: number, minutes: number, reason: string): void {
    this.#plan(from, (at) => {
      if (!window.open || window.paused) return;
      // Nobody is left standing for a break: it begins when the visitor is done.
      if (window.busy)
        return void (at < from + HOUR && this.#pause(window, at + 30 * SECOND, minutes, reason));
      if (!this.#hear(this.#ask({ name: 'window.pause', window: window.number, reason }, at))) return;
      window.paused = true;
      this.#plan(at + minutes * MINUTE, (now) => {
        this.#hear(this.#ask({ name: 'window.resume', window: window.number }, now));
        window.paused = false;
        this.#tryCall(window, now);
      });
    });
  }

  #tryCall(window: Window, at: number): void {
    if (!window.open || window.paused || window.busy) return;
    const chance = this.#chance;
    const { number } = window;
    let events: HallEvent[] | null = null;
    const back = this.#missed.length > 0 && chance.is(0.15) ? this.#missed.shift() : undefined;
    if (back !== undefined)
      events = this.#hear(this.#ask({ name: 'window.call', window: number, ticketId: back, reason: '' }, at));
    else if (this.#line.size > 3 && chance.is(0.004)) {
      const ticketId = chance.pick([...this.#line]);
      events = this.#hear(
        this.#ask({ name: 'window.call', window: number, ticketId, reason: '材料有误，先行补正' }, at),
      );
    }
    events ??=
      this.#line.size > 0 ? this.#hear(this.#ask({ name: 'window.call-next', window: number }, at)) : null;
    const called = events?.find((event) => event.type === 'hall.ticket.called');
    if (!called) {
      if (at > this.#closes && this.#line.size === 0) this.#close(window, at);
      return;
    }
    window.busy = true;
    this.#called(window, called.data.ticketId, called.data.service, at);
  }

  #close(window: Window, at: number, reason?: string): void {
    const close: Command = { name: 'window.close', window: window.number, ...(reason ? { reason } : {}) };
    if (this.#hear(this.#ask(close, at))) window.open = false;
  }

  #called(window: Window, ticketId: string, service: string, at: number): void {
    const chance = this.#chance;
    const number = window.number;
    if (chance.is(0.045)) {
      this.#plan(at + 20 * SECOND, (now) => this.#ask({ name: 'window.recall', window: number }, now));
      this.#plan(at + chance.between(40, 80) * SECOND, (now) => {
        if (this.#hear(this.#ask({ name: 'window.missed', window: number }, now)) && chance.is(0.4))
          this.#missed.push(ticketId);
        this.#free(window, now);
      });
    } else if (chance.is(0.004))
      this.#plan(at + 15 * SECOND, (now) => {
        this.#hear(this.#ask({ name: 'window.take-back', window: number, reason: '叫错号' }, now), now);
        this.#free(window, now);
      });
    else
      this.#plan(at + chance.between(8, 45) * SECOND, (now) => {
        this.#ask({ name: 'window.start', window: number }, now);
        this.#serve(window, service, now);
      });
  }

  #serve(window: Window, service: string, at: number): void {
    const chance = this.#chance;
    const number = window.number;
    const meanS = SERVICES.find(({ id }) => id === service)?.meanS ?? 300;
    const until = at + Math.max(20, chance.around(meanS * window.speed, 0.55)) * SECOND;
    if (chance.is(0.3))
      this.#plan(at + 5 * SECOND, (now) =>
        this.#ask(
          {
            name: 'window.match',
            window: number,
            hashes: [personOf(chance.whole(1, PERSONS)).hash],
            masked: '370***********0000',
          },
          now,
        ),
      );
    if (chance.is(0.015))
      this.#plan(at + (until - at) / 2, (now) => {
        const to = chance.is(0.7) ? { service: chance.pick(SERVICES).id } : { window: chance.whole(1, 10) };
        const wish: Command = { name: 'window.transfer', window: number, to, reason: '需先办理前置业务' };
        if (this.#hear(this.#ask(chance.is(0.4) ? { ...wish, comeBack: true } : wish, now), now))
          this.#free(window, now);
        else this.#plan(until, (later) => this.#finish(window, later));
      });
    else if (chance.is(0.01))
      this.#plan(at + (until - at) / 2, (now) => {
        const park: Command = { name: 'window.park', window: number, reason: '去补复印件' };
        if (this.#hear(this.#ask(chance.is(0.5) ? { ...park, minutes: 5 } : park, now)))
          this.#free(window, now);
        else this.#plan(until, (later) => this.#finish(window, later));
      });
    else this.#plan(until, (now) => this.#finish(window, now));
  }

  #finish(window: Window, at: number): void {
    const session = ++this.#going.session;
    const events = this.#hear(this.#ask({ name: 'window.finish', window: window.number, session }, at), at);
    if (events?.some((event) => event.type === 'hall.rating.requested'))
      planRating(this.#today, window, session, at);
    this.#free(window, at);
  }

  /** The clerk's way to the next visitor. */
  #free(window: Window, at: number): void {
    this.#plan(at + this.#chance.between(5, 40) * SECOND, (now) => {
      window.busy = false;
      this.#tryCall(window, now);
    });
  }

  // The plan of the day

  /** Takes notice of events: who is in line, and that idle clerks have somebody to call. */
  #hear(events: HallEvent[] | null, at?: number): HallEvent[] | null {
    let joined = false;
    for (const event of events ?? []) {
      switch (event.type) {
        case 'hall.ticket.printed':
        case 'hall.ticket.requeued':
        case 'hall.ticket.resumed':
        case 'hall.ticket.continued':
        case 'hall.ticket.transferred':
          this.#line.add(event.data.ticketId);
          joined = true;
          break;
        case 'hall.ticket.called':
        case 'hall.ticket.cancelled':
        case 'hall.ticket.parked':
          this.#line.delete(event.data.ticketId);
          break;
        case 'hall.surge.started':
          for (const number of [11, 12])
            this.#plan(Date.parse(event.time) + 5 * MINUTE, (now) => this.#open(this.#window(number), now));
          break;
        default:
      }
    }
    if (joined && at !== undefined)
      for (const window of this.#windows.values())
        if (window.open && !window.busy && !window.paused)
          this.#plan(at + this.#chance.between(2, 12) * SECOND, (now) => this.#tryCall(window, now));
    // After closing a window closes when nobody waits; the day is over when all have.
    if (at !== undefined && at > this.#closes && this.#line.size === 0) {
      for (const window of this.#windows.values()) if (window.open && !window.busy) this.#close(window, at);
      this.#end = [...this.#windows.values()].every(({ open }) => !open);
    }
    return events;
  }

  #plan(at: number, run: (at: number) => void): void {
    this.#plans.add(Math.round(at), run);
  }

  #window(number: number): Window {
    return this.#windows.get(number) as Window;
  }

  #service(): string {
    let left = this.#chance.next();
    for (const { id, share } of SERVICES) if ((left -= share) < 0) return id;
    return 'query';
  }

  #id(kind: string): string {
    return `${kind}${++this.#going.made}`;
  }
}
