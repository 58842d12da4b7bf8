/** Commands for what stands at the windows: evaluators, pads and signs. */
import type { Command } from 'commander';
import {
  type Ff68BusHandle,
  type SignLineHandle,
  startAsciiEvaluator,
  startEvaluator,
  startFf68Bus,
  startHidEvaluator,
  startSignLine,
  startUb485Bus,
  type Ub485BusHandle,
} from '../index.ts';
import { type Key, keyWords, readKey } from '../key-line/key-words.ts';
import { readAddresses, readUnits } from '../web/device-options.ts';
import {
  bootRandom,
  type PortOptions,
  openHid,
  openLine,
  onUsb,
  onLine,
  parsed,
  printWire,
} from './one-device.ts';
import { runDevice, sayChanges, wordsHelp } from './one-device.ts';

const fiveKeys = '1 … 5: presses a key, from left to right';

function pressFive(press: (key: number) => boolean | void) {
  return (line: string) => {
    if (!/^[1-5\s]+$/.test(line)) throw new RangeError(`"${line}" is no key; there are 1 to 5`);
    for (const key of line.replace(/\s/g, ''))
      if (press(Number(key)) === false) throw new RangeError(`key ${key} is not taken now`);
  };
}

/** Reads `ADDRESS:KEY` or `ADDRESS:DIGIT+KEY`. */
function readPress(line: string) {
  const [, address, digit, key] = /^(\d{1,3}):(?:(\d)\+)?(\S+)$/.exec(line) ?? [];
  if (address === undefined || key === undefined)
    throw new RangeError(
      `"${line}": expected ADDRESS:KEY, as 1:next, or with a digit before it, as 1:6+confirm`,
    );
  return { address: Number(address), key, digit: digit === undefined ? undefined : Number(digit) };
}

