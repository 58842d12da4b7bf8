/** The far end's page through the front door: a real central server, a real hub that is linked to it, a real browser. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { read, utils } from 'xlsx';
import { letIn, openAgents } from '../../central/agents.ts';
import { startCentral } from '../../central/central.ts';
import { ensureScreens } from '../../kiosk-agent/box/screens.ts';
import { hallYaml, startHall, type Hall } from '../harness/hall.ts';
import { ROOT, temporaryFolder } from '../harness/programs.ts';
import { openScreen, startBrowser } from './browser.ts';

const folder = temporaryFolder('far-end');
const stateDir = join(folder.path, 'central');
let browser: Browser;
let central: Awaited<ReturnType<typeof startCentral>>;
let hub: Hall | undefined;
let page: Page;
let trouble: string[];

beforeAll(async () => {
  await ensureScreens(ROOT, () => undefined);
  await mkdir(stateDir, { recursive: true });
  await writeFile(
    join(stateDir, 'names.yaml'),
    'halls: {hall-1: {zh: 测试大厅, en: Test hall}}\nregions: {"371000000000": {zh: 威海市, en: Weihai}}\n',
  );
  [browser, central] = await Promise.all([
    startBrowser(),
    startCentral({
      ...{ port: 0, host: '127.0.0.1', stateDir, clock: () => new Date(), log: pino({ level: 'silent' }) },
    }),
  ]);
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await hub?.close();
  await central?.close();
  folder[Symbol.dispose]();
});

async function visit(level: number): Promise<void> {
  const [kiosk, clerk] = [hub!.as('kiosk'), hub!.as('clerk')];
  await kiosk('POST', 'tickets', {
    ...{ service: 'transfer', delivery: 'screen', idempotencyKey: crypto.randomUUID() },
  });
  for (const action of ['call-next', 'start']) await clerk('POST', `windows/1/${action}`, {});
  const { body } = await clerk('POST', 'windows/1/finish', {});
  const { session } = (body as { evaluation: { session: number } }).evaluation;
  const window = await fetch(new URL('/api/v1/session', hub!.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-hall-screen': 'window' },
    body: JSON.stringify({ screen: 'window' }),
  });
  const answer = await fetch(new URL('/api/v1/windows/1/rate', hub!.url), {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-hall-screen': 'window',
      cookie: window.headers.get('set-cookie')!.split(';')[0]!,
    },
    body: JSON.stringify({ session, level }),
  });
  expect(answer.status).toBe(200);
}

test('before any hall has connected it says how to let one in; then the hall is there by itself', async () => {
  ({ page, trouble } = await openScreen(browser, central.url, 1366, 768));
  await page.getByText('hall-central agent add').waitFor();
  const agents = await openAgents(stateDir, undefined);
  const token = await letIn(agents, 'hub-1', '371000000000');
  await agents.close();
  const tokenFile = join(folder.path, 'link.token');
  await writeFile(tokenFile, token);
  hub = await startHall(
    join(folder.path, 'hub'),
    hallYaml(`links: [{name: central, url: "socketio:${central.url}", token: "file:${tokenFile}"}]`),
  );
  await page.getByRole('row', { name: /hub-1.*在线/ }).waitFor();
});

test('a rating arrives by itself, in the hall’s line, among the latest and in the sums', async () => {
  await hub!.as('clerk')('POST', 'windows/1/open', { staff: '1024' });
  await visit(5);
  await page
    .getByRole('img', { name: /^非常满意 1 / })
    .first()
    .waitFor();
  await page.getByRole('link', { name: '最新动态' }).click();
  const first = page.locator('.ratings li').first();
  await first.getByText('非常满意').waitFor();
  await visit(1);
  await first.getByText('非常不满意').waitFor();
  await first.getByText('A002').waitFor();
  await page.getByRole('link', { name: /差评处理/ }).click();
  await page.getByRole('row', { name: /非常不满意.*测试大厅.*1号窗口.*A002/ }).waitFor();
});

test('the halls are filtered, and the whole list is taken away as a workbook', async () => {
  await page.getByRole('link', { name: '大厅', exact: true }).click();
  const search = page.getByPlaceholder('搜索大厅、区划、代码');
  await search.fill('烟台');
  await page.getByText('没有符合条件的大厅').waitFor();
  await search.fill('威海');
  await page.getByRole('row', { name: /测试大厅/ }).waitFor();
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: '导出 Excel' }).click(),
  ]);
  const sheet = read(await readAll(file)).Sheets['大厅']!;
  const [row] = utils.sheet_to_json<Record<string, unknown>>(sheet);
  expect(row).toMatchObject({ 大厅: '测试大厅', 区划: '威海市 371000000000', 取号: 2, 评价: 2, 满意率: 0.5 });
});

test('cut off, it keeps its figures and says how old they are', async () => {
  await page.context().setOffline(true);
  await page.evaluate(() => window.dispatchEvent(new Event('offline')));
  await page.getByText(/数据停在 .*已断开/).waitFor({ timeout: 20_000 });
  await page.getByRole('row', { name: /测试大厅/ }).waitFor();
  expect(trouble.filter((line) => !/ERR_INTERNET_DISCONNECTED/.test(line))).toEqual([]);
});

async function readAll(file: { createReadStream(): Promise<NodeJS.ReadableStream> }): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of await file.createReadStream()) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
