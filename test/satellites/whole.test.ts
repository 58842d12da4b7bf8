/** A real hub and a real satellite, with simulated devices; the cable between them is a relay that can be cut. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  startEvaluator,
  startPrinter,
  type EvaluatorHandle,
  type Paper,
  type PrinterHandle,
} from '../../firmware-sim/index.ts';
import type { HallEvent } from '../../kiosk-agent/contract/events.ts';
import { SatelliteRegister } from '../../kiosk-agent/satellites/register.ts';
import { hallYaml, startHall, type Hall } from '../harness/hall.ts';
import { temporaryFolder, until, type Answer } from '../harness/programs.ts';
import { relay, type Relay } from '../link/relay.ts';
import { satelliteYaml, startSatelliteAt, type Satellite } from './hall.ts';

const folder = temporaryFolder('whole');
let hub: Hall;
let satellite: Satellite;
let cable: Relay;
let evaluator: EvaluatorHandle;
let printer: PrinterHandle;
beforeAll(async () => {
  evaluator = await startEvaluator({ port: 'tcp:0', serial: 'AFAR-1' });
  printer = await startPrinter({ id: 'printer-2', port: 'tcp:0', speed: Number.POSITIVE_INFINITY });
  hub = await startHall(`${folder.path}/hub`, hallYaml('rules: {rating: {seconds: 30}}'));
  cable = await relay(() => Number(new URL(hub.url).port));
  const token = await new SatelliteRegister(hub.stateFolder).add('kiosk-2', new Date());
  satellite = await startSatelliteAt(
    `${folder.path}/satellite`,
    satelliteYaml(
      cable.port,
      `devices:
  - {id: evaluator-1, model: elp1, port: "${evaluator.port}", window: 1}
  - {id: printer-2, model: escpos-80, port: "${printer.port}"}
`,
    ),
    token,
  );
  await hub.as('clerk')('POST', 'windows/1/open', { staff: '1001' });
  await announced();
});
afterAll(async () => {
  await satellite?.close();
  await hub?.close();
  await cable?.close();
  await evaluator?.close();
  await printer?.close();
  folder[Symbol.dispose]();
});

const hubEvents = async (): Promise<HallEvent[]> =>
  (await hub.as('integrator')('GET', 'events?after=0&limit=1000')).body as unknown as HallEvent[];
const announced = () =>
  until('the hub to know the devices of the satellite', async () => {
    const { body } = await hub.as('technician')('GET', 'devices');
    const list = body as unknown as { id: string; state: string }[];
    return ['kiosk-2/evaluator-1', 'kiosk-2/printer-2'].every((id) =>
      list.some((device) => device.id === id && device.state === 'ready'),
    );
  });
const link = async (): Promise<string> =>
  ((await satellite.as(null)('GET', 'health')).body['links'] as { state: string }[])[0]?.state ?? '';
const cut = async (): Promise<void> => {
  cable.cut();
  await until('the satellite to notice the cut', async () => (await link()) === 'away');
};
const mend = async (): Promise<void> => {
  cable.mend();
  await until('the link to be level again', async () => (await link()) === 'level');
  await announced();
};
const tap = (more: object = {}): Promise<Answer> =>
  satellite.as('kiosk')('POST', 'tickets', { service: 'transfer', idempotencyKey: randomUUID(), ...more });
const sheetsWith = (number: unknown): string[] =>
  printer
    .papers()
    .map((paper) => paper.text)
    .filter((text) => text.includes(String(number)));
/** A visit at window 1 up to the prompt; answers the session. */
async function visit(): Promise<number> {
  const { body } = await hub.as('clerk')('POST', 'windows/1/call-next');
  expect(body['state']).toBe('called');
  await hub.as('clerk')('POST', 'windows/1/start');
  const finished = await hub.as('clerk')('POST', 'windows/1/finish');
  const { session } = finished.body['evaluation'] as { session: number };
  await until('the keys to be lit', () => evaluator.state().session?.number === session);
  return session;
}
const rating = (session: number) =>
  until('the rating', async () =>
    (await hubEvents()).find((event) => event.type === 'hall.rating.given' && event.data.session === session),
  );

