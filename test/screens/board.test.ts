/** The board through the front door: a real hub, a real browser that speaks, and a hub that is gone while it does. */
import { randomUUID } from 'node:crypto';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ensureScreens } from '../../kiosk-agent/box/screens.ts';
import type { HallEvent } from '../../kiosk-agent/contract/events.ts';
import type { WindowView } from '../../kiosk-agent/contract/live.ts';
import { hallYaml, startHall, type Hall } from '../harness/hall.ts';
import { ROOT, temporaryFolder, until } from '../harness/programs.ts';
import { openScreen, startBrowser } from './browser.ts';

const folder = temporaryFolder('board');
let hall: Hall;
let browser: Browser;
beforeAll(async () => {
  await ensureScreens(ROOT, () => undefined);
  [hall, browser] = await Promise.all([startHall(folder.path), startBrowser()]);
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await hall?.close();
  folder[Symbol.dispose]();
});

type Announced = Extract<HallEvent, { type: 'hall.call.announced' }>;
const announced = async (): Promise<Announced[]> =>
  ((await hall.as('integrator')('GET', 'events?after=0&limit=1000')).body as unknown as HallEvent[]).filter(
    (event) => event.type === 'hall.call.announced',
  );
async function callAt(window: number): Promise<string> {
  await hall.as('kiosk')('POST', 'tickets', {
    service: 'transfer',
    delivery: 'screen',
    idempotencyKey: randomUUID(),
  });
  await hall.as('clerk')('POST', `windows/${window}/open`, { staff: String(1000 + window) });
  const { body } = await hall.as('clerk')('POST', `windows/${window}/call-next`);
  return (body as unknown as WindowView).ticket!.number;
}

it('announces each call once, and the hub has it in its log though it was restarted meanwhile', async () => {
  const board = await openScreen(browser, new URL('board?name=east', hall.url).href, 1920, 1080);
  await board.page.locator('.board').waitFor();
  // The words of a call are there before the first one comes.
  await board.page.waitForFunction(
    () =>
      performance.getEntriesByType('resource').filter(({ name }) => name.includes('/voice/zh/')).length >= 15,
  );
  const spoken = await callAt(1);
  await board.page.locator('.pulse', { hasText: spoken }).waitFor();
  // While it is being said, the next visitor is called and is at the window before the board comes to it.
  const over = await callAt(2);
  await hall.as('clerk')('POST', 'windows/2/start');
  await board.page.locator('.list', { hasText: over }).waitFor();

  const { host } = new URL(hall.url);
  await hall.close();
  hall = await startHall(folder.path, hallYaml().replace('127.0.0.1:0', host));

  await until('both fates', async () => (await announced()).length === 2, 25_000);
  const [first, second] = await announced();
  expect(first?.data).toMatchObject({ number: spoken, window: 1, screen: 'east', how: 'clips' });
  expect(second?.data).toMatchObject({ number: over, window: 2, screen: 'east', how: 'silent', why: 'over' });
  // Chime and two sentences, and nothing over it.
  const lengthMs = Date.parse(first!.data.endedAt) - Date.parse(first!.data.startedAt);
  expect(lengthMs).toBeGreaterThan(5_000);
  expect(Date.parse(second!.data.startedAt)).toBeGreaterThanOrEqual(Date.parse(first!.data.endedAt));
  await board.page.locator('.stale').waitFor({ state: 'detached' });
  expect(await board.page.evaluate(() => localStorage.getItem('hall.board.reports'))).toBe('[]');
  expect(board.trouble).toEqual([]);
});
