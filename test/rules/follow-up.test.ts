import { describe, expect, it } from 'vitest';
import type { RatingLevel } from '../../kiosk-agent/contract/events.ts';
import type { FollowUpCommand, SampledVisit } from '../../kiosk-agent/hall/follow-up/commands.ts';
import { reasonState } from '../../kiosk-agent/hall/follow-up/decide.ts';
import { ownTotals } from '../../kiosk-agent/hall/follow-up/own-totals.ts';
import { draw } from '../../kiosk-agent/hall/follow-up/sample.ts';
import { standing, type Standing } from '../../kiosk-agent/hall/follow-up/standing.ts';
import { BAD_KEPT, type FollowUp, type FollowUpRules } from '../../kiosk-agent/hall/follow-up/state.ts';
import { Hall, RULES } from './hall.ts';

/** Friday 4 December is a holiday, Sunday 6 December is worked for it. 23 November 2026 is a Monday. */
const calendar = { weekend: [0, 6], holidays: ['2026-12-04'], makeUpDays: ['2026-12-06'] };
function rated(level: RatingLevel = 1, followUp: Partial<FollowUpRules> = {}): Hall {
  const hall = new Hall({ calendar, followUp: { ...RULES.followUp, ...followUp } });
  hall.evaluating(7);
  hall.wait(5).do({ name: 'rating.touch', window: 1, session: 7, level });
  return hall;
}
type Step = Extract<FollowUpCommand, { name: 'follow-up.step' }>;
const step = (name: Step['step'], more: Partial<Step> = {}): Step => ({
  name: 'follow-up.step',
  session: 7,
  step: name,
  staff: 'm1',
  ...more,
});
const of = (hall: Hall, session = 7): FollowUp => {
  const followUp = hall.state.followUps.bad[session];
  if (!followUp) throw new Error('no follow-up');
  return followUp;
};
const stands = (hall: Hall, day: string): Standing => standing(of(hall), day, calendar);
const on = (hall: Hall, day: string): Hall => hall.at(`${day}T10:00:00+08:00`);

