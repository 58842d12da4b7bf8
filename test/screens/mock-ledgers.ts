/** The supervisor's calls of the stand-in hub: ledgers that a test can change, with what happened to them kept. */
import type { Express, Response } from 'express';
import type { CallBacks, Sample } from '../../display/manager/callbacks/calls.ts';
import type { Opinion, Opinions } from '../../display/manager/opinions/calls.ts';
import type { BadRating, BadRatings } from '../../display/manager/ratings/calls.ts';
import type { Suggestions, SurgeState } from '../../display/manager/surge/calls.ts';
import type { Trace, Verdict } from '../../display/manager/trace/calls.ts';

/** All days and times of the ledgers: a Monday in the hall. */
export const NOW = '2026-11-23T10:15:00+08:00';
const at = (day: number, time: string): string => `2026-11-${String(day).padStart(2, '0')}T${time}:00+08:00`;

export type Ledgers = ReturnType<typeof ledgers>;

export function ledgers() {
  return {
    bad: { ratings: badRatings(), leftOpen: 0, options: OPTIONS } as BadRatings,
    opinions: { opinions: opinions(), leftOpen: 0 } as Opinions,
    callBacks: { samples: samples(), options: OPTIONS, share: 0.05, atLeast: 5 } as CallBacks,
    traces: traces(),
    days: ['2026-11-23', '2026-11-20', '2026-11-19', '2026-11-18', '2026-11-17', '2026-11-16'],
    verdict: { ok: true, records: 224_108, through: 1_303_703, hash: 'a3'.repeat(32) } as Verdict,
    /** a check that waits until the test ends it */
    checking: null as { records: number; of: number } | null,
    endCheck: () => {},
    surge: surge(),
    suggestions: suggestions(),
    /** answers every call of the ledgers with this problem */
    problem: null as { status: number; code: string } | null,
    /** answers the next call that changes something with this problem */
    refuse: null as { status: number; code: string } | null,
    /** no answer at all until it is null again */
    silent: false,
  };
}

const OPTIONS = [
  { code: 'slow', zh: '办事效率低', en: 'Slow' },
  { code: 'attitude', zh: '服务态度差', en: 'Unfriendly' },
  { code: 'unclear', zh: '一次性告知不清楚', en: 'Not told everything at once' },
  { code: 'queue', zh: '等候时间太长', en: 'Waited too long' },
  { code: 'other', zh: '其他', en: 'Other' },
];

