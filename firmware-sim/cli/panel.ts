/** The command that starts many devices, with a page to see and handle them. */
import { randomInt } from 'node:crypto';
import type { Command } from 'commander';
import {
  readCableOption,
  readEvaluatorOption,
  readPadsOption,
  readPrinterOption,
  readReaderOption,
  readScannerOption,
  readSignOption,
} from '../web/device-options.ts';
import { startPanel } from '../web/panel-server.ts';
import { rememberedSerial } from '../web/serials.ts';
import { bootRandom, endWith, parsed, portNumber, say } from './one-device.ts';

type Each<Read extends (text: string) => unknown> = ReturnType<Read>[];
type PanelCommand = {
  port: number;
  host?: string;
  state: string;
  evaluator: Each<typeof readEvaluatorOption>;
  pads: Each<typeof readPadsOption>;
  sign: Each<typeof readSignOption>;
  printer: Each<typeof readPrinterOption>;
  reader: Each<typeof readReaderOption>;
  scanner: Each<typeof readScannerOption>;
  cable: Each<typeof readCableOption>;
};

/** An option that may be given several times. */
function each<T>(read: (text: string) => T) {
  const one = parsed(read);
  return (text: string, before: T[]) => [...before, one(text)];
}

export function addPanel(program: Command) {
  program
    .command('panel')
    .description('many devices, and a page to see and handle them; each device may be given several times')
    .requiredOption('--port <port>', 'port of the page (0 = any free port)', portNumber)
    .option('--host <host>', 'address to listen on; other than loopback opens the page to the network')
    .requiredOption('--state <dir>', 'folder that keeps the serial numbers of the devices')
    .option(
      '--evaluator <device>',
      'ID=pty:PATH|tcp:PORT[,serial=…][,model=…]',
      each(readEvaluatorOption),
      [],
    )
    .option(
      '--pads <line>',
      'ID=PORT,addresses=1:pad;2:evaluator or ID=PORT,protocol=ub485,addresses=1;2',
      each(readPadsOption),
      [],
    )
    .option(
      '--sign <line>',
      'ID=PORT[,protocol=strip|xunpeng],addresses=1;2[,columns=16]',
      each(readSignOption),
      [],
    )
    .option('--printer <device>', 'ID=PORT[,width=80|58][,kind=…][,flow=…]', each(readPrinterOption), [])
    .option('--reader <device>', 'ID=PORT[,read-ms=…]', each(readReaderOption), [])
    .option('--scanner <device>', 'ID=PORT[,suffix=…][,encoding=…][,aim=yes]', each(readScannerOption), [])
    .option('--cable <cable>', 'ID=PORT:HOST:PORT', each(readCableOption), [])
    .addHelpText('after', '\nMore: docs/simulator.md')
    .action(async (options: PanelCommand) => {
      const serialOf = rememberedSerial(options.state, () => randomInt(0x1000000));
      const panel = await startPanel({
        port: options.port,
        host: options.host,
        evaluators: options.evaluator.map((one) => ({
          ...one,
          serial: one.serial ?? serialOf(one.id),
          random: bootRandom,
        })),
        pads: options.pads,
        signs: options.sign,
        printers: options.printer.map((one) => ({ ...one, serial: one.serial ?? serialOf(one.id) })),
        readers: options.reader,
        scanners: options.scanner,
        cables: options.cable,
      });
      endWith(panel);
      for (const device of panel.devices) say(`${device.kind} ${device.id} ${device.port}`);
      say(`sim ready ${panel.address}`);
    });
}
