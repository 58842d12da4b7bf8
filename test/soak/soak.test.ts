/**
 * A full hall at once on pseudo-terminals: 40 evaluators, 4 lines of pads, 4 printers, 2 card readers, with cables
 * pulled at random. The agent is a program of its own, so that its event loop and memory are its own too. The oracle is
 * what the devices know: every press that a key has taken, every key that a pad was told is taken, every sheet that came out.
 *
 * HALL_SOAK_SECONDS sets how long (the full run: 600). The random moments come from a recorded seed.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startFf68Bus, type Ff68BusHandle } from '../../firmware-sim/ff68/bus.ts';
import type { Ff68PadState } from '../../firmware-sim/ff68/machine.ts';
import { startIdReader, type IdReaderHandle } from '../../firmware-sim/id-reader/id-reader.ts';
import { samplePeople, type SamplePerson } from '../../firmware-sim/id-reader/people.ts';
import {
  startEvaluator,
  startPrinter,
  type EvaluatorHandle,
  type PrintedPaper,
  type PrinterHandle,
} from '../../firmware-sim/index.ts';
import type { HallEvent } from '../../kiosk-agent/contract/events.ts';
import type { DeviceView, WindowView } from '../../kiosk-agent/contract/live.ts';
import { Register } from '../../kiosk-agent/web/staff.ts';
import { seeded } from '../fuzz/hostile.ts';
import { api, ROOT, startProgram, temporaryFolder, until, type Program } from '../harness/programs.ts';

const SECONDS = Number(process.env['HALL_SOAK_SECONDS'] ?? 5);
const SEED = 20261123;
const WINDOWS = 40;
const PADS_A_LINE = 10;
const LINES = WINDOWS / PADS_A_LINE;
const PRINTERS = 4;
const READERS = 2;
const KEY = { evaluate: 0x0b, next: 0x0c };
/** Two equal frames within 400 ms are one press (FF68). */
const TWO_PRESSES_MS = 500;
const LOW_MM = 5_000;

const random = seeded(SEED);
const people = Object.keys(samplePeople) as SamplePerson[];
const folder = temporaryFolder('soak');
const state = join(folder.path, 'hub');
const port = (name: string) => `pty:${join(folder.path, name)}`;

let hub: Program;
let as: Record<'kiosk' | 'clerk' | 'integrator' | 'technician', ReturnType<typeof api>>;
const evaluators: EvaluatorHandle[] = [];
const lines: Ff68BusHandle[] = [];
const printers: PrinterHandle[] = [];
const readers: IdReaderHandle[] = [];
const papers: PrintedPaper[] = [];

beforeAll(async () => {
  const file = join(folder.path, 'hall.yaml');
  const serial = (name: string) => `serial:${join(folder.path, name)}`;
  const devices = [
    ...Array.from({ length: WINDOWS }, (_, at) => ({
      id: `evaluator-${at + 1}`,
      model: 'elp1',
      port: serial(`evaluator-${at + 1}`),
      window: at + 1,
    })),
    ...Array.from({ length: LINES }, (_, line) => ({
      id: `pads-${line}`,
      model: 'ff68',
      port: serial(`pads-${line}`),
      addresses: Object.fromEntries(
        Array.from({ length: PADS_A_LINE }, (_, at) => {
          const window = line * PADS_A_LINE + at + 1;
          return [at + 1, { window, as: 'pad', staff: `S${window}` }];
        }),
      ),
    })),
    ...Array.from({ length: PRINTERS }, (_, n) => ({
      id: `printer-${n}`,
      model: 'escpos-80',
      port: serial(`printer-${n}`),
    })),
    ...Array.from({ length: READERS }, (_, n) => ({
      id: `reader-${n}`,
      model: 'sdt',
      port: serial(`reader-${n}`),
    })),
  ];
  mkdirSync(state, { recursive: true });
  // JSON is YAML.
  writeFileSync(
    file,
    JSON.stringify({
      hall: {
        id: 'soak',
        name: { zh: '测试', en: 'Test' },
        region: '371000000000',
        timeZone: 'Asia/Shanghai',
      },
      agent: { id: 'hub-1', role: 'hub', listen: '127.0.0.1:0' },
      services: [{ id: 'transfer', prefix: 'A', name: { zh: '转移登记', en: 'Transfer' } }],
      windows: Array.from({ length: WINDOWS }, (_, at) => ({ number: at + 1, services: ['transfer'] })),
      devices,
    }),
  );
  const register = new Register(state);
  const tokens: [keyof typeof as, string][] = [];
  for (const role of ['kiosk', 'clerk', 'integrator', 'technician'] as const)
    tokens.push([role, await register.createToken(role, new Date())]);
  hub = await startProgram(
    'kiosk-agent/cli.ts',
    ['run', '-c', file, '--state', state, '--log', 'error'],
    /hall ready (\S+)/,
  );
  // After the agent: a child would inherit the devices' ends of the lines, and no cable could be pulled.
  for (let n = 1; n <= WINDOWS; n++)
    evaluators.push(await startEvaluator({ port: port(`evaluator-${n}`), serial: `SOAK-${n}` }));
  for (let n = 0; n < LINES; n++)
    lines.push(
      await startFf68Bus({
        port: port(`pads-${n}`),
        addresses: Object.fromEntries(
          Array.from({ length: PADS_A_LINE }, (_, at) => [at + 1, 'pad' as const]),
        ),
      }),
    );
  for (let n = 0; n < PRINTERS; n++)
    printers.push(
      await startPrinter({ port: port(`printer-${n}`), speed: 2000, onPaper: (paper) => papers.push(paper) }),
    );
  for (let n = 0; n < READERS; n++) readers.push(await startIdReader({ port: port(`reader-${n}`) }));
  as = Object.fromEntries(tokens.map(([role, token]) => [role, api(hub.url, token)])) as typeof as;
  await allReady();
}, 120_000);
afterAll(async () => {
  await hub?.end();
  await Promise.all([...evaluators, ...lines, ...printers, ...readers].map((device) => device.close()));
  folder[Symbol.dispose]();
});

