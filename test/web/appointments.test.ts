/** Appointments through the front door: the real hub and a simulated printer; its far end is away all the time. */
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPrinter, type PrinterHandle } from '../../firmware-sim/index.ts';
import { hallYaml, startHall, type Hall } from '../harness/hall.ts';
import { temporaryFolder, until, type Answer } from '../harness/programs.ts';

const folder = temporaryFolder('appointments');
const TODAY = '2026-11-23';
let now = new Date(`${TODAY}T09:30:00+08:00`);
let printer: PrinterHandle;
let hall: Hall;

beforeAll(async () => {
  printer = await startPrinter({ id: 'printer-1', port: 'tcp:0', speed: Number.POSITIVE_INFINITY });
  const tokenFile = join(folder.path, 'link.token');
  writeFileSync(tokenFile, 'nobody-hears-this-token');
  hall = await startHall(
    folder.path,
    hallYaml(`devices: [{id: printer-1, model: escpos-80, port: "${printer.port}"}]
links: [{name: central, url: "socketio:http://127.0.0.1:1", token: "file:${tokenFile}"}]
`).replace('timeZone: Asia/Shanghai', 'timeZone: Asia/Shanghai, opening: {from: "08:00", to: "17:00"}'),
    () => now,
  );
  await until('the printer', async () =>
    ((await hall.as(null)('GET', 'health')).body['devices'] as { state: string }[]).every(
      ({ state }) => state === 'ready',
    ),
  );
});
afterAll(async () => {
  await hall?.close();
  await printer?.close();
  folder[Symbol.dispose]();
});

const at = (clock: string, day = TODAY): void => void (now = new Date(`${day}T${clock}:00+08:00`));
const book = (more: object = {}, role: 'kiosk' | 'clerk' | 'integrator' = 'kiosk'): Promise<Answer> =>
  hall.as(role)('POST', 'appointments', {
    service: 'transfer',
    day: TODAY,
    from: '10:00',
    idempotencyKey: randomUUID(),
    ...more,
  });
const checkIn = (code: unknown, more: object = {}, role: 'kiosk' | 'clerk' = 'kiosk'): Promise<Answer> =>
  hall.as(role)('POST', `appointments/${String(code)}/check-in`, { idempotencyKey: randomUUID(), ...more });
const byCard = (idCard: string, more: object = {}): Promise<Answer> =>
  hall.as('kiosk')('POST', 'appointments/check-in-by-card', {
    idCard,
    delivery: 'screen',
    idempotencyKey: randomUUID(),
    ...more,
  });
const papers = (): string[] => printer.papers().map(({ text }) => text);

/** An invented person's number: province 99, and the check digit that GB 11643 asks for. */
function numberOf(serial: number): string {
  const digits = `99010119900101${String(serial).padStart(3, '0')}`;
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
  const sum = weights.reduce((all, weight, index) => all + weight * Number(digits[index]), 0);
  return digits + '10X98765432'[sum % 11]!;
}
/** The one-time key of somebody who has typed their number at the kiosk. */
async function card(serial: number): Promise<string> {
  const answer = await hall.as('kiosk')('POST', 'identity', { number: numberOf(serial) });
  expect(answer).toMatchObject({ status: 201 });
  return String(answer.body['idCard']);
}

