import { afterAll, expect } from 'vitest';
import { startHidScanner } from '../../firmware-sim/index.ts';
import { scannerReports } from '../../firmware-sim/scanner/hid-pos.ts';
import { until } from '../device/manual-clock.ts';
import { closeAll } from '../device/on-port.ts';
import { runColumn } from './column.ts';
import { gone, long, short, underFault, type ScannerBench } from './scanner-bench.ts';
import { column } from './scanner-hid.ts';
import { sideBySide } from './side-by-side.ts';

afterAll(closeAll);

const under = (fault: string, options: object, meanwhile: (bench: ScannerBench) => Promise<void>) =>
  underFault('hid', fault, options, meanwhile);

function hidScanner({ device }: ScannerBench) {
  if (!('send' in device)) throw new Error('a HID scanner was asked for');
  return device;
}

runColumn(
  column,
  () => startHidScanner({ port: 'socket' }),
  sideBySide({
    unplugged: under('unplugged', {}, async ({ device, is }) => {
      await is(gone);
      device.scan(short);
    }),
    silent: under('silent', {}, async ({ device, scanner, read, wire }) => {
      device.scan(short);
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect([wire, read]).toEqual([[], []]);
      expect(scanner.status).toMatchObject({ state: 'ready', notes: ['never-heard'] });
    }),
    'lost-frames': under('lost-frames', { rate: 0.5 }, async ({ device, read, reads, said }) => {
      const codes = Array.from({ length: 10 }, (_, at) => `${short}${at}`);
      for (const code of codes) device.scan(code);
      expect(said(/./).length).toBeLessThan(10);
      await reads(said(/./).length);
      expect(read).toEqual(codes.filter((code) => read.includes(code)));
    }),
    'delayed-frames': under('delayed-frames', { ms: 300 }, async ({ device, read, reads, said }) => {
      device.scan(long);
      expect(said(/./)).toEqual([]);
      await reads(1);
      expect(read).toEqual([long]);
    }),
    'unplug-after-bytes': underFault('hid', 'unplug-after-bytes', { bytes: 3 * 64 }, async (bench) => {
      const device = hidScanner(bench);
      const reports = scannerReports(long);
      device.send(reports.slice(0, 2));
      // They come one by one: what is asked for now comes behind them.
      await new Promise((resolve) => setImmediate(resolve));
      device.send(reports.slice(2));
      await bench.is(gone);
      expect(bench.said(/./).length).toBe(3);
      expect([bench.read, device.plugged]).toEqual([[], false]);
    }),
    'lost-report': under('lost-report', {}, async ({ device, read, reads }) => {
      device.scan(long);
      await reads(1);
      expect(read).toEqual([long.slice(0, 56) + long.slice(112)]);
    }),
    'lost-end': under('lost-end', {}, async ({ device, read, drops, said }) => {
      device.scan(long);
      await drops(1);
      expect(said(/./).length).toBe(4);
      expect(read).toEqual([]);
    }),
    babble: under('babble', {}, async ({ read, said, is }) => {
      await is(/^wrong-settings$/);
      expect(said(/^babble$/).length).toBeGreaterThan(2);
      expect(read).toEqual([]);
    }),
    bounce: under('bounce', {}, async ({ device, scanner, read }) => {
      device.scan(long);
      await until(() => scanner.status.counters.repeats === 1, 'the second reading', 10_000);
      expect(read).toEqual([long]);
    }),
  }),
);
