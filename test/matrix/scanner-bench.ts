/** A simulated scanner and the agent's driver on its port, with all that was read. */
import { expect } from 'vitest';
import {
  startHidScanner,
  startScanner,
  type FaultOptions,
  type WireEntry,
} from '../../firmware-sim/index.ts';
import { systemClock } from '../../kiosk-agent/device/clock.ts';
import { HidScanner, TextScanner } from '../../kiosk-agent/device/driver/scanner.ts';
import { until } from '../device/manual-clock.ts';
import { atEnd, freePort, openFor } from '../device/on-port.ts';

/** 31 bytes, in one report. */
export const short = 'https://zw.example.gov.cn/t/17a';
/** 230 bytes, in five reports. */
export const long = `${short}?${'0123456789'.repeat(19)}-ENDE-OK`;
export const gone = /^(lost|missing|refused)$/;

type Kind = 'pty' | 'tcp' | 'hid';

async function scannerOn(kind: Kind) {
  const wire: WireEntry[] = [];
  const onWire = (entry: WireEntry) => void wire.push(entry);
  const options = { id: 'scanner-1', clock: systemClock };
  if (kind !== 'hid') {
    const device = await startScanner({ port: freePort(kind), onWire });
    return { wire, device, scanner: new TextScanner(options), model: 'scanner-serial', sockets: [] };
  }
  const device = await startHidScanner({ port: 'socket', onWire });
  return {
    wire,
    device,
    scanner: new HidScanner(options),
    model: 'scanner-hid',
    sockets: device.socket ? [device.socket] : [],
  };
}

export async function scannerBench(kind: Kind) {
  const { wire, device, scanner, model, sockets } = await scannerOn(kind);
  atEnd(() => device.close());
  openFor(scanner, device.port, model, sockets);
  const read: string[] = [];
  scanner.on('scan', ({ text }) => read.push(text));
  const is = (state: RegExp) =>
    until(() => state.test(scanner.status.state), `${state}, is ${scanner.status.state}`, 15_000);
  await is(/^ready$/);
  await until(() => device.state().hostPresent, 'the scanner to see its host');
  return {
    device,
    scanner,
    read,
    is,
    /** Entries of the wire with these words. */
    said: (words: RegExp) =>
      wire.filter(({ direction, decoded }) => direction === 'out' && words.test(decoded)),
    wire,
    reads: (count: number) => until(() => read.length >= count, `${count} codes, are ${read.length}`, 10_000),
    drops: (count: number) =>
      until(() => Number(scanner.status.counters.dropped) >= count, `${count} dropped pieces`, 10_000),
  };
}
export type ScannerBench = Awaited<ReturnType<typeof scannerBench>>;

/** The fault comes, `meanwhile` happens; then the scanner is ready by itself, and the next code is read once. */
export function underFault(
  kind: Kind,
  fault: string,
  options: FaultOptions,
  meanwhile: (bench: ScannerBench) => Promise<void>,
) {
  return async () => {
    const bench = await scannerBench(kind);
    const { device, read, is, scanner } = bench;
    await device.setFault(fault, true, options);
    await meanwhile(bench);
    const before = read.length;
    for (const on of device.faults()) await device.setFault(on, false);
    if (gone.test(scanner.status.state)) await is(/^ready$/);
    await until(() => device.state().hostPresent, 'the scanner to see its host');
    device.scan('A002');
    await until(() => read.includes('A002'), `the next code, ${read.slice(before).length} others`, 10_000);
    await is(/^ready$/);
    expect(read.slice(before)).toEqual(['A002']);
    expect(scanner.status.notes).toEqual([]);
  };
}