/** An open one that was contacted neither late nor today, unless `more` says otherwise. */
export function badRating(session: number, number: string, more: Partial<BadRating> = {}): BadRating {
  const givenAt = more.givenAt ?? at(20, '14:32');
  return {
    session,
    number,
    service: 'transfer',
    window: 3,
    staff: '1024',
    level: 2,
    givenAt,
    state: 'open',
    upheld: false,
    reason: null,
    reasonState: 'none',
    steps: [{ step: 'opened', at: givenAt }],
    due: { contacted: '2026-11-24', answered: '2026-12-11' },
    next: { step: 'contacted', due: '2026-11-24', workingDaysLeft: 1 },
    overdue: false,
    may: [
      { step: 'contacted', outcomes: [] },
      { step: 'appealed', outcomes: [] },
      { step: 'closed', outcomes: ['unreachable'] },
    ],
    appealUntil: '2026-11-27',
    ...more,
  };
}
function badRatings(): BadRating[] {
  const closedSteps: BadRating['steps'] = [
    { step: 'opened', at: at(9, '09:40') },
    { step: 'contacted', at: at(9, '15:10'), staff: '2001', text: '电话联系，办事人反映等候近两小时' },
    { step: 'answered', at: at(11, '10:00'), staff: '2001', text: '已说明当天系统升级，并致歉' },
    { step: 'rated-again', at: at(11, '10:05'), staff: '2001', level: 4 },
    { step: 'closed', at: at(11, '10:06'), staff: '2001', outcome: 'settled' },
  ];
  return [
    badRating(4102, 'A017', {
      level: 1,
      givenAt: at(18, '10:21'),
      due: { contacted: '2026-11-19', answered: '2026-12-09' },
      next: { step: 'contacted', due: '2026-11-19', workingDaysLeft: -2 },
      overdue: true,
      reasonState: 'given',
      reason: {
        options: ['slow', 'unclear'],
        text: '跑了三趟，每次都说少一份材料，第一次为什么不一次说清楚？请回电***********',
        at: at(18, '10:24'),
        by: 'qr',
      },
    }),
    badRating(4177, 'B009', {
      service: 'mortgage',
      window: 5,
      staff: '1031',
      givenAt: at(20, '16:48'),
      next: { step: 'contacted', due: '2026-11-23', workingDaysLeft: 0 },
      due: { contacted: '2026-11-23', answered: '2026-12-11' },
      reasonState: 'pending',
    }),
    badRating(4190, 'A022'),
    badRating(4161, 'C004', {
      service: 'first',
      window: 1,
      staff: '1007',
      state: 'appealed',
      givenAt: at(19, '11:02'),
      steps: [
        { step: 'opened', at: at(19, '11:02') },
        { step: 'contacted', at: at(19, '16:30'), staff: '2001' },
        { step: 'appealed', at: at(20, '09:05'), staff: '1007', text: '办事人按错键，当场说明，请调录像' },
      ],
      next: { step: 'answered', due: '2026-12-10', workingDaysLeft: 14 },
      may: [{ step: 'appeal-decided', outcomes: ['upheld', 'refused'] }],
      due: { contacted: '2026-11-20', answered: '2026-12-10' },
    }),
    badRating(4120, 'E011', {
      service: 'records',
      window: 2,
      staff: '1016',
      givenAt: at(17, '15:12'),
      steps: [
        { step: 'opened', at: at(17, '15:12') },
        { step: 'contacted', at: at(18, '09:20'), staff: '2001' },
        { step: 'rectified', at: at(19, '17:00'), staff: '2001', text: '窗口增设材料清单' },
        { step: 'answered', at: at(20, '10:40'), staff: '2001' },
      ],
      due: { contacted: '2026-11-18', answered: '2026-12-08' },
      next: null,
      may: [
        { step: 'rated-again', outcomes: [] },
        { step: 'closed', outcomes: ['settled', 'explained', 'unreachable'] },
      ],
    }),
    badRating(4033, 'A051', {
      state: 'closed',
      givenAt: at(9, '09:40'),
      steps: closedSteps,
      due: { contacted: '2026-11-10', answered: '2026-11-30' },
      next: null,
      may: [],
      reasonState: 'given',
      reason: { options: ['queue'], at: at(9, '15:10'), by: 'callback' },
    }),
    badRating(4008, 'D002', {
      service: 'change',
      window: 4,
      staff: '1024',
      level: 1,
      state: 'closed',
      upheld: true,
      givenAt: at(6, '10:00'),
      steps: [
        { step: 'opened', at: at(6, '10:00') },
        { step: 'appealed', at: at(6, '11:00'), staff: '1024' },
        {
          step: 'appeal-decided',
          at: at(9, '09:00'),
          staff: '2001',
          outcome: 'upheld',
          text: '录像显示误按',
        },
      ],
      due: { contacted: '2026-11-09', answered: '2026-11-27' },
      next: null,
      may: [],
    }),
  ];
}
/** `count` bad ratings, some of them late, with names and words as long as they can be. */
export function manyBadRatings(count: number): BadRating[] {
  return Array.from({ length: count }, (_, n) =>
    badRating(5000 + n, `A${String(n % 1000).padStart(3, '0')}`, {
      window: (n % 40) + 1,
      staff: String(1000 + (n % 60)),
      level: n % 3 === 0 ? 1 : 2,
      overdue: n < 12,
      next: { step: 'contacted', due: '2026-11-24', workingDaysLeft: n < 12 ? -3 : 1 + (n % 9) },
    }),
  );
}

