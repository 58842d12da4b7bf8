import { describe, expect, it } from 'vitest';
import type { TicketCommand } from '../../kiosk-agent/hall/commands.ts';
import { apply } from '../../kiosk-agent/hall/apply.ts';
import { reserveTicket, type TicketWish } from '../../kiosk-agent/hall/tickets.ts';
import { waitFor } from '../../kiosk-agent/hall/wait.ts';
import { Hall } from './hall.ts';

type State =
  | 'printing'
  | 'print-failed'
  | 'unconfirmed'
  | 'waiting'
  | 'called'
  | 'serving'
  | 'missed'
  | 'parked'
  | 'finished'
  | 'cancelled';

/** A hall with one ticket in this state. */
function hallWith(state: State): { hall: Hall; ticketId: string } {
  const hall = new Hall();
  if (state === 'printing') return { hall, ticketId: hall.reserve() };
  if (state === 'print-failed' || state === 'unconfirmed') {
    const ticketId = hall.reserve();
    hall.do({ name: `ticket.${state}`, ticketId, why: 'paper-out', printer: 'printer-1' });
    return { hall, ticketId };
  }
  if (state === 'waiting' || state === 'cancelled') {
    const ticketId = hall.waiting();
    if (state === 'cancelled') hall.do({ name: 'ticket.cancel', ticketId, by: 'visitor' });
    return { hall, ticketId };
  }
  if (state === 'called' || state === 'missed') {
    const ticketId = hall.called();
    if (state === 'missed') hall.do({ name: 'window.missed', window: 1 });
    return { hall, ticketId };
  }
  const ticketId = hall.serving();
  if (state === 'parked') hall.do({ name: 'window.park', window: 1, reason: 'copies' });
  if (state === 'finished') hall.do({ name: 'window.finish', window: 1, session: 7 });
  return { hall, ticketId };
}

const COMMANDS: Record<string, (ticketId: string) => TicketCommand> = {
  printed: (ticketId) => ({ name: 'ticket.printed', ticketId, confirmedBy: 'process-id', printer: 'p' }),
  failed: (ticketId) => ({ name: 'ticket.print-failed', ticketId, why: 'cover-open' }),
  unknown: (ticketId) => ({ name: 'ticket.unconfirmed', ticketId, why: 'no-answer' }),
  'came-out': (ticketId) => ({ name: 'ticket.confirm-paper', ticketId, by: 'visitor' }),
  'visitor-reprints': (ticketId) => ({ name: 'ticket.reprint', ticketId, by: 'visitor' }),
  'staff-reprint': (ticketId) => ({ name: 'ticket.reprint', ticketId, by: 'staff', staff: 's9' }),
  'on-screen': (ticketId) => ({ name: 'ticket.take-on-screen', ticketId }),
  'visitor-cancels': (ticketId) => ({ name: 'ticket.cancel', ticketId, by: 'visitor' }),
  'nobody-takes-it': (ticketId) => ({ name: 'ticket.cancel', ticketId, by: 'nobody' }),
  resume: (ticketId) => ({ name: 'ticket.resume', ticketId, staff: 's9' }),
};

/** What each command does to a ticket in each state: its new state, `-` nothing new, `x` refused. The table of docs/rules.md. */
const TABLE = `
                  printing     print-failed unconfirmed  waiting   called serving missed    parked    finished cancelled
printed           waiting      x            waiting      -         -      -       -         -         -        x
failed            print-failed x            x            -         -      -       -         -         -        x
unknown           unconfirmed  x            x            -         -      -       -         -         -        x
came-out          x            x            waiting      -         -      -       -         -         -        x
visitor-reprints  x            printing     printing     x         x      x       x         x         x        x
staff-reprint     x            printing     printing     waiting   called x       x         x         x        x
on-screen         x            waiting      waiting      -         -      -       -         -         -        x
visitor-cancels   x            cancelled    cancelled    cancelled x      x       cancelled cancelled x        x
nobody-takes-it   x            cancelled    cancelled    x         x      x       x         x         x        x
resume            x            x            x            x         x      x       waiting   waiting   x        x
`;
const [head = '', ...lines] = TABLE.trim().split('\n');
const states = head.trim().split(/\s+/) as State[];
const cases = lines.flatMap((line) => {
  const [name = '', ...effects] = line.split(/\s+/);
  return states.map((state, column) => ({ state, name, effect: effects[column] ?? '' }));
});