describe('an appointment', () => {
  it('is offered to everybody by its slots', async () => {
    expect(await hall.as(null)('GET', `appointments/slots?service=transfer&day=${TODAY}`)).toMatchObject({
      status: 200,
      body: {
        service: 'transfer',
        day: TODAY,
        workingDay: true,
        lastDay: '2026-12-07',
        slots: expect.arrayContaining([{ from: '16:30', to: '17:00', capacity: 2, free: 2 }]),
      },
    });
    expect((await hall.as(null)('GET', 'appointments/slots?service=nothing')).status).toBe(404);
    expect(await hall.as(null)('GET', 'appointments/slots?service=transfer&day=today')).toMatchObject({
      status: 400,
      body: { field: 'day' },
    });
  });

  it('is booked at the kiosk with its notice on paper, and checked in with the code on it', async () => {
    const idempotencyKey = randomUUID();
    const booked = await book({ print: true, idempotencyKey });
    const code = String(booked.body['appointment']);
    expect(booked).toEqual({
      status: 201,
      body: {
        appointment: expect.stringMatching(/^[ABD-HJ-NP-Z2-9][A-HJ-NP-Z2-9]{7}$/),
        service: 'transfer',
        day: TODAY,
        from: '10:00',
        to: '10:30',
        channel: 'kiosk',
        state: 'booked',
        paper: { state: 'printed' },
      },
    });
    const notice = papers().find((text) => text.includes(code));
    for (const words of ['预约单', '测试大厅', '转移登记', `${TODAY} 10:00`, '提前 60 分钟'])
      expect(notice).toContain(words);
    expect(await book({ print: true, idempotencyKey })).toMatchObject({
      status: 200,
      body: { appointment: code },
    });
    expect(papers().filter((text) => text.includes(code))).toHaveLength(1);

    const tap = { idempotencyKey: randomUUID() };
    const came = await checkIn(code, tap);
    expect(came).toMatchObject({
      status: 201,
      body: { number: 'A001', state: 'waiting', class: 'appointment', printed: true },
    });
    // What leads to the visitor's own page, as after a tap.
    expect(came.body['key']).toBe(
      (await hall.as('kiosk')('GET', `tickets/${came.body['ticketId']}`)).body['key'],
    );
    expect(came.body['key']).toEqual(expect.any(String));
    const sheet = papers().find((text) => text.includes('A001'));
    expect(sheet).toContain('预约');
    const again = [await checkIn(code, tap), await checkIn(code), await checkIn(code, {}, 'clerk')];
    expect(again.map(({ status, body }) => [status, body['number']])).toEqual([
      [200, 'A001'],
      [200, 'A001'],
      [200, 'A001'],
    ]);
    expect(papers().filter((text) => text.includes('A001'))).toHaveLength(1);
    expect(await hall.as('kiosk')('GET', `appointments/${code}`)).toMatchObject({
      body: { state: 'checked-in', ticketId: came.body['ticketId'] },
    });
  });

  it('says what became of its notice when there is no paper; it is booked all the same', async () => {
    await printer.setFault('paper-out', true);
    const booked = await book({ print: true, language: 'en', from: '13:00' });
    expect(booked).toMatchObject({ status: 201, body: { paper: { state: 'failed', why: 'paper-out' } } });
    await printer.setFault('paper-out', false);
    const code = String(booked.body['appointment']);
    await until('the notice', async () => {
      const answer = await hall.as('kiosk')('POST', `appointments/${code}/paper`, { language: 'en' });
      return (answer.body['paper'] as { state: string }).state === 'printed';
    });
    expect(papers().find((text) => text.includes(code))).toContain('Appointment');
  });

  it('is found by the card that made it, and by no other', async () => {
    const idempotencyKey = randomUUID();
    const key = await card(1);
    const booked = await book({ idCard: key, service: 'mortgage', from: '10:30', idempotencyKey });
    expect(booked).toMatchObject({ status: 201, body: { masked: expect.stringMatching(/^990\*+/) } });
    expect(JSON.stringify(booked.body)).not.toContain(numberOf(1));
    const another = await card(1);
    expect(await book({ idCard: another, service: 'mortgage', from: '11:30' })).toMatchObject({
      status: 409,
      body: { code: 'already-booked', from: '10:30' },
    });
    // What was refused has not used up the card; what was booked has.
    expect(await book({ idCard: another, from: '15:30' })).toMatchObject({ status: 201 });
    expect(await book({ idCard: another, from: '16:30' })).toMatchObject({
      status: 409,
      body: { code: 'identity-needed' },
    });
    expect(await byCard(await card(2))).toMatchObject({ status: 404, body: { code: 'unknown-appointment' } });
    expect(await checkIn(booked.body['appointment'], { idCard: await card(2) })).toMatchObject({
      status: 409,
      body: { code: 'not-this-person' },
    });
    expect(await byCard('an-old-key')).toMatchObject({ status: 409, body: { code: 'identity-needed' } });

    const tap = { idempotencyKey: randomUUID() };
    const shown = await card(1);
    const came = await byCard(shown, { ...tap, service: 'mortgage' });
    expect(came).toMatchObject({ status: 201, body: { class: 'appointment', number: 'B001' } });
    // The answer was lost, and the key of the card with it.
    expect(await byCard('forgotten', tap)).toMatchObject({ status: 200, body: { number: 'B001' } });
    const again = await byCard(await card(1), { service: 'mortgage' });
    expect(again).toMatchObject({ status: 200, body: { number: 'B001' } });
  });

  it('of several on one card is asked for', async () => {
    const codes = [
      (await book({ idCard: await card(3), from: '10:30' })).body['appointment'],
      (await book({ idCard: await card(3), from: '11:00', service: 'mortgage' })).body['appointment'],
    ];
    const several = await byCard(await card(3));
    expect(several).toMatchObject({ status: 409, body: { code: 'several-appointments' } });
    expect(
      (several.body['appointments'] as { appointment: string }[])
        .map(({ appointment }) => appointment)
        .sort(),
    ).toEqual([...codes].sort());
    expect((await byCard(await card(3), { service: 'mortgage' })).status).toBe(409);
    at('10:10');
    expect((await byCard(await card(3), { service: 'mortgage' })).status).toBe(201);
    at('09:30');
    expect(await book({ idCard: await card(4), day: '2026-11-24' })).toMatchObject({ status: 201 });
    expect(await byCard(await card(4))).toMatchObject({
      status: 409,
      body: { code: 'wrong-day', day: '2026-11-24', from: '10:00' },
    });
  });

  it('is booked by a program for whom it knows, and by nobody else so', async () => {
    const person = { hash: 'b'.repeat(64), year: 2026, masked: '990***********0021' };
    expect(await book({ person, channel: 'wechat', from: '14:00' }, 'integrator')).toMatchObject({
      status: 201,
      body: { channel: 'wechat', masked: person.masked },
    });
    expect(await book({ person, from: '14:30' })).toMatchObject({ status: 403 });
    expect(await book({ channel: 'wechat', from: '14:30' })).toMatchObject({
      status: 400,
      body: { field: 'channel' },
    });
    expect((await hall.as(null)('POST', 'appointments', {})).status).toBe(401);
    expect((await hall.as('kiosk')('GET', 'appointments')).status).toBe(403);
  });

  it('is listed for staff and cancelled by them with a reason', async () => {
    const code = String((await book({ from: '15:00' }, 'clerk')).body['appointment']);
    const list = await hall.as('manager')('GET', `appointments?day=${TODAY}`);
    expect(list.body['appointments']).toContainEqual(
      expect.objectContaining({ appointment: code, channel: 'staff', from: '15:00' }),
    );
    expect(await hall.as('clerk')('DELETE', `appointments/${code}`)).toMatchObject({
      status: 400,
      body: { code: 'reason-needed' },
    });
    expect(await hall.as('clerk')('DELETE', `appointments/${code}`, { reason: '来电取消' })).toMatchObject({
      status: 200,
      body: { state: 'cancelled' },
    });
    expect(await checkIn(code)).toMatchObject({ status: 409, body: { state: 'cancelled' } });
    expect((await hall.as('kiosk')('DELETE', 'appointments/__proto__')).status).toBe(404);
  });

  it('come to after its time is an ordinary ticket, and none after closing', async () => {
    const code = (await book({ from: '16:00' })).body['appointment'];
    at('17:10');
    expect(await checkIn(code)).toMatchObject({ status: 409, body: { code: 'outside-hours' } });
    at('16:50');
    expect(await checkIn(code, { delivery: 'screen' })).toMatchObject({
      status: 201,
      body: { class: 'normal' },
    });
    at('09:30');
  });
});
