import { describe, expect, it } from 'vitest';
import type { SurgeMeasures } from '../../kiosk-agent/contract/surge.ts';
import type { HallRules } from '../../kiosk-agent/hall/state.ts';
import { servicesNow, windowsNow } from '../../kiosk-agent/hall/surge/windows.ts';
import { Hall, RULES } from './hall.ts';

const opening = { from: '08:30', to: '17:00' };
const measures: SurgeMeasures = { extendUntil: '18:30', windows: [{ window: 4, services: ['transfer'] }] };
const windows = [...RULES.windows, { number: 4, services: [], temporary: true }];
const auto: HallRules['surge'] = { auto: { beyondClosingMin: 15, measures } };
const hallAt = (clock: string, rules: Partial<HallRules> = {}): Hall =>
  new Hall({ opening, windows, ...rules }, `2026-11-23T${clock}:00+08:00`);
const start = (surge = 'x', more: SurgeMeasures = measures) =>
  ({ name: 'surge.start', surge, by: 'staff', staff: '1000', reason: '人多', measures: more }) as const;
const change = (more: SurgeMeasures, reason = '还是多') =>
  ({ name: 'surge.change', by: 'staff', staff: '1000', reason, measures: more }) as const;
const end = (reason = '人少了') => ({ name: 'surge.end', by: 'staff', staff: '1000', reason }) as const;
const check = { name: 'day.check' } as const;
const newTypes = (hall: Hall, count: number): string[] => hall.log.slice(-count).map(({ type }) => type);

describe('a surge by hand', () => {
  it('starts, changes and ends, each step with its reason in the trace', () => {
    const hall = hallAt('10:00');
    expect(hall.types(start()).slice(-2)).toEqual(['hall.surge.started', 'hall.trace.recorded']);
    expect(hall.state.surge.current).toMatchObject({ surge: 'x', by: 'staff', measures, automatic: false });
    expect(hall.types(change({ extendUntil: '19:00' }))).toEqual([
      'hall.surge.changed',
      'hall.trace.recorded',
    ]);
    expect(hall.state.surge.current?.measures).toEqual({ extendUntil: '19:00' });
    expect(hall.types(end())).toEqual(['hall.surge.ended', 'hall.trace.recorded']);
    expect(hall.state.surge.current).toBeNull();
    const traces = hall.log.filter(({ type }) => type === 'hall.trace.recorded').map(({ data }) => data);
    expect(traces).toMatchObject([
      { action: 'surge', reason: '人多', staff: '1000' },
      { action: 'surge', reason: '还是多' },
      { action: 'surge', reason: '人少了' },
    ]);
  });

  it('needs a reason at each step', () => {
    const hall = hallAt('10:00');
    expect(hall.refusal({ ...start(), reason: ' ' }).code).toBe('reason-needed');
    hall.do(start());
    expect(hall.refusal(change({ extendUntil: '19:00' }, '')).code).toBe('reason-needed');
    expect(hall.refusal(end('')).code).toBe('reason-needed');
  });

  it('is one at a time, and the same one twice is once', () => {
    const hall = hallAt('10:00');
    expect(hall.refusal(end()).code).toBe('no-surge');
    expect(hall.refusal(change({ extendUntil: '19:00' })).code).toBe('no-surge');
    hall.do(start());
    expect(hall.do(start())).toEqual([]);
    expect(hall.refusal(start('y'))).toMatchObject({ code: 'surge-running', facts: { surge: 'x' } });
  });

  it.each<[string, SurgeMeasures, string]>([
    ['nothing', {}, 'bad-request'],
    ['no windows', { windows: [] }, 'bad-request'],
    ['an end before closing', { extendUntil: '16:00' }, 'bad-request'],
    ['closing itself', { extendUntil: '17:00' }, 'bad-request'],
    ['an unknown window', { windows: [{ window: 9, services: ['transfer'] }] }, 'unknown-window'],
    ['an unknown service', { windows: [{ window: 1, services: ['nothing'] }] }, 'unknown-service'],
  ])('does not take %s for a measure', (_words, wrong, code) => {
    expect(hallAt('10:00').refusal(start('x', wrong)).code).toBe(code);
  });

  it('extends no hours that are over already, nor those of a hall that never closes', () => {
    expect(hallAt('19:30').refusal(start('x', { extendUntil: '19:00' })).code).toBe('bad-request');
    expect(new Hall().refusal(start('x', { extendUntil: '19:00' })).code).toBe('bad-request');
  });

  it('ends with its day', () => {
    const hall = hallAt('10:00');
    hall.do(start());
    hall.at('2026-11-24T08:00:00+08:00').do(check);
    expect(hall.state.surge.current).toBeNull();
    expect(newTypes(hall, 4)).toEqual([
      'hall.surge.ended',
      'hall.trace.recorded',
      'hall.day.closed',
      'hall.day.opened',
    ]);
    expect(hall.log.at(-4)?.data).toMatchObject({ by: 'day-end' });
  });
});

