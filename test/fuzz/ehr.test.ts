/** Millions of hostile bytes through the EHR/1 codec: each piece is one report, as node-hid brings them. */
import { expect, it } from 'vitest';
import { readIdentity, readReport } from '../../kiosk-agent/device/codec/ehr.ts';
import vectors from '../vectors/ehr.json' with { type: 'json' };
import { FUZZ_BYTES, fuzzCodec } from './hostile.ts';

const SEED = 20_260_105;
const bytesOf = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const frames = [...vectors.device, ...vectors.dropped, ...vectors.identity].map(({ hex }) => bytesOf(hex));
const PROBE = bytesOf('01 05 EFBE 07000000 4D3C2B1A 0000 00 00');

it('never throws, keeps nothing, and reads the next good report', () => {
  const counts: Record<string, number> = {};
  let probes = 0;
  const take = (report: Uint8Array) => {
    const read = readReport(report);
    const what = typeof read === 'string' ? read : read.type;
    counts[what] = (counts[what] ?? 0) + 1;
    if (typeof read !== 'string' && read.type === 'KEY' && read.seq === 0xbeef && read.boot === '1A2B3C4D')
      probes += 1;
    if (typeof read !== 'string') checkRanges(read);
    const identity = readIdentity(report);
    if (typeof identity !== 'string' && !/^[\x20-\x7e]{1,24}$/.test(identity.serial))
      throw new Error(`a serial number that is none: ${JSON.stringify(identity)}`);
  };
  const done = fuzzCodec({
    seed: SEED,
    frames,
    probe: PROBE,
    push(bytes) {
      take(bytes);
      // An operating system cuts reports to the descriptor's length: the first 16 bytes; then with an id that is right.
      const report = Uint8Array.from({ length: 16 }, (_, at) => bytes[at] ?? 0);
      take(report);
      report[0] = 1 + (bytes.length % 2);
      take(report);
    },
    heard: () => {
      const heard = probes;
      probes = 0;
      return heard;
    },
    held: () => 0,
    mayHold: 0,
  });
  expect(done.bytes).toBeGreaterThanOrEqual(FUZZ_BYTES);
  expect(Object.keys(counts).sort()).toEqual(
    ['HI', 'KEY', 'NO', 'OK', 'ST', 'bad-body', 'not-zero', 'unknown-report', 'wrong-length'].sort(),
  );
}, 120_000);

function checkRanges(message: object): void {
  for (const [field, value] of Object.entries(message)) {
    const good =
      typeof value === 'number'
        ? Number.isSafeInteger(value) && value >= 0 && value <= 4_294_967_295
        : field === 'boot'
          ? /^[0-9A-F]{8}$/.test(String(value))
          : value !== undefined;
    if (!good) throw new Error(`${field} is ${String(value)} in ${JSON.stringify(message)}`);
  }
}
