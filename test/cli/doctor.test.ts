/** `hall doctor`: it finds what is wrong, names it, and says what to do; and finds nothing where nothing is. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, openSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { createServer as createTcp, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startEvaluator, startPrinter } from '../../firmware-sim/index.ts';
import { doctor, type DoctorResult } from '../../kiosk-agent/cli/doctor.ts';
import { checkLines, type Check } from '../../kiosk-agent/cli/doctor/check.ts';
import {
  diskRoom,
  diskSpace,
  hidLibrary,
  nodeVersion,
  serialLibrary,
  stateFolder,
} from '../../kiosk-agent/cli/doctor/computer.ts';
import { deviceAnswer, paper } from '../../kiosk-agent/cli/doctor/device.ts';
import { holdersOf, userOfProcess } from '../../kiosk-agent/cli/doctor/holders.ts';
import { backlog } from '../../kiosk-agent/cli/doctor/journal.ts';
import { clockBeside, clockItself, linkState, reach } from '../../kiosk-agent/cli/doctor/link.ts';
import { agentUser, portPermission } from '../../kiosk-agent/cli/doctor/port.ts';
import { languageOf } from '../../kiosk-agent/cli/language.ts';
import { writeRunning, type RunningAgent } from '../../kiosk-agent/cli/running.ts';
import { hallYaml, startHall } from '../harness/hall.ts';
import { ROOT, temporaryFolder, until } from '../harness/programs.ts';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});
function folder(): string {
  const made = temporaryFolder('doctor');
  undo.push(() => made[Symbol.dispose]());
  return made.path;
}
function examine(
  state: string,
  more: { json?: boolean; env?: NodeJS.ProcessEnv } = {},
): Promise<DoctorResult> {
  return doctor(
    {
      config: join(state, 'hall.yaml'),
      state: join(state, 'state'),
      json: more.json ?? false,
      language: 'en',
      colours: false,
    },
    { env: more.env ?? {}, now: () => new Date() },
  );
}
const of = (result: DoctorResult, check: Check['check'], subject?: string): Check[] =>
  result.checks.filter((one) => one.check === check && (subject === undefined || one.subject === subject));
const troubles = (result: DoctorResult): Check[] => result.checks.filter((one) => one.state === 'trouble');

async function hallWithDevices(state: string) {
  const printer = await startPrinter({ port: 'tcp:0', speed: Number.POSITIVE_INFINITY });
  const evaluator = await startEvaluator({ port: `pty:${join(state, 'evaluator')}` });
  undo.push(
    () => printer.close(),
    () => evaluator.close(),
  );
  const yaml = hallYaml(`devices:
  - {id: printer-1, model: escpos-80, port: "${printer.port}"}
  - {id: evaluator-1, model: elp1, port: "${evaluator.port}", window: 1}
`);
  writeFileSync(join(state, 'hall.yaml'), yaml);
  return { printer, evaluator, yaml };
}
async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  undo.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

describe('a hall in which everything is well', () => {
  it('has no trouble beside a running agent, whose devices answer with their firmware', async () => {
    const state = folder();
    const { yaml, evaluator } = await hallWithDevices(state);
    const hall = await startHall(join(state, 'state'), yaml);
    undo.push(() => hall.close());
    undo.push(writeRunning(join(state, 'state'), hall));
    await until('all devices', async () => (await hall.as(null)('GET', 'health')).body['status'] === 'ok');
    const result = await until('firmware', async () => {
      const seen = await examine(state);
      return of(seen, 'device').every(({ sentence }) => sentence.en.includes('firmware')) && seen;
    });
    expect(troubles(result)).toEqual([]);
    expect(result.exitCode).toBe(0);
    expect(of(result, 'agent')[0]).toMatchObject({
      state: 'good',
      sentence: { en: expect.stringContaining(hall.url) },
    });
    expect(of(result, 'device').map(({ subject, state: is }) => [subject, is])).toEqual([
      ['printer-1', 'good'],
      ['evaluator-1', 'good'],
    ]);
    expect(of(result, 'paper')).toMatchObject([{ subject: 'printer-1', state: 'good' }]);
    expect(of(result, 'port')[0]?.sentence.en).toContain(evaluator.port.slice('serial:'.length));
    expect(of(result, 'journal')[0]?.state).toBe('good');
  });

  it('has no trouble without an agent: the devices are opened, asked, and free again afterwards', async () => {
    const state = folder();
    await hallWithDevices(state);
    const first = await examine(state);
    expect(troubles(first)).toEqual([]);
    expect(first.exitCode).toBe(0);
    expect(of(first, 'agent')[0]?.sentence.en).toContain('the devices are opened directly');
    expect(of(first, 'device', 'evaluator-1')[0]?.sentence.en).toMatch(
      /^ready .*firmware 1\.0, serial SIM0001/,
    );
    expect((await examine(state)).exitCode).toBe(0);
  });

  it('is said in JSON for programs, every check with both languages', async () => {
    const state = folder();
    writeFileSync(join(state, 'hall.yaml'), hallYaml());
    const { lines } = await examine(state, { json: true });
    const told = JSON.parse(lines.join('\n')) as { ok: boolean; checks: Check[] };
    expect(told.ok).toBe(true);
    expect(told.checks.length).toBeGreaterThan(6);
    for (const check of told.checks)
      expect(check.sentence).toEqual({ zh: expect.any(String), en: expect.any(String) });
  });
});

describe('a port', () => {
  it('that is not there is named, with what to do, and the device is not blamed as well', async () => {
    const state = folder();
    const missing = join(state, 'nothing');
    writeFileSync(
      join(state, 'hall.yaml'),
      hallYaml(`devices: [{id: evaluator-1, model: elp1, port: "serial:${missing}", window: 1}]`),
    );
    const result = await examine(state);
    expect(result.exitCode).toBe(1);
    expect(troubles(result)).toMatchObject([
      { check: 'port', subject: 'evaluator-1', advice: { en: expect.stringContaining('hall devices') } },
    ]);
    expect(troubles(result)[0]?.sentence.en).toContain(`there is no ${missing}`);
    expect(of(result, 'device')).toEqual([]);
  });

  it.runIf(process.platform === 'linux')(
    'that another program holds is named with the program and its process',
    async () => {
      const state = folder();
      const { evaluator } = await hallWithDevices(state);
      const path = realpathSync(evaluator.port.slice('serial:'.length));
      const script = join(state, 'terminal.cjs');
      writeFileSync(
        script,
        `const { SerialPort } = require(${JSON.stringify(join(ROOT, 'node_modules/serialport'))});
      new SerialPort({ path: ${JSON.stringify(path)}, baudRate: 9600 }, (error) => console.log(error ?? 'open')).on('data', () => {});`,
      );
      const program = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
      undo.push(async () => {
        program.kill();
        if (program.exitCode === null && program.signalCode === null) await once(program, 'exit');
      });
      const [open] = (await once(program.stdout, 'data')) as [Buffer];
      expect(open.toString()).toBe('open\n');
      const result = await examine(state);
      expect(of(result, 'holder', 'evaluator-1')).toMatchObject([{ state: 'trouble' }]);
      expect(of(result, 'holder')[0]?.sentence.en).toContain(`node ${script} (${program.pid})`);
      expect(of(result, 'device', 'evaluator-1')[0]?.sentence.en).toContain('held by another program');
      expect(result.exitCode).toBe(1);
    },
  );

  it.runIf(process.platform === 'linux')(
    'is held by whoever has the file open, and by nobody else',
    async () => {
      const file = join(folder(), 'port');
      writeFileSync(file, '');
      expect(await holdersOf(file)).toMatchObject({ known: true, holders: [] });
      const fd = openSync(file, 'r');
      const program = spawn('sleep', ['60'], { stdio: [fd, 'ignore', 'ignore'] });
      undo.push(() => program.kill());
      await once(program, 'spawn');
      const held = await until('the program', async () => {
        const seen = await holdersOf(file);
        return seen.known && seen.holders.some(({ program: name }) => name === 'sleep') && seen;
      });
      expect(held.known && held.holders).toContainEqual({ pid: program.pid, program: 'sleep' });
    },
  );

  it.skipIf(process.platform === 'win32')(
    'may be used by its group and not by others, and the group is named',
    async () => {
      const file = join(folder(), 'port');
      writeFileSync(file, '');
      chmodSync(file, 0o660);
      const gid = process.getgid?.() ?? 0;
      const stranger = { name: 'hall', uid: 54_321, gids: [54_321] };
      const refused = await portPermission('evaluator-1', file, stranger);
      expect(refused).toMatchObject({
        state: 'trouble',
        sentence: { en: expect.stringContaining('the user hall may not use') },
      });
      expect(refused.advice?.en).toMatch(/^sudo usermod -aG \S+ hall /);
      expect(await portPermission('evaluator-1', file, { ...stranger, gids: [54_321, gid] })).toMatchObject({
        state: 'good',
      });
      chmodSync(file, 0o640);
      expect(await portPermission('evaluator-1', file, { ...stranger, gids: [gid] })).toMatchObject({
        state: 'trouble',
      });
    },
  );

  it.runIf(process.platform === 'linux')(
    'is looked at with the eyes of the running agent, or of the service when the doctor is root',
    async () => {
      const mine = await userOfProcess(process.pid);
      expect(mine).toMatchObject({ uid: process.geteuid?.() });
      expect(await agentUser(process.pid, { uid: 0, gids: [0] }, 'nobody', [])).toMatchObject({
        uid: process.geteuid?.(),
      });
      const service = await agentUser(undefined, { uid: 0, gids: [0] }, 'nobody', ['dialout']);
      expect(service).toMatchObject({ name: 'nobody', uid: 65_534 });
      const dialout = Number(/^dialout:[^:]*:(\d+)/m.exec(readFileSync('/etc/group', 'utf8'))?.[1]);
      if (!Number.isNaN(dialout)) expect(service?.gids).toContain(dialout);
      expect(await agentUser(undefined, { uid: 1234, gids: [1234] }, 'nobody', [])).toMatchObject({
        uid: 1234,
      });
    },
  );
});

describe('a printer', () => {
  it('without paper is trouble, once, with what to do', async () => {
    const state = folder();
    const { printer } = await hallWithDevices(state);
    await printer.setFault('paper-out', true);
    const result = await examine(state);
    expect(result.exitCode).toBe(1);
    expect(troubles(result)).toMatchObject([{ check: 'device', subject: 'printer-1' }]);
    expect(troubles(result)[0]?.sentence.en).toContain('faulted paper-out');
    expect(troubles(result)[0]?.advice?.en).toContain('Put in a new roll');
  });

  it('whose paper is near its end is worth a look and no trouble', () => {
    const view = {
      id: 'printer-1',
      kind: 'printer',
      model: 'escpos-80',
      port: 'tcp:x:1',
      state: 'ready',
      notes: ['paper-near-end'],
    } as const;
    expect(paper({ ...view, notes: [...view.notes] })).toMatchObject({
      state: 'unknown',
      advice: { en: 'Have a new roll at hand.' },
    });
    expect(paper({ ...view, notes: [] })).toMatchObject({ state: 'good' });
    expect(paper({ ...view, kind: 'scanner', notes: [] })).toBeNull();
    expect(deviceAnswer({ ...view, notes: [] })).toMatchObject({ state: 'good' });
  });
});

describe('an agent', () => {
  it('that was started with another file is found out', async () => {
    const state = folder();
    const { yaml } = await hallWithDevices(state);
    const hall = await startHall(join(state, 'state'), hallYaml());
    undo.push(() => hall.close());
    undo.push(writeRunning(join(state, 'state'), hall));
    writeFileSync(join(state, 'hall.yaml'), yaml);
    const result = await examine(state);
    expect(of(result, 'device', 'printer-1')).toMatchObject([
      { state: 'trouble', sentence: { en: 'the running agent does not know it' } },
    ]);
    expect(result.exitCode).toBe(1);
  });

  it('that holds the journal and does not answer is named', async () => {
    const state = folder();
    writeFileSync(join(state, 'hall.yaml'), hallYaml());
    const hall = await startHall(join(state, 'state'), hallYaml());
    undo.push(() => hall.close());
    const result = await examine(state);
    expect(of(result, 'agent')).toMatchObject([{ state: 'trouble' }]);
    expect(of(result, 'agent')[0]?.sentence.en).toContain(
      `process ${process.pid} holds the journal and does not answer`,
    );
    await hall.close();
    expect(of(await examine(state), 'agent')).toMatchObject([{ state: 'unknown' }]);
  });

  it('whose journal is damaged is told to keep it', async () => {
    const state = folder();
    writeFileSync(join(state, 'hall.yaml'), hallYaml());
    await (await startHall(join(state, 'state'), hallYaml())).close();
    const journal = join(state, 'state', 'journal');
    expect(of(await examine(state), 'journal')).toMatchObject([{ state: 'good' }]);
    writeFileSync(join(journal, 'journal.sqlite'), 'this is no journal');
    const result = await examine(state);
    expect(of(result, 'journal')).toMatchObject([
      { state: 'trouble', advice: { en: expect.stringContaining('Do not remove it') } },
    ]);
    expect(result.exitCode).toBe(1);
    writeFileSync(join(journal, 'journal.damaged-20260101T000000Z.sqlite'), '');
    expect(of(await examine(state), 'journal')).toHaveLength(2);
  });
});

describe('a configuration that is wrong', () => {
  it('is exit code 3 with every fault, and the rest of the computer is looked at all the same', async () => {
    const state = folder();
    writeFileSync(
      join(state, 'hall.yaml'),
      hallYaml().replace('transfer, prefix: A', 'transfer, prefix: "1"'),
    );
    const result = await examine(state);
    expect(result.exitCode).toBe(3);
    expect(of(result, 'configuration')[0]).toMatchObject({ state: 'trouble' });
    expect(of(result, 'configuration')[0]?.sentence.en).toMatch(/hall\.yaml:\d+:\d+: services\[0\]\.prefix/);
    expect(of(result, 'disk')).toHaveLength(1);
    expect(of(result, 'device')).toEqual([]);
  });
});

const AGENT = (links: RunningAgent['health']['links']): RunningAgent => ({
  running: true,
  url: 'http://127.0.0.1:1/',
  pid: 1,
  token: 'x',
  health: {
    status: 'ok',
    agentId: 'hub-1',
    version: '1',
    journal: { lastSeq: 0, backlog: 0, oldestPendingS: 0, writable: true },
    devices: [],
    links,
  },
});
const NONE = { running: false, kind: 'none', why: '' } as const;
const LINK = { name: 'central', url: 'socketio:http://127.0.0.1:1', token: 'env:HALL_LINK_TOKEN' };

describe('a link', () => {
  it('is reached when anybody answers there, over HTTP or as a plain port, and is not when nobody does', async () => {
    const web = createHttp((_request, response) => response.writeHead(404).end());
    const port = await listening(web);
    const answer = await reach(`socketio:http://127.0.0.1:${port}`);
    expect(answer).toMatchObject({ reached: true, date: expect.any(Date) });
    expect(await reach(`http://127.0.0.1:${port}/far-end`)).toMatchObject({
      reached: true,
      date: expect.any(Date),
    });
    const broker = await listening(createTcp((socket) => socket.on('error', () => {})));
    expect(await reach(`mqtt://127.0.0.1:${broker}`)).toMatchObject({ reached: true, date: null });
    web.closeAllConnections();
    web.close();
    await once(web, 'close');
    expect(await reach(`socketio:http://127.0.0.1:${port}`)).toMatchObject({
      reached: false,
      why: expect.stringContaining('ECONNREFUSED'),
    });
    expect(await reach(`http://127.0.0.1:${port}`)).toMatchObject({
      reached: false,
      why: expect.stringContaining('ECONNREFUSED'),
    });
    expect(await reach(`mqtt://127.0.0.1:${port}`)).toMatchObject({ reached: false });
    expect(await reach('nonsense')).toMatchObject({ reached: false });
  });

  it('is as the running agent says; refused is trouble even where the far end answers', () => {
    const reached = { reached: true, date: null, roundTripMs: 1 } as const;
    const status = (state: string) =>
      linkState(LINK, reached, AGENT([{ name: 'central', state, ackedSeq: 7, lagEvents: 0 }]), {});
    expect(status('level')).toMatchObject({
      state: 'good',
      sentence: { en: expect.stringContaining('acknowledged through 7') },
    });
    expect(status('refused')).toMatchObject({
      state: 'trouble',
      advice: { en: expect.stringContaining('hall-central agent add') },
    });
    expect(status('away')).toMatchObject({ state: 'trouble' });
  });

  it('without an agent needs the far end and the token; a variable of the service is not held against this shell', () => {
    const reached = { reached: true, date: null, roundTripMs: 1 } as const;
    expect(
      linkState(LINK, { reached: false, why: 'no route' }, NONE, { HALL_LINK_TOKEN: 'x' }),
    ).toMatchObject({ state: 'trouble' });
    expect(linkState(LINK, reached, NONE, { HALL_LINK_TOKEN: 'x' })).toMatchObject({ state: 'good' });
    expect(linkState(LINK, reached, NONE, {})).toMatchObject({
      state: 'unknown',
      advice: { en: expect.stringContaining('/etc/public-service-hall/environment') },
    });
    expect(linkState({ ...LINK, token: 'file:/nowhere/token' }, reached, NONE, {})).toMatchObject({
      state: 'trouble',
    });
  });

  it('that lags for long is a backlog in trouble, and nothing is said to be lost', () => {
    const stat = (pending: number, oldestPendingAt: string | null) =>
      ({
        found: true,
        folder: '',
        path: '',
        newestAt: null,
        fault: null,
        stat: { lastSeq: 50, links: { central: { acked: 1, pending, oldestPendingAt } } },
      }) as never;
    const now = new Date('2026-05-01T12:00:00Z');
    expect(backlog(stat(0, null), NONE, ['central'], now)).toMatchObject([
      { state: 'good', sentence: { en: 'everything has been delivered' } },
    ]);
    expect(backlog(stat(9, '2026-05-01T11:58:00Z'), NONE, ['central'], now)).toMatchObject([
      { state: 'good' },
    ]);
    expect(backlog(stat(9, '2026-05-01T11:40:00Z'), NONE, ['central'], now)).toMatchObject([
      {
        state: 'trouble',
        sentence: { en: '9 events wait, the oldest since 2026-05-01 11:40' },
        advice: { en: expect.stringContaining('Nothing is lost') },
      },
    ]);
    expect(backlog(stat(9, null), NONE, ['never-sent'], now)[0]?.sentence.en).toContain('50 events wait');
  });
});

describe('a clock', () => {
  const at = (text: string) => new Date(text);
  const beside = (now: string) =>
    clockBeside('central', { reached: true, date: at('2026-05-01T12:00:00Z'), roundTripMs: 0 }, at(now));
  it('that differs from the far end by more than half a minute is trouble, either way', () => {
    expect(beside('2026-05-01T12:00:01Z')).toMatchObject({
      state: 'good',
      sentence: { en: 'agrees with the central server' },
    });
    expect(beside('2026-05-01T12:00:20Z')).toMatchObject({
      state: 'good',
      sentence: { en: '20 s ahead of the central server' },
    });
    expect(beside('2026-05-01T12:01:00Z')).toMatchObject({
      state: 'trouble',
      sentence: { en: '60 s ahead of the central server', zh: '比上级服务器快 60 秒' },
    });
    expect(beside('2026-05-01T11:59:00Z')).toMatchObject({
      state: 'trouble',
      sentence: { en: '60 s behind the central server' },
    });
    expect(clockBeside('central', { reached: false, why: '' }, at('2026-05-01T12:00:00Z'))).toBeNull();
  });

  it('that cannot be right, or stands before the journal’s newest record, is trouble', () => {
    const zones = { hall: 'Asia/Shanghai', computer: 'Asia/Shanghai' };
    expect(clockItself(at('1970-01-01T00:10:00Z'), null, zones)).toMatchObject({ state: 'trouble' });
    expect(clockItself(at('2026-05-01T12:00:00Z'), '2026-05-02T20:00:00+08:00', zones)).toMatchObject({
      state: 'trouble',
    });
    expect(clockItself(at('2026-05-01T12:00:00Z'), '2026-05-01T20:00:00+08:00', zones)).toMatchObject({
      state: 'good',
    });
  });

  it('in another zone than the hall is worth a look; a zone of another name with the same time is not', () => {
    const zone = (computer: string) =>
      clockItself(at('2026-05-01T12:00:00Z'), null, { hall: 'Asia/Shanghai', computer }).state;
    expect([zone('UTC'), zone('Asia/Taipei'), zone('Asia/Shanghai')]).toEqual(['unknown', 'good', 'good']);
  });
});

describe('a computer', () => {
  it('with an old Node, a full disk or a folder that takes no writes is told so', async () => {
    expect([nodeVersion('18.19.0').state, nodeVersion('24.0.0').state]).toEqual(['trouble', 'good']);
    const room = (freeBytes: number, freeFiles = 1e6) =>
      diskRoom('/x', { freeBytes, freeFiles, files: 2e6 }).state;
    expect([room(100e6), room(1e9), room(50e9), room(50e9, 10)]).toEqual([
      'trouble',
      'unknown',
      'good',
      'trouble',
    ]);
    expect(diskRoom('/x', { freeBytes: 50e9, freeFiles: 0, files: 0 }).state).toBe('good');
    const here = folder();
    expect((await stateFolder(here)).state).toBe('good');
    expect((await stateFolder(join(here, 'not', 'yet'))).state).toBe('unknown');
    expect((await diskSpace(join(here, 'not', 'yet'))).freeBytes).toBeGreaterThan(0);
    const file = join(here, 'file');
    writeFileSync(file, '');
    expect((await stateFolder(file)).state).toBe('trouble');
  });

  it('without the library for HID is in trouble only when the hall has HID devices', () => {
    const absent = { ok: false, why: 'libusb-1.0 is missing' } as const;
    expect([
      hidLibrary(absent, true).state,
      hidLibrary(absent, false).state,
      hidLibrary({ ok: true, devices: [] }, true).state,
    ]).toEqual(['trouble', 'unknown', 'good']);
    expect(serialLibrary({ ok: false, why: 'no udevadm' }).state).toBe('unknown');
  });
});

describe('the lines', () => {
  const checks: Check[] = [
    { check: 'node', subject: 'a', state: 'good', sentence: { zh: '好', en: 'good' } },
    {
      check: 'configuration',
      subject: 'file',
      state: 'trouble',
      sentence: { zh: '坏', en: 'bad' },
      advice: { zh: '修', en: 'mend it' },
    },
  ];
  it('stand in columns, with what to do below, and coloured only when asked', () => {
    expect(checkLines(checks, 'en', false)).toEqual([
      '✓ node           a     good',
      '✗ configuration  file  bad',
      '                 → mend it',
      '',
      '1 in trouble (of 2 checks)',
    ]);
    expect(checkLines(checks, 'en', true)[0]).toBe('\u001b[32m✓\u001b[0m node           a     good');
  });

  it('stand in columns in Chinese too, where a character is as wide as two letters', () => {
    expect(checkLines(checks, 'zh', false)).toEqual([
      '✓ Node  a     好',
      '✗ 配置  file  坏',
      '        → 修',
      '',
      '发现 1 个问题（共 2 项）',
    ]);
  });

  it('are in the language that is asked for, else the computer’s', () => {
    expect(languageOf('en', { LANG: 'zh_CN.UTF-8' })).toBe('en');
    expect(languageOf(undefined, { LANG: 'zh_CN.UTF-8' })).toBe('zh');
    expect(languageOf(undefined, { LC_ALL: 'C', LANG: 'zh_CN.UTF-8' })).toBe('en');
    expect(languageOf(undefined, { LANG: 'en_US.UTF-8' })).toBe('en');
  });
});
