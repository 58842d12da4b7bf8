/** A log that was changed behind the hub's back: what the far end sees of it over the real link, and whom it tells. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { io } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { letIn, openAgents } from '../../central/agents.ts';
import { startCentral } from '../../central/central.ts';
import type { AlarmRow, FarEndView, HallRow } from '../../kiosk-agent/contract/far-end.ts';
import { openJournal, type Journal } from '../../kiosk-agent/journal/journal.ts';
import { verifyJournal } from '../../kiosk-agent/journal/verify.ts';
import { bindingFor } from '../../kiosk-agent/link/binding.ts';
import { LinkSender } from '../../kiosk-agent/link/sender.ts';
import { api, temporaryFolder, until } from '../harness/programs.ts';
import { edit } from '../journal/folder.ts';
import { drafts } from '../journal/records.ts';
import { history } from '../link/history.ts';

const REGION = '371000000000';
const folder = temporaryFolder('alarms');
const stateDir = join(folder.path, 'central');
let central: Awaited<ReturnType<typeof startCentral>>;
const senders: LinkSender[] = [];

beforeAll(async () => {
  central = await startCentral({
    port: 0,
    host: '127.0.0.1',
    stateDir,
    clock: () => new Date(),
    log: pino({ level: 'silent' }),
  });
});
afterAll(async () => {
  await Promise.all(senders.map((sender) => sender.close()));
  await central.close();
  folder[Symbol.dispose]();
});

async function tokenOf(agentId: string): Promise<string> {
  const agents = await openAgents(stateDir, undefined);
  const token = await letIn(agents, agentId, REGION);
  await agents.close();
  return token;
}

async function get<T>(path: string): Promise<T> {
  const { status, body } = await api(central.url, '')('GET', path);
  expect(status).toBe(200);
  return body as T;
}
const alarmsOf = async (agentId: string): Promise<[string, number][]> =>
  (await get<AlarmRow[]>('alarms'))
    .filter((row) => row.agentId === agentId)
    .map(({ kind, seq }) => [kind, seq]);
const hallOf = async (agentId: string): Promise<HallRow | undefined> =>
  (await get<{ halls: HallRow[] }>('halls')).halls.find((row) => row.agentId === agentId);

/** A hub's journal on disk, and its link. */
async function hub(agentId: string, at: string): Promise<Journal> {
  const { journal } = await openJournal({ folder: at, agentId, hall: 'weihai-01', region: REGION });
  return journal;
}
function link(agentId: string, token: string, journal: Journal): LinkSender {
  const sender = new LinkSender({
    name: 'central',
    url: `socketio:${central.url.replace(/\/$/, '')}`,
    token,
    agentId,
    source: {
      epoch: journal.epoch,
      get durableSeq() {
        return journal.durableSeq;
      },
      get last() {
        return journal.durableEnd;
      },
      read: (after, limit, maxBytes) => journal.read(after, limit, maxBytes),
      cursor: (name) => journal.cursor(name),
      setCursor: (name, seq) => journal.setCursor(name, seq),
    },
    clock: () => new Date(),
    random: () => 0.5,
    retry: { firstMs: 40, capMs: 150, refusedMs: 300 },
    timeoutMs: 3000,
  });
  senders.push(sender);
  sender.start();
  return sender;
}

