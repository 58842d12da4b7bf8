/** A printer on the bus, asked as usblp and usbprint ask it (printer class 1.1, chapter 4). */
import { afterEach, expect, it } from 'vitest';
import { startUsbBus } from '../../../firmware-sim/usb/bus.ts';
import { recorded } from './recorded.ts';
import { importDevice } from './usbip-client.ts';

const opened: { close: () => Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

async function printer(options: { answers?: boolean } = {}, onBytes = (_bytes: Uint8Array) => {}) {
  const usb = await startUsbBus({ port: 0 });
  opened.push(usb);
  const heard = recorded();
  const state = { port: 0x18, resets: 0 };
  const identity = {
    vendorId: 0x1209,
    productId: 0x0006,
    serial: 'LP1',
    product: 'Ticket printer',
    ...options,
  };
  const port = usb.printer(identity, {
    ...heard.events,
    onBytes(bytes) {
      heard.events.onBytes(bytes);
      onBytes(bytes);
    },
    onPortStatus: () => state.port,
    onReset: () => void (state.resets += 1),
  });
  await port.open();
  const host = await importDevice(usb.port, '1-1');
  await host.configure();
  return { port, host, heard, state };
}

it('gives its IEEE 1284 id, its port status, and obeys a reset', async () => {
  const { host, state, port } = await printer();
  const id = 'MFG:hall-sim;MDL:Ticket printer;CMD:ESC/POS;CLS:PRINTER;SN:LP1;';
  const said = Buffer.from(await host.control('a1 00 00 00 00 00 ff 03'), 'hex');
  expect([said.readUInt16BE(0), said.toString('latin1', 2)]).toEqual([id.length + 2, id]);
  // The interface is in the high byte: there is no interface 1.
  expect(await host.control('a1 00 00 00 00 01 ff 03')).toBe('STALL');
  expect(await host.control('a1 01 00 00 00 00 01 00')).toBe('18');
  state.port = 0x30;
  expect(await host.control('a1 01 00 00 00 00 01 00')).toBe('30');
  port.write(Buffer.from('old answer'));
  expect(await host.control('21 02 00 00 00 00 00 00')).toBe('');
  // As class 1.0 had it, and Linux first tries it.
  expect(await host.control('23 02 00 00 00 00 00 00')).toBe('');
  expect(state.resets).toBe(2);
  port.write(Buffer.from('16', 'hex'));
  expect((await host.transfer(0x81, 64)).bytes.toString('hex')).toBe('16');
  expect(await host.control('a1 03 00 00 00 00 01 00')).toBe('STALL');
});

it('is unidirectional when it answers nothing', async () => {
  const { host, heard, port } = await printer({ answers: false });
  expect(await host.control('80 06 00 02 00 00 ff 00')).toBe(
    '09021900010100' + '8032' + '0904000001070101' + '00' + '07050202400000',
  );
  port.write(Buffer.from('nobody'));
  expect((await host.transfer(0x81, 64)).status).toBe(-71);
  await host.transfer(0x02, Buffer.from('A'));
  expect(heard.hex()).toBe('41');
});

it('has a host while it is configured', async () => {
  const { host, heard } = await printer();
  expect(heard.hosts).toEqual([true]);
  await host.control('00 09 00 00 00 00 00 00');
  expect(heard.hosts).toEqual([true, false]);
});

it('holds a transfer up where its buffer is full, and takes the rest later', async () => {
  const stop: { at: number; now: () => void } = { at: 1024, now: () => {} };
  const { host, heard, port } = await printer({}, (bytes) => {
    stop.at -= bytes.length;
    if (stop.at === 0) stop.now();
  });
  stop.now = () => port.setReading(false);
  const sheet = Buffer.from(Array.from({ length: 4096 }, (_, n) => n & 0xff));
  const first = host.submit(0x02, sheet);
  const second = host.submit(0x02, Buffer.from('end'));
  await host.control('80 08 00 00 00 00 01 00');
  expect([host.answered(first), heard.hex().length / 2]).toEqual([false, 1024]);
  port.setReading(true);
  expect((await host.answer(first)).actual).toBe(4096);
  expect((await host.answer(second)).actual).toBe(3);
  expect(heard.hex()).toBe(sheet.toString('hex') + '656e64');
  // Eight packets at a time at the most.
  expect(Math.max(...heard.pieces.map((piece) => piece.length / 2))).toBe(512);
});

it('is handed one piece after the other, whatever it does meanwhile', async () => {
  const order: string[] = [];
  let go = () => {};
  const { host, port } = await printer({}, (bytes) => {
    order.push(`begin ${bytes[0]}`);
    go();
    order.push(`end ${bytes[0]}`);
  });
  go = () => {
    port.setReading(false);
    port.setReading(true);
  };
  await host.transfer(0x02, Buffer.concat([Buffer.alloc(512, 1), Buffer.alloc(512, 2)]));
  expect(order).toEqual(['begin 1', 'end 1', 'begin 2', 'end 2']);
});

it('keeps 1024 bytes of answers that nobody reads', async () => {
  const { host, port } = await printer();
  for (let n = 0; n < 1100; n++) port.write(Uint8Array.of(n & 0xff));
  let got = 0;
  for (let n = 0; n < 1024; n++) got += (await host.transfer(0x81, 64)).actual;
  expect(got).toBe(1024);
  const none = host.submit(0x81, 64);
  await host.control('80 08 00 00 00 00 01 00');
  expect(host.answered(none)).toBe(false);
});
