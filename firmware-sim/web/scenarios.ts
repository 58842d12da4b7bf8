/** The scenarios of the panel: files of a folder, played one at a time on the hall that the panel belongs to. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { boxPlaces, readTokens } from '../scenario/box.ts';
import { planDay } from '../scenario/plan.ts';
import type { ScenarioProgress } from '../scenario/progress.ts';
import { readScenario, scenarioFaultLines } from '../scenario/read-scenario.ts';
import { createScenarioRunner, type ScenarioRunner } from '../scenario/runner.ts';

export type ScenarioOptions = {
  /** folder of scenario files */
  folder?: string;
  /** state folder of the `npm start` that the panel belongs to; read when a scenario is started */
  box?: string;
  /** or the hall by itself: address of the hub, and the file with its tokens */
  hub?: { url: string; tokens: string };
  /** the far end; left out: the box's, or none */
  central?: { url: string; token: string };
};
/** Without what has been done in each single case: that is the report's, and long. */
export type ScenarioNow = Omit<ScenarioProgress, 'report'> & {
  report: Omit<NonNullable<ScenarioProgress['report']>, 'done'> | null;
};
export type Refused = {
  ok: false;
  code: 'no-scenario' | 'bad-scenario' | 'no-hall' | 'running';
  why: string[];
};

const fileName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,79}\.ya?ml$/;
const noHall =
  'No hall to play in: start the panel with --box DIR (the state folder of npm start), or with --hub URL --tokens FILE.';

/** `panel`: the panel's own address, known when it listens. `onChange`: what `now` says has changed. */
export function createScenarios(options: ScenarioOptions, panel: () => string, onChange: () => void) {
  const { folder } = options;
  let runner: ScenarioRunner | undefined;

  /** Throws a RangeError that says what is missing. */
  function places() {
    const { box, hub, central } = options;
    const found = hub
      ? { hub: hub.url, tokens: readTokens(hub.tokens) }
      : box === undefined
        ? undefined
        : boxPlaces(box);
    if (!found) throw new RangeError(noHall);
    return { ...found, ...(central && { central }), panel: panel() };
  }
  function files(): string[] {
    if (folder === undefined || !existsSync(folder)) return [];
    return readdirSync(folder)
      .filter((file) => fileName.test(file))
      .toSorted();
  }
  function describe(file: string) {
    const read = readScenario(readFileSync(join(folder ?? '', file), 'utf8'));
    if (!read.ok) return { file, ok: false as const, why: scenarioFaultLines(file, read.faults) };
    const { name, description, seed, speed, from, until, windows } = read.scenario;
    const plan = planDay(read.scenario, seed);
    return {
      file,
      ok: true as const,
      ...{ name, description: description ?? '', seed, speed, from, until },
      windows: Object.keys(windows).map(Number),
      visitors: plan.filter(({ what }) => what === 'arrive').length,
      faults: plan.filter(({ what }) => what === 'fault').length,
    };
  }
  function hall(): { ok: true } | { ok: false; why: string } {
    try {
      places();
      return { ok: true };
    } catch (error) {
      return { ok: false, why: (error as Error).message };
    }
  }

  return {
    folder: folder ?? null,
    /** What there is to play, and whether there is a hall to play it in. */
    list: () => ({ folder: folder ?? null, hall: hall(), files: files().map(describe) }),
    /** How it goes, or how the last one ended; null: none was played yet. */
    now(): ScenarioNow | null {
      if (!runner) return null;
      const { report, ...rest } = runner.progress();
      if (!report) return { ...rest, report: null };
      const { done: _done, ...told } = report;
      return { ...rest, report: told };
    },
    /** Begins a day; refused with sentences while another one runs, or when file or hall are not there. */
    start(file: string, how: { seed?: number; speed?: number }): { ok: true } | Refused {
      if (!files().includes(file))
        return {
          ok: false,
          code: 'no-scenario',
          why: [`There is no scenario "${file}"; there are: ${files().join(', ') || 'none'}`],
        };
      if (runner?.progress().state === 'running')
        return {
          ok: false,
          code: 'running',
          why: [`"${runner.progress().name}" is still running; stop it first.`],
        };
      const text = readFileSync(join(folder ?? '', file), 'utf8');
      const read = readScenario(text);
      if (!read.ok) return { ok: false, code: 'bad-scenario', why: scenarioFaultLines(file, read.faults) };
      let where: ReturnType<typeof places>;
      try {
        where = places();
      } catch (error) {
        return { ok: false, code: 'no-hall', why: [(error as Error).message] };
      }
      const fresh = createScenarioRunner({ ...where, onChange });
      const started = fresh.start(read.scenario, { ...how, file });
      if (!started.ok) return { ok: false, code: 'bad-scenario', why: started.why };
      runner = fresh;
      return { ok: true };
    },
    /** Ends the day early and cleanly; a second time: at once. Does not wait. */
    stop() {
      void runner?.stop();
    },
    /** Ends at once what runs; may be called twice. */
    async close() {
      if (runner?.progress().state !== 'running') return;
      void runner.stop();
      await runner.stop();
    },
  };
}
export type Scenarios = ReturnType<typeof createScenarios>;
