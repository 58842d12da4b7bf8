/** The supervisor's page in every state of its live part and its numbers. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { ensureScreens, screensFolder } from '../../../kiosk-agent/box/screens.ts';
import { ROOT } from '../../harness/programs.ts';
import { startBrowser } from '../browser.ts';
import { look, openAt } from '../look.ts';
import { mockDays, mockNumbers, mockStatistics } from '../mock-manager.ts';
import { mockHub, ticket, view, window, type MockHub } from '../mock-hub.ts';

const numbers = mockNumbers();
let browser: Browser;
let hub: MockHub;
let page: Page;
const today = new Date(Date.now() + 8 * 3600_000).toISOString().slice(0, 10);
const iso = (offsetS: number): string => new Date(Date.now() + offsetS * 1000).toISOString();

beforeAll(async () => {
  await ensureScreens(ROOT, () => undefined);
  [browser, hub] = await Promise.all([startBrowser(), mockHub(screensFolder(ROOT), mockStatistics(numbers))]);
  hub.role = 'manager';
  fill();
  page = await openAt(browser, `${hub.url}/manager#live`, { width: 1366, height: 768 });
  await page.locator('main h2').waitFor();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await hub?.close();
});
beforeEach(() => fill());

/** A busy ordinary day. */
function fill(): void {
  const base = view();
  const windows = base.windows;
  Object.assign(windows[2] ?? {}, { since: iso(-640) });
  Object.assign(windows[4] ?? {}, { since: iso(-1260) });
  Object.assign(windows[6] ?? {}, { since: iso(-9000) });
  hub.view = {
    ...base,
    day: { ...base.day, day: today, surge: null },
    windows,
    ratings: { 1: 1, 2: 2, 3: 9, 4: 31, 5: 60 },
    attention: { badRatings: 3, overdue: 0, opinionsOverdue: 0 },
  };
  Object.assign(numbers, {
    days: mockDays(today, 24, 14),
    ...{ oldest: '2025-11-20', instead: null },
    services: Object.keys(base.services),
    ...{ windows: [1, 2, 3, 4, 5, 6], staff: ['1024', '0031', '1102', '1177'] },
  });
}
/** The whole view anew, as after a restarted hub. */
async function show(): Promise<void> {
  hub.set({ ...hub.view });
  await page.waitForTimeout(60);
}
async function speak(language: 'zh' | 'en'): Promise<void> {
  const now = await page.evaluate(() => document.documentElement.lang);
  if (now.startsWith('zh') !== (language === 'zh')) await page.locator('header nav button').first().click();
}

test.each([
  ['zh', 1366, 768],
  ['zh', 1920, 1080],
  ['zh', 1024, 768],
  ['en', 1366, 768],
] as const)('the hall now, in %s at %i × %i', async (language, width, height) => {
  await page.setViewportSize({ width, height });
  await speak(language);
  await page.reload();
  await page.locator('main [role=img]').first().waitFor();
  await page.waitForTimeout(200);
  await look(page, `manager/live-${width}-${language}`);
  await speak('zh');
  expect(await page.locator('main h2').innerText()).toBeTruthy();
});