describe("a ticket's life follows the table", () => {
  it.each(cases)('$state, $name: $effect', ({ state, name, effect }) => {
    const { hall, ticketId } = hallWith(state);
    expect(hall.ticket(ticketId).state).toBe(state);
    const command = COMMANDS[name]?.(ticketId);
    if (!command) throw new Error(`no command ${name}`);
    const decision = hall.try(command);
    if (effect === 'x') {
      expect(decision).toMatchObject({ ok: false, refusal: { code: 'wrong-state', facts: { state } } });
      expect(hall.ticket(ticketId).state).toBe(state);
    } else if (effect === '-') {
      expect(decision).toEqual({ ok: true, events: [] });
    } else {
      expect(decision).toMatchObject({ ok: true, events: [{ subject: ticketId, data: { ticketId } }] });
      expect(hall.ticket(ticketId).state).toBe(effect);
    }
  });
});

describe('a ticket is taken', () => {
  const tap = { name: 'ticket.reserve', service: 'transfer', language: 'zh', delivery: 'paper' } as const;

  it('is printing at once when it goes on paper, and stands in no line', () => {
    const hall = new Hall().open(1);
    const ticketId = hall.reserve();
    expect(hall.ticket(ticketId)).toMatchObject({ number: 'A001', state: 'printing', waitingSince: null });
    expect(hall.refusal({ name: 'window.call-next', window: 1 }).code).toBe('nobody-waiting');
  });

  it('waits at once when it goes on the screen', () => {
    const hall = new Hall();
    const types = hall.types({ ...tap, ticketId: 'x', idempotencyKey: 'k', delivery: 'screen' });
    expect(types).toEqual(['hall.day.opened', 'hall.ticket.reserved', 'hall.ticket.printed']);
    expect(hall.ticket('x')).toMatchObject({ state: 'waiting', delivery: 'screen' });
  });

  it('is the same ticket for the same tap, whatever has become of it', () => {
    const hall = new Hall();
    hall.do({ ...tap, ticketId: 'first', idempotencyKey: 'tap' });
    const again = { ...tap, ticketId: 'second', idempotencyKey: 'tap' };
    expect(hall.do(again)).toEqual([]);
    hall.do({ name: 'ticket.printed', ticketId: 'first', confirmedBy: 'barrier', printer: 'p' });
    hall.do({ name: 'ticket.cancel', ticketId: 'first', by: 'visitor' });
    expect(hall.do(again)).toEqual([]);
    expect(hall.state.keys['tap']).toBe('first');
    expect(Object.keys(hall.state.tickets)).toEqual(['first']);
  });

  it('is still the same ticket for the same tap after a transfer to another service', () => {
    const hall = new Hall();
    const ticketId = hall.serving();
    hall.do({ name: 'window.transfer', window: 1, to: { service: 'mortgage' }, reason: 'wrong counter' });
    expect(hall.do({ ...tap, ticketId: 'again', idempotencyKey: `tap-${ticketId}` })).toEqual([]);
  });

  it('refuses one tap for two services', () => {
    const hall = new Hall();
    hall.do({ ...tap, ticketId: 'first', idempotencyKey: 'tap' });
    const other = { ...tap, ticketId: 'second', idempotencyKey: 'tap', service: 'mortgage' };
    expect(hall.refusal(other)).toMatchObject({ code: 'key-reused', facts: { ticketId: 'first' } });
  });

  it.each(['constructor', 'toString', 'hasOwnProperty'])('takes a key named %s for a new one', (word) => {
    const hall = new Hall();
    hall.do({ ...tap, ticketId: 'first', idempotencyKey: word });
    expect(hall.ticket('first').number).toBe('A001');
    expect(hall.refusal({ name: 'ticket.take-on-screen', ticketId: word }).code).toBe('unknown-ticket');
  });

  it('refuses a service that the hall does not have', () => {
    const command = { ...tap, ticketId: 'x', idempotencyKey: 'k', service: 'passport' };
    expect(new Hall().refusal(command).code).toBe('unknown-service');
  });

  it('numbers run by prefix, also when two services share one, and go on after 999', () => {
    const hall = new Hall();
    expect(hall.ticket(hall.reserve('transfer')).number).toBe('A001');
    expect(hall.ticket(hall.reserve('mortgage')).number).toBe('B001');
    expect(hall.ticket(hall.reserve('query')).number).toBe('A002');
    hall.state.running['A'] = 998;
    expect(hall.ticket(hall.reserve('query')).number).toBe('A999');
    expect(hall.ticket(hall.reserve('transfer')).number).toBe('A1000');
    expect(hall.state.running).toEqual({ A: 1000, B: 1 });
  });

  it('never gives one number twice when one prefix begins another', () => {
    const services = [
      { id: 'short', prefix: 'A', minutes: 5, realName: 'off' as const, appointments: false },
      { id: 'long', prefix: 'A1', minutes: 5, realName: 'off' as const, appointments: false },
    ];
    const hall = new Hall({ services });
    expect(hall.ticket(hall.reserve('long')).number).toBe('A1001');
    hall.state.running['A'] = 1000;
    expect(hall.ticket(hall.reserve('short')).number).toBe('A1002');
    expect(hall.ticket(hall.reserve('long')).number).toBe('A1003');
  });

  it('tells how many are ahead and how long it may take', () => {
    const hall = new Hall().open(1);
    hall.waiting();
    hall.waiting();
    const third = hall.ticket(hall.reserve());
    const wait = waitFor(hall.state, hall.rules, 'transfer', 2);
    expect(third).toMatchObject({ ahead: 2, waitMinS: wait?.minS, waitMaxS: wait?.maxS });
    expect(third.waitMaxS).toBeGreaterThan(0);
    expect(hall.ticket(hall.reserve('mortgage'))).toMatchObject({ ahead: 0, waitMinS: null, waitMaxS: null });
  });
});

