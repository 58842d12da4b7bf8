/** Workbooks that Excel and WPS open: a sheet for each table, its kinds kept, and one that says where they come from. */
import type { SheetData } from 'write-excel-file/universal';
import { cleanText, spreadsheetDate, type About, type Cell, type Column, type Table } from './table.ts';

const LIMIT_MS = 60_000;
/** A cell of a spreadsheet holds so many characters. */
const CELL_MAX = 32_767;
const FORMATS = { date: 'yyyy-mm-dd', time: 'yyyy-mm-dd hh:mm:ss', duration: '[h]:mm:ss', percent: '0.0%' };

/** The workbook; `aboutTitle` names its last sheet, which says what `about` says. Rejects after a minute. */
export async function toXlsx(tables: Table[], about: About, aboutTitle: string): Promise<Blob> {
  // Only who takes a file away loads the writer.
  const { default: writeXlsxFile } = await import('write-excel-file/universal');
  const names = sheetNames([...tables.map(({ title }) => title), aboutTitle]);
  const file = writeXlsxFile([
    ...tables.map((table, at) => ({
      sheet: names[at] as string,
      data: sheetData(table),
      columns: table.columns.map((column, index) => ({ width: widthOf(table, column, index) })),
      stickyRowsCount: 1,
      ...(table.columns.length > 7 ? { orientation: 'landscape' as const } : {}),
    })),
    {
      sheet: names.at(-1) as string,
      data: about.map(({ name, value }) => [text(name, true), text(value)]),
      columns: [{ width: 16 }, { width: 60 }],
    },
  ]).toBlob();
  // Large sheets are packed by a worker; where a server forbids it, nothing is ever said.
  let limit: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_done, failed) => {
    limit = setTimeout(() => failed(new Error('The workbook was not packed in time')), LIMIT_MS);
  });
  try {
    return await Promise.race([file, late]);
  } finally {
    clearTimeout(limit);
  }
}

/** The rows of one sheet; the first has the names of the columns. */
export function sheetData({ columns, rows }: Table): SheetData {
  return [
    columns.map(({ name }) => text(name, true)),
    ...rows.map((row) => columns.map((column, at) => cellOf(row[at] ?? null, column))),
  ];
}

function cellOf(cell: Cell, { kind }: Column): SheetData[number][number] {
  if (cell === null || cell === '') return null;
  if (typeof cell === 'number') {
    if (!Number.isFinite(cell)) return null;
    if (kind === 'duration') return { value: cell / 86_400, type: Number, format: FORMATS.duration };
    if (kind === 'percent') return { value: cell, type: Number, format: FORMATS.percent };
    return kind === 'text' ? text(String(cell)) : { value: cell, type: Number };
  }
  const date = kind === 'date' ? spreadsheetDate(cell) : null;
  if (date) return { value: date, type: Date, format: cell.length > 10 ? FORMATS.time : FORMATS.date };
  return text(cell);
}

/** Text stays text, whatever it looks like: no formula, no lost zero. */
function text(value: string, bold = false): SheetData[number][number] {
  return {
    value: encoded(cleanText(value).slice(0, CELL_MAX)),
    type: String,
    format: '@',
    ...(bold ? { fontWeight: 'bold' as const, backgroundColor: '#e3edfb' } : {}),
  };
}

/**
 * Spreadsheets read `_x0041_` as a letter: a text that looks so is written otherwise. And the writer looks texts up in a plain
 * object: one that is called like a part of every object (`constructor`) would spoil the whole file, so its first letter is coded.
 */
function encoded(value: string): string {
  const safe = value.replace(/_(?=x[0-9a-f]{4}_)/gi, '_x005F_');
  if (!(safe in Object.prototype)) return safe;
  return `_x${safe.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_${safe.slice(1)}`;
}

/** About as wide as its longest text, in letters; a Chinese one counts twice. */
function widthOf({ rows }: Table, { name, kind }: Column, index: number): number {
  if (kind === 'date') return 20;
  const wide = (value: string): number => [...value].reduce((sum, one) => sum + (one > '\u2e7f' ? 2 : 1), 0);
  const longest = rows.slice(0, 500).map((row) => (kind === 'text' ? wide(String(row[index] ?? '')) : 10));
  return Math.min(60, Math.max(8, wide(name) + 2, ...longest.map((letters) => letters + 2)));
}

/** What a sheet may be called: 31 characters, none of `[]:*?/\`, not empty, each once. */
export function sheetNames(titles: string[]): string[] {
  const taken = new Set<string>();
  return titles.map((title) => {
    const clean = cleanText(title)
      .replace(/[[\]:*?/\\]+/g, ' ')
      .replace(/^'+|'+$/g, '')
      .trim();
    const cut = (length: number): string =>
      [...(clean || '1')].reduce((all, one) => (all.length + one.length > length ? all : all + one), '');
    let name = cut(31);
    for (let n = 2; taken.has(name.toLowerCase()); n++) name = `${cut(31 - 1 - String(n).length)} ${n}`;
    taken.add(name.toLowerCase());
    return name;
  });
}
