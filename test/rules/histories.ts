/** Random days of a hall: steps of plain numbers that become commands when the hall stands where they find it. */
import fc from 'fast-check';
import { ANNOUNCED_HOW } from '../../kiosk-agent/contract/announcements.ts';
import type { RatingLevel } from '../../kiosk-agent/contract/events.ts';
import type { TicketState } from '../../kiosk-agent/contract/live.ts';
import type { Command } from '../../kiosk-agent/hall/commands.ts';
import { localTime } from '../../kiosk-agent/hall/day.ts';
import type { HallRules, HallState } from '../../kiosk-agent/hall/state.ts';
import { RULES } from './hall.ts';
import { Ledgers } from './history-ledgers.ts';
import { person, personOrNot } from './history-people.ts';
import { FarAway } from './history-satellites.ts';

/** A command of the hall; a press, new or once more; or something that happens far away, at a satellite. */
export type Kind =
  | Exclude<Command['name'], 'rating.press' | 'satellite.take'>
  | 'press'
  | 'press again'
  | 'far away'
  | 'delivery';
export type Step = { kind: Kind; laterMs: number; pick: number; choice: number };
export type History = { rules: HallRules; start: Date; steps: Step[]; cut: number };

const weighted: [number, Kind][] = [
  [24, 'ticket.reserve'],
  [20, 'ticket.printed'],
  [4, 'ticket.print-failed'],
  [4, 'ticket.unconfirmed'],
  [6, 'ticket.confirm-paper'],
  [3, 'ticket.reprint'],
  [4, 'ticket.take-on-screen'],
  [7, 'ticket.cancel'],
  [4, 'ticket.resume'],
  [22, 'window.open'],
  [30, 'window.call-next'],
  [8, 'window.call'],
  [12, 'window.recall'],
  [4, 'window.take-back'],
  [30, 'window.start'],
  [30, 'window.finish'],
  [6, 'window.missed'],
  [10, 'window.transfer'],
  [5, 'window.park'],
  [2, 'window.pause'],
  [4, 'window.resume'],
  [2, 'window.close'],
  [16, 'press'],
  [3, 'press again'],
  [2, 'rating.touch'],
  [4, 'rating.lapse'],
  [12, 'day.check'],
  [5, 'ticket.priority'],
  [6, 'window.match'],
  [9, 'appointment.book'],
  [5, 'appointment.take'],
  [6, 'appointment.check-in'],
  [2, 'appointment.cancel'],
  [1, 'surge.start'],
  [2, 'surge.change'],
  [1, 'surge.end'],
  [5, 'rating.from-phone'],
  [3, 'rating.give-reason'],
  [6, 'follow-up.step'],
  [1, 'callback.sample'],
  [4, 'callback.record'],
  [2, 'opinion.file'],
  [2, 'opinion.assign'],
  [2, 'opinion.answer'],
  [2, 'opinion.close'],
  [1, 'opinion.reopen'],
  [6, 'satellite.join'],
  [1, 'satellite.leave'],
  [6, 'block.lease'],
  [30, 'far away'],
  [34, 'delivery'],
  [6, 'call.announced'],
  [2, 'notice.post'],
  [1, 'notice.withdraw'],
];

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const later = fc.oneof(
  { weight: 60, arbitrary: fc.integer({ min: 0, max: 2000 }) },
  { weight: 40, arbitrary: fc.integer({ min: 2000, max: MINUTE }) },
  { weight: 6, arbitrary: fc.integer({ min: MINUTE, max: HOUR }) },
  { weight: 1, arbitrary: fc.integer({ min: HOUR, max: 30 * HOUR }) },
  // A clock that is set back: by a time server, or by a hand.
  { weight: 4, arbitrary: fc.integer({ min: -5000, max: 0 }) },
  { weight: 1, arbitrary: fc.integer({ min: -30 * HOUR, max: 0 }) },
);

export const step: fc.Arbitrary<Step> = fc
  .record({
    kind: fc.oneof(...weighted.map(([weight, kind]) => ({ weight, arbitrary: fc.constant(kind) }))),
    laterMs: later,
    pick: fc.nat(1_000_000),
    choice: fc.nat(1_000_000),
  })
  // The clock asks every 20 s; presses and recalls come close behind what they are about.
  .map((one) =>
    one.kind === 'day.check' && one.choice % 4 !== 0
      ? { ...one, laterMs: 20_000 }
      : one.choice % 3 === 0 && (one.kind === 'press' || one.kind === 'window.recall')
        ? { ...one, laterMs: 500 }
        : one,
  );

