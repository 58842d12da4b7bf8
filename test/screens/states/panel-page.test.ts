/** The page of the simulator in a real browser, with hosts on its devices' ports. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
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
import { encodeStrip, stripText, type StripCommand } from '../../../kiosk-agent/device/codec/strip.ts';
import { until } from '../../harness/programs.ts';
import { hostsOf } from '../../sim/hosts.ts';
import { openScreen, startBrowser, type Screen } from '../browser.ts';

let panel: Awaited<ReturnType<typeof startPanel>>;
let browser: Browser;
let screen: Screen;
const { host, leave } = hostsOf(() => panel);
const folder = mkdtempSync(join(tmpdir(), 'hall-panel-'));
const card = (id: string) => screen.page.locator(`article[data-id="${id}"]`);
type Described = { faults: string[]; faultsOn: { options: object }[]; state: Record<string, unknown> };
const device = async (id: string) =>
  (await (await fetch(`${panel.address}api/devices/${id}`)).json()) as Described;
/** Clicks, and reads the file that the browser saves. */
async function saved(button: Locator) {
  const download = screen.page.waitForEvent('download');
  await button.click();
  const file = await download;
  return { name: file.suggestedFilename(), bytes: readFileSync(await file.path()) };
}
const strip = (seq: number, command: StripCommand) => encodeStrip(2, seq, command);

const scenario = `
scenario: 1
name: A short day
description: One visitor.
from: '09:00'
until: '09:10'
services: { transfer: { takes: { least: 1m, most: 2m } } }
arrivals: [{ from: '09:00', until: '09:05', total: 1 }]
windows: { 1: { by: desk, staff: '2001' } }
`;

