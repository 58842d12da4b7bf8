/**
 * Plays a scenario on a running hall: kiosk and clerks through the hub's API, hands through the panel's. What was done is
 * written down as it is done; in the end it is compared with what arrived.
 */
import { checkHall } from './check-hall.ts';
import { type Arrived, compareDay } from './compare.ts';
import { createDayClock, waitMs } from './day-clock.ts';
import type { Day, Visitor } from './day.ts';
import { workAtWindow } from './desk.ts';
import { createFaultHand } from './faults.ts';
import type { Scenario } from './format.ts';
import { createCaller } from './http.ts';
import { allEvents, createHub, type HubDevice, type HubTokens } from './hub.ts';
import { createKeys } from './keys.ts';
import { emptyLedger, type Ledger } from './ledger.ts';
import { createLocks } from './locks.ts';
import { createPanel, evaluatorOf, unitOf } from './panel.ts';
import { watchPapers } from './papers.ts';
import { clockTime, type Planned, planDay } from './plan.ts';
import type { ScenarioCounts, ScenarioProgress, ScenarioReport } from './progress.ts';
import { readScenario, scenarioFaultLines } from './read-scenario.ts';
import { createVisitors } from './visitor.ts';

export type { ScenarioProgress, ScenarioReport } from './progress.ts';

export type ScenarioRunnerOptions = {
  /** addresses, as http://127.0.0.1:8480/ */
  hub: string;
  panel: string;
  tokens: HubTokens;
  /** the far end that the hub reports to; left out: it is not asked */
  central?: { url: string; token: string };
  /** ms of the wall's clock; default Date.now */
  now?: () => number;
  /** makes the taps of one day different from those of any other; default from the clock */
  run?: () => string;
  /** how long an agent may be away before a call is given up, ms; default 120000 */
  patienceMs?: number;
  /** how long the hall may take after closing time until everything has arrived, ms; default 120000 */
  clearingMs?: number;
  /** told after everything that changes `progress()` */
  onChange?: () => void;
};
export type StartOptions = {
  seed?: number;
  speed?: number;
  /** name in sentences about the file */ file?: string;
};
/** `done` never rejects: what went wrong is in the progress. */
export type Started = { ok: true; done: Promise<ScenarioProgress> } | { ok: false; why: string[] };

export type ScenarioRunner = {
  /** Begins a day, of a file's text or a scenario that has been read. Refused while another one runs. */
  start(source: string | Scenario, options?: StartOptions): Started;
  /** Ends the day early, and cleanly: services are ended, faults off, cables in, then it compares. A second time: at once. */
  stop(): Promise<void>;
  progress(): ScenarioProgress;
};

const LINES_KEPT = 100;
const LOOK_MS = 250;

