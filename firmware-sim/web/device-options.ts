import type { EvaluatorOptions } from '../evaluator-line/evaluator.ts';
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
export function readEvaluatorOption(text: string): EvaluatorOptions & { id: string } {
  const { id, port, values } = split(text, ['serial', 'model']);
  parsePortAddress(port);
  return { id, port, serial: values.get('serial'), model: values.get('model') };
}

/**
 * Reads `ID=tcp:PORT|pty:PATH[,width=80|58][,process-id=yes|no][,chinese-after-init=off|on][,speed=MM/S]
 * [,realtime=all|none][,answers=yes|no][,clears=yes|no][,full-status=no|yes][,ticket-sensor=none|bit7|full-status][,flow=none|xon-xoff]`.
 */
export function readPrinterOption(text: string): PrinterOptions & { id: string } {
  const { id, port, values } = split(text, [
    'serial',
    'width',
    'process-id',
    'chinese-after-init',
    'four-byte',
    'speed',
    'realtime',
    'answers',
    'clears',
    'full-status',
    'ticket-sensor',
    'flow',
  ]);
  parsePortAddress(port);
  const width = values.get('width') ?? '80';
  if (width !== '80' && width !== '58')
    throw new RangeError(`${id}: width ${width}: paper is 80 or 58 mm wide`);
  const ticket = values.get('ticket-sensor');
  const speed = Number(values.get('speed') ?? 150);
  if (!(speed > 0)) throw new RangeError(`${id}: speed ${values.get('speed')}: mm/s above 0`);
  return {
    id,
    port,
    width: width === '58' ? 58 : 80,
    speed,
    serial: values.get('serial'),
    processId: values.get('process-id') !== 'no',
    chineseAfterInit: values.get('chinese-after-init') === 'on' ? 'on' : 'off',
    fourByteArea: values.get('four-byte') === 'yes',
    realtime: values.get('realtime') === 'none' ? 'none' : 'all',
    answers: values.get('answers') !== 'no',
    clears: values.get('clears') !== 'no',
    fullStatus: values.get('full-status') === 'yes',
    ticketSensor: ticket === 'bit7' || ticket === 'full-status' ? ticket : 'none',
    flow: values.get('flow') === 'xon-xoff' ? 'xon-xoff' : 'none',
  };
}

/** Reads `ID=PORT:HOST:PORT`. */
export function readCableOption(text: string) {
  const match = /^([A-Za-z0-9][A-Za-z0-9._-]{0,39})=(\d{1,5}):(.+):(\d{1,5})$/.exec(text);
  const [, id, port, host, to] = match ?? [];
  if (!id || !host || Number(port) > 65535 || Number(to) > 65535)
    throw new RangeError(`"${text}": expected ID=PORT:HOST:PORT`);
  return { id, port: Number(port), to: { host, port: Number(to) } };
}
