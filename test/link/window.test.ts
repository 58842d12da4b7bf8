/** What may be under way, on lines made of numbers: a rate, a way there and back, and a time that only the test moves. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BATCH_MAX_BYTES } from '../../kiosk-agent/contract/link.ts';
import { SendWindow } from '../../kiosk-agent/link/window.ts';

const TIMEOUT_MS = 10_000;
const MOST = 4 * BATCH_MAX_BYTES;

type Line = { bytesPerS: number; wayMs: number };
type Gone = { ms: number; lost: number; mostMs: number; mostBytes: number };

/** Sends events of these sizes, as the link does: in order, what was lost once more. `null` when it never ends. */
function sendAll(window: SendWindow, sizes: readonly number[], line: Line, lostAtMost = 50): Gone | null {
  let [now, free, arrived, sent, lost, mostMs, mostBytes] = [0, 0, 0, 0, 0, 0, 0];
  let underWay: { upTo: number; bytes: number; sentMs: number; receiptMs: number }[] = [];
  let since = 0;
  while (arrived < sizes.length) {
    for (;;) {
      let bytes = sizes[sent] ?? 0;
      if (bytes === 0) break;
      let upTo = sent + 1;
      while (upTo < sizes.length && bytes + sizes[upTo]! <= window.batchBytes) bytes += sizes[upTo++]!;
      if (!window.fits(bytes)) break;
      if (underWay.length === 0) since = now;
      free = Math.max(free, now) + (bytes / line.bytesPerS) * 1000;
      underWay.push({ upTo, bytes, sentMs: now, receiptMs: free + line.wayMs });
      window.sent(bytes, now);
      sent = upTo;
    }
    expect(window.inFlight).toBe(underWay.length);
    const together = underWay.reduce((sum, { bytes }) => sum + bytes, 0);
    if (underWay.length > 1) mostBytes = Math.max(mostBytes, together);
    const [oldest] = underWay;
    if (!oldest) throw new Error('nothing may be sent although nothing is under way');
    if (oldest.receiptMs > since + window.waitMs) {
      // The new connection's welcome stands behind what the old one has left on the line, which counts for nothing here.
      now = Math.max(since + window.waitMs, free) + 2 * line.wayMs;
      window.ended();
      underWay = [];
      sent = arrived;
      if (++lost > lostAtMost) return null;
      continue;
    }
    since = now = oldest.receiptMs;
    mostMs = Math.max(mostMs, now - oldest.sentMs);
    arrived = oldest.upTo;
    underWay.shift();
    window.received(now);
  }
  return { ms: now, lost, mostMs, mostBytes };
}
const events = (count: number, bytes = 500) => Array.from({ length: count }, () => bytes);

describe('what may be under way', () => {
  it('begins with 64 KiB in four batches', () => {
    const window = new SendWindow(TIMEOUT_MS);
    expect(window.batchBytes).toBe(16_384);
    for (let batch = 0; batch < 4; batch++) {
      expect(window.fits(16_384)).toBe(true);
      window.sent(16_384, 0);
    }
    expect(window.fits(1)).toBe(false);
    expect(window.inFlight).toBe(4);
  });

  it('grows by every batch that was answered within a quarter of the time, to four times 256 KiB', () => {
    const window = new SendWindow(TIMEOUT_MS);
    window.sent(16_384, 0);
    window.sent(16_384, 0);
    window.sent(16_384, 0);
    window.received(2_500);
    expect(window.batchBytes).toBe((65_536 + 16_384) / 4);
    const fast = new SendWindow(TIMEOUT_MS);
    sendAll(fast, events(10_000), { bytesPerS: 10_000_000, wayMs: 20 });
    expect(fast.batchBytes).toBe(BATCH_MAX_BYTES);
  });

  it('stays as it is when the answer took longer, or when little of it was used', () => {
    const window = new SendWindow(TIMEOUT_MS);
    for (let batch = 0; batch < 4; batch++) window.sent(16_384, 0);
    window.received(2_501);
    window.received(9_000);
    window.received(9_000);
    window.received(9_000);
    for (let at = 0; at < 100; at++) {
      window.sent(500, at);
      window.received(at);
    }
    expect(window.batchBytes).toBe(16_384);
  });

  it('is half of what was under way after a connection was lost, down to one event alone', () => {
    const window = new SendWindow(TIMEOUT_MS);
    for (let batch = 0; batch < 4; batch++) window.sent(16_384, 0);
    window.ended();
    expect([window.inFlight, window.batchBytes]).toEqual([0, 8_192]);
    for (let lost = 0; lost < 20; lost++) {
      window.sent(600, 0);
      window.ended();
    }
    expect(window.fits(600)).toBe(true);
    window.sent(600, 0);
    expect(window.fits(600)).toBe(false);
    expect(window.waitMs).toBe(TIMEOUT_MS);
  });

  it('is untouched by a connection that ends with nothing under way', () => {
    const window = new SendWindow(TIMEOUT_MS);
    window.ended();
    expect(window.batchBytes).toBe(16_384);
  });

  it('lets an event that is larger go alone, and waits for it as many times longer, four times at the most', () => {
    const window = new SendWindow(TIMEOUT_MS);
    expect(window.fits(131_072)).toBe(true);
    window.sent(500, 0);
    expect(window.fits(131_072)).toBe(false);
    window.received(1);
    window.sent(131_072, 1);
    expect(window.waitMs).toBe(2 * TIMEOUT_MS);
    window.ended();
    // A quick answer to a small one says nothing about a large one.
    window.sent(500, 1);
    window.received(2);
    window.ended();
    for (let lost = 0; lost < 3; lost++) {
      window.sent(131_072, 2);
      window.ended();
    }
    window.sent(131_072, 3);
    expect(window.waitMs).toBe(4 * TIMEOUT_MS);
  });
});

