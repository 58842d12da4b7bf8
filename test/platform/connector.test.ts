/** The hub asks a simulated platform over HTTP (docs/platform.md). */
import { afterEach, describe, expect, it } from 'vitest';
import { samplePeople } from '../../firmware-sim/id-reader/people.ts';
import { platformFaults, type PlatformFault } from '../../firmware-sim/platform/faults.ts';
import { checkSecret } from '../../firmware-sim/platform/person-hash.ts';
import { personKeys } from '../../kiosk-agent/device/person-hash.ts';
import { platformFault } from '../../kiosk-agent/platform/address.ts';
import { createPlatform } from '../../kiosk-agent/platform/platform.ts';
import { until } from '../harness/programs.ts';
import {
  china,
  clockFrom,
  connector,
  MONDAY,
  type Pair,
  personOf,
  startPair,
  TIMEOUT_MS,
  TOKEN,
} from './hall.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
const person = personOf('citizen-common');
const DAY = 24 * 3_600_000;
const patient = 10_000;

async function casesOf({ platform }: Pair, who = person, caseNumber?: string) {
  const answer = await platform.cases(who, patient, caseNumber);
  if (!answer.ok) throw new Error(`no cases: ${answer.why}`);
  return answer;
}

describe('the cases of a person', () => {
  it('come with their due dates, and go on with the clock', async () => {
    const pair = await startPair(ends);
    const { cases, fromCache, asOf } = await casesOf(pair);
    expect(fromCache).toBe(false);
    expect(asOf).toMatch(/^2026-11-23T10:00:\d\d\.\d{3}\+08:00$/);
    expect(cases.map(({ caseNumber }) => caseNumber)).toEqual(['990000-2026-000101', '990000-2026-000102']);
    // Accepted on Saturday the 21st: five working days are the Friday after.
    expect(cases[0]).toEqual({
      caseNumber: '990000-2026-000101',
      kind: { zh: '转移登记', en: 'Transfer' },
      acceptedAt: '2026-11-21T10:00:00+08:00',
      limitWorkingDays: 5,
      state: 'reviewing',
      steps: [
        { name: { zh: '受理', en: 'Accepted' }, at: '2026-11-21T10:00:00+08:00' },
        { name: { zh: '审核', en: 'Review' }, at: '2026-11-22T10:00:00+08:00' },
        { name: { zh: '登簿', en: 'Entered in the register' }, at: null },
        { name: { zh: '发证', en: 'Certificate issued' }, at: null },
      ],
      dueDate: '2026-11-27',
      dueDateKnown: true,
      daysLeft: 4,
      overdue: false,
    });
    expect(cases[1]).toMatchObject({
      state: 'waiting-for-materials',
      needs: { zh: '请补交抵押合同原件', en: 'Please bring the original of the mortgage contract' },
      dueDate: '2026-12-04',
      daysLeft: 9,
    });

    pair.clock.skip(3 * DAY);
    const [done, reviewing] = (await casesOf(pair)).cases;
    expect(done).toMatchObject({
      state: 'done',
      closedAt: '2026-11-25T10:00:00+08:00',
      daysLeft: null,
      overdue: false,
    });
    expect(reviewing).toMatchObject({ state: 'accepted', daysLeft: 6 });
    expect(reviewing).not.toHaveProperty('needs');
  });

  it('say when they are late', async () => {
    const pair = await startPair(ends);
    // Accepted on Saturday, 24 October; the tenth working day is Friday, 6 November, eleven before this Monday.
    const [late] = (await casesOf(pair, personOf('citizen-two-characters'))).cases;
    expect(late).toMatchObject({
      state: 'accepted',
      acceptedAt: '2026-10-24T10:00:00+08:00',
      dueDate: '2026-11-06',
      daysLeft: -11,
      overdue: true,
    });
  });

  it('are none for somebody whom the platform does not know', async () => {
    const pair = await startPair(ends);
    expect((await casesOf(pair, { year: 2026, hash: 'ab'.repeat(32) })).cases).toEqual([]);
    expect((await casesOf(pair, personOf('taiwan'))).cases).toEqual([]);
  });

  it('are the one that is named, if it is theirs', async () => {
    const pair = await startPair(ends);
    const named = await casesOf(pair, person, '990000-2026-000102');
    expect(named.cases.map(({ caseNumber }) => caseNumber)).toEqual(['990000-2026-000102']);
    expect((await casesOf(pair, person, '990000-2026-000103')).cases).toEqual([]);
  });

  it('are found under the hashes of two years around New Year', async () => {
    const pair = await startPair(ends);
    pair.clock.skip(Date.parse('2026-12-31T23:59:58+08:00') - Date.parse(MONDAY));
    expect((await casesOf(pair, personOf('citizen-common', 2027))).cases).toHaveLength(2);
    pair.clock.skip(10_000);
    expect((await casesOf(pair, person)).cases).toHaveLength(2);
  });

  it('are found for the card that the hall has read: both compute one hash, each by the page', async () => {
    const pair = await startPair(ends);
    const { number } = samplePeople['citizen-common'];
    const known = personKeys(checkSecret, (at) => at.getUTCFullYear())(number, new Date(MONDAY));
    expect((await casesOf(pair, known.person)).cases).toHaveLength(2);
  });

  it('are asked for with the hash alone, and nothing of it in the address', async () => {
    const pair = await startPair(ends);
    await casesOf(pair, person, '990000-2026-000101');
    expect(pair.sim.calls()).toMatchObject([{ address: '/v1/cases/query', status: 200 }]);
    expect(JSON.parse(pair.sim.calls()[0]?.body ?? '')).toEqual({
      person: {
        scheme: 'hmac-sha256',
        year: 2026,
        hash: 'f9fba9779dfccbfd7a4018c0ffe97ef7c67754d6112bca3207daa830511a47e6',
      },
      caseNumber: '990000-2026-000101',
    });
  });

  it('come without a name or a number, also when the platform tells them', async () => {
    const pair = await startPair(ends);
    pair.sim.setFault('tells-names', true);
    const told = await fetch(`${pair.sim.url}/v1/cases/query`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ person: { scheme: 'hmac-sha256', ...person } }),
    });
    const { name, number } = samplePeople['citizen-common'];
    const heard = await told.text();
    expect(heard).toContain(name);
    expect(heard).toContain(number);

    const answer = await casesOf(pair);
    expect(answer.cases).toHaveLength(2);
    for (const word of [name, number, 'applicant', 'idNumber'])
      expect(JSON.stringify(answer)).not.toContain(word);
  });
});

