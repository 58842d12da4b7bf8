/** The hall board in every state that it is designed for, on a television and on a tall panel. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureScreens, screensFolder } from '../../../kiosk-agent/box/screens.ts';
import type { CallView, PublicView } from '../../../kiosk-agent/contract/live.ts';
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

const formats = [
  ['landscape', 1920, 1080],
  ['portrait', 1080, 1920],
] as const;
/** A moment at which every rotation is at its beginning: pages come in their order from there. */
const at = (s = 0): string => new Date(Date.now() + s * 1000).toISOString();
const long = {
  zh: '国有建设用地使用权及房屋所有权转移登记（含继承受遗赠离婚析产）',
  en: 'Transfer of land use rights and ownership (inheritance)',
};

/** What stands in the view of a state; the rest is the mock's. */
const states: Record<string, (view: PublicView) => void> = {
  usual: () => undefined,
  'nobody-called': (hall) => {
    hall.calls = [];
    hall.day.served = 0;
  },
  'closed-hall': (hall) => {
    hall.calls = [];
    Object.assign(hall.day, { taking: false, windowsOpen: 0, served: 0 });
    for (const each of Object.values(hall.windows)) Object.assign(each, window(each.window, 'closed'));
    for (const each of Object.values(hall.services)) Object.assign(each, { waiting: 0, windowsOpen: 0 });
  },
  'all-served': (hall) => {
    for (const each of Object.values(hall.windows)) Object.assign(each, window(each.window, 'idle'));
  },
  surge: (hall) => {
    hall.hall.notices = [];
    hall.hall.missedRule = { zh: '', en: '' };
    hall.day.surge = {
      notice: {
        zh: '今天办事的人多：服务延长至 18:30，7 号临时窗口已开放。也可以到咨询台预约改日办理，不用久等。',
        en: 'Busy today: open until 18:30, window 7 has been added. You may also book another day at the desk.',
      },
      extendUntil: '18:30',
    };
    for (const each of Object.values(hall.services))
      Object.assign(each, { waiting: 60, waitMinS: 5400, waitMaxS: 8100 });
  },
  'largest-hall': (hall) => {
    hall.hall.name = { zh: '山东省威海市环翠区不动产登记综合服务中心（一楼东区大厅）', en: long.en };
    const names = Object.values(hall.services);
    hall.services = Object.fromEntries(
      Array.from({ length: 8 }, (_, n) => {
        const like = names[n % names.length]!;
        return [
          `s${n}`,
          {
            ...like,
            service: `s${n}`,
            name: n % 2 === 0 ? long : like.name,
            waiting: 2000 - n * 111,
            waitMinS: 36_000,
            waitMaxS: 54_000,
          },
        ];
      }),
    );
    hall.windows = Object.fromEntries(
      Array.from({ length: 12 }, (_, n) => [
        n + 101,
        { ...window(n + 101, n % 3 === 0 ? 'paused' : 'idle') },
      ]),
    );
    hall.windows[112] = { ...window(112, 'called'), ticket: called('AB1234', 112) };
    hall.calls = Array.from({ length: 8 }, (_, n) => call(`AB${1234 - n}`, 112 - n, -80 - n * 400));
    Object.assign(hall.day, { windowsOpen: 12, windowsTotal: 12, served: 1986 });
    hall.hall.fees = [
      { item: long, price: { zh: '550 元/件，另加工本费 10 元', en: '¥550 and ¥10' } },
      ...hall.hall.fees,
    ];
    hall.hall.notices = [{ zh: '请携带原件。'.repeat(30), en: 'Please bring the originals. '.repeat(14) }];
  },
};
function call(number: string, window: number, s: number): CallView {
  return { ticketId: `t-${number}`, number, service: 's0', window, call: 1, at: at(s) };
}
function called(number: string, window: number) {
  return { ...ticket(number, 'called'), window, call: 1, calledAt: at(-20), startedAt: null };
}
const none = { notices: [], fees: [], feeBasis: null, missedRule: { zh: '', en: '' } };

/** Puts the hub's view into a state, and waits until the page has it: each has a count of its own. */
async function put(page: Page, state: (view: PublicView) => void): Promise<void> {
  const next = view();
  state(next);
  next.day.served = ++served;
  const gone = (section: 'services' | 'windows') =>
    Object.fromEntries(Object.keys(hub.view[section]).map((key) => [key, null]));
  const { hall, day, calls, services, windows } = next;
  hub.set({
    hall,
    day,
    calls,
    services: { ...gone('services'), ...services },
    windows: { ...gone('windows'), ...windows },
  });
  hub.view = next;
  await page.locator('.counts', { hasText: String(served) }).waitFor();
}
let served = 1000;

