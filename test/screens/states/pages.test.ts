/** The built screens in a real browser, before a stand-in for the hub that can be put into any state. */
import sparticuz from '@sparticuz/chromium';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ensureScreens, screensFolder } from '../../../kiosk-agent/box/screens.ts';
import { ROOT } from '../../harness/programs.ts';
import { mockHub, ticket, window, type MockHub } from '../mock-hub.ts';

const dist = screensFolder(ROOT);
let browser: Browser;
let hub: MockHub;
let page: Page;
let faults: string[];

beforeAll(async () => {
  await ensureScreens(ROOT, () => undefined);
  browser = await chromium.launch({
    executablePath: await sparticuz.executablePath(),
    // With these two, closing a page ends the browser.
    args: sparticuz.args.filter((one) => one !== '--single-process' && one !== '--no-zygote'),
  });
}, 120_000);
afterAll(async () => {
  await browser?.close();
});
beforeEach(async () => {
  hub = await mockHub(dist);
  faults = [];
  page = await browser.newPage();
  page.setDefaultTimeout(10_000);
  page.on('pageerror', (error) => faults.push(error.message));
});
afterEach(async () => {
  await page.close();
  await hub.close();
  expect(faults).toEqual([]);
});

async function open(path: string, width: number, height: number): Promise<void> {
  await page.setViewportSize({ width, height });
  await page.goto(hub.url + path);
}
const sent = (path: string | RegExp) =>
  hub.requests.filter((one) => one.method !== 'GET' && one.path.match(path));
const soon = (look: () => unknown) => expect.poll(look, { timeout: 10_000 });
const inSeconds = (s: number): string => new Date(Date.now() + s * 1000).toISOString();

/** Every visible text's size and every button's, and what sticks out of the screen. */
function measure(): Promise<{ smallest: number; target: number; outside: string[] }> {
  return page.evaluate(() => {
    const shown = (element: Element): boolean => {
      const box = element.getBoundingClientRect();
      return box.width > 1 && box.height > 1 && !element.closest('.visually-hidden');
    };
    const all = [...document.querySelectorAll('#app *')].filter(shown);
    const texts = all.filter((one) =>
      [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent?.trim()),
    );
    const buttons = all.filter((one) => one.matches('button, label'));
    const outside = all.filter((one) => {
      const box = one.getBoundingClientRect();
      return !one.closest('.paged ol') && (box.right > innerWidth + 1 || box.bottom > innerHeight + 1);
    });
    return {
      smallest: Math.min(...texts.map((one) => parseFloat(getComputedStyle(one).fontSize))),
      target: Math.min(
        ...buttons.map((one) => one.getBoundingClientRect()).map((box) => Math.min(box.width, box.height)),
      ),
      outside: outside.map((one) => `${one.tagName} ${one.textContent}`),
    };
  });
}

