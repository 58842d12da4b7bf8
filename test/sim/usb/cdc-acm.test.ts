/** A serial port on the bus, asked as cdc_acm and usbser ask it (PSTN 1.2, chapter 6). */
import { afterEach, expect, it } from 'vitest';
import { startUsbBus } from '../../../firmware-sim/usb/bus.ts';
import { recorded } from './recorded.ts';
import { importDevice } from './usbip-client.ts';

const opened: { close: () => Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

async function serial() {
  const usb = await startUsbBus({ port: 0 });
  opened.push(usb);
  const heard = recorded();
  const identity = { vendorId: 0x1209, productId: 0x0003, serial: '', product: 'Evaluator' };
  const port = usb.serial(identity, heard.events);
  await port.open();
  const host = await importDevice(usb.port, '1-1');
  await host.configure();
  return { usb, port, host, heard };
}

it('says by its descriptors what both drivers look for', async () => {
  const { host, port } = await serial();
  expect(port.address).toBe('usb:1209:0003');
  // Class 02 subclass 02 of the device for usbser; no serial number.
  expect(await host.control('80 06 00 01 00 00 12 00')).toBe('120100020202004009120300000101020001');
  expect(await host.control('80 06 00 02 00 00 ff 00')).toBe(
    '09024300020100' +
      '8032' +
      '090400000102020100' + // communication interface, AT commands
      '0524001001' +
      '0524010001' +
      '04240206' +
      '0524060001' + // header, call management, ACM, union 0 → 1
      '07058103100010' + // notifications
      '09040100020a000000' + // data interface
      '07058202400000' +
      '07050202400000',
  );
});

it('hears how the host sets its line, and when it is there', async () => {
  const { host, heard } = await serial();
  expect(await host.control('a1 21 00 00 00 00 07 00')).toBe('80250000000008');
  expect(await host.control('21 20 00 00 00 00 07 00', '00c20100 00 00 08')).toBe('');
  expect(heard.line()).toEqual({ baud: 115200, dataBits: 8, parity: 'none', stopBits: 1 });
  await host.control('21 20 00 00 00 00 07 00', '80250000 02 02 07');
  expect(heard.line()).toEqual({ baud: 9600, dataBits: 7, parity: 'even', stopBits: 2 });
  expect(await host.control('a1 21 00 00 00 00 07 00')).toBe('80250000020207');
  // Said once, not again when nothing has changed.
  await host.control('21 20 00 00 00 00 07 00', '80250000 02 02 07');
  expect(heard.lines.length).toBe(2);
  // Parity 9, data bits 9, too short: no line can be so.
  for (const wrong of ['80250000 00 09 08', '80250000 00 00 09', '802500000000'])
    expect(await host.control(`21 20 00 00 00 00 0${wrong.replaceAll(' ', '').length / 2} 00`, wrong)).toBe(
      'STALL',
    );
  expect(heard.hosts).toEqual([]);
  await host.control('21 22 03 00 00 00 00 00');
  await host.control('21 22 01 00 00 00 00 00');
  await host.control('21 22 02 00 00 00 00 00');
  expect(heard.hosts).toEqual([true, false]);
  expect(await host.control('21 23 ff ff 00 00 00 00')).toBe('');
});

it('tells the host that carrier and data set are there', async () => {
  const { host } = await serial();
  // SERIAL_STATE of interface 0, two bytes: DCD and DSR.
  expect((await host.transfer(0x81, 16)).bytes.toString('hex')).toBe('a1200000000002000300');
});

it('carries bytes both ways, and ends what fills its last packet with an empty one', async () => {
  const { host, port, heard } = await serial();
  await host.control('21 22 01 00 00 00 00 00');
  await host.transfer(0x02, Buffer.alloc(200, 0x41));
  expect(heard.hex()).toBe('41'.repeat(200));
  expect((await host.transfer(0x02, Buffer.alloc(0))).status).toBe(0);
  port.write(Buffer.alloc(128, 0x42));
  const both = await host.transfer(0x82, 128);
  expect(both.bytes.length).toBe(128);
  expect(await host.transfer(0x82, 128)).toEqual({ status: 0, actual: 0, bytes: Buffer.alloc(0) });
  // Into a larger buffer the empty packet only ends the transfer.
  port.write(Buffer.alloc(128, 0x43));
  expect((await host.transfer(0x82, 512)).actual).toBe(128);
  // A host that insists on a full buffer is told when it is not (URB_SHORT_NOT_OK).
  port.write(Buffer.from('abc'));
  expect(await host.transfer(0x82, 64, 1)).toEqual({ status: -121, actual: 3, bytes: Buffer.from('abc') });
  // A buffer smaller than a packet overflows.
  port.write(Buffer.from('abcdefgh'));
  expect((await host.transfer(0x82, 4)).status).toBe(-75);
});

it('keeps one packet while nobody holds DTR, and loses the rest', async () => {
  const { host, port } = await serial();
  port.write(Buffer.alloc(60, 0x30));
  port.write(Buffer.alloc(60, 0x31));
  await host.control('21 22 01 00 00 00 00 00');
  expect((await host.transfer(0x82, 512)).bytes.toString('hex')).toBe('30'.repeat(60));
  expect((await host.transfer(0x82, 512)).bytes.toString('hex')).toBe('31'.repeat(4));
  // A host that is there but reads late finds everything, up to 64 KiB.
  for (let n = 0; n < 70; n++) port.write(Buffer.alloc(1000, n));
  let got = 0;
  for (let n = 0; n < 66; n++) got += (await host.transfer(0x82, 1024)).actual;
  expect(got).toBe(65536);
});

it('stops taking bytes when the device does not read, in the middle of a transfer', async () => {
  const { host, port, heard } = await serial();
  port.setReading(false);
  const waiting = host.submit(0x02, Buffer.from('later'));
  await host.control('80 08 00 00 00 00 01 00');
  expect([host.answered(waiting), heard.hex()]).toEqual([false, '']);
  port.setReading(true);
  expect((await host.answer(waiting)).actual).toBe(5);
  expect(heard.hex()).toBe('6c61746572');
});

it('has no host any more when the other computer is gone', async () => {
  const { host, heard, usb, port } = await serial();
  await host.control('21 20 00 00 00 00 07 00', '00c20100 00 00 08');
  await host.control('21 22 01 00 00 00 00 00');
  await host.leave();
  await expect.poll(() => heard.hosts).toEqual([true, false]);
  // Bytes of before are not the next host's.
  port.write(Buffer.from('old'));
  const again = await importDevice(usb.port, '1-1');
  await again.configure();
  await again.control('21 20 00 00 00 00 07 00', '00c20100 00 00 08');
  expect(heard.lines.length).toBe(2);
  await again.control('21 22 01 00 00 00 00 00');
  port.write(Buffer.from('new'));
  expect((await again.transfer(0x82, 64)).bytes.toString()).toBe('new');
});
