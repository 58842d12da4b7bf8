/** The supervisor's page in every state of its live part and its numbers. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { ensureScreens, screensFolder } from '../../../kiosk-agent/box/screens.ts';
import { ROOT } from '../../harness/programs.ts';
import { startBrowser } from '../browser.ts';
import { keep, look, openAt } from '../look.ts';
import { mockDays, mockNumbers, mockStatistics } from '../mock-manager.ts';
import { mockHub, ticket, view, window, type MockHub } from '../mock-hub.ts';

const numbers = mockNumbers();
let browser: Browser;
let hub: MockHub;
let page: Page;
// A hall that stands where it is between two and three in the afternoon.
const eastOfGreenwich = ((14 - new Date().getUTCHours() + 36) % 24) - 12;
const zone = `Etc/GMT${eastOfGreenwich > 0 ? '-' : '+'}${Math.abs(eastOfGreenwich)}`;
const today = new Date(Date.now() + eastOfGreenwich * 3600_000).toISOString().slice(0, 10);
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
    hall: { ...base.hall, timeZone: zone },
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
/** Goes to a section as its link does. */
async function go(section: 'live' | 'numbers'): Promise<void> {
  await page.locator(`nav.sections a[href$="#${section}"]`).click();
  await page.locator(section === 'live' ? '.live h2' : '.numbers h2').waitFor();
}
/** The view anew, as after a restarted hub; with figures asked for again. */
async function fresh(section: 'live' | 'numbers'): Promise<void> {
  const drawn = numbers.days.length > 1 && !numbers.instead;
  await page.goto(`${hub.url}/manager#${section}`);
  await page.reload();
  await page.locator(section === 'live' ? '.live h2' : '.numbers h2').waitFor();
  if (drawn) await page.locator('main [role=img] svg').first().waitFor();
}
async function speak(language: 'zh' | 'en'): Promise<void> {
  await page.evaluate((to) => localStorage.setItem('hall.staff.language', to), language);
}
/** The part of the page that does not fit, too. */
async function lookTwice(name: string): Promise<void> {
  await look(page, name);
  await page.locator('main').evaluate((main) => main.scrollTo(0, main.scrollHeight));
  await keep(page, `${name}-below`);
}
const size = (width: number, height: number) => page.setViewportSize({ width, height });

test.each([
  ['zh', 1366, 768],
  ['zh', 1920, 1080],
  ['zh', 1024, 768],
  ['en', 1366, 768],
] as const)('the hall now, in %s at %i × %i', async (language, width, height) => {
  await size(width, height);
  await speak(language);
  await fresh('live');
  await lookTwice(`manager/live-${width}-${language}`);
  // The order that the visitors of a usual Monday come in is there to compare with.
  expect(await page.locator('main [role=img]').count()).toBe(1);
});

test('nobody has come yet: no share of nothing, no chart of nothing', async () => {
  await size(1366, 768);
  await speak('zh');
  const { services, windows } = hub.view;
  for (const one of Object.values(services))
    Object.assign(one, { waiting: 0, waitMinS: null, waitMaxS: null, windowsOpen: 0 });
  for (const n of Object.keys(windows)) windows[n] = window(Number(n), 'closed');
  Object.assign(hub.view, { tickets: {}, devices: {}, links: {}, ratings: { 1: 0, 2: 0, 3: 0, 4: 0, 5: 0 } });
  hub.view.attention = { badRatings: 0, overdue: 0, opinionsOverdue: 0 };
  Object.assign(hub.view.day, { served: 0, windowsOpen: 0 });
  numbers.days = [];
  await fresh('live');
  await page.getByText('设备和网络都正常').waitFor();
  await lookTwice('manager/live-empty-zh');
  expect(await page.locator('.tiles').innerText()).not.toMatch(/NaN|Infinity|0\.0%/);
});

