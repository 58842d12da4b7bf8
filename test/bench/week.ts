/**
 * `npm run bench:week`: a hall that was cut off for a week (50,000 events in its journal) gets level again, with people at its
 * kiosk and windows meanwhile: how long it takes, what memory the agent needs, and how long a ticket, a call and the board take
 * during it, beside the same when all is at rest. Real programs: the agent, and the far end with its database embedded.
 * Option --events N. JSON in test/artefacts/week.json.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openJournal } from '../../kiosk-agent/journal/journal.ts';
import type { EventDraft } from '../../kiosk-agent/contract/events.ts';
import { Register } from '../../kiosk-agent/web/staff.ts';
import { central, runCentral } from '../central/process.ts';
import { startProgram, temporaryFolder, until } from '../harness/programs.ts';
import { DayCount } from './nation/count.ts';
import { dayIndex, dayOf } from './nation/day.ts';
import { memoryOf, forgetMost } from './nation/costs.ts';
import { openHall, type Visits } from './week/visits.ts';
import { quantile } from './raw.ts';

const DAYS = 7;
const WINDOWS = 30;
const REST_MS = 15_000;
const AT_ONCE = 500;

export type Disturbance = {
  what: string;
  rest: { p50Ms: number; p99Ms: number; count: number };
  drain: { p50Ms: number; p99Ms: number; count: number };
  /** drain ÷ rest */
  p50: number;
  p99: number;
};
export type WeekResult = {
  events: number;
  seconds: number;
  eventsPerS: number;
  memoryMiB: { before: number; most: number; after: number };
  heapMiB: { before: number; most: number };
  disturbances: Disturbance[];
  stored: number;
};

/** Runs all of it with about `events` events in the journal; `restMs`: how long the hall is watched at rest. */
export async function drainWeek(
  events: number,
  say: (line: string) => void,
  restMs = REST_MS,
): Promise<WeekResult> {
  using folder = temporaryFolder('week');
  const [hallState, farState] = [join(folder.path, 'hall'), join(folder.path, 'far')];
  const first = await runCentral(farState);
  const { port } = first;
  await first.kill('SIGTERM');
  const added = await central(['agent', 'add', 'hub-1', '--region', '371000000000', '--state', farState]);
  const written = await writeWeek(join(hallState, 'journal'), events);
  say(`${written} events of ${DAYS} days are in the journal`);
  const file = join(folder.path, 'hall.yaml');
  writeFileSync(file, yamlOf(port));
  const tokens = new Register(hallState);
  const [kiosk, clerk] = [
    await tokens.createToken('kiosk', new Date()),
    await tokens.createToken('clerk', new Date()),
  ];
  const agent = await startProgram(
    'kiosk-agent/cli.ts',
    ['run', '-c', file, '--state', hallState],
    /hall ready (\S+)/,
    {
      HALL_LINK_TOKEN: added.stdout.trim(),
    },
  );
  let far: Awaited<ReturnType<typeof runCentral>> | undefined;
  let hall: Awaited<ReturnType<typeof openHall>> | undefined;
  try {
    hall = await openHall(agent.url, { kiosk, clerk }, WINDOWS);
    await hall.serve(1_500);
    forgetMost(agent.pid);
    const before = memoryOf(agent.pid).now;
    const heapBefore = await hall.heapMiB();
    far = await runCentral(farState, port);
    const { link, heapMiB } = hall;
    await until('the link', async () => (await link()).ackedSeq > 0, 60_000);
    const from = performance.now();
    let heapMost = heapBefore;
    const drain = await hall.serve(600_000, async () => {
      heapMost = Math.max(heapMost, await heapMiB());
      return (await link()).lagEvents < 50;
    });
    const seconds = (performance.now() - from) / 1000;
    const most = memoryOf(agent.pid).most;
    say(`level after ${seconds.toFixed(1)} s`);
    const rest = await hall.serve(restMs);
    const { ackedSeq } = await until('all of it there', async () => {
      const now = await link();
      return now.lagEvents === 0 && now;
    });
    const copied = await fetch(`${far.url}api/v1/events?agent=hub-1&after=${ackedSeq - 1}&limit=10`);
    const stored = ((await copied.json()) as { seq: number }[])[0]?.seq ?? 0;
    return {
      events: written,
      seconds: Number(seconds.toFixed(1)),
      eventsPerS: Math.round(written / seconds),
      memoryMiB: { before, most, after: memoryOf(agent.pid).now },
      heapMiB: { before: heapBefore, most: heapMost },
      disturbances: (['ticket', 'call', 'board'] as const).map((what) => disturbance(what, rest, drain)),
      stored: stored === ackedSeq ? stored : 0,
    };
  } finally {
    hall?.close();
    await agent.end();
    await far?.kill('SIGTERM');
  }
}