describe('paper', () => {
  it('that failed says why until it is out', () => {
    const { hall, ticketId } = hallWith('print-failed');
    expect(hall.ticket(ticketId).paperFault).toBe('paper-out');
    hall.do({ name: 'ticket.reprint', ticketId, by: 'visitor' });
    expect(hall.ticket(ticketId)).toMatchObject({ number: 'A001', state: 'printing', reprints: 1 });
    expect(hall.ticket(ticketId)).not.toHaveProperty('paperFault');
  });

  it('of a number of which a sheet may be out says so on every further sheet, whatever became of those between', () => {
    const { hall, ticketId } = hallWith('unconfirmed');
    const again = { name: 'ticket.reprint', ticketId, by: 'visitor' } as const;
    expect(hall.do(again)[0]?.data).toMatchObject({ mark: true });
    hall.do({ name: 'ticket.print-failed', ticketId, why: 'paper-out' });
    expect(hall.do(again)[0]?.data, 'after a failed second sheet').toMatchObject({ mark: true });
    const failed = hallWith('print-failed');
    const first = { ...again, ticketId: failed.ticketId };
    expect(failed.hall.do(first)[0]?.data, 'nothing of it can be out').toMatchObject({ mark: false });
    failed.hall.do({ name: 'ticket.print-failed', ticketId: failed.ticketId, why: 'paper-out' });
    expect(failed.hall.do(first)[0]?.data).toMatchObject({ mark: false });
  });

  it('keeps its early place however long the printing took', () => {
    const hall = new Hall().open(1);
    const slow = hall.reserve();
    hall.wait(60);
    hall.waiting();
    hall.wait(60).do({ name: 'ticket.printed', ticketId: slow, confirmedBy: 'barrier', printer: 'p' });
    expect(hall.do({ name: 'window.call-next', window: 1 })[0]?.subject).toBe(slow);
  });

  it('that staff saw leaves a trace, that the visitor saw does not', () => {
    const staff = hallWith('unconfirmed');
    const said = {
      name: 'ticket.confirm-paper',
      ticketId: staff.ticketId,
      by: 'staff',
      staff: 's9',
    } as const;
    expect(staff.hall.do(said)).toMatchObject([
      { type: 'hall.ticket.printed', data: { confirmedBy: 'staff' } },
      { type: 'hall.trace.recorded', data: { action: 'confirm-paper', staff: 's9', number: 'A001' } },
    ]);
    const visitor = hallWith('unconfirmed');
    expect(visitor.hall.types({ ...said, by: 'visitor' })).toEqual(['hall.ticket.printed']);
  });

  it('printed once more for somebody in line leaves the place in line alone', () => {
    const { hall, ticketId } = hallWith('waiting');
    const before = structuredClone(hall.ticket(ticketId));
    hall.wait(60).do({ name: 'ticket.reprint', ticketId, by: 'staff', staff: 's9' });
    hall.do({ name: 'ticket.print-failed', ticketId, why: 'paper-out' });
    expect(hall.ticket(ticketId)).toEqual({ ...before, reprints: 1 });
  });
});