export function opinion(number: string, more: Partial<Opinion> = {}): Opinion {
  return {
    opinion: number,
    kind: 'suggestion',
    channel: 'query',
    text: '希望取号机旁边放几把椅子，老人站着等很累。',
    filedAt: at(20, '09:30'),
    dueDay: '2026-11-27',
    state: 'filed',
    assignedTo: null,
    answer: null,
    closed: null,
    reopened: null,
    overdue: false,
    workingDaysLeft: 4,
    ...more,
  };
}
function opinions(): Opinion[] {
  return [
    opinion('Y20261112-002', {
      kind: 'complaint',
      channel: 'hotline',
      text: '抵押注销等了三个星期没有消息，窗口两次答复不一样。\n请查清楚后书面答复。',
      filedAt: at(12, '10:05'),
      dueDay: '2026-11-19',
      state: 'assigned',
      assignedTo: '2003',
      overdue: true,
      workingDaysLeft: -2,
      window: 5,
    }),
    opinion('Y20261120-001'),
    opinion('Y20261123-001', {
      kind: 'report',
      channel: 'letter',
      text: '大厅门口有人自称能“插队办证”收费二百元。',
      filedAt: at(23, '09:10'),
      dueDay: '2026-11-30',
      workingDaysLeft: 5,
    }),
    opinion('Y20261118-003', {
      kind: 'complaint',
      channel: 'rating',
      session: 4102,
      window: 3,
      text: '跑了三趟，每次都说少一份材料。',
      filedAt: at(18, '11:00'),
      dueDay: '2026-11-25',
      workingDaysLeft: 2,
      state: 'assigned',
      assignedTo: '2003',
      reopened: { times: 1, reason: '办事人对答复不满意', by: '2001', at: at(20, '15:00') },
      answer: { text: '已向您说明材料清单，给您添麻烦了。', by: '2003', at: at(19, '16:00') },
    }),
    opinion('Y20261116-001', {
      kind: 'praise',
      channel: 'phone-page',
      text: '3号窗口的同志很耐心，谢谢！',
      filedAt: at(16, '16:20'),
      dueDay: '2026-11-23',
      state: 'answered',
      assignedTo: '2003',
      answer: { text: '谢谢您的鼓励，已转告本人。', by: '2003', at: at(17, '09:00') },
      workingDaysLeft: 0,
    }),
    opinion('Y20261102-001', {
      channel: 'web',
      text: '建议公布每天人少的时段。',
      filedAt: at(2, '08:50'),
      dueDay: '2026-11-09',
      state: 'closed',
      assignedTo: '2003',
      answer: { text: '已在叫号屏和微信公众号公布。', by: '2003', at: at(5, '14:00') },
      closed: { outcome: 'resolved', reason: '已公布并告知本人', by: '2001', at: at(6, '09:00') },
      workingDaysLeft: -10,
    }),
  ];
}

type Visit = Extract<Sample['visits'][number], { number: string }>;
const visit = (session: number, number: string, more: Partial<Visit> = {}): Visit => ({
  session,
  number,
  service: 'transfer',
  window: 3,
  at: at(20, '10:00'),
  level: 5,
  day: '2026-11-20',
  result: null,
  ...more,
});
function samples(): Sample[] {
  return [
    {
      day: '2026-11-20',
      seed: 'shuangseqiu-2026-134-06.11.19.22.28.31-09',
      population: 412,
      at: at(23, '08:40'),
      visits: [
        visit(4188, 'A020', {
          result: {
            outcome: 'reached',
            level: 5,
            at: at(23, '09:02'),
            staff: '2001',
            text: '很满意，没有意见',
          },
        }),
        visit(4151, 'B003', {
          service: 'mortgage',
          window: 5,
          level: 4,
          result: {
            outcome: 'reached',
            level: 2,
            options: ['unclear'],
            text: '窗口说得不清楚，回去又问了邻居',
            at: at(23, '09:10'),
            staff: '2001',
          },
        }),
        visit(4170, 'E008', {
          service: 'records',
          window: 2,
          level: null,
          result: { outcome: 'reached', level: 4, at: at(23, '09:15'), staff: '2001' },
        }),
        visit(4143, 'A011', { result: { outcome: 'not-reached', at: at(23, '09:20'), staff: '2001' } }),
        visit(4166, 'C006', {
          service: 'first',
          window: 1,
          result: { outcome: 'refused', at: at(23, '09:22'), staff: '2001' },
        }),
        visit(4177, 'B009', { service: 'mortgage', window: 5, level: 2 }),
        visit(4195, 'D013', { service: 'change', window: 4, level: null }),
        visit(4139, 'A008'),
      ],
    },
    {
      day: '2026-11-19',
      seed: '8f2a6b0c4d1e9f37a5b2c8d4e6f01357',
      population: 388,
      at: at(20, '08:35'),
      visits: [
        visit(4098, 'A003', {
          day: '2026-11-19',
          result: { outcome: 'reached', level: 5, at: at(20, '09:00'), staff: '2001' },
        }),
        { session: 4077 },
      ],
    },
  ];
}

