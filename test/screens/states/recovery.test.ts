/**
 * Every page through cuts, restarts of the hub, a day without it, a week of reconnecting, and a clock that jumps. All pages
 * stand open at one hub, each in a browser of its own people, and live through the same week.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureScreens, screensFolder } from '../../../kiosk-agent/box/screens.ts';
import { ROOT } from '../../harness/programs.ts';
import { startBrowser } from '../browser.ts';
import { mockHub, ticket, window as windowView, type MockHub } from '../mock-hub.ts';

type Case = {
  /** where a page of this path is opened */
  at: string;
  role?: string;
  size?: [width: number, height: number];
  /** what is kept in the browser before */
  kept?: Record<string, string>;
  /** what stands on the page when the hall's figure is n [100…999]; left out: it shows nothing of the hall */
  shows?: (n: number) => RegExp;
  /** it asks by itself this often, ms; what it has not heard by the live feed it shows then */
  asks?: number;
  /** while it is cut off: sees that nothing can be done that the hub would have to hear */
  closed?: (page: Page) => Promise<void>;
  /** it shows the hall's clock, hours and minutes */
  clock?: boolean;
};
const off = async (page: Page, name: string | RegExp): Promise<void> => {
  const button = page.getByRole('button', { name }).first();
  expect(await button.evaluate((one) => one.matches(':disabled, [aria-disabled=true]'))).toBe(true);
};
/** The router's paths; a new page has to be entered here. */
const pages: Record<string, Case> = {
  '/': { at: '/' },
  '/kiosk': {
    at: '/kiosk',
    size: [1080, 1920],
    shows: (n) => new RegExp(`\\b${n}\\b`),
    closed: async (page) => {
      await page.getByRole('button', { name: /转移登记/ }).click();
      await off(page, /^取号/);
      await page
        .getByRole('button', { name: /返回|首页/ })
        .first()
        .click();
    },
    clock: true,
  },
  '/board': { at: '/board', size: [1920, 1080], shows: (n) => new RegExp(`\\b${n}\\b`), clock: true },
  '/window/:number(\\d+)': { at: '/window/3', size: [1024, 600], shows: (n) => new RegExp(`\\bA${n}\\b`) },
  '/t/:ticketId': { at: '/t/key-1', size: [390, 844], asks: 20_000, shows: (n) => new RegExp(`\\b${n}\\b`) },
  '/r/:token': { at: '/r/token-1', size: [390, 844] },
  '/clerk': {
    at: '/clerk',
    role: 'clerk',
    kept: { 'hall.clerk.window': '2' },
    shows: (n) => new RegExp(`\\bA${n}\\b`),
    closed: (page) => off(page, /叫下一位|呼叫下一位|顺呼/),
  },
  '/technician': {
    at: '/technician',
    role: 'technician',
    shows: (n) => new RegExp(`\\bE${n}\\b`),
    closed: (page) => off(page, '试灯'),
  },
  '/manager': { at: '/manager', role: 'manager', shows: (n) => new RegExp(`\\b${n}\\b`) },
  '/:rest(.*)*': { at: '/nowhere' },
};
const following = Object.entries(pages).filter(([, one]) => one.shows);

let browser: Browser;
let hub: MockHub;
const open = new Map<string, Page>();
const trouble: string[] = [];
/** What the hall's figure is now. */
let figure = 100;