describe('a cancelled ticket', () => {
  it('needs a reason from staff, and leaves a trace', () => {
    const { hall, ticketId } = hallWith('waiting');
    const command = { name: 'ticket.cancel', ticketId, by: 'staff', staff: 's9' } as const;
    expect(hall.refusal(command).code).toBe('reason-needed');
    expect(hall.refusal({ ...command, reason: '  \t' }).code).toBe('reason-needed');
    expect(hall.do({ ...command, reason: ' left the hall ' })).toMatchObject([
      { type: 'hall.ticket.cancelled', data: { by: 'staff', reason: 'left the hall' } },
      { type: 'hall.trace.recorded', data: { action: 'cancel', reason: 'left the hall', staff: 's9' } },
    ]);
  });

  it('is not called any more', () => {
    const { hall } = hallWith('cancelled');
    expect(hall.open(1).refusal({ name: 'window.call-next', window: 1 }).code).toBe('nobody-waiting');
  });

  it('that the hall does not know is refused as unknown', () => {
    const command = { name: 'ticket.cancel', ticketId: 'nowhere', by: 'visitor' } as const;
    expect(new Hall().refusal(command).code).toBe('unknown-ticket');
  });
});

describe('a number', () => {
  const leased = (untilDay: string, from = 2, to = 3) => ({
    agent: 'kiosk-2',
    prefix: 'A',
    from,
    to,
    untilDay,
  });

  it('of a leased block is never given by the hub, up to the last day of the lease', () => {
    const hall = new Hall();
    hall.state.satellites.blocks.push(leased('2026-11-23'), leased('2026-11-23', 4, 4));
    const numbers = [1, 2, 3].map(() => hall.ticket(hall.waiting()).number);
    expect(numbers).toEqual(['A001', 'A005', 'A006']);
    expect(hall.ticket(hall.waiting('mortgage')).number).toBe('B001');
    hall.at('2026-11-24T09:00:00+08:00');
    expect([1, 2].map(() => hall.ticket(hall.waiting()).number)).toEqual(['A001', 'A002']);
  });

  it('of a block, given offline, is taken as a fact and does not move the hub’s own', () => {
    const hall = new Hall();
    hall.waiting();
    hall.state.satellites.blocks.push(leased('2026-11-30', 701, 750));
    const offline: TicketWish = {
      ticketId: 'k1',
      service: 'transfer',
      language: 'zh',
      idempotencyKey: 'tap-k1',
      delivery: 'screen',
      kiosk: 'kiosk-2',
      number: { running: 701, number: 'A701' },
      offline: { takenAt: '2026-11-23T08:30:00.000+08:00', clockOffsetMs: 40 },
    };
    const take = (wish: TicketWish) =>
      reserveTicket(hall.state, hall.rules, '2026-11-23T09:00:00.000+08:00', wish);
    const decision = take(offline);
    if (!decision.ok) throw new Error(decision.refusal.detail);
    for (const event of decision.events) apply(hall.state, { ...event, seq: hall.state.seq + 1 });
    expect(hall.ticket('k1')).toMatchObject({
      number: 'A701',
      offline: true,
      kiosk: 'kiosk-2',
      arrivedAt: offline.offline?.takenAt,
      ahead: 0,
    });
    expect(hall.ticket(hall.waiting()).number).toBe('A002');
    expect(take(offline)).toEqual({ ok: true, events: [] });
    expect(take({ ...offline, ticketId: 'k2', idempotencyKey: 'other' })).toMatchObject({
      refusal: { code: 'ticket-taken', facts: { number: 'A701' } },
    });
  });
});

describe('a visit with several services', () => {
  it.each([
    [['passport']],
    [['mortgage', 'mortgage']],
    [['transfer']],
    [['mortgage', 'query', 'mortgage', 'query', 'mortgage', 'query']],
  ])('with %j after the first is refused, with the field', (further) => {
    const hall = new Hall();
    const command = {
      name: 'ticket.reserve',
      ticketId: 't1',
      service: 'transfer',
      language: 'zh',
      idempotencyKey: 'k',
      delivery: 'screen',
      further,
    } as const;
    expect(hall.refusal({ ...command, further: [...further] })).toMatchObject({
      code: 'bad-request',
      facts: { field: 'further' },
    });
    expect(hall.state.tickets).toEqual({});
  });
});

