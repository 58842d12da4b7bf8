/** What foreign programs see of the bus: Debian's usbip tool, the kernel and its drivers, cat and perl. */
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { until } from '../../../harness/programs.ts';
import { check, LIMIT_MS } from '../check.ts';
import { SOCKETS, type Hardware } from '../hardware.ts';
import { answerTo, catTo, portStatus, printerFile } from '../printer-file.ts';
import { kernelLog } from '../programs.ts';
import { attachByTool, detachByTool, listExportable, portOf } from '../usbip-tool.ts';
import { deviceAt, type UsbDevice, type UsbInterface } from '../usb-tree.ts';

const HERE = '127.0.0.1';
const ACM = ['02/02/01', '0a/00/00'];

/** Before anything is attached. */
export async function checkBus(): Promise<void> {
  await check('`usbip list` of Debian names every device on the bus with its ids and classes', async () => {
    const list = await listExportable(HERE);
    assert.deepEqual(
      list.map(({ busId, ids, triple, interfaces }) => `${busId} ${ids} ${triple} ${interfaces.join(' ')}`),
      [
        '1-1 1209:0006 00/00/00 07/01/02',
        '1-2 1209:0001 00/00/00 03/00/00',
        `1-3 1a86:55d3 02/02/00 ${ACM.join(' ')}`,
        '1-4 1209:0007 00/00/00 03/00/00',
        `1-5 1a86:55d4 02/02/00 ${ACM.join(' ')}`,
        '1-6 1209:0002 00/00/00 03/00/00',
        '1-7 10c4:ea60 00/00/00 ff/00/00',
        '1-8 1a86:7523 ff/00/00 ff/01/02',
        '1-9 10c4:ea60 00/00/00 ff/00/00',
        '1-10 067b:2303 00/00/00 ff/00/00',
        '1-11 0403:6001 00/00/00 ff/ff/ff',
        '1-12 1209:0006 00/00/00 07/01/02',
      ],
    );
  });
}

const bulk = (out: number, from: number, size = 64): string[] => [
  `in ${from} bulk ${size}`,
  `out ${out} bulk ${size}`,
];
const acm = (id: string, serial: string): Omit<UsbDevice, 'name'> => ({
  ids: `1a86:${id}`,
  triple: '02/02/00',
  strings: ['WCH', 'USB Single Serial', serial],
  interfaces: [
    { triple: '02/02/01', driver: 'cdc_acm', endpoints: ['in 1 interrupt 16'] },
    { triple: '0a/00/00', driver: 'cdc_acm', endpoints: bulk(2, 2) },
  ],
});
const CP2102 = 'CP2102 USB to UART Bridge Controller';
/** A device with one interface. */
const one = (
  ids: string,
  triple: string,
  strings: (string | null)[],
  at: UsbInterface,
): Omit<UsbDevice, 'name'> => ({ ids, triple, strings, interfaces: [at] });
const hid = (id: string, product: string, serial: string, endpoints: string[]): Omit<UsbDevice, 'name'> =>
  one(`1209:${id}`, '00/00/00', ['hall-sim', product, serial], {
    triple: '03/00/00',
    driver: 'usbhid',
    endpoints,
  });
const cp2102 = (serial: string): Omit<UsbDevice, 'name'> =>
  one('10c4:ea60', '00/00/00', ['Silicon Labs', CP2102, serial], {
    triple: 'ff/00/00',
    driver: 'cp210x',
    endpoints: bulk(1, 1),
  });

/** By port of the controller. */
const DEVICES: Omit<UsbDevice, 'name'>[] = [
  one('1209:0006', '00/00/00', ['hall-sim', 'HALL-PRINTER', 'PRN-LAB-1'], {
    triple: '07/01/02',
    driver: 'usblp',
    endpoints: bulk(2, 1),
  }),
  hid('0001', 'HALL-EV5-USB', 'EHR-LAB-1', ['in 1 interrupt 16', 'out 2 interrupt 64']),
  acm('55d3', 'ACM-SOCKET-3'),
  hid('0007', 'HALL-KEYPAD', 'PAD-LAB-4', ['in 1 interrupt 8']),
  acm('55d4', 'READER-1'),
  hid('0002', 'HALL-SCAN-USB', 'SCAN-LAB-1', ['in 1 interrupt 64']),
  cp2102('SCAN-LAB-2'),
  one('1a86:7523', 'ff/00/00', [null, 'USB Serial', null], {
    triple: 'ff/01/02',
    driver: 'ch341',
    endpoints: ['in 1 interrupt 8', ...bulk(2, 2, 32)],
  }),
  cp2102('0001'),
  one('067b:2303', '00/00/00', ['Prolific Technology Inc.', 'USB-Serial Controller', null], {
    triple: 'ff/00/00',
    driver: 'pl2303',
    endpoints: ['in 1 interrupt 10', 'in 3 bulk 64', 'out 2 bulk 64'],
  }),
  one('0403:6001', '00/00/00', ['FTDI', 'FT232R USB UART', 'A50285BI'], {
    triple: 'ff/ff/ff',
    driver: 'ftdi_sio',
    endpoints: bulk(2, 1),
  }),
];