/** What the hub says to a visitor of whom it knows nothing yet, and how many calls it makes for that. */
const faults: Record<PlatformFault, { why: string; calls: number; ms?: number; deadlineMs?: number }> = {
  slow: { why: 'timeout', calls: 2, ms: 60_000 },
  silent: { why: 'timeout', calls: 2 },
  'error-500': { why: 'away', calls: 2 },
  // It wants a second, and the visitor does not have one: nobody waits for that.
  'busy-503': { why: 'away', calls: 1, deadlineMs: 900 },
  garbage: { why: 'bad-answer', calls: 1 },
  'other-shape': { why: 'bad-answer', calls: 1 },
  huge: { why: 'bad-answer', calls: 1 },
  'wrong-token': { why: 'refused', calls: 1 },
  'half-answer': { why: 'away', calls: 2 },
  reset: { why: 'away', calls: 2 },
  redirect: { why: 'bad-answer', calls: 1 },
  // No trouble: what it tells too much is dropped (above).
  'tells-names': { why: 'none', calls: 1 },
};

const wrongs = platformFaults.filter((fault) => faults[fault].why !== 'none');

/** A pair, and the fault's way of being on. */
async function startWith(fault: PlatformFault) {
  const { why, calls, ms, deadlineMs = patient } = faults[fault];
  const pair = await startPair(ends, { retries: 1 });
  return {
    ...pair,
    pair,
    why,
    calls,
    ask: () => pair.platform.cases(person, deadlineMs),
    begin() {
      pair.sim.setFault(fault, true, ms === undefined ? {} : { ms });
      if (why === 'timeout') pair.clock.shorten(TIMEOUT_MS, 100);
    },
    end() {
      pair.sim.setFault(fault, false);
      pair.clock.shorten(TIMEOUT_MS, TIMEOUT_MS);
    },
  };
}

