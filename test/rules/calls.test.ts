import { describe, expect, it } from 'vitest';
import type { WindowCommand } from '../../kiosk-agent/hall/commands.ts';
import { Hall } from './hall.ts';

type At = 'closed' | 'idle' | 'paused' | 'called' | 'serving';
/** A hall whose window 1 is in this state, with somebody else in line. */
function hallAt(state: At): { hall: Hall; other: string } {
  const hall = new Hall();
  if (state !== 'closed') hall.open(1);
  if (state === 'paused') hall.do({ name: 'window.pause', window: 1, reason: 'break' });
  if (state === 'called') hall.called();
  if (state === 'serving') hall.serving();
  const other = hall.waiting();
  return { hall: hall.wait(10), other };
}

const COMMANDS: Record<string, (other: string) => WindowCommand> = {
  next: () => ({ name: 'window.call-next', window: 1 }),
  call: (ticketId) => ({ name: 'window.call', window: 1, ticketId, reason: 'frail' }),
  recall: () => ({ name: 'window.recall', window: 1 }),
  back: () => ({ name: 'window.take-back', window: 1, reason: 'pressed by mistake' }),
  start: () => ({ name: 'window.start', window: 1 }),
  finish: () => ({ name: 'window.finish', window: 1, session: 9 }),
  missed: () => ({ name: 'window.missed', window: 1 }),
  transfer: () => ({ name: 'window.transfer', window: 1, to: { service: 'mortgage' }, reason: 'wrong line' }),
  park: () => ({ name: 'window.park', window: 1, reason: 'copies' }),
  pause: () => ({ name: 'window.pause', window: 1, reason: 'break' }),
  resume: () => ({ name: 'window.resume', window: 1 }),
  close: () => ({ name: 'window.close', window: 1, reason: 'fire drill' }),
};
/** What becomes of the window; `x` refused with the state it is in. */
const TABLE = `
          idle    paused called  serving
next      called  x      x       x
call      called  x      x       x
recall    x       x      called  x
back      x       x      idle    x
start     x       x      serving x
finish    x       x      x       idle
missed    x       x      idle    x
transfer  x       x      x       idle
park      x       x      x       idle
pause     paused  x      x       x
resume    x       idle   x       x
close     closed  closed x       x
`;
const [head = '', ...lines] = TABLE.trim().split('\n');
const columns = head.trim().split(/\s+/) as At[];
const cases = lines.flatMap((line) => {
  const [name = '', ...effects] = line.split(/\s+/);
  return columns.map((state, column) => ({ state, name, effect: effects[column] ?? '' }));
});
function command(name: string, other: string): WindowCommand {
  const made = COMMANDS[name]?.(other);
  if (!made) throw new Error(name);
  return made;
}

describe('a window with its visitor', () => {
  it.each(cases)('$state, $name: $effect', ({ state, name, effect }) => {
    const { hall, other } = hallAt(state);
    const decision = hall.try(command(name, other));
    if (effect === 'x')
      expect(decision).toMatchObject({ ok: false, refusal: { code: 'wrong-state', facts: { state } } });
    else expect(decision.ok).toBe(true);
    expect(hall.state.windows[1]?.state).toBe(effect === 'x' ? state : effect);
    const inHand = ['called', 'serving'].includes(hall.state.windows[1]?.state ?? '');
    expect(hall.state.windows[1]?.ticketId !== null).toBe(inHand);
  });

  it.each(Object.keys(COMMANDS))('does not %s while closed, nor where there is no window', (name) => {
    const { hall, other } = hallAt('closed');
    expect(hall.refusal(command(name, other)).code).toBe('window-closed');
    expect(hall.refusal({ ...command(name, other), window: 44 } as WindowCommand).code).toBe(
      'unknown-window',
    );
  });

  it.each(['back', 'transfer', 'park', 'call', 'pause'])('needs a reason to %s', (name) => {
    const from = ({ back: 'called', transfer: 'serving', park: 'serving' } as const)[name] ?? 'idle';
    const { hall, other } = hallAt(from as At);
    const blank = { ...command(name, other), reason: ' \n ' } as WindowCommand;
    expect(hall.refusal(blank).code).toBe('reason-needed');
  });
});

