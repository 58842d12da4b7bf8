/**
 * Cuts the printer's data stream into commands (escpos-printer §1.1, §1.5). `parameters` are the bytes after
 * the command's letters; of `GS ( X` and `GS 8 L` those after the length, of `realtime` those after DLE.
 */
export type PrinterCommand =
  | { name: 'text'; byte: number }
  | { name: 'unknown'; bytes: Uint8Array }
  | { name: string; parameters: Uint8Array };

export type ReadCommand = { length: number; command: PrinterCommand };
/** A command by its beginning: its name, how many bytes stand before its parameters, and its length with them. */
export type CommandHead = { name: string; head: number; length: number };

const escape: Record<string, number> = {
  '\f': 0,
  ' ': 1,
  '!': 1,
  $: 2,
  '%': 1,
  '-': 1,
  '2': 0,
  '3': 1,
  '=': 1,
  '?': 1,
  '@': 0,
  B: 2,
  E: 1,
  G: 1,
  J: 1,
  K: 1,
  L: 0,
  M: 1,
  R: 1,
  S: 0,
  T: 1,
  U: 1,
  V: 1,
  W: 8,
  '\\': 2,
  a: 1,
  c: 2,
  d: 1,
  e: 1,
  i: 0,
  m: 0,
  p: 3,
  r: 1,
  t: 1,
  '{': 1,
};
const group: Record<string, number> = {
  '!': 1,
  $: 2,
  '/': 1,
  ':': 0,
  B: 1,
  E: 1,
  H: 1,
  I: 1,
  L: 2,
  P: 2,
  T: 1,
  W: 2,
  '\\': 2,
  '^': 3,
  a: 1,
  b: 1,
  f: 1,
  h: 1,
  r: 1,
  w: 1,
  '|': 1,
};
const field: Record<string, number> = {
  '!': 1,
  '&': 0,
  '-': 1,
  '.': 0,
  // A user-defined Chinese character: its code and 72 bytes of dots.
  '2': 74,
  '?': 2,
  C: 1,
  S: 2,
  W: 1,
  p: 2,
};
const controls: Record<number, string> = {
  0x00: 'NUL',
  0x09: 'HT',
  0x0a: 'LF',
  0x0c: 'FF',
  0x0d: 'CR',
  0x18: 'CAN',
};
/** Lengths of DLE DC4 by function. */
const dleDc4: Record<number, number> = { 1: 5, 2: 5, 3: 8, 7: 4, 8: 10 };

/** Reads the first command of `bytes`; undefined when it is not complete yet. */
export function readCommand(bytes: Uint8Array): ReadCommand | undefined {
  const found = commandHead(bytes);
  if (!found || bytes.length < found.length) return undefined;
  const { name, head, length } = found;
  if (name === 'text') return { length, command: { name, byte: bytes[0] as number } };
  if (name === 'unknown') return { length, command: { name, bytes: bytes.slice(0, length) } };
  // The NUL that ends a list is no part of it.
  const end = endsWithNul(name, bytes) ? length - 1 : length;
  return { length, command: { name, parameters: bytes.slice(head, end) } };
}

/** Looks at the beginning of a command; undefined when it does not show yet how long the command is. */
export function commandHead(bytes: Uint8Array): CommandHead | undefined {
  const first = bytes[0];
  if (first === undefined) return undefined;
  if (first >= 0x20) return { name: 'text', head: 0, length: 1 };
  const control = controls[first];
  if (control) return counted(control, 1, 0);
  if (first === 0x10) return realtime(bytes);
  if (first === 0x1b) return escapeCommand(bytes);
  if (first === 0x1d) return groupCommand(bytes);
  if (first === 0x1c) return fieldCommand(bytes);
  return unknown(1);
}

const counted = (name: string, head: number, parameters: number): CommandHead => ({
  name,
  head,
  length: head + parameters,
});
const unknown = (length: number): CommandHead => ({ name: 'unknown', head: 0, length });
const letter = (byte: number) => String.fromCharCode(byte);
const word = (bytes: Uint8Array, at: number) => (bytes[at] ?? 0) + 256 * (bytes[at + 1] ?? 0);

/** Real-time commands were obeyed when they arrived; here they are only stepped over (§1.8). */
function realtime(bytes: Uint8Array): CommandHead | undefined {
  const [, second, third] = bytes;
  if (second === undefined) return undefined;
  if (second !== 0x04 && second !== 0x05 && second !== 0x14) return unknown(2);
  if (third === undefined) return undefined;
  const length = second === 0x14 ? dleDc4[third] : 3;
  return length === undefined ? unknown(3) : counted('realtime', 1, length - 1);
}

