import { createDecipheriv } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readAnswer } from '../../central/rating-exports/answer.ts';
import { encode, encrypt } from '../../central/rating-exports/encode.ts';
import { faultsOf, gapsOf } from '../../central/rating-exports/findings.ts';
import { loadExports } from '../../central/rating-exports/load.ts';
import { CHANNELS, isUnknown, type Profile, type Transport } from '../../central/rating-exports/profile.ts';
import { faultLine, readProfile, SHIPPED_PROFILES } from '../../central/rating-exports/read-profile.ts';
import { buildRecord, formatFault, timeAs, type Rating } from '../../central/rating-exports/record.ts';
import { ratingExportsSection } from '../../central/rating-exports/settings.ts';
import { dayAfter } from '../../central/rating-exports/working-days.ts';
import { central } from '../central/process.ts';

const GOLDEN = join(import.meta.dirname, '..', 'golden', 'rating-exports');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'profiles-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function own(text: string): Promise<string> {
  const file = join(folder, `own-${Math.random().toString(36).slice(2)}.yaml`);
  await writeFile(file, text);
  return file;
}
function profileOf(nameOrFile: string): Profile {
  const found = readProfile(nameOrFile, folder);
  if (!found.ok) throw new Error(found.faults.map(faultLine).join('\n'));
  return found.read.profile;
}
async function faults(text: string): Promise<string[]> {
  const found = readProfile(await own(text), folder);
  return (found.ok ? faultsOf(found.read) : found.faults)
    .map(faultLine)
    .map((line) => line.replace(/^.*own-\w+\.yaml/, 'own'));
}
const rating = (more: Partial<Rating> = {}): Rating => ({
  ...{
    recordId: 'hub-1/epoch-0001/7/first',
    attempt: 1,
    channel: 'press',
    level: 5,
    keyRaw: '3',
    agentId: 'hub-1',
  },
  ...{
    hall: 'weihai-01',
    region: '371002000000',
    session: 7,
    number: 'A007',
    service: 'transfer',
    stage: '',
    window: 3,
  },
  ...{
    staff: '1001',
    promptedAt: '2026-11-23T09:04:50.000+08:00',
    pressedAt: '2026-11-23T09:05:07.412+08:00',
  },
  ...{ reason: null, ...more },
});

describe('the shipped profiles', () => {
  test.each(SHIPPED_PROFILES)('%s has no mistakes', (name) => {
    const found = readProfile(name, folder);
    expect(found.ok && faultsOf(found.read)).toEqual([]);
  });
  test('no province’s profile can push by itself, and each says what is not public', () => {
    for (const name of ['zhejiang', 'fujian', 'anhui'])
      expect(gapsOf(profileOf(name))[0]).toMatch(
        /^transport: not public: .+ Nothing is pushed with this profile$/,
      );
    expect(gapsOf(profileOf('generic'))).toEqual([]);
  });
  test('what Fujian requires and is not kept here is said in a sentence', () => {
    const gaps = gapsOf(profileOf('fujian'));
    expect(gaps).toContain(
      'cannot be sent: userName is required by Fujian and this program keeps no names, numbers or telephones of persons; the receiving side must join them by the case',
    );
    const built = buildRecord(rating(), profileOf('fujian'));
    expect('missing' in built && built.missing.map(({ field }) => field)).toEqual(
      expect.arrayContaining(['EXE_ID', 'userName', 'certKey', 'contactMobile', 'pf', 'type']),
    );
  });
});