test('forty windows, 2,000 who wait, long and rare names', async () => {
  const { services, windows, tickets } = hub.view;
  const states = ['serving', 'called', 'idle', 'paused', 'closed'] as const;
  for (let n = 1; n <= 40; n++) {
    const state = states[(n * 7) % 5]!;
    windows[n] = window(n, state, {
      since: iso(-n * 97),
      staff: state === 'closed' ? null : String(1000 + n),
      ...(state === 'paused' ? { pausedReason: '到档案室取原始登记材料，约二十分钟后回来继续办理' } : {}),
      ...(state === 'serving'
        ? {
            ticket: {
              ...{
                ticketId: `t-${n}`,
                number: `A${100 + n}`,
                service: 'transfer',
                state: 'serving',
                call: 1,
              },
              ...{ calledAt: iso(-n * 61), startedAt: iso(-n * 59) },
            },
          }
        : {}),
    });
  }
  for (let n = 0; n < 2000; n++) {
    const number = `A${String(n).padStart(4, '0')}`;
    tickets[`t-${number}`] = ticket(number, 'waiting', { ahead: n, reservedAt: iso(-9000 + n * 4) });
  }
  Object.assign(services['transfer']!, {
    name: {
      zh: '国有建设用地使用权及房屋所有权转移登记（𠮷㛃镇）一窗受理',
      en: 'Transfer of state-owned land use right and house',
    },
    waiting: 2000,
    waitMinS: 21_600,
    waitMaxS: 30_000,
    servedToday: 'no',
  });
  Object.assign(services['first']!, {
    windowsOpen: 0,
    waitMinS: null,
    waitMaxS: null,
    servedToday: 'doubtful',
  });
  Object.assign(services['mortgage']!, { servedToday: 'yes' });
  hub.view.day.windowsTotal = 40;
  await fresh('live');
  await lookTwice('manager/live-2000-zh');
  expect(await page.locator('.tiles').innerText()).toContain('2,018');
  await size(1920, 1080);
  await lookTwice('manager/live-2000-1920-zh');
  await size(1366, 768);
});

test('a surge, bad ratings that are late, a satellite and the central server away', async () => {
  Object.assign(hub.view.day, { surge: { notice: null, extendUntil: '18:30' } });
  hub.view.attention = { badRatings: 12, overdue: 4, opinionsOverdue: 2 };
  hub.view.satellites = {
    'kiosk-2': { connected: false, since: iso(-1500), kiosk: true, devices: [] },
    'hall-east': { connected: true, since: iso(-9000), kiosk: false, devices: [], trouble: 'set-back' },
  };
  await fresh('live');
  await lookTwice('manager/live-surge-zh');
  expect(await page.locator('nav.sections').innerText()).toContain('逾期 4');
});

test('cut off: everything stands as it was and says since when', async () => {
  await fresh('live');
  const before = await page.locator('.places li').first().innerText();
  hub.cut();
  await page.locator('.stale').waitFor();
  const cut = await page.locator('.places li').first().innerText();
  await page.waitForTimeout(1500);
  // A time that went on would be told of a window that may long have done something else.
  expect(await page.locator('.places li').first().innerText()).toBe(cut);
  expect(before).toContain('C003');
  await look(page, 'manager/live-cut-zh');
  hub.back();
  await page.locator('.stale').waitFor({ state: 'detached' });
});

test('statistics that cannot be had say what to do, and the rest goes on', async () => {
  numbers.instead = { status: 503, code: 'stopping' };
  await fresh('live');
  await page.locator('.said').waitFor();
  await page.locator('main').evaluate((main) => main.scrollTo(0, main.scrollHeight));
  await look(page, 'manager/live-no-statistics-zh');
  await go('numbers');
  await page.locator('.said').waitFor();
  await look(page, 'manager/numbers-trouble-zh');
  numbers.instead = null;
  await page.locator('.said button').click();
  await page.locator('.sums').waitFor();
});