describe('the kiosk', () => {
  const choose = async (): Promise<void> => {
    await page.locator('.grid button').first().click();
    await page.locator('.take').waitFor();
  };
  const take = async (): Promise<void> => {
    await choose();
    await page.locator('.take').click();
  };

  test.each([
    [1080, 1920],
    [1920, 1080],
  ])(
    'keeps text and targets large and everything on the screen, %d × %d, in both languages and sizes',
    async (width, height) => {
      hub.view.day.printer = 'away';
      await open('/kiosk', width, height);
      for (const elder of [false, true])
        for (const language of [0, 1]) {
          await page.locator('.grid button').first().waitFor();
          if (elder) await page.locator('footer button').first().click();
          if (language) await page.locator('footer button').nth(1).click();
          for (const go of [async () => {}, choose, () => page.locator('.take').click()]) {
            await go();
            const { smallest, target, outside } = await measure();
            expect(smallest).toBeGreaterThanOrEqual(28);
            expect(target).toBeGreaterThanOrEqual(95.9);
            expect(outside).toEqual([]);
          }
          await page.locator('.ticket').waitFor();
          const done = await measure();
          expect(done.smallest).toBeGreaterThanOrEqual(28);
          expect(done.outside).toEqual([]);
          await page.locator('.done button').click();
        }
    },
  );

  test('says before the ticket what to bring, how long it takes, what it costs, and when today may not be enough', async () => {
    const { transfer } = hub.view.services;
    if (transfer) hub.set({ services: { transfer: { ...transfer, servedToday: 'no' } } });
    await open('/kiosk', 1080, 1920);
    await choose();
    const said = (await page.locator('.detail').textContent()) ?? '';
    for (const words of ['证明转移的材料', '10 个工作日', '住宅 80 元/件', '今天可能办不到您。仍可取号'])
      expect(said).toContain(words);
    expect((await measure()).outside).toEqual([]);
    await page.getByRole('button', { name: '打印告知单' }).click();
    await page.getByText('请取走告知单').waitFor();
    expect(sent('/notice$').map((one) => [one.path, one.body])).toEqual([
      ['/services/transfer/notice', { language: 'zh' }],
    ]);
  });

  test('elder mode is 1.4 times the size', async () => {
    await open('/kiosk', 1080, 1920);
    const size = () =>
      page
        .locator('.what b')
        .first()
        .evaluate((one) => parseFloat(getComputedStyle(one).fontSize));
    const before = await size();
    await page.locator('footer button').first().click();
    expect((await size()) / before).toBeCloseTo(1.4);
  });

  test('takes one ticket for many impatient taps, and the same key again when the hub did not answer', async () => {
    let answers = 0;
    hub.ticketAnswer = () =>
      answers++ === 0 ? { status: 504, body: {} } : { status: 201, body: ticket('A001', 'waiting') };
    await open('/kiosk', 1080, 1920);
    await choose();
    await page.locator('.take').evaluate((button: HTMLButtonElement) => {
      for (let tap = 0; tap < 5; tap++) button.click();
    });
    await page.locator('.ticket').waitFor();
    expect(await page.locator('.number').textContent()).toBe('A001');
    const keys = sent('^/tickets$').map((one) => (one.body as { idempotencyKey: string }).idempotencyKey);
    expect(keys).toHaveLength(2);
    expect(keys[0]).toBe(keys[1]);
  });

  test('gives a new tap a new key, and sends the priority that was chosen', async () => {
    await open('/kiosk', 1080, 1920);
    await take();
    await page.locator('.done button').click();
    await choose();
    await page.locator('label').nth(1).click();
    await page.locator('.take').click();
    await page.locator('.ticket').waitFor();
    const [first, second] = sent('^/tickets$').map(
      (one) => one.body as { idempotencyKey: string; priority?: string },
    );
    expect(first?.priority).toBeUndefined();
    expect(second?.priority).toBe('elderly');
    expect(first?.idempotencyKey).not.toBe(second?.idempotencyKey);
  });

  test('follows paper that is slow, asks when its fate is unknown, and takes the visitor’s word', async () => {
    hub.ticketAnswer = () => ({ status: 201, body: ticket('A001', 'printing') });
    await open('/kiosk', 1080, 1920);
    await take();
    await page.locator('.notice .wait').waitFor();
    hub.lookAnswer = () => ({
      status: 200,
      body: ticket('A001', 'unconfirmed', { paperFault: 'no-answer' }),
    });
    await page.locator('.notice .mark.ask').waitFor();
    hub.lookAnswer = () => ({ status: 200, body: ticket('A001', 'waiting') });
    await page.locator('.notice button').first().click();
    await page.locator('.ticket').waitFor();
    expect(sent('/paper$').map((one) => one.body)).toEqual([{ out: true }]);
  });

  test('says before anybody chooses that no tickets are given now, and gives none', async () => {
    hub.view.day.taking = false;
    await open('/kiosk', 1080, 1920);
    await page.getByText('现在不在取号时间').waitFor();
    await page.getByRole('button', { name: /转移登记/ }).click();
    expect(await page.getByRole('button', { name: '取号', exact: true }).isDisabled()).toBe(true);
    hub.set({ day: { ...hub.view.day, taking: true } });
    await expect.poll(() => page.getByRole('button', { name: '取号', exact: true }).isEnabled()).toBe(true);
  });

  test('offers the number on the screen when the paper is out, and says so on it', async () => {
    hub.ticketAnswer = () => ({
      status: 201,
      body: ticket('A001', 'print-failed', { paperFault: 'paper-out' }),
    });
    hub.lookAnswer = () => ({ status: 200, body: ticket('A001', 'waiting', { printed: true }) });
    await open('/kiosk', 1080, 1920);
    await take();
    await page.getByText('打印纸用完了').waitFor();
    await page.getByRole('button', { name: '不要纸票' }).click();
    await page.getByText('请记住您的号码').waitFor();
    expect(sent('/on-screen$')).toHaveLength(1);
  });

  test('says before anybody chooses that it is cut off, since when, and gives no ticket', async () => {
    await open('/kiosk', 1080, 1920);
    await page.locator('.grid button').first().waitFor();
    hub.cut();
    await page.locator('.stale').waitFor();
    await page.getByText('暂时不能取号').waitFor();
    await choose();
    expect(await page.locator('.take').isDisabled()).toBe(true);
    hub.back();
    await soon(() => page.locator('.take').isDisabled()).toBe(false);
    expect(await page.locator('.stale').count()).toBe(0);
  });

  test('cannot be left: no menu, no selection', async () => {
    await open('/kiosk', 1080, 1920);
    await page.locator('.grid button').first().waitFor();
    const prevented = await page.evaluate(() => {
      const menu = new MouseEvent('contextmenu', { bubbles: true, cancelable: true });
      return !document.querySelector('.grid button')!.dispatchEvent(menu);
    });
    expect(prevented).toBe(true);
    expect(await page.evaluate(() => getComputedStyle(document.documentElement).userSelect)).toBe('none');
    expect(await page.locator('a').count()).toBe(0);
  });
});