describe('the traps of published code', () => {
  test('codes are of one province: 7 is the default in Zhejiang, and nothing in Fujian', () => {
    expect(profileOf('zhejiang').channels.default).toBe('7');
    expect(isUnknown(profileOf('fujian').channels.default)).toBe(true);
    expect(profileOf('zhejiang').codes.promiseTime).toEqual({ '1': '承诺件', '2': '即办件' });
  });
  test('a key’s code is not the score: Fujian’s device sends 3 2 1 0 5 for 5 4 3 2 1', () => {
    const map = profileOf('fujian').keyMaps['key-device']!;
    expect(['3', '2', '1', '0', '5'].map((key) => map[key])).toEqual([5, 4, 3, 2, 1]);
    const profile = profileOf(join(GOLDEN, 'fujian', 'profile.yaml'));
    expect(buildRecord(rating({ keyRaw: '3', level: 5 }), profile)).toMatchObject({
      record: { alternate: '5' },
    });
    const wrong = buildRecord(rating({ keyRaw: '5', level: 5 }), profile);
    expect('missing' in wrong && wrong.missing).toMatchObject([{ why: 'key-differs' }]);
  });
  test('a bad rating without a reason goes without one', () => {
    const profile = profileOf(join(GOLDEN, 'zhejiang', 'profile.yaml'));
    const built = buildRecord(rating({ level: 1, keyRaw: null }), profile);
    expect('record' in built && built.record).not.toHaveProperty('evalDetail');
    expect('record' in built && built.record).not.toHaveProperty('writingEvaluation');
    const insists = {
      ...profile,
      fields: {
        ...profile.fields,
        evalDetail: { ...profile.fields.evalDetail!, required: 'always' as const },
      },
    };
    expect(buildRecord(rating({ level: 1, keyRaw: null }), insists)).toMatchObject({
      missing: [{ field: 'evalDetail', why: 'no-reason' }],
    });
  });
  test('a time that is before the asking is not moved', () => {
    const built = buildRecord(
      rating({ pressedAt: '2026-11-23T09:04:00.900+08:00' }),
      profileOf(join(GOLDEN, 'zhejiang', 'profile.yaml')),
    );
    expect(built).toMatchObject({ record: { assessTime: '2026-11-23 09:04:00' } });
  });
  test('a default never has the code of a rating', async () => {
    expect(await faults("extends: zhejiang\nchannels:\n  default: '4'\n")).toEqual([
      'own:3: channels.default: 4 is the code of screen: a default must never look like a rating',
    ]);
    expect(
      await faults('extends: fujian\ndefaultRule: {days: 1, count: natural, level: 4, source: x}\n'),
    ).toEqual(['own:2: defaultRule: a default needs a code of its own in channels.default']);
  });
  test('the address holds nothing of a rating', () => {
    const one = { id: 'p', profile: 'generic', regions: ['000000000000'], from: '2026-01-01' };
    expect(ratingExportsSection.safeParse([{ ...one, url: 'https://x.example/a' }]).success).toBe(true);
    expect(ratingExportsSection.safeParse([{ ...one, url: 'https://x.example/a?projNo=1' }]).success).toBe(
      false,
    );
    const { headers } = encode([{ id: 'hub-1/e/7/first', record: { a: 1 } }], generic(), {});
    expect(JSON.stringify(headers)).not.toContain('hub-1');
  });
});

const generic = (): Transport => {
  const { transport } = profileOf('generic');
  if ('notPublic' in transport) throw new Error('generic has one');
  return transport;
};

