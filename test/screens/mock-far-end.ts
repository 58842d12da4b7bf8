/** A stand-in for the central server that puts the far end's page into states hard to reach with a real one. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { Server as LiveServer } from 'socket.io';
import { summaryOf } from '../../central/board.ts';
import { digitsApart, regionAt, sharedDigits } from '../../central/regions.ts';
import type {
  AlarmRow,
  AlertDelivery,
  AlertList,
  AlertRow,
  BadRating,
  Comparison,
  DeviceDown,
  FarEndStatistics,
  FarEndView,
  HallList,
  LedgerPage,
  ListedHall,
  Names,
  OpinionEntry,
  PlaceFigures,
  RatingExportView,
  RatingRow,
  StatisticsRow,
  TicketRow,
} from '../../kiosk-agent/contract/far-end.ts';
import type { Tally } from '../../kiosk-agent/contract/totals.ts';

export type MockFarEnd = Awaited<ReturnType<typeof mockFarEnd>>;
/** The hall's local time `offsetS` from now. */
export const at = (offsetS = 0): string =>
  new Date(Date.now() + offsetS * 1000 + 8 * 3600_000).toISOString().replace('Z', '+08:00');
const dayOf = (days: number): string => at(days * 86_400).slice(0, 10);

const CITIES: [string, string, string][] = [
  ['3701', '济南市', 'Jinan'],
  ['3702', '青岛市', 'Qingdao'],
  ['3706', '烟台市', 'Yantai'],
  ['3707', '潍坊市', 'Weifang'],
  ['3710', '威海市', 'Weihai'],
  ['3713', '临沂市', 'Linyi'],
];

export function hall(n: number, more: Partial<ListedHall> = {}): ListedHall {
  const [code, zh, en] = CITIES[n % CITIES.length]!;
  const agentId = `hub-${code}-${String(n).padStart(2, '0')}`;
  return {
    hall: `${en.toLowerCase()}-${n}`,
    agentId,
    region: `${code}${String(2 + (n % 5)).padStart(2, '0')}000000`,
    epoch: 'epoch-0001',
    through: 21_000 + n * 731,
    hash: 'a'.repeat(64),
    lastEventAt: at(-(n % 40) - 1),
    day: dayOf(0),
    tickets: 80 + ((n * 37) % 190),
    waiting: (n * 7) % 32,
    finished: 60 + ((n * 31) % 150),
    ratings: {
      '5': 40 + ((n * 13) % 90),
      '4': 12 + (n % 9),
      '3': n % 6,
      '2': n % 7 === 0 ? 2 : 0,
      '1': n % 5 === 0 ? 1 : 0,
    },
    waitMeanS: 240 + ((n * 83) % 1300),
    waitMostS: 1800,
    longestSince: at(-900 - n * 20),
    windowsOpen: 3 + (n % 9),
    windowsPaused: n % 4 === 0 ? 1 : 0,
    badOpen: n % 7 === 0 ? 2 : 0,
    badOverdue: n % 14 === 0 ? 1 : 0,
    opinionsOpen: n % 4 === 0 ? 1 : 0,
    opinionsOverdue: 0,
    devicesDown: n % 11 === 0 ? 1 : 0,
    connected: true,
    since: at(-86_400),
    backlog: 0,
    state: 'connected',
    current: true,
    name: { zh: `${zh}不动产登记第${(n % 9) + 1}大厅`, en: `${en} Real Estate Hall ${(n % 9) + 1}` },
    ...more,
  };
}

/** What real days bring: most are well, one is silent, one catches up, one has never been heard of. */
export function halls(count = 24): ListedHall[] {
  const rows = Array.from({ length: count }, (_, n) => hall(n));
  rows[1] = hall(1, { backlog: 3482, lastEventAt: at(-5400) });
  rows[3] = hall(3, {
    ...{ connected: false, state: 'silent', since: at(-86_400), lastEventAt: at(-86_400), backlog: null },
    ...{ day: dayOf(-1), current: false, waiting: 0 },
  });
  rows[4] = hall(4, {
    ...{
      hall: 'weihai-01',
      name: { zh: '威海市不动产登记大厅', en: 'Weihai Real Estate Registration Hall' },
    },
    ...{ agentId: 'hub-1', region: '371002000000' },
  });
  rows[5] = hall(5, { connected: false, state: 'away', since: at(-240), backlog: null });
  rows.push(
    hall(count, {
      ...{ hall: null, agentId: 'hub-new', name: null, state: 'never', connected: false, since: null },
      ...{ epoch: null, hash: null, through: 0, lastEventAt: null, day: null, current: false, backlog: null },
      ...{ tickets: 0, waiting: 0, finished: 0, badOpen: 0, badOverdue: 0, opinionsOpen: 0, devicesDown: 0 },
    }),
  );
  return rows;
}