export function createScenarioRunner(options: ScenarioRunnerOptions): ScenarioRunner {
  const now = options.now ?? Date.now;
  let running: {
    done: Promise<ScenarioProgress>;
    hurry: () => void;
    abort: () => void;
    stopped: boolean;
  } | null = null;
  let state = blank();
  /** what changes by itself while it runs */
  let live: () => Partial<ScenarioProgress> = () => ({});

  const progress = (): ScenarioProgress => ({ ...state, lines: [...state.lines], ...live() });
  const set = (change: Partial<ScenarioProgress>) => {
    state = { ...state, ...change };
    options.onChange?.();
  };
  const say = (line: string) => {
    state.lines = [...state.lines, line].slice(-LINES_KEPT);
    options.onChange?.();
  };

  async function play(
    scenario: Scenario,
    seed: number,
    speed: number,
    plan: Planned[],
    abort: AbortController,
  ) {
    const { signal } = abort;
    const hub = createHub(options.hub, options.tokens, signal, options.patienceMs);
    const panel = createPanel(options.panel, signal);
    const check = await checkHall(scenario, plan, hub, panel);
    if (!check.ok) return set({ state: 'failed', phase: null, why: check.why });
    const { places, devices } = check;
    const before = { since: await hub.startedAt(), readings: readingsOf(places.hubDevices) };
    const after = (await hub.health()).journal.lastSeq;
    // Somebody switches the evaluators on in the morning: their presses count from 1.
    for (const { device } of places.evaluators.values())
      if (devices.find(({ id }) => id === device)?.kind === 'evaluator') {
        if (evaluatorOf(await panel.get(device)).pressesWaiting > 0)
          return set({
            state: 'failed',
            phase: null,
            why: [`${device} still holds presses of earlier; wait until the hub has taken them`],
          });
        await panel.act(device, 'power-cycle');
      }

    const startedAt = new Date(now()).toISOString();
    const ledger = emptyLedger();
    const clock = createDayClock(scenario.from, speed, now);
    const visitors = new Map<string, Visitor>();
    const day: Day = {
      hub,
      panel,
      clock,
      places,
      ledger,
      signal,
      visitors,
      say: (line) => say(`${clockTime(clock.time())} ${line}`),
      trouble: (trouble) => {
        ledger.troubles.push({ ...clock.moment(), trouble });
        say(`${clockTime(clock.time())} ${trouble}`);
      },
    };
    const alone = createLocks();
    const faults = createFaultHand(day, alone, devices);
    const keys = createKeys(day, alone, faults);
    const papers = await watchPapers(day, alone);
    const doors = createVisitors(day, alone, papers, options.run?.() ?? `sim-${now().toString(36)}`);
    const planned = plan.filter(({ what }) => what === 'arrive').length;
    live = () => {
      const time = clock.over ? scenario.until : Math.min(scenario.until, clock.time());
      return {
        time: clockTime(time),
        share: (time - scenario.from) / (scenario.until - scenario.from),
        counts: countsOf(ledger, planned, faults.count()),
      };
    };
    if (running) running.hurry = () => clock.end();
    set({ phase: 'day' });

    const told = (error: unknown) => {
      if (!signal.aborted) day.trouble(error instanceof Error ? error.message : String(error));
    };
    try {
      const windows = [...new Set(plan.flatMap((each) => (each.what === 'window' ? [each.window] : [])))];
      const desks = windows.map((number) =>
        workAtWindow(
          day,
          keys,
          number,
          plan.filter((each) => each.what === 'window' && each.window === number) as Parameters<
            typeof workAtWindow
          >[3],
        ).catch(told),
      );
      const lives: Promise<void>[] = [];
      for (const each of plan) {
        await clock.until(each.at);
        signal.throwIfAborted();
        if (clock.over) break;
        if (each.what === 'arrive') lives.push(doors.arrive(each).catch(told));
        else if (each.what === 'fault')
          await faults.on(each.n, each.device, each.fault, each.options).catch(told);
        else if (each.what === 'fault-end') await faults.off(each.n, each.device, each.fault).catch(told);
      }
      await clock.until(scenario.until);
      const stopped = clock.over;
      clock.end();
      set({ phase: 'clearing' });
      await faults.allOff().catch(told);
      await Promise.all(desks);
      await Promise.all(lives);
      for (const visitor of visitors.values())
        if (visitor.done.outcome === 'waiting') await doors.goHome(visitor).catch(told);
      await keys.settled();
      signal.throwIfAborted();
      const clear = await clearing(hub, panel, places.evaluators.values(), after, signal);
      for (const trouble of clear.troubles) day.trouble(trouble);

      set({ phase: 'comparing' });
      const hubEvents = await hub.events(after);
      const arrived: Arrived = {
        after,
        hub: hubEvents,
        central: await centralEvents(hubEvents, places.agentId, after, signal),
        papers: await papers.all(),
        read: readBetween(
          before.readings,
          (await hub.startedAt()) === before.since ? readingsOf(await hub.devices()) : null,
          scenario,
          faults.had,
        ),
      };
      const compared = compareDay(ledger, arrived);
      const report: ScenarioReport = {
        report: 1,
        scenario: scenario.name,
        seed,
        speed,
        startedAt,
        endedAt: new Date(now()).toISOString(),
        stopped,
        equal: compared.differences.length === 0,
        ...compared,
        counts: countsOf(ledger, planned, faults.count()),
        done: ledger,
      };
      const last = live();
      live = () => ({});
      set({
        ...last,
        state: 'finished',
        phase: null,
        report,
        why: report.differences.map(({ what, sentence }) => `${what}: ${sentence}`),
      });
    } finally {
      clock.end();
      // Aborted, or something broke: nothing is left broken in the hall.
      if (faults.count() > 0) await leaveInOrder(ledger);
    }
  }

  /** With a signal of its own: the day's has been aborted. */
  async function leaveInOrder(ledger: Ledger): Promise<void> {
    const panel = createPanel(options.panel, AbortSignal.timeout(10_000), 3000);
    for (const { device, fault, off } of ledger.faults) {
      if (off) continue;
      const mended =
        fault === 'unplugged' ? panel.act(device, 'plug') : panel.setFault(device, fault, false, {});
      await mended.catch((error: unknown) => say((error as Error).message));
    }
  }

  /** Until the devices hold no press and the far end has everything; says what did not come in time. */
  async function clearing(
    hub: ReturnType<typeof createHub>,
    panel: ReturnType<typeof createPanel>,
    evaluators: Iterable<{ kind: string; device: string; address?: number }>,
    after: number,
    signal: AbortSignal,
  ): Promise<{ troubles: string[] }> {
    const until = now() + (options.clearingMs ?? 120_000);
    const troubles: string[] = [];
    for (const { device, kind, address } of evaluators) {
      for (;;) {
        const one = await panel.get(device);
        const waiting =
          kind === 'line' ? (unitOf(one, address ?? 0)?.waiting ? 1 : 0) : evaluatorOf(one).pressesWaiting;
        if (waiting === 0) break;
        if (now() > until) {
          troubles.push(`${device} still holds ${waiting} presses that the hub has not acknowledged`);
          break;
        }
        await waitMs(LOOK_MS, signal);
      }
    }
    if (!options.central) return { troubles };
    const { journal, agentId } = await hub.health();
    for (;;) {
      const there = await centralCaller(signal).again(
        'GET',
        `events?agent=${encodeURIComponent(agentId)}&after=${Math.max(after, journal.lastSeq) - 1}&limit=1`,
      );
      if (there.kind === 'answered' && there.ok && Array.isArray(there.body) && there.body.length > 0) break;
      if (journal.lastSeq <= after) break;
      if (now() > until) {
        troubles.push(`the central server does not have seq ${journal.lastSeq} of ${agentId} yet`);
        break;
      }
      await waitMs(LOOK_MS, signal);
    }
    return { troubles };
  }

  const centralCaller = (signal: AbortSignal) =>
    createCaller({
      base: new URL('api/v1/', options.central?.url).href,
      ...(options.central?.token === undefined ? {} : { token: options.central.token }),
      signal,
      patienceMs: 30_000,
    });

  /** What the far end has of this day; the hub goes on writing meanwhile, so the last ones are waited for. */
  async function centralEvents(
    hubEvents: readonly unknown[],
    agentId: string,
    after: number,
    signal: AbortSignal,
  ) {
    if (!options.central) return null;
    const last = (hubEvents.at(-1) as { seq?: number } | undefined)?.seq ?? after;
    const until = now() + 20_000;
    for (;;) {
      const there = await allEvents(
        centralCaller(signal),
        `events?agent=${encodeURIComponent(agentId)}`,
        after,
      );
      const seen = (there.at(-1) as { seq?: number } | undefined)?.seq ?? after;
      if (seen >= last || now() > until) return there;
      await waitMs(LOOK_MS, signal);
    }
  }

  function start(source: string | Scenario, { seed, speed, file = 'scenario' }: StartOptions = {}): Started {
    if (running) return { ok: false, why: [`"${state.name}" is still running`] };
    const read = typeof source === 'string' ? readScenario(source) : { ok: true as const, scenario: source };
    if (!read.ok) return { ok: false, why: scenarioFaultLines(file, read.faults) };
    const { scenario } = read;
    const day = { seed: seed ?? scenario.seed, speed: speed ?? scenario.speed };
    const plan = planDay(scenario, day.seed);
    const abort = new AbortController();
    live = () => ({});
    state = blank();
    set({ state: 'running', phase: 'checking', name: scenario.name, ...day });
    const done = play(scenario, day.seed, day.speed, plan, abort)
      .catch((error: unknown) => {
        const last = live();
        live = () => ({});
        set({
          ...last,
          state: 'failed',
          phase: null,
          why: [error instanceof Error ? error.message : String(error)],
        });
      })
      .then(() => {
        // What watches the day ends with it.
        abort.abort(new Error('the day is over'));
        running = null;
        return progress();
      });
    const kill = () => abort.abort(new Error('stopped at once'));
    running = { done, hurry: kill, abort: kill, stopped: false };
    return { ok: true, done };
  }

  return {
    start,
    async stop() {
      const it = running;
      if (!it) return;
      if (it.stopped) it.abort();
      it.stopped = true;
      it.hurry();
      await it.done;
    },
    progress,
  };
}

