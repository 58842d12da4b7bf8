/** Every sheet of the agent, read by a table that was typed from public lists: nothing in it may be unknown to a printer. */
import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import { MODELS } from '../../kiosk-agent/device/models.ts';
import { paperBytes, paperText } from '../../kiosk-agent/paper/encode.ts';
import { composeTicket, type TicketPaper } from '../../kiosk-agent/paper/ticket.ts';
import { printerKinds, type PrinterKind } from '../../firmware-sim/web/printer-kinds.ts';
import { Table } from '../device/failures/printer-table.ts';
import { allowedFor, onEverySheet } from './command-table.ts';
import { sheetsOf, ticketsOf } from './tickets.ts';
import { faultsOf, tokenize, type Token } from './tokenizer.ts';

const hex = (text: string) => Buffer.from(text.replace(/\s/g, ''), 'hex');
const commands = (tokens: Token[], name: string) =>
  tokens.filter((token) => token.kind === 'command' && token.name === name);
const stored = (tokens: Token[]) =>
  commands(tokens, 'GS ( k').flatMap((token) =>
    token.kind === 'command' && token.parameters[1] === 0x50
      ? [Buffer.from(token.parameters.subarray(3)).toString('utf8')]
      : [],
  );

describe.each([48, 32] as const)('on paper of %i columns', (columns) => {
  it.each(sheetsOf(columns))(
    'the $name has only what every printer knows, in its place, and a cut at its end',
    ({ bytes }) => {
      expect(faultsOf(bytes, onEverySheet, columns)).toEqual([]);
      const { tokens } = tokenize(bytes);
      // Set up anew, whatever was printed before: Chinese mode is not on after every ESC @.
      expect(tokens.slice(0, 2).map((token) => token.kind === 'command' && token.name)).toEqual([
        'ESC @',
        'FS &',
      ]);
      // Feed to the knife and cut: what is printed is never cut through.
      expect(tokens.at(-1)).toMatchObject({ name: 'GS V', parameters: Uint8Array.of(66, 0) });
      for (const token of tokens) {
        if (token.kind !== 'character') continue;
        const text = iconv.decode(Buffer.from(token.bytes), 'gb18030');
        expect(Buffer.from(iconv.encode(text, 'gb18030')).equals(token.bytes), text).toBe(true);
      }
    },
  );

  it.each(ticketsOf(columns))(
    'the QR code of the ticket $name is stored with its length and printed once',
    ({ ticket, code }) => {
      const { tokens } = tokenize(composeTicket(ticket, columns));
      expect(stored(tokens)).toEqual(code === null ? [] : [code]);
      const functions = commands(tokens, 'GS ( k').map(
        (token) => token.kind === 'command' && token.parameters[1],
      );
      expect(functions).toEqual(code === null ? [] : [0x41, 0x43, 0x45, 0x50, 0x51]);
    },
  );
});

it('whatever character a text has, its bytes are characters that a printer of the two-byte area draws', () => {
  for (let plane = 0; plane <= 0x10; plane++) {
    // Of the higher planes a part: none of it has two bytes.
    for (let code = plane << 16; code < (plane << 16) + (plane === 0 ? 0x10000 : 0x400); code += 0x400) {
      const text = String.fromCodePoint(...Array.from({ length: 0x400 }, (_, index) => code + index));
      const { tokens, wrong } = tokenize(paperBytes(paperText(text).text));
      expect(wrong, `from U+${code.toString(16)}`).toEqual([]);
      expect(tokens.filter(({ kind }) => kind === 'command')).toEqual([]);
    }
  }
});

