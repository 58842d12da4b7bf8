/** The technician's page in every designed state, on the computer in the office and on the phone before the open cabinet. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ensureScreens, screensFolder } from '../../../kiosk-agent/box/screens.ts';
import type { DeviceView } from '../../../kiosk-agent/contract/live.ts';
import { ROOT } from '../../harness/programs.ts';
import { startBrowser } from '../browser.ts';
import { look, openAt } from '../look.ts';
import { deviceView, deviceWork, hallDevices, pluggedIn } from '../mock-devices.ts';
import { mockHub, view, type MockHub } from '../mock-hub.ts';

const formats = { computer: { width: 1366, height: 768 }, phone: { width: 390, height: 844 } } as const;
let browser: Browser;
let hub: MockHub;
beforeAll(async () => {
  await ensureScreens(ROOT, () => undefined);
  [browser, hub] = await Promise.all([startBrowser(), mockHub(screensFolder(ROOT))]);
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await hub?.close();
});
beforeEach(() => {
  Object.assign(hub.work, deviceWork());
  hub.role = 'technician';
  hub.view = view();
  hub.view.devices = hallDevices();
  hub.view.satellites = {
    'kiosk-2': {
      connected: true,
      since: '2026-06-20T00:31:00.000Z',
      kiosk: true,
      devices: ['kiosk-2/printer'],
    },
    'window-9': {
      connected: false,
      since: '2026-06-19T08:02:00.000Z',
      kiosk: false,
      devices: ['window-9/evaluator'],
    },
  };
  hub.work.found.found = pluggedIn();
  hub.testAnswer = () => ({ status: 200, body: { ok: true } });
  hub.back();
});

const devicesOf = (all: DeviceView[]): Record<string, DeviceView> =>
  Object.fromEntries(all.map((one) => [one.id, one]));
const card = (page: Page, id: string) => page.locator(`[id="device-${id}"]`);
const press = (page: Page, id: string, name: string) =>
  card(page, id).getByRole('button', { name, exact: true }).click();
const inDialog = (page: Page, name: string) =>
  page.getByRole('dialog').getByRole('button', { name, exact: true }).click();

describe.each(Object.entries(formats))('on a %s', (format, size) => {
  let page: Page;
  const open = async (): Promise<void> => {
    page ??= await openAt(browser, `${hub.url}/`, size);
    await page.goto(`${hub.url}/technician`);
    await page.locator('.room').waitFor();
  };
  const see = async (name: string): Promise<void> => {
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(wide, name).toBeLessThanOrEqual(0);
    await look(page, `technician/${name}-${format}-zh`);
  };
  const part = async (name: string): Promise<void> => {
    if (format === 'phone')
      await page.getByRole('navigation').getByRole('button', { name, exact: true }).click();
  };
  afterAll(() => page.context().close());

  test('a hall with each kind of device: what has trouble first, and what to do about it', async () => {
    await open();
    await page.locator('.found li').first().waitFor({ state: 'attached' });
    await see('devices');
    await page.getByRole('button', { name: '去看这台设备' }).click();
    await see('first-trouble');
    await page
      .getByRole('button', { name: /^有故障 \d/ })
      .first()
      .click();
    await see('filtered');
    await page.getByRole('button', { name: /^全部/ }).click();
    await part('已插上');
    await see('plugged-in');
    await part('系统');
    await page.locator('.system').scrollIntoViewIfNeeded();
    await see('system');
    await part('日志');
    await page.locator('.log').scrollIntoViewIfNeeded();
    await page.locator('.log li').first().waitFor();
    await see('log');
  });

  test('all works; nothing is left under a filter', async () => {
    await open();
    hub.set({ devices: devicesOf(Object.values(hallDevices()).map((one) => deviceView(one.id, one.kind))) });
    await page.getByText('8 台设备都正常').waitFor();
    await see('all-fine');
    await page.getByRole('button', { name: /^要处理/ }).click();
    await page.getByText('现在没有这种状态的设备').waitFor();
    await see('nothing-left');
  });

  test('no devices, nothing found, a port that may not be opened', async () => {
    hub.view.devices = {};
    hub.work.found = { found: [], troubles: ['/dev/ttyUSB0: permission denied', 'usb: permission denied'] };
    await open();
    await page.getByText('没有配置设备').waitFor();
    await see('no-devices');
    await part('已插上');
    await page.getByText('没有找到插上的设备', { exact: true }).waitFor();
    await see('found-nothing');
  });

  test('denied, busy, refused, missing, wrong settings: each with its advice', async () => {
    const say = (zh: string, en: string) => ({ zh, en });
    hub.view.devices = devicesOf([
      deviceView('printer-1', 'printer', {
        state: 'denied',
        detail: 'EACCES: permission denied, open /dev/usb/lp0',
        advice: say('把运行程序的用户加进 lp 组，再重新启动', 'Add the user to group lp and restart'),
      }),
      deviceView('reader-1', 'reader', {
        state: 'busy',
        detail: 'EBUSY: resource busy, open /dev/ttyS1',
        advice: say('关掉占用端口的程序', 'End the program that holds the port'),
      }),
      deviceView('evaluator-4', 'evaluator', {
        window: 4,
        state: 'wrong-settings',
        advice: say('核对波特率', 'Check the baud rate'),
      }),
      deviceView('evaluator-5', 'evaluator', {
        window: 5,
        state: 'missing',
        advice: say('插好 USB 线', 'Plug in the USB cable'),
      }),
      deviceView('evaluator-6', 'evaluator', {
        window: 6,
        state: 'silent',
        advice: say('看设备是否通电', 'See that it has power'),
      }),
      deviceView('sign-3', 'sign', { window: 3, state: 'opening' }),
    ]);
    await open();
    await see('troubles');
  });

  test('sixty devices, long names and paths', async () => {
    const long =
      '/dev/serial/by-id/usb-Prolific_Technology_Inc._USB-Serial_Controller_D-if00-port0?baud=9600&parity=even';
    hub.view.devices = devicesOf(
      Array.from({ length: 60 }, (_, n) =>
        deviceView(
          `${n % 2 ? 'evaluator-at-the-counter-of-window' : 'pad-bus'}-${n + 1}`,
          n % 2 ? 'evaluator' : 'pad',
          {
            window: (n % 30) + 1,
            port: `serial:${long}`,
            serial: 'E30921-0007-2024-11-LONG-SERIAL-NUMBER-OF-A-MAKER',
            note: n === 1 ? '备注很长：'.repeat(12) : undefined,
            ...(n === 1 && { state: 'lost' as const }),
          } as Partial<DeviceView>,
        ),
      ),
    );
    hub.work.found.found = pluggedIn().map((one) => ({
      ...one,
      path: long,
      describe: `${one.describe} ${long}`,
    }));
    await open();
    expect(await page.locator('article').count()).toBe(60);
    await see('sixty');
    await part('已插上');
    await page.locator('.found li').first().scrollIntoViewIfNeeded();
    await see('long-paths');
  });

  test('tests: under way, done, refused, a card asked for', async () => {
    await open();
    await press(page, 'sign-3', '试文字');
    await page.getByText('设备已执行').waitFor();
    hub.testAnswer = () => ({ status: 200, body: { ok: false, why: 'busy' } });
    await press(page, 'pad-bus.3', '试蜂鸣');
    await page.getByText(/试蜂鸣没有成功/).waitFor();
    hub.testAnswer = () => new Promise(() => undefined);
    await press(page, 'reader-1', '试读');
    await page.getByText(/请把身份证放在阅读器上/).waitFor();
    await card(page, 'reader-1').scrollIntoViewIfNeeded();
    await see('tests');
  });

  test('the wire: followed, paused, searched without success; a recording with its bar', async () => {
    await open();
    await press(page, 'evaluator-3', '线路数据');
    await page.locator('.frames li').first().waitFor();
    await see('wire');
    await press(page, 'evaluator-3', '暂停');
    await card(page, 'evaluator-3').getByRole('searchbox').fill('7f 7f');
    await page.getByText('没有符合的数据').waitFor();
    await see('wire-paused');
    await press(page, 'evaluator-3', '录制线路');
    await press(page, 'evaluator-3', '开始录制');
    await card(page, 'evaluator-3').getByRole('progressbar').waitFor();
    await see('recording');
    hub.work.capture?.response.end();
    await page.getByText('没有收发数据，没有存文件').waitFor();
  });

  test('binding: by pressing, nothing pressed, by choosing, refused, unplugged meanwhile', async () => {
    await open();
    await press(page, 'evaluator-5', '按键绑定');
    await see('by-key');
    await inDialog(page, '开始');
    await expect.poll(() => hub.work.listening?.id).toBe('evaluator-5');
    await see('by-key-waiting');
    hub.work.listening?.answer({ bound: null, why: 'nothing-pressed', troubles: ['/dev/ttyS4: busy'] });
    await page.getByText('没有收到按键').waitFor();
    await see('by-key-nothing');
    await page.keyboard.press('Escape');
    await press(page, 'reader-1', '绑定端口');
    await page.getByRole('dialog').getByText('1-1.3').click();
    hub.work.bindingProblem = { status: 404, code: 'not-found' };
    hub.work.found.found = pluggedIn().filter((one) => one.key !== 'usb1');
    await inDialog(page, '绑定');
    await page.getByText('刚才插着的设备已经拔下').waitFor();
    await see('bind-unplugged');
    await page.keyboard.press('Escape');
    await press(page, 'evaluator-3', '学按键顺序');
    await inDialog(page, '开始');
    await expect.poll(() => hub.work.learning?.id).toBe('evaluator-3');
    await see('learn-keys');
    await page.keyboard.press('Escape');
    await press(page, 'evaluator-3', '备注');
    await see('remark');
    await page.keyboard.press('Escape');
  });

  test('in English', async () => {
    await open();
    await page.getByRole('button', { name: 'English' }).click();
    await page.getByText('First: evaluator-5').waitFor();
    await look(page, `technician/devices-${format}-en`);
    await page.getByRole('button', { name: '中文' }).click();
  });

  test('the disk nearly full, records that cannot be written', async () => {
    hub.work.system.disk = { freeBytes: 900_000_000, totalBytes: 117_000_000_000 };
    hub.view.day.journal = 'unwritable';
    await open();
    await part('系统');
    await page.getByText('空间快满').waitFor();
    await page.locator('.system').scrollIntoViewIfNeeded();
    await see('disk-full');
  });

  test('cut off, with its age; the session over', async () => {
    await open();
    hub.cut();
    await page.getByText(/数据停在 \d\d:\d\d · 已断开/).waitFor();
    await see('cut-off');
    hub.back();
    await page.locator('.stale').waitFor({ state: 'detached' });
    hub.testAnswer = () => {
      hub.role = null;
      return { status: 401, body: { code: 'not-signed-in' } };
    };
    await press(page, 'sign-3', '试文字');
    await page.locator('.sign-in').waitFor();
    await see('session-over');
  });
});
