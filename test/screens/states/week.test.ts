/**
 * A week of a public screen that nobody switches off: the page's clock is played forward, the hub restarts, the cable is
 * out, days change, ten thousand calls come. Nothing grows, and what is shown is right at once.
 */
import type { Browser, CDPSession, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { ensureScreens, screensFolder } from '../../../kiosk-agent/box/screens.ts';
import type { CallView } from '../../../kiosk-agent/contract/live.ts';
import { ROOT } from '../../harness/programs.ts';
import { startBrowser } from '../browser.ts';
import { mockHub, view, window, type MockHub } from '../mock-hub.ts';

let browser: Browser;
let hub: MockHub;
beforeAll(async () => {
  await ensureScreens(ROOT, () => undefined);
  [browser, hub] = await Promise.all([startBrowser(), mockHub(screensFolder(ROOT))]);
}, 120_000);
beforeEach(() => {
  hub.view = view();
  hub.build = undefined;
});
afterAll(async () => {
  await browser?.close();
  await hub?.close();
});

const hour = 3600_000;
/** Opens a page with a clock that can be played forward; counts its timers that wait. */
async function openWithClock(path: string, width: number, height: number): Promise<Page> {
  const context = await browser.newContext({ viewport: { width, height }, reducedMotion: 'reduce' });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  await page.clock.install({ time: Date.now() + hub.aheadMs });
  await page.addInitScript(() => {
    const waiting = new Set<unknown>();
    Object.assign(globalThis, { timersWaiting: waiting });
    for (const [set, clear, once] of [
      ['setTimeout', 'clearTimeout', true],
      ['setInterval', 'clearInterval', false],
    ] as const) {
      const [start, stop] = [globalThis[set] as typeof setTimeout, globalThis[clear] as typeof clearTimeout];
      Object.assign(globalThis, {
        [set]: (run: () => void, ms: number) => {
          const timer = start(() => {
            if (once) waiting.delete(timer);
            run();
          }, ms);
          waiting.add(timer);
          return timer;
        },
        [clear]: (timer: never) => {
          waiting.delete(timer);
          stop(timer);
        },
      });
    }
  });
  // Nobody hears a test, and a call that is said aloud takes its time.
  await page.route('**/sounds/**', (route) => route.abort());
  await page.goto(hub.url + path);
  return page;
}

/** The hub's time goes on with the page's. */
async function pass(page: Page, ms: number): Promise<void> {
  hub.aheadMs += ms;
  await page.clock.fastForward(ms);
}

/** Played forward in small steps until the page has what the hub has now. */
async function caughtUp(page: Page, text: string): Promise<void> {
  const there = page.getByText(text).first();
  for (let tries = 0; tries < 40 && !(await there.isVisible()); tries++) {
    await pass(page, 1_500);
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
  await there.waitFor();
}

type Size = { nodes: number; listeners: number; heapMb: number; timers: number };
async function sizeOf(page: Page, session: CDPSession): Promise<Size> {
  await session.send('HeapProfiler.collectGarbage');
  await session.send('Performance.enable');
  const { metrics } = await session.send('Performance.getMetrics');
  const value = (name: string): number => metrics.find((one) => one.name === name)?.value ?? NaN;
  return {
    nodes: value('Nodes'),
    listeners: value('JSEventListeners'),
    heapMb: value('JSHeapUsedSize') / 1e6,
    timers: await page.evaluate(
      () => (globalThis as unknown as { timersWaiting: Set<unknown> }).timersWaiting.size,
    ),
  };
}
function expectNoGrowth(after: Size, before: Size): void {
  expect(after.nodes).toBeLessThan(before.nodes * 1.15 + 60);
  expect(after.listeners).toBeLessThan(before.listeners * 1.15 + 10);
  expect(after.heapMb).toBeLessThan(before.heapMb + 3);
  expect(after.timers).toBeLessThan(before.timers + 6);
}
const clockOfHall = (): string =>
  new Intl.DateTimeFormat('zh-CN', {
    timeZone: 'Asia/Shanghai',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(Date.now() + hub.aheadMs);

let made = 0;
function nextCalls(): CallView[] {
  const now = Date.now() + hub.aheadMs;
  const next = (n: number): CallView => ({
    ticketId: `t-${n}`,
    number: `A${String(n % 1000).padStart(3, '0')}`,
    service: 'transfer',
    window: 3,
    call: 1,
    at: new Date(now).toISOString(),
  });
  made++;
  return Array.from({ length: Math.min(8, made) }, (_, back) => next(made - back));
}

test('the board after a week of ten thousand calls, restarts and cuts', async () => {
  const page = await openWithClock('/board', 1920, 1080);
  await page.locator('.big .n').waitFor();
  const session = await page.context().newCDPSession(page);
  let afterFirstDay: Size | null = null;
  const halfDays = 14;
  for (let half = 1; half <= halfDays; half++) {
    for (let n = 0; n < Math.ceil(10_000 / halfDays); n++) {
      hub.set({ calls: nextCalls() });
      // As quickly as no hall calls, but one after the other.
      if (n % 60 === 59) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await page.locator('.big .n', { hasText: hub.view.calls[0]!.number }).waitFor();
    // Every night a new day, every other one with another notice and a hub that was started anew.
    if (half % 2 === 0) hub.view.day = { ...hub.view.day, day: `2026-06-${20 + half / 2}` };
    if (half % 4 === 0) {
      hub.run = `run-${half}`;
      hub.seq = 1;
      hub.view.hall.notices = [{ zh: `第 ${half} 次通知`, en: `Notice ${half}` }];
    }
    hub.view.day.served = 5000 + half;
    hub.view.windows[3] = window(3, 'idle');
    hub.cut();
    await pass(page, 12 * hour);
    hub.back();
    await caughtUp(page, `今日已办 ${5000 + half}`);
    if (half === 3) afterFirstDay = await sizeOf(page, session);
  }
  expect(made).toBeGreaterThanOrEqual(10_000);
  expectNoGrowth(await sizeOf(page, session), afterFirstDay!);
  await expect.poll(() => page.locator('header > b').textContent(), { timeout: 10_000 }).toBe(clockOfHall());
  expect(await page.locator('.big .n').textContent()).toBe(hub.view.calls[0]!.number);
  expect(await page.locator('.stale').count()).toBe(0);
  // The hub hears of every call of a last hour, and of what was kept from before; nothing stays behind.
  const kept = () => page.evaluate(() => localStorage.getItem('hall.board.reports') ?? '[]');
  const drained = () =>
    expect.poll(async () => (await pass(page, 2_000), kept()), { timeout: 20_000 }).toBe('[]');
  await drained();
  hub.requests.length = 0;
  for (let n = 0; n < 100; n++) {
    hub.set({ calls: nextCalls() });
    await page.locator('.big .n', { hasText: hub.view.calls[0]!.number }).waitFor();
  }
  await drained();
  const heard = hub.requests
    .filter(({ path }) => path === '/calls/played')
    .map(({ body }) => (body as { ticketId: string }).ticketId);
  expect(new Set(heard).size).toBe(100);
  await page.context().close();
}, 120_000);

test('the window’s screen after a week of visits', async () => {
  const page = await openWithClock('/window/3', 1024, 600);
  await page.getByText('请到本窗口').waitFor();
  const session = await page.context().newCDPSession(page);
  let afterFirstDay: Size | null = null;
  for (let day = 1; day <= 7; day++) {
    for (let visit = 0; visit < 40; visit++) {
      const id = day * 1000 + visit;
      const openUntil = new Date(Date.now() + hub.aheadMs + 30_000).toISOString();
      hub.set({
        windows: { 3: window(3, 'idle', { evaluation: { session: id, state: 'open', openUntil } }) },
      });
      hub.set({
        windows: { 3: window(3, 'idle', { evaluation: { session: id, state: 'rated', openUntil } }) },
      });
    }
    hub.set({ windows: { 3: window(3, 'paused', { pausedReason: `第 ${day} 天` }) } });
    hub.run = `week-${day}`;
    hub.seq = 1;
    hub.cut();
    await pass(page, 24 * hour);
    hub.back();
    await caughtUp(page, `第 ${day} 天`);
    if (day === 2) afterFirstDay = await sizeOf(page, session);
  }
  expectNoGrowth(await sizeOf(page, session), afterFirstDay!);
  await page.context().close();
}, 60_000);

test('a computer that slept for three days says the age of what it shows, and is right as soon as the hub answers', async () => {
  const page = await openWithClock('/board', 1920, 1080);
  await page.locator('.big .n').waitFor();
  hub.view = { ...hub.view, calls: [{ ...nextCalls()[0]!, number: 'C777' }] };
  hub.run = 'another';
  await pass(page, 72 * hour);
  await caughtUp(page, 'C777');
  await expect.poll(() => page.locator('header > b').textContent(), { timeout: 10_000 }).toBe(clockOfHall());
  await page.context().close();
});

test('a page that is older than the hub’s screens loads itself once, when nobody touches it and nothing is announced', async () => {
  const page = await openWithClock('/board', 1920, 1080);
  await page.locator('.big .n').waitFor();
  let loads = 0;
  page.on('load', () => loads++);
  hub.build = '/assets/index-newer.js';
  hub.cut();
  await pass(page, 5_000);
  hub.back();
  hub.view.day.served = 7001;
  await caughtUp(page, '今日已办 7001');
  // A call is being announced: six seconds at least. The page stays.
  hub.view.windows[3] = window(3, 'called', {
    ticket: {
      ticketId: 't-new',
      number: 'D500',
      service: 'transfer',
      state: 'called',
      call: 1,
      calledAt: '',
      startedAt: null,
    },
  });
  const at = new Date(Date.now() + hub.aheadMs).toISOString();
  hub.set({
    windows: hub.view.windows,
    calls: [{ ...nextCalls()[0]!, ticketId: 't-new', number: 'D500', at }],
  });
  await page.locator('.pulse').waitFor();
  expect(loads).toBe(0);
  await expect
    .poll(
      async () => {
        await pass(page, 5_000);
        return loads;
      },
      { timeout: 20_000 },
    )
    .toBe(1);
  await page.locator('.big .n').waitFor();
  for (let minute = 0; minute < 5; minute++) await pass(page, 60_000);
  hub.view.day.served = 7002;
  await caughtUp(page, 'D500');
  expect(loads).toBe(1);
  await page.context().close();
});
