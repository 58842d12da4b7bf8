/**
 * A year of a hall at full speed: the real executor on the real journal, a clock that the scenario sets, many commands under way at
 * once. Run it alone: `node test/year/year.ts [DAYS] [SEED]`. It prints what it measured and exits 1 when something does not agree.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Executor } from '../../kiosk-agent/executor.ts';
import type { HallEvent } from '../../kiosk-agent/contract/events.ts';
import { addDays, isWorkingDay } from '../../kiosk-agent/hall/calendar.ts';
import type { Command } from '../../kiosk-agent/hall/commands.ts';
import type { HallState } from '../../kiosk-agent/hall/state.ts';
import { GROUPS, statistics } from '../../kiosk-agent/hall/totals/statistics.ts';
import { openJournal, type Journal } from '../../kiosk-agent/journal/journal.ts';
import { verifyJournal } from '../../kiosk-agent/journal/verify.ts';
import { Chance } from './chance.ts';
import { Day } from './day.ts';
import { HALL } from './hall.ts';
import { Recount, type Line, type Sheet } from './recount.ts';
import { OldRule } from './old-rule.ts';
import type { Going } from './today.ts';

export type YearOptions = {
  days: number;
  visits: number;
  seed: number;
  folder: string;
  /** records older than this are let go of */
  keepDays: number;
  say?: (line: string) => void;
};
export type YearReport = {
  days: number;
  commands: number;
  refused: Record<string, number>;
  records: number;
  types: Record<string, number>;
  seconds: number;
  /** JSON of the snapshot, bytes, whole and by part; at the end of the first week and at the end */
  stateBytes: { early: Record<string, number>; end: Record<string, number> };
  entries: Record<string, number>;
  heapMiB: { early: number; end: number };
  diskBytes: { inAll: number; perRecord: number; folder: number; recordsKept: number };
  startMs: number;
  restored: boolean;
  verified: boolean;
  /** what does not agree between the hall and the recount; empty when all does */
  disagreements: string[];
  waits: Record<
    'now' | 'before',
    { promises: number; insideShare: number; meanAbsErrorS: number; meanWidthS: number }
  >;
  surges: number;
};

/** So many commands may wait for the disk at once. */
const UNDER_WAY = 1500;
const FIRST_DAY = '2026-01-05';

export async function runYear(options: YearOptions): Promise<YearReport> {
  const { folder, seed, say = () => undefined } = options;
  const begun = performance.now();
  let now = Date.parse(`${FIRST_DAY}T08:00:00+08:00`);
  const clock = (): Date => new Date(now);
  const identity = { folder, agentId: 'hub-1', hall: 'hall-1', region: '371000000000', clock };
  let { journal } = await openJournal(identity);
  let executor = new Executor(journal, HALL, clock);
  await executor.start();

  const recount = new Recount();
  const oldRule = new OldRule();
  const types: Record<string, number> = {};
  const refused: Record<string, number> = {};
  let heard: HallEvent[] | null = null;
  const listen = (opened: Journal): void => {
    const append = opened.append.bind(opened);
    opened.append = (drafts, ...more) => {
      const answer = append(drafts, ...more);
      heard = answer.events;
      return answer;
    };
  };
  listen(journal);

  let underWay: Promise<unknown>[] = [];
  let commands = 0;
  const ask = (command: Command, at: number): HallEvent[] | null => {
    now = Math.max(now, at);
    heard = null;
    commands++;
    underWay.push(
      executor.execute(command).then((outcome) => {
        if (outcome.ok) return;
        const key = `${command.name} ${outcome.refusal.code}`;
        refused[key] = (refused[key] ?? 0) + 1;
      }),
    );
    const events = heard as HallEvent[] | null;
    for (const event of events ?? []) {
      types[event.type] = (types[event.type] ?? 0) + 1;
      oldRule.take(event);
      if (event.type === 'hall.day.opened')
        underWay.push(journal.retain({ keepDays: options.keepDays, links: [] }));
    }
    return events;
  };
  const settle = async (): Promise<void> => {
    const waiting = underWay;
    underWay = [];
    await Promise.all(waiting);
  };
  const breathe = async (): Promise<void> => {
    if (underWay.length >= UNDER_WAY) await settle();
  };
  const readOn = async (): Promise<void> => {
    await settle();
    for (;;) {
      const records = await journal.read(recount.seq, 1000, 16 * 1024 * 1024);
      for (const record of records) recount.take(record);
      if (records.length === 0) return;
    }
  };

  const chance = new Chance(seed);
  const going: Going = { made: 0, session: 0, boots: new Map(), booked: [], bad: [], opinions: [] };
  const days = workingDays(options.days + 1);
  let early: YearReport['stateBytes']['early'] = {};
  let earlyHeap = 0;
  for (let index = 0; index < options.days; index++) {
    const visits = Math.round(options.visits * (index % 25 === 2 ? 1.5 : chance.between(0.85, 1.15)));
    const day = new Day(ask, chance, going, days[index] as string, index);
    await day.play(visits, days[index + 1] ?? null, breathe);
    await readOn();
    if (index === Math.min(9, options.days - 1)) {
      early = bytesOf(executor.state);
      earlyHeap = heapMiB();
    }
    if (index % 10 === 9)
      say(
        `day ${index + 1} of ${options.days}: ${recount.records} records, ${Math.round((performance.now() - begun) / 1000)} s, heap ${heapMiB()} MiB`,
      );
  }
  // The day after closes the last one.
  ask({ name: 'day.check' }, Date.parse(`${days[options.days]}T08:00:00+08:00`));
  await readOn();
  const endHeap = heapMiB();
  const end = executor.state;
  const disagreements = compare(end, recount, days[0] as string, days[options.days - 1] as string);
  const stat = await journal.stat();
  await executor.close();
  await journal.close();
  const verdict = verifyJournal(join(folder, 'journal.sqlite'));

  const started = performance.now();
  ({ journal } = await openJournal(identity));
  executor = new Executor(journal, HALL, clock);
  await executor.start();
  const startMs = Math.round(performance.now() - started);
  const restored = isDeepStrictEqual(executor.state, end);
  await executor.close();
  await journal.close();
  const promises = recount.year.promises;
  return {
    days: options.days,
    commands,
    refused,
    records: recount.records,
    types,
    seconds: Math.round((performance.now() - begun) / 1000),
    stateBytes: { early, end: bytesOf(end) },
    entries: entriesOf(end),
    heapMiB: { early: earlyHeap, end: endHeap },
    diskBytes: {
      inAll: recount.bytes,
      perRecord: Math.round(recount.bytes / Math.max(1, recount.records)),
      folder: stat.bytes,
      recordsKept: stat.lastSeq - stat.firstSeq + 1,
    },
    startMs,
    restored,
    verified: verdict.ok,
    disagreements,
    waits: {
      now: {
        promises: promises.count,
        insideShare: share(promises.kept, promises.count),
        meanAbsErrorS: Math.round(promises.absErrorSumS / Math.max(1, promises.count)),
        meanWidthS: oldRule.promisedWidthS(),
      },
      before: oldRule.figures(),
    },
    surges: types['hall.surge.started'] ?? 0,
  };
}

