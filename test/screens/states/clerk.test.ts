/** The clerk's page in every state of the desk, in Chinese on one laptop and in English on another. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureScreens, screensFolder } from '../../../kiosk-agent/box/screens.ts';
import type { StaffView, TicketView } from '../../../kiosk-agent/contract/live.ts';
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

/** Every screen sees this view at once, as after a restart of the hub; first one without windows, so that nothing is news. */
async function show(next: StaffView, page?: Page): Promise<void> {
  for (const each of [{ ...next, windows: {} }, next]) {
    hub.view = each;
    hub.run = `run-${++runs}`;
    hub.seq = 0;
    hub.set({});
    if (each !== next) await page?.locator('.choose').waitFor();
  }
}
let runs = 0;
const inSeconds = (s: number): string => new Date(Date.now() + s * 1000).toISOString();
const at2 = (state: Parameters<typeof window>[1], more: Parameters<typeof window>[2] = {}): StaffView => {
  const all = view();
  // One person is at one window.
  for (const one of Object.values(all.windows)) if (one.staff) one.staff = `20${40 + one.window}`;
  all.windows[2] = window(2, state, more);
  return all;
};
const withTicket = (state: 'called' | 'serving', more: Partial<TicketView> = {}, call = 1): StaffView => {
  const number = more.number ?? 'A012';
  const all = at2(state, {
    ticket: {
      ticketId: `t-${number}`,
      number,
      service: more.service ?? 'transfer',
      state,
      call,
      calledAt: inSeconds(-95),
      startedAt: state === 'serving' ? inSeconds(-187) : null,
    },
  });
  all.tickets[`t-${number}`] = ticket(number, state, { ahead: null, window: 2, ...more });
  return all;
};

/** Name → the view, and what tells that the page has it. */
const STATES: Record<string, () => { view: StaffView; sees: (page: Page) => Promise<unknown> }> = {
  closed: () => ({
    view: at2('closed'),
    sees: (page) => page.locator('.ticket.closed').waitFor(),
  }),
  'closed-own-elsewhere': () => {
    const all = at2('closed');
    all.windows[1]!.staff = '1024';
    return { view: all, sees: (page) => page.locator('.elsewhere').waitFor() };
  },
  idle: () => ({ view: at2('idle'), sees: (page) => page.locator('.ticket.idle').waitFor() }),
  'idle-nobody': () => {
    const all = at2('idle');
    all.tickets = {};
    for (const one of Object.values(all.services)) one.waiting = 0;
    return {
      view: all,
      sees: (page) =>
        page
          .getByText(/没有人等候|Nobody waiting/)
          .first()
          .waitFor(),
    };
  },
  called: () => ({
    view: withTicket('called', { holder: '990***********0010' }),
    sees: (page) => page.locator('.ticket.called').waitFor(),
  }),
  'called-again-priority': () => ({
    view: withTicket('called', { holder: '990***********0010', match: 'match', priority: 'elderly' }, 2),
    sees: (page) => page.locator('.claim').waitFor(),
  }),
  serving: () => ({
    view: withTicket('serving'),
    sees: (page) => page.locator('.ticket.serving').waitFor(),
  }),
  'serving-all-facts': () => ({
    view: withTicket('serving', {
      holder: '990***********0010',
      match: 'no-match',
      priority: 'disabled',
      priorityDecision: 'confirmed',
      further: ['mortgage', 'records'],
      comesBackTo: 3,
      appointment: 'K7M2QX',
      offline: true,
      takeAndCancel: 3,
    }),
    sees: (page) => page.locator('.holder.no-match').waitFor(),
  }),
  'rating-awaited': () => ({
    view: at2('idle', { evaluation: { session: 7, state: 'open', openUntil: inSeconds(20) } }),
    sees: (page) => page.locator('.evaluation.open').waitFor(),
  }),
  rated: () => ({
    view: at2('idle', { evaluation: { session: 7, state: 'rated', openUntil: inSeconds(-5) } }),
    sees: (page) => page.locator('.evaluation.rated').waitFor(),
  }),
  paused: () => ({
    view: at2('paused', { pausedReason: '整理材料' }),
    sees: (page) => page.locator('.ticket.paused').waitFor(),
  }),
  'other-staff': () => ({
    view: at2('idle', { staff: '2048' }),
    sees: (page) =>
      page
        .getByText(/工号 2048 使用|2048 uses/)
        .first()
        .waitFor(),
  }),
  'devices-away': () => {
    const all = at2('idle', { evaluator: 'away' });
    all.day.printer = 'fault';
    all.satellites = {
      'kiosk-2': { connected: false, since: inSeconds(-60), kiosk: true, devices: [] },
    };
    return { view: all, sees: (page) => page.getByText(/评价器断开|Evaluator away/).waitFor() };
  },
  'two-thousand-waiting': () => {
    const all = at2('idle');
    for (let n = 1; n <= 2000; n++) {
      const one = ticket(`A${n}`, 'waiting', { ahead: n - 1, reservedAt: inSeconds(-9000 + n) });
      all.tickets[one.ticketId] = one;
    }
    all.services['transfer']!.waiting = 2000;
    return { view: all, sees: (page) => page.locator('.more').waitFor() };
  },
  'long-and-rare-names': () => {
    const all = withTicket('serving', { number: 'A1234', service: 'transfer' });
    const name = {
      zh: '𠮷㛃村集体土地所有权及房屋所有权转移登记（继承、受遗赠）',
      en: 'Transfer of collective land and house ownership by inheritance',
    };
    all.services['transfer']!.name = name;
    all.services['mortgage']!.name = name;
    all.hall.name = {
      zh: '威海市自然资源和规划局经济技术开发区不动产登记服务大厅',
      en: 'Real Estate Registration Hall of Weihai',
    };
    return { view: all, sees: (page) => page.getByText('A1234').first().waitFor() };
  },
  'log-unwritable': () => {
    const all = at2('idle');
    all.day.journal = 'unwritable';
    return { view: all, sees: (page) => page.getByRole('alert').waitFor() };
  },
  'log-repaired': () => {
    const all = at2('idle');
    all.day.journal = 'repaired';
    return { view: all, sees: (page) => page.locator('.alarm').waitFor() };
  },
};