function traces(): Trace[] {
  const rows: [string, Trace['action'], string, Partial<Trace>][] = [
    ['08:31', 'callback-sample', '2026-11-20: 8 of 412, seed shuangseqiu-2026-134', { staff: '2001' }],
    ['08:52', 'call-out-of-turn', '行动不便', { window: 3, staff: '1024', number: 'A006', playback: VIDEO }],
    ['09:05', 'transfer', '选错业务', { window: 5, staff: '1031', number: 'B002' }],
    ['09:11', 'pause', '短时离岗', { window: 2, staff: '1016' }],
    ['09:18', 'priority-denied', '未出示证件', { window: 1, staff: '1007', number: 'C002' }],
    [
      '09:26',
      'take-and-cancel',
      '30 天内取号后作废 6 次',
      { number: 'A012', person: { masked: '990***********1234' } },
    ],
    ['09:40', 'confirm-paper', '打印机没有回答，人工确认已出票', { staff: '1024', number: 'A019' }],
    ['09:44', 'surge', '等候人数过多', { staff: '2001' }],
    ['09:58', 'cancel', '办事人离开', { window: 3, staff: '1024', number: 'A015', playback: VIDEO }],
    ['10:02', 'opinion-closed', 'Y20261102-001 resolved: 已公布并告知本人', { staff: '2001' }],
    ['10:09', 'offline-ticket', '分机断开期间出号', { number: 'A301' }],
  ];
  return rows.map(([time, action, reason, more], n) => ({
    ...{ seq: 1_303_100 + n * 7, epoch: 'e-7', prev: 'b'.repeat(64), hash: 'c'.repeat(64) },
    ...{ time: at(23, time), action, reason },
    ...more,
  }));
}
const VIDEO = 'https://recorder.example/play?channel=ch-3';

function surge(): SurgeState {
  const service = (id: string, waiting: number, more: Partial<SurgeState['services'][number]> = {}) => ({
    service: id,
    waiting,
    afterClosing: 0,
    moreToday: 40,
    wait: { minS: 300, maxS: 720 },
    expectedEnd: at(23, '11:05'),
    servedToday: 'yes' as const,
    ...more,
  });
  return {
    current: null,
    closesAt: at(23, '17:00'),
    lastServedAt: at(23, '17:38'),
    services: [
      service('transfer', 64, {
        afterClosing: 9,
        moreToday: 0,
        wait: { minS: 9000, maxS: 12600 },
        servedToday: 'no',
      }),
      service('mortgage', 12, { moreToday: 6, servedToday: 'doubtful', wait: { minS: 2400, maxS: 4200 } }),
      service('first', 7),
      service('change', 0, { wait: { minS: 0, maxS: 120 } }),
      service('records', 1),
      service('advice', 2, { wait: null, expectedEnd: null, moreToday: null, servedToday: 'doubtful' }),
    ],
    windows: [
      { number: 1, services: ['first', 'change'] },
      { number: 2, services: ['records', 'advice'] },
      { number: 3, services: ['transfer', 'first'] },
      { number: 4, services: ['transfer', 'change'] },
      { number: 5, services: ['mortgage'] },
      { number: 6, services: [] },
    ],
  };
}
export function surgeRunning(): NonNullable<SurgeState['current']> {
  return {
    surge: 's00112233',
    by: 'staff',
    startedAt: at(23, '09:44'),
    reason: '等候人数过多',
    automatic: false,
    measures: {
      extendUntil: '18:30',
      windows: [
        { window: 6, services: ['transfer', 'mortgage'] },
        { window: 2, services: ['transfer'] },
      ],
      notice: {
        zh: '今天办理人数较多，6 号窗口加开转移、抵押登记，延长服务至 18:30。',
        en: 'It is busy today: window 6 also takes transfers and mortgages, and we stay open until 18:30.',
      },
    },
  };
}
function suggestions(): Suggestions {
  return {
    suggestions: [
      {
        service: 'transfer',
        window: 6,
        state: 'closed',
        diverted: true,
        waiting: 64,
        waitBeforeS: 12_600,
        waitAfterS: 8_100,
      },
      {
        service: 'transfer',
        window: 4,
        state: 'paused',
        diverted: false,
        waiting: 64,
        waitBeforeS: 12_600,
        waitAfterS: 8_400,
      },
      {
        service: 'advice',
        window: 2,
        state: 'idle',
        diverted: true,
        waiting: 2,
        waitBeforeS: null,
        waitAfterS: 40,
      },
    ],
    services: [
      { service: 'transfer', waiting: 64, windowsOpen: 1, workPerWindowS: 57_600, waitS: 12_600 },
      { service: 'mortgage', waiting: 12, windowsOpen: 1, workPerWindowS: 7_200, waitS: 4_000 },
    ],
    windows: [],
  };
}

