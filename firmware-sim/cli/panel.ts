/** The command that starts many devices, with a page to see and handle them. */
import { randomInt } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';
import {
  readKeypadOption,
  readPrinterOption,
  readReaderOption,
  readScannerOption,
} from '../web/kiosk-options.ts';
import { startPanel } from '../web/panel-server.ts';
import type { ScenarioOptions } from '../web/scenarios.ts';
import { rememberedSerial } from '../web/serials.ts';
import {
  readCableOption,
  readEvaluatorOption,
  readPadsOption,
  readSignOption,
} from '../web/window-options.ts';
import { bootRandom, endWith, parsed, portNumber, say } from './one-device.ts';

type Each<Read extends (text: string) => unknown> = ReturnType<Read>[];
type PanelCommand = {
  port: number;
  host?: string;
  state: string;
  usbip?: number;
  evaluator: Each<typeof readEvaluatorOption>;
  pads: Each<typeof readPadsOption>;
  sign: Each<typeof readSignOption>;
  printer: Each<typeof readPrinterOption>;
  reader: Each<typeof readReaderOption>;
  scanner: Each<typeof readScannerOption>;
  keypad: Each<typeof readKeypadOption>;
  cable: Each<typeof readCableOption>;
  scenarios?: string;
  box?: string;
  hub?: string;
  tokens?: string;
  central?: string;
  centralToken?: string;
};

const shippedScenarios = 'halls/scenarios';

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
    .option(
      '--host <host>',
      'address to listen on; other than loopback opens page and USB bus to the network',
    )
    .requiredOption('--state <dir>', 'folder that keeps the serial numbers of the devices')
    .option('--usbip <port>', 'a USB bus for devices at place usb (port 3240; 0 = any free port)', portNumber)
    .option(
      '--evaluator <device>',
      'ID=PLACE[,protocol=elp1|ehr1|ascii][,serial=…][,model=…][,characters=…]',
      each(readEvaluatorOption),
      [],
    )
    .option(
      '--pads <line>',
      'ID=PLACE,addresses=1:pad;2:evaluator or ID=PLACE,protocol=ub485,addresses=1;2',
      each(readPadsOption),
      [],
    )
    .option(
      '--sign <line>',
      'ID=PLACE[,protocol=strip|xunpeng],addresses=1;2[,columns=16]',
      each(readSignOption),
      [],
    )
    .option('--printer <device>', 'ID=PLACE[,width=80|58][,kind=…][,flow=…]', each(readPrinterOption), [])
    .option('--reader <device>', 'ID=PLACE[,read-ms=…]', each(readReaderOption), [])
    .option(
      '--scanner <device>',
      'ID=PLACE[,protocol=serial|hid][,suffix=…][,encoding=…][,aim=yes]',
      each(readScannerOption),
      [],
    )
    .option('--keypad <device>', 'ID=usb or ID=uhid', each(readKeypadOption), [])
    .option('--cable <cable>', 'ID=PORT:HOST:PORT', each(readCableOption), [])
    .option('--scenarios <dir>', `folder of scenario files (default ${shippedScenarios} when it is there)`)
    .option(
      '--box <dir>',
      'state folder of the npm start that the panel belongs to: the hall of its scenarios',
    )
    .option('--hub <url>', 'or the hub of a hall of your own', parsed(address))
    .option('--tokens <file>', "with --hub: the hub's tokens as JSON: kiosk, clerk, integrator, technician")
    .option('--central <url>', 'the far end; without it, the one of --box or none', parsed(address))
    .option('--central-token <file>', "with --central: a file with the viewer's token")
    .addHelpText(
      'after',
      `
PLACE is pty:PATH, tcp:PORT, usb (a device on the bus of --usbip) or, for a HID device, uhid (Linux).
At usb a serial device has its chip before it: ,chip=cdc-acm|ch340|cp210x|pl2303|ftdi; ,serial=… for each.

More: docs/simulator.md`,
    )
    .action(async (options: PanelCommand) => {
      const panel = await startPanel({
        port: options.port,
        ...(options.host !== undefined && { host: options.host }),
        ...(options.usbip !== undefined && { usbIp: options.usbip }),
        serialOf: rememberedSerial(options.state, () => randomInt(0x1000000)),
        random: bootRandom,
        scenarios: scenariosOf(options),
        evaluators: options.evaluator,
        pads: options.pads,
        signs: options.sign,
        printers: options.printer,
        readers: options.reader,
        scanners: options.scanner,
        keypads: options.keypad,
        cables: options.cable,
      });
      endWith(panel);
      for (const device of panel.devices) say(`${device.kind} ${device.id} ${device.port}`);
      if (panel.usbAddress) say(`usb bus ${panel.usbAddress}`);
      say(`sim ready ${panel.address}`);
    });
}

function scenariosOf(options: PanelCommand): ScenarioOptions {
  const { box, hub, tokens, central, centralToken } = options;
  const folder = options.scenarios ?? (existsSync(shippedScenarios) ? shippedScenarios : undefined);
  if (options.scenarios !== undefined && !existsSync(options.scenarios))
    throw new RangeError(`--scenarios ${options.scenarios}: there is no such folder`);
  if ((hub === undefined) !== (tokens === undefined)) throw new RangeError('--hub and --tokens go together');
  if ((central === undefined) !== (centralToken === undefined))
    throw new RangeError('--central and --central-token go together');
  return {
    ...(folder !== undefined && { folder }),
    ...(box !== undefined && { box }),
    ...(hub !== undefined && tokens !== undefined && { hub: { url: hub, tokens } }),
    ...(central !== undefined &&
      centralToken !== undefined && {
        central: { url: central, token: readFileSync(centralToken, 'utf8').trim() },
      }),
  };
}

function address(text: string): string {
  if (!URL.canParse(text) || !/^https?:/.test(text))
    throw new RangeError('an address as http://127.0.0.1:8480/');
  return text.endsWith('/') ? text : `${text}/`;
}
