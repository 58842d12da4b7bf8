import { randomUUID } from 'node:crypto';
import { io, type Socket } from 'socket.io-client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type {
  Change,
  PublicView,
  ResumeAnswer,
  Snapshot,
  StaffView,
} from '../../kiosk-agent/contract/live.ts';
import { startHall, type Hall } from '../harness/hall.ts';
import { temporaryFolder, until } from '../harness/programs.ts';

const folder = temporaryFolder('live');
let hall: Hall;
const sockets: Socket[] = [];
beforeAll(async () => {
  hall = await startHall(folder.path);
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close();
});
afterAll(async () => {
  await hall.close();
  folder[Symbol.dispose]();
});

type Screen = { socket: Socket; snapshot: Snapshot; changes: Change[] };
async function connect(auth: Record<string, unknown>): Promise<Screen> {
  const socket = io(hall.url, {
    path: '/live',
    auth,
    transports: ['websocket'],
    reconnection: false,
    forceNew: true,
  });
  sockets.push(socket);
  const changes: Change[] = [];
  socket.on('change', (change: Change) => changes.push(change));
  const snapshot = await new Promise<Snapshot>((resolve, reject) => {
    socket.once('snapshot', resolve);
    socket.once('connect_error', reject);
  });
  return { socket, snapshot, changes };
}
const take = (): Promise<{ status: number; body: Record<string, unknown> }> =>
  hall.as('kiosk')('POST', 'tickets', {
    service: 'transfer',
    delivery: 'screen',
    idempotencyKey: randomUUID(),
  });

describe('the live feed', () => {
  it('gives a board the public view, and nothing of tickets, devices or links', async () => {
    await take();
    const { snapshot } = await connect({ role: 'board' });
    const view = snapshot.view as PublicView & Partial<StaffView>;
    expect(view.services['transfer']).toMatchObject({ waiting: expect.any(Number), prefix: 'A' });
    expect(view.tickets).toBeUndefined();
    expect(view.devices).toBeUndefined();
    expect(view.hall.missedRule.zh).toContain('过号');
  });

  it('refuses the staff view without a sign-in and under another role', async () => {
    await expect(connect({ role: 'clerk' })).rejects.toMatchObject({ data: { code: 'not-signed-in' } });
    await expect(connect({ role: 'manager', token: hall.tokens['clerk'] })).rejects.toMatchObject({
      data: { code: 'not-allowed' },
    });
    await expect(connect({ role: 'king' })).rejects.toMatchObject({ data: { code: 'bad-request' } });
  });

  it('sends only the entries that changed, each change with the next number', async () => {
    const screen = await connect({ role: 'clerk', token: hall.tokens['clerk'] });
    const ticket = (await take()).body;
    const change = await until('the new ticket', () =>
      screen.changes.find(
        (each) => (each.set['tickets'] as Record<string, unknown> | undefined)?.[String(ticket['ticketId'])],
      ),
    );
    expect(Object.keys(change.set['services'] as object)).toEqual(['transfer']);
    expect(change.set['hall']).toBeUndefined();
    expect(screen.changes.map((each) => each.seq)).toEqual(
      screen.changes.map((_, index) => screen.snapshot.seq + 1 + index),
    );
  });

  it('gives a screen that was away exactly what it missed, and a snapshot when that is too long ago or of another run', async () => {
    const staying = await connect({ role: 'board' });
    const leaving = await connect({ role: 'board' });
    const from = leaving.snapshot;
    leaving.socket.close();
    await take();
    await until('a change', () => staying.changes.length > 0);
    const back = await connect({ role: 'board' });
    const answer = (await back.socket.emitWithAck('resume', {
      run: from.run,
      seq: from.seq,
    })) as ResumeAnswer;
    expect(answer).toEqual({ changes: staying.changes });
    expect(await back.socket.emitWithAck('resume', { run: 'other', seq: from.seq })).toHaveProperty(
      'snapshot',
    );
    expect(await back.socket.emitWithAck('resume', { run: from.run, seq: 1e9 })).toHaveProperty('snapshot');
    expect(await back.socket.emitWithAck('resume', 'nonsense')).toHaveProperty('snapshot');
  });

  it('shows a call on the board with window and count', async () => {
    const board = await connect({ role: 'board' });
    const ticket = (await take()).body;
    await hall.as('clerk')('POST', 'windows/1/open', { staff: '1001' });
    await hall.as('clerk')('POST', 'windows/1/call-next');
    const calls = await until('the call', () =>
      board.changes
        .map((change) => change.set['calls'] as PublicView['calls'] | undefined)
        .find((each) => each && each.length > 0),
    );
    expect(calls[0]).toMatchObject({ window: 1, call: 1, number: expect.stringMatching(/^A\d{3}$/) });
    expect(ticket['ticketId']).toBeDefined();
  });
});
