/**
 * Cuts the printer's data stream into commands (escpos-printer §1.1, §1.5). `parameters` are the bytes after
 * the command's letters; of `GS ( X` and `GS 8 L` those after the length.
 */
export type PrinterCommand =
  | { name: 'text'; byte: number }
  | { name: 'unknown'; bytes: Uint8Array }
  | { name: string; parameters: Uint8Array };

export type ReadCommand = { length: number; command: PrinterCommand };

const escape: Record<string, number> = {
  '@': 0,
  '!': 1,
  E: 1,
  G: 1,
  a: 1,
  d: 1,
  J: 1,
  '2': 0,
  '3': 1,
  '-': 1,
  t: 1,
  R: 1,
  M: 1,
  ' ': 1,
  '{': 1,
  V: 1,
  $: 2,
  '\\': 2,
  p: 3,
  i: 0,
  m: 0,
  e: 1,
  K: 1,
  '=': 1,
  r: 1,
  c: 2,
};
const group: Record<string, number> = {
  '!': 1,
  B: 1,
  L: 2,
  W: 2,
  H: 1,
  h: 1,
  w: 1,
  f: 1,
  r: 1,
  I: 1,
  a: 1,
  P: 2,
  $: 2,
  '\\': 2,
  b: 1,
};
const field: Record<string, number> = { '&': 0, '.': 0, '!': 1, '-': 1, S: 2, W: 1, C: 1, p: 2 };
const controls: Record<number, string> = { 0x00: 'NUL', 0x09: 'HT', 0x0a: 'LF', 0x0c: 'FF', 0x0d: 'CR' };
/** Lengths of DLE DC4 by function. */
const dleDc4: Record<number, number> = { 1: 5, 2: 5, 3: 8, 7: 4, 8: 10 };

/** Reads the first command of `bytes`; undefined when it is not complete yet. */
export function readCommand(bytes: Uint8Array): ReadCommand | undefined {
  const first = bytes[0];
  if (first === undefined) return undefined;
  if (first >= 0x20) return { length: 1, command: { name: 'text', byte: first } };
  const control = controls[first];
  if (control) return take(bytes, control, 1, 0);
  if (first === 0x10) return realtime(bytes);
  if (first === 0x1b) return escapeCommand(bytes);
  if (first === 0x1d) return groupCommand(bytes);
  if (first === 0x1c) return fieldCommand(bytes);
  return unknown(bytes, 1);
}

function take(bytes: Uint8Array, name: string, head: number, parameters: number): ReadCommand | undefined {
  const length = head + parameters;
  if (bytes.length < length) return undefined;
  return { length, command: { name, parameters: bytes.slice(head, length) } };
}

function unknown(bytes: Uint8Array, length: number): ReadCommand | undefined {
  if (bytes.length < length) return undefined;
  return { length, command: { name: 'unknown', bytes: bytes.slice(0, length) } };
}

/** Real-time commands were obeyed when they arrived; here they are only stepped over (§1.8). */
function realtime(bytes: Uint8Array): ReadCommand | undefined {
  const [, second, third] = bytes;
  if (second === undefined) return undefined;
  if (second !== 0x04 && second !== 0x05 && second !== 0x14) return unknown(bytes, 2);
  if (third === undefined) return undefined;
  const length = second === 0x14 ? dleDc4[third] : 3;
  if (length === undefined) return unknown(bytes, 3);
  return take(bytes, 'realtime', 3, length - 3);
}

function letter(byte: number) {
  return String.fromCharCode(byte);
}

/** `X ( Y pL pH …` */
function lengthPrefixed(bytes: Uint8Array, name: string): ReadCommand | undefined {
  const [, , kind, low, high] = bytes;
  if (kind === undefined || low === undefined || high === undefined) return undefined;
  return take(bytes, `${name} ( ${letter(kind)}`, 5, low + 256 * high);
}

function upToNul(bytes: Uint8Array, name: string, head: number): ReadCommand | undefined {
  const end = bytes.indexOf(0, head);
  return end < 0 ? undefined : { length: end + 1, command: { name, parameters: bytes.slice(head, end) } };
}

function escapeCommand(bytes: Uint8Array): ReadCommand | undefined {
  const second = bytes[1];
  if (second === undefined) return undefined;
  const name = letter(second);
  if (name === 'D') return upToNul(bytes, 'ESC D', 2);
  if (name === '*') {
    const [, , mode, low, high] = bytes;
    if (mode === undefined || low === undefined || high === undefined) return undefined;
    return take(bytes, 'ESC *', 2, 3 + (low + 256 * high) * (mode < 32 ? 1 : 3));
  }
  const parameters = escape[name];
  return parameters === undefined ? unknown(bytes, 2) : take(bytes, `ESC ${name}`, 2, parameters);
}

function groupCommand(bytes: Uint8Array): ReadCommand | undefined {
  const [, second, third, fourth] = bytes;
  if (second === undefined) return undefined;
  const name = letter(second);
  if (name === '(') return lengthPrefixed(bytes, 'GS');
  const parameters = group[name];
  if (parameters !== undefined) return take(bytes, `GS ${name}`, 2, parameters);
  if (name === 'V') {
    if (third === undefined) return undefined;
    const withFeed = [65, 66, 97, 98, 103, 104].includes(third);
    return take(bytes, 'GS V', 2, withFeed ? 2 : 1);
  }
  if (name === 'k') {
    if (third === undefined) return undefined;
    if (third <= 6) return upToNul(bytes, 'GS k', 2);
    if (third < 65 || third > 79) return unknown(bytes, 3);
    return fourth === undefined ? undefined : take(bytes, 'GS k', 2, 2 + fourth);
  }
  if (name === 'v') {
    if (bytes.length < 8) return undefined;
    if (third !== 0x30) return unknown(bytes, 3);
    const [, , , , xLow = 0, xHigh = 0, yLow = 0, yHigh = 0] = bytes;
    return take(bytes, 'GS v 0', 3, 5 + (xLow + 256 * xHigh) * (yLow + 256 * yHigh));
  }
  if (name === '8') {
    if (bytes.length < 7) return undefined;
    if (third !== 0x4c) return unknown(bytes, 3);
    const [, , , p1 = 0, p2 = 0, p3 = 0, p4 = 0] = bytes;
    return take(bytes, 'GS ( L', 7, p1 + 256 * p2 + 65536 * p3 + 16777216 * p4);
  }
  return unknown(bytes, 2);
}

function fieldCommand(bytes: Uint8Array): ReadCommand | undefined {
  const second = bytes[1];
  if (second === undefined) return undefined;
  const name = letter(second);
  if (name === '(') return lengthPrefixed(bytes, 'FS');
  const parameters = field[name];
  return parameters === undefined ? unknown(bytes, 2) : take(bytes, `FS ${name}`, 2, parameters);
}