export function addWindowDevices(program: Command) {
  onLine(program.command('evaluator-line'))
    .description('one five-key evaluator, ELP/1, on a serial line or a TCP port')
    .option('--model <model>')
    .option('--serial <serial>')
    .addHelpText('after', wordsHelp(fiveKeys))
    .action(async (options: PortOptions & { model?: string; serial?: string }) => {
      const opened = await openLine(options);
      const device = await startEvaluator({
        ...options,
        ...opened,
        random: bootRandom,
        onWire: printWire('evaluator'),
      });
      runDevice('evaluator', device, opened, pressFive(device.press));
    });

  onUsb(program.command('evaluator-hid'))
    .description('one five-key evaluator, EHR/1, as a USB device')
    .option('--serial <serial>')
    .addHelpText('after', wordsHelp(fiveKeys))
    .action(async (options: PortOptions & { serial?: string }) => {
      const opened = await openHid(options);
      const device = await startHidEvaluator({
        port: opened.port,
        serial: options.serial,
        random: bootRandom,
        onWire: printWire('evaluator'),
      });
      runDevice('evaluator', device, opened, pressFive(device.press));
    });

  onLine(program.command('ff68'))
    .description('a line of FF68 call pads and four-key evaluators')
    .requiredOption(
      '--addresses <list>',
      'what stands where: 1=pad,2=evaluator',
      parsed((text) => readUnits('--addresses', text)),
    )
    .addHelpText(
      'after',
      wordsHelp(
        `ADDRESS:KEY presses a key of a pad (${Object.keys(keyWords.pad).join(' ')})`,
        'or of an evaluator (1 2 3 4), as 1:next; 1:6+confirm types the digit 6 before it; 1:0x0C is a code',
      ),
    )
    .action(async (options: PortOptions & { addresses: Record<number, 'pad' | 'evaluator'> }) => {
      const { addresses } = options;
      const shown = sayChanges((bus: Ff68BusHandle) =>
        Object.entries(bus.state().devices).map(([address, unit]) =>
          unit.role === 'pad'
            ? `pad ${address}: waiting "${unit.display.waiting}", ticket "${unit.display.ticket}", ${unit.beeps} beeps`
            : `evaluator ${address}: ${unit.evaluating ? 'lit' : 'dark'}, ${unit.acknowledged} keys taken`,
        ),
      );
      const opened = await openLine(options);
      const device = await startFf68Bus({
        id: 'ff68',
        ...opened,
        addresses,
        onWire: printWire('ff68'),
        onChange: shown.changed,
      });
      shown.begin(device);
      runDevice('ff68', device, opened, (line) => {
        const { address, key, digit } = readPress(line);
        const unit = addresses[address];
        if (!unit) throw new RangeError(`there is nothing at address ${address}`);
        const read: Key = readKey(unit, key);
        device.press(address, read.key, read.digit ?? digit);
      });
    });

  onLine(program.command('ub485'))
    .description('a line of UB485 panels')
    .requiredOption(
      '--addresses <list>',
      'addresses of the panels: 1,2',
      parsed((text) => readAddresses('--addresses', text, 0, 255)),
    )
    .addHelpText(
      'after',
      wordsHelp(`ADDRESS:KEY presses a key (${Object.keys(keyWords.panel).join(' ')}), as 1:call`),
    )
    .action(async (options: PortOptions & { addresses: number[] }) => {
      const shown = sayChanges((bus: Ub485BusHandle) =>
        Object.entries(bus.state().panels).map(
          ([address, panel]) =>
            `panel ${address}: "${panel.text}", lamp ${panel.lamp.toString(16)}, ${panel.beeps} beeps`,
        ),
      );
      const opened = await openLine(options);
      const device = await startUb485Bus({
        ...opened,
        addresses: options.addresses,
        onWire: printWire('ub485'),
        onChange: shown.changed,
      });
      shown.begin(device);
      runDevice('ub485', device, opened, (line) => {
        const { address, key } = readPress(line);
        device.press(address, readKey('panel', key).key);
      });
    });

  onLine(program.command('ascii-evaluator'))
    .description('one evaluator that sends a character for a key and hears nothing')
    .option('--characters <five>', 'what keys 1 to 5 send', '12345')
    .addHelpText('after', wordsHelp(fiveKeys))
    .action(async (options: PortOptions & { characters: string }) => {
      const opened = await openLine(options);
      const device = await startAsciiEvaluator({
        ...opened,
        characters: options.characters,
        onWire: printWire('ascii-evaluator'),
      });
      runDevice('ascii-evaluator', device, opened, pressFive(device.press));
    });

  onLine(program.command('sign'))
    .description('a line of signs over the windows')
    .option('--protocol <protocol>', 'strip or xunpeng', 'strip')
    .option(
      '--addresses <list>',
      'addresses of the signs: 1,2',
      parsed((text) => readAddresses('--addresses', text, 1, 247)),
      [1],
    )
    .addHelpText('after', wordsHelp())
    .action(async (options: PortOptions & { protocol: string; addresses: number[] }) => {
      const { protocol, addresses } = options;
      if (protocol !== 'strip' && protocol !== 'xunpeng')
        throw new RangeError(`--protocol ${protocol}: it is strip or xunpeng`);
      const shown = sayChanges((signs: SignLineHandle) =>
        addresses.map((address) => {
          const { lines, flashing } = signs.state(address);
          const text = lines
            .map((line) => line ?? '')
            .join(' / ')
            .replace(/ \/ $/, '');
          return `sign ${address}: "${text}"${flashing ? ', flashing' : ''}`;
        }),
      );
      const opened = await openLine(options);
      const device = await startSignLine({
        ...opened,
        protocol,
        addresses,
        onWire: printWire('sign'),
        onChange: shown.changed,
      });
      shown.begin(device);
      runDevice('sign', device, opened, (line) => {
        throw new RangeError(`"${line}": a sign takes only !unplug, !plug and !fault`);
      });
    });
}
