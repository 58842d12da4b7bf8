import { afterEach, describe, expect, it } from 'vitest';
import { startHidScanner } from '../../firmware-sim/scanner/hid-scanner.ts';
import { startScanner, type ScannerOptions } from '../../firmware-sim/scanner/scanner.ts';
import { scannerReports } from '../../firmware-sim/scanner/hid-pos.ts';
import { systemClock } from '../../kiosk-agent/device/clock.ts';
import type { DeviceStatus, Scan } from '../../kiosk-agent/device/driver/interfaces.ts';
import { HidScanner, TextScanner, type ScannerParts } from '../../kiosk-agent/device/driver/scanner.ts';
import { scannerState } from '../../kiosk-agent/device/driver/scanner-status.ts';
import type { HidTransport, Transport } from '../../kiosk-agent/device/transport/transport.ts';
import { ManualClock, until } from './manual-clock.ts';
import { atEnd, closeAll, freePort, openFor } from './on-port.ts';

afterEach(closeAll);

function listen(scanner: TextScanner | HidScanner) {
  const scans: Scan[] = [];
  const states: string[] = [];
  scanner.on('scan', (scan) => scans.push(scan));
  scanner.on('status', (_from, to: DeviceStatus) => states.push([to.state, ...to.notes].join(' ')));
  const reaches = (state: string) =>
    until(() => scanner.status.state === state, `${state}, is ${scanner.status.state}`, 10_000);
  const reads = (text: string, count = 1) =>
    until(
      () => scans.filter((scan) => scan.text === text).length >= count,
      `a scan of ${text.length} characters`,
    );
  return { scans, states, reaches, reads };
}

async function onSerial(kind: 'tcp' | 'pty', options: Partial<ScannerOptions> = {}) {
  const device = await startScanner({ port: freePort(kind), ...options });
  atEnd(() => device.close());
  const frames: { bytes: Uint8Array; decoded: unknown }[] = [];
  const scanner = new TextScanner({
    id: 'scanner-1',
    clock: systemClock,
    onFrame: (_direction, bytes, decoded) => frames.push({ bytes, decoded }),
  });
  openFor(scanner, device.port, 'scanner-serial');
  const heard = listen(scanner);
  await heard.reaches('ready');
  await until(() => device.state().hostPresent, 'the device to see its host');
  return { device, scanner, frames, ...heard };
}

async function onHid(options: { shift?: boolean; suffix?: '\r' } = {}) {
  const device = await startHidScanner({ port: 'socket', ...options });
  atEnd(() => device.close());
  const scanner = new HidScanner({ id: 'scanner-1', clock: systemClock });
  openFor(scanner, device.port, 'scanner-hid', [device.socket!]);
  const heard = listen(scanner);
  await heard.reaches('ready');
  return { device, scanner, ...heard };
}

const LONG = '预约码 '.repeat(60).trim();

describe.each(['tcp', 'pty'] as const)('a serial scanner on %s', (kind) => {
  it('is ready and never heard until its first code', async () => {
    const { device, scanner, reads, states } = await onSerial(kind);
    expect(scanner.status).toMatchObject({ state: 'ready', notes: ['never-heard'] });
    device.scan('A001');
    await reads('A001');
    expect(scanner.status).toMatchObject({ state: 'ready', notes: [], counters: { scans: 1 } });
    expect(states).toEqual(['ready never-heard', 'ready']);
  });

  it('comes back after an unplug, and what was on its way then is dropped', async () => {
    const { device, scanner, scans, reads, reaches } = await onSerial(kind);
    await device.setFault('delayed-frames', true);
    device.scan('123456789012345678901234567890');
    await until(() => device.wire().length > 0, 'the first bytes of the code');
    await device.unplug();
    await until(() => scanner.status.state !== 'ready', 'the unplug');
    await device.setFault('delayed-frames', false);
    await device.plug();
    await reaches('ready');
    expect(scanner.status.notes).toEqual(['never-heard']);
    await until(() => device.state().hostPresent, 'the device to see its host');
    device.scan('A002');
    await reads('A002');
    expect(scans.map(({ text }) => text)).toEqual(['A002']);
  });

  it.each(['split-frames', 'delayed-frames', 'lost-suffix'])('reads a long code with %s', async (fault) => {
    const { device, reads, scans } = await onSerial(kind, { aim: true, encoding: 'gb18030' });
    await device.setFault(fault, true);
    device.scan(LONG);
    await reads(LONG);
    expect(scans).toMatchObject([{ text: LONG, symbology: ']Q1' }]);
  });
});