export function ratings(count = 14): RatingRow[] {
  return Array.from({ length: count }, (_, n) => ({
    ...{ place: 1000 - n, agentId: 'hub-1', epoch: 'epoch-0001', seq: 900 - n, hall: 'weihai-01' },
    ...{ region: '371002000000', session: 500 - n, ticketId: `t-${n}`, number: `A${String(140 - n)}` },
    ...{ service: n % 3 === 0 ? 'mortgage' : 'transfer', stage: '', window: 1 + (n % 6), staff: '1024' },
    ...{ level: [5, 5, 4, 1, 5, 3, 5, 2, 5, 5][n % 10]!, source: n === 4 ? 'screen' : 'press' },
    ...{ device: { serial: 'E30921-0007', boot: '1', seq: n + 1 }, promptedAt: at(-n * 47 - 8) },
    ...{ pressedAt: at(-n * 47), flags: n === 3 ? ['pressed-at-once'] : [] },
  }));
}
export function tickets(): TicketRow[] {
  const states = [
    'waiting',
    'called',
    'serving',
    'finished',
    'missed',
    'waiting',
    'finished',
    'print-failed',
  ];
  return states.map((state, n) => ({
    ...{ agentId: 'hub-1', ticketId: `t-${n}`, hall: 'weihai-01', number: `B0${String(40 - n)}` },
    ...{ service: 'mortgage', state, changedAt: at(-n * 31) },
    window: ['called', 'serving', 'finished', 'missed'].includes(state) ? 1 + n : null,
  }));
}

export function tally(scale: number): Tally {
  const of = (share: number): number => Math.round(scale * share);
  const times = (mean: number) => ({
    count: of(0.9),
    sumS: of(0.9) * mean,
    maxS: mean * 4,
    counts: [0.05, 0.25, 0.25, 0.15, 0.1, 0.05, 0.03, 0.01, 0.01, 0].map((share) => of(share)),
  });
  return {
    ...{ tickets: of(1), called: of(0.95), served: of(0.9), missed: of(0.04), cancelled: of(0.06) },
    ...{ asked: of(0.88), lapsed: of(0.2), ratings: [0.01, 0.02, 0.04, 0.18, 0.44].map(of) },
    ...{ waited: times(430 + (scale % 90)), atWindow: times(520 + (scale % 60)) },
  };
}

