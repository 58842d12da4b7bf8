/** The simulator's own page in each of its states: real devices, a real day that waits for its hub, a real cut. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import {
  readKeypadOption,
  readPrinterOption,
  readReaderOption,
  readScannerOption,
} from '../../../firmware-sim/web/kiosk-options.ts';
import { startPanel } from '../../../firmware-sim/web/panel-server.ts';
import {
  readEvaluatorOption,
  readPadsOption,
  readSignOption,
} from '../../../firmware-sim/web/window-options.ts';
import { encodeStrip, stripText } from '../../../kiosk-agent/device/codec/strip.ts';
import { hostsOf } from '../../sim/hosts.ts';
import { startBrowser } from '../browser.ts';
import { look, openAt } from '../look.ts';

const formats = { computer: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } } as const;
const folder = mkdtempSync(join(tmpdir(), 'hall-panel-'));
let browser: Browser;
let panel: Awaited<ReturnType<typeof startPanel>>;
const { host, leave } = hostsOf(() => panel);
const card = (page: Page, id: string) => page.locator(`article[data-id="${id}"]`);

const day = `
scenario: 1
name: 一天的大厅，名字很长也要放得下，窗口一至六，早高峰与断网
description: 一位来客。One visitor.
from: '09:00'
until: '09:10'
services: { transfer: { takes: { least: 1m, most: 2m } } }
arrivals: [{ from: '09:00', until: '09:05', total: 1 }]
windows: { 1: { by: desk, staff: '2001' } }
`;
const start = (port = 0) =>
  startPanel({
    port,
    usbIp: 0,
    scenarios: { folder, hub: { url: 'http://127.0.0.1:9/', tokens: join(folder, 'tokens.json') } },
    evaluators: [
      readEvaluatorOption('evaluator-first-floor-east-3=tcp:0'),
      readEvaluatorOption('e2=usb,protocol=ehr1'),
      readEvaluatorOption('e3=tcp:0,protocol=ascii'),
    ],
    keypads: [readKeypadOption('k1=usb')],
    pads: [
      readPadsOption('pads=tcp:0,addresses=4:pad;16:evaluator'),
      readPadsOption('panels=tcp:0,protocol=ub485,addresses=1;2'),
    ],
    signs: [readSignOption('signs=tcp:0,addresses=1;2')],
    printers: [readPrinterOption('p1=tcp:0'), readPrinterOption('p2=tcp:0,kind=presenter,width=58')],
    readers: [readReaderOption('r1=tcp:0')],
    scanners: [readScannerOption('s1=tcp:0,suffix=lf')],
    cables: [{ id: 'c1', port: 0, to: { host: '127.0.0.1', port: 9 } }],
  });

beforeAll(async () => {
  writeFileSync(join(folder, 'short.yaml'), day);
  writeFileSync(join(folder, 'wrong.yaml'), 'scenario: 2\n');
  const token = 'token-of-a-test';
  const tokens = { kiosk: token, clerk: token, integrator: token, technician: token };
  writeFileSync(join(folder, 'tokens.json'), JSON.stringify(tokens));
  [browser, panel] = await Promise.all([startBrowser(), start()]);
}, 60_000);
afterEach(leave);
afterAll(async () => {
  await browser?.close();
  await panel?.close();
  rmSync(folder, { recursive: true });
});

for (const [format, size] of Object.entries(formats)) {
  const open = async (): Promise<Page> => {
    const page = await openAt(browser, panel.address, size);
    await page.locator('article').first().waitFor();
    return page;
  };
  /** Nothing that sticks out to the side: a page on a phone is not pushed about. */
  const see = async (page: Page, name: string): Promise<void> => {
    expect(
      await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
      name,
    ).toBeLessThanOrEqual(0);
    await look(page, `panel/${name}-${format}`);
  };

  test(`the devices of a hall, waiting for their hosts, on a ${format}`, async () => {
    const page = await open();
    await see(page, 'devices');
    if (format === 'computer') {
      await card(page, 'p1').scrollIntoViewIfNeeded();
      await page.locator('#usb').scrollIntoViewIfNeeded();
      await see(page, 'usb');
    }
    await page.context().close();
  });

  test(`devices at work: a card on the plate, a sign lit, paper out of the printer, on a ${format}`, async () => {
    const page = await open();
    const printer = await host('p1');
    printer.send(Buffer.from('\x1b@A001 \n\x1dV\x00', 'latin1').toString('hex'));
    const signs = await host('signs');
    signs.send(
      encodeStrip(2, 0x21, {
        type: 'text',
        line: 1,
        mode: 'still',
        colour: 1,
        stay: 0,
        text: stripText('A001'),
      }),
    );
    await card(page, 'r1').getByRole('button', { name: /^放上/ }).click();
    await card(page, 'r1').locator('.id-card').waitFor();
    await card(page, 'p1').locator('.strip button').first().waitFor();
    await card(page, 'p1').scrollIntoViewIfNeeded();
    await see(page, 'at-work');
    await card(page, 'p1').locator('.strip button').first().click();
    await page.locator('#viewer').getByRole('button', { name: /SVG/ }).waitFor();
    await see(page, 'paper');
    await page.locator('#viewer').getByRole('button', { name: /^关闭/ }).click();
    await card(page, 'r1').getByRole('button', { name: /^取走/ }).click();
    await page.context().close();
  });

  test(`faults: all kinds unfolded, one on, a wrong figure refused, unplugged, without power, on a ${format}`, async () => {
    const page = await open();
    const evaluator = card(page, 'e3');
    await evaluator.locator('.fault-fold > summary').click();
    await card(page, 'p1').locator('.fault-fold > summary').click();
    await evaluator.locator('.fault').first().getByRole('switch').click();
    await evaluator.locator('.fault .since:not([hidden])').first().waitFor();
    const figure = evaluator.getByRole('spinbutton').last();
    await figure.fill('-5');
    await evaluator
      .locator('.fault', { has: page.getByRole('spinbutton') })
      .last()
      .getByRole('switch')
      .click();
    await page.locator('#notice p').waitFor();
    await see(page, 'faults');
    await page.locator('#notice button').click();
    await card(page, 'e2').getByRole('button', { name: /^拔下/ }).click();
    await card(page, 'e2').getByText('线已拔下').waitFor();
    await card(page, 'e2').scrollIntoViewIfNeeded();
    await see(page, 'unplugged');
    await card(page, 'e2').getByRole('button', { name: /^插上/ }).click();
    await page.locator('.mend').click();
    await page.locator('.mend').waitFor({ state: 'detached' });
    await page.context().close();
  });

  test(`the wire at the foot of the page, on a ${format}`, async () => {
    const page = await open();
    await card(page, 'e3')
      .getByRole('button', { name: /线路数据/ })
      .click();
    const line = await host('e3');
    await card(page, 'e3')
      .getByRole('button', { name: /^基本满意/ })
      .click();
    await page.locator('.dock .wire p').first().waitFor();
    line.send('05');
    await see(page, 'wire');
    await page.context().close();
  });

  test(`scenarios: a choice, one that is wrong, a day under way with its bar, its report, on a ${format}`, async () => {
    const page = await open();
    const scenarios = page.locator('#scenarios');
    await scenarios.locator('.scenario.bad', { hasText: 'wrong.yaml' }).waitFor();
    await scenarios.scrollIntoViewIfNeeded();
    await see(page, 'scenarios');
    const form = scenarios.locator('form[data-file="short.yaml"]');
    await form.getByRole('button', { name: /^开始/ }).click();
    await scenarios.getByRole('progressbar').waitFor();
    await see(page, 'scenario-running');
    // The running day moves on under a mouse; a key does not miss.
    await scenarios.getByRole('button', { name: /^提前结束/ }).press('Enter');
    await scenarios.locator('.report.bad', { hasText: '没有完成' }).waitFor();
    await see(page, 'scenario-report');
    await page.context().close();
  });

  test(`no devices, no USB bus, no hub: what to do, on a ${format}`, async () => {
    const empty = await startPanel({ port: 0 });
    const page = await openAt(browser, empty.address, size);
    await page.locator('#none').waitFor();
    await page.getByText('没有 USB 总线').waitFor();
    await see(page, 'empty');
    await page.context().close();
    await empty.close();
  });
}

