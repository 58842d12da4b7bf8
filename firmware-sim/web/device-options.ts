import type { LineEvaluatorOptions } from '../evaluator-line/evaluator.ts';
import type { Ff68BusOptions } from '../ff68/bus.ts';
import type { IdReaderOptions } from '../id-reader/id-reader.ts';
import { parsePortAddress } from '../port/port.ts';
import type { PrinterOptions } from '../printer/printer.ts';
import type { ScannerOptions } from '../scanner/scanner.ts';
import type { SignLineOptions } from '../sign/sign-line.ts';
import type { Ub485BusOptions } from '../ub485/bus.ts';
import { isPrinterKind, printerKinds } from './printer-kinds.ts';

type Named<Options> = Options & { id: string };
/** A line of pads, of either protocol. */
export type PadsOptions =
  ({ protocol: 'ff68' } & Named<Ff68BusOptions>) | ({ protocol: 'ub485' } & Named<Ub485BusOptions>);

function split(text: string, known: string[]) {
  const [head = '', ...settings] = text.split(',');
  const match = /^([A-Za-z0-9][A-Za-z0-9._-]{0,39})=(.+)$/.exec(head);
  const [, id, port] = match ?? [];
  if (!id || !port)
    throw new RangeError(`"${text}": expected ID=PORT, the id of letters, digits, dots and dashes`);
  const values = new Map<string, string>();
  for (const setting of settings) {
    const [name = '', value = ''] = setting.split('=', 2);
    if (!known.includes(name) || !value)
      throw new RangeError(`${id}: "${setting}" is no setting; known: ${known.join(', ')}`);
    values.set(name, value);
  }
  return { id, port, values };
}

/** Reads `ID=pty:PATH|tcp:PORT[,serial=…][,model=…]`; throws a RangeError that says what is wrong. */
export function readEvaluatorOption(text: string): Named<LineEvaluatorOptions> {
  const { id, port, values } = split(text, ['serial', 'model']);
  parsePortAddress(port);
  return { id, port, serial: values.get('serial'), model: values.get('model') };
}

/**
 * Reads `ID=tcp:PORT|pty:PATH[,width=80|58][,kind=full|basic|ticket-bit|presenter|ordered|one-way][,speed=MM/S]
 * [,chinese-after-init=off|on][,four-byte=no|yes][,flow=none|xon-xoff]`; and what a kind says may be said singly:
 * `[,process-id=…][,realtime=all|none][,answers=…][,clears=…][,full-status=…][,ticket-sensor=none|bit7|full-status]`.
 */