describe('a profile of one’s own', () => {
  test.each([
    ['name: [', /^own:1: file: /],
    ['extends: zhejiang\nchannel: {}\n', 'own:1: file: Unrecognized key: "channel"'],
    [
      'extends: zhejiang\nfields:\n  pf: {value: {fact: colour}, required: always}\n',
      /^own:3: fields\.pf\.value/,
    ],
    ["extends: zhejiang\nlevels:\n  '5': '4'\n", /^own:3: levels\.5: code 4 is level 4 already$/],
    [
      'extends: fujian\nkeyMaps:\n  key-device: {a: 5, b: 4, "3": 5}\n',
      /^own:3: keyMaps\.key-device: five keys for five levels, each once$/,
    ],
    [
      'extends: zhejiang\nmapping:\n  services:\n    transfer: {deptCode: "12"}\n',
      /^own:4: mapping\.services\.transfer\.deptCode: it does not fit/,
    ],
    [
      'extends: zhejiang\nmapping: {services: {transfer: {taskCode: "11010519491231002X"}}}\n',
      /ID number of a person/,
    ],
    ['extends: zhejiang\nmapping: {services: {transfer: {colour: red}}}\n', /no field is filled from it$/],
    ['extends: zhejiang\ntransport: {format: form}\n', /^own:2: transport: form needs taken/],
    [
      'extends: zhejiang\nchannels: {callback: T9}\n',
      'own:2: channels.callback: for pf it does not fit [1-7]',
    ],
  ])('is refused with line and path: %j', async (text, line) => {
    const found = await faults(text);
    expect(found).toHaveLength(1);
    if (typeof line === 'string') expect(found[0]).toBe(line);
    else expect(found[0]).toMatch(line);
  });
  test('the command says so, exit 3, and lists what a good one cannot send', async () => {
    const bad = await central([
      'rating-export',
      'check',
      await own('extends: zhejiang\ntransport: {format: form}\n'),
    ]);
    expect([bad.code, bad.stdout]).toEqual([3, '']);
    expect(bad.stderr).toMatch(/own-\w+\.yaml:2: transport: form needs taken/);
    const good = await central(['rating-export', 'check', 'fujian']);
    expect(good.code).toBe(0);
    expect(good.stdout).toContain('userName is required by Fujian');
  });
  test('a url with a transport that is not public stops the start', () => {
    const settings = {
      id: 'p',
      profile: 'fujian',
      regions: ['350000000000'],
      url: 'http://x.example/',
      secrets: {},
      from: '2026-01-01',
      deadlineSeconds: 5,
      keepSentDays: 5,
    };
    expect(() => loadExports([settings], folder, {})).toThrow(
      /nothing can be pushed with profile fujian: its transport is not public/,
    );
  });
});

describe('on the wire', () => {
  test('SM4 gives the standard’s example (GB/T 32907, A.1)', () => {
    const key = '0123456789abcdeffedcba9876543210';
    const secrets = { key };
    const how = { cipher: 'sm4-ecb', key: { secret: 'key', as: 'hex' }, encoding: 'hex' } as const;
    const text = Buffer.from(key, 'hex').toString('latin1');
    // The example is of bytes; text goes as UTF-8, so the block is read back instead.
    const machine = createDecipheriv('sm4-ecb', Buffer.from(key, 'hex'), null).setAutoPadding(false);
    expect(machine.update('681edf34d206965e86b3e94f536e4246', 'hex', 'latin1')).toBe(text);
    const closed = encrypt('转移登记', how, secrets);
    const open = createDecipheriv('sm4-ecb', Buffer.from(key, 'hex'), null);
    expect(open.update(closed, 'hex', 'utf8') + open.final('utf8')).toBe('转移登记');
    expect(() => encrypt('x', how, { key: 'short' })).toThrow('32 hex digits');
  });
  const xml: Transport = {
    ...{ format: 'xml', root: 'r', headers: {}, batch: 1 },
    taken: {
      status: [200],
      format: 'xml',
      code: 'code',
      is: ['200'],
      receipt: 'data.evaluateUnid',
      again: ['503'],
      why: 'message',
    },
  };
  const said = (body: string, status = 200) => readAnswer(xml, { status, body }, ['1']).get('1');
  test('code 200 with the receipt is taken; without it, garbage, and another status are no answer', () => {
    expect(said('<r><code>200</code><data><evaluateUnid>U-1</evaluateUnid></data></r>')).toEqual({
      is: 'taken',
      receipt: 'U-1',
    });
    expect(
      said('<s:E><s:B><return>&lt;r&gt;&lt;code&gt;200&lt;/code&gt;&lt;/r&gt;</return></s:B></s:E>')?.is,
    ).toBe('again');
    for (const [body, status] of [
      ['<r><code>200</code></r>', 200],
      ['<html>nginx</html>', 200],
      ['', 200],
      ['<r><code>200</code><data><evaluateUnid>U</evaluateUnid></data></r>', 502],
    ] as const)
      expect(said(body, status)?.is).toBe('again');
    expect(said('<r><code>503</code></r>')?.is).toBe('again');
    expect(said('<r><code>401</code><message>事项编码不存在</message></r>')).toEqual({
      is: 'refused',
      why: 'code 401: 事项编码不存在',
    });
  });
  test('times keep their moment in every form', () => {
    expect(timeAs('2026-11-23T23:30:00.500Z', { format: 'yyyy-MM-dd HH:mm:ss', zone: '+08:00' })).toBe(
      '2026-11-24 07:30:00',
    );
    expect(timeAs('2026-11-23T09:05:07.412+06:00', { format: 'yyyyMMddHHmmss', zone: 'hall' })).toBe(
      '20261123090507',
    );
    expect(timeAs('2026-11-23T09:05:07.412+08:00', { format: 'rfc3339', zone: 'hall' })).toBe(
      '2026-11-23T09:05:07.412+08:00',
    );
  });
  test('working days step over weekends and holidays, not over make-up days', () => {
    const calendar = { weekend: [0, 6], holidays: ['2026-10-01'], makeUpDays: ['2026-10-10'] };
    expect(dayAfter('2026-09-30', 1, 'working', calendar)).toBe('2026-10-02');
    expect(dayAfter('2026-10-09', 1, 'working', calendar)).toBe('2026-10-10');
    expect(dayAfter('2026-10-09', 7, 'natural', calendar)).toBe('2026-10-16');
    expect(() =>
      dayAfter('2026-10-09', 1, 'working', { weekend: [0, 1, 2, 3, 4, 5, 6], holidays: [], makeUpDays: [] }),
    ).toThrow(RangeError);
  });
});