const views = async () => (await as.technician('GET', 'devices')).body as unknown as DeviceView[];
const allReady = () =>
  until(
    'all devices',
    async () => {
      const away = (await views()).filter((each) => each.state !== 'ready');
      if (away.length === 0) return true;
      throw new Error(away.map(({ id, state, fault }) => `${id} ${state} ${fault ?? ''}`).join(', '));
    },
    60_000,
  );
const pad = (window: number) => {
  const line = lines[Math.floor((window - 1) / PADS_A_LINE)]!;
  const address = ((window - 1) % PADS_A_LINE) + 1;
  return { line, address, state: () => line.state().devices[address] as Ff68PadState };
};
const events = async (): Promise<HallEvent[]> => {
  const all: HallEvent[] = [];
  for (;;) {
    const { body } = await as.integrator('GET', `events?after=${all.at(-1)?.seq ?? 0}&limit=1000`);
    const page = body as unknown as HallEvent[];
    all.push(...page);
    if (page.length < 1000) return all;
  }
};
/** Of the p99 of each two seconds: what is usual, rare and the worst. */
const spread = (values: number[]) => {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return { median: at(0.5), p95: at(0.95), worst: sorted.at(-1) };
};
const metric = (text: string, name: string) => Number(new RegExp(`^${name} (\\S+)`, 'm').exec(text)?.[1]);