describe('a bad rating', () => {
  it('is followed up in the same decision, each step due in working days', () => {
    const hall = new Hall({ calendar });
    hall.evaluating(7);
    // 15 working days later: 24–27 November, 30 November–3 December, Sunday the 6th, 7–11 December, Monday the 14th.
    expect(hall.wait(5).do({ name: 'rating.touch', window: 1, session: 7, level: 2 })[1]).toEqual({
      type: 'hall.rating.followed-up',
      subject: 't1',
      time: '2026-11-23T09:00:05.000+08:00',
      data: { session: 7, step: 'opened', due: { contacted: '2026-11-24', answered: '2026-12-14' } },
    });
    expect(of(hall)).toMatchObject({
      number: 'A001',
      service: 'transfer',
      window: 1,
      staff: 's1',
      level: 2,
      state: 'open',
      reason: null,
    });
  });

  it.each([
    [1, 2, true],
    [2, 2, true],
    [3, 2, false],
    [2, 1, false],
  ] as const)('level %d where bad goes through %d: %s', (level, badThrough, bad) => {
    expect(rated(level, { badThrough }).state.followUps.bad[7] !== undefined).toBe(bad);
  });

  it('is overdue the day after its next step was due, and says how many working days are left', () => {
    const hall = rated(1, { clock: { contacted: 1, answered: 10 } });
    expect(stands(hall, '2026-11-23')).toEqual({
      next: { step: 'contacted', due: '2026-11-24', workingDaysLeft: 1 },
      overdue: false,
    });
    expect(stands(hall, '2026-11-24').overdue).toBe(false);
    expect(stands(hall, '2026-11-25')).toMatchObject({ next: { workingDaysLeft: -1 }, overdue: true });
    hall.do(step('contacted'));
    // The tenth working day: 24–27 November, 30 November–3 December, Sunday the 6th, Monday the 7th.
    expect(stands(hall, '2026-11-25')).toMatchObject({
      next: { step: 'answered', due: '2026-12-07', workingDaysLeft: 8 },
      overdue: false,
    });
  });

  it('goes through contact, rectification, answer, second rating and closing, each once and in order', () => {
    const hall = rated();
    expect(hall.refusal(step('rated-again', { level: 5 })).code).toBe('wrong-state');
    expect(hall.refusal(step('closed', { outcome: 'settled' })).detail).toBe(
      'Not done yet: contacted, answered.',
    );
    expect(hall.refusal(step('rectified')).detail, 'a step of the clock is not skipped').toBe(
      'First comes "contacted".',
    );
    hall.do(step('contacted', { text: '已电话联系' }));
    expect(hall.refusal(step('contacted')).code, 'once').toBe('wrong-state');
    hall.do(step('answered'));
    expect(hall.refusal(step('rectified')).detail, 'never back').toContain('too late');
    expect(hall.refusal(step('rated-again')).facts).toEqual({ field: 'level' });
    hall.do(step('rated-again', { level: 4 }));
    expect(hall.refusal(step('rated-again', { level: 5 })).code, 'once').toBe('wrong-state');
    expect(hall.refusal(step('closed')).facts).toEqual({ field: 'outcome' });
    expect(hall.types(step('closed', { outcome: 'settled' }))).toEqual(['hall.rating.followed-up']);
    expect(of(hall)).toMatchObject({ state: 'closed', level: 1, keepUntil: '2027-01-22' });
    expect(of(hall).steps.at(-2)).toMatchObject({ step: 'rated-again', level: 4 });
    expect(hall.refusal(step('appealed'))).toMatchObject({ code: 'wrong-state', facts: { state: 'closed' } });
    expect(stands(hall, '2027-01-01')).toEqual({ next: null, overdue: false });
  });

  it('whose visitor cannot be reached is closed with a reason that stands in the trace', () => {
    const hall = rated();
    const close = { outcome: 'unreachable' } as const;
    expect(hall.refusal(step('closed', { ...close, text: '  ' })).code).toBe('reason-needed');
    expect(hall.do(step('closed', { ...close, text: '三次无人接听' }))[1]).toMatchObject({
      type: 'hall.trace.recorded',
      data: { action: 'follow-up', reason: '三次无人接听', staff: 'm1', window: 1, number: 'A001' },
    });
  });

  it('refuses a step about a session that has none, and an outcome or level where none belongs', () => {
    const hall = rated();
    expect(hall.refusal({ ...step('contacted'), session: 8 }).code).toBe('not-found');
    expect(hall.refusal(step('contacted', { outcome: 'settled' })).facts).toEqual({ field: 'outcome' });
    expect(hall.refusal(step('contacted', { level: 5 })).facts).toEqual({ field: 'level' });
  });

  it('leaves the list so many days after it was closed, and an open one never', () => {
    const hall = rated(1, { keepDays: 3 });
    hall.do(step('closed', { outcome: 'unreachable', text: 'x' }));
    on(hall, '2026-11-26').do({ name: 'day.check' });
    expect(hall.state.followUps.bad[7]).toBeDefined();
    on(hall, '2026-11-27').do({ name: 'day.check' });
    expect(hall.state.followUps.bad[7]).toBeUndefined();
    const open = rated(1, { keepDays: 3 });
    on(open, '2027-11-27').do({ name: 'day.check' });
    expect(open.state.followUps.bad[7]).toMatchObject({ state: 'open' });
  });
});