describe('a call', () => {
  it('is won by exactly one window', () => {
    const hall = new Hall().open(1).open(2);
    const only = hall.waiting();
    expect(hall.do({ name: 'window.call-next', window: 2 })[0]?.subject).toBe(only);
    expect(hall.refusal({ name: 'window.call-next', window: 1 }).code).toBe('nobody-waiting');
    const grab = { name: 'window.call', window: 1, ticketId: only, reason: 'mine' } as const;
    expect(hall.refusal(grab)).toMatchObject({ code: 'ticket-taken', facts: { state: 'called', window: 2 } });
  });

  it('tells how long the visitor has waited', () => {
    const hall = new Hall().open(1);
    hall.waiting();
    const [event] = hall.wait(95).do({ name: 'window.call-next', window: 1 });
    expect(event?.data).toMatchObject({ window: 1, staff: 's1', call: 1, waitedS: 95 });
  });

  it('out of turn says so and leaves a trace', () => {
    const hall = new Hall().open(1);
    hall.waiting();
    const ticketId = hall.waiting();
    expect(hall.do({ name: 'window.call', window: 1, ticketId, reason: 'fainted' })).toMatchObject([
      { type: 'hall.ticket.called', data: { ticketId, outOfTurn: { reason: 'fainted' } } },
      { type: 'hall.trace.recorded', data: { action: 'call-out-of-turn', reason: 'fainted', ticketId } },
    ]);
  });

  it('of another service than the window has is refused', () => {
    const hall = new Hall().open(1);
    const ticketId = hall.waiting('mortgage');
    const call = { name: 'window.call', window: 1, ticketId, reason: 'bored' } as const;
    expect(hall.refusal(call).code).toBe('not-this-window');
  });

  it('taken back gives the ticket its place again, with the reason', () => {
    const hall = new Hall();
    const first = hall.called();
    const { arrivedAt } = hall.ticket(first);
    hall.waiting();
    hall.wait(30).do({ name: 'window.take-back', window: 1, reason: 'wrong button' });
    expect(hall.ticket(first)).toMatchObject({ state: 'waiting', arrivedAt, window: null });
    expect(hall.state.calls).toEqual([]);
    expect(hall.log.at(-1)).toMatchObject({ data: { action: 'call-taken-back', reason: 'wrong button' } });
    expect(hall.do({ name: 'window.call-next', window: 1 })[0]).toMatchObject({
      subject: first,
      data: { call: 2 },
    });
  });

  it('ends the evaluation of the visitor before', () => {
    const hall = new Hall();
    hall.evaluating(7);
    hall.waiting();
    expect(hall.do({ name: 'window.call-next', window: 1 })).toMatchObject([
      { type: 'hall.rating.lapsed', data: { session: 7, why: 'next-call' } },
      { type: 'hall.ticket.called' },
    ]);
    expect(hall.state.sessions[7]).toMatchObject({ state: 'lapsed', closeReason: 'next-call' });
  });

  it('stands on the board, newest on top, the last eight', () => {
    const hall = new Hall({ missed: { policy: 'void' } }).open(1);
    for (let n = 0; n < 10; n++) {
      hall.serving();
      hall.do({ name: 'window.finish', window: 1, session: n + 1 });
    }
    const numbers = hall.state.calls.map(({ number }) => number);
    expect(numbers).toEqual(['A010', 'A009', 'A008', 'A007', 'A006', 'A005', 'A004', 'A003']);
    hall.called();
    hall.do({ name: 'window.missed', window: 1 });
    expect(hall.state.calls[0]?.number).toBe('A010');
  });
});

describe('a recall', () => {
  it('waits for the cool-down, and tells the seconds left', () => {
    const hall = new Hall();
    const ticketId = hall.called();
    const recall = { name: 'window.recall', window: 1 } as const;
    expect(hall.wait(1.5).refusal(recall)).toMatchObject({
      code: 'recall-too-soon',
      facts: { secondsLeft: 4 },
    });
    expect(hall.wait(3.5).do(recall)).toMatchObject([{ type: 'hall.ticket.recalled', data: { call: 2 } }]);
    expect(hall.wait(4).refusal(recall)).toMatchObject({ facts: { secondsLeft: 1 } });
    expect(hall.ticket(ticketId).state).toBe('called');
  });

  it('has a limit, counted anew after every call', () => {
    const hall = new Hall();
    const ticketId = hall.called();
    const recall = { name: 'window.recall', window: 1 } as const;
    for (let n = 0; n < 3; n++) hall.wait(5).do(recall);
    expect(hall.wait(5).refusal(recall)).toMatchObject({ code: 'recall-limit', facts: { limit: 3 } });
    hall.do({ name: 'window.missed', window: 1 });
    hall.do({ name: 'window.call', window: 1, ticketId, reason: '' });
    expect(hall.wait(5).do(recall)[0]?.data).toMatchObject({ call: 6 });
  });

  it('is not locked out by a clock that was set back', () => {
    const hall = new Hall();
    hall.called();
    expect(hall.wait(-3600).types({ name: 'window.recall', window: 1 })).toEqual(['hall.ticket.recalled']);
  });
});

