/** Clients that break the protocol, or never end: they are let go, and the others notice nothing. */
import { afterEach, expect, it } from 'vitest';
import { seededRandom } from '../../../firmware-sim/faults/random.ts';
import { startUsbBus } from '../../../firmware-sim/usb/bus.ts';
import type { UsbTraffic } from '../../../firmware-sim/usb/connection.ts';
import { until } from '../../harness/programs.ts';
import { recorded } from './recorded.ts';
import { dial, importDevice, list } from './usbip-client.ts';

const opened: { close: () => Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

async function hall() {
  const traffic: UsbTraffic[] = [];
  const usb = await startUsbBus({ port: 0, now: () => 7, onTraffic: (entry) => void traffic.push(entry) });
  opened.push(usb);
  const heard = recorded();
  const serials = [1, 2].map((n) =>
    usb.serial({ vendorId: 0x1209, productId: n, serial: '', product: 'Device' }, heard.events),
  );
  for (const serial of serials) await serial.open();
  const endings = () => traffic.filter(({ what }) => what === 'end').map(({ detail }) => detail);
  return { usb, heard, serials, traffic, endings };
}

/** A frame of 48 bytes from its twelve words; the last two are the setup packet. */
const frame = (...words: number[]) => {
  const bytes = Buffer.alloc(48);
  for (const [at, word] of words.entries()) bytes.writeUInt32BE(word >>> 0, 4 * at);
  return bytes;
};
const device = 0x00010001;

it.each([
  ['an unknown command', frame(9, 1, device), 'unknown command 9'],
  ['an answer instead of a question', frame(3, 1, device), 'unknown command 3'],
  ['a frame for another device', frame(1, 1, 0x00010002), 'a frame for another device'],
  ['an unlink for another device', frame(2, 1, 0x00020001), 'a frame for another device'],
  ['a third direction', frame(1, 1, device, 2), 'unknown direction 2'],
  ['an endpoint that no device can have', frame(1, 1, device, 1, 16), 'there is no endpoint 16'],
  [
    'a transfer over a mebibyte',
    frame(1, 1, device, 0, 2, 0, 0x100001),
    'a transfer of 1048577 bytes; at most 1048576 are taken',
  ],
  [
    'isochronous packets',
    frame(1, 1, device, 1, 1, 0, 64, 0, 8),
    'an isochronous transfer; no device here has such an endpoint',
  ],
])('ends the connection for %s and says why', async (_name, bytes, reason) => {
  const { usb, endings, serials } = await hall();
  const other = await importDevice(usb.port, '1-2');
  await other.configure();
  const host = await importDevice(usb.port, '1-1');
  host.line.send(bytes);
  await host.ended();
  expect(endings()).toEqual([reason]);
  // The device is free again, and the other one was never disturbed.
  expect((await list(usb.port)).map(({ busId }) => busId)).toEqual(['1-1']);
  await other.control('21 22 01 00 00 00 00 00');
  serials[1]?.write(Buffer.from('still here'));
  expect((await other.transfer(0x82, 64)).bytes.toString()).toBe('still here');
});

it.each([
  ['another version', '0106800500000000', 'it speaks version 0106, not 0111'],
  ['another operation', '0111800900000000', 'unknown operation 8009'],
])('ends the connection for %s before any device is touched', async (_name, hex, reason) => {
  const { usb, endings } = await hall();
  const line = await dial(usb.port);
  line.send(Buffer.from(hex, 'hex'));
  expect((await line.whole()).length).toBe(0);
  expect(endings()).toEqual([reason]);
});

it('refuses a bus id without an end, or with another one inside', async () => {
  const { usb, traffic } = await hall();
  for (const name of ['1-1'.padEnd(32, '1'), '1-1/../1-2'.padEnd(32, '\0'), ''.padEnd(32, '\0')]) {
    const line = await dial(usb.port);
    line.send(Buffer.concat([Buffer.from('0111800300000000', 'hex'), Buffer.from(name, 'latin1')]));
    expect((await line.whole()).toString('hex')).toBe('0111000300000004');
  }
  expect(traffic.filter(({ what }) => what === 'refused').length).toBe(3);
  expect(traffic[0]).toMatchObject({ at: 7, peer: expect.stringMatching(/^127\.0\.0\.1:\d+$/) });
});

it('bounds what one client may leave waiting', async () => {
  const { usb, endings, serials } = await hall();
  const many = await importDevice(usb.port, '1-1');
  await many.configure();
  for (let n = 0; n < 257; n++) many.submit(0x82, 64);
  await many.ended();
  const large = await importDevice(usb.port, '1-1');
  await large.configure();
  serials[0]?.setReading(false);
  for (let n = 0; n < 9; n++) large.submit(0x02, Buffer.alloc(1024 * 1024));
  await large.ended();
  const twice = await importDevice(usb.port, '1-1');
  await twice.configure();
  for (let n = 0; n < 2; n++) twice.line.send(frame(1, 77, device, 1, 2, 0, 64, 0, 0xffffffff));
  await twice.ended();
  expect(endings()).toEqual([
    'more than 256 transfers waiting',
    'more than 8388608 bytes waiting',
    'transfer 77 is already waiting',
  ]);
});

it('counts nothing that was given up', async () => {
  const { usb, serials } = await hall();
  const host = await importDevice(usb.port, '1-1');
  await host.configure();
  serials[0]?.setReading(false);
  for (let n = 0; n < 300; n++) {
    await host.unlink(host.submit(0x82, 64));
    await host.unlink(host.submit(0x02, Buffer.alloc(64 * 1024)));
  }
  expect(await host.control('80 08 00 00 00 00 01 00')).toBe('01');
});

it('lets a client go that never reads its answers', async () => {
  const { usb, endings } = await hall();
  const host = await importDevice(usb.port, '1-1');
  host.line.socket.pause();
  // GET_DESCRIPTOR of the configuration, again and again: 115 bytes each.
  const ask = frame(1, 1, device, 1, 0, 0, 255, 0, 0xffffffff, 0, 0x80060002, 0x0000ff00);
  const flood = Buffer.concat(Array.from({ length: 1000 }, () => ask));
  for (let sent = 0; sent < 400 && endings().length === 0; sent++) {
    host.line.send(flood);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await until('the server to let it go', () => endings().length > 0);
  expect(endings()[0]).toMatch(/^it left \d+ bytes of answers unread$/);
  host.line.socket.destroy();
  expect((await list(usb.port)).length).toBe(2);
});

it('survives random bytes before and after an import, and goes on serving', async () => {
  const { usb, heard } = await hall();
  const other = await importDevice(usb.port, '1-2');
  await other.configure();
  const random = seededRandom(20261123);
  const noise = (length: number) => Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)));
  for (let round = 0; round < 40; round++) {
    const line = await dial(usb.port);
    line.send(noise(1 + Math.floor(random() * 300)));
    line.socket.end();
    await line.whole();
    // Random fields in frames of the right form: any setup packet, any endpoint, any length up to 300.
    const host = await importDevice(usb.port, '1-1');
    await host.configure();
    for (let n = 0; n < 40 && !host.closed(); n++) {
      const toHost = random() < 0.5;
      const endpoint = Math.floor(random() * 4);
      const length = Math.floor(random() * 300);
      host.submit(toHost ? 0x80 | endpoint : endpoint, toHost ? length : noise(length), {
        setup: noise(8).toString('hex'),
        flags: Math.floor(random() * 0x10000),
      });
    }
    host.line.send(noise(48));
    host.line.socket.end();
    await host.ended();
    await until('the device to be free', async () => (await list(usb.port)).length === 1);
  }
  await other.transfer(0x02, Buffer.from('whole'));
  expect(heard.hex().endsWith(Buffer.from('whole').toString('hex'))).toBe(true);
});

it('has no more than sixty-four connections', async () => {
  const { usb, endings } = await hall();
  const lines = [];
  for (let n = 0; n < 64; n++) lines.push(await dial(usb.port));
  const late = await dial(usb.port);
  await late.whole();
  expect(endings()).toEqual(['over 64 connections']);
  for (const line of lines) line.socket.destroy();
  await until('room again', async () => (await list(usb.port).catch(() => [])).length === 2);
});
