/** A stand-in for the hub that puts screens into states hard to reach with a real one. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { Server as LiveServer } from 'socket.io';
import type { PublicView, StaffView, TicketView, WindowView } from '../../kiosk-agent/contract/live.ts';
import { deviceWork, mockDevices } from './mock-devices.ts';
import { mockQuery, type QueryAnswers } from './mock-query.ts';
import { mockVisits, type VisitWork } from './mock-visits.ts';

type Answer = { status: number; body: unknown };
export type MockHub = Awaited<ReturnType<typeof mockHub>>;

const names: [string, string, string, string, string, string, number, number][] = [
  ['transfer', 'A', '转移登记', 'Transfer', '买卖、继承、赠与', 'Sale, inheritance, gift', 7, 900],
  [
    'mortgage',
    'B',
    '抵押登记',
    'Mortgage',
    '设立、变更、注销抵押',
    'Set up, change or cancel a mortgage',
    3,
    300,
  ],
  [
    'first',
    'C',
    '首次登记',
    'First registration',
    '新建商品房、宅基地',
    'New buildings, homesteads',
    12,
    2400,
  ],
  [
    'change',
    'D',
    '变更、更正登记',
    'Change and correction',
    '姓名、地址、用途变更',
    'Name, address or use',
    0,
    0,
  ],
  [
    'records',
    'E',
    '查询、打印证明',
    'Records and certificates',
    '登记资料查询',
    'Searching the register',
    1,
    120,
  ],
  [
    'advice',
    'F',
    '咨询、其他业务',
    'Advice and other matters',
    '不确定选哪个？选这里',
    'Not sure? Choose this',
    2,
    240,
  ],
];
const iso = (offsetS = 0): string => new Date(Date.now() + offsetS * 1000).toISOString();

export function window(
  number: number,
  state: WindowView['state'],
  more: Partial<WindowView> = {},
): WindowView {
  return {
    window: number,
    state,
    staff: state === 'closed' ? null : '1024',
    services: ['transfer', 'mortgage'],
    ticket: null,
    evaluation: null,
    evaluator: 'ready',
    ...more,
  };
}
export function ticket(
  number: string,
  state: TicketView['state'],
  more: Partial<TicketView> = {},
): TicketView {
  return {
    ticketId: `t-${number}`,
    number,
    service: 'transfer',
    state,
    class: 'normal',
    ahead: 7,
    waitMinS: 900,
    waitMaxS: 1500,
    area: { zh: '一楼东区', en: 'Ground floor, east' },
    printed: state === 'waiting',
    reservedAt: iso(-600),
    ...more,
  };
}
export function view(): StaffView {
  const services: PublicView['services'] = {};
  for (const [service, prefix, zh, en, dzh, den, waiting, wait] of names)
    services[service] = {
      service,
      prefix,
      name: { zh, en },
      description: { zh: dzh, en: den },
      area: { zh: '一楼东区', en: 'Ground floor, east' },
      waiting,
      windowsOpen: 2,
      waitMinS: wait,
      waitMaxS: Math.round(wait * 1.5),
      materials: [
        { zh: '不动产登记申请书', en: 'Application form' },
        { zh: '申请人身份证明原件', en: 'Identity documents of all applicants (originals)' },
        { zh: '不动产权属证书', en: 'Title certificate' },
        {
          zh: '证明转移的材料（合同、继承或赠与文件）',
          en: 'Proof of transfer (contract, inheritance or gift)',
        },
        { zh: '完税或者减免税凭证', en: 'Tax payment or exemption certificate' },
      ],
      timeLimit: { zh: '10 个工作日', en: '10 working days' },
      fee: { zh: '住宅 80 元/件，非住宅 550 元/件', en: 'Residential ¥80, other ¥550' },
      realName: 'optional',
      appointments: true,
    };
  const called = {
    ticketId: 't-A001',
    number: 'A001',
    service: 'transfer',
    state: 'called' as const,
    call: 1,
    calledAt: iso(-20),
    startedAt: null,
  };
  return {
    hall: {
      id: 'weihai-01',
      name: { zh: '威海市不动产登记大厅', en: 'Weihai Real Estate Registration Hall' },
      timeZone: 'Asia/Shanghai',
      openingHours: '08:30–17:00',
      missedRule: {
        zh: '过号 3 位内可直接到窗口，超过请重新取号',
        en: 'Missed your call? Within the next 3 calls go straight to the window; later, please take a new ticket',
      },
      notices: [
        {
          zh: '办理结束后，请按窗口前的按键为我们的服务评价，评价自愿。',
          en: 'After your visit, please rate our service with the keys at the window. Rating is voluntary.',
        },
        {
          zh: '请携带身份证明原件；除登记费外不收取其他费用。',
          en: 'Please bring your original identity document. Nothing but the registration fee is charged.',
        },
      ],
      fees: [
        {
          item: { zh: '住宅类不动产登记', en: 'Residential property' },
          price: { zh: '80 元/件', en: '¥80 each' },
        },
        {
          item: { zh: '非住宅类不动产登记', en: 'Other property' },
          price: { zh: '550 元/件', en: '¥550 each' },
        },
        {
          item: { zh: '车库、车位、储藏室', en: 'Garage, parking space, storeroom' },
          price: { zh: '80 元/件', en: '¥80 each' },
        },
        {
          item: { zh: '变更、更正、查封、注销登记', en: 'Change, correction, seizure, cancellation' },
          price: { zh: '免费', en: 'free' },
        },
      ],
      feeBasis: {
        zh: '依据：发改价格规〔2016〕2559号、财税〔2016〕79号、财税〔2019〕45号',
        en: 'Basis: NDRC 2016 No. 2559, MOF 2016 No. 79, MOF 2019 No. 45',
      },
      speech: {
        zh: '请{number}号到{window}号窗口办理业务',
        en: 'Ticket {number}, please go to window {window}',
      },
    },
    day: {
      day: '2026-06-20',
      served: 126,
      windowsOpen: 5,
      windowsTotal: 6,
      taking: true,
      printer: 'ready',
      readers: { kiosk: 'ready', query: 'ready' },
      journal: 'ok',
    },
    services,
    windows: {
      1: window(1, 'serving', {
        ticket: {
          ticketId: 't-C003',
          number: 'C003',
          service: 'first',
          state: 'serving',
          call: 1,
          calledAt: iso(-300),
          startedAt: iso(-187),
        },
      }),
      2: window(2, 'idle'),
      3: window(3, 'called', { ticket: called, services: ['transfer', 'first'] }),
      4: window(4, 'paused', { pausedReason: '整理材料' }),
      5: window(5, 'serving', {
        ticket: {
          ticketId: 't-B014',
          number: 'B014',
          service: 'mortgage',
          state: 'serving',
          call: 1,
          calledAt: iso(-90),
          startedAt: iso(-50),
        },
      }),
      6: window(6, 'closed'),
    },
    calls: [
      { ticketId: 't-A001', number: 'A001', service: 'transfer', window: 3, call: 1, at: iso(-20) },
      { ticketId: 't-B014', number: 'B014', service: 'mortgage', window: 5, call: 1, at: iso(-40) },
      { ticketId: 't-C003', number: 'C003', service: 'first', window: 1, call: 1, at: iso(-80) },
      { ticketId: 't-A098', number: 'A098', service: 'transfer', window: 2, call: 1, at: iso(-140) },
      { ticketId: 't-D021', number: 'D021', service: 'change', window: 4, call: 1, at: iso(-170) },
    ],
    tickets: {
      't-A002': ticket('A002', 'waiting', { ahead: 0, reservedAt: iso(-1500) }),
      't-A003': ticket('A003', 'waiting', {
        ahead: 1,
        class: 'priority',
        priority: 'elderly',
        reservedAt: iso(-900),
      }),
      't-B015': ticket('B015', 'waiting', { ahead: 0, service: 'mortgage', reservedAt: iso(-400) }),
      't-A004': ticket('A004', 'unconfirmed', { ahead: null, paperFault: 'no-answer', reservedAt: iso(-60) }),
      't-A005': ticket('A005', 'print-failed', {
        ahead: null,
        paperFault: 'paper-out',
        reservedAt: iso(-30),
      }),
      't-A000': ticket('A000', 'missed', { ahead: null, reservedAt: iso(-3000) }),
      't-B013': ticket('B013', 'parked', { ahead: null, service: 'mortgage', reservedAt: iso(-3600) }),
    },
    devices: {
      'evaluator-3': {
        id: 'evaluator-3',
        kind: 'evaluator',
        model: 'elp1',
        port: 'serial:/dev/hall/evaluator3?baud=9600',
        window: 3,
        state: 'ready',
        serial: 'E30921-0007',
        firmware: '2.4.1',
        lastSeenAt: iso(-1),
        notes: [],
        counters: { presses: 41, frames: 1893, badFrames: 2 },
      },
      'printer-1': {
        id: 'printer-1',
        kind: 'printer',
        model: 'escpos-80',
        port: 'tcp:127.0.0.1:9100',
        window: null,
        state: 'faulted',
        fault: 'paper-out',
        advice: {
          zh: '换一卷 80 毫米热敏纸，合上盖子',
          en: 'Put in a roll of 80 mm thermal paper and close the cover',
        },
        lastSeenAt: iso(-2),
        notes: ['paper near end'],
        counters: { printed: 173 },
      },
      'evaluator-5': {
        id: 'evaluator-5',
        kind: 'evaluator',
        model: 'elp1',
        port: 'tcp:127.0.0.1:4005',
        window: 5,
        state: 'lost',
        advice: { zh: '检查网线和串口服务器电源', en: 'Check the cable and the power of the serial box' },
        notes: [],
        counters: {},
      },
    },
    links: {
      central: { name: 'central', state: 'away', ackedSeq: 1200, lagEvents: 34, why: 'connect ECONNREFUSED' },
    },
  };
}

/**
 * Serves `dist` and a view that can be changed by hand; `role` is what every session request is granted. `more` adds the calls of
 * one page (mock-PAGE.ts).
 */
