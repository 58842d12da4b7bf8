/** The far end's page in each of its states, on a server that stands in for the central one. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureScreens, screensFolder } from '../../../kiosk-agent/box/screens.ts';
import { ROOT } from '../../harness/programs.ts';
import { startBrowser } from '../browser.ts';
import { look, openAt } from '../look.ts';
import {
  alarms,
  alerts,
  at,
  badRating,
  badRatings,
  devicesDown,
  failedMessages,
  hall,
  halls,
  mockFarEnd,
  opinions,
  ratings,
  tickets,
  type MockFarEnd,
} from '../mock-far-end.ts';

const FORMATS = [
  ['1366', 1366, 768],
  ['1920', 1920, 1080],
] as const;
const LANGUAGES = ['zh', 'en'] as const;

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

/** The server as it usually is. */
function usual(): void {
  Object.assign(far, {
    ...{ halls: halls(), ratings: ratings(), tickets: tickets(), alarms: [], bad: badRatings() },
    ...{ opinions: opinions(), devices: [], differing: [], scale: 2400, open: true, away: false },
    days: { closed: 214, running: 24, differing: 0 },
    ...{ alerts: { alerts: [], open: 0, channels: ['duty'] }, deliveries: [] },
  });
}

describe.each(LANGUAGES)('in %s', (language) => {
  describe.each(FORMATS)('at %s', (format, width, height) => {
    let page: Page;
    beforeAll(async () => {
      usual();
      page = await openAt(browser, far.url, { width, height });
      await page.getByRole('heading', { name: '各大厅总览' }).waitFor();
      if (language === 'en') await page.getByRole('button', { name: 'English' }).click();
    });
    afterAll(() => page.context().close());

    const go = async (hash: string, ready: string | RegExp) => {
      await page.evaluate((to) => (location.hash = to), hash);
      await page.locator('main').getByText(ready).first().waitFor();
    };
    const picture = (state: string) => look(page, `far-end/${state}-${format}-${language}`);
    const word = (zh: string, en: string) => (language === 'zh' ? zh : en);

    test('halls in a list', async () => {
      await go('#halls', word('威海市不动产登记大厅', 'Weihai Real Estate Registration Hall'));
      await picture('halls');
    });
    test('halls by region, and one region', async () => {
      await page.getByText(word('按区划', 'By region'), { exact: true }).click();
      await page.locator('main h3').first().waitFor();
      await picture('halls-regions');
      await go('#halls/370000000000', word('威海市', 'Weihai'));
      await picture('halls-province');
      await page.getByText(word('列表', 'List'), { exact: true }).click();
      await go('#halls', word('威海市不动产登记大厅', 'Weihai Real Estate Registration Hall'));
    });
    test('regions side by side, now and over days, down to the halls of a county', async () => {
      await go('#comparison', word('威海市', 'Weihai'));
      await picture('comparison-now');
      await page.getByText(word('一段时间', 'Over days'), { exact: true }).click();
      await page.locator('main th').getByText(word('办结', 'Served'), { exact: true }).waitFor();
      const head = page.locator('main th button').filter({ hasText: word('主动评价率', 'Active rating') });
      await head.click();
      await picture('comparison-days');
      await go('#comparison/371002000000', word('威海市不动产登记大厅', 'Weihai Real Estate'));
      await picture('comparison-halls');
      await page.getByText(word('现在', 'Now'), { exact: true }).click();
    });
    test('the latest ratings and tickets', async () => {
      await go('#latest', 'A140');
      await picture('latest');
    });
    test('statistics of one day and of a month, of a hall', async () => {
      await go('#time', word('平均等候', 'Mean wait'));
      await page.locator('main svg').nth(2).waitFor();
      await picture('time-day');
      await page.getByRole('button', { name: word('近 30 天', '30 days') }).click();
      await go('#time/371002000000/hub-1', word('按工号', 'Staff'));
      await page.waitForFunction(() => document.querySelectorAll('main figure svg').length === 3);
      await picture('time-hall-month');
    });
    test('bad ratings and opinions with their clocks', async () => {
      await go('#ratings', word('已逾期 3 天', '3 days late'));
      await picture('ratings');
      await go('#opinions', word('已逾期 2 天', '2 days late'));
      await picture('opinions');
    });
    test('alarms of every kind', async () => {
      Object.assign(far, { alarms: alarms(), devices: devicesDown() });
      far.differing = [{ agentId: 'hub-3706-02', hall: 'yantai-2', day: at(-86_400).slice(0, 10) }];
      far.days.differing = 1;
      Object.assign(far, { alerts: alerts(), deliveries: failedMessages() });
      far.tell();
      await go('#alarms', 'evaluator-5');
      await picture('alarms');
      usual();
    });
  });
});