/** Everything of the hall is attached, or will be. */
export async function checkKernel(): Promise<void> {
  await check(
    'the kernel reads every descriptor as its device says it, and gives each interface its driver',
    async () => {
      for (const [port, expected] of DEVICES.entries()) {
        const { name: _name, ...device } = await until(
          `a driver for ${expected.ids} at port ${port}`,
          async () => {
            const now = await deviceAt(port);
            return now?.interfaces.every(({ driver }) => driver !== null) && now;
          },
          LIMIT_MS,
        );
        const sorted = device.interfaces.map((each) => ({ ...each, endpoints: [...each.endpoints].sort() }));
        assert.deepEqual({ ...device, interfaces: sorted }, expected);
      }
    },
  );

  await check('nothing in the kernel’s log complains of a device', async () => {
    assert.deepEqual((await kernelLog()).filter(isComplaint), []);
  });
}

/**
 * What the kernel says of devices that break the rules (drivers/usb/core, hid, class, serial). Timeouts (-110) tell of the
 * computer: pl2303 waits a tenth of a second for an answer.
 */
export function isComplaint(line: string): boolean {
  return (
    !/-110\b/.test(line) &&
    /usb|hid|tty|cdc_acm|ch341|cp210x|pl2303|ftdi|vhci/i.test(line) &&
    /unable|invalid|bogus|unknown|error|fail|cannot|can't|not accepting|too (short|long|small)|skip|no .*descriptor|duplicate|overflow|babble|stall|WARNING|BUG/i.test(
      line,
    )
  );
}

/** A printer in the hands of programs that have nothing to do with us. */
export async function checkSparePrinter({ sparePrinter }: Hardware): Promise<void> {
  const socket = SOCKETS.sparePrinter;
  let file = '';
  await check('`usbip attach` of Debian makes the spare printer a device of this computer', async () => {
    await attachByTool(HERE, socket);
    file = await until('its file', () => printerFile('PRN-SPARE'), LIMIT_MS);
  });

  await check(
    'a spare printer says by its port status that paper is out, and that it has an error',
    async () => {
      // USB printer class 1.1, 4.2.2: bit 3 no error, bit 4 selected, bit 5 paper empty.
      assert.equal(await portStatus(file), 0x18);
      await sparePrinter.setFault('paper-out', true);
      assert.equal(await portStatus(file), 0x38);
      // Behind bulk IN the same: DLE EOT 4, paper end in bits 5 and 6.
      assert.equal((await answerTo(file, '100404')) & 0x60, 0x60);
      await sparePrinter.setFault('paper-out', false);
      assert.equal((await answerTo(file, '100404')) & 0x60, 0);
      await sparePrinter.setFault('paper-jam', true);
      assert.equal(await portStatus(file), 0x10);
      await sparePrinter.setFault('paper-jam', false);
      sparePrinter.openCover();
      // Printer 1 status, DLE EOT 1: bit 3 offline.
      assert.equal((await answerTo(file, '100401')) & 0x08, 0x08);
      sparePrinter.closeCover();
      assert.equal(await portStatus(file), 0x18);
    },
  );

  await check(
    'its receive buffer is full: it takes no more, the writing program waits, and all comes out in the end',
    async () => {
      const lines = Array.from(
        { length: 400 },
        (_, at) => `line ${String(at).padStart(4, '0')} of the stock list`,
      );
      // GS V 66 0: feed to the knife, and cut.
      writeFileSync('/tmp/lines', `${lines.join('\n')}\n\x1dVB\0`);
      sparePrinter.openCover();
      const writing = catTo(file, '/tmp/lines');
      await until('the buffer to be full', () => sparePrinter.state().bufferedBytes === 4096, LIMIT_MS);
      assert.equal(writing.hasEnded(), false);
      const before = sparePrinter.papers().length;
      sparePrinter.closeCover();
      await writing.ended;
      const paper = await until('the paper', () => sparePrinter.papers()[before], LIMIT_MS);
      assert.deepEqual(
        paper.text.split('\n').filter((line) => line !== ''),
        lines,
      );
      rmSync('/tmp/lines');
    },
  );

  await check('`usbip detach` of Debian pulls it out again', async () => {
    const port = await until('usbip to name its port', () => portOf(socket), LIMIT_MS);
    await detachByTool(port);
    await until('its file to be gone', async () => (await printerFile('PRN-SPARE')) === null, LIMIT_MS);
    await until(
      'the bus to offer it again',
      async () => (await listExportable(HERE)).some(({ busId }) => busId === socket),
      LIMIT_MS,
    );
  });
}