export function badRating(n: number, more: Partial<BadRating> = {}): BadRating {
  return {
    ...{
      agentId: 'hub-1',
      hall: 'weihai-01',
      region: '371002000000',
      session: 300 + n,
      number: `A0${10 + n}`,
    },
    ...{ service: 'transfer', window: 1 + (n % 6), staff: '1024', level: n % 3 === 0 ? 1 : 2 },
    ...{ givenAt: at(-n * 40_000 - 3600), state: 'open', upheld: false, overdue: false, daysLate: 0 },
    steps: [{ step: 'opened', at: at(-n * 40_000 - 3600) }],
    reason: null,
    next: { step: 'contacted', due: dayOf(1) },
    ...more,
  };
}
export function badRatings(): BadRating[] {
  return [
    badRating(8, {
      ...{ overdue: true, daysLate: 3, next: { step: 'contacted', due: dayOf(-3) } },
      reason: { options: ['等候时间长'], text: '等了一个多小时，叫号屏上看不到自己的号', by: 'qr' },
    }),
    badRating(7, {
      ...{ overdue: true, daysLate: 1, next: { step: 'answered', due: dayOf(-1) }, hall: 'qingdao-1' },
      ...{ agentId: 'hub-3702-01', region: '370203000000' },
      steps: [
        { step: 'opened', at: at(-900_000) },
        { step: 'contacted', at: at(-800_000), staff: '2001' },
      ],
    }),
    badRating(3, {
      state: 'appealed',
      steps: [
        { step: 'opened', at: at(-150_000) },
        { step: 'appealed', at: at(-90_000), staff: '1024', text: '小孩误按' },
      ],
    }),
    badRating(1),
    badRating(2, { reason: { options: ['一次性告知不清'], by: 'callback' } }),
  ];
}
export function opinions(): OpinionEntry[] {
  const entry = (n: number, more: Partial<OpinionEntry>): OpinionEntry => ({
    ...{ agentId: 'hub-1', hall: 'weihai-01', region: '371002000000', kind: 'suggestion', channel: 'query' },
    ...{ opinion: `Y${dayOf(-n).replaceAll('-', '')}-00${n}`, window: null, filedAt: at(-n * 86_400) },
    ...{ dueDay: dayOf(7 - n), state: 'filed', assignedTo: null, answer: null, outcome: null, reopened: 0 },
    ...{ text: '希望在大厅门口加一个坡道，老人上台阶不方便。', overdue: false, daysLate: 0, ...more },
  });
  return [
    entry(9, {
      ...{ kind: 'complaint', state: 'assigned', assignedTo: '1031', window: 3, overdue: true, daysLate: 2 },
      text: '三号窗口让我补了两次材料，第一次没有说全。',
    }),
    entry(2, {}),
    entry(3, { kind: 'praise', state: 'answered', answer: '谢谢您的肯定。', text: '五号窗口的同志很耐心。' }),
  ];
}
export const alarms = (): AlarmRow[] => [
  {
    agentId: 'hub-3702-01',
    hall: 'qingdao-1',
    epoch: 'epoch-0001',
    seq: 18_402,
    kind: 'set-back',
    at: at(-7200),
  },
  {
    agentId: 'hub-3707-03',
    hall: 'weifang-3',
    epoch: 'epoch-0002',
    seq: 1,
    kind: 'new-epoch',
    at: at(-90_000),
  },
];
/** What the rules have told: one seen to, one of a hall with a long name, one of no hall. */
export function alerts(): AlertList {
  const row = (n: number, more: Partial<AlertRow>): AlertRow => ({
    ...{ id: `a-${n}`, rule: 'device-down', kind: 'device-down', region: '371002000000', agentId: 'hub-1' },
    ...{ hall: 'weihai-01', subject: 'evaluator-5', count: null, since: at(-n * 5_000), ended: null },
    ...{ raisedAt: at(-n * 4_000), resolvedAt: null, ...more },
  });
  const list = [
    row(1, {}),
    row(2, { kind: 'chain-alarm', rule: 'chain-alarm', subject: 'epoch-0001', ended: 'seen' }),
    row(3, {
      kind: 'hall-silent',
      hall: 'yantai-2',
      agentId: 'hub-3706-02',
      region: '370602000000',
      subject: '',
    }),
    row(4, {
      kind: 'export-unanswered',
      hall: null,
      agentId: '',
      region: '000000000000',
      subject: 'shandong',
    }),
  ];
  return { alerts: list, open: 7, channels: ['duty', 'office'] };
}
export const failedMessages = (): AlertDelivery[] => [
  {
    ...{ id: 'd-1', channel: 'duty', rule: 'hall-silent', kind: 'hall-silent', region: '370000000000' },
    ...{ phase: 'raised', alerts: 212, queuedAt: at(-9_000), tries: 8, state: 'queued' },
    ...{ said: 'no answer in 10 s', nextAt: at(1_200), answeredAt: null },
  },
  {
    ...{ id: 'd-2', channel: 'office', rule: 'device-down', kind: 'device-down', region: '370000000000' },
    ...{ phase: 'resolved', alerts: 1, queuedAt: at(-93_000), tries: 1, state: 'refused' },
    ...{ said: '554 5.7.1 message content rejected', nextAt: null, answeredAt: at(-93_000) },
  },
];

export const devicesDown = (): DeviceDown[] => [
  {
    ...{ agentId: 'hub-1', hall: 'weihai-01', region: '371002000000', device: 'evaluator-5', state: 'lost' },
    ...{ why: 'the serial line is gone', since: at(-93_000) },
  },
  {
    ...{ agentId: 'hub-3701-00', hall: 'jinan-0', region: '370102000000', device: 'printer-1' },
    ...{ state: 'faulted', why: 'paper-out', since: at(-900) },
  },
];

