import { afterAll, expect } from 'vitest';
import { startScanner } from '../../firmware-sim/index.ts';
import { until } from '../device/manual-clock.ts';
import { closeAll } from '../device/on-port.ts';
import { runColumn } from './column.ts';
import { gone, long, short, underFault, type ScannerBench } from './scanner-bench.ts';
import { column } from './scanner-serial.ts';
import { sideBySide } from './side-by-side.ts';

afterAll(closeAll);

const under = (fault: string, options: object, meanwhile: (bench: ScannerBench) => Promise<void>) =>
  underFault('pty', fault, options, meanwhile);
/** A long code is read once and whole, and the fault was on the wire. */
const whole = (fault: string, seen: (bench: ScannerBench) => boolean) =>
  under(fault, {}, async (bench) => {
    bench.device.scan(long);
    await bench.reads(1);
    await until(() => seen(bench), `${fault} on the wire`);
    expect(bench.read).toEqual([long]);
  });
/** The same; it does not come at once. */
const late = (fault: string, options: object) =>
  under(fault, options, async ({ device, read, reads, said }) => {
    device.scan(long);
    expect(said(/./)).toEqual([]);
    await reads(1);
    expect(read).toEqual([long]);
  });
/** The status stays ready, and nothing is read of a code. */
const nothing = (fault: string) =>
  under(fault, {}, async ({ device, scanner, read, wire }) => {
    device.scan(short);
    // Longer than a code takes.
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect([wire, read]).toEqual([[], []]);
    expect(scanner.status).toMatchObject({ state: 'ready', notes: ['never-heard'] });
  });

runColumn(
  column,
  () => startScanner({ port: 'tcp:0' }),
  sideBySide({
    unplugged: under('unplugged', {}, async ({ device, is }) => {
      await is(gone);
      device.scan(short);
    }),
    silent: nothing('silent'),
    noise: under('noise', {}, async ({ device, scanner, read, said }) => {
      for (let count = 1; count <= 6; count++) {
        device.scan(short);
        await until(
          () => read.length + Number(scanner.status.counters.dropped) >= count,
          `code ${count}`,
          10_000,
        );
      }
      expect(said(/^noise$/).length).toBe(6);
      // In GB18030 the last byte of the garbage may take the first one of the code with it.
      for (const text of read) expect(text.endsWith(short.slice(2))).toBe(true);
    }),
    babble: under('babble', {}, async ({ device, read, said, is }) => {
      await is(/^wrong-settings$/);
      expect(said(/^babble$/).length).toBeGreaterThan(0);
      expect(read).toEqual([]);
      await device.setFault('babble', false);
      // The rest of it is passed over until the line is quiet.
      await new Promise((resolve) => setTimeout(resolve, 300));
    }),
    'lost-frames': under('lost-frames', { rate: 0.5 }, async ({ device, read, reads, said }) => {
      const codes = Array.from({ length: 8 }, (_, at) => `${short}${at}`);
      for (const code of codes) {
        device.scan(code);
        await reads(said(/./).length);
      }
      expect(said(/./).length).toBeLessThan(8);
      expect(read).toEqual(codes.filter((code) => read.includes(code)));
    }),
    'merged-frames': late('merged-frames', {}),
    'split-frames': whole('split-frames', ({ said }) => said(/^$/).length > 0),
    'delayed-frames': late('delayed-frames', { ms: 300 }),
    corrupted: under('corrupted', { rate: 1 }, async ({ device, scanner, read, said }) => {
      for (let count = 1; count <= 6; count++) {
        device.scan(short);
        await until(
          () => read.length + Number(scanner.status.counters.dropped) >= count,
          `code ${count}`,
          10_000,
        );
      }
      const right = Buffer.from(`${short}\r`).toString('hex');
      expect(said(/./).filter(({ hex }) => hex === right)).toEqual([]);
      expect(read.length + Number(scanner.status.counters.dropped)).toBe(6);
    }),
    'wrong-baud': under('wrong-baud', {}, async ({ device, read, said, drops, is }) => {
      for (let count = 1; count <= 3; count++) {
        device.scan(long);
        await drops(count);
      }
      await is(/^wrong-settings$/);
      expect(said(/garbage at this baud rate/).length).toBe(3);
      expect(read).toEqual([]);
    }),
    // Of a network cable that is pulled every byte comes that was sent; a serial adapter takes them along.
    'unplug-after-bytes': async () => {
      for (const kind of ['pty', 'tcp'] as const)
        await underFault(kind, 'unplug-after-bytes', { bytes: 100 }, async ({ device, read, said, is }) => {
          device.scan(long);
          await is(gone);
          expect(said(/./)[0]?.hex.length).toBe(2 * 100);
          expect([read, device.plugged]).toEqual([[], false]);
        })();
    },
    'lost-suffix': whole('lost-suffix', ({ said }) => said(/./)[0]?.hex.endsWith('4f4b') === true),
    bounce: under('bounce', {}, async ({ device, scanner, read }) => {
      device.scan(long);
      await until(() => scanner.status.counters.repeats === 1, 'the second reading', 10_000);
      expect(read).toEqual([long]);
    }),
    'power-off': nothing('power-off'),
    'power-off-after-bytes': under(
      'power-off-after-bytes',
      { bytes: 100 },
      async ({ device, read, reads }) => {
        device.scan(long);
        await reads(1);
        expect(read).toEqual([long.slice(0, 100)]);
        expect(device.faults()).toEqual(['power-off']);
      },
    ),
  }),
);
