/** The technician's calls of the stand-in hub: what waits for somebody's hand waits until the test answers. */
import type { Express, Response } from 'express';
import type { BoundByKey } from '../../display/api.ts';
import type { LogLine, SystemView } from '../../kiosk-agent/contract/machine.ts';
import type { DeviceView, FoundView } from '../../kiosk-agent/contract/live.ts';

type Waiting<T> = { id: string; seconds: number; answer: (value: T) => void };
export type DeviceWork = ReturnType<typeof deviceWork>;

export function deviceWork() {
  return {
    found: { found: [] as FoundView[], troubles: [] as string[] },
    /** the code of a problem that answers the next binding */
    bindingProblem: null as { status: number; code: string } | null,
    listening: null as Waiting<BoundByKey> | null,
    learning: null as Waiting<{ code: string | null }> | null,
    /** requests for a key whose browser went away */
    learningLeft: 0,
    system: machine(),
    log: logLines(),
    capture: null as { id: string; seconds: number; response: Response } | null,
  };
}

/** A hall PC in its third week. */
function machine(): SystemView {
  return {
    agentId: 'hall-hub',
    role: 'hub',
    version: '0.1.0',
    node: '24.21.0',
    platform: 'linux x64',
    startedAt: '2026-06-02T00:12:00.000Z',
    uptimeS: 18 * 86_400,
    disk: { freeBytes: 41_300_000_000, totalBytes: 117_000_000_000 },
    journal: { epoch: 'e1', lastSeq: 48_211, bytes: 61_400_000 },
    memoryBytes: 143_000_000,
    screens: 9,
  };
}
function logLines(): LogLine[] {
  const line = (n: number, level: LogLine['level'], text: string, facts: LogLine['facts']): LogLine => ({
    n,
    at: `2026-06-20T01:2${n}:05.000Z`,
    level,
    text,
    facts,
  });
  return [
    line(1, 'info', 'link', { link: 'central', state: 'away', ackedSeq: 1200, why: 'connect ECONNREFUSED' }),
    line(2, 'warn', 'device', { device: 'printer-1', state: 'faulted', fault: 'paper-out' }),
    line(3, 'info', 'device', { device: 'evaluator-3', state: 'ready', serial: 'E30921-0007' }),
  ];
}

const justNow = (): string => new Date(Date.now() - 2000).toISOString();

/** A device that works, unless `more` says otherwise. */
export function deviceView(id: string, kind: DeviceView['kind'], more: Partial<DeviceView> = {}): DeviceView {
  return {
    id,
    kind,
    model: 'elp1',
    port: 'serial:auto',
    window: null,
    state: 'ready',
    ...(more.notes?.includes('never-heard') || more.state === 'ambiguous' ? {} : { lastSeenAt: justNow() }),
    notes: [],
    counters: {},
    ...more,
  };
}

export function mockDevices(app: Express, work: DeviceWork): void {
  const problem = (response: Response, status: number, code: string): void =>
    void response
      .status(status)
      .json({ type: `/problems/${code}`, title: code, status, code, detail: code, device: 'pad-bus' });
  const seconds = (body: unknown): number => (body as { seconds: number }).seconds;

  app.get('/api/v1/system', (_request, response) => void response.json(work.system));
  app.get('/api/v1/log', (request, response) => {
    const after = Number(request.query['after']);
    response.json({ run: 'run-1', lines: work.log.filter(({ n }) => n > after) });
  });
  app.get('/api/v1/devices/found', (_request, response) => void response.json(work.found));
  const binding = (response: Response, id: string): void => {
    const refused = work.bindingProblem;
    work.bindingProblem = null;
    if (refused) problem(response, refused.status, refused.code);
    else response.json(deviceView(id, 'evaluator'));
  };
  app.put('/api/v1/devices/:id/binding', (request, response) => binding(response, request.params.id));
  app.delete('/api/v1/devices/:id/binding', (request, response) => binding(response, request.params.id));

  app.post('/api/v1/devices/:id/bind-by-key', (request, response) => {
    if (work.listening) return problem(response, 409, 'already-listening');
    work.listening = {
      id: request.params.id,
      seconds: seconds(request.body),
      answer: (value) => {
        work.listening = null;
        response.json(value);
      },
    };
  });
  app.delete('/api/v1/devices/:id/bind-by-key', (_request, response) => {
    work.listening?.answer({ bound: null, why: 'stopped', troubles: [] });
    response.status(204).end();
  });

  app.post('/api/v1/devices/:id/learn-keys', (request, response) => {
    work.learning = {
      id: request.params.id,
      seconds: seconds(request.body),
      answer: (value) => {
        work.learning = null;
        response.json(value);
      },
    };
    response.on('close', () => {
      if (response.writableEnded) return;
      work.learning = null;
      work.learningLeft++;
    });
  });
  app.put('/api/v1/devices/:id/settings', (request, response) => {
    response.json(deviceView(request.params.id, 'evaluator'));
  });

  app.get('/api/v1/devices/:id/capture', (request, response) => {
    response.setHeader('content-type', 'application/x-ndjson');
    response.setHeader(
      'content-disposition',
      `attachment; filename="hall-capture-${request.params.id}.ndjson"`,
    );
    response.write(`${JSON.stringify({ capture: 1, device: request.params.id })}\n`);
    work.capture = { id: request.params.id, seconds: Number(request.query['seconds']), response };
  });
}