export function ratingExportStates(): RatingExportView[] {
  const one = (more: Partial<RatingExportView>): RatingExportView => ({
    ...{ id: 'city', name: { zh: '市政务服务平台', en: 'City platform' }, profile: 'generic', pushes: true },
    ...{
      regions: ['370000000000'],
      from: '2026-01-01',
      sent: 1_284_310,
      sentDefaults: 96_204,
      waiting: 12,
      held: 3_105,
    },
    ...{ oldestAt: at(-240), failures: 0, nextTryAt: null, upheldLater: 0, gaps: [] },
    lastAnswer: { at: at(-4), answered: true, said: 'taken' },
    refused: { total: 0, reasons: [] },
    incomplete: { total: 0, fields: [] },
    ...more,
  });
  return [
    one({}),
    one({
      ...{ id: 'province', name: { zh: '省好差评平台', en: 'Provincial platform' }, profile: 'office.yaml' },
      ...{
        sent: 48_210,
        sentDefaults: 3_120,
        waiting: 10_422,
        oldestAt: at(-3.2 * 86_400),
        failures: 912,
        nextTryAt: at(140),
      },
      lastAnswer: { at: at(-160), answered: false, said: 'HTTP 502: Bad Gateway' },
      refused: {
        total: 37,
        reasons: [
          { why: 'code 401: 事项编码不存在', n: 35 },
          { why: 'code 407: 办件状态不符', n: 2 },
        ],
      },
      incomplete: {
        total: 214,
        fields: [
          ...['taskCode', 'taskName'].map((field) => ({
            ...{ service: 'mortgage', field, why: 'mapping', n: 210 },
            say: `${field}: mapping.services.mortgage.${field} is not in the profile`,
          })),
          {
            service: 'transfer',
            field: 'evalDetail',
            why: 'no-reason',
            say: 'evalDetail: the visitor gave no reason, and none is made up',
            n: 4,
          },
        ],
      },
      upheldLater: 2,
      gaps: ['visits that nobody rated are not sent: the rule is not public (ask the province)'],
    }),
    one({
      ...{
        id: 'files',
        name: { zh: '县级（文件）', en: 'County (files)' },
        pushes: false,
        sent: 900,
        sentDefaults: 0,
      },
      ...{ waiting: 60, oldestAt: at(-7_300), held: 0, lastAnswer: null },
    }),
  ];
}

const names: Names = {
  regions: Object.fromEntries([
    ['370000000000', { zh: '山东省', en: 'Shandong' }],
    ['371002000000', { zh: '环翠区', en: 'Huancui' }],
    ...CITIES.map(([code, zh, en]) => [code.padEnd(12, '0'), { zh, en }]),
  ]) as Names['regions'],
  halls: {},
  services: {
    transfer: { zh: '转移登记', en: 'Transfer' },
    mortgage: { zh: '抵押登记', en: 'Mortgage' },
  },
};