describe('a serial scanner', () => {
  it.each([
    { suffix: 'cr', aim: false, encoding: 'utf8' },
    { suffix: 'lf', aim: true, encoding: 'utf8' },
    { suffix: 'crlf', aim: true, encoding: 'gb18030' },
    { suffix: 'none', aim: false, encoding: 'gb18030' },
  ] as const)('set to $suffix, AIM $aim, $encoding gives the same text', async (options) => {
    const { device, reads, scans } = await onSerial('tcp', options);
    device.scan('请出示\r\n预约 A001');
    await reads('请出示\r\n预约 A001');
    expect(scans).toMatchObject([{ symbology: options.aim ? ']Q1' : null }]);
  });

  it('whose trigger bounces has read one code; another code at once is another scan', async () => {
    const { device, scanner, reads } = await onSerial('tcp');
    await device.setFault('bounce', true);
    device.scan('A001');
    await until(() => scanner.status.counters.repeats === 1, 'the second reading');
    await device.setFault('bounce', false);
    device.scan('A002');
    await reads('A002');
    expect(scanner.status.counters).toMatchObject({ scans: 2, repeats: 1 });
  });

  it('that babbles has wrong settings, and is well again with the first code', async () => {
    const { device, scans, reads, reaches } = await onSerial('tcp');
    await device.setFault('babble', true);
    await reaches('wrong-settings');
    await device.setFault('babble', false);
    // The first code may still hang behind the babble; people try again, and not at once.
    for (let tries = 0; tries < 10 && scans.length === 0; tries++) {
      device.scan('A001');
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    await reads('A001');
    await reaches('ready');
  });

  it('with garbage in front of every code reads nothing wrong', async () => {
    const { device, scanner, scans, reaches } = await onSerial('tcp', { seed: 7 });
    await device.setFault('noise', true);
    for (let count = 1; count <= 6; count++) {
      device.scan(`预约${count}`);
      await until(
        () => (scanner.status.counters.dropped ?? 0) + scans.length >= count,
        `code ${count} to be read or dropped`,
      );
    }
    await reaches('wrong-settings');
    await device.setFault('noise', false);
    device.scan('A001');
    await reaches('ready');
    expect(scans.at(-1)?.text).toBe('A001');
  });

  it('that is silent stays ready: nobody can know', async () => {
    const { device, scanner } = await onSerial('tcp');
    await device.setFault('silent', true);
    device.scan('A001');
    expect(device.wire()).toEqual([]);
    expect(scanner.status).toMatchObject({ state: 'ready', notes: ['never-heard'] });
  });

  it('shows technicians the length and the beginning of a code only', async () => {
    const { device, frames, reads } = await onSerial('tcp', { aim: true });
    device.scan('PERSONAL-0123456789');
    await reads('PERSONAL-0123456789');
    expect(frames).toHaveLength(1);
    expect(frames[0]!.decoded).toEqual({ symbology: ']Q1', length: 19 });
    expect(frames[0]!.bytes).toHaveLength(3 + 19 + 1);
    expect(Buffer.from(frames[0]!.bytes).toString('latin1')).toBe(`]Q1PERS${'\0'.repeat(16)}`);
    expect(JSON.stringify(frames)).not.toContain('SONAL');
  });
});

describe('a HID scanner', () => {
  it.each([{}, { shift: true }, { suffix: '\r' as const }])(
    'with %o reads codes of any length',
    async (how) => {
      const { device, scans, reads } = await onHid(how);
      device.scan('6901234567892', 'E0');
      device.scan(LONG);
      await reads(LONG);
      expect(scans.map(({ text, symbology }) => [text, symbology])).toEqual([
        ['6901234567892', ']E0'],
        [LONG, ']Q1'],
      ]);
    },
  );

  it('is lost when it is pulled out in the middle of a code, and comes back without the rest of it', async () => {
    const { device, scanner, scans, reads, reaches } = await onHid();
    const reports = scannerReports(LONG);
    device.send(reports.slice(0, 2));
    await device.unplug();
    await until(() => scanner.status.state !== 'ready', 'the unplug');
    await device.plug();
    await reaches('ready');
    await until(() => device.state().hostPresent, 'the device to see its host');
    device.send(reports.slice(2));
    device.scan('A001', 'C0');
    await reads('A001');
    expect(scans.map(({ text }) => text)).not.toContain(LONG);
  });

  it('whose last report gets lost gives nothing of that code, and the next one whole', async () => {
    const { device, scanner, scans, reads } = await onHid();
    await device.setFault('lost-end', true);
    device.scan(LONG);
    await until(() => scanner.status.counters.dropped === 1, 'the code to be dropped');
    await device.setFault('lost-end', false);
    device.scan('A001');
    await reads('A001');
    expect(scans.map(({ text }) => text)).toEqual(['A001']);
  });

  it('that sends other reports than scanners do has the wrong model', async () => {
    const { device, reaches, reads } = await onHid();
    await device.setFault('babble', true);
    for (const text of ['A', 'B', 'C']) device.scan(text);
    await reaches('wrong-settings');
    await device.setFault('babble', false);
    device.scan('A001');
    await reads('A001');
    await reaches('ready');
  });

  it('bounces like any other', async () => {
    const { device, scanner } = await onHid();
    await device.setFault('bounce', true);
    device.scan('A001');
    await until(() => scanner.status.counters.repeats === 1, 'the second reading');
    expect(scanner.status.counters.scans).toBe(1);
  });
});

/** A HID port under the test's hands. */
function handPort() {
  const features: string[] = [];
  const port: HidTransport = {
    onData: null,
    onClosed: null,
    write: async () => ({ ok: true }),
    close: async () => {},
    getFeature: async () => ({ ok: false, trouble: { kind: 'refused', detail: 'no such report' } }),
    sendFeature: async (bytes) => {
      features.push(Buffer.from(bytes).toString('hex'));
      return { ok: false, trouble: { kind: 'refused', detail: 'no such report' } };
    },
  };
  return { port, features };
}

function byHand(make: (parts: ScannerParts) => TextScanner | HidScanner) {
  const clock = new ManualClock();
  const scanner = make({ id: 'scanner-1', clock });
  atEnd(() => scanner.close());
  return { clock, scanner, ...listen(scanner) };
}

describe('time and ports', () => {
  it('asks a HID scanner for its data with FE 01, and a refusal is no trouble', async () => {
    const { scanner } = byHand((parts) => new HidScanner(parts));
    const { port, features } = handPort();
    scanner.attach(port);
    await Promise.resolve();
    expect(features).toEqual(['fe01']);
    expect(scanner.status.state).toBe('ready');
  });

  it('takes the same code again 500 ms after it was last seen, not while it lies there', async () => {
    const { clock, scanner, scans } = byHand((parts) => new HidScanner(parts));
    const { port } = handPort();
    scanner.attach(port);
    const [code] = scannerReports('A001');
    for (let time = 0; time < 5; time++) {
      port.onData?.(code!);
      await clock.advance(300);
    }
    expect(scans).toHaveLength(1);
    await clock.advance(200);
    port.onData?.(code!);
    expect(scans).toHaveLength(2);
    const [other] = scannerReports('A001', { symbology: 'C0' });
    port.onData?.(other!);
    expect(scans, 'another kind of code is another code').toHaveLength(3);
    scanner.detached({ kind: 'unplugged', detail: 'gone' });
    scanner.attach(port);
    port.onData?.(other!);
    expect(scans, 'a new port knows nothing of the old one').toHaveLength(4);
  });

  it('ends a text 50 ms behind its suffix, 150 ms without', async () => {
    const { clock, scanner, scans } = byHand((parts) => new TextScanner(parts));
    const { port } = handPort();
    scanner.attach(port);
    port.onData?.(Buffer.from('A\r'));
    await clock.advance(49);
    expect(scans).toHaveLength(0);
    await clock.advance(1);
    expect(scans).toHaveLength(1);
    port.onData?.(Buffer.from('B'));
    await clock.advance(149);
    port.onData?.(Buffer.from('C'));
    await clock.advance(149);
    expect(scans).toHaveLength(1);
    await clock.advance(1);
    expect(scans.at(-1)?.text).toBe('BC');
    expect(clock.pending).toBe(0);
  });

  it('leaves no timer and no handler behind, whatever ends it', async () => {
    for (const end of ['detached', 'close', 'close twice'] as const) {
      const { clock, scanner, scans } = byHand((parts) => new TextScanner(parts));
      const { port } = handPort();
      scanner.attach(port);
      port.onData?.(Buffer.from('A'));
      if (end === 'detached') scanner.detached({ kind: 'unplugged', detail: 'gone' });
      else await scanner.close();
      if (end === 'close twice') await scanner.close();
      expect(clock.pending).toBe(0);
      expect(port.onData).toBeNull();
      await clock.advance(1_000);
      expect(scans).toEqual([]);
    }
  });

  it('a listener that closes the scanner gets no second code', async () => {
    const { clock, scanner } = byHand((parts) => new HidScanner(parts));
    const { port } = handPort();
    const heard: string[] = [];
    scanner.attach(port);
    scanner.on('scan', ({ text }) => {
      heard.push(text);
      void scanner.close();
    });
    const data = (port as Transport).onData;
    data?.(scannerReports('A')[0]!);
    port.onData?.(scannerReports('B')[0]!);
    await clock.advance(1_000);
    expect(heard).toEqual(['A']);
    expect(clock.pending).toBe(0);
  });

  it.each([
    [{ port: null, garbage: 9, heard: false }, 'opening'],
    [{ port: { kind: 'busy', detail: '' }, garbage: 9, heard: true }, 'busy'],
    [{ port: { kind: 'unplugged', detail: '' }, garbage: 9, heard: true }, 'lost'],
    [{ port: 'open', garbage: 3, heard: true }, 'wrong-settings'],
    [{ port: 'open', garbage: 2, heard: true }, 'ready'],
    [{ port: 'open', garbage: 0, heard: false }, 'ready'],
  ] as const)('ranks %j as %s', (facts, state) => {
    expect(scannerState(facts).state).toBe(state);
  });
});
