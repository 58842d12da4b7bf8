import { describe, expect, it } from 'vitest';
import { closesAt, forecastOf, lastServed, servedToday } from '../../kiosk-agent/hall/forecast.ts';
import { localTime } from '../../kiosk-agent/hall/day.ts';
import { Hall } from './hall.ts';

const opening = { from: '08:30', to: '17:00' };
const at = (clock: string): Hall => new Hall({ opening }, `2026-11-23T${clock}:00+08:00`);
const time = (hall: Hall): string => localTime(hall.now, hall.rules.timeZone);
const forecast = (hall: Hall, service = 'transfer') =>
  forecastOf(hall.state, hall.rules, service, time(hall));

describe('the forecast of a day', () => {
  it('knows no end where no opening time is published', () => {
    const hall = new Hall().open(1);
    hall.waiting();
    expect(closesAt(hall.state, hall.rules, time(hall))).toBeNull();
    expect(forecast(hall)).toMatchObject({ servedToday: 'yes', moreToday: null, afterClosing: 0 });
  });

  it('says yes in good time, doubtful when it becomes close, no when closing comes first', () => {
    const hall = at('15:00').open(1);
    const seen: string[] = [];
    for (let ahead = 0; ahead < 30; ahead++)
      seen.push(servedToday(hall.state, hall.rules, 'transfer', ahead, time(hall)));
    expect(seen[0]).toBe('yes');
    expect(seen.at(-1)).toBe('no');
    // Once it has become worse it never becomes better with more people ahead.
    const order = seen.map((each) => ['yes', 'doubtful', 'no'].indexOf(each));
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(seen).toContain('doubtful');
  });

  it('counts how many more can be served: visits of ten minutes at one window, at two', () => {
    const hall = at('16:00').open(1);
    expect(forecast(hall).moreToday).toBe(6);
    hall.open(2);
    expect(forecast(hall).moreToday).toBe(12);
    // Two of them stand there already.
    hall.waiting();
    hall.waiting();
    expect(forecast(hall)).toMatchObject({ waiting: 2, moreToday: 10 });
  });

  it('counts who of those in line would be served only after closing', () => {
    const hall = at('16:40').open(1);
    for (let n = 0; n < 5; n++) hall.waiting();
    expect(forecast(hall)).toMatchObject({ waiting: 5, afterClosing: 3, moreToday: 0, servedToday: 'no' });
    expect(lastServed(hall.state, hall.rules, time(hall))).toBe('2026-11-23T17:30:00.000+08:00');
    expect(forecast(hall).expectedEnd).toBe('2026-11-23T17:40:00.000+08:00');
  });

  it('is doubtful while no window is open, and says nothing of the end', () => {
    const hall = at('09:00');
    hall.waiting();
    expect(forecast(hall)).toMatchObject({
      servedToday: 'doubtful',
      expectedEnd: null,
      wait: null,
      moreToday: 0,
    });
    expect(lastServed(hall.state, hall.rules, time(hall))).toBeNull();
  });

  it('says no after closing, whatever is open', () => {
    const hall = at('17:00');
    expect(forecast(hall).servedToday).toBe('no');
    expect(forecast(hall.open(1)).servedToday).toBe('no');
  });

  it('gives a number in any case', () => {
    const hall = at('16:55').open(1);
    for (let n = 0; n < 20; n++) hall.waiting();
    expect(forecast(hall).servedToday).toBe('no');
    expect(hall.ticket(hall.waiting()).number).toBe('A021');
  });

  it('goes on to the end of the extended hours', () => {
    const hall = at('16:30').open(1);
    for (let n = 0; n < 5; n++) hall.waiting();
    expect(forecast(hall).servedToday).toBe('no');
    hall.do({
      ...{ name: 'surge.start', surge: 'x', by: 'staff', staff: '1', reason: 'many people' },
      measures: { extendUntil: '19:00' },
    });
    expect(closesAt(hall.state, hall.rules, time(hall))).toBe('2026-11-23T19:00:00.000+08:00');
    expect(forecast(hall)).toMatchObject({ servedToday: 'yes', afterClosing: 0 });
  });
});