/** Every figure of the hall against the recount, day by day and over all days. */
function compare(state: HallState, recount: Recount, from: string, to: string): string[] {
  const found: string[] = [];
  for (const { day, asLogged } of recount.days)
    if (!asLogged) found.push(`${day}: what the log says of the day is not what is in it`);
  const parts = {
    hall: { hall: recount.year.hall },
    service: recount.year.services,
    window: recount.year.windows,
    staff: recount.year.staff,
  };
  for (const by of GROUPS) {
    const { rows, days, promises, appointments, opinions, traces } = statistics(state, from, to, by);
    const lines: Record<string, Line> = Object.fromEntries(rows.map(({ key, ...line }) => [key, line]));
    if (!isDeepStrictEqual(lines, parts[by])) found.push(`the year by ${by}`);
    const rest: Omit<Sheet, 'hall' | 'services' | 'windows' | 'staff' | 'hours'> = {
      promises,
      appointments,
      opinions,
      traces,
    };
    for (const key of ['promises', 'appointments', 'opinions', 'traces'] as const)
      if (!isDeepStrictEqual(rest[key], recount.year[key])) found.push(`the year's ${key}`);
    if (days !== recount.days.length) found.push(`${days} days, ${recount.days.length} were closed`);
  }
  return [...new Set(found)];
}

function workingDays(count: number): string[] {
  const days: string[] = [];
  for (let day = FIRST_DAY; days.length < count; day = addDays(day, 1))
    if (isWorkingDay(day, HALL.calendar)) days.push(day);
  return days;
}

function bytesOf(state: HallState): Record<string, number> {
  const bytes = (part: unknown): number => Buffer.byteLength(JSON.stringify(part));
  return {
    whole: bytes(state),
    ...Object.fromEntries(Object.entries(state).map(([part, value]) => [part, bytes(value)])),
  };
}

/** How many of each kind stand in the state. */
function entriesOf(state: HallState): Record<string, number> {
  const size = (record: object): number => Object.keys(record).length;
  return {
    tickets: size(state.tickets),
    sessions: size(state.sessions),
    persons: size(state.people.cancelled),
    appointments: size(state.appointments.known),
    days: state.totals.days.length,
    presses: state.presses.length,
  };
}

let collect: (() => void) | null = null;

/** After a collection, so that two of them can be compared. */
function heapMiB(): number {
  if (!collect) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
  return Math.round(process.memoryUsage().heapUsed / 1024 / 1024);
}

function share(part: number, whole: number): number {
  return Math.round((1000 * part) / Math.max(1, whole)) / 1000;
}

if (import.meta.main) {
  const [days = '250', seed = '20260105'] = process.argv.slice(2);
  const place = mkdtempSync(join(tmpdir(), 'hall-year-'));
  try {
    const report = await runYear({
      days: Number(days),
      visits: 600,
      seed: Number(seed),
      folder: join(place, 'journal'),
      keepDays: 60,
      say: (line) => console.log(line),
    });
    console.log(JSON.stringify(report, null, 2));
    const good = report.disagreements.length === 0 && report.verified && report.restored;
    console.log(good ? 'the hall and the recount agree' : 'SOMETHING DOES NOT AGREE');
    process.exitCode = good ? 0 : 1;
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}
