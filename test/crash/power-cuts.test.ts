/**
 * Power cuts of the hub at random moments, while evaluators press, kiosks tap, clerks work and the link drains.
 * The oracle knows only what was acknowledged: an ACK that the device received, an answer that the kiosk received.
 * Each of these must be at the far end exactly once, and no number may be given twice.
 *
 * HALL_CRASHES sets how many cuts (CI: 200). The random moments come from a recorded seed.
 */
import { randomUUID } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  startEvaluator,
  startPrinter,
  type EvaluatorHandle,
  type PrinterHandle,
} from '../../firmware-sim/index.ts';
import type { HallEvent } from '../../kiosk-agent/contract/events.ts';
import { verifyJournal } from '../../kiosk-agent/journal/verify.ts';
import { Register } from '../../kiosk-agent/web/staff.ts';
import { hallYaml } from '../harness/hall.ts';
import { api, ROOT, startProgram, temporaryFolder, until, type Program } from '../harness/programs.ts';

const CRASHES = Number(process.env['HALL_CRASHES'] ?? 6);
const SEED = 20261123;
const folder = temporaryFolder('crash');
const state = join(folder.path, 'hub');
const centralState = join(folder.path, 'central');
const file = join(folder.path, 'hall.yaml');
const random = generator(SEED);

let central: Program;
let hub: Program;
const evaluators: EvaluatorHandle[] = [];
let printer: PrinterHandle;
let tokens: { kiosk: string; clerk: string; integrator: string };
/** serial → `boot/seq` that the device was told is on disk */
const acknowledgedPresses = new Map<string, Set<string>>();
/** ticketId → number, as answered to the kiosk */
const acknowledgedTickets = new Map<string, string>();

beforeAll(async () => {
  // A window with an evaluator has its clerk; window 3 stays closed and its evaluator is pressed all the same.
  for (const number of [1, 2, 3]) {
    const serial = `CRASH-${number}`;
    const told = new Set<string>();
    acknowledgedPresses.set(serial, told);
    evaluators.push(
      await startEvaluator({
        port:
          number === 1 && process.platform !== 'win32'
            ? `pty:${join(folder.path, `evaluator-${number}`)}`
            : 'tcp:0',
        serial,
        onWire: (entry) => {
          if (entry.direction !== 'in') return;
          for (const [, boot, seq] of entry.decoded.matchAll(/\$ACK,([0-9A-F]{8}),(\d+)\*/g))
            told.add(`${boot}/${seq}`);
        },
      }),
    );
  }
  printer = await startPrinter({ port: 'tcp:0', speed: Number.POSITIVE_INFINITY });
  const linkToken = execFileSync(
    process.execPath,
    [
      join(ROOT, 'central', 'cli.ts'),
      'agent',
      'add',
      'hub-1',
      '--region',
      '371000000000',
      '--state',
      centralState,
    ],
    { encoding: 'utf8' },
  );
  writeFileSync(join(folder.path, 'link-token'), linkToken);
  central = await startCentral(0);
  writeFileSync(
    file,
    hallYaml(`devices:
${evaluators.map((each, index) => `  - {id: evaluator-${index + 1}, model: elp1, port: "${each.port}", window: ${index + 1}}`).join('\n')}
  - {id: printer-1, model: escpos-80, port: "${printer.port}"}
links: [{name: central, url: "socketio:${central.url.replace(/\/$/, '')}", token: "file:${join(folder.path, 'link-token')}"}]
`).replace('listen: "127.0.0.1:0"', `listen: "127.0.0.1:${await freePort()}"`),
  );
  const register = new Register(state);
  tokens = {
    kiosk: await register.createToken('kiosk', new Date()),
    clerk: await register.createToken('clerk', new Date()),
    integrator: await register.createToken('integrator', new Date()),
  };
  hub = await startHub();
}, 120_000);

afterAll(async () => {
  await hub?.end();
  await central?.end();
  for (const each of evaluators) await each.close();
  await printer?.close();
  folder[Symbol.dispose]();
});

