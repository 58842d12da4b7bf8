/** Whole visits at the kiosk through the front door: the real hub, its reader, scanner and printer simulated, a real browser. */
import { randomUUID } from 'node:crypto';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { startPrinter, type PrinterHandle } from '../../firmware-sim/index.ts';
import { startIdReader, type IdReaderHandle } from '../../firmware-sim/id-reader/id-reader.ts';
import { samplePeople } from '../../firmware-sim/id-reader/people.ts';
import { startScanner, type ScannerHandle } from '../../firmware-sim/scanner/scanner.ts';
import { ensureScreens } from '../../kiosk-agent/box/screens.ts';
import type { HallEvent } from '../../kiosk-agent/contract/events.ts';
import { startHall, type Hall } from '../harness/hall.ts';
import { ROOT, temporaryFolder, until } from '../harness/programs.ts';
import { openScreen, startBrowser } from './browser.ts';
import { tooSmall } from './look.ts';

const DAY = '2026-11-23';
const MORNING = Date.parse(`${DAY}T10:00:00+08:00`) - performance.now();
const ANNA = samplePeople['citizen-common'].number;
const BEN = samplePeople['citizen-two-characters'].number;
/** 30 characters, two of them rare. */
const LONG = '不动产登记资料查询与历史档案复制及无房证明出具代办窗口𠮷㛃路';

const folder = temporaryFolder('kiosk-screen');
let printer: PrinterHandle;
let reader: IdReaderHandle;
let scanner: ScannerHandle;
let hall: Hall;
let browser: Browser;
let page: Page;
let trouble: string[];
const said: { method: string; path: string }[] = [];

beforeAll(async () => {
  await ensureScreens(ROOT, () => undefined);
  printer = await startPrinter({ id: 'printer-1', port: 'tcp:0', speed: Number.POSITIVE_INFINITY });
  reader = await startIdReader({ port: 'tcp:0' });
  scanner = await startScanner({ port: 'tcp:0' });
  hall = await startHall(
    folder.path,
    `
hall:     {id: hall-1, name: {zh: 测试大厅, en: Test hall}, region: "371000000000", timeZone: Asia/Shanghai, opening: {from: "08:00", to: "17:00"}}
agent:    {id: hub-1, role: hub, listen: "127.0.0.1:0"}
services:
  - {id: transfer, prefix: A, name: {zh: 转移登记, en: Transfer}, realName: optional}
  - {id: mortgage, prefix: B, name: {zh: 抵押登记, en: Mortgage}, realName: required}
  - {id: records, prefix: C, name: {zh: ${LONG}, en: Records}, realName: off}
windows:  [{number: 1, services: [transfer, mortgage, records]}]
devices:
  - {id: printer-1, model: escpos-80, port: "${printer.port}"}
  - {id: reader-kiosk, model: sdt, port: "${reader.port}"}
  - {id: scanner-kiosk, model: scanner-serial, port: "${scanner.port}"}
`,
    () => new Date(MORNING + performance.now()),
  );
  browser = await startBrowser();
  ({ page, trouble } = await openScreen(browser, 'about:blank', 1080, 1920));
  page.setDefaultTimeout(10_000);
  page.on('request', (request) =>
    said.push({ method: request.method(), path: new URL(request.url()).pathname }),
  );
  // The page's time runs as it does, and can be put forward.
  await page.clock.install();
  await until('the devices', async () =>
    ((await hall.as(null)('GET', 'health')).body['devices'] as { state: string }[]).every(
      ({ state }) => state === 'ready',
    ),
  );
  await page.goto(`${hall.url}kiosk`);
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await hall?.close();
  for (const device of [printer, reader, scanner]) await device?.close();
  folder[Symbol.dispose]();
  // What the hub refuses on purpose is written down by the browser too.
  expect(trouble.filter((one) => !/400|409/.test(one))).toEqual([]);
});
beforeEach(async () => {
  said.length = 0;
  await page.keyboard.press('Escape');
  await page.locator('.grid button').first().waitFor();
});

const events = async (): Promise<HallEvent[]> =>
  (await hall.as('manager')('GET', 'events?after=0&limit=1000')).body as unknown as HallEvent[];
const numbers = async (): Promise<string[]> =>
  (await events()).flatMap((event) => (event.type === 'hall.ticket.reserved' ? [event.data.number] : []));
const sheet = (words: string) => printer.papers().find(({ text }) => text.includes(words));
const button = (name: string | RegExp) => page.getByRole('button', { name });
const heading = () => page.evaluate(() => document.activeElement?.tagName);
const number = () => page.locator('.number').first().innerText();

