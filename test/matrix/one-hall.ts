/** One whole hall for a column: each cell has windows and a line of its own in it, and all faults are there at the same time. */
import { randomUUID } from 'node:crypto';
import type { HallEvent } from '../../kiosk-agent/contract/events.ts';
import { startHall } from '../harness/hall.ts';
import { temporaryFolder, until } from '../harness/programs.ts';

export type Seen = {
  state: string;
  fault?: string;
  advice?: { zh: string; en: string };
  notes: string[];
  counters: Record<string, number>;
};

/** No ticket of a cell has such a number. */
const FIRST_WINDOW = 51;
/** The windows of a cell: its faulty device is at `hit`, the one that must not be disturbed at `other`. */
export const windowsOf = (cell: number) => ({
  hit: FIRST_WINDOW + 2 * cell,
  other: FIRST_WINDOW + 2 * cell + 1,
});
/** Each cell has a service of its own: what is taken and called in one changes nothing in the others. */
const letterOf = (cell: number) => String.fromCharCode(65 + cell);

/** Starts it for up to 26 cells, all windows open, with the devices that `devices` writes in YAML. */
export async function startOneHall(cells: number, devices: string) {
  const folder = temporaryFolder('matrix');
  const letters = Array.from({ length: cells }, (_, cell) => letterOf(cell));
  const windows = letters.flatMap((letter, cell) =>
    Object.values(windowsOf(cell)).map((number) => ({ number, service: `service-${letter.toLowerCase()}` })),
  );
  const hall = await startHall(
    folder.path,
    `
hall:     {id: hall-1, name: {zh: 测试大厅, en: Test hall}, region: "371000000000", timeZone: Asia/Shanghai}
agent:    {id: hub-1, role: hub, listen: "127.0.0.1:0"}
services: [${letters.map((letter) => `{id: service-${letter.toLowerCase()}, prefix: ${letter}, name: {zh: 业务, en: Service}}`).join(', ')}]
windows:  [${windows.map(({ number, service }) => `{number: ${number}, services: [${service}]}`).join(', ')}]
rules:    {recall: {coolDownS: 0, limit: 20}, rating: {seconds: 120}}
devices:
${devices}`,
  );
  const clerk = hall.as('clerk');
  const done = async (path: string, body?: object) => {
    const answer = await clerk('POST', path, body);
    if (answer.status >= 300) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  await Promise.all(
    windows.map(({ number }) => done(`windows/${number}/open`, { staff: String(1000 + number) })),
  );

  // One reader for all cells: what happened, in order.
  const events: HallEvent[] = [];
  let ended = false;
  const reading = (async () => {
    while (!ended) {
      const { body } = await hall.as('integrator')('GET', `events?after=${events.length}&limit=1000`);
      events.push(...(body as unknown as HallEvent[]));
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
  })();

  return {
    /** What has happened at a window since it was opened, a word or two for each event. */
    at: (window: number) =>
      events
        .filter(({ data, type }) => 'window' in data && data.window === window && !ASIDE.has(type))
        .map(inWords),
    /** A visitor for a window takes a number. */
    async ticket(window: number) {
      await hall.as('kiosk')('POST', 'tickets', {
        service: windows.find(({ number }) => number === window)?.service,
        delivery: 'screen',
        idempotencyKey: randomUUID(),
      });
    },
    /** A clerk's action at a window: call-next, start, finish, pause, resume, missed. */
    act: (window: number, action: string, body?: object) => done(`windows/${window}/${action}`, body),
    async seen(id: string) {
      return (await hall.as('technician')('GET', `devices/${id}`)).body as unknown as Seen;
    },
    /** Waits until the device is said to be as `state` describes it: `STATE FAULT NOTES`. */
    async says(id: string, state: RegExp) {
      let last = '';
      await until(`${id} to be ${String(state)}`, async () => {
        const { state: name, fault, notes } = await this.seen(id);
        last = [name, fault, ...notes].filter(Boolean).join(' ');
        return state.test(last);
      }).catch((error: unknown) => {
        throw new Error(`${String(error)}, is ${last}`);
      });
    },
    async close() {
      ended = true;
      await reading.catch(() => {});
      await hall.close();
      folder[Symbol.dispose]();
    },
  };
}
/** Written beside the event that matters. */
const ASIDE: ReadonlySet<string> = new Set(['hall.window.opened', 'hall.trace.recorded']);

function inWords(event: HallEvent): string {
  const type = event.type.replace('hall.', '');
  if (event.type === 'hall.rating.given') return `${type} ${event.data.level}`;
  if (event.type === 'hall.rating.ignored') return `${type} ${event.data.why}`;
  return type;
}
export type OneHall = Awaited<ReturnType<typeof startOneHall>>;