describe('an appeal', () => {
  it('is possible within its working days, once', () => {
    const hall = rated(1, { appealWorkingDays: 2 });
    expect(on(hall, '2026-11-26').refusal(step('appealed')).detail).toContain('2026-11-25');
    on(hall, '2026-11-25').do(step('appealed', { staff: 's1' }));
    hall.do(step('appeal-decided', { outcome: 'refused' }));
    expect(hall.refusal(step('appealed')).detail).toContain('has been done');
  });

  it('stops the clock, and what is left is due so many working days later when it is refused', () => {
    const hall = rated(1, { clock: { contacted: 1, answered: 5 } });
    hall.do(step('contacted'));
    on(hall, '2026-11-27').do(step('appealed', { staff: 's1' }));
    for (const other of ['rectified', 'answered'] as const)
      expect(hall.refusal(step(other)), other).toMatchObject({ facts: { state: 'appealed' } });
    // Due on Monday 30 November; the appeal stands from Friday the 27th to Thursday 3 December: four working days.
    expect(stands(hall, '2026-12-03')).toEqual({
      next: { step: 'answered', due: '2026-11-30', workingDaysLeft: 1 },
      overdue: false,
    });
    on(hall, '2026-12-03').do(step('appeal-decided', { outcome: 'refused' }));
    // After Monday 30 November: 1, 2, 3 December, and Sunday the 6th, which is worked.
    expect(of(hall)).toMatchObject({
      state: 'open',
      due: { contacted: '2026-11-24', answered: '2026-12-06' },
      upheld: false,
    });
    expect(stands(hall, '2026-12-06').overdue).toBe(false);
    expect(stands(hall, '2026-12-07').overdue).toBe(true);
  });

  it('that is upheld closes it, does not count against the staff, and says why in the trace', () => {
    const hall = rated();
    hall.do(step('appealed', { staff: 's1' }));
    const upheld = step('appeal-decided', { outcome: 'upheld', text: '误评' });
    expect(hall.refusal({ ...upheld, staff: 's1' }).code, 'by who was rated').toBe('not-allowed');
    expect(hall.refusal({ ...upheld, text: '' }).code).toBe('reason-needed');
    expect(hall.refusal(step('appeal-decided', { outcome: 'settled' })).facts).toEqual({ field: 'outcome' });
    expect(hall.types(upheld)).toEqual(['hall.rating.followed-up', 'hall.trace.recorded']);
    expect(of(hall)).toMatchObject({ state: 'closed', upheld: true, level: 1 });
    expect(hall.state.followUps.upheld).toEqual([{ session: 7, staff: 's1', day: '2026-11-23', level: 1 }]);
  });

  it('that nobody made is not decided', () => {
    expect(rated().refusal(step('appeal-decided', { outcome: 'refused' })).detail).toBe(
      'There is no appeal.',
    );
  });
});

describe('the reason', () => {
  type Give = Extract<FollowUpCommand, { name: 'rating.give-reason' }>;
  const give = (more: Partial<Give> = {}): Give => ({
    name: 'rating.give-reason',
    session: 7,
    options: ['slow'],
    by: 'qr',
    ...more,
  });

  it('is given once by the link, whatever the level', () => {
    const good = rated(5);
    expect(good.do(give({ text: '很快' }))).toMatchObject([
      {
        type: 'hall.rating.reason-given',
        data: { session: 7, number: 'A001', level: 5, options: ['slow'], text: '很快', by: 'qr' },
      },
    ]);
    const hall = rated();
    hall.do(give());
    expect(of(hall).reason).toEqual({ options: ['slow'], at: '2026-11-23T09:00:05.000+08:00', by: 'qr' });
    expect(hall.refusal(give())).toMatchObject({ code: 'wrong-state', facts: { state: 'given' } });
    expect(hall.refusal(give({ by: 'callback' })).code).toBe('wrong-state');
  });

  it('has official options or a text, and nothing else', () => {
    const hall = rated();
    expect(hall.refusal(give({ options: ['late'] })).facts).toEqual({ field: 'options' });
    expect(hall.refusal(give({ options: ['slow', 'slow'] })).facts).toEqual({ field: 'options' });
    expect(hall.refusal(give({ options: [] })).code).toBe('reason-needed');
    expect(hall.refusal(give({ session: 8 })).code).toBe('not-found');
    hall.do(give({ options: [], text: '排队太久' }));
    expect(of(hall).reason).toMatchObject({ options: [], text: '排队太久' });
  });

  it('can come for so many hours, and is then none: nobody invents one', () => {
    const hall = rated(2, { reasonHours: 2 });
    const link = hall.state.followUps.reasons[7];
    expect(link?.until).toBe('2026-11-23T11:00:05.000+08:00');
    expect(reasonState(link ?? { until: '', used: true }, '2026-11-23T11:00:05.000+08:00')).toBe('open');
    hall.at('2026-11-23T11:00:05.001+08:00');
    expect(hall.refusal(give()).facts).toMatchObject({ state: 'expired' });
    expect(of(hall).reason).toBeNull();
    // On the telephone the supervisor still hears it.
    hall.do(give({ by: 'callback' }));
    expect(of(hall).reason).toMatchObject({ by: 'callback' });
    on(hall, '2026-11-24').do({ name: 'day.check' });
    expect(hall.state.followUps.reasons).toEqual({});
  });

  it('of a good rating is not asked on the telephone', () => {
    expect(rated(3).refusal(give({ by: 'callback' })).code).toBe('not-found');
  });
});

