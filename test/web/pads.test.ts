/** Call pads, four-key evaluators and signs at the windows of a real hall, on simulated lines with several addresses. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFf68Bus, type Ff68BusHandle } from '../../firmware-sim/ff68/bus.ts';
import type { Ff68EvaluatorState, Ff68PadState } from '../../firmware-sim/ff68/machine.ts';
import { startSignLine, type SignLineHandle } from '../../firmware-sim/sign/sign-line.ts';
import type { HallEvent } from '../../kiosk-agent/contract/events.ts';
import { hallYaml, startHall, type Hall } from '../harness/hall.ts';
import { temporaryFolder, until } from '../harness/programs.ts';

const KEYS = {
  evaluate: 0x0b,
  next: 0x0c,
  recall: 0x0d,
  missed: 0x0e,
  confirm: 0x0f,
  pause: 0x12,
  transfer: 0x13,
};

const folder = temporaryFolder('pads');
let hall: Hall;
let bus: Ff68BusHandle;
let signs: SignLineHandle;
beforeAll(async () => {
  bus = await startFf68Bus({ port: 'tcp:0', addresses: { 1: 'pad', 2: 'evaluator', 3: 'pad' } });
  signs = await startSignLine({ port: 'tcp:0', protocol: 'strip', addresses: [1, 2] });
  hall = await startHall(
    folder.path,
    hallYaml(`
devices:
  - id: pad-bus
    model: ff68
    port: "${bus.port}"
    addresses:
      1: {window: 1, as: pad, staff: "1001", transferTo: mortgage}
      2: {window: 1, as: evaluator}
      3: {window: 3, as: pad, staff: "1003"}
  - id: signs
    model: strip
    port: "${signs.port}"
    addresses: {1: {window: 1}, 2: {window: 3}}
rules: {recall: {coolDownS: 0}}
`),
  );
  await until('the line', () => bus.state().hostPresent);
});
afterAll(async () => {
  await hall.close();
  await bus.close();
  await signs.close();
  folder[Symbol.dispose]();
});

const pad = (address: number) => bus.state().devices[address] as Ff68PadState;
const evaluator = () => bus.state().devices[2] as Ff68EvaluatorState;
const events = async () =>
  (await hall.as('integrator')('GET', 'events?after=0&limit=1000')).body as unknown as HallEvent[];
const window = async (number: number) =>
  (await hall.as('clerk')('GET', `windows/${number}`)).body as {
    state: string;
    staff: string | null;
    ticket: { number: string } | null;
    pausedReason?: string;
  };
const windowIs = (number: number, state: string) =>
  until(`window ${number} to be ${state}`, async () => (await window(number)).state === state);
const take = (service: string) =>
  hall.as('kiosk')('POST', 'tickets', { service, delivery: 'screen', idempotencyKey: randomUUID() });
/** Two equal frames within 400 ms are one press (FF68): a finger that means two lets that time pass. */
const TWO_PRESSES_MS = 500;
const pressedAt = new Map<string, number>();
/** Presses and waits until the pad was told that the key is taken. */
const press = async (address: number, key: number, digit?: number) => {
  const name = `${address} ${digit} ${key}`;
  const early = (pressedAt.get(name) ?? 0) + TWO_PRESSES_MS - Date.now();
  if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
  const before = pad(address).acknowledged;
  bus.press(address, key, digit);
  await until('the acknowledgement', () => pad(address).acknowledged > before);
  pressedAt.set(name, Date.now());
};
const signShows = (address: number, text: RegExp) =>
  until(
    `sign ${address} to show ${String(text)}`,
    () => text.test(JSON.stringify(signs.state(address))),
    10_000,
  );

