/** The screen at a window in every state, beside the counter and as a strip above it. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureScreens, screensFolder } from '../../../kiosk-agent/box/screens.ts';
import type { WindowView } from '../../../kiosk-agent/contract/live.ts';
import { ROOT } from '../../harness/programs.ts';
import { startBrowser } from '../browser.ts';
import { look, openAt } from '../look.ts';
import { mockHub, view, window, type MockHub } from '../mock-hub.ts';

let browser: Browser;
let hub: MockHub;
beforeAll(async () => {
  await ensureScreens(ROOT, () => undefined);
  [browser, hub] = await Promise.all([startBrowser(), mockHub(screensFolder(ROOT))]);
  hub.photos['1024'] = true;
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await hub?.close();
});

const at = (s: number): string => new Date(Date.now() + s * 1000).toISOString();
const visit = (number: string, state: 'called' | 'serving'): WindowView['ticket'] => ({
  ticketId: `t-${number}`,
  number,
  service: 'transfer',
  state,
  call: 1,
  calledAt: at(-40),
  startedAt: state === 'serving' ? at(-20) : null,
});
const asked = (session: number, state: 'open' | 'rated' | 'lapsed'): WindowView['evaluation'] => ({
  session,
  state,
  openUntil: at(state === 'open' ? 24 : -1),
  number: 'A001',
  service: 'transfer',
});
const photo = { photo: '/api/v1/staff/1024/photo' };

/** What each state shows, by the words that stand in it. */
const states: Record<string, { window: WindowView; says: string }> = {
  idle: { window: window(3, 'idle'), says: '请等候叫号' },
  'idle-with-photo': { window: window(3, 'idle', photo), says: '请等候叫号' },
  called: { window: window(3, 'called', { ticket: visit('A001', 'called') }), says: '请到本窗口' },
  'called-long-number': {
    window: window(3, 'called', { ticket: visit('AB1234', 'called') }),
    says: 'AB1234',
  },
  serving: { window: window(3, 'serving', { ticket: visit('A001', 'serving') }), says: '正在办理' },
  'serving-with-photo': {
    window: window(3, 'serving', { ticket: visit('AB1234', 'serving'), ...photo }),
    says: '正在办理',
  },
  rating: { window: window(3, 'idle', { evaluation: asked(77, 'open') }), says: '按面前的按键' },
  'rating-without-keys': {
    window: window(3, 'idle', { evaluation: asked(78, 'open'), evaluator: 'away' }),
    says: '请直接触摸屏幕',
  },
  paused: { window: window(3, 'paused', { pausedReason: '整理材料' }), says: '整理材料' },
  'paused-long-reason': {
    window: window(3, 'paused', { pausedReason: '与登记平台核对材料，预计十分钟后恢复办理，请稍候' }),
    says: '预计十分钟',
  },
  closed: { window: window(3, 'closed'), says: '本窗口未开放' },
  'all-services': {
    window: window(3, 'idle', { services: ['transfer', 'mortgage', 'first', 'change', 'records', 'advice'] }),
    says: '咨询、其他业务',
  },
};

