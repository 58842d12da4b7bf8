/** What a platform may say, and what the hub makes of the rest. */
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { plainWeeks } from '../../kiosk-agent/hall/calendar.ts';
import { understand } from '../../kiosk-agent/platform/answer.ts';
import { caseView } from '../../kiosk-agent/platform/case-view.ts';
import type { Platform } from '../../kiosk-agent/platform/platform.ts';
import { china, clockFrom, connector, MONDAY } from './hall.ts';

const SEED = 20261123;
const ends: (() => unknown)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

const good = {
  caseNumber: '371002-2026-000123',
  kind: { zh: '转移登记', en: 'Transfer' },
  acceptedAt: '2026-11-19T09:12:00+08:00',
  limitWorkingDays: 5,
  state: 'reviewing' as const,
  steps: [{ name: { zh: '受理', en: 'Accepted' }, at: '2026-11-19T09:12:00+08:00' }],
};
const answered = (one: object) => understand(Response.json({ cases: [one] }));

describe('an answer of the platform', () => {
  it('is taken as the page has it, and nothing that the page does not name', async () => {
    const more = {
      ...good,
      applicant: '某人',
      kind: { ...good.kind, owner: '某人' },
      steps: [{ ...good.steps[0], by: '某人' }],
    };
    expect(await understand(Response.json({ cases: [more], name: '某人' }))).toEqual({
      ok: true,
      cases: [good],
    });
  });

  it.each<[string, object, string]>([
    ['a case without a number', { ...good, caseNumber: undefined }, 'cases.0.caseNumber'],
    ['a number that would not go into an address', { ...good, caseNumber: '../1' }, 'cases.0.caseNumber'],
    ['one language', { ...good, kind: { zh: '转移登记' } }, 'cases.0.kind.en'],
    [
      'an ID number in a text',
      { ...good, needs: { zh: '请99000019490101001X来', en: 'x' } },
      'cases.0.needs.zh',
    ],
    ['a control character', { ...good, needs: { zh: '请来', en: 'come\u001b[2J' } }, 'cases.0.needs.en'],
    ['half a character', { ...good, needs: { zh: '\ud842', en: 'x' } }, 'cases.0.needs.zh'],
    ['a time without its offset', { ...good, acceptedAt: '2026-11-19T09:12:00' }, 'cases.0.acceptedAt'],
    ['a day that does not exist', { ...good, acceptedAt: '2026-02-30T09:12:00+08:00' }, 'cases.0.acceptedAt'],
    ['another century', { ...good, acceptedAt: '1999-12-31T09:12:00+08:00' }, 'cases.0.acceptedAt'],
    ['a limit of 1001', { ...good, limitWorkingDays: 1001 }, 'cases.0.limitWorkingDays'],
    ['half a day', { ...good, limitWorkingDays: 2.5 }, 'cases.0.limitWorkingDays'],
    ['a state of its own', { ...good, state: 'lost' }, 'cases.0.state'],
    ['a closed case without its time', { ...good, state: 'done' }, 'cases.0.closedAt'],
    ['51 steps', { ...good, steps: Array(51).fill(good.steps[0]) }, 'cases.0.steps'],
  ])('is refused with %s, and says where', async (_what, one, path) => {
    expect(await answered(one)).toEqual({
      ok: false,
      detail: `an answer of another shape, first at ${path}`,
    });
  });

  it('is refused with 201 cases, as a list, and as bytes that are no UTF-8', async () => {
    expect(await understand(Response.json({ cases: Array(201).fill(good) }))).toMatchObject({ ok: false });
    expect(await understand(Response.json([]))).toEqual({
      ok: false,
      detail: 'an answer of another shape, first at its top',
    });
    expect(await understand(new Response(Uint8Array.of(0x22, 0xff, 0x22)))).toEqual({
      ok: false,
      detail: 'an answer that is no JSON',
    });
  });

  it('may have 256 KiB and not a byte more', async () => {
    const empty = '{"cases":[]}';
    const padded = (bytes: number) => new Response(empty.padEnd(bytes));
    expect(await understand(padded(262_144))).toEqual({ ok: true, cases: [] });
    expect(await understand(padded(262_145))).toEqual({
      ok: false,
      detail: 'an answer of more than 256 KiB',
    });
  });

  it('may be anything: the hub has a word for it', { timeout: 20_000 }, async () => {
    const met = new Set<string>();
    const field = fc.constantFrom(...Object.keys(good));
    const spoiled = fc
      .tuple(field, fc.jsonValue(), fc.jsonValue())
      .map(([name, value, beside]) => JSON.stringify({ cases: [{ ...good, [name]: value }], beside }));
    const anything = fc.oneof(fc.json(), spoiled, fc.constant(JSON.stringify({ cases: [good] })));
    const status = fc.constantFrom(200, 200, 200, 201, 301, 400, 401, 403, 404, 429, 500, 502, 503, 504, 599);
    const headers = fc.record({
      'retry-after': fc.oneof(fc.string(), fc.nat().map(String)).filter(isHeader),
    });
    await fc.assert(
      fc.asyncProperty(anything, status, headers, async (body, code, head) => {
        const { platform } = over(
          () => Promise.resolve(new Response(body, { status: code, headers: head })),
          0,
        );
        const answer = await platform.cases({ year: 2026, hash: 'ab'.repeat(32) }, 1_000);
        met.add(answer.ok ? 'cases' : answer.why);
        if (code !== 200) expect(answer.ok).toBe(false);
        platform.close();
      }),
      { seed: SEED, numRuns: 300 },
    );
    expect([...met].sort()).toEqual(['away', 'bad-answer', 'cases', 'refused']);
  });
});