describe.each(wrongs)('a platform with %s', (fault) => {
  it('is what the page says after as many calls, and serves again when it is over', async () => {
    const { pair, platform, sim, said, why, calls, ask, begin, end } = await startWith(fault);
    expect(platform.state()).toBe('not-asked-yet');
    begin();
    expect(await ask()).toEqual({ ok: false, why });
    expect(sim.calls().map(({ address }) => address)).toEqual(Array(calls).fill('/v1/cases/query'));
    expect(platform.state()).toBe(why);
    expect(await ask()).toEqual({ ok: false, why });

    end();
    expect((await casesOf(pair)).fromCache).toBe(false);
    expect(platform.state()).toBe('answering');
    // One line for the trouble, one for its end; who asked does not stand in them, nor the token.
    expect(said).toHaveLength(2);
    expect(said[0]).toContain(`gives no cases: ${why} (`);
    expect(said[1]).toBe('answering: the registration platform answers');
    expect(said.join()).not.toContain(person.hash.slice(0, 8));
    expect(said.join()).not.toContain(TOKEN);
  });
});

describe.each(wrongs.filter((fault) => faults[fault].why !== 'refused'))('a platform with %s', (fault) => {
  it('leaves what it said before, with its time', async () => {
    const { pair, clock, ask, begin } = await startWith(fault);
    const before = await casesOf(pair);
    clock.skip(3 * 3_600_000);
    begin();
    expect(await ask()).toEqual({ ...before, fromCache: true });
  });
});

describe('a platform that refuses us', () => {
  it('gets nothing shown that it said before', async () => {
    const { pair, sim, clock, ask, begin, end } = await startWith('wrong-token');
    await casesOf(pair);
    clock.skip(3 * 3_600_000);
    begin();
    expect(await ask()).toEqual({ ok: false, why: 'refused' });
    // Forgotten, not only hidden.
    end();
    sim.setFault('error-500', true);
    expect(await ask()).toEqual({ ok: false, why: 'away' });
  });
});

describe('a call', () => {
  it.each(['error-500', 'half-answer', 'reset', 'busy-503'] as const)(
    'that fails once by %s is made again',
    async (fault) => {
      const pair = await startPair(ends);
      pair.sim.setFault(fault, true, { times: 1 });
      pair.clock.shorten(1_000, 20); // Retry-After
      expect((await casesOf(pair)).cases).toHaveLength(2);
      expect(pair.sim.calls()).toHaveLength(2);
      expect(pair.said).toEqual(['answering: the registration platform answers']);
    },
  );

  it('that nobody answers ends with the time of the visitor, and is taken back', async () => {
    const pair = await startPair(ends);
    pair.sim.setFault('silent', true);
    expect(await pair.platform.cases(person, 500)).toEqual({ ok: false, why: 'timeout' });
    await until('the call to be taken back', () => pair.ended.length === 1);
    expect(pair.ended[0]?.status).toBe(0);
  });

  it('to where nobody listens is "away"', async () => {
    const { platform, sim } = await startPair(ends, { retries: 0 });
    await sim.close();
    expect(await platform.cases(person, patient)).toEqual({ ok: false, why: 'away' });
  });

  it('is one for all who ask the same at the same moment, and each leaves at his own time', async () => {
    const pair = await startPair(ends);
    pair.sim.setFault('slow', true, { ms: 400 });
    const hurried = pair.platform.cases(person, 60);
    const others = Array.from({ length: 20 }, () => pair.platform.cases(person, patient));
    const somebodyElse = pair.platform.cases(personOf('hong-kong'), patient);
    expect(await hurried).toEqual({ ok: false, why: 'timeout' });
    const answers = await Promise.all(others);
    expect(answers.every((answer) => answer.ok && !answer.fromCache && answer.cases.length === 2)).toBe(true);
    const other = await somebodyElse;
    expect(other.ok && other.cases.map(({ caseNumber }) => caseNumber)).toEqual(['990000-2026-000105']);
    expect(pair.sim.calls()).toHaveLength(2);
  });

  it('that is under way when the hub closes is "away", as is every later one', async () => {
    const pair = await startPair(ends);
    pair.sim.setFault('silent', true);
    const asked = pair.platform.cases(person, 60_000);
    await until('the call', () => pair.sim.calls().length === 1);
    pair.platform.close();
    pair.platform.close();
    expect(await asked).toEqual({ ok: false, why: 'away' });
    expect(await pair.platform.cases(person, 60_000)).toEqual({ ok: false, why: 'away' });
    await until('the call to be taken back', () => pair.ended.length === 1);
    expect(pair.sim.calls()).toHaveLength(1);
  });

  it('that closes while it rests between two tries makes no further one', async () => {
    const pair = await startPair(ends);
    pair.sim.setFault('busy-503', true);
    const asked = pair.platform.cases(person, 60_000);
    await until('the first try', () => pair.ended.length === 1);
    pair.platform.close();
    expect(await asked).toEqual({ ok: false, why: 'away' });
    expect(pair.sim.calls()).toHaveLength(1);
  });

  it('needs a person and a case number of the right form', async () => {
    const { platform, sim } = await startPair(ends);
    for (const wrong of [
      { year: 2026, hash: samplePeople['citizen-common'].number },
      { year: 2026, hash: 'AB'.repeat(32) },
      { year: 26, hash: 'ab'.repeat(32) },
    ])
      await expect(platform.cases(wrong, patient)).rejects.toThrow(RangeError);
    for (const number of ['', 'a/b', '1?x=1', '1'.repeat(41)])
      await expect(platform.cases(person, patient, number)).rejects.toThrow(RangeError);
    expect(sim.calls()).toEqual([]);
  });
});