describe.each(formats)('the board, %s', (format, width, height) => {
  let page: Page;
  beforeAll(async () => {
    hub.view = view();
    page = await openAt(browser, `${hub.url}/board`, { width, height });
    await page.locator('.big .n').waitFor();
  });
  afterAll(() => page.context().close());

  test.each(Object.keys(states))('%s', async (name) => {
    await put(page, states[name]!);
    await look(page, `board/${name}-${format}`);
  });

  test.each(['fees', 'windows', 'materials'])('the panel of %s, also at its fullest', async (kind) => {
    for (const [name, state] of [
      ['usual', states['usual']!],
      ['largest', states['largest-hall']!],
    ] as const) {
      await put(page, (hall) => {
        state(hall);
        if (kind !== 'fees') Object.assign(hall.hall, { fees: none.fees, feeBasis: null });
        if (kind !== 'windows') hall.windows = {};
        if (kind !== 'materials')
          for (const each of Object.values(hall.services)) Object.assign(each, { materials: [] });
      });
      await page.locator(`aside .${kind}`).first().waitFor();
      await expect.poll(() => page.locator('aside .box').count(), { timeout: 10_000 }).toBe(2);
      // Nothing of a panel is cut off, whichever of its pages is due.
      expect(await cutOff(page), `${kind} ${name}`).toEqual([]);
      await look(page, `board/${kind}-${name}-${format}`);
    }
  });

  /**
   * On a 55 inch television (1209 mm by 680 mm) read from 10 m. A letter is recognised at 10 minutes of arc (29 mm) by weak
   * eyes with glasses; the list has a little more, the latest call and its window three times and twice as much.
   */
  test('is readable from the last row of chairs, 10 m away', async () => {
    await put(page, states['largest-hall']!);
    const capitalMm = (selector: string): Promise<number> =>
      page
        .locator(selector)
        .first()
        .evaluate((each) => {
          const mmPerPixel = 1209 / Math.max(innerWidth, innerHeight);
          const pen = document.createElement('canvas').getContext('2d')!;
          const { fontSize, fontFamily, fontWeight } = getComputedStyle(each);
          pen.font = `${fontWeight} ${fontSize} ${fontFamily}`;
          return pen.measureText('0').actualBoundingBoxAscent * mmPerPixel;
        });
    const at10m = 10_000 * Math.tan((10 / 60) * (Math.PI / 180));
    expect(at10m).toBeCloseTo(29, 0);
    for (const number of ['.list .n', '.list .w'])
      expect(await capitalMm(number)).toBeGreaterThan(at10m * 1.1);
    // Six letters and a window of three digits: the smallest that a hall can have.
    expect(await capitalMm('.big .n')).toBeGreaterThan(at10m * 2);
    expect(await capitalMm('.big .to b')).toBeGreaterThan(at10m * 1.8);
    await put(page, states['usual']!);
    expect(await capitalMm('.big .n')).toBeGreaterThan(at10m * 3);
    expect(await capitalMm('.big .to b')).toBeGreaterThan(at10m * 2);
  });

  test('in English', async () => {
    await put(page, states['usual']!);
    const english = await openAt(browser, `${hub.url}/board?language=en`, { width, height });
    await english.getByText('please go to', { exact: true }).waitFor();
    expect(await cutOff(english)).toEqual([]);
    await look(english, `board/english-${format}`);
    await english.context().close();
  });

  test('cut off, with its age', async () => {
    await put(page, states['usual']!);
    hub.cut();
    await page.locator('.stale').waitFor();
    await look(page, `board/cut-off-${format}`);
    hub.back();
    await page.locator('.stale').waitFor({ state: 'detached' });
  });

  test('before it has seen the hall, with the hub and without', async () => {
    hub.cut();
    try {
      const fresh = await openAt(browser, `${hub.url}/board`, { width, height });
      await fresh.locator('.connecting').waitFor();
      await look(fresh, `board/connecting-${format}`);
      await fresh.context().close();
    } finally {
      hub.back();
    }
  });

  test('with a browser that lets no sound out, and without a voice', async () => {
    const silent = await openAt(browser, 'about:blank', { width, height });
    await silent.addInitScript(() => {
      Object.defineProperty(AudioContext.prototype, 'state', { get: () => 'suspended' });
    });
    await silent.goto(`${hub.url}/board`);
    await silent.getByText('点一下打开声音').waitFor();
    await look(silent, `board/sound-blocked-${format}`);
    await silent.context().close();
  });
});

/** Texts that stand (partly) outside the box that hides what sticks out of it. */
function cutOff(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('aside .box, header, footer, .big, .list li')].flatMap((box) => {
      const room = box.getBoundingClientRect();
      return [...box.querySelectorAll('*')]
        .filter((one) => {
          const { width, bottom, right, left } = one.getBoundingClientRect();
          return width > 1 && (bottom > room.bottom + 1 || right > room.right + 1 || left < room.left - 1);
        })
        .map((one) => `${one.tagName} ${one.textContent?.slice(0, 40)}`);
    }),
  );
}
