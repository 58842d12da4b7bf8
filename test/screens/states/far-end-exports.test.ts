/** The exports of ratings on the far end's page: well, late, refused, not complete, by files, and none. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureScreens, screensFolder } from '../../../kiosk-agent/box/screens.ts';
import { ROOT } from '../../harness/programs.ts';
import { startBrowser } from '../browser.ts';
import { look, openAt } from '../look.ts';
import { mockFarEnd, ratingExportStates, type MockFarEnd } from '../mock-far-end.ts';

let browser: Browser;
let far: MockFarEnd;
beforeAll(async () => {
  await ensureScreens(ROOT, () => undefined);
  [browser, far] = await Promise.all([startBrowser(), mockFarEnd(screensFolder(ROOT))]);
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await far?.close();
});

test.each([
  ['zh', 1366, 768],
  ['en', 1366, 768],
  ['zh', 1920, 1080],
] as const)('each state, %s at %d', async (language, width, height) => {
  const word = (zh: string, en: string) => (language === 'zh' ? zh : en);
  far.exports = [];
  const page = await openAt(browser, `${far.url}#exports`, { width, height });
  await page.getByText('没有配置评价数据上报').waitFor();
  if (language === 'en') await page.getByRole('button', { name: 'English' }).click();
  await look(page, `far-end/exports-none-${width}-${language}`);
  far.exports = ratingExportStates();
  far.tell();
  const province = page.getByRole('region', { name: word('省好差评平台', 'Provincial platform') });
  await province.waitFor({ timeout: 15_000 });
  expect(await province.getByText(word('已等 3 天，已迟', 'for 3 days: late')).count()).toBe(1);
  await look(page, `far-end/exports-${width}-${language}`);
  await province.getByRole('button', { name: word('查看记录', 'Show records') }).click();
  await province.getByText('A001').waitFor();
  await province.locator('summary').click();
  await province.scrollIntoViewIfNeeded();
  await look(page, `far-end/exports-refused-${width}-${language}`);
  await page.context().close();
});
