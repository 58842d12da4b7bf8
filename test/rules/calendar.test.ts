import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  addDays,
  addWorkingDays,
  calendarFault,
  isWorkingDay,
  knowsYear,
  plainWeeks,
  type WorkCalendar,
  workingDaysBetween,
} from '../../kiosk-agent/hall/calendar.ts';

const SEED = 20261123;
const shipped = join(import.meta.dirname, '..', '..', 'halls', 'calendar-cn-2026.yaml');
const china = parse(readFileSync(shipped, 'utf8')) as WorkCalendar;

/** Any calendar of about two years with at least one weekday that is worked, also nonsense such as a make-up day inside a plain week. */
const someDay = fc.integer({ min: 0, max: 800 }).map((days) => addDays('2025-12-01', days));
const calendars: fc.Arbitrary<WorkCalendar> = fc.record({
  weekend: fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { maxLength: 6 }),
  holidays: fc.array(someDay, { maxLength: 60 }),
  makeUpDays: fc.array(someDay, { maxLength: 30 }),
});
/** The definition, word for word and day by day, with nothing of the code under test but the question for one day. */
function countedByHand(from: string, to: string, calendar: WorkCalendar): number {
  const days: string[] = [];
  for (let time = Date.parse(from) + 86_400_000; time <= Date.parse(to); time += 86_400_000)
    days.push(new Date(time).toISOString().slice(0, 10));
  return days.filter((day) => isWorkingDay(day, calendar)).length;
}
function hold<T>(property: fc.IProperty<T>): void {
  fc.assert(property, { seed: SEED, numRuns: 300 });
}

describe('working days in China in 2026, as the State Council announced them', () => {
  it.each([
    ['2026-02-13', true, 'Friday before the Spring Festival'],
    ['2026-02-14', true, 'Saturday that is worked before it'],
    ['2026-02-15', false, 'its first day, a Sunday'],
    ['2026-02-17', false, 'New Year of the moon, a Tuesday'],
    ['2026-02-23', false, 'its last day, a Monday'],
    ['2026-02-24', true, 'Tuesday after it'],
    ['2026-02-28', true, 'Saturday that is worked after it'],
    ['2026-03-01', false, 'a plain Sunday'],
    ['2026-01-04', true, 'Sunday that is worked for New Year'],
    ['2026-09-20', true, 'Sunday that is worked for National Day'],
    ['2026-10-10', true, 'Saturday that is worked for National Day'],
    ['2026-10-11', false, 'the Sunday after it'],
  ])('%s: %s (%s)', (day, worked) => expect(isWorkingDay(day, china)).toBe(worked));

  it.each([
    ['2026-02-12', 1, '2026-02-13'],
    ['2026-02-12', 2, '2026-02-14'],
    ['2026-02-12', 3, '2026-02-24'],
    ['2026-02-12', 5, '2026-02-26'],
    ['2026-02-12', 7, '2026-02-28'],
    ['2026-02-12', 8, '2026-03-02'],
    ['2026-02-12', 10, '2026-03-04'],
    ['2026-09-18', 5, '2026-09-24'],
    ['2026-09-18', 9, '2026-10-08'],
    ['2026-09-18', 10, '2026-10-09'],
    ['2026-02-24', -1, '2026-02-14'],
    ['2026-02-17', 0, '2026-02-17'],
    ['2026-02-17', 1, '2026-02-24'],
  ])('%s and %i working days is %s', (from, count, to) => {
    expect(addWorkingDays(from, count, china)).toBe(to);
  });

  it.each([
    ['2026-02-12', '2026-02-24', 3],
    ['2026-02-24', '2026-02-12', -3],
    ['2026-02-14', '2026-02-23', 0],
    ['2026-02-23', '2026-02-14', 0],
    ['2026-09-30', '2026-10-10', 3],
    ['2026-01-01', '2026-01-01', 0],
  ])('from %s to %s there are %i', (from, to, count) => {
    expect(workingDaysBetween(from, to, china)).toBe(count);
  });

  it('has 248 working days in the year, as 261 weekdays less 19 free ones and 6 made up', () => {
    expect(workingDaysBetween('2025-12-31', '2026-12-31', plainWeeks)).toBe(261);
    const free = china.holidays.filter((day) => isWorkingDay(day, plainWeeks));
    expect(free).toHaveLength(19);
    expect(china.makeUpDays.filter((day) => !isWorkingDay(day, plainWeeks))).toHaveLength(6);
    expect(workingDaysBetween('2025-12-31', '2026-12-31', china)).toBe(248);
  });

  it('is a calendar without a fault, and knows that it says nothing of 2027', () => {
    expect(Object.keys(china).sort()).toEqual(['holidays', 'makeUpDays', 'weekend']);
    expect(calendarFault(china)).toBe(null);
    expect([...china.holidays, ...china.makeUpDays].every((day) => day.startsWith('2026-'))).toBe(true);
    expect(knowsYear('2026-12-31', china)).toBe(true);
    expect(knowsYear('2027-01-01', china)).toBe(false);
  });
});

