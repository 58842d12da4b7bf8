/** Random days of a hall: steps of plain numbers that become commands when the hall stands where they find it. */
import fc from 'fast-check';
import type { RatingLevel } from '../../kiosk-agent/contract/events.ts';
import type { TicketState } from '../../kiosk-agent/contract/live.ts';
import type {
  Command,
  DayCommand,
  RatingCommand,
  TicketCommand,
  WindowCommand,
} from '../../kiosk-agent/hall/commands.ts';
import { localTime } from '../../kiosk-agent/hall/day.ts';
import type { HallRules, HallState } from '../../kiosk-agent/hall/state.ts';
import { RULES } from './hall.ts';

type Kind =
  | Exclude<
      (TicketCommand | WindowCommand | RatingCommand | DayCommand)['name'],
      'rating.press' | 'ticket.priority' | 'window.match'
    >
  | 'press'
  | 'press again';
export type Step = { kind: Kind; laterMs: number; pick: number; choice: number };
export type History = { rules: HallRules; start: Date; steps: Step[]; cut: number };

const weighted: [number, Kind][] = [
  [14, 'ticket.reserve'],
  [9, 'ticket.printed'],
  [3, 'ticket.print-failed'],
  [3, 'ticket.unconfirmed'],
  [2, 'ticket.confirm-paper'],
  [2, 'ticket.reprint'],
  [2, 'ticket.take-on-screen'],
  [2, 'ticket.cancel'],
  [3, 'ticket.resume'],
  [8, 'window.open'],
  [12, 'window.call-next'],
  [5, 'window.call'],
  [9, 'window.recall'],
  [2, 'window.take-back'],
  [12, 'window.start'],
  [12, 'window.finish'],
  [4, 'window.missed'],
  [2, 'window.transfer'],
  [2, 'window.park'],
  [1, 'window.pause'],
  [2, 'window.resume'],
  [1, 'window.close'],
  [10, 'press'],
  [3, 'press again'],
  [2, 'rating.touch'],
  [4, 'rating.lapse'],
  [1, 'day.check'],
];

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const later = fc.oneof(
  { weight: 60, arbitrary: fc.integer({ min: 0, max: 2000 }) },
  { weight: 40, arbitrary: fc.integer({ min: 2000, max: MINUTE }) },
  { weight: 10, arbitrary: fc.integer({ min: MINUTE, max: HOUR }) },
  { weight: 2, arbitrary: fc.integer({ min: HOUR, max: 30 * HOUR }) },
  // A clock that is set back: by a time server, or by a hand.
  { weight: 4, arbitrary: fc.integer({ min: -5000, max: 0 }) },
  { weight: 1, arbitrary: fc.integer({ min: -30 * HOUR, max: 0 }) },
);

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.oneof(...weighted.map(([weight, kind]) => ({ weight, arbitrary: fc.constant(kind) }))),
  laterMs: later,
  pick: fc.nat(1_000_000),
  choice: fc.nat(1_000_000),
});