describe('the page of the panel', () => {
  beforeAll(async () => {
    writeFileSync(join(folder, 'short.yaml'), scenario);
    writeFileSync(join(folder, 'wrong.yaml'), 'scenario: 2\n');
    const token = 'token-of-a-test';
    const tokens = { kiosk: token, clerk: token, integrator: token, technician: token };
    writeFileSync(join(folder, 'tokens.json'), JSON.stringify(tokens));
    panel = await startPanel({
      port: 0,
      evaluators: [
        readEvaluatorOption('e1=tcp:0'),
        readEvaluatorOption('e2=usb,protocol=ehr1'),
        readEvaluatorOption('e3=tcp:0,protocol=ascii'),
      ],
      keypads: [readKeypadOption('k1=usb')],
      usbIp: 0,
      // Nobody is at this hub: the day waits for it until it is stopped.
      scenarios: { folder, hub: { url: 'http://127.0.0.1:9/', tokens: join(folder, 'tokens.json') } },
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
    browser = await startBrowser();
    screen = await openScreen(browser, panel.address, 1440, 900);
    await screen.page.locator('article').first().waitFor();
  }, 60_000);
  afterEach(leave);
  afterAll(async () => {
    await browser?.close();
    await panel?.close();
    rmSync(folder, { recursive: true });
    expect(screen.trouble).toEqual([]);
  });

  it('has a card for each device', async () => {
    expect(await screen.page.locator('article .port').allInnerTexts()).toEqual(
      expect.arrayContaining([expect.stringContaining('tcp:127.0.0.1:'), 'hid:1209:0007:SIM0001']),
    );
    expect(await screen.page.locator('article').count()).toBe(panel.devices.length);
  });

  it('has a pad with keys in words, digits and a beep', async () => {
    const line = await host('pads');
    const pad = card('pads').locator('[data-address="4"]');
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
    const panel2 = card('panels').locator('[data-address="2"]');
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
    const evaluator = card('pads').locator('[data-address="16"]');
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
    const reader = card('r1');
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
    const scanner = card('s1');
    await scanner.getByRole('textbox').fill('号');
    await scanner.getByRole('button', { name: /^扫码/ }).click();
    await line.hears('E58FB70A');
  });

  it('has signs with lit text that flashes at most three times a second, and not at all for who wants no motion', async () => {
    const line = await host('signs');
    const sign = card('signs').locator('[data-address="2"] .led');
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

  it('has evaluators of each kind, and a keypad, with their keys', async () => {
    const line = await host('e3');
    await card('e3')
      .getByRole('button', { name: /^基本满意/ })
      .click();
    await line.hears('33');
    await card('e1')
      .getByRole('button', { name: /^非常满意/ })
      .click();
    await card('e1').getByText('未确认按键 1 / 32').waitFor();
    await card('e2')
      .getByRole('button', { name: /^不满意/ })
      .click();
    await card('e2').getByText('未确认按键 1 / 32').waitFor();
    await card('k1').getByRole('button', { name: '5', exact: true }).click();
    await card('k1').getByText('已按 pressed 1').waitFor();
  });

  it('switches a fault with what it is told, says since when it is on, and mends it', async () => {
    const evaluator = card('e1');
    await evaluator.locator('.fault-fold > summary').click();
    const lost = evaluator.locator('.fault', { hasText: '丢帧' });
    await lost.getByRole('spinbutton').fill('30');
    await evaluator.getByLabel(/^几秒后自动恢复/).fill('600');
    await lost.getByRole('switch').click();
    await lost.getByText(/起 since · 30 % · 600 s 后恢复/).waitFor();
    expect((await device('e1')).faultsOn).toMatchObject([
      { name: 'lost-frames', options: { rate: 0.3, forMs: 600_000 } },
    ]);
    await evaluator.getByRole('button', { name: /^全部恢复/ }).click();
    await lost.getByText(/起 since/).waitFor({ state: 'hidden' });
    expect((await device('e1')).faults).toEqual([]);
    await evaluator.locator('.fault-fold > summary').click();
  });

  it('says why a call was refused, and goes on', async () => {
    const evaluator = card('e1');
    await evaluator.locator('.fault-fold > summary').click();
    const late = evaluator.locator('.fault', { hasText: '延迟帧' });
    await late.getByRole('spinbutton').fill('-5');
    await late.getByRole('switch').click();
    await screen.page.locator('#notice', { hasText: 'ms' }).waitFor();
    expect(await late.getByRole('switch').isChecked()).toBe(false);
    await screen.page.locator('#notice button').click();
    await evaluator.locator('.fault-fold > summary').click();
    // The browser writes the refusal down.
    screen.trouble.splice(0);
  });

  it('shows a device without its cable and one without power differently', async () => {
    const look = (id: string) =>
      card(id)
        .locator('.body')
        .evaluate((body) => [getComputedStyle(body).filter, getComputedStyle(body).outlineStyle]);
    const well = await look('e1');
    await card('e1').getByRole('button', { name: /^拔下/ }).click();
    await card('e1').getByText('线已拔下').waitFor();
    const unplugged = await look('e1');
    await card('e1').getByRole('button', { name: /^插上/ }).click();
    await card('e1').locator('.fault-fold > summary').click();
    await card('e1').locator('[data-fault="power-off"]').click();
    await card('e1').getByText('已断电').waitFor();
    const dark = await look('e1');
    await card('e1').locator('[data-fault="power-off"]').click();
    await card('e1').locator('.fault-fold > summary').click();
    expect(unplugged).not.toEqual(well);
    expect(dark).not.toEqual(well);
    expect(dark).not.toEqual(unplugged);
  });

  it('shows the wire with who says it, stands still on demand, and saves it as a capture', async () => {
    const line = await host('e3');
    await card('e3')
      .getByRole('button', { name: /线路数据/ })
      .click();
    const dock = screen.page.locator('.dock');
    const press = () =>
      card('e3')
        .getByRole('button', { name: /^非常不满意/ })
        .click();
    const rows = dock.locator('.wire p.out');
    const before = await rows.filter({ hasText: 'key "5"' }).count();
    await press();
    await until('the key', async () => (await rows.filter({ hasText: 'key "5"' }).count()) === before + 1);
    line.send('3F'.repeat(40));
    await dock.locator('.wire p.in', { hasText: '主机' }).first().waitFor();
    // A long one is folded.
    await dock.locator('.wire p.in summary', { hasText: '40 B' }).first().waitFor();
    await dock.getByRole('button', { name: /^暂停/ }).click();
    await press();
    await dock.getByRole('button', { name: /^继续（1 条等候）/ }).click();
    await until(
      'the next key',
      async () => (await rows.filter({ hasText: 'key "5"' }).count()) === before + 2,
    );
    await dock.getByText('主机说').click();
    expect(await rows.count()).toBe(0);
    await dock.getByText('全部').click();
    const { name, bytes } = await saved(dock.getByRole('link', { name: /存为抓包/ }));
    expect(name).toBe('e3.ndjson');
    expect(JSON.parse(bytes.toString().split('\n')[0] ?? '')).toMatchObject({
      capture: 1,
      device: 'e3',
      model: 'ascii-5',
    });
    await dock.getByRole('button', { name: /^关闭/ }).click();
    expect(await dock.isVisible()).toBe(false);
  });

  it('saves a paper as SVG with its fonts and as PNG, and says what its code says', async () => {
    const line = await host('p1');
    // Chinese mode, 号 in GB18030, bold A001, a QR code "hi", GS V 66
    line.send('1B401C26BAC50A1B4501413030310A1D286B0500315030686' + '91D286B03003151300A1D564200');
    await card('p1').locator('.strip button').first().click();
    const viewer = screen.page.locator('#viewer');
    await viewer.locator('.code', { hasText: '二维码' }).getByText('hi', { exact: true }).waitFor();
    expect(await viewer.locator('pre').innerText()).toContain('A001');
    const svg = await saved(viewer.getByRole('button', { name: /SVG/ }));
    expect(svg.name).toBe('p1-1.svg');
    expect(svg.bytes.toString()).toMatch(
      /@font-face\{font-family:"Noto Sans SC";font-weight:400;src:url\(data:/,
    );
    const png = await saved(viewer.getByRole('button', { name: /PNG/ }));
    expect(png.name).toBe('p1-1.png');
    expect(png.bytes.toString('hex', 0, 8)).toBe('89504e470d0a1a0a');
    const size = await screen.page.evaluate(async (data) => {
      const image = new Image();
      image.src = `data:image/png;base64,${data}`;
      await image.decode();
      const canvas = document.createElement('canvas');
      Object.assign(canvas, { width: image.width, height: image.height });
      const context = canvas.getContext('2d');
      context?.drawImage(image, 0, 0);
      const dots = context?.getImageData(0, 0, image.width, image.height).data ?? [];
      let dark = 0;
      for (let at = 0; at < dots.length; at += 4) if ((dots[at] ?? 255) < 100) dark++;
      return { width: image.width, dark: dark > 500 };
    }, png.bytes.toString('base64'));
    // 576 dots and two margins of 32, and something is on it
    expect(size).toEqual({ width: 640, dark: true });
    await viewer.getByRole('button', { name: /^关闭/ }).click();
  });

  it('names the sockets of its USB bus, and the commands that attach them', async () => {
    const usb = screen.page.locator('#usb');
    await usb.locator('[data-bus-id="1-2"]', { hasText: 'HALL-KEYPAD' }).waitFor();
    const port = panel.usbAddress?.split(':').at(-1);
    await usb.getByText(`sudo usbip --tcp-port ${port} attach -r 127.0.0.1 -b 1-1`).waitFor();
    await card('k1').getByRole('button', { name: /^拔下/ }).click();
    await usb.locator('[data-bus-id="1-2"]', { hasText: '已拔下' }).waitFor();
    await card('k1').getByRole('button', { name: /^插上/ }).click();
    await usb.locator('[data-bus-id="1-2"]', { hasText: '等待主机' }).waitFor();
  });

  it('starts a scenario, shows how it goes, and stops it', async () => {
    const scenarios = screen.page.locator('#scenarios');
    await scenarios.locator('.scenario.bad', { hasText: 'wrong.yaml' }).waitFor();
    const form = scenarios.locator('form[data-file="short.yaml"]');
    expect(await form.innerText()).toContain('09:00–09:10');
    await form.getByLabel(/种子/).fill('12');
    await form.getByRole('button', { name: /^开始/ }).click();
    await scenarios.locator('.running', { hasText: '种子 seed 12' }).waitFor();
    await scenarios.getByText('核对大厅与剧本').waitFor();
    expect(await form.getByRole('button', { name: /^开始/ }).isDisabled()).toBe(true);
    await scenarios.getByRole('button', { name: /^提前结束/ }).click();
    await scenarios.locator('.report.bad', { hasText: '没有完成' }).waitFor();
    expect(await form.getByRole('button', { name: /^开始/ }).isEnabled()).toBe(true);
  });

  it('pulls the plug of a line and names its faults in Chinese', async () => {
    const pads = card('pads');
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
      await card('p2')
        .getByRole('button', { name: /^取走号票/ })
        .isVisible(),
    ).toBe(false);
    const line = await host('p2');
    // a line, and a full cut
    line.send('41300A1D5600');
    await card('p2').getByText('号票未取').waitFor();
    await card('p2')
      .getByRole('button', { name: /^取走号票/ })
      .click();
    await card('p2').getByText('号票未取').waitFor({ state: 'detached' });
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