describe('a missed number', () => {
  it('under "void" stays missed', () => {
    const hall = new Hall({ missed: { policy: 'void' } });
    const ticketId = hall.called();
    hall.do({ name: 'window.missed', window: 1 });
    const refused = { code: 'wrong-state', facts: { state: 'missed' } };
    expect(hall.refusal({ name: 'window.call', window: 1, ticketId, reason: 'came' })).toMatchObject(refused);
    expect(hall.refusal({ name: 'ticket.resume', ticketId, staff: 's1' })).toMatchObject(refused);
  });

  it.each([
    { places: 1, waiting: 3, behind: 1 },
    { places: 3, waiting: 5, behind: 3 },
    { places: 3, waiting: 2, behind: 2 },
    { places: 3, waiting: 0, behind: 0 },
  ])('under "back $places" with $waiting waiting stands behind $behind', ({ places, waiting, behind }) => {
    const hall = new Hall({ missed: { policy: 'back', places } });
    const missed = hall.called();
    // All in one millisecond: the place in line must hold also then.
    const line = Array.from({ length: waiting }, () => hall.waiting());
    expect(hall.wait(60).types({ name: 'window.missed', window: 1 })).toEqual([
      'hall.ticket.missed',
      'hall.ticket.requeued',
    ]);
    const order: string[] = [];
    for (let n = 0; n <= waiting; n++) {
      order.push(hall.do({ name: 'window.call-next', window: 1 })[0]?.subject ?? '');
      hall.do({ name: 'window.start', window: 1 });
      hall.do({ name: 'window.park', window: 1, reason: 'next please' });
    }
    // With equal arrival times it stands behind all of that time; never before the k-th.
    expect(order.indexOf(missed)).toBe(waiting > behind ? waiting : behind);
    expect(order.filter((id) => id !== missed)).toEqual(line);
  });

  it('under "back 2" stands exactly behind two that came at different times, also with priority', () => {
    for (const priority of [undefined, 'elderly'] as const) {
      const hall = new Hall({ missed: { policy: 'back', places: 2 } }).open(1);
      const missed = hall.waiting('transfer', priority ? { priority } : {});
      const line = [1, 2, 3, 4].map(() => hall.wait(20).waiting());
      hall.do({ name: 'window.call-next', window: 1 });
      hall.wait(20).do({ name: 'window.missed', window: 1 });
      const order: string[] = [];
      for (let n = 0; n < 5; n++) {
        order.push(hall.do({ name: 'window.call-next', window: 1 })[0]?.subject ?? '');
        hall.do({ name: 'window.start', window: 1 });
        hall.do({ name: 'window.park', window: 1, reason: 'next please' });
      }
      expect(order).toEqual([line[0], line[1], missed, line[2], line[3]]);
    }
  });

  it('under "back" never gains by it', () => {
    const hall = new Hall({ missed: { policy: 'back', places: 1 } }).open(1);
    hall.waiting();
    const late = hall.wait(60).waiting();
    const { arrivedAt } = hall.ticket(late);
    hall.do({ name: 'window.call', window: 1, ticketId: late, reason: 'frail' });
    hall.do({ name: 'window.missed', window: 1 });
    expect(hall.ticket(late).arrivedAt).toBe(arrivedAt);
  });

  it('under "keep for 2 calls" comes to the window while two others of its service are called, without a reason', () => {
    const hall = new Hall({ missed: { policy: 'keep-calls', calls: 2 } }).open(2);
    const first = hall.called();
    hall.do({ name: 'window.missed', window: 1 });
    for (let n = 0; n < 2; n++) {
      hall.serving(1);
      hall.do({ name: 'window.finish', window: 1, session: n + 1 });
    }
    hall.called(2, 'mortgage');
    const call = { name: 'window.call', window: 1, ticketId: first, reason: '' } as const;
    expect(hall.types(call)).toEqual(['hall.rating.lapsed', 'hall.ticket.called']);
    hall.do({ name: 'window.missed', window: 1 });
    for (let n = 0; n < 3; n++) {
      hall.serving(1);
      hall.do({ name: 'window.finish', window: 1, session: n + 11 });
    }
    expect(hall.refusal(call)).toMatchObject({ code: 'wrong-state', facts: { state: 'missed' } });
  });

  it('under "keep 10 minutes" comes to the window for ten minutes', () => {
    const hall = new Hall({ missed: { policy: 'keep-minutes', minutes: 10 } });
    const ticketId = hall.called();
    hall.do({ name: 'window.missed', window: 1 });
    hall.wait(600).do({ name: 'window.call', window: 1, ticketId, reason: '' });
    hall.do({ name: 'window.missed', window: 1 });
    expect(hall.wait(601).refusal({ name: 'ticket.resume', ticketId, staff: 's1' }).code).toBe('wrong-state');
  });
});

