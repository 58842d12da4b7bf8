/** A HID device on the bus, asked as usbhid asks it (HID 1.11, chapter 7). */
import { afterEach, expect, it } from 'vitest';
import { startUsbBus } from '../../../firmware-sim/usb/bus.ts';
import { readReportSizes } from '../../../firmware-sim/usb/report-descriptor.ts';
import { recorded } from './recorded.ts';
import { CONNECTION_RESET, importDevice, STALL, type UsbHost } from './usbip-client.ts';

const opened: { close: () => Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

// Page FF00, usage 1: input 01 of 2 bytes, input 02 of 63, output 10 of 3, feature 20 of 4 behind their ids.
const numbered =
  '0600ff 0901 a101 1500 26ff00 7508' +
  '8501 9502 0902 8102  8502 953f 0903 8102  8510 9503 0904 9102  8520 9504 0905 b102 c0';
// A boot keyboard's input, and one output byte; no ids.
const plain =
  '0501 0906 a101 0507 19e0 29e7 1500 2501 7501 9508 8102 9501 7508 8101 9506 8100 9505 7501 9102 9501 7503 9101 c0';
const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

async function hid(descriptor: string) {
  const usb = await startUsbBus({ port: 0 });
  opened.push(usb);
  const heard = recorded();
  const asked: number[] = [];
  const identity = {
    ...{ vendorId: 0x1209, productId: 0x0001, serial: 'EV7', product: 'HALL-EV5-USB' },
    ...{ descriptor: bytesOf(descriptor), usagePage: 0xff00, usage: 1 },
  };
  const port = usb.hid(identity, {
    ...heard.events,
    onFeature(id) {
      asked.push(id);
      return id === 0x20 ? bytesOf('20 aabbccdd') : id === 0 ? bytesOf('00 77') : null;
    },
  });
  await port.open();
  const host = await importDevice(usb.port, '1-1');
  await host.configure();
  return { usb, port, host, heard, asked };
}

/** A transfer that the device has certainly got: a control request behind it was answered. */
async function waitingRead(host: UsbHost, length: number) {
  const read = host.submit(0x81, length);
  await host.control('80 08 00 00 00 00 01 00');
  return read;
}

it('shows its descriptors by the requests of its class', async () => {
  const { port, host } = await hid(numbered);
  expect(port.address).toBe('hid:1209:0001:EV7');
  const report = Buffer.from(bytesOf(numbered)).toString('hex');
  const length = (report.length / 2).toString(16);
  expect(await host.control('81 06 00 22 00 00 ff 00')).toBe(report);
  expect(await host.control('81 06 00 21 00 00 09 00')).toBe(`092111010001 22${length}00`.replace(' ', ''));
  // Interface 3/0/0; interrupt IN 81 of 64 bytes, OUT 02 of 4, every 4 ms.
  expect(await host.control('80 06 00 02 00 00 ff 00')).toBe(
    '0902290001010080320904000002030000000921110100012' +
      `2${length}00` +
      '07058103400004' +
      '07050203040004',
  );
  expect(await host.control('81 06 00 22 01 00 ff 00')).toBe('STALL');
});

it('carries reports with their ids both ways', async () => {
  const { port, host, heard } = await hid(numbered);
  const read = await waitingRead(host, 64);
  expect(heard.present()).toBe(true);
  port.write(bytesOf('01 0b0c'));
  expect((await host.answer(read)).bytes.toString('hex')).toBe('010b0c');
  // The longest one fills a packet of 64 and needs no empty packet behind it.
  const long = Buffer.alloc(64, 0x02);
  port.write(long);
  port.write(bytesOf('01 0d0e'));
  expect((await host.transfer(0x81, 64)).bytes).toEqual(long);
  expect((await host.transfer(0x81, 64)).bytes.toString('hex')).toBe('010d0e');
  await host.transfer(0x02, bytesOf('10 010203'));
  // The same by SET_REPORT(output 10).
  expect(await host.control('21 09 10 02 00 00 04 00', '10 040506')).toBe('');
  expect(heard.pieces).toEqual(['10010203', '10040506']);
});

it('gives its reports by GET_REPORT and refuses those it does not have', async () => {
  const { port, host, asked } = await hid(numbered);
  expect(await host.control('a1 01 20 03 00 00 40 00')).toBe('20aabbccdd');
  expect(await host.control('a1 01 21 03 00 00 40 00')).toBe('STALL');
  expect(asked).toEqual([0x20, 0x21]);
  expect(await host.control('a1 01 01 01 00 00 40 00')).toBe('010000');
  port.write(bytesOf('01 0b0c'));
  expect(await host.control('a1 01 01 01 00 00 40 00')).toBe('010b0c');
  expect(await host.control('a1 01 05 01 00 00 40 00')).toBe('STALL');
  expect(await host.control('21 09 11 02 00 00 04 00', '11040506')).toBe('STALL');
  expect(await host.control('21 09 20 03 00 00 05 00', '2000000000')).toBe('STALL');
});

it('is idle until something changes, and speaks the report protocol only', async () => {
  const { host } = await hid(numbered);
  expect(await host.control('21 0a 00 00 00 00 00 00')).toBe('');
  expect(await host.control('21 0a 00 04 00 00 00 00')).toBe('STALL');
  expect(await host.control('a1 02 00 00 00 00 01 00')).toBe('00');
  expect(await host.control('21 0b 01 00 00 00 00 00')).toBe('');
  expect(await host.control('21 0b 00 00 00 00 00 00')).toBe('STALL');
  expect(await host.control('a1 03 00 00 00 00 01 00')).toBe('01');
  expect(await host.control('a1 07 00 00 00 00 01 00')).toBe('STALL');
});

it('leaves the id byte of unnumbered reports off the bus', async () => {
  const { port, host, heard } = await hid(plain);
  const read = await waitingRead(host, 8);
  port.write(bytesOf('0000 1e0000000000'));
  expect((await host.answer(read)).bytes.toString('hex')).toBe('00001e0000000000');
  expect(await host.control('a1 01 00 01 00 00 08 00')).toBe('00001e0000000000');
  await host.transfer(0x02, bytesOf('05'));
  expect(await host.control('21 09 00 02 00 00 01 00', '06')).toBe('');
  expect(heard.pieces).toEqual(['0005', '0006']);
  expect(await host.control('a1 01 00 03 00 00 08 00')).toBe('77');
});

it('has its host while somebody waits for a report', async () => {
  const { host, heard, port } = await hid(numbered);
  expect(heard.hosts).toEqual([]);
  const first = await waitingRead(host, 64);
  const second = await waitingRead(host, 64);
  expect(await host.unlink(first)).toBe(CONNECTION_RESET);
  expect(heard.present()).toBe(true);
  expect(await host.unlink(second)).toBe(CONNECTION_RESET);
  expect(heard.hosts).toEqual([true, false]);
  // A host that closes just when a report comes gives up what is done already.
  const third = await waitingRead(host, 64);
  port.write(bytesOf('01 0101'));
  await host.answer(third);
  expect(heard.present()).toBe(true);
  expect(await host.unlink(third)).toBe(0);
  expect(heard.hosts).toEqual([true, false, true, false]);
});

it('keeps one report for a host that is not there, and sixty-four for one that is busy', async () => {
  const { host, port } = await hid(numbered);
  port.write(bytesOf('01 0001'));
  const full = Buffer.alloc(64, 0x02);
  port.write(full);
  expect((await host.transfer(0x81, 64)).bytes.toString('hex')).toBe('010001');
  for (let n = 0; n < 70; n++) port.write(full);
  for (let n = 0; n < 64; n++) expect((await host.transfer(0x81, 64)).bytes.length).toBe(64);
  const none = await waitingRead(host, 64);
  expect(host.answered(none)).toBe(false);
});

it('halts its interrupt endpoint as any other', async () => {
  const { host } = await hid(numbered);
  await host.control('02 03 00 00 81 00 00 00');
  expect((await host.transfer(0x81, 64)).status).toBe(STALL);
});

it('reads report sizes from a descriptor, with push and pop, and refuses a broken one', () => {
  const sizes = readReportSizes(bytesOf('7508 9504 a4 7501 9503 8102 b4 9102'));
  expect(sizes).toEqual({
    numbered: false,
    input: new Map([[0, 1]]),
    output: new Map([[0, 4]]),
    feature: new Map(),
  });
  expect(() => readReportSizes(bytesOf('7508 26ff'))).toThrow(/byte 2/);
});