const rules: fc.Arbitrary<HallRules> = fc
  .record({
    timeZone: fc.constantFrom('Asia/Shanghai', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe'),
    services: fc.constant(RULES.services),
    windows: fc.constant(RULES.windows),
    missed: fc.constantFrom<HallRules['missed'][]>(
      { policy: 'void' },
      { policy: 'back', places: 2 },
      { policy: 'keep-calls', calls: 1 },
      { policy: 'keep-minutes', minutes: 10 },
    ),
    recall: fc.record({ coolDownS: fc.constantFrom(0, 1, 5), limit: fc.constantFrom(0, 1, 3) }),
    priorityHeadStartMin: fc.constantFrom(0, 30),
    seconds: fc.constantFrom(15, 60),
  })
  .map(({ seconds, ...drawn }) => ({ ...RULES, ...drawn, rating: { ...RULES.rating, seconds } }));

/** Starts lie before the changes of summer time on both sides of the world. */
export const history: fc.Arbitrary<History> = fc.record({
  rules,
  start: fc
    .constantFrom(
      '2026-10-03T10:00:00Z',
      '2026-10-24T19:00:00Z',
      '2026-10-31T23:00:00Z',
      '2027-03-13T22:00:00Z',
    )
    .map((text) => new Date(text)),
  steps: fc.array(step, { minLength: 1, maxLength: 300, size: 'max' }),
  cut: fc.nat(300),
});

/** Turns steps into commands; remembers what it has made, as kiosks, clerks and devices do. */
export class Crowd {
  #tickets = 0;
  #sessions = 0;
  #seq = new Map<string, number>();
  #presses: Command[] = [];

  command(step: Step, state: HallState, rules: HallRules, now: Date): Command {
    const { kind, pick, choice } = step;
    const aimed = choice % 8 !== 0;
    const staff = `s${1 + (choice % 4)}`;
    const reason = choice % 10 === 0 ? ' ' : 'because';
    const why = (['paper-out', 'no-answer', 'cover-open'] as const)[choice % 3] ?? 'paper-out';
    const ticketId = this.#ticket(state, aimed ? (AIMS[kind] ?? []) : [], pick);
    const window = choice % 50 === 1 ? 99 : this.#window(state, aimed ? (AIMS_AT[kind] ?? []) : [], pick);
    switch (kind) {
      case 'ticket.reserve': {
        const number = choice % 12 === 0 ? Math.ceil(this.#tickets / 2) : ++this.#tickets;
        const service = rules.services[pick % 3]?.id ?? '';
        return {
          name: kind,
          ticketId: `t${number}`,
          service: choice % 40 === 3 ? 'passport' : service,
          ...(choice % 5 === 0 ? { priority: 'elderly' as const } : {}),
          language: choice % 2 ? 'zh' : 'en',
          idempotencyKey: `tap-${number}`,
          delivery: choice % 3 === 0 ? 'screen' : 'paper',
        };
      }
      case 'ticket.printed':
        return { name: kind, ticketId, confirmedBy: choice % 2 ? 'barrier' : 'process-id', printer: 'p1' };
      case 'ticket.print-failed':
      case 'ticket.unconfirmed':
        return { name: kind, ticketId, why, ...(choice % 2 ? { printer: 'p1' } : {}) };
      case 'ticket.confirm-paper':
        return {
          name: kind,
          ticketId,
          by: choice % 2 ? 'visitor' : 'staff',
          ...(choice % 3 ? { staff } : {}),
        };
      case 'ticket.reprint':
        return { name: kind, ticketId, by: choice % 3 ? 'staff' : 'visitor' };
      case 'ticket.take-on-screen':
        return { name: kind, ticketId };
      case 'ticket.cancel':
        return {
          name: kind,
          ticketId,
          by: (['visitor', 'staff', 'nobody'] as const)[choice % 3] ?? 'staff',
          reason,
        };
      case 'ticket.resume':
        return { name: kind, ticketId, staff };
      case 'window.open':
        return { name: kind, window, staff };
      case 'window.call':
        return { name: kind, window, ticketId, reason };
      case 'window.finish':
        return {
          name: kind,
          window,
          session: choice % 15 === 0 ? this.#session(state, false, pick) : ++this.#sessions,
        };
      case 'window.transfer': {
        const service = rules.services[choice % 3]?.id ?? '';
        const to = [{ service }, { window: 1 + (choice % 4) }, { service, window: 2 }, {}][choice % 4] ?? {};
        return { name: kind, window, to, reason };
      }
      case 'window.take-back':
      case 'window.park':
      case 'window.pause':
        return { name: kind, window, reason };
      case 'window.close':
        return choice % 2 ? { name: kind, window } : { name: kind, window, reason };
      case 'window.call-next':
      case 'window.recall':
      case 'window.start':
      case 'window.missed':
      case 'window.resume':
        return { name: kind, window };
      case 'rating.touch':
        return { name: kind, window, session: this.#session(state, aimed, pick), level: level(choice) };
      case 'rating.lapse':
        return { name: kind, session: this.#session(state, aimed, pick), why: 'timeout' };
      case 'day.check':
        return { name: kind };
      case 'press again':
        return this.#presses[pick % this.#presses.length] ?? { name: 'day.check' };
      case 'press':
        return this.#press(state, rules, now, step);
    }
  }

  /** Devices count their presses from 1 at every power-up; now and then one overtakes another on the way. */
  #press(state: HallState, rules: HallRules, now: Date, { pick, choice }: Step): Command {
    const window = 1 + (pick % 3);
    const device = { serial: `d${window}`, boot: `b${choice % 3}` };
    // A poor device draws the boot number that it has had before.
    if (choice % 37 === 0) this.#seq.delete(device.serial + device.boot);
    const seq = (this.#seq.get(device.serial + device.boot) ?? 0) + 1 + (choice % 7 === 0 ? 1 : 0);
    this.#seq.set(device.serial + device.boot, seq);
    const number = choice % 11 === 0 ? null : this.#session(state, choice % 9 !== 0, pick);
    const closedAt = number === null ? null : state.sessions[number]?.closedAt;
    // A press that was made just before its evaluation was closed, and came after.
    const late = closedAt != null && choice % 2 === 0 ? now.getTime() - Date.parse(closedAt) : 0;
    const ageMs = choice % 4 === 0 ? choice % (5 * MINUTE) : late + (choice % 1500);
    const clockOffsetMs = choice % 6 === 0 ? 700 : 0;
    const command: Command = {
      name: 'rating.press',
      window,
      session: number,
      keyRaw: String(1 + (choice % 6)),
      level: choice % 13 === 0 ? null : level(choice),
      device: { ...device, seq },
      pressedAt: localTime(new Date(now.getTime() - ageMs + clockOffsetMs), rules.timeZone),
      clockOffsetMs,
    };
    this.#presses.push(command);
    return command;
  }

  #ticket(state: HallState, aims: TicketState[], pick: number): string {
    const all = Object.values(state.tickets);
    const aimed = all.filter((ticket) => aims.includes(ticket.state));
    const from = aimed.length > 0 ? aimed : all;
    return from[pick % from.length]?.ticketId ?? 'nobody';
  }

  #window(state: HallState, aims: string[], pick: number): number {
    const aimed = [1, 2, 3].filter((number) => aims.includes(state.windows[number]?.state ?? 'closed'));
    return aimed[pick % aimed.length] ?? 1 + (pick % 3);
  }

  #session(state: HallState, aimed: boolean, pick: number): number {
    const all = Object.values(state.sessions);
    const open = all.filter((session) => session.state === 'open');
    const from = aimed && pick % 3 !== 0 && open.length > 0 ? open : all.slice(-4);
    return from[pick % from.length]?.session ?? ++this.#sessions;
  }
}

function level(choice: number): RatingLevel {
  return (1 + (choice % 5)) as RatingLevel;
}

/** Ticket states in which a command mostly finds its ticket; now and then any other. */
const AIMS: Partial<Record<Kind, TicketState[]>> = {
  'ticket.printed': ['printing', 'unconfirmed'],
  'ticket.print-failed': ['printing'],
  'ticket.unconfirmed': ['printing'],
  'ticket.confirm-paper': ['unconfirmed'],
  'ticket.reprint': ['print-failed', 'unconfirmed', 'waiting'],
  'ticket.take-on-screen': ['print-failed', 'unconfirmed'],
  'ticket.cancel': ['print-failed', 'unconfirmed', 'waiting', 'missed', 'parked'],
  'ticket.resume': ['parked', 'missed'],
  'window.call': ['waiting', 'missed'],
};
const AIMS_AT: Partial<Record<Kind, string[]>> = {
  'window.open': ['closed'],
  'window.call-next': ['idle'],
  'window.call': ['idle'],
  'window.recall': ['called'],
  'window.take-back': ['called'],
  'window.start': ['called'],
  'window.missed': ['called'],
  'window.finish': ['serving'],
  'window.transfer': ['serving'],
  'window.park': ['serving'],
  'window.pause': ['idle'],
  'window.resume': ['paused'],
  'window.close': ['idle', 'paused'],
};