describe('the far end', () => {
  it('takes a forged batch with an alarm, and shows it on its page at once', async () => {
    const agentId = 'hub-forged';
    const token = await tokenOf(agentId);
    const journal = history(agentId, 'epoch-0001');
    journal.add(10);
    // Somebody on the way changes a visitor's rating in the middle of a batch: every event is valid, the chain is not.
    const forged = journal.events.map((event) => structuredClone(event));
    const rating = forged.find((event) => event.type === 'hall.rating.given')!;
    (rating.data as { level: number }).level = 5;
    const seq = rating.seq;

    const socket = io(central.url, { path: '/live', transports: ['websocket'] });
    const shown: FarEndView[] = [];
    socket
      .on('snapshot', (view: FarEndView) => shown.push(view))
      .on('change', (view: FarEndView) => shown.push(view));
    try {
      await until('the page', () => shown.length > 0);
      const { dial, url } = bindingFor(`socketio:${central.url.replace(/\/$/, '')}`);
      const dialled = await dial({
        url,
        auth: { agentId, epoch: 'epoch-0001', token },
        timeoutMs: 5000,
        signal: new AbortController().signal,
        onCommand: () => Promise.reject(new Error('not expected')),
      });
      if ('failed' in dialled) throw new Error(dialled.failed);
      expect(await dialled.connection.send(forged)).toEqual({ receipt: { through: 10 } });
      dialled.connection.close();
      expect(await alarmsOf(agentId)).toEqual([['prev-differs', seq + 1]]);
      await until('the alarm on the page', () =>
        shown.at(-1)?.alarms.some((row) => row.agentId === agentId && row.kind === 'prev-differs'),
      );
    } finally {
      socket.disconnect();
    }
  });

  it('alarms when the end of a log was cut off, although not one event comes of it', async () => {
    const agentId = 'hub-cut';
    const token = await tokenOf(agentId);
    const at = join(folder.path, agentId);
    let journal = await hub(agentId, at);
    await journal.append(drafts(20)).durable;
    let sender = link(agentId, token, journal);
    await until('20 events', async () => (await journal.cursor('central')) === 20);
    const { through, hash } = (await hallOf(agentId))!;
    expect({ seq: through, hash }).toEqual(journal.durableEnd);
    await sender.close();
    await journal.close();

    const file = join(at, 'journal.sqlite');
    edit(
      file,
      'DELETE FROM events WHERE seq > 15; UPDATE head SET seq = 15, hash = (SELECT hash FROM events WHERE seq = 15); DELETE FROM cursors; DELETE FROM snapshots',
    );
    expect(verifyJournal(file)).toMatchObject({ ok: true, last: 15 });
    expect(verifyJournal(file, { against: { seq: through, hash: hash! } })).toMatchObject({
      ok: false,
      seq: 16,
    });
    journal = await hub(agentId, at);
    sender = link(agentId, token, journal);
    await until('the alarm', async () => (await alarmsOf(agentId)).length > 0);
    expect(await alarmsOf(agentId)).toEqual([['set-back', 16]]);
    // The copy keeps what was cut off.
    expect(await get<object[]>(`events?agent=${agentId}&after=15&limit=100`)).toHaveLength(5);
    await sender.close();
    await journal.close();
  });

  it('alarms when the log ends with another record than its copy', async () => {
    const agentId = 'hub-rewritten';
    const token = await tokenOf(agentId);
    const epoch = 'epoch-0001';
    const { dial, url } = bindingFor(`socketio:${central.url.replace(/\/$/, '')}`);
    const greet = async (last: { seq: number; hash: string }) => {
      const dialled = await dial({
        url,
        auth: { agentId, epoch, token, last },
        timeoutMs: 5000,
        signal: new AbortController().signal,
        onCommand: () => Promise.reject(new Error('not expected')),
      });
      if ('failed' in dialled) throw new Error(dialled.failed);
      return dialled.connection;
    };
    const journal = history(agentId, epoch);
    journal.add(6);
    const first = await greet({ seq: 6, hash: 'a'.repeat(64) });
    expect(await first.send(journal.events)).toEqual({ receipt: { through: 6 } });
    first.close();
    const { hash } = (await hallOf(agentId))!;
    (await greet({ seq: 6, hash: hash! })).close();
    (await greet({ seq: 9, hash: 'b'.repeat(64) })).close();
    expect(await alarmsOf(agentId)).toEqual([]);
    for (let again = 0; again < 2; again += 1) (await greet({ seq: 6, hash: 'c'.repeat(64) })).close();
    await until('the alarm', async () => (await alarmsOf(agentId)).length > 0);
    expect(await alarmsOf(agentId)).toEqual([['other-history', 6]]);
  });

  it('alarms when the history of an agent begins anew', async () => {
    const agentId = 'hub-anew';
    const token = await tokenOf(agentId);
    const at = join(folder.path, agentId);
    for (const time of ['first', 'second']) {
      const journal = await hub(agentId, at);
      await journal.append(drafts(5)).durable;
      const sender = link(agentId, token, journal);
      await until(`the ${time} history`, async () => (await journal.cursor('central')) === 5);
      expect(await alarmsOf(agentId)).toEqual(time === 'first' ? [] : [['new-epoch', 1]]);
      await sender.close();
      await journal.close();
      rmSync(at, { recursive: true });
    }
  });
});
