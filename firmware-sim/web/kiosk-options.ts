/** What a kiosk holds, as options of the panel: printer, card reader, scanner, keypad. */
import type { PrinterOptions } from '../printer/printer.ts';
import {
  choose,
  readEncoding,
  readSettings,
  readStanding,
  readSuffix,
  type Standing,
} from './device-options.ts';
import { isPrinterKind, type PrinterKind, printerKinds } from './printer-kinds.ts';

export type PrinterOption = Standing & {
  kind: PrinterKind;
  width: 80 | 58;
  /** what it can say of itself, and how */
  traits: Omit<PrinterOptions, 'id' | 'port' | 'usb' | 'serial' | 'width'>;
};
export type ReaderOption = Standing & { readMs: number };
export type ScannerOption = Standing &
  (
    | {
        protocol: 'serial';
        suffix: 'cr' | 'lf' | 'crlf' | 'none';
        encoding: 'utf8' | 'gb18030';
        aim: boolean;
      }
    | { protocol: 'hid'; encoding: 'utf8' | 'gb18030' }
  );
export type KeypadOption = Standing;

/**
 * Reads `ID=PLACE[,width=80|58][,kind=full|basic|ticket-bit|presenter|ordered|one-way][,speed=MM/S][,serial=…][,chip=…]
 * [,chinese-after-init=off|on][,four-byte=no|yes][,flow=none|xon-xoff]`; and what a kind says may be said singly:
 * `[,process-id=…][,realtime=all|none][,answers=…][,clears=…][,full-status=…][,ticket-sensor=none|bit7|full-status]`.
 */
export function readPrinterOption(text: string): PrinterOption {
  const settings = readSettings(text, [
    'width',
    'kind',
    'speed',
    'chinese-after-init',
    'four-byte',
    'flow',
    'process-id',
    'realtime',
    'answers',
    'clears',
    'full-status',
    'ticket-sensor',
  ]);
  const { id, values } = settings;
  const choice = <Value extends string>(name: string, allowed: readonly Value[]) =>
    choose(id, name, values.get(name), allowed);
  const yes = (name: string) => {
    const value = choice(name, ['yes', 'no']);
    return value === undefined ? undefined : value === 'yes';
  };
  const speed = Number(values.get('speed') ?? 150);
  if (!(speed > 0)) throw new RangeError(`${id}: speed ${values.get('speed')}: mm/s above 0`);
  const kind = choice('kind', Object.keys(printerKinds).filter(isPrinterKind)) ?? 'full';
  const singly = {
    chineseAfterInit: choice('chinese-after-init', ['off', 'on']),
    fourByteArea: yes('four-byte'),
    flow: choice('flow', ['none', 'xon-xoff']),
    processId: yes('process-id'),
    realtime: choice('realtime', ['all', 'none']),
    answers: yes('answers'),
    clears: yes('clears'),
    fullStatus: yes('full-status'),
    ticketSensor: choice('ticket-sensor', ['none', 'bit7', 'full-status']),
  };
  const said = Object.fromEntries(Object.entries(singly).filter(([, value]) => value !== undefined));
  return {
    ...readStanding(settings, 'line', true),
    kind,
    width: choice('width', ['80', '58']) === '58' ? 58 : 80,
    traits: { speed, ...printerKinds[kind], ...said },
  };
}

/** Reads `ID=PLACE[,read-ms=MS][,chip=…]`. */
export function readReaderOption(text: string): ReaderOption {
  const settings = readSettings(text, ['read-ms']);
  const readMs = Number(settings.values.get('read-ms') ?? 0);
  if (!(readMs >= 0 && readMs <= 60_000))
    throw new RangeError(`${settings.id}: read-ms ${settings.values.get('read-ms')}: 0 to 60000`);
  return { ...readStanding(settings, 'line'), readMs };
}

/** Reads `ID=PLACE[,protocol=serial|hid][,suffix=cr|lf|crlf|none][,encoding=utf8|gb18030][,aim=no|yes][,chip=…]`. */
export function readScannerOption(text: string): ScannerOption {
  const settings = readSettings(text, ['protocol', 'suffix', 'encoding', 'aim']);
  const { id, values } = settings;
  const protocol = choose(id, 'protocol', values.get('protocol'), ['serial', 'hid']) ?? 'serial';
  const standing = readStanding(settings, protocol === 'hid' ? 'hid' : 'line');
  const encoding = readEncoding(values.get('encoding') ?? 'utf8');
  if (protocol === 'serial')
    return {
      ...standing,
      protocol,
      encoding,
      suffix: readSuffix(values.get('suffix') ?? 'cr'),
      aim: choose(id, 'aim', values.get('aim'), ['yes', 'no']) === 'yes',
    };
  for (const name of ['suffix', 'aim'])
    if (values.has(name))
      throw new RangeError(`${id}: ${name} is of protocol=serial; reports say it otherwise`);
  return { ...standing, protocol, encoding };
}

/** Reads `ID=usb` or `ID=uhid`, `[,serial=…]`. */
export function readKeypadOption(text: string): KeypadOption {
  return readStanding(readSettings(text, []), 'hid');
}
