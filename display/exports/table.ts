/** A table as people see it, print it and take it away as a file. Pure. */

/**
 * What stands in a column: `date` is yyyy-MM-dd or RFC 3339 with the hall's offset and is shown in the hall's own time;
 * `duration` is seconds; `percent` is a share, 1 = 100 %.
 */
export type CellKind = 'text' | 'number' | 'date' | 'duration' | 'percent';
export type Column = { name: string; kind: CellKind };
/** null: there is nothing to say, which is not 0. */
export type Cell = string | number | null;
export type Table = { title: string; columns: Column[]; rows: Cell[][] };
/** What stands above every printed or saved table: of which hall, of which days, made when. */
export type About = { name: string; value: string }[];

/** A cell in words for people: 1,234 · 0:07:30 · 87.5% · 2026-11-23 09:05; a dash for nothing. */
export function cellText(cell: Cell, kind: CellKind): string {
  if (cell === null || cell === '') return '–';
  if (typeof cell === 'string') return kind === 'date' ? (wallClock(cell) ?? cell) : cell;
  if (!Number.isFinite(cell)) return '–';
  switch (kind) {
    case 'duration':
      return hoursMinutesSeconds(cell);
    case 'percent':
      return percentText(cell);
    case 'number':
      return cell.toLocaleString('en-US', { maximumFractionDigits: 2 });
    default:
      return String(cell);
  }
}

/** `0:07:30` of whole seconds, rounded; a minus before it below zero. */
export function hoursMinutesSeconds(seconds: number): string {
  const whole = Math.round(Math.abs(seconds));
  const two = (n: number): string => String(n).padStart(2, '0');
  const text = `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
  return seconds < 0 && whole > 0 ? `-${text}` : text;
}

/** `87.5%`, one digit behind the point. */
export function percentText(share: number): string {
  return `${(share * 100).toFixed(1)}%`;
}

const TIME = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d))?)?/;

/** The date and time as they stand in the hall's own zone, without seconds; null for something else. */
export function wallClock(text: string): string | null {
  const parts = TIME.exec(text);
  if (!parts) return null;
  const [, year, month, day, hour, minute] = parts;
  return `${year}-${month}-${day}${hour === undefined ? '' : ` ${hour}:${minute}`}`;
}

/** The same as a Date whose UTC fields are the hall's wall clock, as spreadsheets want it; null for something else. */
export function spreadsheetDate(text: string): Date | null {
  const parts = TIME.exec(text);
  if (!parts) return null;
  const [year, month, day, hour, minute, second] = parts.slice(1).map((one) => Number(one ?? 0));
  return new Date(Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second));
}

/** Without what no file of text or XML may hold: control characters, halves of letters and what is none. Lines and tabs become spaces. */
export function cleanText(text: string): string {
  return text
    .replace(/[\t\r\n\u2028\u2029]+/g, ' ')
    .replace(/[\p{Cc}\p{Noncharacter_Code_Point}]/gu, '')
    .replace(/\p{Surrogate}/gu, '\ufffd');
}

/** A name for a file on any system. */
export function fileName(title: string, ending: 'xlsx' | 'csv'): string {
  return `${cleanText(title)
    .replace(/[\\/:*?"<>|]+/g, '-')
    .slice(0, 80)
    .trim()}.${ending}`;
}