/** Serves the built page with answers that can be changed by hand. `open` false: a token is wanted. */
export async function mockFarEnd(dist: string) {
  const app = express();
  const http = createServer(app);
  const live = new LiveServer(http, {
    path: '/live',
    allowRequest: (_request, done) => done(null, far.open && !far.away),
  });
  const far = {
    halls: halls(),
    ratings: ratings(),
    tickets: tickets(),
    alarms: [] as AlarmRow[],
    bad: badRatings(),
    opinions: opinions(),
    devices: [] as DeviceDown[],
    exports: [] as RatingExportView[],
    days: { closed: 214, running: 24, differing: 0 },
    alerts: { alerts: [], open: 0, channels: ['duty', 'office'] } as AlertList,
    deliveries: [] as AlertDelivery[],
    differing: [] as FarEndStatistics['differing'],
    scale: 2400,
    open: true,
    /** the server does not answer */
    away: false,
    url: '',
    view(changed: ListedHall[] | null = null): FarEndView {
      const { ratings, tickets, alarms } = far;
      return { time: at(), summary: summaryOf(far.halls), halls: changed, ratings, tickets, alarms };
    },
    tell(changed: ListedHall[] | null = null): void {
      live.emit('change', far.view(changed));
    },
    cut(): void {
      far.away = true;
      live.disconnectSockets(true);
    },
    async close(): Promise<void> {
      await live.close();
      http.closeAllConnections();
    },
  };
  live.on('connection', (socket) => socket.emit('snapshot', far.view()));

  const inRegion = <Row extends { region: string }>(rows: Row[], region: unknown): Row[] =>
    rows.filter((row) => row.region.startsWith(typeof region === 'string' ? sharedDigits(region) : ''));
  app.use(express.json());
  app.use('/api/v1', (request, response, next) => {
    if (far.away) return void response.status(503).end();
    if (!far.open && request.path !== '/login')
      return void response.status(401).json({ status: 401, code: 'not-signed-in', detail: 'token' });
    next();
  });
  app.get('/api/v1/login', (_request, response) => response.json({ signedIn: false }));
  app.post('/api/v1/login', (_request, response) =>
    response.status(401).json({ status: 401, code: 'not-signed-in', detail: 'token' }),
  );
  app.get('/api/v1/names', (_request, response) => {
    const named = far.halls.flatMap((row) => (row.hall && row.name ? [[row.hall, row.name]] : []));
    response.json({ ...names, halls: Object.fromEntries(named) });
  });
  app.get('/api/v1/rating-exports', (_request, response) =>
    response.json({ time: at(), exports: far.exports }),
  );
  app.get('/api/v1/rating-exports/:id/refused', (_request, response) =>
    response.json({
      records: [1, 2].map((n) => ({
        ...{
          id: `hub-1/epoch-0001/${n}/first`,
          agentId: 'hub-1',
          hall: 'weihai-01',
          service: 'mortgage',
          kind: 'first',
        },
        ...{ number: `A00${n}`, window: 3, level: 5, ratedAt: at(-90_000), why: 'code 401: 事项编码不存在' },
        ...{ refusedAt: at(-80_000), tries: 1 },
      })),
    }),
  );
  app.get('/api/v1/alarms', (_request, response) => response.json(far.alarms));
  app.get('/api/v1/alerts', (_request, response) => response.json(far.alerts));
  app.get('/api/v1/alerts/deliveries', (_request, response) => response.json({ deliveries: far.deliveries }));
  app.post('/api/v1/alerts/:id/seen', (request, response) => {
    for (const row of far.alerts.alerts) if (row.id === request.params.id) row.ended = 'seen';
    response.status(204).end();
  });
  app.get('/api/v1/comparison', (request, response) => {
    const { region, from = '', to = '' } = request.query as Record<string, string>;
    const rows = inRegion(far.halls, region);
    const codes = rows.map((row) => row.region);
    const digits = digitsApart(codes, region);
    const by = new Set(codes.map((code) => code.slice(0, digits))).size > 1 ? 'region' : 'hall';
    const groups = Map.groupBy(rows, (row) => (by === 'region' ? regionAt(row.region, digits) : row.agentId));
    const place = (key: string, halls: ListedHall[], n: number): PlaceFigures => {
      const known = halls.some((row) => row.hall !== null) && far.scale > 0;
      return {
        ...summaryOf(halls),
        ...{
          key,
          region: by === 'region' ? key : halls[0]!.region,
          hall: by === 'hall' ? halls[0]!.hall : null,
        },
        away: halls.filter(({ state }) => state === 'away' || state === 'silent').length,
        expectedS: known ? 300 + ((n * 171) % 1_500) : null,
        ...{
          hourTickets: known ? 40 + ((n * 53) % 90) : 0,
          hourUsual: known ? 52.5 + ((n * 31) % 60) : null,
        },
        days: tally(known ? Math.round(far.scale * (0.2 + ((n * 37) % 60) / 100)) : 0),
        ...{ chainAlarms: n % 9 === 4 ? 1 : 0, differing: n % 11 === 5 ? 2 : 0 },
      };
    };
    response.json({
      ...{ time: at(), from, to, by },
      places: [...groups].map(([key, halls], n) => place(key, halls, n)),
      whole: place(region ?? '000000000000', rows.length > 0 ? rows : [hall(0)], 3),
    } satisfies Comparison);
  });
  app.get('/api/v1/devices/down', (request, response) =>
    response.json({ devices: inRegion(far.devices, request.query['region']) }),
  );
  app.get('/api/v1/halls', (request, response) => {
    const { region, q = '', state, page = '1', size = '50' } = request.query as Record<string, string>;
    const found = inRegion(far.halls, region).filter(
      (row) =>
        JSON.stringify(row).includes(q) &&
        (state === undefined ||
          row.state === state ||
          (state === 'trouble' && (row.state !== 'connected' || row.badOverdue + row.devicesDown > 0))),
    );
    const digits = digitsApart(
      found.map((row) => row.region),
      region,
    );
    const places = [...new Set(found.map((row) => regionAt(row.region, digits)))].sort();
    const [from, most] = [(Number(page) - 1) * Number(size), Number(size)];
    response.json({
      time: at(),
      halls: found.slice(from, from + most),
      ...{ total: found.length, page: Number(page), pages: Math.max(1, Math.ceil(found.length / most)) },
      summary: summaryOf(found),
      regions: places.map((place) => ({
        region: place,
        ...summaryOf(found.filter((row) => regionAt(row.region, digits) === place)),
      })),
    } satisfies HallList);
  });
  app.get('/api/v1/statistics', (request, response) => {
    const { from, to, by, region, agent } = request.query as Record<string, string> &
      Pick<FarEndStatistics, 'by'>;
    response.json({
      ...{ from, to, by },
      rows: far.scale === 0 ? [] : rowsBy(by, from!, to!, region, agent),
      ...{ days: far.days, differing: far.differing },
    } as FarEndStatistics);
  });
  function rowsBy(
    by: FarEndStatistics['by'],
    from: string,
    to: string,
    region: string | undefined,
    agent: string | undefined,
  ): StatisticsRow[] {
    const row = (key: string, n: number, more: object = {}): StatisticsRow => ({
      key,
      ...more,
      ...tally(Math.round(far.scale * (0.2 + ((n * 37) % 60) / 100))),
    });
    const count = Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000) + 1;
    switch (by) {
      case 'hour':
        return ['08', '09', '10', '11', '12', '13', '14', '15', '16', '17'].map((hour, n) => row(hour, n));
      case 'day':
        return Array.from({ length: count }, (_, n) =>
          row(new Date(Date.parse(from) + n * 86_400_000).toISOString().slice(0, 10), n),
        );
      case 'region': {
        const digits = digitsApart(
          inRegion(far.halls, region).map((each) => each.region),
          region,
        );
        return [...new Set(inRegion(far.halls, region).map((each) => regionAt(each.region, digits)))].map(
          row,
        );
      }
      case 'hall':
        return inRegion(far.halls, region)
          .filter((each) => each.hall !== null && (agent === undefined || each.agentId === agent))
          .map((each, n) => row(each.agentId, n, { hall: each.hall, region: each.region }));
      case 'service':
        return ['transfer', 'mortgage'].map((key, n) => row(key, n));
      case 'window':
        return ['1', '2', '3', '4'].map((key, n) => row(key, n));
      case 'staff':
        return ['1024', '1025', '1031'].map((key, n) => row(key, n));
      default:
        return [row('all', 3)];
    }
  }
  function ledger<Row extends BadRating | OpinionEntry>(
    rows: Row[],
    query: Record<string, string>,
  ): { found: Row[]; page: LedgerPage } {
    const here = inRegion(rows, query['region']).filter(
      (row) => query['agent'] === undefined || row.agentId === query['agent'],
    );
    const standing = (of: Row[]) => ({
      open: of.filter((row) => row.state !== 'closed').length,
      overdue: of.filter((row) => row.overdue).length,
    });
    const state = query['state'];
    const found = here.filter((row) =>
      state === 'overdue'
        ? row.overdue
        : state === 'open'
          ? row.state !== 'closed'
          : state === 'closed'
            ? row.state === 'closed'
            : true,
    );
    const size = Number(query['size'] ?? 50);
    const page = Number(query['page'] ?? 1);
    const digits = digitsApart(
      here.map((row) => row.region),
      query['region'],
    );
    const regions = [...new Set(here.map((row) => regionAt(row.region, digits)))];
    const agents = [...new Map(here.map((row) => [row.agentId, row])).values()];
    return {
      found: found.slice((page - 1) * size, page * size),
      page: {
        ...{ total: found.length, page, pages: Math.max(1, Math.ceil(found.length / size)) },
        counts: standing(here),
        regions: regions.map((region) => ({
          region,
          ...standing(here.filter((row) => regionAt(row.region, digits) === region)),
        })),
        halls: agents.map(({ agentId, hall: id, region }) => ({
          ...{ agentId, hall: id, region },
          ...standing(here.filter((row) => row.agentId === agentId)),
        })),
      },
    };
  }
  app.get('/api/v1/ratings/bad', (request, response) => {
    const { found, page } = ledger(far.bad, request.query as Record<string, string>);
    response.json({ ratings: found, ...page });
  });
  app.get('/api/v1/opinions', (request, response) => {
    const { found, page } = ledger(far.opinions, request.query as Record<string, string>);
    response.json({ opinions: found, ...page });
  });
  app.get('/', (_request, response) => response.sendFile('far-end.html', { root: dist }));
  app.use(express.static(dist, { index: false }));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  far.url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/`;
  return far;
}