describe('a hub and a satellite', () => {
  it('give a ticket at the second kiosk: the hub numbers it, its paper comes out there', async () => {
    const answer = await tap();
    expect(answer).toMatchObject({ status: 201, body: { state: 'waiting', printed: true, number: 'A001' } });
    expect(sheetsWith('A001')).toHaveLength(1);
    expect(sheetsWith('A001')[0]).not.toContain('离线');
    expect((await hubEvents()).find((event) => event.type === 'hall.ticket.reserved')).toMatchObject({
      data: { number: 'A001', kiosk: 'kiosk-2' },
    });
  });

  it('rate at an evaluator that is lent', async () => {
    const session = await visit();
    evaluator.press(2);
    expect(await rating(session)).toMatchObject({ data: { level: 4, device: { serial: 'AFAR-1' } } });
    await until('the thanks', () => evaluator.state().pressesAcknowledged === 1);
  });

  it('lose no press that is made while the cable is out', async () => {
    expect((await tap()).status).toBe(201);
    const session = await visit();
    await cut();
    evaluator.press(5);
    await until('the thanks', () => evaluator.state().pressesAcknowledged === 2);
    expect(
      (await hubEvents()).some(
        (event) => event.type === 'hall.rating.given' && event.data.session === session,
      ),
    ).toBe(false);
    await mend();
    expect(await rating(session)).toMatchObject({ data: { level: 1, keyRaw: '1' } });
  });

  it('give numbers while the cable is out, marked, and merge them in the order in which they were taken', async () => {
    await until('the numbers to be leased', async () =>
      (await hubEvents()).some((event) => event.type === 'hall.block.leased'),
    );
    await cut();
    const first = await tap();
    expect(first).toMatchObject({
      status: 201,
      body: { number: 'A701', state: 'waiting', printed: true, offline: true, ahead: null },
    });
    expect(sheetsWith('A701')[0]).toContain('离线');
    const atHub = await hub.as('kiosk')('POST', 'tickets', {
      service: 'transfer',
      delivery: 'screen',
      idempotencyKey: randomUUID(),
    });
    const second = await tap();
    expect(second.body['number']).toBe('A702');
    // The key on the paper leads to the ticket here, and after the merge at the hub.
    const [qr = ''] = qrCodes(printer.papers().find(({ text }) => text.includes('A701')));
    const key = /^http:\/\/hall\.example\/t\/([0-9a-z]+)$/.exec(qr)?.[1] ?? '';
    expect(key).not.toBe(first.body['ticketId']);
    expect((await satellite.as(null)('GET', `my-ticket/${key}`)).body).toMatchObject({ number: 'A701' });
    await mend();
    await until('the hub to know the paper', async () => {
      const { status, body } = await hub.as(null)('GET', `my-ticket/${key}`);
      return status === 200 && body['number'] === 'A701';
    });
    const order = await until('all to be in line', async () => {
      const { body } = await hub.as('clerk')('GET', 'queue');
      const tickets = Object.values(
        body['tickets'] as Record<string, { number: string; ahead: number | null }>,
      );
      const line = tickets
        .filter(({ ahead }) => ahead !== null)
        .sort((a, b) => (a.ahead ?? 0) - (b.ahead ?? 0));
      return line.length === 3 && line.map(({ number }) => number);
    });
    expect(order).toEqual(['A701', atHub.body['number'], 'A702']);
    // From now on it is the hub's: the kiosk asks there.
    const seen = await satellite.as('kiosk')('GET', `tickets/${String(first.body['ticketId'])}`);
    expect(seen.body).toMatchObject({ number: 'A701', state: 'waiting', ahead: 0 });
    expect((await tap()).body['number']).toMatch(/^A00\d$/);
  });

  it('give one ticket for one tap across the cut', async () => {
    const idempotencyKey = randomUUID();
    await cut();
    const away = await tap({ idempotencyKey });
    expect(away.body['offline']).toBe(true);
    await mend();
    const back = await tap({ idempotencyKey });
    expect(back).toMatchObject({ status: 200, body: { ticketId: away.body['ticketId'] } });
    expect(sheetsWith(away.body['number'])).toHaveLength(1);
    expect(
      (await hubEvents()).filter(
        (event) => event.type === 'hall.ticket.reserved' && event.data.idempotencyKey === idempotencyKey,
      ),
    ).toHaveLength(1);
  });

  it('give one ticket and one paper for one tap, wherever the cut falls', async () => {
    for (const delayMs of [0, 2, 5, 9, 14, 20, 27, 35, 50]) {
      const idempotencyKey = randomUUID();
      const answer = tap({ idempotencyKey });
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      cable.cut();
      const first = await answer;
      expect(first.status, `cut after ${delayMs} ms: ${JSON.stringify(first.body)}`).toBeLessThan(300);
      await mend();
      const again = await tap({ idempotencyKey });
      expect(again.body['ticketId']).toBe(first.body['ticketId']);
      const { live, given } = await until('the tap to be settled', async () => {
        const events = await hubEvents();
        const given = events.flatMap((event) =>
          event.type === 'hall.ticket.reserved' && event.data.idempotencyKey === idempotencyKey
            ? [event.data]
            : [],
        );
        const is = (type: string, ticketId: string) =>
          events.some((event) => event.type === type && event.subject === ticketId);
        const live = given.filter(({ ticketId }) => !is('hall.ticket.cancelled', ticketId));
        return live.length === 1 && is('hall.ticket.printed', live[0]?.ticketId ?? '') && { live, given };
      });
      expect(live[0]?.ticketId, `cut after ${delayMs} ms`).toBe(first.body['ticketId']);
      expect(
        given.flatMap(({ number }) => sheetsWith(number)),
        `cut after ${delayMs} ms`,
      ).toHaveLength(1);
    }
  });
});

function qrCodes(paper: Paper | undefined): string[] {
  return paper?.lines.flatMap((line) => (line.kind === 'qr' ? [line.data] : [])) ?? [];
}