describe('everything that is sent with a ticket', () => {
  /** A simulated printer of the model's kind (docs/simulator.md). */
  const kinds: Record<string, PrinterKind> = {
    'escpos-80': 'full',
    'epson-80': 'full',
    'cashino-80': 'ticket-bit',
    'custom-80': 'presenter',
    'escpos-80-ordered': 'ordered',
    'escpos-80-one-way': 'one-way',
  };
  const rows = MODELS.flatMap((row) => (row.kind === 'printer' ? [row] : []));

  it.each(rows)('to $id is known to such a printer', async (row) => {
    const { id, columns, confirmation, status } = row;
    const table = new Table({
      name: id,
      driver: row,
      machine: { ...printerKinds[kinds[id] ?? 'basic'], width: columns === 48 ? 576 : 384 },
    });
    const { machine } = table;
    const heard: Uint8Array[] = [];
    const receive = machine.receive.bind(machine);
    machine.receive = (bytes, now) => {
      heard.push(Uint8Array.from(bytes));
      receive(bytes, now);
    };
    table.plug();
    await table.ready();
    const { ticket } = ticketsOf(columns)[0] as { ticket: TicketPaper };
    const { outcome } = await table.print(composeTicket(ticket, columns));
    expect(outcome).toBe(status === 'none' ? 'unconfirmed' : 'printed');
    await table.close();

    const { tokens, wrong } = tokenize(Buffer.concat(heard));
    expect(wrong).toEqual([]);
    const names = new Set(tokens.flatMap((token) => (token.kind === 'command' ? [token.name] : [])));
    expect([...names].filter((name) => !allowedFor({ confirmation, status }).includes(name))).toEqual([]);
    expect(stored(tokens)).toEqual([ticket.qr]);
    expect(machine.errors).toEqual([]);
    expect(machine.roll.papers.length).toBe(1);
  });
});

describe('the table itself', () => {
  const { ticket } = ticketsOf(48)[0] as { ticket: TicketPaper };
  const whole = composeTicket({ ...ticket, qr: 'https://x/1' }, 48);
  const faults = (bytes: Uint8Array) => faultsOf(bytes, onEverySheet, 48);

  it('finds a fault in every sheet that breaks off', () => {
    for (let end = 0; end < whole.length; end++)
      expect(faults(whole.subarray(0, end)), `the first ${end} bytes`).not.toEqual([]);
    expect(faults(whole)).toEqual([]);
  });

  it('finds a fault wherever a byte has become FF, save where FF is a number', () => {
    const { tokens } = tokenize(whole);
    const free = new Set(
      tokens.flatMap((token) => {
        if (token.kind !== 'command') return [];
        // The feed before the cut and the data of the QR code may be any byte.
        if (token.name === 'GS V') return [token.at + 3];
        if (token.name === 'GS ( k' && token.parameters[1] === 0x50)
          return Array.from({ length: token.parameters.length - 3 }, (_, index) => token.at + 8 + index);
        return [];
      }),
    );
    const unnoticed: number[] = [];
    for (let at = 0; at < whole.length; at++) {
      const damaged = Uint8Array.from(whole);
      damaged[at] = 0xff;
      if (faults(damaged).length === 0) unnoticed.push(at);
    }
    expect(unnoticed).toEqual([...free]);
  });

  const cut = '0A 1D564200';
  it.each([
    ['half a character', 'C4 0A', 'no character'],
    ['a character of four bytes', '8130 8436', 'no character'],
    ['a character of the user’s own', 'AAA1', 'no character'],
    ['80', '80', 'no character'],
    ['a control character', '01', 'no command'],
    ['an unknown command', '1B7A', 'no command'],
    ['another maker’s command', '1D5A02', 'no command'],
    ['a size of 9', '1D2188', 'not in the lists'],
    ['an alignment of 7', '1B6107', 'not in the lists'],
    ['a QR module of 17', '1D286B0300 314311', 'not in the lists'],
    ['a QR store that says one byte more', '1D286B0800 315030 41424344 1D286B0300315130', 'no command'],
    ['a QR store that says one byte less', '1D286B0600 315030 41424344 1D286B0300315130', 'mid line'],
    ['a drawer command', '1B700019FA', 'not for this model'],
    ['a real-time question', '100401', 'not for this model'],
    ['a real-time question inside a QR code', '1D286B0700 315030 41100401', 'real-time sequence'],
    ['an alignment in mid line', '41 1B6101', 'mid line'],
    ['a line that is too long', '41'.repeat(49), 'wider'],
    ['a second cut', '1D564200', '2 cuts'],
  ])('finds %s', (_what, bytes, words) => {
    expect(faults(hex(`1B40 1C26 41 0A ${bytes} ${cut}`)).join('; ')).toContain(words);
    expect(faults(hex(`1B40 1C26 41 0A ${cut}`))).toEqual([]);
  });
});