it(
  `loses nothing that was acknowledged and doubles nothing over ${CRASHES} power cuts`,
  async () => {
    const over = new AbortController();
    const people = [
      ...evaluators.map((each) => presser(each, over.signal)),
      tapper(over.signal),
      tapper(over.signal),
      clerk(1, over.signal),
      clerk(2, over.signal),
    ];
    let cuts = 0;
    for (; cuts < CRASHES; cuts += 1) {
      await pause(20 + random() * 480);
      await hub.kill();
      // The far end has its own bad days.
      if (cuts % 20 === 7) {
        await central.kill();
        central = await startCentral(Number(new URL(central.url).port));
      }
      hub = await startHub();
    }
    await pause(1500);
    // Also a run of few cuts goes on until a visit has got as far as its rating.
    await until('a rating', async () =>
      (await eventsOfTheHub()).some(({ type }) => type === 'hall.rating.given'),
    );
    over.abort();
    await Promise.all(people);
    await settle();

    const events = await eventsAtTheFarEnd();
    const here = await eventsOfTheHub();
    expect(events.map((event) => event.seq)).toEqual(here.map((event) => event.seq));
    expect(events).toEqual(here);
    expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));

    const presses = new Map<string, number>();
    for (const event of events)
      if ((event.type === 'hall.rating.given' || event.type === 'hall.rating.ignored') && event.data.device) {
        const { serial, boot, seq } = event.data.device;
        presses.set(`${serial} ${boot}/${seq}`, (presses.get(`${serial} ${boot}/${seq}`) ?? 0) + 1);
      }
    const told = [...acknowledgedPresses].flatMap(([serial, set]) =>
      [...set].map((press) => `${serial} ${press}`),
    );
    expect(told.filter((press) => presses.get(press) !== 1)).toEqual([]);
    expect([...presses].filter(([, times]) => times !== 1)).toEqual([]);

    const reserved = events.filter((event) => event.type === 'hall.ticket.reserved');
    const numbers = reserved.map((event) => event.data.number);
    expect(new Set(numbers).size).toBe(numbers.length);
    for (const [ticketId, number] of acknowledgedTickets)
      expect(
        reserved.filter((event) => event.data.ticketId === ticketId).map((event) => event.data.number),
      ).toEqual([number]);

    const rated = events
      .filter((event) => event.type === 'hall.rating.given')
      .map((event) => event.data.session);
    expect(new Set(rated).size).toBe(rated.length);
    const sheets = printer
      .papers()
      .map((paper) => /[AB]\d{3,}/.exec(paper.text)?.[0])
      .filter((number) => number !== undefined);
    expect(new Set(sheets).size).toBe(sheets.length);

    // The run was worth something: people did get through between the cuts.
    expect(told.length).toBeGreaterThan(CRASHES);
    expect(acknowledgedTickets.size).toBeGreaterThan(CRASHES / 2);
    expect(rated.length).toBeGreaterThan(0);
    await hub.end();
    expect(verifyJournal(join(state, 'journal', 'journal.sqlite'))).toMatchObject({ ok: true });
    console.log(
      `${cuts} power cuts: ${told.length} presses and ${acknowledgedTickets.size} tickets acknowledged, ${rated.length} ratings, ${sheets.length} sheets, ${events.length} events, each once.`,
    );
  },
  CRASHES * 6000 + 120_000,
);

const startHub = (): Promise<Program> =>
  startProgram(
    'kiosk-agent/cli.ts',
    ['run', '-c', file, '--state', state, '--log', 'error'],
    /hall ready (http\S+)/,
  );
const startCentral = (port: number): Promise<Program> =>
  startProgram(
    'central/cli.ts',
    ['run', '--port', String(port), '--state', centralState],
    /central ready (http\S+)/,
  );

async function presser(evaluator: EvaluatorHandle, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    await pause(30 + random() * 200);
    // A device refuses a press when 32 wait for their ACK: nobody was thanked for that one.
    evaluator.press(1 + Math.floor(random() * 5));
  }
}

async function tapper(over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    const wish = { service: random() < 0.5 ? 'transfer' : 'mortgage', idempotencyKey: randomUUID() };
    // The kiosk repeats its tap with the same key until somebody answers.
    for (;;) {
      const answer = await api(hub.url, tokens.kiosk)('POST', 'tickets', wish).catch(() => null);
      if (answer && (answer.status === 201 || answer.status === 200)) {
        acknowledgedTickets.set(String(answer.body['ticketId']), String(answer.body['number']));
        break;
      }
      if (over.aborted) return;
      await pause(50);
    }
    await pause(random() * 150);
  }
}

async function clerk(window: number, over: AbortSignal): Promise<void> {
  const act = (action: string, content: object = {}): Promise<unknown> =>
    api(hub.url, tokens.clerk)('POST', `windows/${window}/${action}`, content).catch(() => null);
  while (!over.aborted) {
    await act('open', { staff: `100${window}` });
    await act('call-next');
    await act('start');
    await act('finish');
    await pause(random() * 200);
  }
}

/** Every press is acknowledged, every ticket's paper is settled, and the far end is level. */
async function settle(): Promise<void> {
  await until(
    'all presses to be acknowledged',
    () => evaluators.every((each) => each.state().pressesWaiting === 0),
    60_000,
  );
  await until(
    'the link to be level',
    async () => {
      const { body } = await api(hub.url, tokens.integrator)('GET', 'health');
      return (body['journal'] as { backlog: number }).backlog === 0;
    },
    90_000,
  );
}

async function eventsOfTheHub(): Promise<HallEvent[]> {
  return pages((after) => api(hub.url, tokens.integrator)('GET', `events?after=${after}&limit=1000`));
}

async function eventsAtTheFarEnd(): Promise<HallEvent[]> {
  return pages((after) => api(central.url, '')('GET', `events?agent=hub-1&after=${after}&limit=1000`));
}

async function pages(
  page: (after: number) => Promise<{ status: number; body: unknown }>,
): Promise<HallEvent[]> {
  const all: HallEvent[] = [];
  for (;;) {
    const { status, body } = await page(all.at(-1)?.seq ?? 0);
    expect(status).toBe(200);
    const events = body as HallEvent[];
    if (events.length === 0) return all;
    all.push(...events);
  }
}

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  return typeof address === 'object' && address ? address.port : 0;
}

/** mulberry32: the same moments for the same seed, as far as the machine allows. */
function generator(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