describe('counting in working days', () => {
  it('is counted day by day in every calendar, both ways', () => {
    hold(
      fc.property(calendars, someDay, someDay, (calendar, one, other) => {
        const [from, to] = one <= other ? [one, other] : [other, one];
        const count = countedByHand(from, to, calendar);
        expect(workingDaysBetween(from, to, calendar)).toBe(count);
        expect(workingDaysBetween(to, from, calendar)).toBe(0 - count);
      }),
    );
  });

  it('lands on a working day, and as many lie between as were added', () => {
    let added = 0;
    hold(
      fc.property(calendars, someDay, fc.integer({ min: -120, max: 120 }), (calendar, day, count) => {
        const to = addWorkingDays(day, count, calendar);
        if (count === 0) {
          expect(to).toBe(day);
          return;
        }
        added += 1;
        expect(isWorkingDay(to, calendar)).toBe(true);
        if (count > 0) expect(workingDaysBetween(day, to, calendar)).toBe(count);
        // Backwards the day itself does not count, but the day it lands on does.
        else expect(countedByHand(addDays(to, -1), addDays(day, -1), calendar)).toBe(-count);
      }),
    );
    expect(added).toBeGreaterThan(250);
  });

  it('is additive: to the middle and on is the whole way', () => {
    hold(
      fc.property(calendars, fc.tuple(someDay, someDay, someDay), (calendar, days) => {
        const [a, b, c] = [...days].sort() as [string, string, string];
        expect(workingDaysBetween(a, b, calendar) + workingDaysBetween(b, c, calendar)).toBe(
          workingDaysBetween(a, c, calendar),
        );
      }),
    );
  });

  it('changes neither the calendar nor its order of days', () => {
    const frozen: WorkCalendar = {
      weekend: Object.freeze([6, 0]) as number[],
      holidays: Object.freeze(['2026-05-01', '2026-01-01']) as string[],
      makeUpDays: Object.freeze(['2026-05-09']) as string[],
    };
    expect(addWorkingDays('2026-04-30', 6, frozen)).toBe('2026-05-09');
  });

  it('adds calendar days over leap days and years', () => {
    expect(addDays('2028-02-28', 1)).toBe('2028-02-29');
    expect(addDays('2026-02-28', 1)).toBe('2026-03-01');
    expect(addDays('2026-01-01', -1)).toBe('2025-12-31');
    expect(addDays('2026-11-23', 0)).toBe('2026-11-23');
  });

  it('ends with a sentence where nobody ever works', () => {
    const never: WorkCalendar = { weekend: [0, 1, 2, 3, 4, 5, 6], holidays: [], makeUpDays: ['2026-01-05'] };
    expect(addWorkingDays('2026-01-01', 1, never)).toBe('2026-01-05');
    expect(() => addWorkingDays('2026-01-01', 2, never)).toThrow(
      'the calendar has no working day in the year after 2026-01-01',
    );
    expect(() => addWorkingDays('2026-01-01', -1, never)).toThrow('in the year before 2026-01-01');
    expect(calendarFault(never)).toBe('weekend: at least one day of the week must be worked');
  });

  it.each(['2026-02-29', '2026-13-01', '2026-1-1', '20260101', '2026-01-01T00:00', '', '0000-01-01'])(
    'refuses the day "%s"',
    (day) => {
      expect(() => isWorkingDay(day, plainWeeks)).toThrow(RangeError);
      expect(() => addWorkingDays(day, 1, plainWeeks)).toThrow(RangeError);
      expect(() => workingDaysBetween('2026-01-01', day, plainWeeks)).toThrow(RangeError);
      expect(calendarFault({ ...plainWeeks, holidays: [day] })).toBe(
        `holidays: "${day}" is no day; write yyyy-MM-dd`,
      );
    },
  );

  it.each([0.5, NaN, Infinity, 3654])('refuses %s working days', (count) => {
    expect(() => addWorkingDays('2026-01-01', count, plainWeeks)).toThrow(RangeError);
  });

  it('names the setting of a calendar that is wrong', () => {
    expect(calendarFault({ ...plainWeeks, weekend: [7] })).toBe(
      'weekend: 7 is no weekday; 0 is Sunday, 6 is Saturday',
    );
    expect(calendarFault({ ...plainWeeks, makeUpDays: ['2026-02-14', '2026-02-14'] })).toBe(
      'makeUpDays: 2026-02-14 stands there twice',
    );
    expect(() => addDays('9999-12-31', 1)).toThrow(RangeError);
    expect(() => addDays('2026-01-01', Infinity)).toThrow(RangeError);
  });
});
