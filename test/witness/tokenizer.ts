/** Cuts a sheet's bytes into commands and characters by the hand-typed table, and says everything that is wrong with them. */
import { type Command, commandTable, type Rest } from './command-table.ts';

export type Token =
  | { at: number; kind: 'command'; name: string; parameters: Uint8Array }
  | { at: number; kind: 'character'; bytes: Uint8Array };
export type Tokens = { tokens: Token[]; wrong: string[] };

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex').toUpperCase();
const longestLetters = 3;
const byLetters = new Map(commandTable.map((command) => [command.letters, command]));

/** Reads all of `bytes`; what fits neither a command nor printable GB18030 of one or two bytes is `wrong`, with its place. */
export function tokenize(bytes: Uint8Array): Tokens {
  const tokens: Token[] = [];
  const wrong: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    const byte = bytes[at] as number;
    if (byte >= 0x20) {
      const length = characterLength(bytes, at);
      const character = bytes.subarray(at, at + Math.abs(length));
      if (length < 0) wrong.push(`${at}: ${hex(character)} is no character of one or two bytes`);
      tokens.push({ at, kind: 'character', bytes: character });
      at += Math.abs(length);
      continue;
    }
    const command = commandAt(bytes, at);
    if (!command) {
      wrong.push(`${at}: ${hex(bytes.subarray(at, at + 3))} is no command`);
      at += 1;
      continue;
    }
    const from = at + command.letters.length / 2;
    const [skipped, length] = restLength(command.rest, bytes, from);
    const end = from + skipped + length;
    if (end > bytes.length) {
      wrong.push(`${at}: the data ends inside ${command.name}`);
      break;
    }
    const parameters = bytes.subarray(from + skipped, end);
    if (command.allows && !command.allows(parameters))
      wrong.push(`${at}: ${command.name} ${hex(parameters.subarray(0, 8))} is not in the lists`);
    tokens.push({ at, kind: 'command', name: command.name, parameters });
    at = end;
  }
  return { tokens, wrong };
}

function commandAt(bytes: Uint8Array, at: number): Command | undefined {
  for (let length = longestLetters; length > 0; length--) {
    const found = byLetters.get(hex(bytes.subarray(at, at + length)));
    if (found) return found;
  }
  return undefined;
}

/** How many bytes of length come first, and how many bytes after them. A length that is cut off is longer than any data. */
function restLength(rest: Rest, bytes: Uint8Array, from: number): [skipped: number, length: number] {
  const byte = (index: number) => bytes[from + index] ?? Infinity;
  const word = (index: number) => byte(index) + 256 * byte(index + 1);
  switch (rest) {
    case 'pL pH':
      return [2, word(0)];
    case 'n':
      return [1, byte(0)];
    case 'to NUL': {
      const end = bytes.indexOf(0, from);
      return [0, end < 0 ? Infinity : end + 1 - from];
    }
    case 'raster':
      return [0, 5 + word(1) * word(3)];
    case 'columns':
      return [0, 3 + word(1) * (byte(0) < 32 ? 1 : 3)];
    case 'graphics':
      return [4, word(0) + 65_536 * word(2)];
    case 'cut':
      // From 65 on with how far to feed.
      return [0, byte(0) >= 65 ? 2 : 1];
    default:
      return [0, rest];
  }
}

/** Bytes of the character at `at`: 1 or 2; negative when a printer of the two-byte area has nothing for it (§1.1). */
function characterLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] as number;
  if (lead < 0x7f) return 1;
  const trail = bytes[at + 1] ?? 0;
  if (lead < 0x81 || lead === 0xff) return -1;
  if (trail < 0x40 || trail === 0x7f || trail === 0xff) return trail >= 0x30 && trail <= 0x39 ? -4 : -1;
  // Three areas are for characters of the user's own, and empty in every printer.
  const own =
    (lead >= 0xaa && lead <= 0xaf && trail >= 0xa1) ||
    (lead >= 0xf8 && trail >= 0xa1) ||
    (lead >= 0xa1 && lead <= 0xa7 && trail < 0xa1);
  return own ? -2 : 2;
}

const onlyAtLineStart = (token: Extract<Token, { kind: 'command' }>) =>
  token.name === 'ESC a' ||
  token.name === 'GS V' ||
  (token.name === 'GS ( k' && token.parameters[1] === 0x51);

/**
 * Everything that is wrong with a sheet: tokens, commands that are not `allowed`, what only works at the start of a line
 * and stands elsewhere, lines wider than `columns`, real-time sequences in its data (§1.8), and an end without a cut.
 */
export function faultsOf(bytes: Uint8Array, allowed: readonly string[], columns: number): string[] {
  const { tokens, wrong } = tokenize(bytes);
  let size = 1;
  let width = 0;
  for (const token of tokens) {
    if (token.kind === 'character') {
      width += token.bytes.length * size;
      if (width > columns) wrong.push(`${token.at}: the line is wider than ${columns} columns`);
      continue;
    }
    if (!allowed.includes(token.name)) wrong.push(`${token.at}: ${token.name} is not for this model`);
    if (onlyAtLineStart(token) && width > 0) wrong.push(`${token.at}: ${token.name} in mid line`);
    if (token.name === 'LF' || token.name === 'ESC d') width = 0;
    if (token.name === 'GS !') size = ((token.parameters[0] ?? 0) >> 4) + 1;
    if (token.name === 'ESC @') size = 1;
  }
  const hidden = Buffer.from(bytes)
    .toString('latin1')
    .search(/\u0010[\u0004\u0005\u0014]/);
  if (hidden >= 0) wrong.push(`${hidden}: a real-time sequence in the data`);
  const last = tokens.at(-1);
  const cuts = tokens.filter((token) => token.kind === 'command' && token.name === 'GS V').length;
  if (last?.kind !== 'command' || last.name !== 'GS V') wrong.push('no cut at the end');
  if (cuts > 1) wrong.push(`${cuts} cuts`);
  return wrong;
}
