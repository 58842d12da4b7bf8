/** What stands before the clerk's desk: each question, each trouble in it, by keyboard. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ensureScreens, screensFolder } from '../../../kiosk-agent/box/screens.ts';
import { ROOT } from '../../harness/programs.ts';
import { startBrowser } from '../browser.ts';
import { look, openAt } from '../look.ts';
import { mockHub, ticket, view, window, type MockHub } from '../mock-hub.ts';

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
const sent = (path: RegExp) => hub.requests.filter((one) => one.method !== 'GET' && path.test(one.path));
const soon = (look: () => unknown) => expect.poll(look, { timeout: 10_000 });

describe.each([
  ['zh', { width: 1366, height: 768 }],
  ['en', { width: 1280, height: 800 }],
] as const)('before the desk, in %s', (language, size) => {
  let page: Page;
  const serving = {
    ticketId: 't-A012',
    number: 'A012',
    service: 'transfer',
    state: 'serving' as const,
    call: 1,
    calledAt: new Date(Date.now() - 200_000).toISOString(),
    startedAt: new Date(Date.now() - 187_000).toISOString(),
  };
  const set = (state: 'idle' | 'serving'): void =>
    hub.set({
      windows: { 2: window(2, state, { ticket: state === 'serving' ? serving : null }) },
      tickets: {
        't-A012': state === 'serving' ? ticket('A012', 'serving', { ahead: null, window: 2 }) : null,
      },
    });
  const dialog = () => page.getByRole('dialog');
  const keep = (name: string) => look(page, `clerk-dialogs/${name}-${language}`);
  async function press(...keys: string[]): Promise<void> {
    // As fast as a quick hand, no faster: letters without any time between them can overtake the field's own focus.
    for (const key of keys) {
      await page.keyboard.press(key);
      await page.waitForTimeout(50);
    }
  }
  async function asks(key: string): Promise<void> {
    await press(key);
    await dialog().waitFor();
    // A person's next key comes after the question has the keyboard.
    await soon(() => page.evaluate(() => document.activeElement?.closest('[role=dialog]') !== null)).toBe(
      true,
    );
  }

  beforeAll(async () => {
    hub.role = 'clerk';
    hub.view = view();
    for (const one of Object.values(hub.view.windows)) if (one.staff) one.staff = `20${40 + one.window}`;
    page = await openAt(browser, `${hub.url}/start`, size);
    await page.evaluate((language) => {
      localStorage.setItem('hall.staff.language', language);
      localStorage.setItem('hall.clerk.window', '2');
    }, language);
    set('serving');
    await page.goto(`${hub.url}/clerk`);
    await page.locator('.work').waitFor();
  });
  afterAll(() => page.context().close());
  beforeEach(async () => {
    hub.requests.length = 0;
    await press('Escape');
    await dialog().waitFor({ state: 'detached' });
  });
  const desk = async (state: 'idle' | 'serving'): Promise<void> => {
    set(state);
    await page.locator(`.ticket.${state}`).waitFor();
  };

  test('a transfer: letter, reason, and back again, in five keys', async () => {
    await desk('serving');
    await asks('F6');
    const focused = () => page.evaluate(() => (document.activeElement as HTMLInputElement | null)?.name);
    await soon(focused).toBe('reason');
    await keep('transfer');
    await press('c', '2', '0', 'Enter');
    await soon(() => sent(/transfer$/).map((one) => one.body)).toEqual([
      expect.objectContaining({ service: 'first', comeBack: true }),
    ]);
    // The answer closes it; a key before that would be one into the question that is just going.
    await dialog().waitFor({ state: 'detached' });
    await asks('F6');
    await soon(focused).toBe('reason');
    await press('Shift+Digit3', 'Enter');
    await soon(() => sent(/transfer$/).map((one) => one.body)).toContainEqual(
      expect.objectContaining({ window: 3 }),
    );
  });

  test('a park for some minutes, with a reason of one’s own', async () => {
    await desk('serving');
    await asks('F7');
    await press('Shift+Digit3');
    await keep('park');
    await dialog().locator('input[type=text]').fill('A7 C2 F3');
    await press('Enter');
    await soon(() => sent(/park$/).map((one) => one.body)).toEqual([{ reason: 'A7 C2 F3', minutes: 20 }]);
  });

  test('a pause, with the hall’s own reasons', async () => {
    await desk('idle');
    await asks('F10');
    await keep('pause');
    await press('3', 'Enter');
    await soon(() => sent(/pause$/).length).toBe(1);
  });

  test('a question that the pad has overtaken says so, sends nothing, and closes', async () => {
    await desk('serving');
    await asks('F6');
    await press('c');
    set('idle');
    await dialog().getByRole('alert').waitFor();
    await keep('overtaken');
    await press('Enter');
    await dialog().waitFor({ state: 'detached' });
    expect(sent(/windows/)).toEqual([]);
  });

  test('a ticket is found by typing its number, and called out of turn with a reason', async () => {
    await desk('idle');
    await press('0', '0');
    await dialog().waitFor();
    await press('2');
    await dialog().getByText('A002').waitFor();
    await keep('find');
    await press('Enter');
    await dialog().getByText('A002').waitFor();
    await keep('call-out-of-turn');
    await press('2', 'Enter');
    await soon(() => sent(/call$/).map((one) => one.body)).toEqual([
      expect.objectContaining({ ticketId: 't-A002' }),
    ]);
  });

  test('a priority is given by hand', async () => {
    await desk('idle');
    await press('b', '0', '1', '5', 'F7');
    await dialog()
      .getByText(/给优先 B015|Priority B015/)
      .waitFor();
    await keep('give-priority');
    await press('Shift+Digit2', 'Enter');
    await soon(() => sent(/priority$/).map((one) => one.body)).toEqual([
      expect.objectContaining({ decision: 'given', priority: 'disabled' }),
    ]);
  });

  test('a ticket that is not there, or of another window, is said with why', async () => {
    await desk('idle');
    await asks('/');
    await soon(() => page.evaluate(() => document.activeElement?.tagName)).toBe('INPUT');
    await page.keyboard.type('A999', { delay: 50 });
    await dialog()
      .getByText(/没有找到 A999|A999 not found/)
      .waitFor();
    await soon(() => page.evaluate(() => document.activeElement?.tagName)).toBe('INPUT');
    await keep('find-none');
    hub.set({ tickets: { 't-C031': ticket('C031', 'waiting', { service: 'first' }) } });
    await dialog().locator('input').fill('C031');
    await dialog()
      .getByText(/不是本窗口的业务|not a service of this window/)
      .waitFor();
    await keep('find-not-here');
  });

  test('an appointment is checked in, and refused with what to do', async () => {
    await page.route('**/api/v1/appointments*', (route) =>
      route.fulfill({
        json: {
          day: '2026-06-20',
          appointments: ['K7M2QX', 'P4T9RW'].map((appointment, n) => ({
            appointment,
            service: 'transfer',
            from: `1${n}:00`,
            to: `1${n}:30`,
            state: 'booked',
            masked: '990***********0010',
          })),
        },
      }),
    );
    await page.route('**/api/v1/appointments/*/check-in', (route) =>
      route.request().url().includes('P4T9RW')
        ? route.fulfill({ status: 409, json: { code: 'too-early', detail: 'too early' } })
        : route.fulfill({ status: 201, json: ticket('A101', 'waiting') }),
    );
    await desk('idle');
    await asks('Shift+F6');
    await dialog().getByText('P4T9RW').waitFor();
    await keep('check-in');
    await press('ArrowDown', 'ArrowDown', 'Enter');
    await dialog().getByRole('alert').waitFor();
    await keep('check-in-early');
    await press('ArrowUp', 'Enter');
    await page.getByText(/号码 A101|as A101/).waitFor();
  });

  test('the own ratings: sums of past days, or why there are none', async () => {
    let body: object = {
      staff: '1024',
      from: null,
      through: null,
      served: 0,
      asked: 0,
      lapsed: 0,
      ratings: {},
    };
    await page.route('**/api/v1/ratings/mine', (route) => route.fulfill({ json: body }));
    await asks('Shift+F7');
    await dialog()
      .getByText(/不够多|Not enough/)
      .waitFor();
    await keep('own-too-few');
    await press('Escape');
    body = {
      ...body,
      ...{ from: '2026-01-04', through: '2026-06-19', served: 4218, asked: 4100, lapsed: 788 },
      ratings: { 5: 2900, 4: 350, 3: 41, 2: 14, 1: 7 },
    };
    await asks('Shift+F7');
    await dialog().getByText('2900').waitFor();
    await keep('own');
  });

  test('all keys on one sheet', async () => {
    await asks('F1');
    await keep('keys');
    await press('Escape');
    await asks('?');
  });
});