/** Every kind of device in the states that a technician meets. */
export function hallDevices(): Record<string, DeviceView> {
  const all = [
    deviceView('evaluator-3', 'evaluator', {
      port: 'serial:/dev/hall/evaluator3?baud=9600',
      window: 3,
      serial: 'E30921-0007',
      firmware: '2.4.1',
      counters: { framesIn: 1893, framesOut: 1760, repeats: 4 },
      bound: {
        path: '/dev/ttyUSB0',
        describe: 'CH340 1a86:7523 at 1-1.2',
        boundAt: '2026-06-18T03:20:00.000Z',
      },
      keyMap: { '3': 5, '2': 4, '1': 3, '0': 2, '5': 1 },
      note: '6 月 18 日换过数据线，机身在柜台右侧',
    }),
    deviceView('pad-bus.3', 'pad', {
      model: 'ff68',
      port: 'serial:/dev/hall/pads',
      window: 3,
      notes: ['never-heard'],
    }),
    deviceView('sign-3', 'sign', { model: 'strip', port: 'tcp:10.0.0.33:4001', window: 3 }),
    deviceView('evaluator-5', 'evaluator', {
      model: 'ehr1',
      port: 'hid:1209:0001',
      window: 5,
      state: 'ambiguous',
      advice: {
        zh: '有多个同样的设备，程序不会猜测。把设备绑定到其中一个。',
        en: 'Several devices could be meant, and the program does not guess. Bind it to one of them.',
      },
    }),
    deviceView('printer-1', 'printer', {
      model: 'escpos-80',
      port: 'tcp:10.0.0.20:9100',
      state: 'faulted',
      fault: 'paper-out',
      advice: {
        zh: '缺纸。装入新纸卷并合上盖子。',
        en: 'Out of paper. Put in a new roll and close the cover.',
      },
      notes: ['ticket-not-taken'],
      counters: { printed: 173 },
    }),
    deviceView('reader-1', 'reader', { model: 'sdt', port: 'serial:/dev/ttyS1' }),
    deviceView('scanner-1', 'scanner', { model: 'scanner-serial', port: 'serial:/dev/ttyS2' }),
    deviceView('evaluator-bus.7', 'evaluator', {
      model: 'ascii-5',
      port: 'serial:/dev/ttyS3',
      window: 7,
      notes: ['unprotected', 'unknown-address-9', 'x-maker-7'],
    }),
  ];
  return Object.fromEntries(all.map((one) => [one.id, one]));
}

/** As the hub answers for an adapter: every model that can be on a serial port, all for the same reason. */
const anySerial = ['elp1', 'elp1-fujian', 'ff68', 'ub485', 'ascii-5', 'sdt', 'scanner-serial', 'strip'].map(
  (model) => ({
    model,
    name: { zh: `型号 ${model}`, en: `Model ${model}` },
    why: {
      zh: 'CH340 是串口转换器，不说明其后是什么设备',
      en: 'CH340 is a serial adapter and does not say what is behind it',
    },
  }),
);
const adapter = { kind: 'serial', vendorId: '1a86', productId: '7523', takenFor: anySerial } as const;
const ehr = {
  model: 'ehr1',
  name: { zh: '五键评价器（EHR/1，USB）', en: 'Five-key evaluator (EHR/1, USB)' },
  why: { zh: 'USB 标识 1209:0001 相符', en: 'USB id 1209:0001 fits' },
};
/** An adapter in use, a free one, and two evaluators that nobody can tell apart. */
export function pluggedIn(): FoundView[] {
  const evaluator = (place: string, serialNumber: string): FoundView => ({
    key: `hid-${place}`,
    kind: 'hid',
    path: `/dev/hidraw${place}`,
    describe: `EHR/1 1209:0001 at 1-2.${place}`,
    vendorId: '1209',
    productId: '0001',
    serialNumber,
    location: `1-2.${place}`,
    takenFor: [ehr],
    usedBy: null,
  });
  return [
    {
      ...adapter,
      key: 'usb0',
      path: '/dev/ttyUSB0',
      describe: 'CH340 1a86:7523 at 1-1.2',
      location: '1-1.2',
      usedBy: 'evaluator-3',
    },
    {
      ...adapter,
      key: 'usb1',
      path: '/dev/ttyUSB1',
      describe: 'CH340 1a86:7523 at 1-1.3',
      location: '1-1.3',
      usedBy: null,
    },
    evaluator('1', '01234567'),
    evaluator('2', '01234568'),
  ];
}