/** `X ( Y pL pH …` */
function lengthPrefixed(bytes: Uint8Array, name: string): CommandHead | undefined {
  if (bytes.length < 5) return undefined;
  return counted(`${name} ( ${letter(bytes[2] as number)}`, 5, word(bytes, 3));
}

const endsWithNul = (name: string, bytes: Uint8Array) =>
  name === 'ESC D' || (name === 'GS k' && (bytes[2] ?? 0) <= 6);

function upToNul(bytes: Uint8Array, name: string, from: number): CommandHead | undefined {
  const end = bytes.indexOf(0, from);
  return end < 0 ? undefined : { name, head: 2, length: end + 1 };
}

function escapeCommand(bytes: Uint8Array): CommandHead | undefined {
  const second = bytes[1];
  if (second === undefined) return undefined;
  const name = letter(second);
  if (name === '(') return lengthPrefixed(bytes, 'ESC');
  if (name === 'D') return upToNul(bytes, 'ESC D', 2);
  if (name === '&') return userCharacters(bytes);
  if (name === '*') {
    const mode = bytes[2];
    if (mode === undefined || bytes.length < 5) return undefined;
    return counted('ESC *', 2, 3 + word(bytes, 3) * (mode < 32 ? 1 : 3));
  }
  const parameters = escape[name];
  return parameters === undefined ? unknown(2) : counted(`ESC ${name}`, 2, parameters);
}

/** `ESC & y c1 c2 [x d1 … d(x·y)]` for every character from c1 to c2. */
function userCharacters(bytes: Uint8Array): CommandHead | undefined {
  const [, , y, first, last] = bytes;
  if (y === undefined || first === undefined || last === undefined) return undefined;
  let at = 5;
  for (let code = first; code <= last; code++) {
    const x = bytes[at];
    if (x === undefined) return undefined;
    at += 1 + x * y;
  }
  return counted('ESC &', 2, at - 2);
}

function groupCommand(bytes: Uint8Array): CommandHead | undefined {
  const [, second, third, fourth] = bytes;
  if (second === undefined) return undefined;
  const name = letter(second);
  if (name === '(') return lengthPrefixed(bytes, 'GS');
  const parameters = group[name];
  if (parameters !== undefined) return counted(`GS ${name}`, 2, parameters);
  if (third === undefined) return ['V', 'k', 'v', '8', '*'].includes(name) ? undefined : unknown(2);
  switch (name) {
    case 'V':
      return counted('GS V', 2, [65, 66, 97, 98, 103, 104].includes(third) ? 2 : 1);
    case 'k':
      if (third <= 6) return upToNul(bytes, 'GS k', 3);
      if (third < 65 || third > 79) return unknown(3);
      return fourth === undefined ? undefined : counted('GS k', 2, 2 + fourth);
    case 'v':
      if (third !== 0x30) return unknown(3);
      return bytes.length < 8 ? undefined : counted('GS v 0', 3, 5 + word(bytes, 4) * word(bytes, 6));
    case '8':
      if (third !== 0x4c) return unknown(3);
      return bytes.length < 7 ? undefined : counted('GS ( L', 7, word(bytes, 3) + 65536 * word(bytes, 5));
    case '*':
      return fourth === undefined ? undefined : counted('GS *', 2, 2 + third * fourth * 8);
    default:
      return unknown(2);
  }
}

function fieldCommand(bytes: Uint8Array): CommandHead | undefined {
  const second = bytes[1];
  if (second === undefined) return undefined;
  const name = letter(second);
  if (name === '(') return lengthPrefixed(bytes, 'FS');
  if (name === 'q') return storedPictures(bytes);
  const parameters = field[name];
  return parameters === undefined ? unknown(2) : counted(`FS ${name}`, 2, parameters);
}

/** `FS q n [xL xH yL yH d1 … d(x·y·8)]`, n pictures. */
function storedPictures(bytes: Uint8Array): CommandHead | undefined {
  const n = bytes[2];
  if (n === undefined) return undefined;
  let at = 3;
  for (let picture = 0; picture < n; picture++) {
    if (bytes.length < at + 4) return undefined;
    at += 4 + word(bytes, at) * word(bytes, at + 2) * 8;
  }
  return counted('FS q', 2, at - 2);
}
