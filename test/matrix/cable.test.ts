/** Each cell has an agent's link and a cable of its own to one central server; each event must arrive once, in order, as it was. */
import { pino } from 'pino';
import { afterAll, beforeAll, expect } from 'vitest';
import { letIn, openAgents } from '../../central/agents.ts';
import { startCentral } from '../../central/central.ts';
import { startCable, type CableHandle, type FaultOptions } from '../../firmware-sim/index.ts';
import type { LinkStatus } from '../../kiosk-agent/contract/link.ts';
import { LinkSender } from '../../kiosk-agent/link/sender.ts';
import { temporaryFolder, until } from '../harness/programs.ts';
import { history, type History } from '../link/history.ts';
import { column } from './cable.ts';
import { runColumn } from './column.ts';
import { sideBySide } from './side-by-side.ts';

type Seen = {
  cable: CableHandle;
  /** what went over the cable since the fault is on */
  since: { up: number; pieces: number; connections: number; ms: number };
  /** what the link was shown as since */
  shown: LinkStatus[];
};
type How = {
  options?: FaultOptions;
  /** what happens while it is on: 200 events, when not said */
  happens?: (journal: History) => void;
  /** how long an answer is waited for, when not as in a hall */
  timeoutMs?: number;
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
  // 8 kB/s and the 10 s of a hall, in a tenth of the time.
  slow: {
    options: { ms: 12 },
    timeoutMs: 1_000,
    happens: (journal) => {
      journal.add(600);
      // Needs 16 s of such a line alone.
      journal.addOdd({ type: 'hall.future.thing', data: { text: 'x'.repeat(128_000) } });
      journal.add(600);
    },
    // It goes on steadily, and little of its 740 kB was sent twice.
    seen: ({ since, shown }) =>
      since.ms > since.up / 90 &&
      since.up < 1_100_000 &&
      [1_200, 900, 600, 300].every((left) =>
        shown.some(
          ({ state, lagEvents }) => state === 'sending' && lagEvents <= left && lagEvents > left - 300,
        ),
      ),
  },
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
  const events: { seq: number }[] = [];
  for (;;) {
    const answer = await fetch(
      `${central.url}api/v1/events?agent=${agent}&after=${events.at(-1)?.seq ?? 0}&limit=1000`,
    );
    const page = (await answer.json()) as { seq: number }[];
    if (page.length === 0) return events;
    events.push(...page);
  }
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
    timeoutMs: how.timeoutMs ?? (how.away ? 1_500 : 10_000),
  });
  const shown: LinkStatus[] = [];
  sender.onStatus((status) => shown.push(status));
  const happens = (what: number | ((journal: History) => void)) => {
    if (typeof what === 'number') journal.add(what);
    else what(journal);
    sender.wake();
  };
  const allThere = () =>
    until(
      'all to be there',
      () => sender.status.state === 'level' && sender.status.ackedSeq === journal.durableSeq,
      35_000,
    );
  try {
    sender.start();
    happens(50);
    await allThere();
    const { bytesUp, pieces, connections } = cable.state();
    const sinceMs = performance.now();
    await cable.setFault(fault, true, how.options);
    shown.length = 0;
    happens(how.happens ?? 200);
    const seen = (): Seen => {
      const now = cable.state();
      return {
        cable,
        shown,
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
      // Of what is not acknowledged a part may be there: its receipt was lost.
      const there = await arrived(fault);
      expect(there).toEqual(journal.events.slice(0, there.length));
      expect(there.length).toBeGreaterThanOrEqual(sender.status.ackedSeq);
      expect(there.length).toBeLessThan(journal.durableSeq);
    } else {
      await allThere();
      expect(how.seen(seen()), JSON.stringify([seen().since, shown])).toBe(true);
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
