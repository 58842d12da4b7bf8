/**
 * Plays a scenario on a running hall: kiosk and clerks through the hub's API, hands through the panel's. What was done is
 * written down as it is done; in the end it is compared with what arrived.
 */
import type { Scenario } from './format.ts';
import { NoAnswer } from './http.ts';
import type { HubTokens } from './hub.ts';
import { emptyLedger } from './ledger.ts';
import { planDay } from './plan.ts';
import { playDay } from './play-day.ts';
import { countsOf, type ScenarioProgress } from './progress.ts';
import { readScenario, scenarioFaultLines } from './read-scenario.ts';

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
  /** its name in sentences about the file */
  file?: string;
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

/** What the runner keeps of a day that goes on. */
type Running = {
  done: Promise<ScenarioProgress>;
  /** ends the day early; until it has begun, at once */
  hurry: () => void;
  abort: () => void;
  stopped: boolean;
};

export function createScenarioRunner(options: ScenarioRunnerOptions): ScenarioRunner {
  let running: Running | null = null;
  let state = blank();
  /** what changes by itself while it runs */
  let live: () => Partial<ScenarioProgress> = () => ({});

  const progress = (): ScenarioProgress => ({ ...state, lines: [...state.lines], ...live() });
  const set = (change: Partial<ScenarioProgress>) => {
    state = { ...state, ...change };
    options.onChange?.();
  };
  /** Nothing changes by itself any more. */
  const settle = (change: Partial<ScenarioProgress>) => {
    const last = live();
    live = () => ({});
    set({ ...last, phase: null, ...change });
  };

  function start(source: string | Scenario, { seed, speed, file = 'scenario' }: StartOptions = {}): Started {
    if (running) return { ok: false, why: [`"${state.name}" is still running`] };
    const read = typeof source === 'string' ? readScenario(source) : { ok: true as const, scenario: source };
    if (!read.ok) return { ok: false, why: scenarioFaultLines(file, read.faults) };
    const { scenario } = read;
    const day = { seed: seed ?? scenario.seed, speed: speed ?? scenario.speed };
    const abort = new AbortController();
    const kill = () => abort.abort(new Error('stopped at once'));
    live = () => ({});
    state = blank();
    set({ state: 'running', phase: 'checking', name: scenario.name, ...day });
    const played = playDay(
      { ...options, now: options.now ?? Date.now, signal: abort.signal },
      { scenario, plan: planDay(scenario, day.seed), ...day },
      {
        say: (line) => set({ lines: [...state.lines, line].slice(-LINES_KEPT) }),
        phase: (phase) => set({ phase }),
        begun(hurry, look) {
          live = look;
          if (running) running.hurry = hurry;
        },
      },
    );
    const done = played
      .then(
        (outcome) => {
          if (!outcome.ok) return settle({ state: 'failed', failure: 'does-not-fit', why: outcome.why });
          const { report } = outcome;
          const why = report.differences.map(({ what, sentence }) => `${what}: ${sentence}`);
          settle({ state: 'finished', report, why });
        },
        (error: unknown) =>
          settle({
            state: 'failed',
            failure: error instanceof NoAnswer && state.phase === 'checking' ? 'no-answer' : 'broke-off',
            why: [error instanceof Error ? error.message : String(error)],
          }),
      )
      .then(() => {
        // What watches the day ends with it.
        abort.abort(new Error('the day is over'));
        running = null;
        return progress();
      });
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
    failure: null,
    why: [],
    report: null,
  };
}
