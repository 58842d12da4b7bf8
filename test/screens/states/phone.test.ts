/** The visitor's phone in every state: the ticket behind its code, the rating afterwards, the reason. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureScreens, screensFolder } from '../../../kiosk-agent/box/screens.ts';
import type { TicketView } from '../../../kiosk-agent/contract/live.ts';
import { ROOT } from '../../harness/programs.ts';
import { startBrowser } from '../browser.ts';
import { look, openAt } from '../look.ts';
import { mockHub, ticket, view, type MockHub } from '../mock-hub.ts';

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

const lookUp = (state: TicketView['state'], more: object = {}): void => {
  hub.lookAnswer = () => ({ status: 200, body: { ...ticket('A012', state), ...more } });
};
const quiet = { ahead: null, waitMinS: null, waitMaxS: null };
const STATES: Record<string, () => void> = {
  waiting: () => lookUp('waiting', { mayLeave: true }),
  next: () => lookUp('waiting', { ahead: 0, waitMinS: 0, waitMaxS: 120, mayLeave: true }),
  called: () => lookUp('called', { ...quiet, window: 3 }),
  serving: () => lookUp('serving', { ...quiet, window: 3 }),
  missed: () => lookUp('missed', quiet),
  parked: () => lookUp('parked', quiet),
  cancelled: () => lookUp('cancelled', quiet),
  gone: () => {
    hub.lookAnswer = () => ({ status: 404, body: { code: 'unknown-ticket', detail: 'none' } });
  },
};
const SIZES = { zh: { width: 390, height: 844 }, en: { width: 360, height: 640 } } as const;
const code = { zh: 'zh-CN', en: 'en-GB' } as const;
/** The phone answers as if it had been asleep: it looks again at once. */
const wake = (page: Page): Promise<void> =>
  page.evaluate(() => void document.dispatchEvent(new Event('visibilitychange')));
/** Nothing is wider than the phone, also in large type. */
const fits = (page: Page): Promise<boolean> =>
  page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);

describe.each(['zh', 'en'] as const)('my ticket in %s', (language) => {
  let page: Page;
  beforeAll(async () => {
    hub.view = view();
    lookUp('waiting', { mayLeave: true });
    page = await openAt(browser, `${hub.url}/t/k1`, { ...SIZES[language], language: code[language] });
    await page.getByText('A012').waitFor();
  });
  afterAll(() => page.context().close());

  test.each(Object.entries(STATES))('%s', async (name, set) => {
    set();
    await wake(page);
    await page
      .locator(name === 'gone' ? 'section[role=status] h1' : `section.${name === 'next' ? 'waiting' : name}`)
      .waitFor();
    await look(page, `phone/${name}-${language}`);
    expect(await fits(page)).toBe(true);
    if (name === 'called') expect(await page.title()).toMatch(/3.*A012/);
    if (name === 'serving') expect(await page.title()).not.toMatch(/A012/);
  });

  test('leaving the line, asked twice; staying is the first thing under the thumb', async () => {
    lookUp('waiting', { mayLeave: true });
    await page.reload();
    await page.getByRole('button', { name: /退出排队|Leave the line/ }).click();
    await page.getByRole('button', { name: /继续排队|Keep waiting/ }).waitFor();
    await look(page, `phone/leave-${language}`);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: /继续排队|Keep waiting/ }).waitFor({ state: 'detached' });
    expect(hub.requests.filter((one) => one.method === 'DELETE')).toEqual([]);
  });

  test('cut off: says for how long, and what counts meanwhile; right again when it wakes', async () => {
    hub.lookAnswer = () => ({ status: 502, body: {} });
    await wake(page);
    await page.locator('.away').waitFor();
    await look(page, `phone/away-${language}`);
    lookUp('called', { ...quiet, window: 3 });
    await wake(page);
    await page.locator('section.called').waitFor();
    await page.locator('.away').waitFor({ state: 'detached' });
  });

  test('the rating afterwards: asked, given, over', async () => {
    lookUp('finished', quiet);
    let visit: object = { window: 3, state: 'not-rated' };
    await page.route('**/api/v1/my-ticket/*/rate', (route) => route.fulfill({ json: visit }));
    await page.reload();
    await page.getByRole('button', { name: /非常满意|Very good/ }).waitFor();
    await look(page, `phone/rate-${language}`);
    visit = { window: 3, state: 'rated', reason: '/r/one' };
    await page.getByRole('button', { name: /^不满意|^Poor/ }).click();
    await page.getByRole('link').waitFor();
    await look(page, `phone/rated-${language}`);
    visit = { window: 3, state: 'over' };
    await page.reload();
    await page.getByText(/评价时间已过|is over/).waitFor();
    await look(page, `phone/rate-over-${language}`);
  });
});

describe.each(['zh', 'en'] as const)('the reason in %s', (language) => {
  test('asked, given, gone, and not sent', async () => {
    let state = 'open';
    const page = await openAt(browser, `${hub.url}/start`, { ...SIZES[language], language: code[language] });
    await page.route('**/api/v1/reason/*', (route) =>
      state === 'away'
        ? route.abort()
        : route.fulfill({
            json: {
              number: 'A012',
              window: 3,
              state,
              options: [
                { code: 'slow', zh: '等候时间太长', en: 'Waited too long' },
                { code: 'rude', zh: '态度不好', en: 'Not friendly' },
                {
                  code: 'materials',
                  zh: '材料要求没有一次说清，跑了好几趟',
                  en: 'Not told at once what to bring',
                },
              ],
            },
          }),
    );
    await page.goto(`${hub.url}/r/one`);
    await page.getByRole('checkbox').first().check();
    await look(page, `phone/reason-${language}`);
    state = 'away';
    await page.getByRole('button', { name: /提交|Send/ }).click();
    await page.locator('.away').waitFor();
    await look(page, `phone/reason-away-${language}`);
    for (const next of ['given', 'expired']) {
      state = next;
      await page.reload();
      await page.locator('section[role=status] h1').waitFor();
      await look(page, `phone/reason-${next}-${language}`);
    }
    await page.context().close();
  });
});

test('a phone set to large type shows all of it, larger, and nothing is cut', async () => {
  lookUp('called', { ...quiet, window: 3 });
  const page = await openAt(browser, `${hub.url}/t/k1`, { width: 360, height: 640 });
  await page.addStyleTag({ content: "html[data-screen='staff'] { font-size: 94% !important; }" });
  await page.locator('section.called').waitFor();
  await look(page, 'phone/called-large-type');
  expect(await fits(page)).toBe(true);
  await page.context().close();
});