test.each([
  ['zh', 1366, 768],
  ['zh', 1920, 1080],
  ['zh', 1024, 768],
  ['en', 1366, 768],
] as const)('the numbers of a month, in %s at %i × %i', async (language, width, height) => {
  await size(width, height);
  await speak(language);
  await fresh('numbers');
  await page.locator('.presets button').nth(5).click();
  await page.locator('.sums').waitFor();
  await page.locator('.presets button').nth(2).click();
  const from = new Date(Date.parse(`${today}T00:00:00Z`) - 30 * 86_400_000).toISOString().slice(0, 10);
  await page.locator('input[type=date]').first().fill(from);
  await page.locator('.about').getByText(from).waitFor();
  await page.locator('main [role=img] svg').last().waitFor();
  await lookTwice(`manager/numbers-${width}-${language}`);
  await page.locator('.charts').scrollIntoViewIfNeeded();
  await page.locator('main').evaluate((main) => main.scrollTo(0, 420));
  await keep(page, `manager/numbers-${width}-${language}-charts`);
});

test('one day, one service, one member of staff, a year, a chart as its table', async () => {
  await size(1366, 768);
  await speak('zh');
  await fresh('numbers');
  await page.locator('.presets button').first().click();
  await page.locator('.charts svg').first().waitFor();
  await page.locator('.about').getByText(`· ${today} ·`).waitFor();
  await look(page, 'manager/numbers-today-zh');
  numbers.days = mockDays(today, 250, 14);
  await page.locator('.presets button').nth(5).click();
  await page.getByText('近一年').waitFor();
  await page.locator('.about').getByText('至').waitFor();
  await page.locator('select').first().selectOption('service');
  await page.locator('.which').selectOption('first');
  await page.locator('.about b').getByText('首次登记').waitFor();
  await look(page, 'manager/numbers-year-service-zh');
  await page.locator('select').first().selectOption('staff');
  await page.locator('.about b').getByText('1024').waitFor();
  await page.getByText('取号不分窗口').waitFor();
  await lookTwice('manager/numbers-year-staff-zh');
  const first = page.locator('.charts figure').first();
  await first.locator('button').click();
  await first.locator('table').waitFor();
  await first.scrollIntoViewIfNeeded();
  await look(page, 'manager/numbers-as-table-zh');
});

test('days before the hall kept figures, and days without any', async () => {
  numbers.oldest = new Date(Date.parse(`${today}T00:00:00Z`) - 20 * 86_400_000).toISOString().slice(0, 10);
  numbers.days = numbers.days.filter(({ day }) => day >= (numbers.oldest ?? ''));
  await fresh('numbers');
  await page.locator('.presets button').nth(5).click();
  await page.getByText('更早的日子不在内').waitFor();
  await look(page, 'manager/numbers-reaches-zh');
  await page.locator('input[type=date]').first().fill('2024-01-01');
  await page.locator('input[type=date]').nth(1).fill('2024-01-31');
  await page.locator('.empty').first().waitFor();
  await look(page, 'manager/numbers-empty-zh');
  await page.locator('input[type=date]').first().fill('2024-02-01');
  await page.getByText('开始日期晚于结束日期').waitFor();
  await look(page, 'manager/numbers-order-zh');
});

test('what is printed has its head and no navigation', async () => {
  await fresh('numbers');
  await page.evaluate(() => {
    globalThis.print = () => undefined;
  });
  await page.locator('.exports button').nth(2).click();
  await page.emulateMedia({ media: 'print' });
  await size(1123, 794);
  expect(await page.locator('nav.sections').isVisible()).toBe(false);
  await page.locator('.print-sheet h1').waitFor();
  await look(page, 'manager/print-zh');
  expect(await page.locator('.print-sheet dl').innerText()).toContain('威海市不动产登记大厅');
  await page.evaluate(() => dispatchEvent(new Event('afterprint')));
  await page.locator('.print-sheet').waitFor({ state: 'detached' });
  await page.emulateMedia({ media: 'screen' });
});

test('signed out, or signed in as somebody who may not: the page asks who is there', async () => {
  await size(1366, 768);
  hub.role = 'clerk';
  await page.reload();
  await page.locator('input[name=pin]').waitFor();
  await look(page, 'manager/sign-in-zh');
  hub.role = 'manager';
});
