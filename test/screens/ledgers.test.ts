/** The supervisor's ledgers on a real hub: a key that is pressed, what is done about it, and whether the log that says so is whole. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startEvaluator, type EvaluatorHandle } from '../../firmware-sim/index.ts';
import { ensureScreens } from '../../kiosk-agent/box/screens.ts';
import { Register } from '../../kiosk-agent/web/staff.ts';
import { hallYaml, startHall, type Hall } from '../harness/hall.ts';
import { ROOT, temporaryFolder, until } from '../harness/programs.ts';
import { openScreen, startBrowser, type Screen } from './browser.ts';

const folder = temporaryFolder('ledgers');
const yaml = (port: string): string =>
  hallYaml(`
devices: [{id: evaluator-1, model: elp1, port: "${port}", window: 1}]
rules:
  rating: {seconds: 60}
  followUp: {clock: {contacted: 1, answered: 5}}
`);
let evaluator: EvaluatorHandle;
let hall: Hall;
let browser: Browser;
let screen: Screen;
let page: Page;

beforeAll(async () => {
  evaluator = await startEvaluator({
    port: process.platform === 'win32' ? 'tcp:0' : `pty:${join(folder.path, 'evaluator')}`,
    serial: 'LEDGER-1',
  });
  await ensureScreens(ROOT, () => undefined);
  [hall, browser] = await Promise.all([startHall(folder.path, yaml(evaluator.port)), startBrowser()]);
  await new Register(folder.path).setPin('2001', 'manager', '482913');
  await hall.as('clerk')('POST', 'windows/1/open', { staff: '1001' });
  await until('the evaluator', async () =>
    JSON.stringify((await hall.as(null)('GET', 'health')).body).includes('"state":"ready"'),
  );
  screen = await openScreen(browser, new URL('manager#ratings', hall.url).href, 1366, 768);
  page = screen.page;
  page.setDefaultTimeout(10_000);
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await hall?.close();
  await evaluator?.close();
  folder[Symbol.dispose]();
  // What the browser itself writes down of an answer that the page has put into words.
  expect(screen.trouble.filter((one) => !one.startsWith('Failed to load resource'))).toEqual([]);
});

const button = (name: string) => page.locator('.ledger').getByRole('button', { name, exact: true }).first();
const inDialog = (name: string) => page.getByRole('dialog').getByRole('button', { name, exact: true });
const said = (text: string) => page.locator('.note.said').filter({ hasText: text }).waitFor();
const bad = async (): Promise<{ session: number; state: string; steps: { step: string; text?: string }[] }> =>
  ((await hall.as('manager')('GET', 'ratings/bad')).body['ratings'] as never[])[0]!;

test('a bad rating that is pressed at the window comes in with its clock and is taken to its end', async () => {
  await page.locator('input[name=staff]').fill('2001');
  await page.locator('input[name=pin]').fill('482913');
  await page.locator('form [type=submit]').click();
  await page.getByText('没有差评', { exact: true }).waitFor();

  await hall.as('kiosk')('POST', 'tickets', {
    ...{ service: 'transfer', delivery: 'screen', idempotencyKey: randomUUID() },
  });
  for (const action of ['call-next', 'start', 'finish'])
    await hall.as('clerk')('POST', `windows/1/${action}`);
  await until('the keys to be lit', () => evaluator.state().session !== null);
  evaluator.press(5);
  const entry = page.locator('.list .entry').filter({ hasText: 'A001' });
  await entry.filter({ hasText: '非常不满意' }).filter({ hasText: '还剩 1 个工作日' }).waitFor();

  await button('登记已联系').click();
  await page.getByLabel(/情况说明/).fill('已联系，请回电 13957246813');
  await inDialog('登记').click();
  await said('A001：已联系，已登记');
  // What is written is masked by the hub, and shown so.
  await page.locator('.detail').getByText('请回电 ***********').waitFor();

  // Another supervisor is faster.
  await button('登记已答复').click();
  const { session } = await bad();
  await hall.as('manager')('POST', `ratings/${session}/follow-up`, { step: 'answered', staff: '2002' });
  await inDialog('登记').click();
  await said('这一条刚刚有别人处理过');
  await page.locator('.detail').getByText('工号 2002').waitFor();

  await button('办结').click();
  await page.getByLabel('办事人认可').check();
  await inDialog('办结').click();
  await said('A001：办结，已登记');
  expect(await bad()).toMatchObject({
    state: 'closed',
    steps: [{ step: 'opened' }, { step: 'contacted' }, { step: 'answered' }, { step: 'closed' }],
  });
  await button('已办结 1').click();
  await entry.filter({ hasText: '已办结' }).waitFor();
});

test('what left the order is in the register; the log is whole, and not any more once somebody has changed it', async () => {
  await hall.as('clerk')('POST', 'windows/1/pause', { reason: '整理材料' });
  await page.locator('nav a[href$="#trace"]').click();
  await page.locator('tbody tr').filter({ hasText: '暂停服务' }).filter({ hasText: '整理材料' }).waitFor();

  await button('开始核对').click();
  const noted = await page.locator('.check.whole .noted code').innerText();
  const { body } = await hall.as('manager')('GET', 'trace/verify');
  expect(noted).toBe(`${String(body['through'])}:${String(body['hash'])}`);

  const { traces } = (await hall.as('manager')('GET', 'trace')).body as unknown as {
    traces: { seq: number }[];
  };
  const database = new DatabaseSync(join(folder.path, 'journal', 'journal.sqlite'), { timeout: 5000 });
  database
    .prepare("UPDATE events SET json = replace(json, '整理', '休息') WHERE seq = ?")
    .run(traces[0]!.seq);
  database.close();
  await button('再核对一次').click();
  await page.locator('.check.broken').getByText(`第 ${traces[0]!.seq} 号记录有问题`).waitFor();
});