describe('an answer', () => {
  it('is given again for cacheS without asking, then asked for again', async () => {
    const pair = await startPair(ends, { cacheS: 60 });
    const first = await casesOf(pair);
    pair.clock.skip(50_000);
    expect(await casesOf(pair)).toEqual({ ...first, fromCache: true });
    expect(pair.sim.calls()).toHaveLength(1);
    pair.clock.skip(10_000);
    const second = await casesOf(pair);
    expect(second.fromCache).toBe(false);
    expect(second.asOf > first.asOf).toBe(true);
    expect(pair.sim.calls()).toHaveLength(2);
  });

  it('is of the day on which it is shown: the days left go down in one that is kept', async () => {
    const pair = await startPair(ends);
    expect((await casesOf(pair)).cases[0]?.daysLeft).toBe(4);
    pair.clock.skip(20 * 3_600_000);
    pair.sim.setFault('error-500', true);
    expect((await casesOf(pair)).cases[0]?.daysLeft).toBe(3);
  });

  it('is not shown when it is a day old', async () => {
    const pair = await startPair(ends, { retries: 0 });
    await casesOf(pair);
    pair.sim.setFault('error-500', true);
    pair.clock.skip(DAY - 60_000);
    expect((await casesOf(pair)).fromCache).toBe(true);
    pair.clock.skip(60_000);
    expect(await pair.platform.cases(person, patient)).toEqual({ ok: false, why: 'away' });
  });

  it('about one case is not taken for one about all', async () => {
    const pair = await startPair(ends);
    expect((await casesOf(pair, person, '990000-2026-000101')).cases).toHaveLength(1);
    expect((await casesOf(pair)).cases).toHaveLength(2);
  });
});

describe('a hall', () => {
  it('without a platform says so', async () => {
    const platform = createPlatform({
      settings: null,
      calendar: china,
      timeZone: 'Asia/Shanghai',
      fetch: () => Promise.reject(new Error('nobody may be asked')),
      clock: clockFrom(MONDAY),
      random: () => 0,
    });
    expect(platform.state()).toBe('not-configured');
    expect(await platform.cases(person, patient)).toEqual({ ok: false, why: 'not-configured' });
    platform.close();
  });

  it.each([
    ['https://platform.example/hall', null],
    ['http://127.0.0.1:8482', null],
    ['http://[::1]:8482/', null],
    ['http://localhost:8482', null],
    ['http://platform.example', 'platform.url: http://platform.example would send the token in the clear'],
    ['http://127.0.0.1.example', 'platform.url: http://127.0.0.1.example would send'],
    ['ftp://platform.example', 'platform.url: ftp://platform.example would send'],
    ['platform.example', 'platform.url: "platform.example" is no address; write https://HOST/PATH'],
    ['https://hall:secret@platform.example', 'platform.url: no name or password in the address'],
    ['https://platform.example/?a=1', 'platform.url: nothing after the path'],
  ])('with the address %s', (url, fault) => {
    if (fault === null) expect(platformFault(url)).toBe(null);
    else expect(platformFault(url)).toContain(fault);
    expect(platformFault(url) ?? '').not.toContain('secret');
    const make = () => connector(clockFrom(MONDAY), { url }).platform.close();
    if (fault === null) make();
    else expect(make).toThrow(fault);
  });
});
