/** A USB/IP server's front door: lists, imports, standard requests, plugs. Bytes typed from usbip_protocol.rst and USB 2.0 chapter 9. */
import { afterEach, expect, it } from 'vitest';
import { startUsbBus } from '../../../firmware-sim/usb/bus.ts';
import { PortError } from '../../../firmware-sim/port/port.ts';
import { until } from '../../harness/programs.ts';
import { recorded } from './recorded.ts';
import { CONNECTION_RESET, dial, importDevice, list, SHUTDOWN, STALL, tryImport } from './usbip-client.ts';

const opened: { close: () => Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

async function bus() {
  const made = await startUsbBus({ port: 0 });
  opened.push(made);
  return made;
}

const printerId = { vendorId: 0x1209, productId: 0x0006, serial: 'LP1', product: 'Ticket printer' };
const serialId = { vendorId: 0x1209, productId: 0x0003, serial: 'EV1', product: 'Evaluator' };

async function busWithPrinter() {
  const usb = await bus();
  const heard = recorded();
  const printer = usb.printer(printerId, { ...heard.events, onPortStatus: () => 0x18, onReset: () => {} });
  await printer.open();
  return { usb, printer, heard };
}

/** `path` of 256 bytes and `busid` of 32, padded with zeros. */
const padded = (text: string, length: number) =>
  Buffer.from(text, 'latin1')
    .toString('hex')
    .padEnd(2 * length, '0');
const deviceHex =
  padded('/sys/devices/hall-sim/usb1/1-1', 256) +
  padded('1-1', 32) +
  '00000001' + // busnum
  '00000001' + // devnum
  '00000002' + // full speed
  '1209' + // idVendor
  '0006' + // idProduct
  '0100' + // bcdDevice
  '000000' + // class of its interface
  '01' + // bConfigurationValue
  '01' + // bNumConfigurations
  '01'; // bNumInterfaces

it('answers a list and an import to the letter of the protocol page', async () => {
  const { usb } = await busWithPrinter();
  const lister = await dial(usb.port);
  lister.send(Buffer.from('0111800500000000', 'hex'));
  expect((await lister.whole()).toString('hex')).toBe(`01110005000000000000000${1}${deviceHex}07010200`);

  const importer = await dial(usb.port);
  importer.send(Buffer.from(`0111800300000000${padded('1-1', 32)}`, 'hex'));
  expect((await importer.take(320)).toString('hex')).toBe(`0111000300000000${deviceHex}`);
  // GET_DESCRIPTOR device, 18 bytes, as sequence number 5 to device 1.1.
  importer.send(
    Buffer.from(
      '00000001' +
        '00000005' +
        '00010001' +
        '00000001' +
        '00000000' +
        '00000200' +
        '00000012' +
        '00000000' +
        'ffffffff' +
        '00000000' +
        '8006000100001200',
      'hex',
    ),
  );
  expect((await importer.take(66)).toString('hex')).toBe(
    '00000003' +
      '00000005' +
      '00000000' +
      '00000000' +
      '00000000' +
      '00000000' +
      '00000012' +
      '00000000' +
      'ffffffff' +
      '00000000' +
      '0000000000000000' +
      '12010002' +
      '00000040' +
      '0912' +
      '0600' +
      '0001' +
      '010203' +
      '01',
  );
  // An unlink of what is already done: status 0.
  importer.send(
    Buffer.from(
      '00000002' + '00000006' + '00010001' + '00000000' + '00000000' + '00000005' + '00'.repeat(24),
      'hex',
    ),
  );
  expect((await importer.take(48)).toString('hex')).toBe(
    '00000004' + '00000006' + '00000000'.repeat(4) + '00'.repeat(24),
  );
});

it('understands a conversation cut at every byte', async () => {
  const { usb } = await busWithPrinter();
  const words = [
    `0111800300000000${padded('1-1', 32)}`,
    // SET_CONFIGURATION 1, then a bulk OUT of five bytes to endpoint 2.
    '00000001' +
      '00000001' +
      '00010001' +
      '00000000' +
      '00000000' +
      '00000000' +
      '00000000' +
      '00000000' +
      'ffffffff' +
      '00000000' +
      '0009010000000000',
    '00000001' +
      '00000002' +
      '00010001' +
      '00000000' +
      '00000002' +
      '00000000' +
      '00000005' +
      '00000000' +
      'ffffffff' +
      '00000000' +
      '0000000000000000' +
      '1b40414243',
  ];
  const whole = Buffer.from(words.join(''), 'hex');
  const answer =
    '0111000300000000' +
    deviceHex +
    '00000003' +
    '00000001' +
    '00'.repeat(24) +
    'ffffffff' +
    '00'.repeat(12) +
    '00000003' +
    '00000002' +
    '00'.repeat(16) +
    '00000005' +
    '00000000' +
    'ffffffff' +
    '00'.repeat(12);
  for (let cut = 1; cut < whole.length; cut++) {
    const line = await dial(usb.port);
    line.send(whole.subarray(0, cut));
    // The first part has been read when the server has answered what was whole in it.
    await new Promise((resolve) => setImmediate(resolve));
    line.send(whole.subarray(cut));
    expect((await line.take(answer.length / 2)).toString('hex')).toBe(answer);
    line.socket.end();
    await line.whole();
  }
});

it('answers the standard requests of USB 2.0 chapter 9', async () => {
  const { usb } = await busWithPrinter();
  const host = await importDevice(usb.port, '1-1');
  expect(await host.control('80 06 00 01 00 00 08 00')).toBe('1201000200000040');
  // Configuration: 9 + 9 + 7 + 7 bytes; printer class, bulk OUT 02, bulk IN 81.
  const configuration =
    '09022000010100' + '8032' + '0904000002' + '070102' + '00' + '07050202400000' + '07058102400000';
  expect(await host.control('80 06 00 02 00 00 09 00')).toBe(configuration.slice(0, 18));
  expect(await host.control('80 06 00 02 00 00 ff 00')).toBe(configuration);
  expect(await host.control('80 06 00 03 00 00 ff 00')).toBe('04030904');
  expect(await host.control('80 06 03 03 09 04 ff 00')).toBe('08034c0050003100');
  expect(await host.control('80 06 02 03 09 04 02 00')).toBe('1e03');
  // No qualifier at full speed, no BOS, no such string, no Microsoft string, no other language.
  for (const asked of ['00 06', '00 0f', '04 03', 'ee 03'])
    expect(await host.control(`80 06 ${asked} 09 04 ff 00`)).toBe('STALL');
  expect(await host.control('80 06 03 03 04 04 ff 00')).toBe('STALL');
  expect(await host.control('00 05 07 00 00 00 00 00')).toBe('');

  expect(await host.control('80 08 00 00 00 00 01 00')).toBe('00');
  // Before it is configured its interface and endpoints answer nothing.
  expect(await host.control('81 0a 00 00 00 00 01 00')).toBe('STALL');
  expect(await host.control('82 00 00 00 81 00 02 00')).toBe('STALL');
  expect((await host.transfer(0x02, Buffer.from('early'))).status).toBe(-71);
  expect(await host.control('00 09 02 00 00 00 00 00')).toBe('STALL');
  expect(await host.configure()).toBe('');
  expect(await host.control('80 08 00 00 00 00 01 00')).toBe('01');

  expect(await host.control('80 00 00 00 00 00 02 00')).toBe('0000');
  expect(await host.control('81 00 00 00 00 00 02 00')).toBe('0000');
  expect(await host.control('82 00 00 00 81 00 02 00')).toBe('0000');
  expect(await host.control('81 0a 00 00 00 00 01 00')).toBe('00');
  expect(await host.control('01 0b 00 00 00 00 00 00')).toBe('');
  // Another setting, another interface, another endpoint, remote wake-up, a vendor's request: there is none.
  for (const unknown of [
    '01 0b 01 00 00 00 00 00',
    '81 0a 00 00 01 00 01 00',
    '82 00 00 00 83 00 02 00',
    '00 03 01 00 00 00 00 00',
    'c0 11 00 00 00 00 08 00',
    '82 0c 00 00 81 00 02 00',
  ])
    expect(await host.control(unknown)).toBe('STALL');
  expect((await host.transfer(0x83, 64)).status).toBe(-71);
});

it('halts an endpoint for good, until the halt is cleared', async () => {
  const { usb, printer, heard } = await busWithPrinter();
  const host = await importDevice(usb.port, '1-1');
  await host.configure();
  const waiting = host.submit(0x81, 64);
  expect(await host.control('02 03 00 00 81 00 00 00')).toBe('');
  expect((await host.answer(waiting)).status).toBe(STALL);
  expect(await host.control('82 00 00 00 81 00 02 00')).toBe('0100');
  expect((await host.transfer(0x81, 64)).status).toBe(STALL);
  await host.control('02 03 00 00 02 00 00 00');
  expect((await host.transfer(0x02, Buffer.from('lost'))).status).toBe(STALL);
  expect(heard.hex()).toBe('');
  await host.control('02 01 00 00 81 00 00 00');
  expect(await host.control('82 00 00 00 81 00 02 00')).toBe('0000');
  printer.write(Buffer.from('16', 'hex'));
  expect((await host.transfer(0x81, 64)).bytes.toString('hex')).toBe('16');
  // Choosing the interface's setting again clears the other one.
  await host.control('01 0b 00 00 00 00 00 00');
  expect((await host.transfer(0x02, Buffer.from('heard'))).status).toBe(0);
});

it('unlinks what waits, and says when it came too late', async () => {
  const { usb, printer } = await busWithPrinter();
  const host = await importDevice(usb.port, '1-1');
  await host.configure();
  const first = host.submit(0x81, 64);
  const second = host.submit(0x81, 64);
  expect(await host.unlink(first)).toBe(CONNECTION_RESET);
  expect(await host.unlink(first)).toBe(0);
  printer.write(Buffer.from('ab', 'hex'));
  expect((await host.answer(second)).bytes.toString('hex')).toBe('ab');
  expect(await host.unlink(second)).toBe(0);
  expect(host.answered(first)).toBe(false);
  // What is NAKed on the way out is given up too, and never heard.
  printer.setReading(false);
  const stuck = host.submit(0x02, Buffer.from('stuck'));
  expect(await host.unlink(stuck)).toBe(CONNECTION_RESET);
});

it('is as new after a bus reset, and still configured', async () => {
  const { usb, heard } = await busWithPrinter();
  const host = await importDevice(usb.port, '1-1');
  await host.configure();
  await host.control('02 03 00 00 02 00 00 00');
  const waiting = host.submit(0x81, 64);
  // SET_FEATURE PORT_RESET, as a client sends it for a hub's port.
  expect(await host.control('23 03 04 00 00 00 00 00')).toBe('');
  expect((await host.answer(waiting)).status).toBe(CONNECTION_RESET);
  expect(await host.control('80 08 00 00 00 00 01 00')).toBe('01');
  await host.transfer(0x02, Buffer.from('A'));
  expect(heard.hex()).toBe('41');
  expect(heard.hosts).toEqual([true, false, true]);
});

it('does not trust a client that contradicts itself', async () => {
  const { usb } = await busWithPrinter();
  const host = await importDevice(usb.port, '1-1');
  // Eight bytes by the setup packet, room for eighteen: eight. And the other way round.
  expect((await host.answer(host.submit(0x80, 18, { setup: '8006000100000800' }))).actual).toBe(8);
  expect((await host.answer(host.submit(0x80, 4, { setup: '8006000100001200' }))).actual).toBe(4);
  // A question sent as an order.
  const odd = host.submit(0x00, Buffer.alloc(18), { setup: '8006000100001200' });
  expect((await host.answer(odd)).status).toBe(STALL);
  // A class request to an interface before there is one.
  expect(await host.control('a1 01 00 00 00 00 01 00')).toBe('STALL');
});

it('refuses a second import, an unknown socket and an empty one with the right code', async () => {
  const { usb, printer } = await busWithPrinter();
  const host = await importDevice(usb.port, '1-1');
  expect(await tryImport(usb.port, '1-1')).toEqual({ refused: 2 });
  expect(await tryImport(usb.port, '1-2')).toEqual({ refused: 4 });
  expect(await list(usb.port)).toEqual([]);
  await host.leave();
  await until('the device to be free', async () => (await list(usb.port)).length === 1);
  await printer.close();
  expect(await tryImport(usb.port, '1-1')).toEqual({ refused: 4 });
  expect(await list(usb.port)).toEqual([]);
});

it('ends every waiting transfer when the plug is pulled, and is there again at the same socket', async () => {
  const { usb, printer, heard } = await busWithPrinter();
  const host = await importDevice(usb.port, '1-1');
  await host.configure();
  printer.setReading(false);
  const waiting = [host.submit(0x81, 64), host.submit(0x81, 64), host.submit(0x02, Buffer.alloc(300, 0x41))];
  // A control request after them: they have all arrived.
  await host.control('80 08 00 00 00 00 01 00');
  await printer.close();
  await printer.close();
  await host.ended();
  for (const one of waiting) expect((await host.answer(one)).status).toBe(SHUTDOWN);
  expect(heard.hosts).toEqual([true, false]);
  expect(heard.hex()).toBe('');

  printer.setReading(true);
  await printer.open();
  const again = await importDevice(usb.port, '1-1');
  // As after power-up: not configured.
  expect(await again.control('80 08 00 00 00 00 01 00')).toBe('00');
  await again.configure();
  await again.transfer(0x02, Buffer.from('A'));
  expect(heard.hex()).toBe('41');
});

it('carries several devices at once, each by itself', async () => {
  const { usb, printer, heard } = await busWithPrinter();
  const evaluator = recorded();
  const serial = usb.serial(serialId, evaluator.events);
  await serial.open();
  expect((await list(usb.port)).map(({ busId, ids, interfaces }) => [busId, ids, interfaces])).toEqual([
    ['1-1', '1209:0006', ['07010200']],
    ['1-2', '1209:0003', ['02020100', '0a000000']],
  ]);
  const first = await importDevice(usb.port, '1-1');
  const second = await importDevice(usb.port, '1-2');
  await first.configure();
  await second.configure();
  await first.transfer(0x02, Buffer.from('one'));
  await second.transfer(0x02, Buffer.from('two'));
  expect([heard.hex(), evaluator.hex()]).toEqual(['6f6e65', '74776f']);
  await printer.close();
  await first.ended();
  await second.transfer(0x02, Buffer.from('three'));
  expect(evaluator.hex()).toBe('74776f7468726565');
});

it('gives addresses as a configuration names them, and pulls every plug at the end', async () => {
  const { usb, printer } = await busWithPrinter();
  expect(usb.address).toBe(`127.0.0.1:${usb.port}`);
  expect([printer.address, printer.kind, printer.number]).toEqual(['usb:1209:0006:LP1', 'usb', undefined]);
  const host = await importDevice(usb.port, '1-1');
  await usb.close();
  await usb.close();
  await host.ended();
  await expect(dial(usb.port)).rejects.toThrow(/ECONNREFUSED/);
});

it('says what to do when the port is taken, and what an identity may not be', async () => {
  const usb = await bus();
  const refused = await startUsbBus({ port: usb.port }).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(PortError);
  expect((refused as Error).message).toMatch(/in use by another program/);
  expect(() => usb.serial({ ...serialId, vendorId: 0x10000 }, recorded().events)).toThrow(/vendorId/);
  expect(() => usb.serial({ ...serialId, product: 'x'.repeat(64) }, recorded().events)).toThrow(/product/);
});