describe('the end of the policy for missed numbers', () => {
  const POLICIES = [
    [{ policy: 'void' }, false, false],
    [{ policy: 'keep-calls', calls: 1 }, true, false],
    [{ policy: 'keep-minutes', minutes: 10 }, true, false],
  ] as const;
  it.each(POLICIES)('%j: put back into line by staff at once %s, and afterwards %s', (missed, soon, late) => {
    const hallMissed = (): { hall: Hall; ticketId: string } => {
      const hall = new Hall({ missed });
      const ticketId = hall.called();
      hall.do({ name: 'window.missed', window: 1 });
      return { hall, ticketId };
    };
    const tries = ({ hall, ticketId }: ReturnType<typeof hallMissed>) =>
      hall.try({ name: 'ticket.resume', ticketId, staff: 's1' }).ok;
    expect(tries(hallMissed())).toBe(soon);
    const after = hallMissed();
    after.hall.wait(601);
    for (let n = 1; n <= 2; n++) {
      after.hall.serving(1);
      after.hall.do({ name: 'window.finish', window: 1, session: n });
    }
    expect(tries(after)).toBe(late);
    expect(after.hall.ticket(after.ticketId).state).toBe('missed');
  });

  it('ends every missed number with the day', () => {
    const hall = new Hall({ missed: { policy: 'keep-minutes', minutes: 480 } });
    const ticketId = hall.called();
    hall.do({ name: 'window.missed', window: 1 });
    const events = hall.at('2026-11-24T00:00:01+08:00').do({ name: 'day.check' });
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'hall.ticket.cancelled', subject: ticketId }),
    );
  });

  it('a missed number put back into line has its earlier place', () => {
    const hall = new Hall({ missed: { policy: 'keep-minutes', minutes: 10 } });
    const ticketId = hall.called();
    hall.wait(60).waiting();
    hall.do({ name: 'window.missed', window: 1 });
    hall.do({ name: 'ticket.resume', ticketId, staff: 's1' });
    expect(hall.do({ name: 'window.call-next', window: 1 })[0]?.subject).toBe(ticketId);
  });
});

