/** The benches as tests: what they count must be right at any size. Nothing is timed here. */
import { expect, test } from 'vitest';
import { parseEvent } from '../../kiosk-agent/contract/events.ts';
import { officesOf } from './nation/offices.ts';
import { replayNation } from './nation/replay.ts';
import { DayStream } from './nation/stream.ts';

test('the nation has 3,000 halls with 38,000 windows, and its halls write what the contract allows', () => {
  const offices = officesOf(3_000, 38_000, 4_000_000);
  expect(offices.reduce((sum, { windows }) => sum + windows, 0)).toBe(38_000);
  for (const office of offices.slice(0, 5)) {
    const stream = new DayStream(office);
    stream.happen('2026-03-02T20');
    const events = stream.read(0, Number.POSITIVE_INFINITY);
    for (const event of events) expect(parseEvent(event)).toMatchObject({ ok: true });
    expect(events.map(({ time }) => time)).toEqual(events.map(({ time }) => time).toSorted());
    expect(stream.counts[0]!.closed).toBe(true);
  }
});

test('a day of some halls goes through the link into PostgreSQL, the agents come back twice, and every figure fits', async () => {
  const result = await replayNation({
    ...{ halls: 8, windows: 24, events: 2_400, bareEvents: 500, servers: 1, backlog: 20 },
    retry: { firstMs: 50, capMs: 300, refusedMs: 300 },
    say: () => undefined,
  });
  expect(result.faults).toEqual([]);
  expect(result.settings['fsync']).toBe('on');
  const [bare, far] = result.replays;
  expect(bare!.events).toBeGreaterThanOrEqual(500);
  expect(far!.events).toBeGreaterThan(2_000);
  expect(result.reconnects.map(({ events }) => events)).toEqual([160, 160]);
}, 60_000);