test('cut off, it says for how long and that what it shows is old; back, it shows the devices that are there now', async () => {
  const page = await openAt(browser, panel.address, formats.computer);
  await page.locator('article').first().waitFor();
  const { port } = panel;
  await panel.close();
  await page.getByText(/连接中断 [1-9]\d* 秒，显示的是旧状态/).waitFor();
  await look(page, 'panel/cut-off-computer');
  await card(page, 'e3')
    .getByRole('button', { name: /^基本满意/ })
    .click();
  await page.locator('#notice', { hasText: '模拟台没有应答' }).waitFor();
  await look(page, 'panel/cut-off-refusal-computer');
  panel = await start(port);
  await page.getByText('已连接').waitFor();
  await expect.poll(() => page.locator('article').count()).toBe(panel.devices.length);
  await page.context().close();
});

test('everything by keyboard: from key to key, with a mark that is seen', async () => {
  const page = await openAt(browser, panel.address, formats.computer);
  await page.locator('article').first().waitFor();
  const reached = new Set<string>();
  for (let n = 0; n < 25; n++) {
    await page.keyboard.press('Tab');
    const { name, outline } = await page.evaluate(() => {
      const here = document.activeElement!;
      return {
        name: (here.getAttribute('aria-label') ?? here.textContent ?? '').trim().slice(0, 20),
        outline: getComputedStyle(here).outlineStyle,
      };
    });
    expect(name).not.toBe('');
    expect(outline, name).not.toBe('none');
    reached.add(name);
  }
  expect(reached.size).toBeGreaterThan(8);
  await page.context().close();
});