/** Adds the calls under /api/v1; what a step does to an entry is the test's to say. */
export function mockLedgers(app: Express, held: Ledgers): void {
  const send = (response: Response, value: unknown, status = 200): void => {
    if (held.silent) return;
    const { problem } = held;
    if (problem) void response.status(problem.status).json({ code: problem.code, detail: problem.code });
    else void response.status(status).json(value);
  };
  /** an answer to something that changes the ledger, unless the test refuses it */
  const change = (response: Response, value: unknown, status = 200): void => {
    const { refuse } = held;
    held.refuse = null;
    if (refuse) void response.status(refuse.status).json({ code: refuse.code, detail: refuse.code });
    else send(response, value, status);
  };
  const api = '/api/v1';
  app.get(`${api}/ratings/bad`, (_request, response) => send(response, held.bad));
  app.get(`${api}/ratings/:session/playback`, (request, response) =>
    request.params.session === '4102'
      ? send(response, { playback: VIDEO, window: 3, at: at(18, '10:20') })
      : void response.status(404).json({ code: 'not-found', detail: 'no camera' }),
  );
  app.post(`${api}/ratings/:session/:what`, (request, response) =>
    change(
      response,
      held.bad.ratings.find(({ session }) => session === Number(request.params.session)),
    ),
  );
  app.get(`${api}/opinions`, (_request, response) => send(response, held.opinions));
  app.post(`${api}/opinions`, (_request, response) =>
    change(response, { opinion: 'Y20261123-002', code: 'K7M2PX', dueDay: '2026-11-30' }, 201),
  );
  app.post(`${api}/opinions/:number/:what`, (request, response) =>
    change(
      response,
      held.opinions.opinions.find(({ opinion }) => opinion === request.params.number),
    ),
  );
  app.get(`${api}/callbacks`, (_request, response) => send(response, held.callBacks));
  app.get(`${api}/callbacks/population`, (request, response) =>
    send(response, { day: request.query['day'], sessions: [4139, 4143, 4151] }),
  );
  app.post(`${api}/callbacks/sample`, (_request, response) =>
    change(response, held.callBacks.samples[0], 201),
  );
  app.post(`${api}/callbacks/:session`, (_request, response) =>
    change(response, held.callBacks.samples[0]?.visits[0]),
  );
  app.get(`${api}/trace`, (request, response) => {
    const { action, window, staff } = request.query;
    const found = held.traces.filter(
      (one) =>
        (action === undefined || one.action === action) &&
        (window === undefined || one.window === Number(window)) &&
        (staff === undefined || one.staff === staff),
    );
    send(response, { traces: found, next: null });
  });
  app.get(`${api}/trace/days`, (_request, response) => send(response, { days: held.days }));
  app.get(`${api}/trace/verify`, (_request, response) => {
    if (!held.checking) return send(response, held.verdict);
    held.endCheck = () => {
      held.checking = null;
      send(response, held.verdict);
    };
  });
  app.get(`${api}/trace/verify/progress`, (_request, response) => send(response, { running: held.checking }));
  app.get(`${api}/surge`, (_request, response) => send(response, held.surge));
  app.post([`${api}/surge`, `${api}/surge/:step`], (_request, response) => change(response, held.surge));
  app.get(`${api}/suggestions`, (_request, response) => send(response, held.suggestions));
}