/** Tells every page's part of the hall that the figure is another. */
function tell(n = ++figure): void {
  figure = n;
  const { transfer, mortgage } = hub.view.services;
  if (!transfer || !mortgage) throw new Error('the mock hall has these services');
  const called = hub.view.windows[3]?.ticket;
  hub.lookAnswer = () => ({ status: 200, body: ticket('A001', 'waiting', { ahead: n }) });
  hub.set({
    services: { transfer: { ...transfer, waiting: n } },
    windows: {
      3: windowView(3, 'called', { ticket: called ? { ...called, number: `A${n}` } : null }),
    },
    tickets: { 't-A002': ticket(`A${n}`, 'waiting', { ahead: 0 }) },
    attention: { badRatings: n, overdue: 0, opinionsOverdue: 0 },
    devices: { 'evaluator-3': { ...hub.view.devices['evaluator-3'], serial: `E${n}` } },
  });
}
const text = (page: Page): Promise<string> => page.evaluate(() => document.body.innerText);
const soon = (see: () => unknown, path: string) => expect.poll(see, { timeout: 20_000, message: path });
/** Sees to all pages at once, and tells of each that is not as it should be. */
async function eachFollowing(see: (page: Page, one: Case, path: string) => Promise<unknown>): Promise<void> {
  const seen = await Promise.allSettled(following.map(([path, one]) => see(open.get(path)!, one, path)));
  const wrong = seen.flatMap((one) =>
    one.status === 'rejected'
      ? [`${one.reason}${JSON.stringify((one.reason as { actual?: unknown }).actual)}`.slice(0, 900)]
      : [],
  );
  expect(wrong).toEqual([]);
}
const allShow = (n = figure) =>
  eachFollowing(async (page, one, path) => {
    if (one.asks) await page.clock.fastForward(one.asks);
    await soon(async () => one.shows!(n).test(await text(page)), `${path} shows ${n}`).toBe(true);
  });
const allFollow = () =>
  eachFollowing((page, _one, path) => soon(() => page.locator('.stale').count(), path).toBe(0));
const stale = (page: Page): Promise<string> => page.locator('.stale').first().innerText({ timeout: 15_000 });
/** Lets the pages' time go on, with all that was to happen in it. */
const pass = (ms: number) => Promise.all([...open.values()].map((page) => page.clock.fastForward(ms)));
const hour = 3_600_000;

beforeAll(async () => {
  await ensureScreens(ROOT, () => undefined);
  [browser, hub] = await Promise.all([startBrowser(), mockHub(screensFolder(ROOT))]);
  tell();
  for (const [path, one] of Object.entries(pages)) open.set(path, await openPage(path, one));
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await hub?.close();
});

async function openPage(path: string, { at, role, size = [1366, 768], kept }: Case): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: size[0], height: size[1] },
    locale: 'zh-CN',
    reducedMotion: 'reduce',
    ...(role && { extraHTTPHeaders: { 'x-test-role': role } }),
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.on('pageerror', (error) => trouble.push(`${path}: ${error.message}`));
  await page.clock.install();
  // Whatever is started and not ended is counted, by kind.
  await page.addInitScript(countLeft);
  if (kept)
    await page.addInitScript((all) => {
      for (const [key, value] of Object.entries(all)) localStorage.setItem(key, value);
    }, kept);
  await page.goto(`${hub.url}${at}`);
  await page.locator('#app > *').first().waitFor();
  return page;
}

/** Runs in the page: `left()` says how many timers, listeners and elements are there. */
function countLeft(): void {
  const timers = new Set<unknown>();
  const set = { timeout: globalThis.setTimeout, interval: globalThis.setInterval };
  const clear = { timeout: globalThis.clearTimeout, interval: globalThis.clearInterval };
  Object.assign(globalThis, {
    setTimeout(task: (...more: unknown[]) => void, ms?: number, ...more: unknown[]) {
      const timer: unknown = set.timeout(() => {
        timers.delete(timer);
        task(...more);
      }, ms);
      timers.add(timer);
      return timer;
    },
    setInterval(task: (...more: unknown[]) => void, ms?: number, ...more: unknown[]) {
      const timer: unknown = set.interval(task, ms, ...more);
      timers.add(timer);
      return timer;
    },
    clearTimeout(timer: number) {
      timers.delete(timer);
      clear.timeout(timer);
    },
    clearInterval(timer: number) {
      timers.delete(timer);
      clear.interval(timer);
    },
  });
  let listeners = 0;
  for (const target of [globalThis as unknown as Window, document]) {
    const { addEventListener: add, removeEventListener: remove } = target;
    target.addEventListener = (...how: Parameters<typeof add>) => (listeners++, add.apply(target, how));
    target.removeEventListener = (...how: Parameters<typeof remove>) => (
      listeners--,
      remove.apply(target, how)
    );
  }
  Object.assign(globalThis, {
    left: () => ({ timers: timers.size, listeners, elements: document.querySelectorAll('*').length }),
  });
}
type Left = { timers: number; listeners: number; elements: number };
const left = (page: Page) => page.evaluate(() => (globalThis as unknown as { left(): Left }).left());

