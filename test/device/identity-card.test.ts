import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cardText,
  type Citizen,
  type Foreigner2023,
  type Person,
} from '../../firmware-sim/id-reader/card-text.ts';
import { samplePeople } from '../../firmware-sim/id-reader/people.ts';
import {
  hasRightCheckDigit,
  maskedName,
  maskedNumber,
  readIdentityCard,
} from '../../kiosk-agent/device/codec/identity-card.ts';
import { cardReadOf } from '../../kiosk-agent/device/driver/card-read.ts';
import type { KnowPerson } from '../../kiosk-agent/device/person-hash.ts';

const vectors = JSON.parse(readFileSync(new URL('../vectors/sdt.json', import.meta.url), 'utf8')) as {
  checkDigits: { digits: string; check: string }[];
};
const AT = new Date('2026-01-05T01:00:00Z');
/** Text and an empty photo, as they stand in a read answer. */
const data = (text: Uint8Array) => Uint8Array.from([1, 0, 0, 0, ...text]);
const know: KnowPerson = (number) => ({
  person: { hash: 'hash', year: 2026, masked: maskedNumber(number) },
  hashes: ['hash', 'older'],
});
const read = (person: Person) => cardReadOf(data(cardText(person)), know, AT);
const citizen: Citizen = samplePeople['citizen-common'];

describe('what the hall may know of a card', () => {
  it.each([
    ['citizen-common', 'citizen', '990***********001X', '张**', null],
    ['citizen-two-characters', 'citizen', '990***********0026', '李*', '2040-02-28'],
    ['citizen-surrogate-pair', 'citizen', '990***********0037', '𠮷**', '2029-01-01'],
    ['citizen-rare-character', 'citizen', '990***********0048', '欧**', '2031-07-15'],
    ['citizen-longest-name', 'citizen', '990***********0057', `阿${'*'.repeat(14)}`, '2028-08-08'],
    ['hong-kong', 'hong-kong-macau-taiwan', '990***********0060', '陈**', '2025-04-01'],
    ['taiwan', 'hong-kong-macau-taiwan', '990***********0071', '林**', '2026-09-18'],
    ['foreigner-2017', 'foreigner', 'ZZZ********0008', `S${'*'.repeat(59)}`, '2028-04-01'],
    ['foreigner-2017-chinese-name', 'foreigner', 'ZZZ********0019', '艾**', '2029-12-24'],
    ['foreigner-2023', 'foreigner', '990***********0098', '白**', '2034-01-01'],
    ['foreigner-2023-longest-name', 'foreigner', '990***********0103', `F${'*'.repeat(45)}`, '2035-06-30'],
  ] as const)('of %s is its kind %s, masks and validity', (person, kind, number, name, validUntil) => {
    expect(read(samplePeople[person])).toEqual({
      ok: true,
      card: {
        kind,
        person: { hash: 'hash', year: 2026, masked: number },
        hashes: ['hash', 'older'],
        maskedName: name,
        validUntil,
        readAt: AT,
      },
    });
  });

  it('is the hash of the whole number', () => {
    const numbers: string[] = [];
    for (const person of Object.values(samplePeople)) {
      cardReadOf(data(cardText(person)), (number, at) => (numbers.push(number), know(number, at)), AT);
    }
    expect(numbers.every((number, at) => number === Object.values(samplePeople)[at]?.number)).toBe(true);
    expect(numbers.length).toBe(Object.keys(samplePeople).length);
  });

  it('keeps a space at the seam of a long English name', () => {
    const person: Foreigner2023 = {
      ...samplePeople['foreigner-2023-longest-name'],
      englishName: `${'A'.repeat(34)} BC`,
    };
    expect(read(person)).toMatchObject({ ok: true, card: { maskedName: `A${'*'.repeat(36)}` } });
  });

  it('is known also where a long name was cut in the middle of a rare character', () => {
    const text = cardText({ ...citizen, name: '甲'.repeat(14) });
    text.set([0x42, 0xd8], 28);
    expect(cardReadOf(data(text), know, AT)).toMatchObject({
      ok: true,
      card: { maskedName: `甲${'*'.repeat(14)}` },
    });
  });
});

