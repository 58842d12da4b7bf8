import { describe, expect, it } from 'vitest';
import { localDay, localTime } from '../../kiosk-agent/hall/day.ts';
import { Hall } from './hall.ts';

describe("the hall's own time", () => {
  it.each([
    ['Asia/Shanghai', '2026-11-23T02:05:33.120Z', '2026-11-23T10:05:33.120+08:00'],
    ['Asia/Shanghai', '2026-11-22T16:00:00.000Z', '2026-11-23T00:00:00.000+08:00'],
    ['Asia/Urumqi', '2026-12-31T18:30:00.000Z', '2027-01-01T00:30:00.000+06:00'],
    ['America/New_York', '2026-11-01T05:59:59.999Z', '2026-11-01T01:59:59.999-04:00'],
    ['America/New_York', '2026-11-01T06:00:00.000Z', '2026-11-01T01:00:00.000-05:00'],
    ['Europe/Berlin', '2027-03-28T00:59:59.999Z', '2027-03-28T01:59:59.999+01:00'],
    ['Europe/Berlin', '2027-03-28T01:00:00.000Z', '2027-03-28T03:00:00.000+02:00'],
    ['Australia/Lord_Howe', '2026-10-03T15:30:00.000Z', '2026-10-04T02:30:00.000+11:00'],
    ['America/St_Johns', '2026-01-01T03:29:00.000Z', '2025-12-31T23:59:00.000-03:30'],
    ['UTC', '2026-11-23T00:00:00.000Z', '2026-11-23T00:00:00.000+00:00'],
  ])('in %s at %s is %s', (zone, utc, local) => {
    expect(localTime(new Date(utc), zone)).toBe(local);
    expect(localDay(new Date(utc), zone)).toBe(local.slice(0, 10));
    expect(Date.parse(local)).toBe(Date.parse(utc));
  });
});

describe('a new day', () => {
  it('begins by itself with the first command after local midnight, and numbers begin again', () => {
    const hall = new Hall({}, '2026-11-23T23:59:59.999+08:00');
    expect(hall.ticket(hall.reserve()).number).toBe('A001');
    hall.wait(0.001);
    const ticketId = hall.reserve();
    expect(hall.log.slice(-4).map(({ type }) => type)).toEqual([
      'hall.ticket.cancelled',
      'hall.day.closed',
      'hall.day.opened',
      'hall.ticket.reserved',
    ]);
    expect(hall.ticket(ticketId).number).toBe('A001');
    expect(Object.keys(hall.state.tickets)).toEqual([ticketId]);
  });

  it('begins by the clock when nobody comes, once', () => {
    const hall = new Hall();
    expect(hall.types({ name: 'day.check' })).toEqual(['hall.day.opened']);
    expect(hall.do({ name: 'day.check' })).toEqual([]);
    hall.wait(86_400);
    expect(hall.do({ name: 'day.check' })).toMatchObject([
      { type: 'hall.day.closed', data: { day: '2026-11-23' } },
      { type: 'hall.day.opened', data: { day: '2026-11-24' } },
    ]);
  });

  it('does not begin with a command that is refused', () => {
    const hall = new Hall();
    const before = structuredClone(hall.state);
    expect(hall.refusal({ name: 'window.start', window: 1 }).code).toBe('window-closed');
    expect(hall.state).toEqual(before);
  });

  it('keeps who is at a window, cancels who waits, and judges the command by that', () => {
    const hall = new Hall();
    const serving = hall.serving(1);
    const called = hall.called(2);
    const others = [hall.waiting(), hall.reserve()];
    hall.at('2026-11-24T00:10:00+08:00');
    expect(hall.refusal({ name: 'ticket.cancel', ticketId: others[0] ?? '', by: 'visitor' }).code).toBe(
      'unknown-ticket',
    );
    const types = hall.types({ name: 'window.finish', window: 1, session: 7 });
    expect(types.slice(-3)).toEqual(['hall.day.opened', 'hall.ticket.finished', 'hall.rating.requested']);
    const cancelled = hall.log.filter(({ type }) => type === 'hall.ticket.cancelled');
    expect(cancelled.map(({ subject, data }) => [subject, (data as { by: string }).by])).toEqual(
      others.map((id) => [id, 'day-end']),
    );
    expect(hall.ticket(serving).state).toBe('finished');
    expect(hall.ticket(called).state).toBe('called');
    expect(hall.state).toMatchObject({ day: '2026-11-24', served: 1, windows: { 2: { ticketId: called } } });
  });

  it('does not give away the number of somebody who is still at a window', () => {
    const hall = new Hall();
    hall.serving();
    hall.at('2026-11-24T00:10:00+08:00');
    expect(hall.ticket(hall.reserve()).number).toBe('A002');
  });

  it('leaves an open evaluation open, forgets a rated one, and starts the sums again', () => {
    const hall = new Hall();
    hall.evaluating(7, 1);
    hall.evaluating(8, 2);
    hall.do({ name: 'rating.touch', window: 2, session: 8, level: 5 });
    hall.at('2026-11-24T00:00:01+08:00').do({ name: 'day.check' });
    expect(hall.state.sessions[7]?.state).toBe('open');
    expect(hall.state.sessions[8]).toBeUndefined();
    expect(hall.state.windows).toMatchObject({ 1: { session: 7 }, 2: { session: null } });
    expect(hall.state).toMatchObject({ served: 0, calls: [], keys: {}, ratings: { 5: 0 } });
    expect(hall.state.serviceTimes).toEqual({ transfer: [0, 0] });
  });

  it('is a new day for the same tap', () => {
    const hall = new Hall();
    hall.waiting();
    hall.at('2026-11-24T08:00:00+08:00');
    const tap = { service: 'transfer', language: 'zh', idempotencyKey: 'tap-t1', delivery: 'paper' } as const;
    expect(hall.types({ name: 'ticket.reserve', ticketId: 'new', ...tap })).toContain('hall.ticket.reserved');
  });

  it('is never opened again by a clock that goes back', () => {
    const hall = new Hall({}, '2026-11-24T08:00:00+08:00');
    hall.reserve();
    hall.at('2026-11-23T08:00:00+08:00');
    expect(hall.do({ name: 'day.check' })).toEqual([]);
    expect(hall.ticket(hall.reserve()).number).toBe('A002');
    hall.at('2026-11-24T09:00:00+08:00');
    expect(hall.ticket(hall.reserve()).number).toBe('A003');
    expect(hall.state.day).toBe('2026-11-24');
  });
});
