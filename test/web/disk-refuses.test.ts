/** A disk that refuses: nothing is pretended, nothing that was acknowledged is lost, and the hall goes on when it can. */
import { DatabaseSync } from 'node:sqlite';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  startEvaluator,
  startFf68Bus,
  type EvaluatorHandle,
  type Ff68BusHandle,
} from '../../firmware-sim/index.ts';
import { hallYaml, startHall, type Hall } from '../harness/hall.ts';
import { temporaryFolder, until } from '../harness/programs.ts';

/** FF68, 0C 顺呼 */
const CALL_NEXT = 0x0c;
const folder = temporaryFolder('refusing');
let hall: Hall;
let evaluator: EvaluatorHandle;
let pads: Ff68BusHandle;
beforeAll(async () => {
  pads = await startFf68Bus({ port: 'tcp:0', addresses: { 1: 'pad' } });
  evaluator = await startEvaluator({ port: 'tcp:0', serial: 'REFUSED-1' });
  hall = await startHall(
    folder.path,
    hallYaml(`
devices:
  - {id: evaluator-1, model: elp1, port: "${evaluator.port}", window: 1}
  - {id: pads, model: ff68, port: "${pads.port}", addresses: {1: {window: 2, as: pad, staff: "1002"}}}
`),
  );
  await until('the evaluator', async () =>
    JSON.stringify((await hall.as(null)('GET', 'health')).body).includes('"state":"ready"'),
  );
});
afterAll(async () => {
  await hall.close();
  await evaluator.close();
  await pads.close();
  folder[Symbol.dispose]();
});

/** Another program makes SQLite refuse every insert, as a full disk would. */
function disk(statement: string): void {
  const database = new DatabaseSync(join(folder.path, 'journal', 'journal.sqlite'));
  database.exec('PRAGMA busy_timeout = 2000');
  database.exec(statement);
  database.close();
}
const take = () =>
  hall.as('kiosk')('POST', 'tickets', {
    service: 'transfer',
    delivery: 'screen',
    idempotencyKey: randomUUID(),
  });

it('refuses tickets, leaves presses and keys with their devices, says so, and goes on with the next number when the disk takes writes again', async () => {
  const before = (await take()).body;
  disk("CREATE TRIGGER refuse BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'no room'); END");

  const refusals = await Promise.all([take(), take(), take()]);
  for (const refusal of refusals)
    expect(refusal).toMatchObject({ status: 503, body: { code: 'journal-unwritable' } });
  expect(await hall.as(null)('GET', 'health')).toMatchObject({
    body: { status: 'failing', journal: { writable: false } },
  });
  expect(await hall.as(null)('GET', 'queue')).toMatchObject({
    body: { day: { journal: 'unwritable' }, services: { transfer: { waiting: 1 } } },
  });
  evaluator.press(1);
  await until(
    'the press to be sent again',
    () => evaluator.wire().filter((entry) => entry.decoded.includes('KEY,')).length >= 3,
  );
  expect(evaluator.state()).toMatchObject({ pressesWaiting: 1, pressesAcknowledged: 0 });
  pads.press(1, CALL_NEXT);
  await until('the key to be sent again', () => (pads.state().devices[1]?.sent ?? 0) >= 3);
  expect(pads.state().devices[1]).toMatchObject({ acknowledged: 0 });

  disk('DROP TRIGGER refuse');
  await until(
    'the disk to take writes',
    async () => (await hall.as(null)('GET', 'health')).body['status'] === 'ok',
  );
  await until('the press to be acknowledged', () => evaluator.state().pressesAcknowledged === 1);
  await until('the key to be acknowledged', () => pads.state().devices[1]?.acknowledged === 1);
  const after = (await take()).body;
  expect([before['number'], after['number']]).toEqual(['A001', 'A002']);
  const events = (await hall.as('integrator')('GET', 'events?after=0&limit=1000')).body as unknown as {
    seq: number;
    type: string;
  }[];
  expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
  expect(events.filter((event) => event.type === 'hall.rating.ignored')).toHaveLength(1);
  expect(events.filter((event) => event.type === 'hall.ticket.reserved')).toHaveLength(2);
  expect(events.filter((event) => event.type === 'hall.window.opened')).toHaveLength(1);
  expect(events.filter((event) => event.type === 'hall.ticket.called')).toHaveLength(1);
});
