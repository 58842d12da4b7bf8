/** The page of the simulator in a real browser, with hosts on its devices' ports. */
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  readPadsOption,
  readPrinterOption,
  readReaderOption,
  readScannerOption,
  readSignOption,
} from '../../firmware-sim/web/device-options.ts';
import { startPanel } from '../../firmware-sim/web/panel-server.ts';
import { encodeStrip, stripText, type StripCommand } from '../../kiosk-agent/device/codec/strip.ts';
import { until } from '../harness/programs.ts';
import { hostsOf } from '../sim/hosts.ts';
import { openScreen, startBrowser, type Screen } from './browser.ts';

let panel: Awaited<ReturnType<typeof startPanel>>;
let browser: Browser;
let screen: Screen;
const { host, leave } = hostsOf(() => panel);
const card = (id: string) =>
  screen.page.locator('article', { has: screen.page.getByText(id, { exact: false }) });
const strip = (seq: number, command: StripCommand) => encodeStrip(2, seq, command);

describe('the page of the panel', () => {
  beforeAll(async () => {
    panel = await startPanel({
      port: 0,
      evaluators: [{ id: 'e1', port: 'tcp:0' }],
      pads: [
        readPadsOption('pads=tcp:0,addresses=4:pad;16:evaluator'),
        readPadsOption('panels=tcp:0,protocol=ub485,addresses=1;2'),
      ],
      signs: [readSignOption('signs=tcp:0,addresses=1;2')],
      printers: [{ id: 'p1', port: 'tcp:0' }, readPrinterOption('p2=tcp:0,kind=presenter,width=58')],
      readers: [readReaderOption('r1=tcp:0')],
      scanners: [readScannerOption('s1=tcp:0,suffix=lf')],
      cables: [{ id: 'c1', port: 0, to: { host: '127.0.0.1', port: 9 } }],
    });
    browser = await startBrowser();
    screen = await openScreen(browser, panel.address, 1440, 900);
    await screen.page.locator('article').first().waitFor();
  }, 60_000);
  afterEach(leave);
  afterAll(async () => {
    await browser?.close();
    await panel?.close();
    expect(screen.trouble).toEqual([]);
  });

  it('has a card for each device', async () => {
    expect(await screen.page.locator('article .port').allInnerTexts()).toEqual(
      expect.arrayContaining([expect.stringContaining('pads · tcp:'), expect.stringContaining('r1 · tcp:')]),
    );
    expect(await screen.page.locator('article').count()).toBe(panel.devices.length);
  });

  it('has a pad with keys in words, digits and a beep', async () => {
    const line = await host('pads');
    const pad = card('pads · tcp').locator('[data-address="4"]');
    for (const key of ['顺呼', '重呼', '弃号', '评价', '挂起', '回呼', '暂停', '转移'])
      expect(await pad.getByRole('button', { name: new RegExp(`^${key}`) }).count(), key).toBe(1);
    await pad.getByRole('button', { name: /^暂停/ }).click();
    await pad.getByText('按键未收，重复发送中').waitFor();
    await line.hears('FF680303680401121716');
    line.send('FF680303680401121716');
    await pad.getByText(/按键已收 1/).waitFor();
    line.send('FF6808086804020001020000030C16');
    await pad.locator('.digits b', { hasText: '012' }).waitFor();
    await pad.locator('.digits b', { hasText: '003' }).waitFor();
    line.send('FF6802026804030716');
    await pad.getByText(/蜂鸣 1/).waitFor();
  });

  it('has panels with three characters, a lamp and their own keys', async () => {
    const line = await host('panels');
    const panel2 = card('panels · tcp').locator('[data-address="2"]');
    line.send('01022041303107');
    await panel2.locator('.digits b', { hasText: 'A01' }).waitFor();
    line.send('01023807');
    await panel2.locator('.lamp.lit').waitFor();
    await panel2.getByText(/蜂鸣 1/).waitFor();
    await panel2.getByRole('button', { name: /^结束/ }).click();
    await line.hears('01023407');
  });

  it('has a four-key evaluator with a light', async () => {
    const line = await host('pads');
    const evaluator = card('pads · tcp').locator('[data-address="16"]');
    expect(await evaluator.locator('.lamp.lit').count()).toBe(0);
    line.send('FF6803036810010B1C16');
    await evaluator.locator('.lamp.lit', { hasText: '请评价' }).waitFor();
    await evaluator.getByRole('button', { name: /^满意/ }).click();
    await line.hears('FF680303681011012216');
    line.send('FF680303681001011216');
    await evaluator.locator('.lamp.lit').waitFor({ state: 'detached' });
  });

  it('has a plate for cards, and says what the reader does', async () => {
    const line = await host('r1');
    const reader = card('r1 · tcp');
    await reader.getByText('请放身份证').waitFor();
    await reader.getByRole('combobox').selectOption('foreigner-2023');
    await reader.getByRole('button', { name: /^放上/ }).click();
    await reader.locator('.id-card', { hasText: '外国人永久居留证 2023' }).waitFor();
    await reader.getByText('卡已放上').waitFor();
    line.send('AAAAAA96690003200122');
    await reader.getByText('已找到卡').waitFor();
    line.send('AAAAAA96690003200221');
    await reader.getByText('已选卡').waitFor();
    line.send('AAAAAA96690003300132');
    await reader.getByText('已读完，请取走').waitFor();
    // What is on the page is what a passer-by may see: a number is not.
    expect(await reader.innerText()).not.toMatch(/\d{15}/);
    await reader.getByRole('button', { name: /^取走/ }).click();
    await reader.getByText('请放身份证').waitFor();
  });

  it('has a scanner that reads what is typed', async () => {
    const line = await host('s1');
    const scanner = card('s1 · tcp');
    await scanner.getByRole('textbox').fill('号');
    await scanner.getByRole('button', { name: /^扫码/ }).click();
    await line.hears('E58FB70A');
  });

  it('has signs with lit text that flashes at most three times a second, and not at all for who wants no motion', async () => {
    const line = await host('signs');
    const sign = card('signs · tcp').locator('[data-address="2"] .led');
    expect(await sign.getAttribute('aria-label')).toBe('黑屏 dark');
    // text A001 in red on line 1, then 3 s of flashing
    line.send(
      strip(0x21, { type: 'text', line: 1, mode: 'still', colour: 1, stay: 0, text: stripText('A001') }),
    );
    await sign.getByText('A001', { exact: true }).waitFor();
    line.send(strip(0x22, { type: 'flash', line: 1, seconds: 3 }));
    await until('the sign to flash', async () => (await sign.getAttribute('class'))?.includes('flashing'));
    expect(await sign.getAttribute('aria-label')).toBe('A001，红色 red，闪烁 flashing');
    const animation = () => sign.evaluate((led) => getComputedStyle(led).animation);
    expect(await animation()).toMatch(/1s .*led-flash/);
    await screen.page.emulateMedia({ reducedMotion: 'reduce' });
    expect(await animation()).toContain('none');
    await screen.page.emulateMedia({ reducedMotion: 'no-preference' });
    // Nobody tells when it has ended: the page looks again.
    await until(
      'the flashing to end',
      async () => !(await sign.getAttribute('class'))?.includes('flashing'),
      10_000,
    );
  }, 20_000);

  it('pulls the plug of a line and names its faults in Chinese', async () => {
    const pads = card('pads · tcp');
    await pads.getByRole('button', { name: /^拔下/ }).click();
    await pads.getByText('线已拔下').waitFor();
    await pads.getByRole('button', { name: /^插上/ }).click();
    await pads.getByText('等待主机').waitFor();
    for (const summary of await screen.page.locator('.fault-fold > summary').all()) await summary.click();
    for (const label of await screen.page.locator('.fault').allInnerTexts())
      expect(label).toMatch(/[\u4e00-\u9fff]/);
  });

  it('offers to take the ticket where a printer feels one', async () => {
    expect(
      await card('p2 · tcp')
        .getByRole('button', { name: /^取走号票/ })
        .isVisible(),
    ).toBe(false);
    const line = await host('p2');
    // a line, and a full cut
    line.send('41300A1D5600');
    await card('p2 · tcp').getByText('号票未取').waitFor();
    await card('p2 · tcp')
      .getByRole('button', { name: /^取走号票/ })
      .click();
    await card('p2 · tcp').getByText('号票未取').waitFor({ state: 'detached' });
  });

  it('fits a phone', async () => {
    const phone = await openScreen(browser, panel.address, 390, 844);
    await phone.page.locator('.led').first().waitFor();
    const { wide, off } = await phone.page.evaluate(() => ({
      wide: document.documentElement.scrollWidth,
      off: [...document.querySelectorAll('article button, article input, article select')]
        .filter((one) => one.getBoundingClientRect().right > 390 && !one.closest('.strip'))
        .map((one) => one.textContent),
    }));
    expect({ wide, off }).toEqual({ wide: 390, off: [] });
    expect(phone.trouble).toEqual([]);
  });
});
