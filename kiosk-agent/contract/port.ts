/**
 * Port strings of the configuration: `serial:/dev/ttyUSB0?baud=9600`, `serial:COM3`, `tcp:127.0.0.1:9100`,
 * `hid:1209:0001`, `hid:1209:0001:SERIALNO`, `file:/dev/usb/lp0`, and `bound` for the port that a technician has bound.
 */

/** Settings of a serial line; what a port string leaves out comes from the device's model. */
export type LineSettings = {
  /** bits per second [300…921600] */
  baud: number;
  data: 7 | 8;
  parity: 'none' | 'even' | 'odd';
  stop: 1 | 2;
  /** flow control by RTS/CTS */
  rtscts: boolean;
};

export type SerialAddress = { kind: 'serial'; path: string; line: Partial<LineSettings> };
export type TcpAddress = { kind: 'tcp'; host: string; port: number };
/** A HID device by its USB ids (four lower-case hex digits each), and its serial number where it has one. */
export type HidAddress = { kind: 'hid'; vendorId: string; productId: string; serialNumber?: string };
/** A printer's character device, as /dev/usb/lp0. */
export type FileAddress = { kind: 'file'; path: string };
/** The technician has bound the device to what is plugged in (device/bindings); without a binding there is no port. */
export type BoundAddress = { kind: 'bound' };
export type PortAddress = SerialAddress | TcpAddress | HidAddress | FileAddress | BoundAddress;
export type PortKind = PortAddress['kind'];

export type ParsedPort = { ok: true; address: PortAddress } | { ok: false; why: string };

const FORMS = 'serial:PATH?baud=9600, tcp:HOST:PORT, hid:VENDOR:PRODUCT[:SERIAL], file:PATH or bound';

/** Reads a port string; `why` is a sentence that names the part which is wrong. */
export function parsePort(text: string): ParsedPort {
  const colon = text.indexOf(':');
  const scheme = colon < 0 ? '' : text.slice(0, colon);
  const rest = text.slice(colon + 1);
  switch (scheme) {
    case 'serial':
      return parseSerial(rest);
    case 'tcp':
      return parseTcp(rest);
    case 'hid':
      return parseHid(rest);
    case 'file':
      if (rest.trim() === '')
        return refuse('path: the name of the printer is missing, as in file:/dev/usb/lp0');
      return { ok: true, address: { kind: 'file', path: rest } };
    default:
      if (text === 'bound') return { ok: true, address: { kind: 'bound' } };
      return refuse(`"${text}" is no port; use ${FORMS}`);
  }
}

const LINE_FIELDS: { [F in keyof LineSettings]: (value: string) => LineSettings[F] | null } = {
  baud: (value) => (/^\d{3,6}$/.test(value) && +value >= 300 && +value <= 921_600 ? +value : null),
  data: (value) => (value === '7' ? 7 : value === '8' ? 8 : null),
  parity: (value) => (value === 'none' || value === 'even' || value === 'odd' ? value : null),
  stop: (value) => (value === '1' ? 1 : value === '2' ? 2 : null),
  rtscts: (value) =>
    value === '1' || value === 'true' ? true : value === '0' || value === 'false' ? false : null,
};
const LINE_FORMS: Record<keyof LineSettings, string> = {
  baud: 'a whole number from 300 to 921600',
  data: '7 or 8',
  parity: 'none, even or odd',
  stop: '1 or 2',
  rtscts: 'true or false',
};

function parseSerial(rest: string): ParsedPort {
  const mark = rest.indexOf('?');
  const path = mark < 0 ? rest : rest.slice(0, mark);
  if (path.trim() === '')
    return refuse('path: the name of the serial port is missing, as in serial:/dev/ttyUSB0');
  const line: Partial<LineSettings> = {};
  for (const pair of mark < 0 ? [] : rest.slice(mark + 1).split('&')) {
    const [name = '', value = '', ...more] = pair.split('=');
    if (!Object.hasOwn(LINE_FIELDS, name) || more.length > 0) {
      return refuse(`"${pair}" is no line setting; there are ${Object.keys(LINE_FIELDS).join(', ')}`);
    }
    const field = name as keyof LineSettings;
    if (field in line) return refuse(`${field}: stands twice`);
    const setting = LINE_FIELDS[field](value);
    if (setting === null) return refuse(`${field}: "${value}" must be ${LINE_FORMS[field]}`);
    Object.assign(line, { [field]: setting });
  }
  return { ok: true, address: { kind: 'serial', path, line } };
}

function parseTcp(rest: string): ParsedPort {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]/?#\s]+)):(\d{1,5})$/.exec(rest);
  if (!match) return refuse(`"${rest}" must be HOST:PORT, as in tcp:192.168.1.20:9100`);
  const port = Number(match[3]);
  if (port < 1 || port > 65_535) return refuse(`port: ${port} must be from 1 to 65535`);
  return { ok: true, address: { kind: 'tcp', host: match[1] ?? match[2] ?? '', port } };
}

function parseHid(rest: string): ParsedPort {
  const match = /^([0-9a-f]{4}):([0-9a-f]{4})(?::([\x21-\x7e]{1,64}))?$/i.exec(rest);
  if (!match) return refuse(`"${rest}" must be VENDOR:PRODUCT[:SERIAL], as in hid:1209:0001:EV0042`);
  const [, vendorId = '', productId = '', serialNumber] = match;
  return {
    ok: true,
    address: {
      kind: 'hid',
      vendorId: vendorId.toLowerCase(),
      productId: productId.toLowerCase(),
      ...(serialNumber !== undefined && { serialNumber }),
    },
  };
}

function refuse(why: string): ParsedPort {
  return { ok: false, why };
}

/** The port without its settings: what two devices must not share. Null: any number of devices may stand so. */
export function portKey(address: PortAddress): string | null {
  switch (address.kind) {
    case 'serial':
      return `serial:${address.path}`;
    case 'tcp':
      return `tcp:${address.host}:${address.port}`;
    case 'hid':
      return `hid:${address.vendorId}:${address.productId}:${address.serialNumber ?? ''}`;
    case 'file':
      return `file:${address.path}`;
    case 'bound':
      return null;
  }
}
