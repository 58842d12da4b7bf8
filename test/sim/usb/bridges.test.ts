/** Bridge chips, asked as the Linux drivers ask them at probe, open, change of line and close. */
import { afterEach, expect, it } from 'vitest';
import type { BridgeChip } from '../../../firmware-sim/port/usb.ts';
import { ft232rBaud } from '../../../firmware-sim/usb/ft232r.ts';
import { pl2303Baud } from '../../../firmware-sim/usb/pl2303.ts';
import { ch340Baud, ch340Line } from '../../../firmware-sim/usb/ch340.ts';
import { startUsbBus } from '../../../firmware-sim/usb/bus.ts';
import { bridgeIdentities } from '../../../firmware-sim/usb/serial-function.ts';
import { recorded } from './recorded.ts';
import { importDevice, list, type UsbHost } from './usbip-client.ts';

const opened: { close: () => Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

async function bridge(chip: Exclude<BridgeChip, 'cdc-acm'>) {
  const usb = await startUsbBus({ port: 0 });
  opened.push(usb);
  const heard = recorded();
  const port = usb.serial({ ...bridgeIdentities[chip], chip }, heard.events);
  await port.open();
  const [device] = await list(usb.port);
  const host = await importDevice(usb.port, '1-1');
  await host.configure();
  return { port, host, heard, device };
}

/** Each question and its answer; '' for a request that only sets. */
async function ask(host: UsbHost, ...dialogue: [setup: string, answer: string, data?: string][]) {
  for (const [setup, answer, data] of dialogue)
    expect([setup, await host.control(setup, data)]).toEqual([setup, answer]);
}

/** Waits for bytes as an open port does: two transfers, and the device knows of them. */
async function openPort(host: UsbHost, address: number) {
  const reads = [host.submit(address, 512), host.submit(address, 512)];
  await host.control('80 08 00 00 00 00 01 00');
  return reads;
}

it('CH340: probe, line at two rates with parity, bytes, presence', async () => {
  const { port, host, heard, device } = await bridge('ch340');
  expect(device).toMatchObject({ ids: '1a86:7523', release: '0264', interfaces: ['ff010200'] });
  expect(await host.control('80 06 00 02 00 00 ff 00')).toBe(
    '09022700010100' + '8032' + '0904000003ff010200' + '07058202200000' + '07050202200000' + '07058103080001',
  );
  await ask(
    host,
    ['c0 5f 00 00 00 00 02 00', '3100'], // version 31
    ['40 a1 00 00 00 00 00 00', ''],
    ['40 9a 12 13 82 b2 00 00', ''], // divisor b2 at prescaler 2: 9600
    ['40 9a 18 25 c3 00 00 00', ''], // 8N1
    ['40 a4 ff ff 00 00 00 00', ''],
    ['c0 95 05 00 00 00 02 00', '0000'], // the break register is there
    ['c0 95 06 07 00 00 02 00', 'ffee'], // no modem line raised
  );
  expect(heard.line()).toEqual({ baud: 9600, dataBits: 8, parity: 'none', stopBits: 1 });
  expect(heard.present()).toBe(false);
  const [first = 0, second = 0] = await openPort(host, 0x82);
  expect(heard.present()).toBe(true);
  await ask(host, ['40 9a 12 13 83 cc 00 00', ''], ['40 9a 18 25 de 00 00 00', '']);
  expect(heard.line()).toEqual({ baud: 115200, dataBits: 7, parity: 'even', stopBits: 2 });
  // A break and its end, by the registers 05 and 18.
  await ask(
    host,
    ['c0 95 05 18 00 00 02 00', '00de'],
    ['40 9a 05 18 00 9e 00 00', ''],
    ['40 9a 05 18 01 de 00 00', ''],
  );
  port.write(Buffer.alloc(32, 0x41));
  expect((await host.answer(first)).bytes.toString('hex')).toBe('41'.repeat(32));
  await host.transfer(0x02, Buffer.from('to the line'));
  expect(Buffer.from(heard.hex(), 'hex').toString()).toBe('to the line');
  await host.unlink(second);
  expect(heard.hosts).toEqual([true, false]);
});

it("CH340: the maker's own driver sets the line by its init request", async () => {
  const { host, heard } = await bridge('ch340');
  await ask(host, ['40 a1 9c c3 82 b2 00 00', '']);
  expect(heard.line()).toEqual({ baud: 9600, dataBits: 8, parity: 'none', stopBits: 1 });
});

it.each([
  [0x80, 0xd9, 300],
  [0x81, 0xd9, 2400],
  [0x83, 0x64, 38400],
  [0x83, 0x98, 57600],
  [0x83, 0xcc, 115200],
  [0x87, 0xf3, 921600],
])('CH340: registers %i and %i are %i baud', (prescaler, divisor, baud) => {
  expect(ch340Baud(prescaler, divisor)).toBe(baud);
});

it('CH340: reads every parity', () => {
  expect(['c3', 'cb', 'db', 'eb', 'fb'].map((hex) => ch340Line(Number.parseInt(hex, 16)).parity)).toEqual([
    'none',
    'odd',
    'even',
    'mark',
    'space',
  ]);
});

it('CP2102: probe, open, line, escaped bytes, close', async () => {
  const { port, host, heard, device } = await bridge('cp210x');
  expect(device).toMatchObject({ ids: '10c4:ea60', interfaces: ['ff000000'] });
  await ask(
    host,
    ['c0 ff 0b 37 00 00 01 00', '02'], // part number: CP2102
    ['41 00 01 00 00 00 00 00', ''], // enable
    ['41 1e 00 00 00 00 04 00', '', '80250000'],
    ['41 03 00 08 00 00 00 00', ''], // 8N1
    ['41 19 00 00 00 00 06 00', '', '000000001113'],
    ['c1 14 00 00 00 00 10 00', '00'.repeat(16)],
    ['41 13 00 00 00 00 10 00', '', '01000000400000000000000000000000'],
    ['c1 14 00 00 00 00 10 00', '01000000400000000000000000000000'],
    ['41 07 03 03 00 00 00 00', ''], // DTR and RTS
    ['c1 08 00 00 00 00 01 00', '03'],
    ['c1 10 00 00 00 00 13 00', '00'.repeat(19)],
  );
  expect(heard.line()).toEqual({ baud: 9600, dataBits: 8, parity: 'none', stopBits: 1 });
  const [first = 0, second = 0] = await openPort(host, 0x81);
  expect(heard.present()).toBe(true);
  await ask(host, ['41 1e 00 00 00 00 04 00', '', '00c20100'], ['41 03 22 07 00 00 00 00', '']);
  expect(heard.line()).toEqual({ baud: 115200, dataBits: 7, parity: 'even', stopBits: 2 });
  await ask(host, ['c1 1d 00 00 00 00 04 00', '00c20100'], ['c1 04 00 00 00 00 02 00', '2207']);
  // 3686400 / 96, as older drivers set it.
  await ask(host, ['41 01 60 00 00 00 00 00', '']);
  expect(heard.line()?.baud).toBe(38400);
  port.write(Buffer.from('01ec02', 'hex'));
  expect((await host.answer(first)).bytes.toString('hex')).toBe('01ec02');
  // With embedded events the driver expects the escape character to be escaped.
  await ask(host, ['41 15 ec 00 00 00 00 00', '']);
  port.write(Buffer.from('01ec02', 'hex'));
  expect((await host.answer(second)).bytes.toString('hex')).toBe('01ec0002');
  await ask(
    host,
    ['41 07 00 03 00 00 00 00', ''],
    ['c1 08 00 00 00 00 01 00', '00'],
    ['41 12 0f 00 00 00 00 00', ''],
    ['41 00 00 00 00 00 00 00', ''],
    ['41 03 00 09 00 00 00 00', 'STALL'], // nine data bits
    ['41 1e 00 00 00 00 04 00', 'STALL', '00000000'],
    ['c1 55 00 00 00 00 04 00', 'STALL'],
  );
  expect(heard.hosts).toEqual([true, false]);
});

it('PL2303: probe, line as rate and as divisor, bytes, presence', async () => {
  const { port, host, heard, device } = await bridge('pl2303');
  expect(device).toMatchObject({ ids: '067b:2303', release: '0300', interfaces: ['ff000000'] });
  await ask(
    host,
    ['c0 01 84 84 00 00 01 00', '00'],
    ['40 01 04 04 00 00 00 00', ''],
    ['c0 01 84 84 00 00 01 00', '00'],
    ['c0 01 83 83 00 00 01 00', '00'],
    ['40 01 04 04 01 00 00 00', ''],
    ['c0 01 84 84 00 00 01 00', '01'],
    ['40 01 00 00 01 00 00 00', ''],
    ['40 01 01 00 00 00 00 00', ''],
    ['40 01 02 00 44 00 00 00', ''],
    ['a1 21 00 00 00 00 07 00', '80250000000008'],
    ['21 20 00 00 00 00 07 00', '', '00c20100000008'],
    ['c0 01 80 00 00 00 01 00', '01'],
    ['40 01 00 00 c1 00 00 00', ''],
    ['21 22 03 00 00 00 00 00', ''],
    ['a1 21 00 00 00 00 07 00', '00c20100000008'],
    ['21 23 ff ff 00 00 00 00', ''],
  );
  expect(heard.line()).toEqual({ baud: 115200, dataBits: 8, parity: 'none', stopBits: 1 });
  await host.control('21 20 00 00 00 00 07 00', '80250000 02 01 07');
  expect(heard.line()).toEqual({ baud: 9600, dataBits: 7, parity: 'odd', stopBits: 2 });
  const [first = 0, second = 0] = await openPort(host, 0x83);
  port.write(Buffer.from('key'));
  expect((await host.answer(first)).bytes.toString()).toBe('key');
  await host.transfer(0x02, Buffer.from('light'));
  expect(heard.hex()).toBe('6c69676874');
  await host.unlink(second);
  // Bytes that the chip held are gone when the driver resets its way up.
  port.write(Buffer.from('stale'));
  await ask(host, ['40 01 08 00 00 00 00 00', ''], ['40 01 09 00 00 00 00 00', '']);
  port.write(Buffer.from('new'));
  expect((await host.transfer(0x83, 512)).bytes.toString()).toBe('new');
});

it('PL2303: reads a rate that is set as mantissa and exponent', () => {
  // 384 MHz / (488 · 4³) = 12295; 384 MHz / (320 · 4^2) = 75000
  expect(pl2303Baud(Uint8Array.of(0xe8, 0x07, 0, 0x80))).toBe(12295);
  expect(pl2303Baud(Uint8Array.of(0x40, 0x05, 0, 0x80))).toBe(75000);
  expect(pl2303Baud(Uint8Array.of(0x80, 0x25, 0, 0))).toBe(9600);
});

it('FT232R: probe, open, line, two state bytes in each packet', async () => {
  const { port, host, heard, device } = await bridge('ftdi');
  expect(device).toMatchObject({ ids: '0403:6001', release: '0600', interfaces: ['ffffff00'] });
  await ask(
    host,
    ['c0 0a 00 00 00 00 01 00', '10'], // latency 16 ms
    ['40 09 ff 00 00 00 00 00', ''],
    ['c0 90 00 00 0a 00 02 00', '2310'], // EEPROM: what the CBUS pins are
    ['40 00 00 00 00 00 00 00', ''], // reset
    ['40 04 08 00 00 00 00 00', ''], // 8N1
    ['40 03 38 41 00 00 00 00', ''], // 9600
    ['40 02 11 13 00 04 00 00', ''],
    ['40 01 03 03 00 00 00 00', ''],
    ['c0 05 00 00 00 00 02 00', '0160'],
  );
  expect(heard.line()).toEqual({ baud: 9600, dataBits: 8, parity: 'none', stopBits: 1 });
  await ask(host, ['40 03 1a 00 00 00 00 00', ''], ['40 04 07 12 00 00 00 00', '']);
  expect(heard.line()).toEqual({ baud: 115200, dataBits: 7, parity: 'even', stopBits: 2 });
  const [first = 0, second = 0] = await openPort(host, 0x81);
  // 124 bytes are two full packets, and the state alone behind them.
  port.write(Buffer.alloc(124, 0x41));
  expect((await host.answer(first)).bytes.toString('hex')).toBe(`${`0160${'41'.repeat(62)}`.repeat(2)}0160`);
  // The state comes by itself after the latency time.
  expect((await host.answer(second)).bytes.toString('hex')).toBe('0160');
  await host.transfer(0x02, Buffer.from('light'));
  expect(heard.hex()).toBe('6c69676874');
  // Opening it again resets the chip: what it held is gone.
  port.write(Buffer.from('stale'));
  await ask(host, ['40 00 00 00 00 00 00 00', '']);
  port.write(Buffer.from('new'));
  expect((await host.transfer(0x81, 64)).bytes.toString('latin1')).toBe('\x01\x60new');
  await ask(host, ['40 09 00 00 00 00 00 00', 'STALL'], ['40 04 09 00 00 00 00 00', 'STALL']);
});

it.each([
  [0x4138, 0, 9600],
  [0x809c, 0, 19200],
  [0x04e2, 0, 2400],
  [0xc034, 0, 57600],
  [0x001a, 0, 115200],
  [0x8003, 0, 921600],
  [0x0000, 0, 3000000],
  [0x0001, 0, 2000000],
  [0xc003, 1, 774194], // 3 MHz / (3 + 7/8)
])('FT232R: divisor %i with index %i is %i baud', (value, index, baud) => {
  expect(ft232rBaud(value, index)).toBe(baud);
});

it.each([
  ['ch340', 32, 0x82],
  ['pl2303', 256, 0x83],
] as const)('%s holds %i bytes while nobody reads', async (chip, fifo, address) => {
  const { port, host } = await bridge(chip);
  for (let n = 0; n < fifo + 50; n++) port.write(Uint8Array.of(n & 0xff));
  let got = 0;
  const first = await host.transfer(address, 32);
  got += first.actual;
  while (got < fifo) got += (await host.transfer(address, 32)).actual;
  const none = host.submit(address, 32);
  await host.control('80 08 00 00 00 00 01 00');
  expect([got, host.answered(none)]).toEqual([fifo, false]);
});

it.each([
  ['ch340', 0x82, '40 a4 ff ff 00 00 00 00'],
  ['pl2303', 0x83, '21 22 00 00 00 00 00 00'],
  ['ftdi', 0x81, '40 01 00 03 00 00 00 00'],
] as const)('%s has no host when DTR falls while no transfer waits', async (chip, address, dropped) => {
  const { port, host, heard } = await bridge(chip);
  const read = host.submit(address, 512);
  port.write(Buffer.from('last'));
  await host.answer(read);
  expect(heard.hosts).toEqual([true]);
  await host.control(dropped);
  expect(heard.hosts).toEqual([true, false]);
});

it('a CP2102 hears nothing from its line before its port is enabled', async () => {
  const { port, host } = await bridge('cp210x');
  port.write(Buffer.from('unheard'));
  await host.control('41 00 01 00 00 00 00 00');
  port.write(Buffer.from('heard'));
  expect((await host.transfer(0x81, 64)).bytes.toString()).toBe('heard');
});