describe('a transferred or parked ticket', () => {
  it('waits at once for its new service, with its earlier arrival time and number', () => {
    const hall = new Hall().open(2);
    const ticketId = hall.serving();
    const { arrivedAt } = hall.ticket(ticketId);
    hall.wait(300).waiting('mortgage');
    hall.do({ name: 'window.transfer', window: 1, to: { service: 'mortgage' }, reason: 'wrong line' });
    expect(hall.ticket(ticketId)).toMatchObject({
      state: 'waiting',
      service: 'mortgage',
      arrivedAt,
      number: 'A001',
    });
    expect(hall.log.at(-1)?.data).toMatchObject({ action: 'transfer', staff: 's1' });
    expect(hall.do({ name: 'window.call-next', window: 2 })[0]?.subject).toBe(ticketId);
  });

  it('to one window is called by that one only, unless it closes', () => {
    const hall = new Hall().open(2).open(3);
    const ticketId = hall.serving(1);
    hall.do({ name: 'window.transfer', window: 1, to: { window: 3 }, reason: 'knows the case' });
    expect(hall.refusal({ name: 'window.call-next', window: 2 }).code).toBe('nobody-waiting');
    const grab = { name: 'window.call', window: 2, ticketId, reason: 'idle here' } as const;
    expect(hall.refusal(grab).code).toBe('not-this-window');
    expect(hall.refusal({ name: 'window.close', window: 3 }).code).toBe('reason-needed');
    hall.do({ name: 'window.close', window: 3, reason: 'ill' });
    expect(hall.types(grab)).toContain('hall.ticket.called');
  });

  it.each([
    [{}, 'bad-request'],
    [{ service: 'passport' }, 'unknown-service'],
    [{ window: 44 }, 'unknown-window'],
    [{ window: 3 }, 'window-closed'],
  ])('to %j is refused: %s', (to, code) => {
    const hall = new Hall();
    hall.serving();
    expect(hall.refusal({ name: 'window.transfer', window: 1, to, reason: 'x' }).code).toBe(code);
  });

  it('parked comes back to its place when staff say so', () => {
    const hall = new Hall();
    const ticketId = hall.serving();
    hall.waiting();
    hall.do({ name: 'window.park', window: 1, reason: 'copies' });
    hall.wait(600).do({ name: 'ticket.resume', ticketId, staff: 's1' });
    expect(hall.do({ name: 'window.call-next', window: 1 })[0]?.subject).toBe(ticketId);
  });
});

describe('a parked ticket with a time', () => {
  it('is back in line by itself when the time is up, at its earlier place, and not before', () => {
    const hall = new Hall().open(2);
    const ticketId = hall.serving();
    const { arrivedAt } = hall.ticket(ticketId);
    const other = hall.wait(60).waiting();
    expect(hall.do({ name: 'window.park', window: 1, reason: 'copies', minutes: 10 })[0]?.data).toMatchObject(
      {
        until: '2026-11-23T09:11:00.000+08:00',
      },
    );
    expect(hall.wait(599).do({ name: 'day.check' })).toEqual([]);
    const [resumed, ...more] = hall.wait(1).do({ name: 'day.check' });
    expect(resumed).toMatchObject({ type: 'hall.ticket.resumed', subject: ticketId });
    expect(resumed?.data).not.toHaveProperty('staff');
    expect(more).toEqual([]);
    expect(hall.do({ name: 'day.check' })).toEqual([]);
    expect(hall.ticket(ticketId)).toMatchObject({ state: 'waiting', arrivedAt, parkedUntil: null });
    expect(hall.do({ name: 'window.call-next', window: 1 })[0]?.subject).toBe(ticketId);
    expect(hall.ticket(other).state).toBe('waiting');
  });

  it('has the hall’s time when nobody says one, and none when the hall has none', () => {
    const set = new Hall({ parkMinutes: 30 });
    const ticketId = set.serving();
    set.do({ name: 'window.park', window: 1, reason: 'x' });
    expect(set.ticket(ticketId).parkedUntil).toBe('2026-11-23T09:30:00.000+08:00');
    const free = new Hall();
    free.serving();
    expect(free.do({ name: 'window.park', window: 1, reason: 'x' })[0]?.data).not.toHaveProperty('until');
    expect(free.wait(6 * 3600).do({ name: 'day.check' })).toEqual([]);
  });

  it.each([0, -5, 481, Number.NaN])('is not parked for %d minutes', (minutes) => {
    const hall = new Hall();
    hall.serving();
    expect(hall.refusal({ name: 'window.park', window: 1, reason: 'x', minutes })).toMatchObject({
      code: 'bad-request',
      facts: { field: 'minutes' },
    });
  });

  it('resumed by staff before, is not resumed again by the time', () => {
    const hall = new Hall();
    const ticketId = hall.serving();
    hall.do({ name: 'window.park', window: 1, reason: 'x', minutes: 5 });
    hall.do({ name: 'ticket.resume', ticketId, staff: 's1' });
    expect(hall.wait(400).do({ name: 'day.check' })).toEqual([]);
  });
});

