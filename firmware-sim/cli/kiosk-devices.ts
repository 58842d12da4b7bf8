/** Commands for what a kiosk holds: ticket printer, identity card reader and scanner. */
import type { Command } from 'commander';
import {
  keypadKeys,
  samplePeople,
  startHidScanner,
  startIdReader,
  startKeypad,
  startPrinter,
  startScanner,
} from '../index.ts';
import { readEncoding, readSuffix } from '../web/device-options.ts';
import { samplePersonIds } from '../web/devices.ts';
import { isPrinterKind, printerKinds } from '../web/printer-kinds.ts';
import {
  onLine,
  onUsb,
  openHid,
  openLine,
  parsed,
  type PortOptions,
  printWire,
  runDevice,
  say,
  wordsHelp,
} from './one-device.ts';

type PrinterCommand = PortOptions & { width: string; kind: string; processId?: boolean; flow: string };
type ScannerCommand = PortOptions & {
  suffix: 'cr' | 'lf' | 'crlf' | 'none';
  encoding: 'utf8' | 'gb18030';
  aim?: boolean;
  hid?: boolean;
};

/** The card cannot be read (id-card-reader.md, SW3). */
const readFailed = 0x41;

export function addKioskDevices(program: Command) {
  onLine(program.command('printer'))
    .description('one ESC/POS ticket printer')
    .option('--width <mm>', 'paper width, 80 or 58', '80')
    .option('--kind <kind>', `what it can say of itself: ${Object.keys(printerKinds).join(', ')}`, 'full')
    .option('--no-process-id', 'be a model without process ids (as --kind basic)')
    .option('--flow <flow>', 'none, or xon-xoff on a serial line', 'none')
    .addHelpText(
      'after',
      wordsHelp('load · open · close · tear · take: a new roll, the cover, tear off, take the ticket'),
    )
    .action(async ({ width, kind, processId, flow, ...options }: PrinterCommand) => {
      if (width !== '80' && width !== '58')
        throw new RangeError(`--width ${width}: paper is 80 or 58 mm wide`);
      if (!isPrinterKind(kind))
        throw new RangeError(`--kind ${kind}: it is ${Object.keys(printerKinds).join(', ')}`);
      if (flow !== 'none' && flow !== 'xon-xoff')
        throw new RangeError(`--flow ${flow}: it is none or xon-xoff`);
      const opened = await openLine(options);
      const device = await startPrinter({
        ...opened,
        width: width === '58' ? 58 : 80,
        ...printerKinds[kind],
        ...(processId === false ? { processId } : {}),
        flow,
        onWire: printWire('printer'),
        onPaper: (paper) => say(`paper ${paper.n} (${paper.cut})\n${paper.text.replace(/^/gm, '  | ')}`),
      });
      const words: Record<string, () => void> = {
        load: device.loadPaper,
        open: device.openCover,
        close: device.closeCover,
        tear: device.tearOff,
        take: device.takeTicket,
      };
      runDevice('printer', device, opened, (line) => {
        const act = words[line];
        if (!act) throw new RangeError(`"${line}" is no word; there are ${Object.keys(words).join(', ')}`);
        act();
      });
    });

  onLine(program.command('id-reader'))
    .description('one SDT identity card reader; its people do not exist')
    .option('--read-ms <ms>', 'how long it reads a card, ms', parsed(milliseconds), 0)
    .addHelpText(
      'after',
      wordsHelp(
        'card NAME · card NAME unreadable [TIMES] · lift',
        `Names: ${Object.keys(samplePeople).join(', ')}`,
      ),
    )
    .action(async (options: PortOptions & { readMs: number }) => {
      const opened = await openLine(options);
      const device = await startIdReader({
        ...opened,
        readMs: options.readMs,
        onWire: printWire('id-reader'),
      });
      runDevice('id-reader', device, opened, (line) => {
        const [word, name, how, times = ''] = line.split(/\s+/);
        if (word === 'lift') return device.liftCard();
        if (word !== 'card' || (how !== undefined && how !== 'unreadable') || !/^\d{0,3}$/.test(times))
          throw new RangeError(
            `"${line}" is no word; there are: card NAME, card NAME unreadable [TIMES], lift`,
          );
        const person = samplePersonIds.find((one) => one === name);
        if (!person)
          throw new RangeError(`there is no card "${name ?? ''}"; there are: ${samplePersonIds.join(', ')}`);
        device.putCard(person, how ? { read: readFailed, ...(times && { times: Number(times) }) } : {});
      });
    });

  onLine(program.command('scanner'))
    .description('one code scanner, on a serial line or as a HID device (HID POS)')
    .option('--uhid', 'a HID device: let the kernel take it for a USB device (Linux)')
    .option('--hid', 'with --usbip: a HID device, no serial one')
    .option('--suffix <suffix>', 'what follows a code: cr, lf, crlf or none', parsed(readSuffix), 'cr')
    .option('--encoding <encoding>', 'utf8 or gb18030', parsed(readEncoding), 'utf8')
    .option('--aim', 'put the AIM id in front of a code')
    .addHelpText('after', wordsHelp('any text: the code that is held before it'))
    .action(async ({ suffix, encoding, aim = false, hid = false, ...where }: ScannerCommand) => {
      const onWire = printWire('scanner');
      if (hid || where.uhid) {
        const opened = await openHid(where);
        const device = await startHidScanner({ port: opened.port, encoding, onWire });
        return runDevice('scanner', device, opened, (code) => device.scan(code));
      }
      const opened = await openLine(where);
      const device = await startScanner({ ...opened, suffix, encoding, aim, onWire });
      runDevice('scanner', device, opened, (code) => device.scan(code));
    });

  onUsb(program.command('keypad'))
    .description('one numeric keypad, a USB keyboard to the computer')
    .addHelpText('after', wordsHelp(`what stands on a key: ${keypadKeys.join(' ')}`))
    .action(async (usb: PortOptions) => {
      const opened = await openHid(usb);
      const device = await startKeypad({ port: opened.port, onWire: printWire('keypad') });
      runDevice('keypad', device, opened, (key) => device.press(key));
    });
}

function milliseconds(text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw new RangeError('0 to 99999 ms');
  return Number(text);
}
