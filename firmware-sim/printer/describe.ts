/** Words for the wire view of a printer: what the host sends, command by command. */
import { singleByteCharacter } from './code-pages.ts';
import { commandHead, type CommandHead, readCommand } from './command-reader.ts';
import { createRealtimeScanner, type RealtimeRequest } from './realtime-scanner.ts';
import iconv from 'iconv-lite';

/** The words for one piece of data are never longer. */
const longestWords = 300;
const longestText = 60;
/** Enough of a counted command to name it, and the most that is kept of one that ends with NUL. */
const keptHead = 160;
const keptUncounted = 4096;

const requestWords = (request: RealtimeRequest) => {
  switch (request.name) {
    case 'status':
      return `DLE EOT ${request.n}`;
    case 'full-status':
      return 'DLE EOT 20';
    case 'recover':
      return `DLE ENQ ${request.clear ? 2 : 1}`;
    case 'clear':
      return 'DLE DC4 8';
  }
};

/**
 * Describes what a host sends, piece by piece as it comes: `ESC @ · FS & · GS ! 11 · "A001" · LF`. A command that is cut
 * between two pieces is named when it is whole; `…` says that one is open. A real-time request inside other data is named
 * as the printer hears it. At most 300 characters a piece.
 */
export function createDescriber() {
  let open: Uint8Array = new Uint8Array(0);
  /** Bytes of a command named already that are still to come. */
  let skipping = 0;
  let text: number[] = [];
  let chinese = true;
  let codePage = 0;
  let nationalSet = 0;
  let scanner = createRealtimeScanner();

  function modes(name: string, [n = 0]: Uint8Array) {
    if (name === 'FS &') chinese = true;
    if (name === 'FS .') chinese = false;
    if (name === 'ESC t') codePage = n;
    if (name === 'ESC R') nationalSet = n;
    if (name === 'ESC @') [chinese, codePage, nationalSet] = [true, 0, 0];
  }

  /** The text so far; without `all`, the bytes of a Chinese character that may go on are kept. */
  function takeText(all: boolean): string | undefined {
    const whole = chinese && !all ? text.length - unfinished(text) : text.length;
    const [shown, rest] = [text.slice(0, whole), text.slice(whole)];
    text = rest;
    if (shown.length === 0) return undefined;
    const read = chinese
      ? iconv.decode(Buffer.from(shown), 'gb18030')
      : shown.map((byte) => singleByteCharacter(byte, codePage, nationalSet)).join('');
    const chars = [...read];
    return chars.length > longestText
      ? `"${chars.slice(0, longestText).join('')}…" (${shown.length} B)`
      : `"${read}"`;
  }

  function describe(bytes: Uint8Array): string {
    const words: string[] = [];
    const put = (word: string | undefined) => {
      if (word !== undefined) words.push(word);
    };
    const start = Math.min(skipping, bytes.length);
    skipping -= start;
    const before = open.length;
    let data = before === 0 ? bytes.subarray(start) : Buffer.concat([open, bytes.subarray(start)]);
    open = new Uint8Array(0);
    /** Ends of the real-time requests that stand by themselves, counted in `bytes`. */
    const standing = new Set<number>();
    let at = start - before;
    while (data.length > 0 && skipping === 0) {
      const head = commandHead(data);
      if (!head && data.length < keptUncounted) break;
      const length = head?.length ?? data.length;
      if (head?.name === 'text') text.push(data[0] as number);
      else {
        // A counted command is named as soon as enough of it is here; its data need not be kept.
        if (head && data.length < Math.min(length, keptHead)) break;
        put(takeText(true));
        const { name, parameters } = parametersOf(data, head);
        put(head ? commandWords(name, parameters, data, head) : `${name} without its end`);
        modes(name, parameters);
        if (name === 'realtime') standing.add(at + length);
        skipping = Math.max(0, length - data.length);
      }
      at += length;
      data = data.subarray(length);
    }
    if (skipping === 0) open = Uint8Array.from(data);
    put(takeText(false));
    for (const [index, byte] of bytes.entries()) {
      const request = scanner.feed(byte);
      if (request && !standing.has(index + 1)) put(`${requestWords(request)} inside data`);
    }
    if (open.length > 0 || skipping > 0 || text.length > 0) put('…');
    return joined(words);
  }

  return {
    describe,
    /** The line was cut or the power went: what was open is forgotten. */
    reset() {
      open = new Uint8Array(0);
      [skipping, text, chinese, codePage, nationalSet] = [0, [], true, 0, 0];
      scanner = createRealtimeScanner();
    },
  };
}

/** Describes data that begins and ends with whole commands. */
export const describeCommands = (bytes: Uint8Array): string => createDescriber().describe(bytes);