describe('a priority', () => {
  const say = (ticketId: string, decision: 'confirmed' | 'denied' | 'given', reason?: string) =>
    ({
      name: 'ticket.priority',
      ticketId,
      decision,
      staff: 's9',
      window: 2,
      ...(reason === undefined ? {} : { reason }),
    }) as const;

  it('that was claimed counts at once, or from the confirmation on, as the hall has it', () => {
    for (const priorityCounts of ['claimed', 'confirmed'] as const) {
      const hall = new Hall({ priorityCounts });
      const normal = hall.waiting();
      const elderly = hall.wait(60).waiting('transfer', { priority: 'elderly' });
      const counts = priorityCounts === 'claimed';
      expect(hall.ticket(elderly)).toMatchObject({
        priority: 'elderly',
        class: counts ? 'priority' : 'normal',
        priorityDecision: null,
        ahead: counts ? 0 : 1,
      });
      expect(hall.types(say(elderly, 'confirmed'))).toEqual(['hall.ticket.priority']);
      expect(hall.ticket(elderly)).toMatchObject({ class: 'priority', priorityDecision: 'confirmed' });
      expect(hall.do(say(elderly, 'confirmed'))).toEqual([]);
      hall.open(1);
      expect(hall.do({ name: 'window.call-next', window: 1 })[0]?.subject).toBe(elderly);
      expect(hall.ticket(normal).state).toBe('waiting');
    }
  });

  it('denied needs a reason, leaves a trace, and the ticket stands where it came', () => {
    const hall = new Hall();
    const normal = hall.waiting();
    const elderly = hall.wait(60).waiting('transfer', { priority: 'elderly' });
    expect(hall.refusal(say(elderly, 'denied')).code).toBe('reason-needed');
    expect(hall.do(say(elderly, 'denied', ' no card '))).toMatchObject([
      { type: 'hall.ticket.priority', data: { decision: 'denied', priority: 'elderly', reason: 'no card' } },
      {
        type: 'hall.trace.recorded',
        data: { action: 'priority-denied', reason: 'no card', staff: 's9', window: 2 },
      },
    ]);
    expect(hall.ticket(elderly)).toMatchObject({
      class: 'normal',
      priority: 'elderly',
      priorityDecision: 'denied',
      arrivedAt: '2026-11-23T09:01:00.000+08:00',
    });
    hall.open(1);
    expect(hall.do({ name: 'window.call-next', window: 1 })[0]?.subject).toBe(normal);
  });

  it('given by hand needs a reason and says which', () => {
    const hall = new Hall();
    const first = hall.waiting();
    const second = hall.wait(60).waiting();
    const give = { ...say(second, 'given', 'walks on crutches'), priority: 'disabled' } as const;
    expect(hall.refusal(say(second, 'given', 'x'))).toMatchObject({ facts: { field: 'priority' } });
    expect(hall.refusal({ ...give, reason: ' ' }).code).toBe('reason-needed');
    expect(hall.types(give)).toEqual(['hall.ticket.priority', 'hall.trace.recorded']);
    expect(hall.log.at(-1)?.data).toMatchObject({ action: 'priority-given', number: 'A002' });
    expect(hall.do(give)).toEqual([]);
    hall.open(1);
    expect(hall.do({ name: 'window.call-next', window: 1 })[0]?.subject).toBe(second);
    expect(hall.ticket(first).state).toBe('waiting');
  });

  it('is judged while the ticket waits or is at a window, and only where one is claimed', () => {
    for (const state of ['printing', 'print-failed', 'missed', 'parked', 'finished', 'cancelled'] as const) {
      const { hall, ticketId } = hallWith(state);
      expect(hall.refusal({ ...say(ticketId, 'given', 'x'), priority: 'elderly' }), state).toMatchObject({
        code: 'wrong-state',
        facts: { state },
      });
    }
    for (const state of ['waiting', 'called', 'serving'] as const) {
      const { hall, ticketId } = hallWith(state);
      expect(hall.refusal(say(ticketId, 'confirmed')).code).toBe('wrong-state');
      expect(hall.refusal(say(ticketId, 'denied', 'x')).code).toBe('wrong-state');
      hall.do({ ...say(ticketId, 'given', 'x'), priority: 'pregnant' });
      expect(hall.ticket(ticketId)).toMatchObject({ state, class: 'priority', priorityDecision: 'given' });
    }
  });
});