export function readPrinterOption(text: string): Named<PrinterOptions> {
  const { id, port, values } = split(text, [
    'serial',
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
  parsePortAddress(port);
  const choice = <Value extends string>(name: string, allowed: readonly Value[]): Value | undefined => {
    const value = values.get(name);
    const found = allowed.find((one) => one === value);
    if (value !== undefined && found === undefined)
      throw new RangeError(`${id}: ${name} ${value}: it is ${allowed.join(' or ')}`);
    return found;
  };
  const yes = (name: string) => {
    const value = choice(name, ['yes', 'no']);
    return value === undefined ? undefined : value === 'yes';
  };
  const speed = Number(values.get('speed') ?? 150);
  if (!(speed > 0)) throw new RangeError(`${id}: speed ${values.get('speed')}: mm/s above 0`);
  const kind = choice('kind', Object.keys(printerKinds).filter(isPrinterKind)) ?? 'full';
  const singly = {
    processId: yes('process-id'),
    realtime: choice('realtime', ['all', 'none']),
    answers: yes('answers'),
    clears: yes('clears'),
    fullStatus: yes('full-status'),
    ticketSensor: choice('ticket-sensor', ['none', 'bit7', 'full-status']),
  };
  return {
    id,
    port,
    width: choice('width', ['80', '58']) === '58' ? 58 : 80,
    speed,
    serial: values.get('serial'),
    chineseAfterInit: choice('chinese-after-init', ['off', 'on']),
    fourByteArea: yes('four-byte'),
    flow: choice('flow', ['none', 'xon-xoff']),
    ...printerKinds[kind],
    ...Object.fromEntries(Object.entries(singly).filter(([, value]) => value !== undefined)),
  };
}

/**
 * Reads `ID=tcp:PORT|pty:PATH,addresses=1:pad;2:evaluator`, or for panels of the other protocol
 * `ID=…,protocol=ub485,addresses=1;2`.
 */
export function readPadsOption(text: string): PadsOptions {
  const { id, port, values } = split(text, ['protocol', 'addresses']);
  parsePortAddress(port);
  const protocol = values.get('protocol') ?? 'ff68';
  if (protocol === 'ff68') return { id, port, protocol, addresses: readUnits(id, values.get('addresses')) };
  if (protocol === 'ub485')
    return { id, port, protocol, addresses: readAddresses(id, values.get('addresses'), 0, 255) };
  throw new RangeError(`${id}: protocol ${protocol}: it is ff68 or ub485`);
}

/** Reads `ID=tcp:PORT|pty:PATH[,protocol=strip|xunpeng],addresses=1;2[,columns=16]`. */
export function readSignOption(text: string): Named<SignLineOptions> {
  const { id, port, values } = split(text, ['protocol', 'addresses', 'columns']);
  parsePortAddress(port);
  const protocol = values.get('protocol') ?? 'strip';
  if (protocol !== 'strip' && protocol !== 'xunpeng')
    throw new RangeError(`${id}: protocol ${protocol}: it is strip or xunpeng`);
  const columns = Number(values.get('columns') ?? 16);
  if (!Number.isInteger(columns) || columns < 1 || columns > 255)
    throw new RangeError(`${id}: columns ${values.get('columns')}: 1 to 255`);
  return { id, port, protocol, columns, addresses: readAddresses(id, values.get('addresses'), 1, 247) };
}

/** Reads `ID=tcp:PORT|pty:PATH[,read-ms=MS]`. */
export function readReaderOption(text: string): Named<IdReaderOptions> {
  const { id, port, values } = split(text, ['read-ms']);
  parsePortAddress(port);
  const readMs = Number(values.get('read-ms') ?? 0);
  if (!(readMs >= 0 && readMs <= 60_000))
    throw new RangeError(`${id}: read-ms ${values.get('read-ms')}: 0 to 60000`);
  return { id, port, readMs };
}

/** Reads `ID=tcp:PORT|pty:PATH[,suffix=cr|lf|crlf|none][,encoding=utf8|gb18030][,aim=no|yes]`. */
export function readScannerOption(text: string): Named<ScannerOptions> {
  const { id, port, values } = split(text, ['suffix', 'encoding', 'aim']);
  parsePortAddress(port);
  return {
    id,
    port,
    suffix: readSuffix(values.get('suffix') ?? 'cr'),
    encoding: readEncoding(values.get('encoding') ?? 'utf8'),
    aim: values.get('aim') === 'yes',
  };
}

export function readSuffix(text: string): 'cr' | 'lf' | 'crlf' | 'none' {
  if (text === 'cr' || text === 'lf' || text === 'crlf' || text === 'none') return text;
  throw new RangeError(`suffix ${text}: it is cr, lf, crlf or none`);
}

export function readEncoding(text: string): 'utf8' | 'gb18030' {
  if (text === 'utf8' || text === 'gb18030') return text;
  throw new RangeError(`encoding ${text}: it is utf8 or gb18030`);
}

/** Reads addresses as `1;2` or `1,2`; throws a RangeError that names the bad one. */
export function readAddresses(id: string, text: string | undefined, least: number, most: number): number[] {
  const addresses = (text ?? '').split(/[;,]/).map((address) => {
    if (!/^\d{1,3}$/.test(address) || Number(address) < least || Number(address) > most)
      throw new RangeError(`${id}: address "${address}": from ${least} to ${most}, as in addresses=1;2`);
    return Number(address);
  });
  const twice = addresses.find((address, at) => addresses.indexOf(address) !== at);
  if (twice !== undefined) throw new RangeError(`${id}: address ${twice} is given twice`);
  return addresses;
}

/** Reads what stands at the addresses of an FF68 line: `1:pad;2:evaluator` or `1=pad,2=evaluator`. */
export function readUnits(id: string, text: string | undefined): Record<number, 'pad' | 'evaluator'> {
  const units: Record<number, 'pad' | 'evaluator'> = {};
  for (const part of (text ?? '').split(/[;,]/)) {
    const [, address = '', unit] = /^(\d{1,3})[:=](pad|evaluator)$/.exec(part) ?? [];
    if ((unit !== 'pad' && unit !== 'evaluator') || Number(address) > 255)
      throw new RangeError(
        `${id}: "${part}": expected ADDRESS:pad or ADDRESS:evaluator, the address from 0 to 255`,
      );
    if (units[Number(address)]) throw new RangeError(`${id}: address ${address} is given twice`);
    units[Number(address)] = unit;
  }
  return units;
}

/** Reads `ID=PORT:HOST:PORT`. */
export function readCableOption(text: string) {
  const match = /^([A-Za-z0-9][A-Za-z0-9._-]{0,39})=(\d{1,5}):(.+):(\d{1,5})$/.exec(text);
  const [, id, port, host, to] = match ?? [];
  if (!id || !host || Number(port) > 65535 || Number(to) > 65535)
    throw new RangeError(`"${text}": expected ID=PORT:HOST:PORT`);
  return { id, port: Number(port), to: { host, port: Number(to) } };
}
