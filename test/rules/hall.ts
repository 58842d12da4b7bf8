/** A hall under test: the real rules, a clock that stands where the test puts it, and every event checked by the contract. */
import { eventData, type EventDraft, type EventType } from '../../kiosk-agent/contract/events.ts';
import { timestamp } from '../../kiosk-agent/contract/events.ts';
import { apply } from '../../kiosk-agent/hall/apply.ts';
import type { Command, Decision, Refusal } from '../../kiosk-agent/hall/commands.ts';
import { decide } from '../../kiosk-agent/hall/decide.ts';
import { emptyState, type HallRules, type HallState, type Ticket } from '../../kiosk-agent/hall/state.ts';

export const RULES: HallRules = {
  timeZone: 'Asia/Shanghai',
  services: [
    { id: 'transfer', prefix: 'A', minutes: 10, realName: 'optional', appointments: true },
    { id: 'mortgage', prefix: 'B', minutes: 20, realName: 'optional', appointments: true },
    { id: 'query', prefix: 'A', minutes: 5, realName: 'optional', appointments: true },
  ],
  windows: [
    { number: 1, services: ['transfer'] },
    { number: 2, services: ['transfer', 'mortgage'] },
    { number: 3, services: ['query'] },
  ],
  missed: { policy: 'keep-calls', calls: 2 },
  recall: { coolDownS: 5, limit: 3 },
  priorityHeadStartMin: 30,
  rating: { seconds: 30, flags: { shortServiceS: 0, runLength: 20, burstCount: 8, burstMinutes: 10 } },
  opening: null,
  calendar: { weekend: [0, 6], holidays: [], makeUpDays: [] },
  appointmentHeadStartMin: 15,
  priorityCounts: 'claimed',
  parkMinutes: null,
  realName: { takeAndCancel: { times: 3, days: 14 } },
  appointments: {
    slotMinutes: 30,
    daysAhead: 14,
    share: 0.5,
    earlyMin: 60,
    lateMin: 15,
    tooLate: 'normal',
    noShow: null,
  },
  followUp: {
    badThrough: 2,
    clock: { contacted: 1, answered: 15 },
    appealWorkingDays: 5,
    reasonHours: 72,
    options: ['slow', 'rude', 'unclear'],
    keepDays: 60,
  },
  opinions: { dueWorkingDays: 5, keepDays: 60 },
  surge: { auto: null },
  offlineNumbers: { from: 701, size: 50, days: 7 },
};

/** What a tap may say besides its service. */
type Wish = Partial<Omit<Extract<Command, { name: 'ticket.reserve' }>, 'name' | 'ticketId' | 'service'>>;

export class Hall {
  readonly rules: HallRules;
  state: HallState = emptyState();
  log: (EventDraft & { seq: number })[] = [];
  now: Date;
  #made = 0;

  constructor(rules: Partial<HallRules> = {}, now = '2026-11-23T09:00:00+08:00') {
    this.rules = { ...RULES, ...rules };
    this.now = new Date(now);
  }

  at(time: string): this {
    this.now = new Date(time);
    return this;
  }

  wait(seconds: number): this {
    this.now = new Date(this.now.getTime() + seconds * 1000);
    return this;
  }

  /** Decides and, when accepted, applies. */
  try(command: Command): Decision {
    const decision = decide(this.state, command, this.now, this.rules);
    if (!decision.ok) return decision;
    for (const draft of decision.events) {
      checkAgainstContract(draft);
      const event = { ...draft, seq: this.state.seq + 1 };
      this.log.push(event);
      apply(this.state, event);
    }
    return decision;
  }

  /** The events of a command that must be accepted. */
  do(command: Command): EventDraft[] {
    const decision = this.try(command);
    if (!decision.ok) throw new Error(`${command.name} refused: ${JSON.stringify(decision.refusal)}`);
    return decision.events;
  }

  /** The types of its events. */
  types(command: Command): EventType[] {
    return this.do(command).map(({ type }) => type);
  }

  /** The refusal of a command that must be refused. */
  refusal(command: Command): Refusal {
    const decision = this.try(command);
    if (decision.ok) throw new Error(`${command.name} accepted: ${JSON.stringify(decision.events)}`);
    return decision.refusal;
  }

  ticket(ticketId: string): Ticket {
    const ticket = this.state.tickets[ticketId];
    if (!ticket) throw new Error(`no ticket ${ticketId}`);
    return ticket;
  }

  /** A ticket that is being printed; its id. */
  reserve(service = 'transfer', more: Wish = {}): string {
    const ticketId = `t${++this.#made}`;
    this.do({
      name: 'ticket.reserve',
      ticketId,
      service,
      language: 'zh',
      idempotencyKey: `tap-${ticketId}`,
      delivery: 'paper',
      ...more,
    });
    return ticketId;
  }

  /** A ticket in line; its id. */
  waiting(service = 'transfer', more: Wish = {}): string {
    return this.reserve(service, { ...more, delivery: 'screen' });
  }

  /** A ticket called to a window that is opened if need be; its id. */
  called(window = 1, service = 'transfer'): string {
    const ticketId = this.waiting(service);
    this.open(window);
    this.do({ name: 'window.call', window, ticketId, reason: 'test' });
    return ticketId;
  }

  serving(window = 1, service = 'transfer'): string {
    const ticketId = this.called(window, service);
    this.do({ name: 'window.start', window });
    return ticketId;
  }

  /** A finished visit whose evaluation is open. */
  evaluating(session: number, window = 1): string {
    const ticketId = this.serving(window);
    this.do({ name: 'window.finish', window, session });
    return ticketId;
  }

  open(window: number): this {
    this.do({ name: 'window.open', window, staff: `s${window}` });
    return this;
  }
}

export function checkAgainstContract(draft: EventDraft): void {
  const checked = eventData[draft.type].strict().safeParse(draft.data);
  if (!checked.success || !timestamp.safeParse(draft.time).success || draft.subject === '')
    throw new Error(`${draft.type} breaks the contract: ${JSON.stringify(draft)} ${checked.error?.message}`);
}