describe('the window’s screen', () => {
  test('carries a rating through a hub that is away, sends one level once, and does not show which', async () => {
    let answers = 0;
    hub.rateAnswer = () =>
      answers++ < 2 ? { status: 503, body: { code: 'stopping' } } : { status: 200, body: {} };
    hub.set({
      windows: {
        2: window(2, 'idle', { evaluation: { session: 77, state: 'open', openUntil: inSeconds(25) } }),
      },
    });
    await open('/window/2', 1024, 600);
    await page.locator('.faces button').nth(4).click();
    // While it is sent, all five look the same.
    const looks = await page
      .locator('.faces button')
      .evaluateAll((all) => all.map((one) => `${one.className} ${(one as HTMLButtonElement).disabled}`));
    expect(new Set(looks).size).toBe(1);
    await page.getByText('谢谢您的评价').waitFor();
    expect(sent('/rate$').map((one) => one.body)).toEqual(Array(3).fill({ session: 77, level: 1 }));
    expect(await page.locator('.faces').count()).toBe(0);
  });

  test('thanks also for a key that was pressed on the evaluator', async () => {
    hub.set({
      windows: {
        2: window(2, 'idle', { evaluation: { session: 77, state: 'open', openUntil: inSeconds(25) } }),
      },
    });
    await open('/window/2', 1200, 300);
    await page.locator('.faces').waitFor();
    hub.set({
      windows: {
        2: window(2, 'idle', { evaluation: { session: 77, state: 'rated', openUntil: inSeconds(25) } }),
      },
    });
    await page.getByText('谢谢您的评价').waitFor();
    expect(sent('/rate$')).toEqual([]);
  });
});

describe('the board', () => {
  const call = (n: number) => ({
    ticketId: `t${n}`,
    number: `B${String(n).padStart(3, '0')}`,
    service: 'mortgage',
    window: 5,
    call: 1,
    at: inSeconds(0),
  });

  test('shows a new call large, and stays as small as it was after a day of calls', async () => {
    await open('/board', 1920, 1080);
    await page.locator('.big .n').waitFor();
    const elements = () => page.evaluate(() => document.querySelectorAll('*').length);
    hub.set({ calls: Array.from({ length: 8 }, (_, i) => call(8 - i)) });
    await soon(() => page.locator('.list li').count()).toBe(5);
    const before = await elements();
    for (let n = 9; n < 400; n++) hub.set({ calls: Array.from({ length: 8 }, (_, i) => call(n - i)) });
    await soon(() => page.locator('.big .n').textContent()).toBe('B399');
    expect(Math.abs((await elements()) - before)).toBeLessThan(30);
  });

  test('keeps the last state when it is cut off, says since when, and comes back by itself', async () => {
    await open('/board', 1920, 1080);
    await page.locator('.big .n').waitFor();
    hub.cut();
    await page.getByText(/数据停在 \d\d:\d\d · 已断开/).waitFor();
    expect(await page.locator('.big .n').textContent()).toBe('A001');
    hub.view.calls = [call(7)];
    hub.run = 'run-2';
    hub.seq = 1;
    hub.back();
    await soon(() => page.locator('.big .n').textContent()).toBe('B007');
    expect(await page.locator('.stale').count()).toBe(0);
  });
});

