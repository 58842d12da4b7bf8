import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { scannerReports } from '../../firmware-sim/scanner/hid-pos.ts';
import { HidPosReceiver } from '../../kiosk-agent/device/codec/hid-pos.ts';
import { TextScanReceiver, type ScanResult } from '../../kiosk-agent/device/codec/scan-text.ts';
import { FUZZ_BYTES, fuzzCodec, hostileBytes, seeded } from './hostile.ts';

const SEED = 20_261_123;
const vectors = JSON.parse(readFileSync(new URL('../vectors/scanner.json', import.meta.url), 'utf8')) as {
  hid: { reports: string[] }[];
  text: { pieces: string[] }[];
};
const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const reports = vectors.hid.flatMap((vector) => vector.reports.map(bytesOf));
const texts = vectors.text.flatMap((vector) => vector.pieces.map(bytesOf));
const PROBE = 'PROBE-0123456789';

/** Counts the probes, and that nothing but text is ever given and no content ever shown. */
function counter() {
  let heard = 0;
  let codes = 0;
  return {
    take(result: ScanResult) {
      for (const { text, seen } of result.codes) {
        codes += 1;
        if (text === PROBE) heard += 1;
        if (!text.isWellFormed() || text === '' || text.includes('\ufffd')) throw new Error('no text');
        if (seen.length < text.length) throw new Error('shorter than what came');
      }
    },
    heard() {
      const before = heard;
      heard = 0;
      return before;
    },
    codes: () => codes,
  };
}

describe('hostile bytes from scanners', () => {
  it(
    'in HID reports of any size never throw nor fill the receiver, and the next code is read',
    { timeout: 300_000 },
    () => {
      const receiver = new HidPosReceiver();
      const count = counter();
      const result = fuzzCodec({
        seed: SEED,
        frames: reports,
        probe: scannerReports(PROBE, { symbology: 'C0' })[0]!,
        push: (bytes) => count.take(receiver.push(bytes)),
        heard: count.heard,
        held: () => receiver.held,
        mayHold: 20_000,
      });
      expect(result.bytes).toBeGreaterThanOrEqual(FUZZ_BYTES);
      expect(result.probes).toBeGreaterThan(FUZZ_BYTES / 25_000);
    },
  );

  it('of 64 bytes with any content and any flags never throw, and end', { timeout: 120_000 }, () => {
    const receiver = new HidPosReceiver();
    const count = counter();
    const random = seeded(SEED);
    for (let sent = 0; sent < 50_000; sent++) {
      const report = Uint8Array.from(reports[Math.floor(random() * reports.length)]!);
      for (let bends = 0; bends < 2; bends++) {
        report[Math.floor(random() * 64)] = Math.floor(random() * 256);
      }
      report[63] = random() < 0.7 ? 1 : 0;
      count.take(receiver.push(report));
      expect(receiver.held).toBeLessThan(20_000);
    }
    expect(count.codes()).toBeGreaterThan(100);
    receiver.silence();
    expect(receiver.held).toBe(0);
    expect(receiver.quietMs).toBeNull();
  });

  it(
    'on a serial line never throw nor fill the receiver, and a code behind a silence is read',
    { timeout: 300_000 },
    () => {
      const receiver = new TextScanReceiver();
      const count = counter();
      const random = seeded(SEED + 1);
      const probe = Buffer.from(`]Q1${PROBE}\r`);
      const result = fuzzCodec({
        seed: SEED,
        frames: texts,
        probe,
        push(bytes) {
          count.take(receiver.push(bytes));
          // A scanner is quiet behind every code; in between only now and then.
          if (bytes === probe || random() < 0.3) count.take(receiver.silence());
        },
        heard: count.heard,
        held: () => receiver.held,
        mayHold: 8_192,
      });
      expect(result.bytes).toBeGreaterThanOrEqual(FUZZ_BYTES);
      expect(result.probes).toBeGreaterThan(FUZZ_BYTES / 25_000);
    },
  );

  it('without any pause are dropped once and cost nothing', { timeout: 120_000 }, () => {
    const receiver = new TextScanReceiver();
    let dropped = 0;
    for (const piece of hostileBytes(SEED + 2, 1_000_000, texts)) {
      const result = receiver.push(piece);
      dropped += result.dropped.length;
      expect(result.codes).toEqual([]);
    }
    expect(dropped).toBe(1);
  });
});