it(
  `loses nothing and doubles nothing in ${SECONDS} s of pulled cables`,
  async () => {
    let over = false;
    const keysPressed = { next: 0, evaluate: 0 };
    const pressed = new Map<string, number>();
    const samples: { p99Ms: number; ownP99Ms: number; heapMb: number; rssMb: number }[] = [];
    // A computer that stands still is no fault of the agent: this process is its witness.
    const own = monitorEventLoopDelay({ resolution: 10 });
    own.enable();
    let cardsLaid = 0;
    let unplugs = 0;
    let taken = 0;

    /** Presses a key of a pad until the pad is told that it is taken. */
    const press = async (window: number, key: number): Promise<void> => {
      const { line, address, state } = pad(window);
      const before = state().acknowledged;
      line.press(address, key);
      await until(`the key of pad ${window}`, () => state().acknowledged > before, 60_000);
      await pause(TWO_PRESSES_MS);
    };
    const clerk = async (window: number): Promise<void> => {
      const look = async () => (await as.clerk('GET', `windows/${window}`)).body as unknown as WindowView;
      while (!over) {
        await pause(300 + random() * 1500);
        keysPressed.next += 1;
        await press(window, KEY.next);
        if ((await look()).state !== 'called') continue;
        keysPressed.evaluate += 1;
        await press(window, KEY.evaluate);
        const evaluator = evaluators[window - 1]!;
        if (random() < 0.9 && evaluator.press(1 + Math.floor(random() * 5)))
          pressed.set(evaluator.serial, (pressed.get(evaluator.serial) ?? 0) + 1);
      }
    };
    const visitors = async (): Promise<void> => {
      while (!over) {
        const answer = await as.kiosk('POST', 'tickets', {
          service: 'transfer',
          idempotencyKey: randomUUID(),
        });
        expect(answer.status).toBe(201);
        taken += 1;
      }
    };
    const cards = async (reader: IdReaderHandle): Promise<void> => {
      while (!over) {
        reader.putCard(people[Math.floor(random() * people.length)]!);
        cardsLaid += 1;
        await pause(1500);
        reader.liftCard();
        await pause(700);
      }
    };
    const hands = async (): Promise<void> => {
      const all = [...evaluators, ...lines, ...printers, ...readers];
      while (!over) {
        await pause(100 + random() * 400);
        const device = all[Math.floor(random() * all.length)]!;
        if (!device.plugged) continue;
        unplugs += 1;
        await device.unplug();
        void pause(100 + random() * 2500).then(() => device.plug());
      }
    };
    const watch = async (): Promise<void> => {
      while (!over) {
        await pause(2000);
        // A roll is good for some 600 tickets; somebody puts in the next one.
        for (const printer of printers) if (printer.state().rollMm < LOW_MM) printer.loadPaper();
        const text = await (await fetch(new URL('api/v1/metrics', hub.url))).text();
        samples.push({
          p99Ms: metric(text, 'nodejs_eventloop_lag_p99_seconds') * 1000,
          ownP99Ms: own.percentile(99) / 1e6,
          heapMb: metric(text, 'nodejs_heap_size_used_bytes') / 1e6,
          rssMb: metric(text, 'process_resident_memory_bytes') / 1e6,
        });
        own.reset();
      }
    };
    const life = [
      ...Array.from({ length: WINDOWS }, (_, at) => clerk(at + 1)),
      ...Array.from({ length: 3 }, visitors),
      ...readers.map(cards),
      hands(),
      watch(),
    ];
    await Promise.race([pause(SECONDS * 1000), Promise.all(life)]);
    over = true;
    await Promise.all(life);
    for (const device of [...evaluators, ...lines, ...printers, ...readers]) await device.plug();
    await allReady();
    await until('all presses', () => evaluators.every((each) => each.state().pressesWaiting === 0), 60_000);
    const log = await events();
    const of = <T extends HallEvent['type']>(type: T) =>
      log.filter((event): event is Extract<HallEvent, { type: T }> => event.type === type);

    // Every press of a visitor is there once, as given or ignored.
    for (const { serial } of evaluators) {
      const seqs = [...of('hall.rating.given'), ...of('hall.rating.ignored')]
        .filter((event) => event.data.device?.serial === serial)
        .map((event) => event.data.device?.seq ?? 0)
        .sort((a, b) => a - b);
      expect(seqs, serial).toEqual(Array.from({ length: pressed.get(serial) ?? 0 }, (_, at) => at + 1));
    }
    // Every evaluate key ended one service; nobody was called twice or by two.
    expect(of('hall.ticket.finished')).toHaveLength(keysPressed.evaluate);
    const called = of('hall.ticket.called').map((event) => event.data.ticketId);
    expect(new Set(called).size).toBe(called.length);
    expect(called.length).toBeLessThanOrEqual(keysPressed.next);
    expect(called.length).toBe(keysPressed.evaluate);
    // Every tap has its own number, and no number two papers.
    const numbers = of('hall.ticket.reserved').map((event) => event.data.number);
    expect(numbers).toHaveLength(taken);
    expect(new Set(numbers).size).toBe(numbers.length);
    const onPaper = new Map<string, number>();
    for (const { text } of papers)
      for (const [number] of text.matchAll(/\bA\d{3,}\b/g))
        onPaper.set(number, (onPaper.get(number) ?? 0) + 1);
    expect([...onPaper].filter(([, sheets]) => sheets > 1)).toEqual([]);
    for (const { data } of of('hall.ticket.printed'))
      expect([data.number, onPaper.get(data.number)]).toEqual([data.number, 1]);
    for (const { data } of of('hall.ticket.print-failed'))
      expect([data.number, onPaper.get(data.number)]).toEqual([data.number, undefined]);
    // No card was read twice.
    const cardsRead = (await views()).reduce((sum, each) => sum + (each.counters['cardsRead'] ?? 0), 0);
    expect(cardsRead).toBeLessThanOrEqual(cardsLaid);
    expect(cardsRead).toBeGreaterThan(cardsLaid / 2);

    const early = samples.slice(0, Math.ceil(samples.length / 4));
    const late = samples.slice(-Math.ceil(samples.length / 4));
    const mean = (list: typeof samples, field: 'heapMb' | 'rssMb') =>
      list.reduce((sum, each) => sum + each[field], 0) / list.length;
    const report = {
      seconds: SECONDS,
      seed: SEED,
      unplugs,
      tickets: taken,
      printed: of('hall.ticket.printed').length,
      printFailed: of('hall.ticket.print-failed').length,
      unconfirmed: of('hall.ticket.unconfirmed').length,
      calls: called.length,
      presses: [...pressed.values()].reduce((sum, each) => sum + each, 0),
      cards: `${cardsRead} of ${cardsLaid}`,
      events: log.length,
      eventLoopP99Ms: spread(samples.map(({ p99Ms }) => p99Ms)),
      eventLoopP99MsOfTheTestItself: spread(samples.map(({ ownP99Ms }) => ownP99Ms)),
      worstAtS:
        2 * samples.findIndex(({ p99Ms }) => p99Ms === Math.max(...samples.map((each) => each.p99Ms))),
      heapMb: { early: mean(early, 'heapMb'), late: mean(late, 'heapMb') },
      rssMb: { early: mean(early, 'rssMb'), late: mean(late, 'rssMb') },
    };
    mkdirSync(join(ROOT, 'test', 'artefacts'), { recursive: true });
    writeFileSync(join(ROOT, 'test', 'artefacts', 'soak.json'), `${JSON.stringify(report, null, 2)}\n`);
  },
  SECONDS * 1000 + 240_000,
);