describe('the call-back', () => {
  const visit = (session: number, level: RatingLevel | null = 5): SampledVisit => ({
    session,
    ticketId: `t${session}`,
    number: `A${String(session).padStart(3, '0')}`,
    service: 'transfer',
    window: 1,
    at: '2026-11-23T10:00:00.000+08:00',
    level,
  });
  const visits = Array.from({ length: 40 }, (_, at) => visit(at + 1));
  const sample = {
    name: 'callback.sample',
    day: '2026-11-23',
    seed: 'abc',
    size: 6,
    visits,
    staff: 'm1',
  } as const;

  it('is drawn by the seed, recorded with it, and stands in the trace', () => {
    const hall = new Hall();
    const sessions = draw(
      'abc',
      visits.map(({ session }) => session),
      6,
    );
    expect(hall.do(sample).slice(-2)).toMatchObject([
      {
        type: 'hall.callback.sampled',
        data: { day: '2026-11-23', seed: 'abc', population: 40, sessions, staff: 'm1' },
      },
      {
        type: 'hall.trace.recorded',
        data: { action: 'callback-sample', reason: '2026-11-23: 6 of 40, seed abc', staff: 'm1' },
      },
    ]);
    expect(Object.keys(hall.state.followUps.callBacks).map(Number)).toEqual(
      [...sessions].sort((a, b) => a - b),
    );
    expect(hall.do(sample), 'the same draw again').toEqual([]);
    expect(hall.do({ ...sample, seed: 'other' }), 'another draw shows').toHaveLength(2);
  });

  it('puts what the visitor says beside the rating, once', () => {
    const hall = new Hall();
    hall.do(sample);
    const [session = 0] = hall.state.followUps.samples[0]?.sessions ?? [];
    const said = { name: 'callback.record', session, staff: 'm2' } as const;
    expect(hall.refusal({ ...said, outcome: 'not-reached', level: 5 }).facts).toEqual({ field: 'outcome' });
    expect(hall.refusal({ ...said, outcome: 'reached', options: ['x'] }).facts).toEqual({ field: 'options' });
    hall.do({ ...said, outcome: 'not-reached' });
    hall.do({ ...said, outcome: 'reached', level: 2, options: ['rude'], text: '没有说明' });
    expect(hall.state.followUps.callBacks[session]).toMatchObject({
      level: 5,
      result: { outcome: 'reached', level: 2, options: ['rude'], text: '没有说明', staff: 'm2' },
    });
    expect(hall.refusal({ ...said, outcome: 'reached', level: 5 })).toMatchObject({
      code: 'wrong-state',
      facts: { state: 'reached' },
    });
    expect(hall.refusal({ ...said, session: 999, outcome: 'reached' }).code).toBe('not-found');
    expect(hall.state.ratings).toEqual({ 1: 0, 2: 0, 3: 0, 4: 0, 5: 0 });
  });

  it('of a visit whose press came after the draw shows that press', () => {
    const hall = new Hall();
    hall.evaluating(7);
    hall.wait(35).do({ name: 'rating.lapse', session: 7, why: 'timeout' });
    hall.do({ ...sample, size: 1, visits: [visit(7, null)] });
    hall.do({ name: 'rating.from-phone', ticketId: 't1', level: 3 });
    expect(hall.state.followUps.callBacks[7]).toMatchObject({ level: 3, result: null });
  });

  it('keeps the latest 30 samples and what belongs to them', () => {
    const hall = new Hall();
    for (let day = 0; day < 35; day++)
      hall.do({ ...sample, seed: `s${day}`, size: 2, visits: [visit(2 * day + 1), visit(2 * day + 2)] });
    expect(hall.state.followUps.samples).toHaveLength(30);
    expect(Object.keys(hall.state.followUps.callBacks)).toHaveLength(60);
    for (let day = 0; day < 10; day++)
      hall.do({
        ...sample,
        seed: `big${day}`,
        size: 200,
        visits: Array.from({ length: 200 }, (_, at) => visit(1000 * (day + 1) + at)),
      });
    expect(Object.keys(hall.state.followUps.callBacks).length).toBeLessThanOrEqual(1500);
  });
});

