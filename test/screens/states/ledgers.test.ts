/** The supervisor's ledgers in every designed state, at the sizes of a desk, in both languages where the words are long. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ensureScreens, screensFolder } from '../../../kiosk-agent/box/screens.ts';
import { ROOT } from '../../harness/programs.ts';
import { startBrowser } from '../browser.ts';
import { look, openAt } from '../look.ts';
import { badRating, ledgers, manyBadRatings, mockLedgers, surgeRunning } from '../mock-ledgers.ts';
import { mockHub, view, type MockHub } from '../mock-hub.ts';

const held = ledgers();
let browser: Browser;
let hub: MockHub;
let page: Page;
/** what the page said of errors in itself */
const trouble: string[] = [];

beforeAll(async () => {
  await ensureScreens(ROOT, () => undefined);
  [browser, hub] = await Promise.all([
    startBrowser(),
    mockHub(screensFolder(ROOT), (app) => mockLedgers(app, held)),
  ]);
  hub.role = 'manager';
  hub.staff = '2001';
  fresh();
  page = await openAt(browser, `${hub.url}/manager#ratings`, { width: 1366, height: 768 });
  page.on('pageerror', (error) => trouble.push(error.message));
  await page.locator('.ledger h2').waitFor();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await hub?.close();
});
beforeEach(() => fresh());
afterEach(() => expect(trouble).toEqual([]));

function fresh(): void {
  Object.assign(held, ledgers());
  hub.back();
  hub.staff = '2001';
  hub.requests.length = 0;
  const base = view();
  hub.view = {
    ...base,
    day: { ...base.day, day: '2026-11-23', surge: null },
    attention: { badRatings: 5, overdue: 1, opinionsOverdue: 1 },
  };
}

type Section = 'ratings' | 'opinions' | 'callbacks' | 'trace' | 'surge';
/** The section anew, as somebody who comes from another one. */
async function go(section: Section, language: 'zh' | 'en' = 'zh', width = 1366, height = 768): Promise<void> {
  await page.setViewportSize({ width, height });
  await page.evaluate(() => (location.hash = '#numbers'));
  await page.locator('.ledger').waitFor({ state: 'detached' });
  // The whole view anew, as the test has set it.
  hub.set({ ...hub.view });
  const now = await page.evaluate(() => document.documentElement.lang);
  if (now.startsWith('zh') !== (language === 'zh'))
    await page
      .getByRole('banner')
      .getByRole('button', { name: language === 'zh' ? '中文' : 'English' })
      .click();
  await page.evaluate((to) => (location.hash = `#${to}`), section);
  await page.locator('.ledger h2').waitFor();
}
const button = (name: string) => page.locator('.ledger').getByRole('button', { name, exact: true });
const dialog = () => page.getByRole('dialog');
const inDialog = (name: string) => dialog().getByRole('button', { name, exact: true });
const said = (text: string | RegExp) => page.locator('.note.said').filter({ hasText: text }).waitFor();
const sent = (path: string) =>
  hub.requests.filter((one) => one.method === 'POST' && one.path === path).map((one) => one.body);
const filter = (name: string) =>
  page.locator('.filters label').filter({ hasText: new RegExp(`^\\s*${name}`) });
const entries = () => page.locator('.list .entry');