describe('check digits (GB 11643)', () => {
  it.each(vectors.checkDigits)('of $digits it is $check', ({ digits, check }) => {
    expect([...'0123456789X'].filter((each) => hasRightCheckDigit(digits + each))).toEqual([check]);
  });

  it('tell every single wrong digit, and every two neighbours that changed places', () => {
    const { number } = citizen;
    for (let at = 0; at < 17; at++) {
      for (const digit of '0123456789') {
        const wrong = number.slice(0, at) + digit + number.slice(at + 1);
        expect(hasRightCheckDigit(wrong)).toBe(wrong === number);
      }
      const swapped = number.slice(0, at) + number[at + 1] + number[at] + number.slice(at + 2);
      expect(hasRightCheckDigit(swapped)).toBe(swapped === number);
    }
  });

  it('that are wrong make a card unreadable, in each layout that has one', () => {
    for (const name of ['citizen-two-characters', 'taiwan', 'foreigner-2023'] as const) {
      const person = samplePeople[name];
      const last = person.number.endsWith('5') ? '6' : '5';
      const wrong = { ...person, number: person.number.slice(0, 17) + last };
      expect(read(wrong)).toEqual({ ok: false, why: 'card-wrong-check-digit' });
    }
  });

  it('a 2017 number of a foreigner has none', () => {
    const person = samplePeople['foreigner-2017'];
    expect(read({ ...person, number: 'ZZZ990000000009' })).toMatchObject({ ok: true });
  });
});

describe('a card is not understood', () => {
  const bent = (offset: number, text: string, person: Person = citizen) => {
    const bytes = cardText(person);
    bytes.set(Buffer.from(text, 'utf16le'), offset);
    return readIdentityCard(bytes);
  };
  it.each([
    ['of a type that is not on the page', 248, 'K'],
    ['of a type in lower case', 248, 'j'],
    ['without a type, not even a space', 248, '\0'],
    ['without a name', 0, '   '],
    ['whose name begins with a space', 0, ' '],
    ['with a control character in its name', 2, '\n'],
    ['with a sex that does not exist', 30, '3'],
    ['without a sex', 30, ' '],
    ['born on a day that does not exist', 36, '20230229'],
    ['born in a month that does not exist', 36, '20231301'],
    ['without a birth date', 36, '        '],
    ['with a letter in its number', 124, 'A'],
    ['with a lower-case x', 122 + 34, 'x'],
    ['with a number of 17 digits', 122 + 34, ' '],
    ['valid from a day that does not exist', 188, '20160431'],
    ['valid until a day that does not exist', 204, '20360431'],
    ['valid until a day before it was valid', 204, '20160229'],
    ['without an end of its validity', 204, '        '],
    ['valid for longer than 长期', 204, '长期期'],
  ])('%s', (_, offset, text) => {
    expect(bent(offset, text)).toEqual({ ok: false, why: 'layout' });
  });

  it('whose fields stand where another layout has them', () => {
    for (const person of Object.values(samplePeople)) {
      for (const type of [' ', 'J', 'I', 'Y']) {
        const own = {
          citizen: ' ',
          'hong-kong-macau-taiwan': 'J',
          'foreigner-2017': 'I',
          'foreigner-2023': 'Y',
        };
        const alike = type !== 'I' && person.type !== 'foreigner-2017';
        if (type !== own[person.type] && !alike)
          expect(bent(248, type, person)).toEqual({ ok: false, why: 'layout' });
      }
    }
  });

  it('as the fault that advice knows', () => {
    const text = cardText(citizen);
    text[248] = 0x4b;
    expect(cardReadOf(data(text), know, AT)).toEqual({ ok: false, why: 'card-unknown-layout' });
    expect(cardReadOf(new Uint8Array(3), know, AT)).toEqual({
      ok: false,
      why: 'card-unknown-layout',
    });
  });

  it('is not asked about sexes that are left open (0, 9), which are valid', () => {
    expect(bent(30, '0').ok && bent(30, '9').ok).toBe(true);
  });
});

describe('masks', () => {
  it('show 3 and 4 characters of a number and the first of a name', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9]{17}[0-9X]$/), (number) => {
        expect(maskedNumber(number)).toBe(`${number.slice(0, 3)}***********${number.slice(14)}`);
      }),
    );
    expect(maskedName('㛃')).toBe('㛃');
    expect(maskedName('𠮷𠮷')).toBe('𠮷*');
  });
});