describe('the time of a visitor', () => {
  const person = { year: 2026, hash: 'ab'.repeat(32) };

  it('is not spent on waiting for a try that would come too late', async () => {
    // No timer of this clock ever ends: only the connector itself can end this.
    const clock = { ...clockFrom(MONDAY), after: () => () => {} };
    const busy = new Response(null, { status: 503, headers: { 'retry-after': '10' } });
    const { platform } = connector(clock, { retries: 5 }, () => Promise.resolve(busy.clone()));
    expect(await platform.cases(person, 9_000)).toEqual({ ok: false, why: 'away' });
  });

  it('ends with what the first try found, when the second takes too long', async () => {
    const answers = [Promise.resolve(new Response(null, { status: 500 }))];
    const { platform } = over(() => answers.shift() ?? new Promise(() => {}), 2);
    expect(await platform.cases(person, 400)).toEqual({ ok: false, why: 'away' });
  });
});

describe('the memory of answers', () => {
  it('holds 500, and lets the oldest go', async () => {
    let away = false;
    const { platform } = over(
      () => (away ? Promise.reject(new Error('away')) : Promise.resolve(Response.json({ cases: [] }))),
      0,
      0,
    );
    const person = (n: number) => ({ year: 2026, hash: n.toString(16).padStart(64, '0') });
    for (let n = 0; n <= 500; n += 1) await platform.cases(person(n), 1_000);
    // Asked again, the second is the youngest and stays.
    await platform.cases(person(1), 1_000);
    await platform.cases(person(501), 1_000);
    away = true;
    const kept = async (n: number) => (await platform.cases(person(n), 1_000)).ok;
    expect([await kept(0), await kept(1), await kept(2), await kept(3), await kept(501)]).toEqual([
      false,
      true,
      false,
      true,
      true,
    ]);
  });
});

describe('a due date', () => {
  const view = (one: object, now: string, calendar = china) =>
    caseView({ ...good, ...one }, new Date(now), 'Asia/Shanghai', calendar);

  it('counts from the local day of acceptance, over the Spring Festival and its make-up days', () => {
    // 17:30 UTC is half past one of the next day in Weihai: Friday the 13th.
    const one = { acceptedAt: '2026-02-12T17:30:00Z', limitWorkingDays: 5 };
    expect(view(one, '2026-02-20T10:00:00+08:00')).toMatchObject({
      dueDate: '2026-02-27',
      dueDateKnown: true,
      daysLeft: 4,
      overdue: false,
    });
  });

  it.each([
    ['2026-11-25T23:59:59+08:00', 1, false],
    ['2026-11-26T00:00:00+08:00', 0, false],
    ['2026-11-26T23:59:59+08:00', 0, false],
    ['2026-11-27T00:00:00+08:00', -1, true],
    ['2026-11-28T12:00:00+08:00', -1, true],
    ['2026-11-30T12:00:00+08:00', -2, true],
  ])('of 26 November: at %s there are %i days left', (now, daysLeft, overdue) => {
    expect(view({}, now)).toMatchObject({ dueDate: '2026-11-26', daysLeft, overdue });
  });

  it('of a closed case is kept or not for ever', () => {
    const closed = (closedAt: string) => view({ state: 'done', closedAt }, '2028-01-01T00:00:00+08:00');
    expect(closed('2026-11-26T23:59:59+08:00')).toMatchObject({ daysLeft: null, overdue: false });
    expect(closed('2026-11-27T00:00:00+08:00')).toMatchObject({ daysLeft: null, overdue: true });
  });

  it('in a year that the calendar does not know is marked', () => {
    expect(view({ limitWorkingDays: 40 }, MONDAY)).toMatchObject({
      dueDate: '2027-01-14',
      dueDateKnown: false,
    });
    expect(view({}, MONDAY, plainWeeks)).toMatchObject({ dueDate: '2026-11-26', dueDateKnown: false });
  });

  it('of the longest limit and the last day of the century is still a day', () => {
    const last = { acceptedAt: '2099-12-31T23:59:59+08:00', limitWorkingDays: 1000 };
    expect(view(last, MONDAY).dueDate).toBe('2103-11-01');
    expect(view({ acceptedAt: '2000-01-01T00:00:00+14:00' }, MONDAY).overdue).toBe(true);
  });
});

function isHeader(text: string): boolean {
  try {
    return new Headers({ 'retry-after': text }) !== null;
  } catch {
    return false;
  }
}

function over(answer: () => Promise<Response>, retries: number, cacheS = 60): { platform: Platform } {
  const made = connector(clockFrom(MONDAY), { retries, cacheS }, answer);
  ends.push(made.platform.close);
  return made;
}
