import { connect, type Socket } from 'node:net';
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { hidPosDescriptor, scannerReports } from '../../firmware-sim/scanner/hid-pos.ts';
import { startHidScanner } from '../../firmware-sim/scanner/hid-scanner.ts';
import { startScanner, type ScannerOptions } from '../../firmware-sim/scanner/scanner.ts';
import { until } from '../device/manual-clock.ts';
import { atEnd, closeAll } from '../device/on-port.ts';

afterEach(closeAll);

const vectors = JSON.parse(readFileSync(new URL('../vectors/scanner.json', import.meta.url), 'utf8')) as {
  hid: { name: string; reports: string[] }[];
};

async function host(options: Partial<ScannerOptions>) {
  const device = await startScanner({ port: 'tcp:0', ...options });
  atEnd(() => device.close());
  const received = { hex: '', pieces: 0 };
  const socket: Socket = connect(Number(device.port.split(':')[2]), '127.0.0.1');
  atEnd(() => socket.destroy());
  socket.on('error', () => {});
  socket.on('data', (bytes) => {
    received.hex += bytes.toString('hex');
    received.pieces += 1;
  });
  await until(() => device.state().hostPresent, 'the host');
  return { device, socket, received };
}

describe('the simulated serial scanner', () => {
  it.each([
    [{ suffix: 'cr' }, '413030310d'],
    [{ suffix: 'lf' }, '413030310a'],
    [{ suffix: 'crlf', aim: true }, '5d5131413030310d0a'],
    [{ suffix: 'none', aim: true }, '5d513141303031'],
  ] as const)('set to %o sends %s', async (options, hex) => {
    const { device, received } = await host(options);
    device.scan('A001');
    await until(() => received.hex.length >= hex.length, 'the code');
    expect(received.hex).toBe(hex);
  });

  it('encodes as it is set', async () => {
    const { device, received } = await host({ encoding: 'gb18030', aim: true });
    device.scan('预约', 'd1');
    await until(() => received.hex.endsWith('0d'), 'the code');
    expect(received.hex).toBe('5d6431d4a4d4bc0d');
  });

  it('has faults that change what comes, and refuses others', async () => {
    const { device, received } = await host({});
    await device.setFault('lost-suffix', true);
    device.scan('A');
    await until(() => received.hex === '41', 'the code without suffix');
    await device.setFault('lost-suffix', false);
    await device.setFault('silent', true);
    device.scan('B');
    await device.setFault('silent', false);
    await device.setFault('bounce', true);
    device.scan('C');
    await until(() => received.hex === '41430d430d', `C twice, is ${received.hex}`);
    await device.setFault('bounce', false);
    await device.setFault('split-frames', true, { ms: 80 });
    const { pieces } = received;
    device.scan('DEFGHIJKLMNO');
    await until(() => received.hex.endsWith('4f0d'), 'the last byte');
    expect(received.pieces).toBeGreaterThan(pieces + 2);
    await expect(device.setFault('paper-out', true)).rejects.toThrow(/it has: unplugged/);
    expect(device.faults()).toEqual(['split-frames']);
  });

  it('babbles until it is told to stop, and ends when closed', async () => {
    const { device, received } = await host({});
    await device.setFault('babble', true);
    await until(() => received.hex.length > 2_000, 'babble');
    await device.setFault('unplugged', true);
    expect(device.plugged).toBe(false);
    await device.setFault('unplugged', false);
    expect(device.plugged).toBe(true);
    await device.close();
    await device.close();
  });
});

/** What a descriptor says of its reports: bits of each kind and report id. */
function bitsOf(descriptor: Uint8Array): Record<string, number> {
  const bits: Record<string, number> = {};
  let [size, count, id, depth] = [0, 0, 0, 0];
  for (let at = 0; at < descriptor.length;) {
    const prefix = descriptor[at]!;
    const length = [0, 1, 2, 4][prefix & 3]!;
    const value = descriptor
      .subarray(at + 1, at + 1 + length)
      .reduceRight((sum, byte) => sum * 256 + byte, 0);
    at += 1 + length;
    const tag = prefix & 0xfc;
    if (tag === 0x74) size = value;
    if (tag === 0x94) count = value;
    if (tag === 0x84) id = value;
    if (tag === 0xa0) depth += 1;
    if (tag === 0xc0) depth -= 1;
    const kind = { 0x80: 'input', 0x90: 'output', 0xb0: 'feature' }[tag];
    if (kind) bits[`${kind} ${id}`] = (bits[`${kind} ${id}`] ?? 0) + size * count;
  }
  expect(depth, 'collections closed').toBe(0);
  return bits;
}

describe('the simulated HID scanner', () => {
  it('describes reports of 64 and 2 bytes with their ids', () => {
    expect(bitsOf(hidPosDescriptor)).toEqual({ 'input 2': 63 * 8, 'feature 254': 8 });
  });

  it.each([
    ['EAN-13', () => scannerReports('6901234567892', { symbology: 'E0' })],
    ['QR code with CR behind', () => scannerReports('A001', { suffix: '\r' })],
    ['AIM id and content shifted by one', () => scannerReports('A001', { shift: true })],
    ['GB18030', () => scannerReports('预约', { encoding: 'gb18030' })],
    ['UTF-8, a character cut by the end of a report', () => scannerReports(`${'A'.repeat(55)}预约`)],
  ])('builds the reports of the vector "%s"', (name, build) => {
    const expected = vectors.hid.find((vector) => vector.name === name)!.reports;
    // The maker's symbology id is left 00.
    const hex = build().map((report) => Buffer.from(report).toString('hex').toUpperCase());
    expect(hex).toEqual(expected.map((report) => `${report.slice(0, 122)}00${report.slice(124)}`));
  });

  it('lives on a socket, and a pulled plug tells its host', async () => {
    const device = await startHidScanner({ port: 'socket' });
    atEnd(() => device.close());
    expect(device.port).toBe('hid:1209:0002:SIM0001');
    const [entry] = device.socket!.list();
    expect(entry).toMatchObject({ usagePage: 0x8c, usage: 2 });
    const heard: number[] = [];
    const seen = { unplugged: false };
    const opened = device.socket!.open(entry!.path, {
      onReport: (report) => heard.push(report.length),
      onUnplugged: () => (seen.unplugged = true),
    });
    expect(opened).not.toBeNull();
    device.scan('A'.repeat(57));
    await until(() => heard.length === 2, 'two reports');
    await device.setFault('lost-report', true);
    device.scan('A'.repeat(57));
    await until(() => heard.length === 3, 'one report');
    expect(heard).toEqual([64, 64, 64]);
    await device.unplug();
    await until(() => seen.unplugged, 'the pulled plug');
    expect(device.socket!.list()).toEqual([]);
    device.scan('B');
    await device.close();
    await device.close();
  });
});
