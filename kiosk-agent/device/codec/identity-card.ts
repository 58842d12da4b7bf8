/**
 * The 256 bytes of text on an identity card (docs: id-card-reader §2.1): UTF-16LE, padded with spaces, in four layouts.
 * Pure. Only what the hall needs is taken out: the address stays undecoded, the photo is not looked at.
 *
 * What comes out identifies a person in clear. It may live only inside the call that masks and hashes it
 * (driver/card-read.ts): never in a field, an event, a log or a message.
 */

export type IdentityCard = {
  kind: 'citizen' | 'hong-kong-macau-taiwan' | 'foreigner';
  /** in clear: 18 characters, or the 15 of a foreigner's card of 2017 */
  number: string;
  /** in clear; a foreigner's Chinese name where the card has one */
  name: string;
  /** last day of validity as YYYY-MM-DD, null for 长期 */
  validUntil: string | null;
};
/** `wrong-check-digit` is told apart: the text is where it should be, and one of its digits is not the card's. */
export type IdentityCardResult =
  { ok: true; card: IdentityCard } | { ok: false; why: 'layout' | 'check-digit' };

/** Offset and length in bytes. */
type Field = readonly [offset: number, length: number];
type Layout = {
  kind: IdentityCard['kind'];
  /** the first one that is not blank; fields of one name stand together */
  names: readonly (readonly Field[])[];
  sex: Field;
  birth: Field;
  number: Field;
  /** 2017 numbers of foreigners have no check digit that the page knows */
  numberForm: 'gb-11643' | 'foreigner-2017';
  from: Field;
  until: Field;
};

const TYPE: Field = [248, 2];

const CITIZEN: Layout = {
  kind: 'citizen',
  names: [[[0, 30]]],
  sex: [30, 2],
  birth: [36, 16],
  number: [122, 36],
  numberForm: 'gb-11643',
  from: [188, 16],
  until: [204, 16],
};

/** By the character at offset 248. */
const LAYOUTS: ReadonlyMap<string, Layout> = new Map<string, Layout>([
  [' ', CITIZEN],
  ['J', { ...CITIZEN, kind: 'hong-kong-macau-taiwan' }],
  [
    'I',
    {
      kind: 'foreigner',
      names: [[[158, 30]], [[0, 120]]],
      sex: [120, 2],
      birth: [220, 16],
      number: [122, 30],
      numberForm: 'foreigner-2017',
      from: [188, 16],
      until: [204, 16],
    },
  ],
  [
    'Y',
    {
      ...CITIZEN,
      kind: 'foreigner',
      // A long English name goes on in a second field.
      names: [
        [[0, 30]],
        [
          [52, 70],
          [220, 22],
        ],
      ],
    },
  ],
]);

/** male, female, and the two of GB/T 2261.1 that leave it open */
const SEXES = new Set(['1', '2', '0', '9']);

/**
 * Reads the text of a card. `layout`: not 256 bytes, a type that the page does not know, or fields that do not hold what
 * the layout says (name, sex, dates, form of the number). Whether the card is still valid is for others to judge.
 */
export function readIdentityCard(text: Uint8Array): IdentityCardResult {
  const layout = text.length === 256 ? LAYOUTS.get(raw(text, TYPE)) : undefined;
  if (!layout) return { ok: false, why: 'layout' };
  const name = nameOf(text, layout);
  const number = trimmed(raw(text, layout.number));
  const from = dateOf(trimmed(raw(text, layout.from)));
  const untilText = trimmed(raw(text, layout.until));
  const validUntil = untilText === '长期' ? null : dateOf(untilText);
  if (
    name === null ||
    !SEXES.has(raw(text, layout.sex)) ||
    dateOf(trimmed(raw(text, layout.birth))) === undefined ||
    from === undefined ||
    validUntil === undefined ||
    (validUntil !== null && validUntil < from) ||
    !(layout.numberForm === 'gb-11643' ? /^\d{17}[\dX]$/ : /^[A-Z]{3}\d{12}$/).test(number)
  ) {
    return { ok: false, why: 'layout' };
  }
  if (layout.numberForm === 'gb-11643' && !hasRightCheckDigit(number))
    return { ok: false, why: 'check-digit' };
  return { ok: true, card: { kind: layout.kind, number, name, validUntil } };
}

function raw(text: Uint8Array, [offset, length]: Field): string {
  return Buffer.from(text.buffer, text.byteOffset + offset, length).toString('utf16le');
}

function trimmed(field: string): string {
  return field.replace(/ +$/, '');
}

/** null: none, or not a name. A name that fills its field may have been cut in the middle of a rare character. */
function nameOf(text: Uint8Array, layout: Layout): string | null {
  for (const fields of layout.names) {
    const name = trimmed(fields.map((field) => raw(text, field)).join('')).toWellFormed();
    if (name !== '') return /^\P{Cc}+$/u.test(name) && !name.startsWith(' ') ? name : null;
  }
  return null;
}

/** YYYYMMDD as YYYY-MM-DD when the calendar has that day, else undefined. */
function dateOf(field: string): string | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)$/.exec(field);
  if (!match) return undefined;
  const [, year = '', month = '', day = ''] = match;
  const iso = `${year}-${month}-${day}`;
  const time = new Date(`${iso}T00:00:00Z`);
  // The 30th of February is a valid Date: it becomes the 2nd of March.
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(iso) ? iso : undefined;
}

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECK_CHARACTERS = '10X98765432';

/** GB 11643, which is MOD 11-2 of ISO 7064: whether the last of 18 characters fits the 17 digits before it. */
export function hasRightCheckDigit(number: string): boolean {
  const sum = WEIGHTS.reduce((total, weight, at) => total + weight * Number(number[at]), 0);
  return number.length === 18 && CHECK_CHARACTERS[sum % 11] === number[17];
}

/**
 * What is wrong with a typed number of 18 characters (GB 11643), null for nothing: its form, the birth date in it (no such day, or
 * after `today`, YYYY-MM-DD), its check digit.
 */
export function citizenNumberFault(
  number: string,
  today: string,
): 'form' | 'birth-date' | 'check-digit' | null {
  if (!/^\d{17}[\dX]$/.test(number)) return 'form';
  const birth = dateOf(number.slice(6, 14));
  if (birth === undefined || birth < '1850-01-01' || birth > today) return 'birth-date';
  return hasRightCheckDigit(number) ? null : 'check-digit';
}

/** All but the first 3 and the last 4 characters replaced by `*`. */
export function maskedNumber(number: string): string {
  return number.slice(0, 3) + '*'.repeat(number.length - 7) + number.slice(-4);
}

/** The first character, and a `*` for each other: 张**. */
export function maskedName(name: string): string {
  const [first = '', ...others] = name;
  return first + '*'.repeat(others.length);
}