it('leads from the service to the paper by Tab, arrows and Enter alone, with the focus on each heading', async () => {
  /** Tabs on until the control that is named has the focus; as often as there are controls, at the most. */
  async function tabTo(name: RegExp): Promise<void> {
    for (let n = 0; n < 25; n++) {
      await page.keyboard.press('Tab');
      const at = await page.evaluate(() => document.activeElement?.textContent ?? '');
      if (name.test(at)) return;
    }
    throw new Error(`no control ${String(name)}`);
  }
  await tabTo(/转移登记/);
  await page.keyboard.press('Enter');
  await page.locator('.take').waitFor();
  await until('the heading', async () => (await heading()) === 'H1');
  await page.getByRole('radio', { name: '普通' }).focus();
  await page.keyboard.press('ArrowRight');
  expect(await page.getByRole('radio', { name: '老年人' }).isChecked()).toBe(true);
  await tabTo(/^\s*取号\s*$/);
  await page.keyboard.press('Enter');
  await page.locator('.done').waitFor();
  await until('the heading', async () => (await heading()) === 'H1');
  expect(sheet(await number())?.text).toContain('转移登记');
  await tabTo(/完成/);
  await page.keyboard.press('Enter');
  await page.locator('.grid').waitFor();
});

it('prints the ticket of an appointment as soon as its card is laid', async () => {
  const kiosk = hall.as('kiosk');
  const { idCard } = (await kiosk('POST', 'identity', { number: ANNA })).body;
  const booked = await kiosk('POST', 'appointments', {
    service: 'transfer',
    day: DAY,
    from: '10:30',
    idCard,
    idempotencyKey: randomUUID(),
  });
  expect(booked.status).toBe(201);
  reader.putCard('citizen-common');
  await page.locator('.done').waitFor();
  reader.liftCard();
  expect(sheet(await number())?.text).toContain('转移登记');
  expect(await page.locator('body').innerText()).not.toMatch(/张样本|990/);
});

it('takes a typed number where a name is needed, and gives the same person no second ticket', async () => {
  const takeAsBen = async (): Promise<void> => {
    await button(/抵押登记/).click();
    await button('取号').click();
    await button('没带身份证').click();
    await page.keyboard.type(BEN.slice(0, -1) + '0');
    await page.keyboard.press('Enter');
    await page.getByText('号码不对').waitFor();
    await page.keyboard.type(BEN);
    await page.keyboard.press('Enter');
  };
  await takeAsBen();
  await page.locator('.done').waitFor();
  const first = await number();
  await button('完成').click();
  await takeAsBen();
  await page.getByText('您已经有这项业务的号').waitFor();
  expect(await number()).toBe(first);
  expect((await numbers()).filter((one) => one.startsWith('B'))).toEqual([first]);
});

it('makes one ticket of ten taps a second, and leaves its number on the screen', async () => {
  const before = (await numbers()).length;
  await button(/转移登记/).click();
  const box = (await page.locator('.take').boundingBox())!;
  for (let n = 0; n < 10; n++) {
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
  await page.locator('.done').waitFor();
  expect(await numbers()).toHaveLength(before + 1);
});

it('shows nothing of the last visitor to who goes back or loads anew', async () => {
  await button(/转移登记/).click();
  await button('取号').click();
  await page.locator('.done').waitFor();
  const mine = await number();
  await button('完成').click();
  await page.locator('.grid').waitFor();
  for (const go of [() => page.goBack(), () => page.goForward(), () => page.reload()]) {
    await go();
    await page.locator('.grid').waitFor();
    expect(await page.locator('body').innerText()).not.toContain(mine);
  }
  expect(await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]))).not.toMatch(
    new RegExp(`${mine}|990`),
  );
});

it('forgets a card when nobody goes on: the hub too', async () => {
  await button(/转移登记/).click();
  reader.putCard('citizen-common');
  await page.getByText('实名：').waitFor();
  reader.liftCard();
  await page.clock.fastForward(20_000);
  await button('还要一点时间').click();
  await page.clock.fastForward(20_000);
  await page.getByText('实名：').waitFor();
  await page.clock.fastForward(11_000);
  await page.locator('.grid').waitFor();
  await until('the key to be given up', () =>
    said.some(({ method, path }) => method === 'DELETE' && path.startsWith('/api/v1/identity/')),
  );
  await button(/转移登记/).click();
  await page.locator('.take').waitFor();
  expect(await page.locator('body').innerText()).not.toContain('实名：');
});

it('says where a ticket stands whose paper is held before the scanner', async () => {
  await button(LONG).click();
  await button('取号').click();
  await page.locator('.done').waitFor();
  const mine = await number();
  await button('完成').click();
  scanner.scan(sheet(mine)!.qr[0]!);
  await page.getByRole('heading', { name: '您的号票' }).waitFor();
  expect(await number()).toBe(mine);
});

it('books a time, and the notice comes out', async () => {
  await button(/转移登记/).click();
  await button('预约其他时间').click();
  await page.locator('.times button').first().click();
  await page.getByRole('heading', { name: '预约好了' }).waitFor();
  expect(sheet(await number())?.text).toContain('预约单');
});

it('stays where it is when the screen is turned, with what was chosen; long and rare names are whole', async () => {
  expect(await button(LONG).count()).toBe(1);
  expect(await tooSmall(page)).toEqual([]);
  await button(LONG).click();
  await page.getByText('老年人').click();
  await page.setViewportSize({ width: 1920, height: 1080 });
  expect(await page.getByRole('radio', { name: '老年人' }).isChecked()).toBe(true);
  expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe(LONG);
  expect(await tooSmall(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await page.locator('.grid').waitFor();
  expect(await tooSmall(page)).toEqual([]);
  await page.setViewportSize({ width: 1080, height: 1920 });
});