function disturbance(what: keyof Visits, rest: Visits, drain: Visits): Disturbance {
  const of = (times: number[]) => ({
    p50Ms: Number(quantile(times, 0.5).toFixed(1)),
    p99Ms: Number(quantile(times, 0.99).toFixed(1)),
    count: times.length,
  });
  const [quiet, busy] = [of(rest[what]), of(drain[what])];
  const ratio = (one: number, other: number) => Number((one / other).toFixed(2));
  return {
    ...{ what, rest: quiet, drain: busy },
    ...{ p50: ratio(busy.p50Ms, quiet.p50Ms), p99: ratio(busy.p99Ms, quiet.p99Ms) },
  };
}

/** The week before today, written into a journal as an agent would have; gives the number of events. */
async function writeWeek(folder: string, events: number): Promise<number> {
  const office = { agentId: 'hub-1', hall: 'hall-1', region: '371000000000', windows: WINDOWS, seed: 7 };
  const visits = Math.max(1, Math.round((events / DAYS - WINDOWS * 4.75) / 8.14));
  const { journal } = await openJournal({ folder, ...office });
  const today = dayIndex(new Date());
  let group: EventDraft[] = [];
  for (let index = today - DAYS; index < today; index += 1) {
    const count = new DayCount('');
    for (const draft of dayOf({ ...office, visits }, index, count)) {
      count.add(draft);
      group.push(draft);
      if (group.length < AT_ONCE) continue;
      await journal.append(group).durable;
      group = [];
    }
  }
  await journal.append(group).durable;
  const written = journal.durableSeq;
  await journal.close();
  return written;
}

function yamlOf(port: number): string {
  const ids = ['transfer', 'mortgage', 'first-registration', 'enquiry'];
  const services = ids.map(
    (id, at) => `{id: ${id}, prefix: ${'ABCD'[at]}, name: {zh: 业务${at}, en: Service ${at}}}`,
  );
  const windows = Array.from(
    { length: WINDOWS },
    (_, at) => `{number: ${at + 1}, services: [${ids.join(', ')}]}`,
  );
  return `
hall:     {id: hall-1, name: {zh: 测试大厅, en: Test hall}, region: "371000000000", timeZone: Asia/Shanghai}
agent:    {id: hub-1, role: hub, listen: "127.0.0.1:0"}
services: [${services.join(', ')}]
windows:  [${windows.join(', ')}]
links:    [{name: central, url: "socketio:http://127.0.0.1:${port}", token: "env:HALL_LINK_TOKEN"}]
`;
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { events: { type: 'string', default: '50000' } } });
  const result = await drainWeek(Number(values.events), (line) => console.log(line));
  console.table(
    result.disturbances.map(({ what, p50, p99, rest, drain }) => ({
      what,
      p50,
      p99,
      rest: JSON.stringify(rest),
      drain: JSON.stringify(drain),
    })),
  );
  console.log(JSON.stringify(result));
  const artefacts = join(import.meta.dirname, '..', 'artefacts');
  mkdirSync(artefacts, { recursive: true });
  writeFileSync(join(artefacts, 'week.json'), `${JSON.stringify(result, null, 2)}\n`);
  process.exit(result.stored > 0 ? 0 : 1);
}
