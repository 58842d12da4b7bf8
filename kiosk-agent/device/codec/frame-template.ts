/** One frame template of a description (contract/devices.ts): from its text to cells, one for each byte on the wire. */
import { CHECKSUMS, type Checksum } from './checksums.ts';

/** A frame is at most this long, in bytes. */
export const MAX_FRAME = 64;

export type Cell =
  | { kind: 'byte'; value: number }
  | { kind: 'address' | 'key' | 'digit' | 'any' }
  /** a place of the display, 0 is the leftmost */
  | { kind: 'waiting' | 'ticket'; place: number }
  /** `part` 0 is the low byte; the sum goes from `from` up to `at`, where its first byte stands */
  | { kind: 'check'; how: Checksum; from: number; at: number; part: number };

export type Template = readonly Cell[];

/** What a template is for; it decides which names may stand in it. */
export type TemplateUse = 'key' | 'acknowledge' | 'display' | 'command';

const NAMES: Record<TemplateUse, readonly string[]> = {
  key: ['address', 'key', 'digit', 'any'],
  acknowledge: ['address', 'key', 'digit'],
  display: ['address', 'waiting1', 'waiting2', 'waiting3', 'ticket1', 'ticket2', 'ticket3'],
  command: ['address'],
};

/** The cells of a template, or every fault in it as a sentence. */
export function parseTemplate(
  text: string,
  use: TemplateUse,
): { ok: true; template: Template } | { ok: false; faults: string[] } {
  const cells: Cell[] = [];
  const faults: string[] = [];
  for (const [word] of text.matchAll(/\{[^{}]*\}?|[^\s{]+/g)) {
    if (!word.startsWith('{')) readHex(word, cells, faults);
    else if (!word.endsWith('}')) faults.push(`the brace of ${word.trim()} is not closed`);
    else readName(word, use, cells, faults);
  }
  const count = (kind: Cell['kind']) => cells.filter((cell) => cell.kind === kind).length;
  if (count('key') > 1) faults.push(`it has ${count('key')} × {key}; a frame tells one key`);
  if (count('address') > 1) faults.push(`it has ${count('address')} × {address}; a frame has one`);
  const checks = cells.filter((cell) => cell.kind === 'check' && cell.part === 0).length;
  if (checks > 1) faults.push(`it has ${checks} checksums; one is understood`);
  if (cells.length > MAX_FRAME)
    faults.push(`it is ${cells.length} bytes long; ${MAX_FRAME} is the longest that is understood`);
  if (use === 'key' && faults.length === 0) faults.push(...keyFaults(cells));
  return faults.length === 0 ? { ok: true, template: cells } : { ok: false, faults };
}

function readHex(word: string, cells: Cell[], faults: string[]): void {
  if (!/^[0-9A-Fa-f]+$/.test(word)) faults.push(`${word} is neither hex nor a name in braces`);
  else if (word.length % 2 === 1)
    faults.push(`${word} has an odd number of hex digits; a byte has two, as 0${word.slice(-1)}`);
  else for (const [byte] of word.matchAll(/../g)) cells.push({ kind: 'byte', value: parseInt(byte, 16) });
}

function readName(word: string, use: TemplateUse, cells: Cell[], faults: string[]): void {
  const [name = '', from, ...rest] = word.slice(1, -1).trim().split(/\s+/);
  if (Object.hasOwn(CHECKSUMS, name)) {
    const how = name as Checksum;
    const at = cells.length;
    if (from === undefined || !/^\d{1,3}$/.test(from) || rest.length > 0)
      faults.push(`${word} needs the number of the byte that it counts from, as {${name} 1}`);
    else if (Number(from) >= at)
      faults.push(`${word} counts from byte ${from}, but is byte ${at} itself: nothing stands between`);
    else
      for (let part = 0; part < CHECKSUMS[how].length; part++)
        cells.push({ kind: 'check', how, from: Number(from), at, part });
    return;
  }
  const place = /^(waiting|ticket)([123])$/.exec(name);
  if (from !== undefined) faults.push(`${word} takes no number`);
  else if (!NAMES[use].includes(name))
    faults.push(`${word} has no meaning here; known are ${known(use).join(' ')}`);
  else if (place) cells.push({ kind: place[1] as 'waiting' | 'ticket', place: Number(place[2]) - 1 });
  else cells.push({ kind: name as 'address' | 'key' | 'digit' | 'any' });
}

function known(use: TemplateUse): string[] {
  return [...NAMES[use], ...Object.keys(CHECKSUMS).map((name) => `${name} N`)].map((name) => `{${name}}`);
}

/** A receiver must be able to tell where a key's frame begins. */
function keyFaults(cells: readonly Cell[]): string[] {
  if (!cells.some((cell) => cell.kind === 'key')) return ['it has no {key}: the device would tell nothing'];
  const fixed = cells.some((cell) => cell.kind === 'byte' || cell.kind === 'check');
  if (!fixed && cells.length > 1)
    return ['it has no byte that is always the same and no checksum: nobody can tell where it begins'];
  return [];
}

/** Whether a byte may stand in this cell; a checksum is judged when the frame is whole. */
export function mayBe(cell: Cell, byte: number, digits: 'binary' | 'ascii'): boolean {
  switch (cell.kind) {
    case 'byte':
      return cell.value === byte;
    case 'digit':
      return digits === 'binary' ? byte <= 9 : byte >= 0x30 && byte <= 0x39;
    default:
      return true;
  }
}

/** Whether every checksum of a whole frame is right; `bytes` begins with the frame. */
export function sumsAreRight(template: Template, bytes: Uint8Array): boolean {
  return template.every((cell, at) => cell.kind !== 'check' || bytes[at] === sumByte(cell, bytes));
}

export function sumByte(cell: Cell & { kind: 'check' }, bytes: Uint8Array): number {
  return (CHECKSUMS[cell.how].of(bytes, cell.from, cell.at) >> (8 * cell.part)) & 0xff;
}

/** Whether some bytes could be both: the shorter frame whole, and the longer one begun. */
export function canBeTaken(one: Template, other: Template, digits: 'binary' | 'ascii'): boolean {
  const length = Math.min(one.length, other.length);
  const bytesOf = (cell: Cell | undefined) =>
    cell === undefined ? [] : ALL_BYTES.filter((byte) => mayBe(cell, byte, digits));
  for (let at = 0; at < length; at++) {
    const possible = bytesOf(one[at]);
    if (!possible.some((byte) => mayBe(other[at] ?? ANY, byte, digits))) return false;
  }
  return true;
}
const ALL_BYTES = Array.from({ length: 256 }, (_, byte) => byte);
const ANY: Cell = { kind: 'any' };