function blank(): ScenarioProgress {
  return {
    state: 'idle',
    phase: null,
    name: null,
    seed: null,
    speed: null,
    time: null,
    share: 0,
    counts: countsOf(emptyLedger(), 0, 0),
    lines: [],
    why: [],
    report: null,
  };
}

function countsOf({ visitors, presses }: Ledger, planned: number, faultsOn: number): ScenarioCounts {
  const of = (outcome: (typeof visitors)[number]['outcome']) =>
    visitors.filter((visitor) => visitor.outcome === outcome).length;
  const waiting = of('waiting');
  return {
    arrived: visitors.length,
    planned,
    inHall: waiting + of('called') + of('arriving'),
    waiting,
    served: of('served'),
    missed: of('missed'),
    cancelled: of('cancelled'),
    pressed: presses.filter(({ taken }) => taken === 'taken').length,
    faultsOn,
  };
}

type Readings = Map<string, number>;
/** Cards and codes that each reader and scanner has read since the hub was started. */
function readingsOf(devices: readonly HubDevice[]): Readings {
  return new Map(
    devices.flatMap(({ id, kind, counters }): [string, number][] => {
      if (kind === 'reader') return [[id, (counters['cardsRead'] ?? 0) + (counters['cardsUnreadable'] ?? 0)]];
      if (kind === 'scanner') return [[id, counters['scans'] ?? 0]];
      return [];
    }),
  );
}

/** `later` null: the hub was started again meanwhile. */
function readBetween(
  before: Readings,
  later: Readings | null,
  { cards, codes }: Scenario,
  troubled: (device: string) => boolean,
): Arrived['read'] {
  const at = (what: 'cards' | 'codes', device: string) => ({
    what,
    device,
    count: later && (later.get(device) ?? 0) - (before.get(device) ?? 0),
    troubled: troubled(device),
  });
  return [
    ...[...new Set(cards.map(({ reader }) => reader))].map((reader) => at('cards', reader)),
    ...[...new Set(codes.map(({ scanner }) => scanner))].map((scanner) => at('codes', scanner)),
  ];
}
