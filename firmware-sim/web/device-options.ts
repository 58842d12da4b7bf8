/** Reads what is said of one device in text: `ID=PLACE[,SETTING=VALUE]…`. Every reader throws a RangeError that names device and setting. */
import { parsePortAddress } from '../port/port.ts';
import type { BridgeChip } from '../port/usb.ts';
import { bridgeIdentities } from '../usb/serial-function.ts';

/** Which device it is, and where it is plugged in. */
export type Standing = {
  id: string;
  /** `tcp:PORT`, `tcp:HOST:PORT`, `pty:PATH`; `usb`: the panel's own USB bus; `uhid`: the kernel's HID devices (Linux) */
  place: string;
  /** at place usb: the chip before a serial line; left out: cdc-acm, and for a printer the printer class */
  chip?: BridgeChip;
  /** what it says of itself where its protocol, or USB, has a word for it */
  serial?: string;
};
/** line: TCP, serial line or USB; hid: a HID device on USB. */
export type Carrier = 'line' | 'hid';
export type Settings = ReturnType<typeof readSettings>;

const chips = Object.keys({ 'cdc-acm': 0, ...bridgeIdentities }) as BridgeChip[];

/** Takes the text apart; `known` are the names of its settings besides `serial` and `chip`. */
export function readSettings(text: string, known: readonly string[]) {
  const [head = '', ...settings] = text.split(',');
  const [, id, place] = /^([A-Za-z0-9][A-Za-z0-9._-]{0,39})=(.+)$/.exec(head) ?? [];
  if (!id || !place)
    throw new RangeError(`"${text}": expected ID=PLACE, the id of letters, digits, dots and dashes`);
  const names = [...known, 'serial', 'chip'];
  const values = new Map<string, string>();
  for (const setting of settings) {
    const [name = '', value = ''] = setting.split(/=(.*)/s, 2);
    if (!names.includes(name) || !value)
      throw new RangeError(`${id}: "${setting}" is no setting; known: ${names.join(', ')}`);
    values.set(name, value);
  }
  return { id, place, values };
}

/** Where it stands: refuses a place that its kind cannot have. `saysSerial`: its own protocol has a word for a serial number. */
export function readStanding(
  { id, place, values }: Settings,
  carrier: Carrier,
  saysSerial = carrier === 'hid',
): Standing {
  const chip = choose(id, 'chip', values.get('chip'), chips);
  if (chip && (place !== 'usb' || carrier === 'hid'))
    throw new RangeError(`${id}: chip is for a serial line at place usb`);
  if (carrier === 'hid' && place !== 'usb' && place !== 'uhid')
    throw new RangeError(`${id}: it is a HID device: its place is usb or uhid, not "${place}"`);
  if (carrier === 'line' && place !== 'usb') {
    if (place === 'uhid')
      throw new RangeError(`${id}: it is no HID device: its place is pty:PATH, tcp:PORT or usb`);
    parsePortAddress(place);
  }
  const serial = values.get('serial');
  if (serial !== undefined && !saysSerial && place !== 'usb')
    throw new RangeError(`${id}: it has no word for a serial number but at place usb`);
  return { id, place, ...(chip && { chip }), ...(serial !== undefined && { serial }) };
}

/** One of `allowed`, or undefined when nothing was said. */
export function choose<Value extends string>(
  id: string,
  name: string,
  value: string | undefined,
  allowed: readonly Value[],
): Value | undefined {
  const found = allowed.find((one) => one === value);
  if (value !== undefined && found === undefined)
    throw new RangeError(`${id}: ${name} ${value}: it is ${allowed.join(' or ')}`);
  return found;
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
