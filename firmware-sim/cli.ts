import { randomInt } from 'node:crypto';
import { Command, InvalidArgumentError } from 'commander';
import { PortError, startEvaluator, startPrinter, type WireEntry } from './index.ts';
import { parsePortAddress } from './port/port.ts';
import { readCableOption, readEvaluatorOption, readPrinterOption } from './web/device-options.ts';
import { startPanel } from './web/panel-server.ts';
import { rememberedSerial } from './web/serials.ts';

/** 0 done, 2 wrong use, 4 port or permission (docs: the contract of commands). */
const exit = { wrongUse: 2, port: 4 } as const;
const bootRandom = () => randomInt(0x100000000) / 0x100000000;

type Closing = { close: () => Promise<void> };

/** Ends within a second on SIGINT, SIGTERM, or when the parent that started this process is gone. */
function endWith(parts: Closing) {
  let ending = false;
  const end = () => {
    if (ending) return;
    ending = true;
    setTimeout(() => process.exit(0), 900).unref();
    void parts.close().then(() => process.exit(0));
  };
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
  process.on('disconnect', end);
}

function fail(error: unknown): never {
  const port = error instanceof PortError || typeof (error as NodeJS.ErrnoException).code === 'string';
  process.stderr.write(`hall-sim: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(port ? exit.port : error instanceof RangeError ? exit.wrongUse : 1);
}

function portNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 65535) throw new InvalidArgumentError('a port is 0 to 65535');
  return value;
}

function either(options: { tcp?: number; pty?: string }): string {
  if ((options.tcp === undefined) === (options.pty === undefined)) {
    throw new RangeError('name one port: --tcp PORT or --pty LINKPATH');
  }
  const address = options.pty === undefined ? `tcp:${options.tcp}` : `pty:${options.pty}`;
  parsePortAddress(address);
  return address;
}

function printWire(id: string) {
  return (entry: WireEntry) =>
    process.stdout.write(
      `${entry.at} ${id} ${entry.direction === 'in' ? '«' : '»'} ${entry.hex} ${entry.decoded}\n`,
    );
}

function parsed<T>(read: (text: string) => T) {
  return (text: string, before: T[] = []) => {
    try {
      return [...before, read(text)];
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message);
    }
  };
}

const program = new Command('hall-sim').description(
  'Simulated devices of a public service hall, on real ports.',
);
program.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : exit.wrongUse));

program
  .command('evaluator-line')
  .description('one ELP/1 evaluator on a serial line or a TCP port; keys 1 to 5 typed on stdin are presses')
  .option('--tcp <port>', 'listen on this TCP port (0 = any free port)', portNumber)
  .option('--pty <link>', 'make a serial line and link it here')
  .option('--model <model>')
  .option('--serial <serial>')
  .action(async (options: { tcp?: number; pty?: string; model?: string; serial?: string }) => {
    const device = await startEvaluator({
      ...options,
      port: either(options),
      random: bootRandom,
      onWire: printWire('evaluator'),
    });
    process.stdout.write(`evaluator ready ${device.port}\n`);
    endWith(device);
    process.stdin.on('data', (typed) => {
      for (const key of typed.toString()) if (/[1-5]/.test(key)) device.press(Number(key));
    });
    process.stdin.unref?.();
  });

program
  .command('printer')
  .description('one ESC/POS ticket printer on a serial line or a TCP port')
  .option('--tcp <port>', 'listen on this TCP port (0 = any free port)', portNumber)
  .option('--pty <link>', 'make a serial line and link it here')
  .option('--width <mm>', 'paper width, 80 or 58', '80')
  .option('--process-id', 'answer process ids (default)')
  .option('--no-process-id', 'be a model without process ids')
  .action(async (options: { tcp?: number; pty?: string; width: string; processId?: boolean }) => {
    if (options.width !== '80' && options.width !== '58')
      throw new RangeError(`--width ${options.width}: paper is 80 or 58 mm wide`);
    const device = await startPrinter({
      port: either(options),
      width: options.width === '58' ? 58 : 80,
      processId: options.processId ?? true,
      onWire: printWire('printer'),
      onPaper(paper) {
        process.stdout.write(`paper ${paper.n} (${paper.cut})\n${paper.text.replace(/^/gm, '  | ')}\n`);
      },
    });
    process.stdout.write(`printer ready ${device.port}\n`);
    endWith(device);
  });

program
  .command('panel')
  .description('all simulated devices, and a page to see and handle them')
  .requiredOption('--port <port>', 'port of the page (0 = any free port)', portNumber)
  .option('--host <host>', 'address to listen on; other than loopback opens the page to the network')
  .requiredOption('--state <dir>', 'folder that keeps the serial numbers of the devices')
  .option(
    '--evaluator <device>',
    'ID=pty:PATH|tcp:PORT[,serial=…][,model=…] (may be repeated)',
    parsed(readEvaluatorOption),
  )
  .option(
    '--printer <device>',
    'ID=tcp:PORT|pty:PATH[,width=80|58][,process-id=no] (may be repeated)',
    parsed(readPrinterOption),
  )
  .option('--cable <cable>', 'ID=PORT:HOST:PORT (may be repeated)', parsed(readCableOption))
  .action(
    async (options: {
      port: number;
      host?: string;
      state: string;
      evaluator?: ReturnType<typeof readEvaluatorOption>[];
      printer?: ReturnType<typeof readPrinterOption>[];
      cable?: ReturnType<typeof readCableOption>[];
    }) => {
      const serialOf = rememberedSerial(options.state, () => randomInt(0x1000000));
      const panel = await startPanel({
        port: options.port,
        host: options.host,
        evaluators: (options.evaluator ?? []).map((one) => ({
          ...one,
          serial: one.serial ?? serialOf(one.id),
          random: bootRandom,
        })),
        printers: (options.printer ?? []).map((one) => ({ ...one, serial: one.serial ?? serialOf(one.id) })),
        cables: options.cable ?? [],
      });
      endWith(panel);
      for (const device of panel.devices)
        process.stdout.write(`${device.kind} ${device.id} ${device.port}\n`);
      process.stdout.write(`sim ready ${panel.address}\n`);
    },
  );

program.parseAsync().catch(fail);
