/** People in a hall while it is measured: a ticket at the kiosk, the call at a window, the board that shows it; one visit after another. */
import { randomUUID } from 'node:crypto';
import { io } from 'socket.io-client';
import type { Change } from '../../../kiosk-agent/contract/live.ts';
import { api } from '../../harness/programs.ts';

/** ms of each: the ticket's answer, the call's answer, from the clerk's press to the board's change. */
export type Visits = { ticket: number[]; call: number[]; board: number[] };
/** Between two visits: a hall is busy, not flooded. */
const PAUSE_MS = 15;
const LOOK_EVERY = 10;

/** Opens the windows and a board. */
export async function openHall(url: string, tokens: { kiosk: string; clerk: string }, windows: number) {
  const [kiosk, clerk] = [api(url, tokens.kiosk), api(url, tokens.clerk)];
  const board = io(url, { path: '/live', auth: { role: 'board' }, transports: ['websocket'] });
  await new Promise((resolve) => board.once('snapshot', resolve));
  const shown = new Map<string, (at: number) => void>();
  board.on('change', (change: Change) => {
    const [now, text] = [performance.now(), JSON.stringify(change.set)];
    for (const [number, tell] of shown) if (text.includes(`"${number}"`)) tell(now);
  });
  const ask = async (call: typeof kiosk, path: string, body?: object) => {
    const from = performance.now();
    const answer = await call('POST', path, body);
    if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return { ms: performance.now() - from, from, body: answer.body };
  };
  for (let window = 1; window <= windows; window += 1)
    await ask(clerk, `windows/${window}/open`, { staff: `${1000 + window}` });

  let visit = 0;
  const services = ['transfer', 'mortgage', 'first-registration', 'enquiry'];
  const serveOne = async (visits: Visits) => {
    const window = 1 + (visit % windows);
    const service = services[visit % services.length];
    visit += 1;
    const wish = { service, delivery: 'screen', idempotencyKey: randomUUID() };
    const ticket = await ask(kiosk, 'tickets', wish);
    visits.ticket.push(ticket.ms);
    const number = String(ticket.body['number']);
    const onBoard = new Promise<number>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the board has not shown ${number} for 20 s`)), 20_000);
      shown.set(`${number}`, (at) => {
        clearTimeout(timer);
        resolve(at);
      });
    });
    // The board hears of the ticket first; what counts is the change that comes after the press.
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    const call = await ask(clerk, `windows/${window}/call-next`);
    visits.call.push(call.ms);
    visits.board.push((await onBoard) - call.from);
    shown.delete(number);
    await ask(clerk, `windows/${window}/start`);
    await ask(clerk, `windows/${window}/finish`);
  };

  return {
    /** Serves visits for `ms`, or until `over` says so. */
    async serve(ms: number, over: () => Promise<boolean> = async () => false): Promise<Visits> {
      const visits: Visits = { ticket: [], call: [], board: [] };
      const end = performance.now() + ms;
      for (let count = 1; performance.now() < end; count += 1) {
        await serveOne(visits);
        if (count % LOOK_EVERY === 0 && (await over())) break;
      }
      return visits;
    },
    async link(): Promise<{ ackedSeq: number; lagEvents: number }> {
      const health = await api(url, '')('GET', 'health');
      return (health.body['links'] as { ackedSeq: number; lagEvents: number }[])[0]!;
    },
    async heapMiB(): Promise<number> {
      const text = await (await fetch(new URL('api/v1/metrics', url))).text();
      return Math.round(
        Number(/^nodejs_heap_size_used_bytes (\S+)/m.exec(text)?.[1] ?? Number.NaN) / 1024 / 1024,
      );
    },
    close: () => board.close(),
  };
}