describe('own sums', () => {
  it('have closed days only, leave upheld appeals out, and grow by five ratings or more at a time', () => {
    const hall = new Hall();
    let session = 0;
    const rate = (level: RatingLevel): void => {
      hall.evaluating(++session);
      hall.wait(5).do({ name: 'rating.touch', window: 1, session, level });
    };
    for (const level of [5, 5, 4, 1, 1] as const) rate(level);
    expect(ownTotals(hall.state, 's1')).toMatchObject({ from: null, through: null, asked: 0 });
    hall.do({ ...step('appealed'), session: 4 });
    hall.do({ ...step('appeal-decided', { outcome: 'upheld', text: '误评' }), session: 4 });
    on(hall, '2026-11-24').do({ name: 'day.check' });
    const monday = {
      staff: 's1',
      from: '2026-11-23',
      through: '2026-11-23',
      served: 5,
      asked: 5,
      lapsed: 0,
      ratings: { 1: 1, 2: 0, 3: 0, 4: 1, 5: 2 },
    };
    expect(ownTotals(hall.state, 's1')).toEqual(monday);
    for (const level of [3, 3, 3, 3] as const) rate(level);
    on(hall, '2026-11-25').do({ name: 'day.check' });
    expect(ownTotals(hall.state, 's1'), 'four would be read out of the difference').toEqual(monday);
    rate(2);
    on(hall, '2026-11-26').do({ name: 'day.check' });
    expect(ownTotals(hall.state, 's1')).toMatchObject({
      through: '2026-11-25',
      asked: 10,
      ratings: { 1: 1, 2: 1, 3: 4, 4: 1, 5: 2 },
    });
    expect(ownTotals(hall.state, 'nobody')).toMatchObject({ from: null, asked: 0 });
  });
});

describe('the list of bad ratings', () => {
  it('has its size: closed ones make room first, and an open one that must is counted', () => {
    const hall = rated(1);
    hall.do(step('closed', { outcome: 'unreachable', text: 'x' }));
    for (let session = 100; session < 100 + BAD_KEPT; session++) {
      hall.state.sessions[session] = { ...hall.state.sessions[7]!, session, state: 'open' };
      hall.wait(1).do({ name: 'rating.touch', window: 1, session, level: 1 });
    }
    expect(hall.state.followUps.bad[7], 'closed').toBeUndefined();
    expect(hall.state.followUps).toMatchObject({ leftOpen: 0 });
    hall.state.sessions[9000] = { ...hall.state.sessions[7]!, session: 9000, state: 'open' };
    hall.do({ name: 'rating.touch', window: 1, session: 9000, level: 1 });
    expect(hall.state.followUps.leftOpen).toBe(1);
    expect(hall.state.followUps.bad[100]).toBeUndefined();
    expect(Object.keys(hall.state.followUps.bad)).toHaveLength(BAD_KEPT);
  });
});