export const rules: fc.Arbitrary<HallRules> = fc
  .record({
    timeZone: fc.constantFrom('Asia/Shanghai', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe'),
    services: fc
      .constantFrom<HallRules['services'][number]['realName'][]>('off', 'optional', 'required')
      .map((realName) => RULES.services.map((one) => (one.id === 'mortgage' ? { ...one, realName } : one))),
    windows: fc.constant<HallRules['windows']>([
      ...RULES.windows,
      { number: 4, services: ['mortgage'], temporary: true },
    ]),
    missed: fc.constantFrom<HallRules['missed'][]>(
      { policy: 'void' },
      { policy: 'back', places: 2 },
      { policy: 'keep-calls', calls: 1 },
      { policy: 'keep-minutes', minutes: 10 },
    ),
    recall: fc.record({ coolDownS: fc.constantFrom(0, 1, 5), limit: fc.constantFrom(0, 1, 3) }),
    priorityHeadStartMin: fc.constantFrom(0, 30),
    priorityCounts: fc.constantFrom<HallRules['priorityCounts'][]>('claimed', 'confirmed'),
    parkMinutes: fc.constantFrom(null, 5),
    opening: fc.constantFrom(null, { from: '08:30', to: '17:30' }),
    seconds: fc.constantFrom(15, 60),
    tooLate: fc.constantFrom<HallRules['appointments']['tooLate'][]>('normal', 'refuse'),
    noShow: fc.constantFrom(null, { limit: 2, withinDays: 30, blockDays: 10 }),
    auto: fc.boolean(),
  })
  .map(({ seconds, tooLate, noShow, auto, ...drawn }) => ({
    ...RULES,
    ...drawn,
    rating: { ...RULES.rating, seconds },
    realName: { takeAndCancel: { times: 2, days: 14 } },
    appointments: { ...RULES.appointments, tooLate, noShow },
    surge: {
      auto:
        auto && drawn.opening
          ? {
              beyondClosingMin: 0,
              measures: { extendUntil: '20:00', notice: { zh: '延时服务', en: 'Open longer' } },
            }
          : null,
    },
    offlineNumbers: { from: 8, size: 4, days: 3 },
  }));

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
  readonly #ledgers = new Ledgers();
  readonly farAway = new FarAway();

  /** What is asked of the hall; null when this step happens elsewhere. */
  command(step: Step, state: HallState, rules: HallRules, now: Date): Command | null {
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
          ...personOrNot(choice),
          ...(choice % 6 === 1
            ? {
                further: rules.services
                  .map(({ id }) => id)
                  .filter((id, at) => id !== service || at === pick % 7),
              }
            : {}),
          ...(choice % 3 === 2 ? { kiosk: 'kiosk-2' } : {}),
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
        const to = [{ service }, { window: 1 + (pick % 4) }, { service, window: 2 }, {}][choice % 4] ?? {};
        return { name: kind, window, to, reason, ...(choice % 12 < 6 ? { comeBack: true } : {}) };
      }
      case 'window.park':
        return { name: kind, window, reason, ...(choice % 2 ? { minutes: choice % 33 } : {}) };
      case 'window.match': {
        const at = state.windows[window]?.ticketId;
        const holder = (at && state.tickets[at]?.person) || person(pick);
        const { hash, masked } = choice % 3 === 0 ? person(pick + 1) : holder;
        return { name: kind, window, hashes: [hash], masked };
      }
      case 'ticket.priority': {
        const decision = (['confirmed', 'denied', 'given'] as const)[choice % 3] ?? 'given';
        return { name: kind, ticketId, decision, priority: 'military', staff, window: 1, reason };
      }
      case 'notice.post': {
        const at = (minutes: number) => localTime(new Date(now.getTime() + minutes * MINUTE), rules.timeZone);
        const notice = {
          ...{ notice: `notice-${pick % 4}`, text: { zh: '周五停电', en: 'No power on Friday' } },
          ...{ from: at(-5), until: at((choice % 120) - 10), where: ['board' as const] },
        };
        return { name: 'notice.post', notice };
      }
      case 'notice.withdraw':
        return { name: 'notice.withdraw', notice: `notice-${pick % 4}` };
      case 'call.announced': {
        const at = localTime(now, rules.timeZone);
        const how = ANNOUNCED_HOW[choice % ANNOUNCED_HOW.length] ?? 'silent';
        const call = 1 + (choice % 3);
        const report = {
          ticketId,
          screen: `board-${pick % 2}`,
          window,
          call,
          how,
          startedAt: at,
          endedAt: at,
        };
        return { name: kind, report };
      }
      case 'window.take-back':
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
      case 'rating.from-phone':
        return { name: kind, ticketId, level: level(choice) };
      case 'far away':
        this.farAway.happens(step, state, rules, now);
        return null;
      case 'delivery':
        return this.farAway.delivery(step, now);
      case 'satellite.join':
        return this.farAway.join(pick);
      case 'satellite.leave':
        return this.farAway.leave(pick);
      case 'block.lease':
        return { name: kind, agent: 'kiosk-2' };
      default:
        return this.#ledgers.command(step, state, rules, now, () => ++this.#tickets);
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
    const aimed = [1, 2, 3, 4].filter((number) => aims.includes(state.windows[number]?.state ?? 'closed'));
    return aimed[pick % aimed.length] ?? 1 + (pick % 4);
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
  'ticket.priority': ['waiting', 'called', 'serving'],
  'call.announced': ['called', 'serving'],
  'rating.from-phone': ['finished', 'waiting'],
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
  'window.match': ['called', 'serving'],
};