/** How many bytes at the end are the beginning of a Chinese character of two or four bytes. */
function unfinished(text: number[]): number {
  let at = 0;
  while (at < text.length) {
    const lead = text[at] as number;
    if (lead < 0x81 || lead > 0xfe) {
      at += 1;
      continue;
    }
    const second = text[at + 1];
    const size = second !== undefined && second >= 0x30 && second <= 0x39 ? 4 : 2;
    if (at + size > text.length) return text.length - at;
    at += size;
  }
  return 0;
}

function parametersOf(
  data: Uint8Array,
  head: CommandHead | undefined,
): { name: string; parameters: Uint8Array } {
  if (!head) return { name: hex(data.slice(0, 3)), parameters: new Uint8Array(0) };
  const whole = readCommand(data);
  if (whole && 'parameters' in whole.command) return whole.command;
  return { name: head.name, parameters: data.slice(head.head, head.length) };
}

/** Joins the words, says a run of one word with its number, and keeps to the length. */
function joined(words: string[]): string {
  const runs: { word: string; times: number }[] = [];
  for (const word of words) {
    const last = runs[runs.length - 1];
    if (last?.word === word) last.times += 1;
    else runs.push({ word, times: 1 });
  }
  let said = '';
  for (const [index, { word, times }] of runs.entries()) {
    const next = `${said}${said === '' ? '' : ' · '}${word}${times > 1 ? ` ×${times}` : ''}`;
    const rest = ` · … ${runs.length - index} more`;
    if (next.length + (index === runs.length - 1 ? 0 : rest.length) > longestWords)
      return `${said.slice(0, longestWords - rest.length)}${rest}`;
    said = next;
  }
  return said;
}

const hex = (bytes: Uint8Array) =>
  Buffer.from(bytes)
    .toString('hex')
    .toUpperCase()
    .replace(/(..)(?=.)/g, '$1 ');

const cutWords: Record<number, string> = {
  0: 'full cut',
  48: 'full cut',
  1: 'partial cut',
  49: 'partial cut',
  65: 'feed and full cut',
  66: 'feed and partial cut',
};
const word = (bytes: Uint8Array, at: number) => (bytes[at] ?? 0) + 256 * (bytes[at + 1] ?? 0);
const ascii = (bytes: Uint8Array) =>
  Buffer.from(bytes)
    .toString('latin1')
    .replace(/[^\x20-\x7e]/g, '·');

/** One command in words; `parameters` may be only the beginning of them. */
function commandWords(name: string, parameters: Uint8Array, data: Uint8Array, head: CommandHead): string {
  const [n = 0, second = 0, third = 0] = parameters;
  switch (name) {
    case 'unknown':
      return `unknown ${hex(data.slice(0, head.length))}`;
    case 'realtime':
      return realtimeWords(parameters);
    case 'GS V':
      return `GS V ${n} ${cutWords[n] ?? ''}`.trimEnd();
    case 'GS k':
      return n <= 6
        ? `GS k ${n} "${ascii(parameters.slice(1))}"`
        : `GS k ${n} "${ascii(parameters.slice(2))}"`;
    case 'GS v 0':
      return `GS v 0 raster ${word(parameters, 1) * 8}×${word(parameters, 3)} dots`;
    case 'GS ( L':
      if (second === 112) return `GS ( L store ${word(parameters, 6)}×${word(parameters, 8)} dots`;
      return second === 2 || second === 50 ? 'GS ( L print' : `GS ( L fn ${second}`;
    case 'ESC *':
      return `ESC * ${n} ${word(parameters, 1)} columns`;
    case 'GS ( H':
      if (n === 48) return `GS ( H process id "${ascii(parameters.slice(2))}"`;
      return `GS ( H offline response ${third}`;
    case 'GS ( k':
      return symbolWords(parameters, head);
    default: {
      const plain = name.replace('ESC  ', 'ESC SP').replace('ESC \f', 'ESC FF');
      const shown = parameters.slice(0, 8);
      const more = parameters.length > 8 ? ' …' : '';
      return shown.length === 0 ? plain : `${plain} ${hex(shown)}${more}`;
    }
  }
}

function realtimeWords([kind, n]: Uint8Array): string {
  const names: Record<number, string> = { 0x04: 'DLE EOT', 0x05: 'DLE ENQ', 0x14: 'DLE DC4' };
  return `${names[kind ?? 0]} ${n}`;
}

function symbolWords(parameters: Uint8Array, head: CommandHead): string {
  const [cn = 0, fn = 0, n = 0] = parameters;
  if (cn !== 0x31) return `GS ( k code ${cn} fn ${fn}`;
  switch (fn) {
    case 0x41:
      return `GS ( k QR model ${n - 0x30}`;
    case 0x43:
      return `GS ( k QR module ${n}`;
    case 0x45:
      return `GS ( k QR level ${'LMQH'[n - 0x30] ?? n}`;
    case 0x50:
      return `GS ( k QR store ${head.length - head.head - 3} B`;
    case 0x51:
      return 'GS ( k QR print';
    default:
      return `GS ( k QR fn ${fn}`;
  }
}