describe.each([
  ['screen', 1024, 600],
  ['strip', 1200, 300],
] as const)('the window’s %s', (format, width, height) => {
  let page: Page;
  const show = async (one: WindowView): Promise<void> => {
    hub.set({ windows: { 3: one } });
  };
  beforeAll(async () => {
    hub.view = view();
    page = await openAt(browser, `${hub.url}/window/3`, { width, height });
    await page.locator('main header').waitFor();
  });
  afterAll(() => page.context().close());

  test.each(Object.keys(states))('%s', async (name) => {
    const { window: one, says } = states[name]!;
    await show(one);
    await page.getByText(says).first().waitFor();
    if (name.includes('photo')) {
      const drawn = page.locator('figure img');
      await expect
        .poll(() => drawn.evaluate((each: HTMLImageElement) => each.naturalWidth))
        .toBeGreaterThan(0);
    }
    await look(page, `window/${name}-${format}`);
  });

  test('a photo that cannot be loaded leaves no hole', async () => {
    await show(window(3, 'idle', { photo: '/api/v1/staff/77/photo' }));
    await page.getByText('请等候叫号').first().waitFor();
    await expect.poll(() => page.locator('figure').count(), { timeout: 10_000 }).toBe(0);
  });

  test('thanks, and the code for the reason', async () => {
    await show(window(3, 'idle', { evaluation: asked(90, 'open') }));
    await page.getByText('请对本次服务作出评价').waitFor();
    await show(window(3, 'idle', { evaluation: asked(90, 'rated') }));
    await page.getByText('谢谢您的评价').waitFor();
    await look(page, `window/thanks-${format}`);
    hub.reasonLink = 'http://192.168.1.20:8480/r/0b6f1d2c3e4f';
    await show(window(3, 'idle', { evaluation: asked(91, 'open') }));
    await page.getByText('请对本次服务作出评价').waitFor();
    await show(window(3, 'idle', { evaluation: asked(91, 'rated') }));
    await page.locator('img[src^="data:"]').waitFor();
    await look(page, `window/reason-code-${format}`);
    hub.reasonLink = null;
    await show(window(3, 'called', { ticket: visit('A002', 'called') }));
    await page.getByText('A002').waitFor();
  });

  test('the time for rating is over', async () => {
    await show(window(3, 'idle', { evaluation: asked(92, 'open') }));
    await page.getByText('请对本次服务作出评价').waitFor();
    await show(window(3, 'idle', { evaluation: asked(92, 'lapsed') }));
    await page.getByText('评价时间已结束').waitFor();
    await look(page, `window/lapsed-${format}`);
  });

  test('a touch on its way, not delivered, and not allowed', async () => {
    hub.rateAnswer = () => ({ status: 503, body: { code: 'stopping', detail: '' } });
    await show(window(3, 'idle', { evaluation: asked(93, 'open') }));
    await page.locator('.faces button').first().click();
    await page.getByText('正在送出').waitFor();
    await look(page, `window/sending-${format}`);
    hub.rateAnswer = () => ({ status: 403, body: { code: 'not-allowed', detail: '' } });
    await page.getByText('这个屏幕不能评价').waitFor();
    await look(page, `window/not-granted-${format}`);
    hub.rateAnswer = () => ({ status: 200, body: {} });
  });

  test('by keyboard: Tab to a face, Enter; ten taps are one rating', async () => {
    await show(window(3, 'idle', { evaluation: asked(94, 'open') }));
    await page.getByText('请对本次服务作出评价').waitFor();
    const before = hub.requests.filter(({ path }) => path.endsWith('/rate')).length;
    await page.keyboard.press('Tab');
    await look(page, `window/focus-${format}`);
    const level = await page.evaluate(
      () => 5 - [...document.querySelectorAll('.faces button')].indexOf(document.activeElement!),
    );
    expect(level).toBeLessThan(6);
    for (let tap = 0; tap < 10; tap++) await page.keyboard.press('Enter');
    await page.getByText('谢谢您的评价').waitFor();
    const sent = hub.requests.filter(({ path }) => path.endsWith('/rate')).slice(before);
    expect(sent.map(({ body }) => body)).toEqual([{ session: 94, level }]);
  });

  test('cut off, with its age; a window that the hall has not', async () => {
    await show(window(3, 'serving', { ticket: visit('A001', 'serving') }));
    await page.getByText('正在办理').waitFor();
    hub.cut();
    try {
      await page.locator('.stale').waitFor();
      await look(page, `window/cut-off-${format}`);
    } finally {
      hub.back();
    }
    const other = await openAt(browser, `${hub.url}/window/99`, { width, height });
    await other.getByText('没有 99 号窗口').waitFor();
    await look(other, `window/unknown-${format}`);
    await other.context().close();
  });
});