describe('the board of a busy day', () => {
  test('has the fees with their legal basis, and says what the hall does against the rush', async () => {
    const notice = { zh: '今日人多，服务延长至 18:00', en: 'Busy today: open until 18:00' };
    hub.view.day.surge = { notice, extendUntil: '18:00' };
    // What else would have its turn.
    hub.view.windows = {};
    for (const service of Object.values(hub.view.services)) service.materials = [];
    Object.assign(hub.view.hall, { notices: [], missedRule: { zh: '', en: '' } });
    await open('/board', 1920, 1080);
    await page.getByText('依据：发改价格规〔2016〕2559号').waitFor();
    expect(await page.locator('.fees').textContent()).toMatch(/登记.*(元\/件|免费)/);
    await page.getByText(/服务延长至 18:00|open until 18:00/).waitFor();
  });
});

describe('the clerk', () => {
  const desk = async (n: number): Promise<void> => {
    hub.role = 'clerk';
    await open('/clerk', 1366, 768);
    await page
      .locator('.choose button')
      .nth(n - 1)
      .click();
    await page.locator('.work').waitFor();
  };

  test('signs in, and is told what is wrong when the PIN is', async () => {
    await open('/clerk', 1366, 768);
    await page.fill('[name=staff]', '1024');
    await page.fill('[name=pin]', '0000');
    await page.keyboard.press('Enter');
    await page.getByText('工号或密码不对').waitFor();
    await page.fill('[name=pin]', '1234');
    await page.keyboard.press('Enter');
    await page.locator('.choose').waitFor();
  });

  test('calls the next one with one key, and a key that does not fit the state sends nothing and says why', async () => {
    await desk(2);
    await page.keyboard.press('F8');
    await page.getByText('办结：没有当前号码').waitFor();
    expect(sent('/windows/')).toEqual([]);
    await page.keyboard.press('F2');
    await soon(() => sent('/windows/').map((one) => one.path)).toEqual(['/windows/2/call-next']);
  });

  test('gives a reason by number key and Enter for what leaves the order', async () => {
    await desk(1);
    await page.keyboard.press('F6');
    await page.keyboard.press('c');
    await page.keyboard.press('2');
    await page.keyboard.press('Enter');
    await soon(() => sent('/transfer$').map((one) => one.body)).toEqual([
      { reason: '需要其他窗口办理', service: 'first' },
    ]);
  });

  test("chooses from the hall's own reasons, and can have the visitor back", async () => {
    hub.reasons = { transfer: [{ zh: '业务类型不符', en: 'Other service needed' }] };
    await desk(1);
    await page.keyboard.press('F6');
    await page.getByRole('dialog').getByText('首次登记').click();
    await page.getByLabel('办完后转回 1 号窗口').check();
    await page.getByText('业务类型不符').click();
    await page.keyboard.press('Enter');
    await soon(() => sent('/transfer$').map((one) => one.body)).toEqual([
      { reason: '业务类型不符', service: 'first', comeBack: true },
    ]);
    hub.reasons = {};
  });

  test('sees whose number it is and confirms a priority, or denies it with a reason', async () => {
    const claimed = { ...ticket('C003', 'serving'), holder: '990***********0010', priority: 'elderly' };
    hub.set({ tickets: { [claimed.ticketId]: claimed } });
    await desk(1);
    await page.getByText('990***********0010').waitFor();
    await page.getByRole('button', { name: /^核验通过/ }).click();
    await soon(() => sent('/priority$').map((one) => one.body)).toEqual([{ decision: 'confirmed' }]);
    await page.getByRole('button', { name: /^不符合优先/ }).click();
    await page.keyboard.press('Enter');
    await soon(() => sent('/priority$').map((one) => one.body)).toContainEqual({
      decision: 'denied',
      reason: '未出示证件',
    });
  });

  test('sees that the visitor has rated, and never how', async () => {
    hub.set({
      windows: {
        2: window(2, 'idle', { evaluation: { session: 77, state: 'open', openUntil: inSeconds(25) } }),
      },
    });
    await desk(2);
    await page.getByText(/等待评价 \d+ 秒/).waitFor();
    hub.set({
      windows: {
        2: window(2, 'idle', { evaluation: { session: 77, state: 'rated', openUntil: inSeconds(25) } }),
      },
    });
    await page.getByText('已评价').waitFor();
    expect(await page.locator('body').textContent()).not.toMatch(/满意/);
  });
});
