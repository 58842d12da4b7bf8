/** CSV that Excel and WPS open by a double click with Chinese intact: UTF-8 with its mark, CRLF, quotes where needed. Pure. */
import { cellText, cleanText, type Cell, type CellKind, type Table } from './table.ts';

/** The whole file as text; its first character is the byte order mark. */
export function toCsv({ columns, rows }: Table): string {
  const lines = [
    columns.map(({ name }) => field(harmless(cleanText(name)))),
    ...rows.map((row) => columns.map(({ kind }, at) => field(plain(row[at] ?? null, kind)))),
  ];
  return `\ufeff${lines.map((line) => `${line.join(',')}\r\n`).join('')}`;
}

function plain(cell: Cell, kind: CellKind): string {
  if (cell === null || cell === '') return '';
  // Without the commas of thousands, which would part a number in two for other programs.
  if (typeof cell === 'number') {
    if (!Number.isFinite(cell)) return '';
    return kind === 'duration' || kind === 'percent' ? cellText(cell, kind) : String(cell);
  }
  return kind === 'date' ? harmless(cellText(cell, kind)) : harmless(cleanText(cell));
}

/**
 * Text that a spreadsheet would reckon with gets a mark in front: an apostrophe where it would be a formula (also in wide
 * letters), a tab where digits would lose their leading zero or their end.
 */
function harmless(text: string): string {
  if (/^\s*[=+\-@＝＋－＠]/.test(text)) return `'${text}`;
  return /^(0\d+|\d{12,})$/.test(text) ? `\t${text}` : text;
}

function field(text: string): string {
  return /[",\r\n\t]|^\s|\s$/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}