describe('a visit with several services', () => {
  it('waits for the next one with its earlier place; each service is rated once, under its own name', () => {
    const hall = new Hall().open(2).open(3);
    const ticketId = hall.waiting('transfer', { further: ['mortgage', 'query'] });
    const { arrivedAt } = hall.ticket(ticketId);
    hall.wait(300).waiting('mortgage');
    hall.open(1).do({ name: 'window.call-next', window: 1 });
    hall.do({ name: 'window.start', window: 1 });
    expect(hall.wait(200).do({ name: 'window.finish', window: 1, session: 1 })).toMatchObject([
      {
        type: 'hall.ticket.continued',
        data: { service: 'transfer', servedS: 200, next: { service: 'mortgage' }, why: 'further-service' },
      },
      { type: 'hall.rating.requested', data: { service: 'transfer', stage: 'transfer', servedS: 200 } },
    ]);
    expect(hall.ticket(ticketId)).toMatchObject({
      state: 'waiting',
      service: 'mortgage',
      further: ['query'],
      done: ['transfer'],
      arrivedAt,
      window: null,
    });
    expect(hall.state).toMatchObject({ served: 0, serviceTimes: { transfer: [200] }, calls: [] });
    expect(hall.state.windows[1]).toMatchObject({ state: 'idle', session: 1 });
    for (const [window, service, session] of [
      [2, 'mortgage', 2],
      [3, 'query', 3],
    ] as const) {
      expect(hall.do({ name: 'window.call-next', window })[0]?.subject).toBe(ticketId);
      hall.do({ name: 'window.start', window });
      expect(hall.wait(60).do({ name: 'window.finish', window, session })[1]?.data).toMatchObject({
        stage: service,
        session,
      });
    }
    expect(hall.ticket(ticketId)).toMatchObject({
      state: 'finished',
      done: ['transfer', 'mortgage', 'query'],
      further: [],
    });
    expect(hall.state.served).toBe(1);
    expect(Object.values(hall.state.sessions).map(({ stage }) => stage)).toEqual([
      'transfer',
      'mortgage',
      'query',
    ]);
  });

  it('sent to a service that was still to come does not go there twice', () => {
    const hall = new Hall().open(2);
    const ticketId = hall.waiting('transfer', { further: ['mortgage'] });
    hall.open(1).do({ name: 'window.call-next', window: 1 });
    hall.do({ name: 'window.start', window: 1 });
    hall.do({ name: 'window.transfer', window: 1, to: { service: 'mortgage' }, reason: 'first the other' });
    expect(hall.ticket(ticketId)).toMatchObject({ service: 'mortgage', further: [] });
    hall.do({ name: 'window.call-next', window: 2 });
    hall.do({ name: 'window.start', window: 2 });
    expect(hall.types({ name: 'window.finish', window: 2, session: 9 })).toContain('hall.ticket.finished');
  });
});

