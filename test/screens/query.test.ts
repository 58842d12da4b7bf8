/** The query terminal through the front door: a real agent with a terminal's own reader and scanner, a printer, and the platform. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startPrinter, type PrinterHandle } from '../../firmware-sim/index.ts';
import { startIdReader, type IdReaderHandle } from '../../firmware-sim/id-reader/id-reader.ts';
import { checkSecret } from '../../firmware-sim/platform/person-hash.ts';
import { startPlatform, type PlatformHandle } from '../../firmware-sim/platform/platform.ts';
import { startScanner, type ScannerHandle } from '../../firmware-sim/scanner/scanner.ts';
import { ensureScreens } from '../../kiosk-agent/box/screens.ts';
import { hallYaml, startHall, type Hall } from '../harness/hall.ts';
import { ROOT, temporaryFolder, until } from '../harness/programs.ts';
import { openScreen, startBrowser, type Screen } from './browser.ts';

const folder = temporaryFolder('query-page');
let hall: Hall;
let browser: Browser;
let query: Screen;
let kiosk: Screen;
let reader: IdReaderHandle;
let scanner: ScannerHandle;
let printer: PrinterHandle;
let platform: PlatformHandle;
let page: Page;
/** Every address that the terminal asked for. */
const asked: { method: string; url: string; status?: number }[] = [];

beforeAll(async () => {
  await ensureScreens(ROOT, () => undefined);
  writeFileSync(join(folder.path, 'secret'), checkSecret);
  writeFileSync(join(folder.path, 'token'), 'token-of-the-hall\n');
  [reader, scanner, printer, platform, browser] = await Promise.all([
    startIdReader({ port: 'tcp:0' }),
    startScanner({ port: 'tcp:0' }),
    startPrinter({ id: 'printer-1', port: 'tcp:0', speed: Number.POSITIVE_INFINITY }),
    startPlatform({ port: 0, token: 'token-of-the-hall', secret: checkSecret }),
    startBrowser(),
  ]);
  hall = await startHall(
    folder.path,
    hallYaml(`
devices:
  - {id: printer-1, model: escpos-80, port: "${printer.port}"}
  - {id: reader-query, model: sdt, port: "${reader.port}", screen: query}
  - {id: scanner-query, model: scanner-serial, port: "${scanner.port}", screen: query}
identity: {secret: "file:${join(folder.path, 'secret')}"}
platform: {url: "${platform.url}", token: "file:${join(folder.path, 'token')}"}
`),
  );
  await until('all devices', async () =>
    ((await hall.as(null)('GET', 'health')).body['devices'] as { state: string }[]).every(
      ({ state }) => state === 'ready',
    ),
  );
  query = await openScreen(browser, new URL('query', hall.url).href, 1080, 1920);
  kiosk = await openScreen(browser, new URL('kiosk', hall.url).href, 1080, 1920);
  page = query.page;
  page.on('response', (response) =>
    asked.push({ method: response.request().method(), url: response.url(), status: response.status() }),
  );
  await page.locator('li.ticket').waitFor();
  await kiosk.page.locator('main').waitFor();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await hall?.close();
  for (const device of [reader, scanner, printer, platform]) await device?.close();
  folder[Symbol.dispose]();
});

it('a card shows its cases, the kiosk beside hears nothing of it, and leaving forgets it everywhere', async () => {
  const atKiosk = await kiosk.page.locator('main').innerText();
  await page.locator('li.cases button').click();
  await page.locator('.card-step').waitFor();
  reader.putCard('citizen-common');
  await page.locator('.body li button').first().click();
  expect(await page.locator('.case').innerText()).toContain('受理');
  reader.liftCard();
  expect(await kiosk.page.locator('main').innerText()).toBe(atKiosk);

  await page.locator('.actions button.main').click();
  await page.locator('li.ticket').waitFor();
  const forgotten = await until('the key to be forgotten', () =>
    asked.find(({ method, url }) => method === 'DELETE' && url.includes('/identity/')),
  );
  const key = forgotten.url.split('/').at(-1) ?? '';
  const again = await fetch(new URL('api/v1/query/case', hall.url), {
    headers: { authorization: `Bearer ${hall.tokens['kiosk']}`, 'x-id-card': key },
  });
  expect(((await again.json()) as { code: string }).code).toBe('identity-needed');
  await page.goBack().catch(() => null);
  await page.goto(new URL('query', hall.url).href);
  await page.locator('li.ticket').waitFor();
  expect(await page.locator('body').innerText()).not.toContain('990000-');
});

it('the code on a ticket shows its place and lets its holder leave the line', async () => {
  const taken = await hall.as('kiosk')('POST', 'tickets', {
    service: 'transfer',
    idempotencyKey: 'one',
    delivery: 'screen',
  });
  const { key, number } = taken.body as { key: string; number: string };
  scanner.scan(`http://192.168.1.20:8480/t/${key}`);
  await page.locator('.ticket .number').waitFor();
  expect(await page.locator('.ticket .number').innerText()).toBe(number);
  await page.getByRole('button', { name: '不等了，离开队伍' }).click();
  await page.getByRole('button', { name: '不等了', exact: true }).click();
  await page.locator('.mark.done').waitFor();
  expect((await hall.as('kiosk')('GET', `my-ticket/${key}`)).body['state']).toBe('cancelled');
  await page.getByRole('button', { name: '返回首页' }).click();
});

it('an opinion is written with the keys on the screen, filed, printed, and looked up by number and code', async () => {
  await page.locator('li.opinion button').click();
  await page.getByRole('button', { name: /提意见/ }).click();
  await page.getByRole('button', { name: /^建议/ }).click();
  await page.locator('.windows .none').click();
  const screenKey = (name: string) =>
    page.locator('.hg-button', { hasText: new RegExp(`^${name}$`) }).click();
  for (const letter of 'yi') await screenKey(letter);
  await page.locator('.candidates button').first().click();
  // A real keyboard types the same way: letters, then the number of the character.
  await page.keyboard.type('zi1');
  const text = await page.locator('textarea').inputValue();
  expect(text).toMatch(/^[一-鿿]{2}$/);
  await page.getByRole('button', { name: '提交' }).click();
  await page.getByRole('button', { name: '打印回执' }).click();
  await page.locator('.print .printed').waitFor();
  const paper = printer.papers().at(-1)?.text ?? '';
  const [opinion = '', day = '', run = ''] = /Y(\d{8})-(\d{3})/.exec(paper) ?? [];
  const code = /查询码：(\w{6})/.exec(paper)?.[1] ?? '';
  expect(paper).not.toContain(text);
  const { opinions } = (await hall.as('manager')('GET', 'opinions')).body as {
    opinions: { opinion: string; text: string; channel: string }[];
  };
  expect(opinions).toMatchObject([{ opinion, text, channel: 'query' }]);

  await page.getByRole('button', { name: '看完了' }).click();
  await page.locator('li.opinion button').click();
  await page.getByRole('button', { name: /看答复/ }).click();
  await page.locator('.pad').waitFor();
  await page.keyboard.type(day + run);
  await page.keyboard.press('Enter');
  await page.keyboard.type(code);
  await page.keyboard.press('Enter');
  await page.getByText('已收到，正在安排处理').waitFor();
  expect(query.trouble).toEqual([]);
});