async function open(
  size: { width: number; height: number },
  language: 'zh' | 'en',
  at: string,
): Promise<Page> {
  hub.role = 'clerk';
  const page = await openAt(browser, `${hub.url}/start`, size);
  await page.evaluate(
    ([language, at]) => {
      localStorage.setItem('hall.staff.language', language);
      if (at) localStorage.setItem('hall.clerk.window', at);
    },
    [language, at] as const,
  );
  await page.goto(`${hub.url}/clerk`);
  return page;
}

describe.each([
  ['zh', { width: 1366, height: 768 }],
  ['en', { width: 1280, height: 800 }],
] as const)('the desk in %s', (language, size) => {
  let page: Page;
  beforeAll(async () => {
    page = await open(size, language, '2');
    await page.locator('.desk').waitFor();
  });
  afterAll(() => page.context().close());

  test.each(Object.entries(STATES))('%s', async (name, state) => {
    const { view, sees } = state();
    await show(view, page);
    await sees(page);
    await look(page, `clerk/${name}-${language}`);
    expect(
      await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth && scrollY === 0),
    ).toBe(true);
  });

  test('what the pad has done is told', async () => {
    const all = at2('idle');
    all.devices['pad-2'] = { ...all.devices['evaluator-3']!, id: 'pad-2', kind: 'pad', window: 2 };
    await show(all, page);
    await page.locator('.ticket.idle').waitFor();
    const called = withTicket('called');
    hub.set({ windows: { 2: called.windows[2] }, tickets: { 't-A012': called.tickets['t-A012'] } });
    await page.getByText(/按键盘：已叫 A012|Key pad: A012 called/).waitFor();
    await look(page, `clerk/pad-called-${language}`);
  });

  test('cut off: says since when and why nothing can be pressed, and comes back', async () => {
    await show(withTicket('serving'), page);
    await page.locator('.ticket.serving').waitFor();
    hub.cut();
    try {
      await page.getByText(/数据停在|Data as of/).waitFor();
      const sent = hub.requests.length;
      await page.keyboard.press('F8');
      await page.getByText(/办结：与大厅主机断开|Finish: cut off/).waitFor();
      expect(hub.requests.length).toBe(sent);
      await look(page, `clerk/cut-off-${language}`);
    } finally {
      hub.back();
    }
    await page.getByText(/数据停在|Data as of/).waitFor({ state: 'hidden', timeout: 15_000 });
  });
});

test.each(['called-again-priority', 'serving-all-facts', 'two-thousand-waiting'])(
  '%s on a small screen, 1024 × 768',
  async (name) => {
    const { view, sees } = STATES[name]!();
    await show(view);
    const page = await open({ width: 1024, height: 768 }, 'zh', '2');
    await sees(page);
    await look(page, `clerk/${name}-1024`);
    await page.context().close();
  },
);

describe.each(['zh', 'en'] as const)('before the desk, in %s', (language) => {
  test('the choice of the window, by key too', async () => {
    const all = view();
    for (const one of Object.values(all.windows))
      if (one.staff) one.staff = one.window === 3 ? '1024' : `20${40 + one.window}`;
    await show(all);
    const page = await open({ width: 1366, height: 768 }, language, '');
    await page.locator('.choose').waitFor();
    await look(page, `clerk/choose-${language}`);
    await page.keyboard.press('3');
    await page.locator('.work').waitFor();
    await page.context().close();
  });

  test('signing in, with what to do when it fails', async () => {
    const page = await open({ width: 1366, height: 768 }, language, '2');
    hub.role = null;
    await page.reload();
    await page.locator('[name=staff]').waitFor();
    await look(page, `clerk/sign-in-${language}`);
    await page.keyboard.type('1024');
    await page.keyboard.press('Enter');
    await page.keyboard.type('0000');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').waitFor();
    await look(page, `clerk/sign-in-wrong-${language}`);
    const refuse = (code: string, more: object) =>
      page.route('**/api/v1/session', (route) =>
        route.request().method() === 'POST'
          ? route.fulfill({ status: 429, json: { code, detail: code, ...more } })
          : route.fallback(),
      );
    await refuse('too-many-attempts', { secondsLeft: 58 });
    await page.keyboard.type('1111');
    await page.keyboard.press('Enter');
    await page.getByText(/5\d 秒后再试|in 5\d s/).waitFor();
    await look(page, `clerk/sign-in-wait-${language}`);
    await page.context().close();
  });
});
