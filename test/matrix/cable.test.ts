/** Each cell has an agent's link and a cable of its own to one central server; each event must arrive once, in order, as it was. */
import { pino } from 'pino';
import { afterAll, beforeAll, expect } from 'vitest';
import { letIn, openAgents } from '../../central/agents.ts';
import { startCentral } from '../../central/central.ts';
import { startCable, type CableHandle, type FaultOptions } from '../../firmware-sim/index.ts';
import { LinkSender } from '../../kiosk-agent/link/sender.ts';
import { temporaryFolder, until } from '../harness/programs.ts';
import { history } from '../link/history.ts';
import { column } from './cable.ts';
import { runColumn } from './column.ts';
import { sideBySide } from './side-by-side.ts';

type Seen = {
  cable: CableHandle;
  /** what went over the cable since the fault is on */
  since: { up: number; pieces: number; connections: number; ms: number };
};
type How = {
  options?: FaultOptions;
  /** the link is away meanwhile and nothing new arrives */
  away?: RegExp;
  /** the fault is on the cable; asked when the link is away, or when all is there */
  seen: (seen: Seen) => boolean;
  ends?: (cable: CableHandle) => Promise<unknown>;
};

const pulled = ({ cable }: Seen) => !cable.plugged && cable.state().open === 0;
const table: Readonly<Record<string, How>> = {
  unplugged: { away: /ECONNREFUSED|connection ended/, seen: pulled },
  silent: {
    away: /no receipt|no welcome/,
    seen: ({ since }) => since.up === 0 && since.connections > 0,
  },
  'split-frames': { options: { ms: 1 }, seen: ({ since }) => since.pieces > 20 },
  // There and back.
  'delayed-frames': { options: { ms: 250 }, seen: ({ since }) => since.ms > 450 },
  slow: { options: { ms: 10 }, seen: ({ since }) => since.up > 100_000 && since.ms > since.up / 120 },
  'unplug-after-bytes': {
    options: { bytes: 20_000 },
    away: /ECONNREFUSED|connection ended/,
    seen: (seen) => pulled(seen) && seen.since.up > 10_000,
    ends: (cable) => cable.plug(),
  },
  garbage: { away: /cannot be reached/, seen: ({ since }) => since.connections > 0 && since.pieces === 0 },
};

const folder = temporaryFolder('matrix-cable');
let central: Awaited<ReturnType<typeof startCentral>>;
const tokens = new Map<string, string>();
beforeAll(async () => {
  central = await startCentral({
    port: 0,
    host: '127.0.0.1',
    stateDir: folder.path,
    clock: () => new Date(),
    log: pino({ level: 'silent' }),
  });
  // As `agent add` does beside the running server.
  const agents = await openAgents(folder.path, undefined);
  for (const fault of Object.keys(table)) tokens.set(fault, await letIn(agents, fault, '371000000000'));
  await agents.close();
});
afterAll(async () => {
  await central?.close();
  folder[Symbol.dispose]();
});

async function arrived(agent: string) {
  const answer = await fetch(`${central.url}api/v1/events?agent=${agent}&limit=1000`);
  return (await answer.json()) as unknown[];
}

async function run(fault: string, how: How) {
  const cable = await startCable({
    port: 0,
    to: { host: '127.0.0.1', port: Number(new URL(central.url).port) },
  });
  const journal = history(fault, `epoch-${fault}`);
  const sender = new LinkSender({
    name: 'central',
    url: `socketio:http://127.0.0.1:${cable.portNumber}`,
    token: tokens.get(fault) ?? '',
    agentId: fault,
    source: journal,
    clock: () => new Date(),
    random: Math.random,
    retry: { firstMs: 50, capMs: 300, refusedMs: 300 },
    ...(how.away && { timeoutMs: 1_500 }),
  });
  const happens = (count: number) => {
    journal.add(count);
    sender.wake();
  };
  const allThere = () =>
    until(
      'all to be there',
      () => sender.status.state === 'level' && sender.status.ackedSeq === journal.durableSeq,
    );
  try {
    sender.start();
    happens(50);
    await allThere();
    const { bytesUp, pieces, connections } = cable.state();
    const sinceMs = performance.now();
    await cable.setFault(fault, true, how.options);
    happens(200);
    const seen = (): Seen => {
      const now = cable.state();
      return {
        cable,
        since: {
          up: now.bytesUp - bytesUp,
          pieces: now.pieces - pieces,
          connections: now.connections - connections,
          ms: performance.now() - sinceMs,
        },
      };
    };
    if (how.away) {
      const { away } = how;
      await until(`${fault} on the cable`, () => how.seen(seen()));
      await until(
        'the link to be away',
        () => sender.status.state === 'away' && away.test(sender.status.why ?? ''),
      );
      happens(50);
      expect(sender.status.lagEvents).toBeGreaterThanOrEqual(50);
      expect(await arrived(fault)).toEqual(
        journal.events.slice(0, journal.durableSeq - sender.status.lagEvents),
      );
    } else {
      await allThere();
      expect(how.seen(seen()), JSON.stringify(seen().since)).toBe(true);
    }
    if (how.ends) await how.ends(cable);
    await cable.setFault(fault, false);
    happens(20);
    await allThere();
    expect(await arrived(fault)).toEqual(journal.events);
    expect(sender.status).toMatchObject({ state: 'level', lagEvents: 0 });
    expect(cable.faults()).toEqual([]);
  } finally {
    await sender.close();
    await cable.close();
  }
}

const tests = Object.fromEntries(Object.entries(table).map(([fault, how]) => [fault, () => run(fault, how)]));
runColumn(column, () => startCable({ port: 0, to: { host: '127.0.0.1', port: 9 } }), sideBySide(tests));