describe('windows in a surge', () => {
  it('take what they are configured for and what it gives them; a temporary one only that', () => {
    const hall = hallAt('10:00');
    expect(servicesNow(hall.state, hall.rules, 4)).toEqual([]);
    expect(servicesNow(hall.state, hall.rules, 99)).toEqual([]);
    hall.do(
      start('x', {
        windows: [
          { window: 4, services: ['query', 'transfer'] },
          { window: 1, services: ['mortgage'] },
        ],
      }),
    );
    expect(windowsNow(hall.state, hall.rules)).toEqual([
      { number: 1, services: ['transfer', 'mortgage'] },
      { number: 2, services: ['transfer', 'mortgage'] },
      { number: 3, services: ['query'] },
      { number: 4, services: ['transfer', 'query'] },
    ]);
    hall.do(end());
    expect(servicesNow(hall.state, hall.rules, 4)).toEqual([]);
  });

  it('that are temporary take what they are configured for only when a surge gives it', () => {
    const hall = hallAt('10:00', { windows: [{ number: 4, services: ['query'], temporary: true }] });
    expect(servicesNow(hall.state, hall.rules, 4)).toEqual([]);
    hall.do(start());
    expect(servicesNow(hall.state, hall.rules, 4)).toEqual(['transfer']);
  });

  it('call the people of a service that is diverted to them, and no more of them when it is over', () => {
    const hall = hallAt('10:00');
    hall.waiting('mortgage');
    hall.waiting('mortgage');
    hall.open(3);
    expect(hall.refusal({ name: 'window.call-next', window: 3 }).code).toBe('nobody-waiting');
    hall.do(start('x', { windows: [{ window: 3, services: ['mortgage'] }] }));
    expect(hall.types({ name: 'window.call-next', window: 3 })).toEqual(['hall.ticket.called']);
    hall.do(end());
    // Whoever is there already is served to the end.
    hall.do({ name: 'window.start', window: 3 });
    hall.do({ name: 'window.finish', window: 3, session: 1 });
    expect(hall.refusal({ name: 'window.call-next', window: 3 }).code).toBe('nobody-waiting');
  });
});