describe('a transfer with return', () => {
  /** Sent from window 1 to the mortgage line and served at window 2, where it is done next. */
  function away(): { hall: Hall; ticketId: string } {
    const hall = new Hall().open(2);
    const ticketId = hall.serving(1);
    hall.do({
      name: 'window.transfer',
      window: 1,
      to: { service: 'mortgage' },
      comeBack: true,
      reason: 'the deed first',
    });
    expect(hall.log.at(-2)?.data).toMatchObject({ comeBack: true });
    hall.do({ name: 'window.call-next', window: 2 });
    hall.do({ name: 'window.start', window: 2 });
    return { hall, ticketId };
  }

  it('comes back to its window only, and is rated at both', () => {
    const { hall, ticketId } = away();
    expect(hall.do({ name: 'window.finish', window: 2, session: 1 })).toMatchObject([
      { type: 'hall.ticket.continued', data: { next: { service: 'transfer', window: 1 }, why: 'return' } },
      { type: 'hall.rating.requested', data: { stage: 'mortgage' } },
    ]);
    expect(hall.ticket(ticketId)).toMatchObject({ service: 'transfer', onlyWindow: 1, comeBackTo: null });
    expect(hall.refusal({ name: 'window.call-next', window: 2 }).code).toBe('nobody-waiting');
    hall.do({ name: 'window.call-next', window: 1 });
    hall.do({ name: 'window.start', window: 1 });
    expect(hall.do({ name: 'window.finish', window: 1, session: 2 })).toMatchObject([
      { type: 'hall.ticket.finished' },
      { data: { stage: 'transfer' } },
    ]);
  });

  it('comes back to the line of its service when the window has closed meanwhile', () => {
    const { hall, ticketId } = away();
    hall.do({ name: 'window.close', window: 1 });
    expect(hall.do({ name: 'window.finish', window: 2, session: 1 })[0]?.data).toMatchObject({
      next: { service: 'transfer' },
    });
    expect(hall.ticket(ticketId).onlyWindow).toBeNull();
    expect(hall.do({ name: 'window.call-next', window: 2 }).at(-1)?.subject).toBe(ticketId);
  });

  it('is not lost when its window closes while it waits for it', () => {
    const { hall, ticketId } = away();
    hall.do({ name: 'window.finish', window: 2, session: 1 });
    hall.do({ name: 'window.close', window: 1, reason: 'ill' });
    expect(hall.do({ name: 'window.call-next', window: 2 }).at(-1)?.subject).toBe(ticketId);
  });

  it('for the same service is one service still: it is rated once, where it ends', () => {
    const hall = new Hall().open(2);
    hall.serving(1);
    hall.do({ name: 'window.transfer', window: 1, to: { window: 2 }, comeBack: true, reason: 'a stamp' });
    hall.do({ name: 'window.call-next', window: 2 });
    hall.do({ name: 'window.start', window: 2 });
    expect(hall.types({ name: 'window.finish', window: 2, session: 1 })).toEqual(['hall.ticket.continued']);
    hall.do({ name: 'window.call-next', window: 1 });
    hall.do({ name: 'window.start', window: 1 });
    expect(hall.do({ name: 'window.finish', window: 1, session: 2 })[1]?.data).toMatchObject({ stage: '' });
  });

  it('goes before the further services, and never round in a circle', () => {
    const hall = new Hall().open(2).open(3);
    const ticketId = hall.waiting('transfer', { further: ['query'] });
    hall.open(1).do({ name: 'window.call-next', window: 1 });
    hall.do({ name: 'window.start', window: 1 });
    const send = { name: 'window.transfer', comeBack: true, reason: 'x' } as const;
    expect(hall.refusal({ ...send, window: 1, to: { window: 1 } })).toMatchObject({
      facts: { field: 'comeBack' },
    });
    hall.do({ ...send, window: 1, to: { service: 'mortgage' } });
    hall.do({ name: 'window.call-next', window: 2 });
    hall.do({ name: 'window.start', window: 2 });
    expect(hall.refusal({ ...send, window: 2, to: { window: 3 } })).toMatchObject({
      facts: { field: 'comeBack' },
    });
    // Sent back by hand: that is the return.
    hall.do({ name: 'window.transfer', window: 2, to: { window: 1, service: 'transfer' }, reason: 'done' });
    hall.do({ name: 'window.call-next', window: 1 });
    hall.do({ name: 'window.start', window: 1 });
    expect(hall.do({ name: 'window.finish', window: 1, session: 5 })[0]?.data).toMatchObject({
      next: { service: 'query' },
      why: 'further-service',
    });
    expect(hall.ticket(ticketId)).toMatchObject({ state: 'waiting', service: 'query' });
  });
});

describe('a finished visit', () => {
  it('asks for a rating, frees the window and is measured', () => {
    const hall = new Hall();
    const ticketId = hall.serving();
    const [finished, requested] = hall
      .wait(240)
      .do({ name: 'window.finish', window: 1, session: 4_294_967_295 });
    expect(finished).toMatchObject({ type: 'hall.ticket.finished', data: { servedS: 240 } });
    expect(requested).toMatchObject({
      type: 'hall.rating.requested',
      data: {
        ticketId,
        session: 4_294_967_295,
        promptedAt: '2026-11-23T09:04:00.000+08:00',
        openUntil: '2026-11-23T09:04:30.000+08:00',
      },
    });
    expect(hall.state).toMatchObject({ served: 1, serviceTimes: { transfer: [240] } });
  });

  it.each([0, -1, 1.5, 4_294_967_296, Number.NaN, 7])('refuses session %d', (session) => {
    const hall = new Hall();
    hall.evaluating(7, 2);
    hall.serving(1);
    expect(hall.refusal({ name: 'window.finish', window: 1, session }).code).toBe('wrong-state');
  });
});
