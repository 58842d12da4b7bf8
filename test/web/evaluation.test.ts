/** The story of an evaluation through the real hub and a simulated evaluator on a real port. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEvaluator, type EvaluatorHandle } from '../../firmware-sim/index.ts';
import type { HallEvent } from '../../kiosk-agent/contract/events.ts';
import { hallYaml, startHall, type Hall } from '../harness/hall.ts';
import { temporaryFolder, until } from '../harness/programs.ts';

const folder = temporaryFolder('evaluation');
const yaml = (port: string): string =>
  hallYaml(
    `devices: [{id: evaluator-1, model: elp1, port: "${port}", window: 1}]\nrules: {rating: {seconds: 20}}\n`,
  );
let hall: Hall;
let evaluator: EvaluatorHandle;
beforeAll(async () => {
  evaluator = await startEvaluator({
    port: process.platform === 'win32' ? 'tcp:0' : `pty:${join(folder.path, 'evaluator')}`,
    serial: 'STORY-1',
  });
  hall = await startHall(folder.path, yaml(evaluator.port));
  await hall.as('clerk')('POST', 'windows/1/open', { staff: '1001' });
  await ready();
});
afterAll(async () => {
  await hall.close();
  await evaluator.close();
  folder[Symbol.dispose]();
});

const ready = () =>
  until('the evaluator', async () =>
    JSON.stringify((await hall.as(null)('GET', 'health')).body).includes('"state":"ready"'),
  );
const events = async (): Promise<HallEvent[]> =>
  (await hall.as('integrator')('GET', 'events?after=0&limit=1000')).body as unknown as HallEvent[];
const ratings = async () =>
  (await events()).filter(
    (event) => event.type.startsWith('hall.rating.') && event.type !== 'hall.rating.requested',
  );

/** A visit up to the prompt; answers the session. */
async function visit(): Promise<number> {
  await hall.as('kiosk')('POST', 'tickets', {
    service: 'transfer',
    delivery: 'screen',
    idempotencyKey: randomUUID(),
  });
  await hall.as('clerk')('POST', 'windows/1/call-next');
  await hall.as('clerk')('POST', 'windows/1/start');
  const { body } = await hall.as('clerk')('POST', 'windows/1/finish');
  return (body['evaluation'] as { session: number }).session;
}
const given = async (session: number) =>
  (await ratings()).some((event) => event.type === 'hall.rating.given' && event.data.session === session);
const lit = (session: number) =>
  until('the keys to be lit', () => evaluator.state().session?.number === session);

describe('an evaluation', () => {
  it('lights the keys at finish, says please, takes the first press, and thanks when it is on disk', async () => {
    const session = await visit();
    await lit(session);
    expect(evaluator.state().spoken).toBeGreaterThan(0);
    evaluator.press(2);
    await until('the thanks', () => evaluator.state().pressesAcknowledged === 1);
    await until('the keys to go dark', () => evaluator.state().session === null);
    expect((await ratings()).at(-1)).toMatchObject({
      type: 'hall.rating.given',
      data: {
        session,
        level: 4,
        keyRaw: '4',
        source: 'press',
        window: 1,
        staff: '1001',
        device: { serial: 'STORY-1', seq: 1 },
      },
    });
  });

  it('keeps a second press as ignored, and one without a session too', async () => {
    const session = await visit();
    await lit(session);
    evaluator.press(1);
    evaluator.press(5);
    await until('both to be acknowledged', () => evaluator.state().pressesWaiting === 0);
    evaluator.press(5);
    await until('the third to be acknowledged', () => evaluator.state().pressesWaiting === 0);
    const latest = (await ratings()).slice(-3);
    expect(latest.filter((event) => event.type === 'hall.rating.given')).toHaveLength(1);
    expect(latest.map((event) => (event.type === 'hall.rating.ignored' ? event.data.why : 'given'))).toEqual([
      'given',
      'already-rated',
      expect.stringMatching(/no-session|already-rated/),
    ]);
  });

  it('opens again what should be open when the cable was out, with the seconds that are left, and takes the press made meanwhile', async () => {
    const session = await visit();
    await lit(session);
    await evaluator.unplug();
    evaluator.press(3);
    await until(
      'the loss to be seen',
      async () => !JSON.stringify((await hall.as(null)('GET', 'health')).body).includes('"state":"ready"'),
    );
    await evaluator.plug();
    await until('the press to arrive', () => evaluator.state().pressesWaiting === 0);
    expect((await ratings()).at(-1)).toMatchObject({
      type: 'hall.rating.given',
      data: { session, level: 3 },
    });
    await ready();
  });

  it('lights the keys again after the device lost its power in the middle', async () => {
    const session = await visit();
    await lit(session);
    evaluator.powerCycle();
    expect(evaluator.state().session).toBeNull();
    await lit(session);
    evaluator.press(1);
    await until('the press', () => given(session));
    expect((await ratings()).at(-1)).toMatchObject({ data: { session, level: 5 } });
  });

  it('opens it again after the hub was restarted, and the rating is still of that visit', async () => {
    const session = await visit();
    await lit(session);
    await hall.close();
    hall = await startHall(folder.path, yaml(evaluator.port));
    await ready();
    await lit(session);
    evaluator.press(1);
    await until('the press', () => given(session));
    expect((await ratings()).at(-1)).toMatchObject({ data: { session, level: 5, staff: '1001' } });
  });

  it('closes it as lapsed when the next one is called, and shows the clerk never which key it was', async () => {
    const session = await visit();
    await lit(session);
    const next = await visit();
    expect(
      (await ratings()).find(
        (event) => event.type === 'hall.rating.lapsed' && event.data.session === session,
      ),
    ).toMatchObject({ data: { why: 'next-call' } });
    await lit(next);
    evaluator.press(1);
    await until(
      'the rating',
      async () =>
        ((await hall.as(null)('GET', 'windows/1')).body['evaluation'] as { state: string }).state === 'rated',
    );
    expect(JSON.stringify((await hall.as('clerk')('GET', 'windows/1')).body)).not.toMatch(/level|"5"/);
  });

  it('lets a technician light the keys for a test, and never while a visitor is rating', async () => {
    const test = () => hall.as('technician')('POST', 'devices/evaluator-1/test', { what: 'light' });
    expect(await test()).toMatchObject({ status: 200, body: { ok: true } });
    await until('the keys to be lit', () => evaluator.state().lights.keys === 'lit');
    evaluator.press(5);
    await until('the press to be acknowledged', () => evaluator.state().pressesWaiting === 0);
    expect((await ratings()).at(-1)).toMatchObject({
      type: 'hall.rating.ignored',
      data: { why: 'unknown-session' },
    });
    const session = await visit();
    await lit(session);
    expect(await test()).toMatchObject({ status: 200, body: { ok: false, why: 'busy' } });
    expect(evaluator.state().session?.number).toBe(session);
  });
});
