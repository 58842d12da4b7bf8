/** One day from the opening to the comparison. */
import { centralEvents, untilClear } from './arriving.ts';
import { checkHall } from './check-hall.ts';
import { compareDay } from './compare.ts';
import { createDayClock } from './day-clock.ts';
import type { Day, Visitor } from './day.ts';
import { workAtWindow } from './desk.ts';
import { createFaultHand, restore } from './faults.ts';
import type { Scenario } from './format.ts';
import { createHub, type HubTokens } from './hub.ts';
import { createKeys } from './keys.ts';
import { emptyLedger } from './ledger.ts';
import { createLocks } from './locks.ts';
import { createPanel, evaluatorOf } from './panel.ts';
import { watchPapers } from './papers.ts';
import { clockTime, type Planned } from './plan.ts';
import { countsOf, type ScenarioPhase, type ScenarioProgress, type ScenarioReport } from './progress.ts';
import { readBetween, readingsOf } from './readings.ts';
import { createVisitors } from './visitor.ts';

export type PlayOptions = {
  hub: string;
  panel: string;
  tokens: HubTokens;
  central?: { url: string; token: string };
  now: () => number;
  run?: () => string;
  patienceMs?: number;
  clearingMs?: number;
  /** aborts the day, at once */
  signal: AbortSignal;
};
export type PlayedDay = { scenario: Scenario; plan: readonly Planned[]; seed: number; speed: number };
/** Whoever watches the day. */
export type Watcher = {
  say: (line: string) => void;
  phase: (phase: ScenarioPhase) => void;
  /** The day has begun: `hurry` ends it early, `look` says how far it is. */
  begun: (hurry: () => void, look: () => Pick<ScenarioProgress, 'time' | 'share' | 'counts'>) => void;
};
export type Played = { ok: true; report: ScenarioReport } | { ok: false; why: string[] };

/** Before the day nobody waits for a hub that is not there, ms. */
const CHECK_MS = 5000;
const CLEARING_MS = 120_000;

/** Rejects when it is aborted, or when hub or panel are away for longer than `patienceMs`; nothing stays broken then. */
export async function playDay(options: PlayOptions, played: PlayedDay, watcher: Watcher): Promise<Played> {
  const { now, signal } = options;
  const { scenario, plan, seed, speed } = played;
  const panel = createPanel(options.panel, signal);
  const check = await checkHall(
    scenario,
    plan,
    createHub(options.hub, options.tokens, signal, CHECK_MS),
    createPanel(options.panel, signal, CHECK_MS),
  );
  if (!check.ok) return check;
  const { places, devices } = check;
  const hub = createHub(options.hub, options.tokens, signal, options.patienceMs);
  const before = { since: await hub.startedAt(), readings: readingsOf(places.hubDevices) };
  const after = (await hub.health()).journal.lastSeq;
  const numbered = [...places.evaluators.values()].filter(({ kind }) => kind === 'numbered');
  for (const { device } of numbered)
    if (evaluatorOf(await panel.get(device)).pressesWaiting > 0)
      return {
        ok: false,
        why: [`${device} still holds presses of earlier; wait until the hub has taken them`],
      };
  // Somebody switches the evaluators on in the morning: their presses count from 1.
  for (const { device } of numbered) await panel.act(device, 'power-cycle');

  const startedAt = new Date(now()).toISOString();
  const ledger = emptyLedger();
  const clock = createDayClock(scenario.from, speed, now);
  const visitors = new Map<string, Visitor>();
  const say = (line: string) => watcher.say(`${clockTime(clock.time())} ${line}`);
  const day: Day = {
    hub,
    panel,
    clock,
    places,
    ledger,
    signal,
    visitors,
    say,
    trouble(trouble) {
      ledger.troubles.push({ ...clock.moment(), trouble });
      say(trouble);
    },
  };
  const told = (error: unknown) => {
    if (!signal.aborted) day.trouble(error instanceof Error ? error.message : String(error));
  };
  const alone = createLocks();
  const faults = createFaultHand(day, alone, devices);
  const keys = createKeys(day, alone, faults);
  const papers = await watchPapers(day, alone);
  const doors = createVisitors(day, alone, papers, options.run?.() ?? `sim-${now().toString(36)}`);
  const planned = plan.filter(({ what }) => what === 'arrive').length;
  const counts = () => countsOf(ledger, planned, faults.count());
  watcher.begun(clock.end, () => {
    const time = clock.over ? scenario.until : Math.min(scenario.until, clock.time());
    const share = (time - scenario.from) / (scenario.until - scenario.from);
    return { time: clockTime(time), share, counts: counts() };
  });
  watcher.phase('day');

  try {
    const steps = plan.filter((each) => each.what === 'window');
    const desks = [...new Set(steps.map(({ window }) => window))].map((number) =>
      workAtWindow(
        day,
        keys,
        number,
        steps.filter(({ window }) => window === number),
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
    watcher.phase('clearing');
    await faults.allOff().catch(told);
    await Promise.all(desks);
    await Promise.all(lives);
    for (const visitor of visitors.values())
      if (visitor.done.outcome === 'waiting') await doors.goHome(visitor).catch(told);
    await keys.settled();
    signal.throwIfAborted();
    const until = now() + (options.clearingMs ?? CLEARING_MS);
    for (const trouble of await untilClear(day, options.central, after, now, until)) day.trouble(trouble);

    watcher.phase('comparing');
    const hubEvents = await hub.events(after);
    const compared = compareDay(ledger, {
      after,
      hub: hubEvents,
      central: options.central
        ? await centralEvents(options.central, places.agentId, after, hubEvents, now, signal)
        : null,
      papers: await papers.all(),
      read: readBetween(
        before.readings,
        (await hub.startedAt()) === before.since ? readingsOf(await hub.devices()) : null,
        scenario,
        faults.had,
      ),
    });
    return {
      ok: true,
      report: {
        report: 1,
        scenario: scenario.name,
        seed,
        speed,
        startedAt,
        endedAt: new Date(now()).toISOString(),
        stopped,
        equal: compared.differences.length === 0,
        ...compared,
        counts: counts(),
        done: ledger,
      },
    };
  } finally {
    clock.end();
    // Aborted, or something broke: a signal of its own, for the day's is gone.
    if (faults.count() > 0)
      await restore(createPanel(options.panel, AbortSignal.timeout(10_000), 3000), devices).catch(told);
  }
}
