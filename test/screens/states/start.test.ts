import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureScreens, screensFolder } from '../../../kiosk-agent/box/screens.ts';
import { ROOT } from '../../harness/programs.ts';
import { startBrowser } from '../browser.ts';
import { look, openAt } from '../look.ts';
import { mockHub, type MockHub } from '../mock-hub.ts';

let browser: Browser;
let hub: MockHub;
beforeAll(async () => {
  await ensureScreens(ROOT, () => undefined);
  [browser, hub] = await Promise.all([startBrowser(), mockHub(screensFolder(ROOT))]);
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await hub?.close();
});

test.each([
  ['computer', 1280, 800],
  ['phone', 390, 844],
] as const)('the list of screens, on a %s', async (format, width, height) => {
  const page = await openAt(browser, hub.url, { width, height });
  await page.locator('main a').first().waitFor();
  expect(await page.locator('main a').count()).toBeGreaterThan(3);
  await look(page, `start/${format}`);
  await page.context().close();
});

test('an address that leads nowhere says so and where to go', async () => {
  const page = await openAt(browser, `${hub.url}/nowhere`, { width: 1280, height: 800 });
  await page.locator('main a').first().waitFor();
  await look(page, 'start/not-found');
  await page.context().close();
});
