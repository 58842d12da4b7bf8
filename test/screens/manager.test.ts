/** The supervisor's page on a real hub: a visit changes what it shows, and what is taken away says the same as the hub. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { read, utils, type WorkBook } from 'xlsx';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureScreens } from '../../kiosk-agent/box/screens.ts';
import type { Tally } from '../../kiosk-agent/contract/totals.ts';
import { Register } from '../../kiosk-agent/web/staff.ts';
import { startHall, type Hall } from '../harness/hall.ts';
import { ROOT, temporaryFolder } from '../harness/programs.ts';
import { openScreen, startBrowser, type Screen } from './browser.ts';

const folder = temporaryFolder('manager-page');
let hall: Hall;
let browser: Browser;
let screen: Screen;
let page: Page;

beforeAll(async () => {
  await ensureScreens(ROOT, () => undefined);
  [hall, browser] = await Promise.all([startHall(folder.path), startBrowser()]);
  await new Register(folder.path).setPin('0900', 'manager', '482913');
  screen = await openScreen(browser, new URL('manager', hall.url).href, 1366, 768);
  page = screen.page;
  page.setDefaultTimeout(10_000);
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await hall?.close();
  folder[Symbol.dispose]();
  expect(screen.trouble).toEqual([]);
});

const tile = (name: string) => page.locator('.tiles li, .sums > div').filter({ hasText: name }).first();
const shows = (name: string, figure: RegExp | string) =>
  tile(name).locator('b').filter({ hasText: figure }).waitFor();
const clerk = (action: string, body: object = {}) => hall.as('clerk')('POST', `windows/1/${action}`, body);
async function visit(level: number | null): Promise<void> {
  const { as } = hall;
  await as('kiosk')('POST', 'tickets', {
    service: 'transfer',
    delivery: 'screen',
    idempotencyKey: randomUUID(),
  });
  await clerk('call-next');
  await clerk('start');
  const { session } = (await clerk('finish')).body['evaluation'] as { session: number };
  if (level !== null)
    expect((await as('window')('POST', 'windows/1/rate', { session, level })).status).toBe(200);
}

test('a supervisor signs in, and sees a visit from the ticket to the rating', async () => {
  await page.locator('input[name=staff]').fill('0900');
  await page.locator('input[name=pin]').fill('482913');
  await page.locator('form [type=submit]').click();
  await shows('正在等候', /^0$/);
  await shows('今日满意率', '–');
  await clerk('open', { staff: '0012' });
  await page.locator('.places li').first().filter({ hasText: '0012' }).filter({ hasText: '空闲' }).waitFor();
  await hall.as('kiosk')('POST', 'tickets', {
    ...{ service: 'transfer', delivery: 'screen', idempotencyKey: randomUUID() },
  });
  await shows('正在等候', /^1$/);
  await clerk('call-next');
  await shows('正在等候', /^0$/);
  await page
    .locator('.places li')
    .first()
    .filter({ hasText: 'A001' })
    .filter({ hasText: '已叫号' })
    .waitFor();
  await clerk('start');
  const { session } = (await clerk('finish')).body['evaluation'] as { session: number };
  await hall.as('window')('POST', 'windows/1/rate', { session, level: 1 });
  await shows('今日办结', /^1$/);
  await shows('今日满意率', /^0\.0%$/);
  await shows('待处理差评', /^1$/);
  // The window says since when it is free; the hub knows it, not the page.
  await page
    .locator('.places li')
    .first()
    .filter({ hasText: /已 0:\d\d/ })
    .waitFor();
});

test('its numbers and its workbook are those of the hub, read by a program that is not ours', async () => {
  await visit(5);
  await visit(4);
  await visit(null);
  await page.locator('nav.sections a[href$="#numbers"]').click();
  await page.locator('.presets button').first().click();
  await shows('办结', /^4$/);
  const asked = (await hall.as('manager')('GET', 'statistics?by=staff')).body as unknown as {
    rows: ({ key: string } & Tally)[];
  };
  const own = asked.rows[0]!;
  expect(own).toMatchObject({ key: '0012', served: 4, asked: 4, ratings: [1, 0, 0, 1, 1] });
  await shows('满意率', /^66\.7%$/);
  expect(await tile('满意率').innerText()).toContain('2 / 3');

  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.locator('.numbers > header .exports button').first().click(),
  ]);
  expect(file.suggestedFilename()).toMatch(/^每日明细 测试大厅 \d{4}-\d\d-\d\d\.xlsx$/);
  const book: WorkBook = read(readFileSync(await file.path()));
  expect(book.SheetNames).toEqual(['每日明细', '分时明细', '按业务', '按窗口', '按工号', '说明']);
  const rows = (name: string) => utils.sheet_to_json<Record<string, unknown>>(book.Sheets[name]!);
  const [day] = (await hall.as('manager')('GET', 'statistics/days')).body['days'] as ({
    day: string;
  } & Tally)[];
  expect(rows('每日明细')).toHaveLength(1);
  expect(rows('每日明细')[0]).toMatchObject({
    取号: day!.tickets,
    办结: day!.served,
    评价: 3,
    非常不满意: 1,
  });
  expect(rows('按工号')).toMatchObject([
    // A staff number that begins with 0 is no number.
    { 工号: '0012', 叫号: own.called, 办结: own.served, 请评: 4, 非常满意: 1, 满意: 1, 不满意: 0 },
  ]);
  expect(rows('按工号')[0]!['满意率']).toBeCloseTo(2 / 3, 10);
  expect(rows('分时明细').reduce((sum, row) => sum + Number(row['办结']), 0)).toBe(4);

  const [csv] = await Promise.all([
    page.waitForEvent('download'),
    page
      .locator('section')
      .filter({ hasText: '按工号' })
      .last()
      .getByRole('button', { name: '导出 CSV' })
      .click(),
  ]);
  const bytes = readFileSync(await csv.path());
  expect([...bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
  expect(bytes.toString('utf8')).toContain('"\t0012",4,4,');
});

test('the hub lets the page pack a large workbook beside itself', async () => {
  const packed = await page.evaluate(
    () =>
      new Promise((done) => {
        const worker = new Worker(URL.createObjectURL(new Blob(['postMessage("packed")'])));
        worker.onmessage = ({ data }) => done(data);
        worker.onerror = () => done('refused');
      }),
  );
  expect(packed).toBe('packed');
});