test('every page of the router is here', () => {
  const router = readFileSync(join(ROOT, 'display', 'router.ts'), 'utf8');
  const paths = [...router.matchAll(/^\s*path: '([^']+)'/gm)].map((found) =>
    found[1]!.replaceAll('\\\\', '\\'),
  );
  expect(paths.length).toBeGreaterThan(8);
  expect(Object.keys(pages)).toEqual(expect.arrayContaining(paths));
});

describe('all pages, at one hub', () => {
  test('follow the hall', async () => {
    await allShow();
    tell();
    await allShow();
  });

  test('cut off, say since when within seconds, and let nobody do what the hub would not hear', async () => {
    await hub.off();
    await eachFollowing(async (page, _one, path) => {
      expect(await stale(page), path).toMatch(/数据停在 \d\d:\d\d · 已断开 \d+ 秒/);
    });
    await eachFollowing((page, one) => one.closed?.(page) ?? Promise.resolve());
  });

  test('take what they missed from the same hub, and say nothing of the cut any more', async () => {
    tell();
    await hub.on();
    await allFollow();
    await allShow();
  });

  test('take everything anew from a hub that was started again', async () => {
    await hub.off();
    tell();
    await hub.on('run-2');
    await allFollow();
    await allShow();
    // Its numbers begin anew, too: what comes next is taken.
    tell();
    await allShow();
  });

  test('stand a day without the hub, say so, and come back', async () => {
    await hub.off();
    await eachFollowing((page) => stale(page));
    await pass(24 * hour);
    await eachFollowing((page, _one, path) => soon(() => stale(page), path).toMatch(/已断开 24 小时/));
    tell();
    await hub.on();
    await allFollow();
    await allShow();
  });

  test('grow by nothing in a week of reconnecting', async () => {
    const before = new Map<string, Left>();
    await eachFollowing(async (page, _one, path) => before.set(path, await left(page)));
    for (let step = 0; step < 14; step++) {
      // Half a day without a word: the connection counts as lost, and is made anew.
      await pass(12 * hour);
      tell();
      if (step % 4 === 1) {
        await hub.off();
        await eachFollowing((page) => stale(page));
        await hub.on(`run-week-${step}`);
      }
      if (step % 4 === 3) await allFollow();
    }
    await allFollow();
    await allShow();
    await eachFollowing(async (page, _one, path) => {
      const was = before.get(path)!;
      await soon(
        async () => {
          const now = await left(page);
          return {
            timers: now.timers <= was.timers + 2,
            listeners: now.listeners <= was.listeners + 2,
            elements: now.elements <= was.elements + 20,
          };
        },
        `${path} ${JSON.stringify(was)}`,
      ).toEqual({ timers: true, listeners: true, elements: true });
    });
  }, 60_000);

  test('show the hub’s time, whatever the machine’s clock is set to', async () => {
    const hall = () =>
      new Intl.DateTimeFormat('zh-CN', {
        timeZone: 'Asia/Shanghai',
        hour: '2-digit',
        minute: '2-digit',
        hourCycle: 'h23',
      });
    const near = () => [-1, 0, 1].map((minutes) => hall().format(Date.now() + minutes * 60_000));
    for (const day of [1, -1]) {
      await Promise.all(
        [...open.values()].map((page) => page.clock.setSystemTime(Date.now() + day * 24.5 * hour)),
      );
      await eachFollowing(async (page, one, path) => {
        if (!one.clock) return;
        await pass(0);
        await soon(async () => {
          const shown = await text(page);
          return near().some((time) => shown.includes(time));
        }, `${path}, ${day} day`).toBe(true);
      });
      tell();
      await allShow();
      await allFollow();
    }
  });

  test('hidden for an hour and shown again, are right at once', async () => {
    const hide = (hidden: boolean) =>
      Promise.all(
        [...open.values()].map((page) =>
          page.evaluate((hidden) => {
            Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
            Object.defineProperty(document, 'visibilityState', {
              value: hidden ? 'hidden' : 'visible',
              configurable: true,
            });
            document.dispatchEvent(new Event('visibilitychange'));
          }, hidden),
        ),
      );
    await hide(true);
    await pass(hour);
    tell();
    await hide(false);
    await allFollow();
    await allShow();
  });

  test('have had no error in all this', () => {
    expect(trouble).toEqual([]);
  });
});
