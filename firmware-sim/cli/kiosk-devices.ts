/** Commands for what a kiosk holds: ticket printer, identity card reader and scanner. */
import type { Command } from 'commander';
import { samplePeople, startHidScanner, startIdReader, startPrinter, startScanner } from '../index.ts';
import { readEncoding, readSuffix } from '../web/device-options.ts';
import { samplePersonIds } from '../web/devices.ts';
import { isPrinterKind, printerKinds } from '../web/printer-kinds.ts';
import { type LineOptions, linePort, onLine, parsed, printWire } from './one-device.ts';
import { runDevice, say, type UsbOptions, wordsHelp } from './one-device.ts';

type PrinterCommand = LineOptions & { width: string; kind: string; processId?: boolean; flow: string };
type ScannerCommand = UsbOptions & {
  suffix: 'cr' | 'lf' | 'crlf' | 'none';
  encoding: 'utf8' | 'gb18030';
  aim?: boolean;
};

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
      const device = await startPrinter({
        port: linePort(options),
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
      runDevice('printer', device, (line) => {
        const act = words[line];
        if (!act) throw new RangeError(`"${line}" is no word; there are ${Object.keys(words).join(', ')}`);
        act();
      });
    });

  onLine(program.command('id-reader'))
    .description('one SDT identity card reader; its people do not exist')
    .option('--read-ms <ms>', 'how long it reads a card, ms', parsed(milliseconds), 0)
    .addHelpText('after', wordsHelp('card NAME · lift', `Names: ${Object.keys(samplePeople).join(', ')}`))
    .action(async (options: LineOptions & { readMs: number }) => {
      const device = await startIdReader({
        port: linePort(options),
        readMs: options.readMs,
        onWire: printWire('id-reader'),
      });
      runDevice('id-reader', device, (line) => {
        const [word, name] = line.split(/\s+/);
        if (word === 'lift') return device.liftCard();
        if (word !== 'card') throw new RangeError(`"${line}" is no word; there are: card NAME, lift`);
        const person = samplePersonIds.find((one) => one === name);
        if (!person)
          throw new RangeError(`there is no card "${name ?? ''}"; there are: ${samplePersonIds.join(', ')}`);
        device.putCard(person);
      });
    });

  onLine(program.command('scanner'))
    .description('one code scanner, serial or as a USB device (HID POS)')
    .option('--uhid', 'let the kernel take it for a USB device (Linux)')
    .option('--suffix <suffix>', 'what follows a code: cr, lf, crlf or none', parsed(readSuffix), 'cr')
    .option('--encoding <encoding>', 'utf8 or gb18030', parsed(readEncoding), 'utf8')
    .option('--aim', 'put the AIM id in front of a code')
    .addHelpText('after', wordsHelp('any text: the code that is held before it'))
    .action(async ({ uhid, suffix, encoding, aim, ...line }: ScannerCommand) => {
      const onWire = printWire('scanner');
      if (uhid && (line.tcp !== undefined || line.pty !== undefined))
        throw new RangeError('name one port: --tcp PORT, --pty LINKPATH or --uhid');
      const device = uhid
        ? await startHidScanner({ port: 'uhid', encoding, onWire })
        : await startScanner({ port: linePort(line), suffix, encoding, aim: aim ?? false, onWire });
      runDevice('scanner', device, (code) => device.scan(code));
    });
}

function milliseconds(text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw new RangeError('0 to 99999 ms');
  return Number(text);
}