describe('what seldom happens', () => {
  const open = async (hash = '', width = 1366, height = 768) => {
    const page = await openAt(browser, `${far.url}${hash}`, { width, height });
    return Object.assign(page, { [Symbol.asyncDispose]: () => page.context().close() });
  };

  test.each(['zh', 'en'])('no hall has connected yet: how to let one in (%s)', async (language) => {
    usual();
    far.halls = [];
    await using page = await open();
    await page.getByText('hall-central agent add').waitFor();
    if (language === 'en') await page.getByRole('button', { name: 'English' }).click();
    await look(page, `far-end/no-hall-${language}`);
  });

  test.each(['ratings', 'opinions', 'latest', 'alarms', 'time'])('nothing to show: %s', async (section) => {
    usual();
    Object.assign(far, { halls: [hall(4)], ratings: [], tickets: [], bad: [], opinions: [], scale: 0 });
    await using page = await open(`#${section}`);
    await page.locator('main .empty').first().waitFor();
    await look(page, `far-end/empty-${section}-zh`);
  });

  test('a search that finds nothing says what to do', async () => {
    usual();
    await using page = await open();
    await page.getByPlaceholder('搜索大厅、区划、代码').fill('拉萨');
    await page.getByText('没有符合条件的大厅').waitFor();
    await look(page, 'far-end/nothing-found-zh');
    await page.getByRole('button', { name: '清除条件' }).click();
    await page.getByText('威海市不动产登记大厅').waitFor();
  });

  test('three thousand halls, in pages', async () => {
    usual();
    far.halls = Array.from({ length: 3000 }, (_, n) => hall(n, { agentId: `hub-${n}` }));
    await using page = await open('', 1920, 1080);
    await page.getByText('共 3,000 个大厅').waitFor();
    await page.locator('.el-pager').scrollIntoViewIfNeeded();
    await look(page, 'far-end/three-thousand-zh');
    await page.locator('.el-pager').getByText('60').click();
    await page.getByText('hub-2999').waitFor();
  });

  test('a country of thirty-one provinces and three thousand halls side by side', async () => {
    usual();
    const code = (n: number): string => `${11 + (n % 31)}${String(1 + (n % 16)).padStart(2, '0')}02000000`;
    far.halls = Array.from({ length: 3000 }, (_, n) => hall(n, { agentId: `hub-${n}`, region: code(n) }));
    await using page = await open('#comparison', 1920, 1080);
    await page.locator('main tbody tr').nth(30).waitFor();
    await look(page, 'far-end/comparison-country-zh');
    const order = () => page.locator('main tbody th').allInnerTexts();
    const before = await order();
    await page.locator('thead').getByText('满意率').click();
    expect(await order()).not.toEqual(before);
    await page.locator('main tbody a').first().click();
    await page
      .locator('main nav')
      .getByText(/^\d\d0{10}$/)
      .waitFor();
  });

  test('one hall beside nobody, and cut off', async () => {
    usual();
    far.halls = [hall(4, { name: { zh: '𠮷㛃'.repeat(20), en: 'x' } })];
    await using page = await open('#comparison');
    await page.locator('main tbody tr').first().waitFor();
    await look(page, 'far-end/comparison-one-zh');
    far.cut();
    await page.getByText(/数据停在 .*已断开/).waitFor();
    expect(await page.locator('main tbody tr').count()).toBe(1);
    far.away = false;
  });

  test('an alert is marked as seen by one press', async () => {
    usual();
    far.alerts = alerts();
    await using page = await open('#alarms');
    const row = page.locator('li').filter({ hasText: '评价上报无应答' });
    await row.getByRole('button', { name: '已处理' }).click();
    await row.getByText('已有人处理').waitFor();
  });

  test('long names and rare characters', async () => {
    usual();
    const name = {
      zh: '新疆维吾尔自治区伊犁哈萨克自治州察布查尔锡伯自治县𠮷㛃不动产登记服务大厅',
      en: 'Real Estate Registration Service Hall of Qapqal Xibe Autonomous County, Ili Kazakh Autonomous Prefecture',
    };
    far.halls = [hall(0, { name }), hall(7, { name, tickets: 48_213, waiting: 2000 }), hall(2)];
    far.bad = [badRating(1, { reason: { options: [], text: '𠮷㛃'.repeat(60), by: 'qr' } })];
    await using page = await open();
    await page.getByText('伊犁').first().waitFor();
    await look(page, 'far-end/long-names-zh');
    await page.evaluate(() => (location.hash = '#ratings'));
    await page.getByText('𠮷㛃').first().waitFor();
    await look(page, 'far-end/long-reason-zh');
  });

  test('from elsewhere a token is wanted; a wrong one is said to be wrong', async () => {
    usual();
    far.open = false;
    await using page = await open();
    await page.getByLabel('查看令牌').fill('not-the-token-at-all');
    await look(page, 'far-end/sign-in-zh');
    await page.getByRole('button', { name: '登录' }).click();
    await page.getByText('令牌不对').waitFor();
    await look(page, 'far-end/sign-in-wrong-zh');
    await page.getByRole('button', { name: 'English' }).click();
    await look(page, 'far-end/sign-in-wrong-en');
  });

  test('cut off, it keeps what it has and says how old that is; then it is back by itself', async () => {
    usual();
    await using page = await open();
    await page.getByText('威海市不动产登记大厅').waitFor();
    far.cut();
    await page.getByText(/数据停在 .*已断开/).waitFor();
    expect(await page.getByText('威海市不动产登记大厅').count()).toBe(1);
    await look(page, 'far-end/cut-off-zh');
    await page.evaluate(() => (location.hash = '#time'));
    await page.getByText('服务器没有回答').waitFor();
    await look(page, 'far-end/server-away-zh');
    far.away = false;
    far.halls = halls().slice(0, 5);
    await page.locator('main .charts').waitFor({ timeout: 15_000 });
    await page.getByText('实时', { exact: true }).waitFor({ timeout: 15_000 });
    expect(await page.getByText(/数据停在/).count()).toBe(0);
  });

  test('before its first answer it shows no figures', async () => {
    usual();
    far.away = true;
    await using page = await open();
    await page.getByText('正在连接').waitFor();
    await look(page, 'far-end/connecting-zh');
  });
});