describe('bad ratings', () => {
  test.each([
    ['zh', 1366, 768],
    ['zh', 1920, 1080],
    ['en', 1366, 768],
    ['en', 1920, 1080],
  ] as const)(
    'what is due first on top, its details beside it (%s, %i × %i)',
    async (language, width, height) => {
      await go('ratings', language, width, height);
      await entries().first().waitFor();
      const numbers = await page.locator('.list .entry b').allInnerTexts();
      expect(numbers).toEqual(['A017', 'B009', 'A022', 'C004', 'E011']);
      await look(page, `ledgers/ratings-${width}-${language}`);
    },
  );

  test('are filtered, and an empty filter says so', async () => {
    await go('ratings');
    await button('逾期 1').click();
    expect(await entries().count()).toBe(1);
    await filter('窗口').locator('select').selectOption('5');
    await page.getByText('没有符合条件的记录').waitFor();
    await look(page, 'ledgers/ratings-filtered-none-zh');
    await button('全部 1').click();
    expect(await page.locator('.list .entry b').allInnerTexts()).toEqual(['B009']);
  });

  test('an appeal, a closed one and one that does not count are told apart', async () => {
    await go('ratings');
    await entries().nth(3).click();
    await page.locator('.detail').getByText('提出申诉').waitFor();
    await look(page, 'ledgers/ratings-appealed-zh');
    await button('已办结 2').click();
    await entries().nth(1).click();
    await page.locator('.detail').getByText('申诉成立，不计入工号 1024').waitFor();
    await look(page, 'ledgers/ratings-upheld-zh');
    await entries().nth(0).click();
    await page.locator('.detail').getByText('再次评价：满意').waitFor();
    await look(page, 'ledgers/ratings-closed-zh');
  });

  test('a step is recorded with a remark', async () => {
    await go('ratings');
    await button('登记已联系').first().click();
    await dialog()
      .getByLabel(/情况说明/)
      .fill('已电话联系，说明材料清单');
    await look(page, 'ledgers/ratings-step-zh');
    await inDialog('登记').click();
    await said('A017：已联系，已登记');
    expect(sent('/ratings/4102/follow-up')).toEqual([
      { step: 'contacted', text: '已电话联系，说明材料清单' },
    ]);
    await look(page, 'ledgers/ratings-recorded-zh');
  });

  test('an appeal is decided with its outcome, and upheld only with a reason', async () => {
    await go('ratings');
    await button('裁定申诉').first().click();
    await inDialog('登记').click();
    await dialog().getByText('请先选择结果').waitFor();
    await dialog()
      .getByLabel(/成立：不计入/)
      .check();
    await inDialog('登记').click();
    await dialog().getByText('请先填写原因').waitFor();
    await look(page, 'ledgers/ratings-appeal-missing-zh');
    await dialog()
      .getByLabel(/原因（必填/)
      .fill('录像显示误按');
    await inDialog('登记').click();
    await said('C004：申诉裁定，已登记');
    expect(sent('/ratings/4161/follow-up')).toEqual([
      { step: 'appeal-decided', outcome: 'upheld', text: '录像显示误按' },
    ]);
  });

  test('a closing before its steps are done has one outcome, and a reason', async () => {
    await go('ratings', 'en');
    await entries().first().click();
    await page.locator('.detail').getByRole('button', { name: 'Close', exact: true }).click();
    expect(await dialog().getByRole('radio').count()).toBe(1);
    await look(page, 'ledgers/ratings-close-early-en');
    await inDialog('Cancel').click();
    await dialog().waitFor({ state: 'detached' });
  });

  test('a second rating, and the reason told on the telephone', async () => {
    await go('ratings');
    await entries().nth(4).click();
    await page.locator('.detail').getByRole('button', { name: '登记再次评价' }).click();
    await dialog().getByLabel('满意', { exact: true }).check();
    await look(page, 'ledgers/ratings-again-zh');
    await inDialog('登记').click();
    await said('E011：再次评价，已登记');
    await entries().nth(2).click();
    await button('登记电话告知的原因').click();
    await dialog().getByLabel('服务态度差').check();
    await look(page, 'ledgers/ratings-reason-zh');
    await inDialog('登记').click();
    await said('A022：原因已登记');
    expect(sent('/ratings/4190/reason')).toEqual([{ options: ['attitude'] }]);
  });

  test('somebody else was faster: the newer state is shown calmly', async () => {
    await go('ratings');
    await button('登记已联系').first().click();
    held.refuse = { status: 409, code: 'wrong-state' };
    held.bad.ratings[0] = badRating(4102, 'A017', {
      level: 1,
      steps: [
        { step: 'opened', at: '2026-11-18T10:21:00+08:00' },
        { step: 'contacted', at: '2026-11-23T10:02:00+08:00', staff: '2002' },
      ],
      next: { step: 'answered', due: '2026-12-09', workingDaysLeft: 12 },
      may: [{ step: 'answered', outcomes: [] }],
    });
    await inDialog('登记').click();
    await said('这一条刚刚有别人处理过');
    await dialog().waitFor({ state: 'detached' });
    await page.locator('.detail').getByRole('heading', { name: /A017/ }).waitFor();
    await look(page, 'ledgers/ratings-overtaken-zh');
  });

  test('what the hub refuses stays open with what to do', async () => {
    await go('ratings');
    await button('登记已联系').first().click();
    await dialog()
      .getByLabel(/情况说明/)
      .fill('还在');
    held.refuse = { status: 503, code: 'journal-unwritable' };
    await inDialog('登记').click();
    await dialog().getByText('记录写不进磁盘').waitFor();
    expect(
      await dialog()
        .getByLabel(/情况说明/)
        .inputValue(),
    ).toBe('还在');
    await look(page, 'ledgers/ratings-refused-zh');
    await inDialog('取消').click();
  });

  test('the video of the visit, and none where no camera looks', async () => {
    await go('ratings');
    await button('找录像').click();
    await page.getByRole('link', { name: /打开录像/ }).waitFor();
    await entries().nth(1).click();
    await button('找录像').click();
    await page.getByText('没有录像：').waitFor();
    await look(page, 'ledgers/ratings-no-video-zh');
  });

  test('500 of them, page by page; those that had to leave the list are told', async () => {
    held.bad = { ...held.bad, ratings: manyBadRatings(500), leftOpen: 3 };
    await go('ratings');
    await page.getByText('第 1–25 条，共 500 条').waitFor();
    expect(await entries().count()).toBe(25);
    await button('下一页').click();
    await page.getByText('第 26–50 条，共 500 条').waitFor();
    await look(page, 'ledgers/ratings-500-zh');
  });

  test('names and words as long as they can be, and rare characters', async () => {
    const services = { ...hub.view.services };
    services['transfer'] = {
      ...services['transfer']!,
      name: {
        zh: '国有建设用地使用权及房屋所有权转移登记（继承、受遗赠、离婚析产）',
        en: 'Transfer of the right to use state-owned land and of ownership of buildings by inheritance',
      },
    };
    hub.view = { ...hub.view, services };
    held.bad.ratings[0] = {
      ...held.bad.ratings[0]!,
      reason: {
        options: ['slow', 'attitude', 'unclear', 'queue', 'other'],
        text: `𠮷野家路㛃${'跑了很多趟'.repeat(37)}`.slice(0, 200),
        at: '2026-11-18T10:24:00+08:00',
        by: 'qr',
      },
    };
    await go('ratings');
    await page.locator('.detail').getByText('𠮷野家路㛃').waitFor();
    await look(page, 'ledgers/ratings-long-zh');
  });

  test('none at all', async () => {
    held.bad = { ...held.bad, ratings: [] };
    await go('ratings');
    await page.getByText('没有差评', { exact: true }).waitFor();
    await look(page, 'ledgers/ratings-empty-zh');
  });

  test('loading, and not loaded with what to do', async () => {
    held.silent = true;
    await go('ratings');
    await page.locator('.ledger .loading').waitFor();
    await look(page, 'ledgers/ratings-loading-zh');
    held.silent = false;
    held.problem = { status: 500, code: 'internal' };
    await go('opinions');
    await page.getByText('没有读到数据').waitFor();
    await look(page, 'ledgers/opinions-not-loaded-zh');
    held.problem = null;
    await button('再试一次').click();
    await entries().first().waitFor();
  });

  test('cut off: the age is said, nothing can be recorded, and it comes back by itself', async () => {
    await go('ratings');
    await entries().first().waitFor();
    hub.cut();
    await page.getByText(/与大厅主机断开：下面是/).waitFor();
    expect(await button('登记已联系').first().isDisabled()).toBe(true);
    await page.locator('.stale').waitFor();
    await look(page, 'ledgers/ratings-cut-zh');
    held.bad = { ...held.bad, ratings: held.bad.ratings.slice(1) };
    hub.back();
    await page.getByText(/与大厅主机断开：下面是/).waitFor({ state: 'detached' });
    await expect.poll(() => entries().count()).toBe(4);
  });

  test('one that has just come in is in the list at once', async () => {
    await go('ratings');
    await entries().first().waitFor();
    held.bad.ratings.push(
      badRating(4300, 'A099', {
        next: { step: 'contacted', due: '2026-11-18', workingDaysLeft: -3 },
        overdue: true,
      }),
    );
    hub.set({ attention: { badRatings: 6, overdue: 2, opinionsOverdue: 1 } });
    await page.locator('.list').getByText('A099').waitFor();
  });

  test('by keyboard: down the list, to the step, through the dialog and back', async () => {
    await go('ratings');
    await entries().first().focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.locator('.detail').getByRole('heading', { name: /A022/ }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await dialog().getByRole('heading', { name: 'A022 · 登记已联系' }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.type('在');
    await page.keyboard.press('Control+Enter');
    await said('A022：已联系');
    expect(sent('/ratings/4190/follow-up')).toEqual([{ step: 'contacted', text: '在' }]);
    expect(await page.evaluate(() => document.activeElement?.textContent?.trim())).toBe('登记已联系');
  });
});

describe('opinions', () => {
  test.each([
    ['zh', 1366, 768],
    ['zh', 1920, 1080],
    ['en', 1366, 768],
  ] as const)('what is due first on top (%s, %i × %i)', async (language, width, height) => {
    await go('opinions', language, width, height);
    await entries().first().waitFor();
    expect(await page.locator('.list .entry b').allInnerTexts()).toEqual([
      'Y20261112-002',
      'Y20261118-003',
      'Y20261120-001',
      'Y20261123-001',
    ]);
    await look(page, `ledgers/opinions-${width}-${language}`);
  });

  test('all of them, with what was answered and how it ended', async () => {
    await go('opinions');
    await button('全部 6').click();
    await entries().last().click();
    await page.locator('.detail').getByText('已公布并告知本人').waitFor();
    await look(page, 'ledgers/opinions-closed-zh');
  });

  test('assigned, answered, struck off', async () => {
    await go('opinions');
    await button('分派').first().click();
    await inDialog('分派').click();
    await dialog().getByText('请先填写承办人工号').waitFor();
    await dialog().getByLabel('承办人工号').fill('2003');
    await look(page, 'ledgers/opinions-assign-zh');
    await inDialog('分派').click();
    await said('Y20261120-001：已分派');
    await button('答复').first().click();
    await dialog().getByLabel('答复内容').fill('已查明，三日内书面答复。');
    await look(page, 'ledgers/opinions-answer-zh');
    await inDialog('答复').click();
    await said('Y20261112-002：已答复');
    await page.locator('.detail').getByRole('button', { name: '销号' }).click();
    expect(await dialog().getByLabel('已解决').isDisabled()).toBe(true);
    await dialog().getByLabel('情况不属实').check();
    await dialog().getByLabel('原因').fill('经查无此事');
    await look(page, 'ledgers/opinions-close-zh');
    await inDialog('销号').click();
    await said('Y20261112-002：已销号');
    expect(hub.requests.filter(({ method }) => method === 'POST').map(({ body }) => body)).toEqual([
      { to: '2003' },
      { text: '已查明，三日内书面答复。' },
      { outcome: 'unfounded', reason: '经查无此事' },
    ]);
  });

  test('one is filed for a visitor: number and code stand there once', async () => {
    await go('opinions');
    await button('登记一件').click();
    await look(page, 'ledgers/opinions-file-zh');
    await dialog().getByLabel('投诉').check();
    await dialog().getByLabel('来信').check();
    await dialog().getByLabel('反映的内容').fill('来信反映\n停车难');
    // Twice at once is one.
    await inDialog('登记一件').dblclick();
    await dialog().getByText('K7M2PX').waitFor();
    await look(page, 'ledgers/opinions-filed-zh');
    expect(sent('/opinions')).toMatchObject([
      { kind: 'complaint', channel: 'letter', text: '来信反映\n停车难' },
    ]);
    await inDialog('关闭').click();
  });

  test('in English, struck off before an answer', async () => {
    await go('opinions', 'en');
    await page.locator('.detail').getByRole('button', { name: 'Strike off' }).click();
    await look(page, 'ledgers/opinions-close-en');
    await inDialog('Cancel').click();
    await button('File one').click();
    await look(page, 'ledgers/opinions-file-en');
    await inDialog('Cancel').click();
  });

  test('an empty ledger', async () => {
    held.opinions = { opinions: [], leftOpen: 0 };
    await go('opinions');
    await page.getByText('台账里还没有意见').waitFor();
    await look(page, 'ledgers/opinions-empty-zh');
  });
});

describe('the call-back sample', () => {
  test.each([
    ['zh', 1366, 768],
    ['zh', 1920, 1080],
    ['en', 1366, 768],
  ] as const)(
    'its seed large, both ratings, how far it is (%s, %i × %i)',
    async (language, width, height) => {
      await go('callbacks', language, width, height);
      await page.locator('.seed code').waitFor();
      expect(await page.locator('.seed code').innerText()).toBe('shuangseqiu-2026-134-06.11.19.22.28.31-09');
      await look(page, `ledgers/callbacks-${width}-${language}`);
    },
  );

  test('says how anybody draws it again', async () => {
    await go('callbacks');
    await page.getByText('怎样核对这份样本').click();
    await page.locator('pre').waitFor();
    const saving = page.waitForEvent('download');
    await button('下载当天全部评价编号').click();
    const file = await saving;
    expect(file.suggestedFilename()).toBe('sessions-2026-11-20.txt');
    await page.getByText('已保存 3 个编号').waitFor();
    await look(page, 'ledgers/callbacks-verify-zh');
  });

  test('is drawn, and a result is written beside the rating', async () => {
    await go('callbacks');
    await button('抽取样本').click();
    await dialog().getByLabel('种子').fill('双色球');
    await inDialog('抽取样本').click();
    await dialog().getByText('种子只能用字母').waitFor();
    await look(page, 'ledgers/callbacks-draw-zh');
    await dialog().getByLabel('种子').fill('week-48');
    await inDialog('抽取样本').click();
    await said('已抽取 8 人');
    expect(sent('/callbacks/sample')).toEqual([{ day: '2026-11-20', seed: 'week-48' }]);
    await page.locator('tr').filter({ hasText: 'A011' }).getByRole('button').click();
    await dialog().getByLabel('联系上', { exact: true }).check();
    await dialog().getByLabel('基本满意').check();
    await look(page, 'ledgers/callbacks-result-zh');
    await inDialog('登记').click();
    await said('A011：回访结果已登记');
    expect(sent('/callbacks/4143')).toEqual([{ outcome: 'reached', level: 3 }]);
  });

  test('an older one, whose visits are partly gone; none at all', async () => {
    await go('callbacks');
    await entries().nth(1).click();
    await page.getByText('办理记录已超过保存天数').waitFor();
    await look(page, 'ledgers/callbacks-old-zh');
    held.callBacks = { ...held.callBacks, samples: [] };
    await go('callbacks');
    await page.getByText('还没有抽过样').waitFor();
    await look(page, 'ledgers/callbacks-empty-zh');
  });
});

describe('the register of traces', () => {
  test.each([
    ['zh', 1366, 768],
    ['zh', 1920, 1080],
    ['en', 1366, 768],
  ] as const)('the latest on top (%s, %i × %i)', async (language, width, height) => {
    await go('trace', language, width, height);
    await page.locator('tbody tr').first().waitFor();
    expect(await page.locator('tbody tr').count()).toBe(11);
    await look(page, `ledgers/trace-${width}-${language}`);
  });

  test('is filtered by the hub, and an empty answer says so', async () => {
    await go('trace');
    await filter('类别').locator('select').selectOption('cancel');
    await expect.poll(() => page.locator('tbody tr').count()).toBe(1);
    await filter('窗口').locator('select').selectOption('6');
    await page.getByText('没有符合条件的记录').waitFor();
    await look(page, 'ledgers/trace-filtered-none-zh');
    held.traces = [];
    await go('trace');
    await page.getByText('这几天没有留痕的操作').waitFor();
    await look(page, 'ledgers/trace-empty-zh');
  });

  test('the check of the log: under way, whole, and the line to note down', async () => {
    await go('trace');
    held.checking = { records: 98_000, of: 224_108 };
    await button('开始核对').click();
    await page.getByText('正在核对：98000 / 224108 条').waitFor();
    await look(page, 'ledgers/trace-checking-zh');
    held.endCheck();
    await page.getByText('完整', { exact: true }).waitFor();
    await page.getByText(`1303703:${'a3'.repeat(32)}`).waitFor();
    await look(page, 'ledgers/trace-whole-zh');
  });

  test('the check of the log: a record that is not right, in both languages; stopped', async () => {
    held.verdict = {
      ok: false,
      firstBad: { seq: 1_303_114, why: 'record 1303114 was changed: its text does not fit its hash' },
    };
    await go('trace');
    await button('开始核对').click();
    await page.getByText('第 1303114 号记录有问题').waitFor();
    await look(page, 'ledgers/trace-broken-zh');
    await go('trace', 'en');
    await button('Check now').click();
    await page.getByText('Record 1303114 is not right').waitFor();
    await look(page, 'ledgers/trace-broken-en');
    await go('trace');
    held.checking = { records: 0, of: 0 };
    await button('开始核对').click();
    await button('停止').click();
    await page.getByText('已停止，没有结论').waitFor();
  });
});

describe('a surge', () => {
  test.each([
    ['zh', 1366, 768],
    ['zh', 1920, 1080],
    ['en', 1366, 768],
  ] as const)(
    'none holds: how the day stands and what would help (%s, %i × %i)',
    async (language, width, height) => {
      await go('surge', language, width, height);
      await page.locator('tbody tr').first().waitFor();
      await look(page, `ledgers/surge-none-${width}-${language}`);
    },
  );

  test.each(['zh', 'en'] as const)('in force, with what visitors read (%s)', async (language) => {
    held.surge = { ...held.surge, current: surgeRunning() };
    await go('surge', language);
    await page.locator('.state.on').waitFor();
    await look(page, `ledgers/surge-running-${language}`);
  });

  test('begun from a suggestion, with longer hours and a notice', async () => {
    await go('surge');
    await page.getByRole('button', { name: /^采用 请开放 6 号窗口/ }).click();
    expect(await dialog().getByLabel('6 号窗口 转移登记').isChecked()).toBe(true);
    await dialog().getByLabel('延长服务至').fill('16:00');
    await inDialog('启动应急措施').click();
    await dialog().getByText('延长的时间须晚于下班时间和现在').waitFor();
    await dialog().getByLabel('延长服务至').fill('23:59');
    await dialog().getByLabel('中文').fill('今天人多，6 号窗口加办转移登记');
    await inDialog('启动应急措施').click();
    await dialog().getByText('告知请中英文都写').waitFor();
    await dialog().getByLabel('英文').fill('Busy today: window 6 takes transfers too');
    await dialog().getByLabel('等候人数过多').check();
    await look(page, 'ledgers/surge-start-zh');
    await inDialog('启动应急措施').click();
    await said('应急措施已启动');
    expect(sent('/surge')).toEqual([
      {
        reason: '等候人数过多',
        measures: {
          extendUntil: '23:59',
          windows: [{ window: 6, services: ['transfer'] }],
          notice: { zh: '今天人多，6 号窗口加办转移登记', en: 'Busy today: window 6 takes transfers too' },
        },
      },
    ]);
  });

  test('changed, and ended with a reason; already over: told calmly', async () => {
    held.surge = { ...held.surge, current: { ...surgeRunning(), by: 'forecast', automatic: true } };
    await go('surge');
    await button('调整').click();
    expect(await dialog().getByLabel('2 号窗口 转移登记').isChecked()).toBe(true);
    await look(page, 'ledgers/surge-change-zh');
    await inDialog('取消').click();
    await button('结束').click();
    await inDialog('结束应急措施').click();
    await dialog().getByText('请先选择或填写原因').waitFor();
    await look(page, 'ledgers/surge-end-zh');
    await dialog().getByLabel('其他原因').fill('人已不多');
    held.refuse = { status: 409, code: 'no-surge' };
    held.surge = { ...held.surge, current: null };
    await inDialog('结束应急措施').click();
    await said('应急措施刚刚已经结束');
  });

  test('nobody waits, no closing is published, nothing to suggest', async () => {
    held.surge = {
      ...held.surge,
      closesAt: null,
      lastServedAt: null,
      services: held.surge.services.map((one) => ({
        ...one,
        waiting: 0,
        afterClosing: 0,
        servedToday: 'yes',
        wait: { minS: 0, maxS: 0 },
      })),
    };
    held.suggestions = { ...held.suggestions, suggestions: [] };
    await go('surge');
    await page.getByText('暂时没有建议').waitFor();
    await look(page, 'ledgers/surge-quiet-zh');
  });
});