describe('a surge by forecast', () => {
  /** Nine people of ten minutes each for one window: done at 17:30 when it is 16:00. */
  const crowded = (clock = '16:00', people = 9): Hall => {
    const hall = hallAt(clock, { surge: auto }).open(1);
    for (let n = 0; n < people; n++) hall.waiting();
    return hall;
  };

  it('starts at the second check in a row that finds the last one beyond closing, with the configured measures', () => {
    const hall = crowded();
    expect(hall.do(check)).toMatchObject([
      { type: 'hall.surge.foreseen', data: { beyondMin: 30, servedAt: '2026-11-23T17:30:00.000+08:00' } },
    ]);
    expect(hall.state.surge.current).toBeNull();
    const [started, traced] = hall.wait(20).do(check);
    expect(started).toMatchObject({ type: 'hall.surge.started', data: { by: 'forecast', measures } });
    expect(traced).toMatchObject({ type: 'hall.trace.recorded', data: { action: 'surge' } });
    expect((traced?.data as { reason: string }).reason).toContain('17:30');
    expect(hall.state.surge.current?.automatic).toBe(true);
    expect(hall.wait(20).do(check)).toEqual([]);
  });

  it('does not start for one check alone', () => {
    const hall = crowded();
    hall.do(check);
    hall.open(2);
    expect(hall.wait(20).do(check)).toEqual([]);
    hall.do({ name: 'window.close', window: 2, reason: 'x' });
    // Much later is not in a row: it is seen for the first time again.
    expect(hall.wait(120).types(check)).toEqual(['hall.surge.foreseen']);
    expect(hall.wait(20).types(check)).toEqual(['hall.surge.started', 'hall.trace.recorded']);
  });

  it('does not start within what is tolerated, nor where nobody has asked for it', () => {
    // Seven people: done at 17:10.
    expect(crowded('16:00', 7).do(check)).toEqual([]);
    const hall = hallAt('16:00').open(1);
    for (let n = 0; n < 20; n++) hall.waiting();
    expect(hall.do(check)).toEqual([]);
  });

  it('ends when everybody would be done well before closing without it, not before it has held a while', () => {
    const hall = crowded();
    hall.do(check);
    hall.wait(20).do(check);
    for (const ticketId of Object.keys(hall.state.tickets).slice(1))
      hall.do({ name: 'ticket.cancel', ticketId, by: 'visitor' });
    expect(hall.wait(20).do(check)).toEqual([]);
    const [ended] = hall.wait(15 * 60).do(check);
    expect(ended).toMatchObject({ type: 'hall.surge.ended', data: { by: 'forecast' } });
  });

  it('goes on while its own measures are all that keeps the day in time', () => {
    const hall = crowded();
    hall.do(check);
    hall.wait(20).do(check);
    hall.open(4);
    for (const ticketId of Object.keys(hall.state.tickets).slice(4))
      hall.do({ name: 'ticket.cancel', ticketId, by: 'visitor' });
    hall.wait(16 * 60);
    // Four people of ten minutes: by windows 1 and 4 they are done at 16:36, by window 1 alone at 16:56, which is too close.
    expect(hall.do(check)).toEqual([]);
    hall.do({ name: 'window.open', window: 2, staff: 's2' });
    expect(hall.types(check)).toEqual(['hall.surge.ended', 'hall.trace.recorded']);
  });

  it('ends after the extended hours when nobody waits any more', () => {
    const hall = crowded();
    hall.do(check);
    hall.wait(20).do(check);
    hall.at('2026-11-23T18:31:00+08:00');
    expect(hall.do(check)).toEqual([]);
    for (const ticketId of Object.keys(hall.state.tickets))
      hall.do({ name: 'ticket.cancel', ticketId, by: 'visitor' });
    expect(hall.types(check)).toEqual(['hall.surge.ended', 'hall.trace.recorded']);
  });

  it('is left alone once a person has changed it, and not begun again on a day on which a person ended it', () => {
    const hall = crowded();
    hall.do(check);
    hall.wait(20).do(check);
    hall.do(change({ extendUntil: '20:00' }));
    for (const ticketId of Object.keys(hall.state.tickets))
      hall.do({ name: 'ticket.cancel', ticketId, by: 'visitor' });
    expect(hall.wait(1200).do(check)).toEqual([]);
    hall.do(end());
    for (let n = 0; n < 20; n++) hall.waiting();
    expect(hall.wait(20).do(check)).toEqual([]);
    expect(hall.wait(20).do(check)).toEqual([]);
    hall.at('2026-11-24T16:00:00+08:00').do(check);
    for (let n = 0; n < 20; n++) hall.waiting();
    expect(hall.types(check)).toEqual(['hall.surge.foreseen']);
  });
});