describe('whatever is rated', () => {
  const profiles = ['generic', 'zhejiang', 'fujian', 'anhui'].map(
    (name) => [name, profileOf(join(GOLDEN, name, 'profile.yaml'))] as const,
  );
  const anyRating = fc.record({
    level: fc.constantFrom<Rating['level'][]>(1, 2, 3, 4, 5),
    channel: fc.constantFrom(...CHANNELS),
    service: fc.constantFrom('transfer', 'mortgage', '__proto__', 'constructor'),
    hall: fc.constantFrom('weihai-01', 'toString'),
    stage: fc.string({ maxLength: 20 }),
    window: fc.integer({ min: 1, max: 999 }),
    reason: fc.option(
      fc.record({
        options: fc.subarray(['slow', 'attitude', 'unheard-of']),
        text: fc
          .tuple(fc.string({ maxLength: 60 }), fc.constantFrom('', ' 11010519491231002X ', ' 13812345678 '))
          .map((parts) => parts.join('')),
      }),
    ),
  });
  test.each(profiles)(
    '%s: what leaves fits the profile, no default looks like a rating, nobody is named',
    (_name, profile) => {
      const channelField = Object.entries(profile.fields).find(
        ([, { value }]) => 'fact' in value && value.fact === 'channel',
      )![0];
      const levelField = Object.entries(profile.fields).find(
        ([, { value }]) => 'fact' in value && value.fact === 'level',
      )![0];
      let sent = 0;
      fc.assert(
        fc.property(anyRating, (more) => {
          const built = buildRecord(rating({ ...more, keyRaw: null }), profile);
          if ('missing' in built) {
            expect(built.missing.length).toBeGreaterThan(0);
            return;
          }
          sent += 1;
          for (const [name, value] of Object.entries(built.record)) {
            expect(Object.hasOwn(profile.fields, name)).toBe(true);
            expect(formatFault(String(value), profile.fields[name]!)).toBeNull();
            expect(profile.fields[name]!.value).not.toHaveProperty('withheld');
          }
          expect(String(built.record[levelField])).toBe(profile.levels[String(more.level) as '1']);
          expect(built.record[channelField] === profile.channels.default).toBe(more.channel === 'default');
          expect(JSON.stringify(built.record)).not.toMatch(/11010519491231002X|13812345678/);
        }),
        { seed: 20261123, numRuns: 500 },
      );
      expect(sent).toBeGreaterThan(10);
    },
  );
});