export async function mockHub(dist: string, more?: (app: express.Express) => void) {
  const app = express();
  const http: Server = createServer(app);
  const live = new LiveServer(http, { path: '/live' });
  const hub = {
    view: view(),
    role: null as string | null,
    staff: '1024',
    ticketAnswer: (): { status: number; body: unknown } => ({ status: 201, body: ticket('A001', 'waiting') }),
    lookAnswer: (): { status: number; body: unknown } => ({ status: 200, body: ticket('A001', 'printing') }),
    rateAnswer: (): { status: number; body: unknown } => ({ status: 200, body: {} }),
    testAnswer: (): Answer | Promise<Answer> => ({ status: 200, body: { ok: true } }),
    /** the hall's own lists; where there is none, the page has its own */
    reasons: {} as Record<string, { zh: string; en: string }[]>,
    work: deviceWork(),
    /** what the query terminal is answered, where a test looks at it */
    query: null as QueryAnswers | null,
    visits: null as VisitWork | null,
    /** to the screens of a visitor's desk: a card, a code */
    say(event: string, message: unknown): void {
      live.emit(event, message);
    },
    /** staff numbers that have a photo */
    photos: {} as Record<string, true>,
    /** the address behind the one-time code of every window */
    reasonLink: null as string | null,
    /** how far the hub's clock is before this machine's, ms: a week in a test */
    aheadMs: 0,
    /** the build of the screens that the hub names */
    build: undefined as string | undefined,
    requests: [] as { method: string; path: string; body: unknown }[],
    run: 'run-1',
    seq: 1,
    set(set: Record<string, unknown>): void {
      hub.seq++;
      for (const [section, value] of Object.entries(set)) {
        const view = hub.view as unknown as Record<string, unknown>;
        view[section] = ['services', 'windows', 'tickets', 'devices', 'links'].includes(section)
          ? { ...(view[section] as object), ...(value as object) }
          : value;
        // As the hub's own changes do: null takes an entry away.
        for (const [key, entry] of Object.entries((view[section] ?? {}) as Record<string, unknown>))
          if (entry === null && section === 'windows') delete (view[section] as Record<string, unknown>)[key];
      }
      live.emit('change', { run: hub.run, seq: hub.seq, time: iso(hub.aheadMs / 1000), set });
    },
    url: '',
    port: 0,
    cut(): void {
      live.disconnectSockets(true);
      refuse = true;
    },
    back(): void {
      refuse = false;
    },
    /** The host is off: nothing listens, every connection is gone. */
    async off(): Promise<void> {
      live.disconnectSockets(true);
      const closed = new Promise((resolve) => http.close(resolve));
      http.closeAllConnections();
      await closed;
    },
    /** It is there again at the same address; `run`: the hub was started anew. */
    async on(run?: string): Promise<void> {
      if (run !== undefined) [hub.run, hub.seq] = [run, 1];
      await new Promise<void>((resolve) => http.listen(hub.port, '127.0.0.1', resolve));
    },
    async close(): Promise<void> {
      await live.close();
      http.closeAllConnections();
    },
  };
  let refuse = false;
  const snapshot = () => ({
    run: hub.run,
    seq: hub.seq,
    time: iso(hub.aheadMs / 1000),
    role: 'board',
    view: hub.view,
    ...(hub.build === undefined ? {} : { build: hub.build }),
  });
  live.use((_socket, next) => (refuse ? next(new Error('away')) : next()));
  live.on('connection', (socket) => {
    socket.emit('snapshot', snapshot());
    socket.on('resume', (_from, answer: (value: unknown) => void) => answer({ snapshot: snapshot() }));
    socket.on('time', (answer: (value: unknown) => void) => answer(Date.now() + hub.aheadMs));
  });
  app.use(express.json());
  /** Whose browser asks, where several look at once; else everybody is `hub.role`. */
  const roleOf = (request: express.Request): string | null => request.get('x-test-role') ?? hub.role;
  app.use('/api/v1', (request, _response, next) => {
    hub.requests.push({ method: request.method, path: request.path, body: request.body as unknown });
    next();
  });
  const problem = (code: string, status: number) => ({
    status,
    body: { type: `/problems/${code}`, title: code, status, code, detail: code },
  });
  const send = (response: express.Response, answer: { status: number; body: unknown }) =>
    void response.status(answer.status).json(answer.body);
  app.get('/api/v1/session', (request, response) =>
    send(
      response,
      roleOf(request)
        ? { status: 200, body: { role: roleOf(request), staff: hub.staff } }
        : problem('not-signed-in', 401),
    ),
  );
  app.post('/api/v1/session', (request, response) => {
    const body = request.body as { pin?: string; screen?: string };
    if (body.pin === '0000') return send(response, problem('wrong-pin', 401));
    hub.role ??= body.screen ?? 'clerk';
    send(response, { status: 200, body: { role: hub.role, staff: hub.staff } });
  });
  app.delete('/api/v1/session', (_request, response) => {
    hub.role = null;
    response.status(204).end();
  });
  app.post('/api/v1/tickets', (_request, response) => send(response, hub.ticketAnswer()));
  app.get('/api/v1/windows/:n/reason-link', (_request, response) =>
    send(response, { status: 200, body: { url: hub.reasonLink } }),
  );
  app.get('/api/v1/staff/:staff/photo', (request, response) => {
    if (!hub.photos[request.params.staff]) return send(response, problem('not-found', 404));
    // Nobody's face: a head and shoulders.
    response.type('svg').send(
      `<svg xmlns="http://www.w3.org/2000/svg" width="240" height="320"><rect width="240" height="320" fill="#c3d0e2"/>
       <circle cx="120" cy="120" r="58" fill="#3a4c6b"/><path d="M20 320a100 110 0 0 1 200 0z" fill="#0b4aa2"/></svg>`,
    );
  });
  app.post('/api/v1/calls/played', (_request, response) => void response.status(204).end());
  app.all(/^\/api\/v1\/tickets\/.*/, (_request, response) => send(response, hub.lookAnswer()));
  app.post('/api/v1/windows/:n/rate', (_request, response) => send(response, hub.rateAnswer()));
  app.post('/api/v1/windows/:n/:action', (request, response) =>
    send(response, { status: 200, body: hub.view.windows[request.params.n] }),
  );
  app.get('/api/v1/devices/:id/frames', (_request, response) =>
    send(response, {
      status: 200,
      body: [
        { at: iso(-3), direction: 'out', hex: '02 50 49 4e 47 03 5a', decoded: 'PING' },
        {
          at: iso(-3),
          direction: 'in',
          hex: '02 50 4f 4e 47 20 32 2e 34 2e 31 03 17',
          decoded: 'PONG 2.4.1',
        },
        {
          at: iso(-1),
          direction: 'in',
          hex: '02 4b 45 59 20 31 03 44',
          decoded: 'KEY session 77, key 1, age 120 ms',
        },
      ],
    }),
  );
  mockDevices(app, hub.work);
  mockVisits(app, () => hub.visits);
  mockQuery(
    app,
    () => hub.query,
    () => hub.lookAnswer(),
  );
  app.post('/api/v1/devices/:id/test', async (_request, response) => send(response, await hub.testAnswer()));
  app.post('/api/v1/services/:id/notice', (_request, response) => response.json({ state: 'printed' }));
  app.get('/api/v1/reasons', (_request, response) => response.json(hub.reasons));
  app.get('/api/v1/my-ticket/:id', (_request, response) => send(response, hub.lookAnswer()));
  more?.(app);
  // As the hub: a call that is not there is no page.
  app.use('/api', (_request, response) => send(response, problem('not-found', 404)));
  app.use(express.static(dist));
  app.get(/.*/, (_request, response) => response.sendFile('index.html', { root: dist }));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  hub.port = (http.address() as AddressInfo).port;
  hub.url = `http://127.0.0.1:${hub.port}`;
  return hub;
}