describe('a pad at a window', () => {
  it('opens the window and calls the first in line with one key, and shows both on its display and the sign', async () => {
    await take('transfer');
    await take('transfer');
    await take('transfer');
    await until('the number waiting', () => pad(1).display.waiting === '  3');
    await signShows(1, /窗口关闭/);
    await press(1, KEYS.next);
    expect(await window(1)).toMatchObject({ state: 'called', staff: '1001', ticket: { number: 'A001' } });
    await until('the display', () => pad(1).display.ticket === '001' && pad(1).display.waiting === '  2');
    await signShows(1, /请A001到1号窗口/);
  });

  it('recalls, and beeps for a key that does not fit', async () => {
    await press(1, KEYS.recall);
    expect((await events()).at(-1)).toMatchObject({ type: 'hall.ticket.recalled' });
    const beeps = pad(1).beeps;
    await press(1, KEYS.next);
    await until('the beep', () => pad(1).beeps > beeps);
    expect(await window(1)).toMatchObject({ state: 'called', ticket: { number: 'A001' } });
  });

  it('ends the service with the evaluate key, and the four-key evaluator beside it rates that visitor', async () => {
    await press(1, KEYS.evaluate);
    await until('the evaluation', () => evaluator().evaluating);
    bus.press(2, 0x00);
    await until('the thanks', () => evaluator().acknowledged === 1 && !evaluator().evaluating);
    const rating = (await events()).find((event) => event.type === 'hall.rating.given');
    expect(rating).toMatchObject({
      data: { number: 'A001', window: 1, staff: '1001', level: 5, keyRaw: '00', source: 'press' },
    });
    await signShows(1, /1号窗口/);
  });

  it('sends away who did not come, parks, and calls back who was parked', async () => {
    await press(1, KEYS.next);
    await press(1, KEYS.missed);
    await windowIs(1, 'idle');
    await press(1, KEYS.next);
    expect((await window(1)).ticket?.number).toBe('A003');
    await press(1, KEYS.confirm, 0x00);
    await windowIs(1, 'idle');
    expect((await events()).findLast((event) => event.type === 'hall.trace.recorded')).toMatchObject({
      data: { action: 'park', reason: '呼叫器按键：挂起', number: 'A003' },
    });
    await press(1, KEYS.confirm, 0x03);
    expect((await window(1)).ticket?.number).toBe('A003');
  });

  it('transfers to the service that the configuration names, and pauses and goes on with the same key', async () => {
    await press(1, KEYS.transfer);
    await windowIs(1, 'idle');
    expect((await events()).find((event) => event.type === 'hall.ticket.transferred')).toMatchObject({
      data: { number: 'A003', to: { service: 'mortgage' } },
    });
    await until('the other pad to count him', () => pad(3).display.waiting === '  1');
    await press(1, KEYS.pause);
    await windowIs(1, 'paused');
    await signShows(1, /暂停服务/);
    await press(1, KEYS.pause);
    await windowIs(1, 'idle');
  });

  it('has one key counted once, also when the line doubles its frames, and none lost when it loses them', async () => {
    await take('mortgage');
    await take('mortgage');
    await bus.setFault('doubled-frames', true);
    await press(3, KEYS.next);
    await bus.setFault('doubled-frames', false);
    await bus.setFault('lost-frames', true, { rate: 0.5 });
    await press(3, KEYS.evaluate);
    await bus.setFault('lost-frames', false);
    await windowIs(3, 'idle');
    const called = (await events()).filter(
      (event) => event.type === 'hall.ticket.called' && event.data.window === 3,
    );
    expect(called).toHaveLength(1);
  });

  it('shows again what it should when the cable was out', async () => {
    await press(3, KEYS.next);
    const { ticket } = await window(3);
    const digits = ticket?.number.slice(-3);
    const { body } = await hall.as('clerk')('GET', 'queue');
    const waiting = (body['services'] as Record<string, { waiting: number }>)['mortgage']!.waiting;
    await until('the display', () => pad(3).display.ticket === digits);
    await bus.unplug();
    await signs.unplug();
    await until('the loss', async () =>
      JSON.stringify((await hall.as(null)('GET', 'health')).body).includes('lost'),
    );
    await take('mortgage');
    await bus.plug();
    await signs.plug();
    await until('the display', () => Number(pad(3).display.waiting) === waiting + 1);
    expect(pad(3).display.ticket).toBe(digits);
    await signShows(2, /请.00.到3号窗口/);
  });

  it('shares its wire with the others on the line: frames and captures are asked by the line or by one of them', async () => {
    const technician = hall.as('technician');
    const ofLine = (await technician('GET', 'devices/pad-bus/frames')).body as unknown as unknown[];
    expect(ofLine.length).toBeGreaterThan(10);
    expect((await technician('GET', 'devices/pad-bus.3/frames')).body).toEqual(ofLine);
    expect((await technician('GET', 'devices/pad-bus')).body).toMatchObject({ id: 'pad-bus.1', kind: 'pad' });
    expect((await technician('GET', 'devices/pad-bus.9')).status).toBe(404);
    const answer = await fetch(new URL('api/v1/devices/pad-bus/capture?seconds=1', hall.url), {
      headers: { authorization: `Bearer ${hall.tokens['technician']}` },
    });
    const [head] = (await answer.text()).split('\n');
    expect(JSON.parse(head ?? '')).toMatchObject({ capture: 1, device: 'pad-bus', kind: 'frames' });
  });
});
