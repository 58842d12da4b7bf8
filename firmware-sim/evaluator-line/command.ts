import iconv from 'iconv-lite';

/** A host's message that this device understands; arguments are checked strictly. */
export type Command =
  | { name: 'WHO'; n: number }
  | { name: 'OPEN'; n: number; session: number; seconds: number; voice: 0 | 2 }
  | { name: 'SHUT'; n: number; session: number }
  | { name: 'SHOW'; n: number; line: 1 | 2; text: string }
  | { name: 'SAY'; n: number; voice: 1 | 2 | 3 | 4 }
  | { name: 'ACK'; boot: string; seq: number }
  /** A command with a number but wrong arguments: answered `NO,<n>,arg`. */
  | { name: 'refused'; n: number }
  /** Nothing that can be answered: counted only. */
  | { name: 'unknown' };

/** A decimal number without sign or leading zeros within [least, most], else undefined. */
function number(text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined || !/^(0|[1-9]\d{0,9})$/.test(text)) return undefined;
  const value = Number(text);
  return value >= least && value <= most ? value : undefined;
}

/** GB18030 text from hex, at most 24 bytes; undefined when it is no whole characters. */
export function displayText(hex: string | undefined): string | undefined {
  if (hex === undefined || !/^([0-9A-Fa-f]{2}){0,24}$/.test(hex)) return undefined;
  const text = iconv.decode(Buffer.from(hex, 'hex'), 'gb18030');
  return text.includes('\ufffd') ? undefined : text;
}

const largestSession = 4294967295;

/** Reads one body (evaluators.md §1, table of messages). */
export function parseCommand(body: string): Command {
  const [name, first, ...rest] = body.split(',');
  if (name === 'ACK') {
    const seq = number(rest[0], 1, 0xffffffff);
    const good = /^[0-9A-Fa-f]{8}$/.test(first ?? '') && rest.length === 1 && seq !== undefined;
    return good ? { name, boot: first as string, seq } : { name: 'unknown' };
  }
  const n = number(first, 0, 65535);
  if (n === undefined) return { name: 'unknown' };
  const refused: Command = { name: 'refused', n };
  if (name === 'WHO') return rest.length === 0 ? { name, n } : refused;
  if (name === 'OPEN') {
    const session = number(rest[0], 1, largestSession);
    const seconds = number(rest[1], 1, 65535);
    const voice = rest[2] === '0' ? 0 : rest[2] === '2' ? 2 : undefined;
    if (rest.length !== 3 || !session || !seconds || voice === undefined) return refused;
    return { name, n, session, seconds, voice };
  }
  if (name === 'SHUT') {
    const session = number(rest[0], 1, largestSession);
    return rest.length === 1 && session ? { name, n, session } : refused;
  }
  if (name === 'SHOW') {
    const line = number(rest[0], 1, 2) as 1 | 2 | undefined;
    const text = displayText(rest[1]);
    return rest.length === 2 && line && text !== undefined ? { name, n, line, text } : refused;
  }
  if (name === 'SAY') {
    const voice = number(rest[0], 1, 4) as 1 | 2 | 3 | 4 | undefined;
    return rest.length === 1 && voice ? { name, n, voice } : refused;
  }
  return refused;
}