describe('a backlog', () => {
  it.each([2_000, 4_000, 8_000, 26_000, 64_000, 1_000_000])(
    'of 5000 events gets through a line of %i bytes a second, which is hardly ever idle',
    (bytesPerS) => {
      const gone = sendAll(new SendWindow(TIMEOUT_MS), events(5_000), { bytesPerS, wayMs: 300 });
      expect(gone).not.toBeNull();
      expect(gone!.lost).toBeLessThanOrEqual(1);
      expect(gone!.ms).toBeLessThan(1.2 * ((5_000 * 500 * 1000) / bytesPerS) + 5_000);
    },
  );

  it('gets through a line that turned from a megabyte to 8 kB a second, and does not wait long for a heartbeat then', () => {
    const window = new SendWindow(TIMEOUT_MS);
    sendAll(window, events(20_000), { bytesPerS: 1_000_000, wayMs: 20 });
    const slow = { bytesPerS: 8_000, wayMs: 500 };
    expect(sendAll(window, events(1_000), slow)?.lost).toBeLessThan(8);
    expect(sendAll(window, events(1_000), slow)).toMatchObject({ lost: 0 });
    const fast = sendAll(window, events(20_000), { bytesPerS: 1_000_000, wayMs: 20 });
    expect(fast?.lost).toBe(0);
    expect(window.batchBytes).toBeGreaterThan(100_000);
  });

  it('with the largest event there can be gets through a line of 8 kB a second', () => {
    const sizes = [...events(200), BATCH_MAX_BYTES, ...events(200)];
    const gone = sendAll(new SendWindow(TIMEOUT_MS), sizes, { bytesPerS: 8_000, wayMs: 500 });
    expect(gone?.lost).toBeLessThanOrEqual(3);
  });

  it('gets through any line that carries its largest event in 40 s, and never more than the limits is under way', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            { weight: 20, arbitrary: fc.integer({ min: 200, max: 2_000 }) },
            fc.integer({ min: 2_000, max: 50_000 }),
          ),
          {
            minLength: 1,
            maxLength: 400,
          },
        ),
        fc.array(
          fc.record({
            bytesPerS: fc.integer({ min: 1_500, max: 5_000_000 }),
            wayMs: fc.integer({ min: 0, max: 2_000 }),
          }),
          {
            minLength: 1,
            maxLength: 4,
          },
        ),
        (sizes, lines) => {
          const window = new SendWindow(TIMEOUT_MS);
          for (const line of lines) {
            const gone = sendAll(window, sizes, line);
            expect(gone).not.toBeNull();
            expect(gone!.mostBytes).toBeLessThanOrEqual(MOST);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('learns nothing from a far end that was started anew, but something when it happens again', () => {
    const window = new SendWindow(TIMEOUT_MS);
    const lose = (afterMs: number) => {
      window.sent(500, 0);
      window.ended(afterMs);
    };
    lose(100);
    expect(window.batchBytes).toBe(16_384);
    lose(100);
    expect(window.batchBytes).toBe(256);
    const slow = new SendWindow(TIMEOUT_MS);
    slow.sent(16_384, 0);
    slow.ended(9_000);
    expect(slow.batchBytes).toBe(2_048);
    slow.sent(500, 0);
    slow.received(10);
    slow.sent(500, 20);
    slow.ended(30);
    expect(slow.batchBytes).toBe(2_048);
  });
});
