/** The technician's page in a real browser: every kind of device, before a stand-in for the hub. */
import { readdirSync, readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { filtersFor, groupsOf } from '../../../display/technician/devices.ts';
import en from '../../../display/messages/technician.en.ts';
import zh from '../../../display/messages/technician.zh-CN.ts';
import { ensureScreens, screensFolder } from '../../../kiosk-agent/box/screens.ts';
import { DEVICE_KINDS } from '../../../kiosk-agent/contract/live.ts';
import { ROOT } from '../../harness/programs.ts';
import { openScreen, startBrowser, type Screen } from '../browser.ts';
import { deviceView, deviceWork, hallDevices, pluggedIn } from '../mock-devices.ts';
import { mockHub, view, type MockHub } from '../mock-hub.ts';

let browser: Browser;
let hub: MockHub;
let screen: Screen;
let page: Page;

beforeAll(async () => {
  await ensureScreens(ROOT, () => undefined);
  [browser, hub] = await Promise.all([startBrowser(), mockHub(screensFolder(ROOT))]);
  screen = await openScreen(browser, `${hub.url}/`, 1366, 900);
  page = screen.page;
  page.setDefaultTimeout(10_000);
  await page.emulateMedia({ reducedMotion: 'reduce' });
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
  hub.work.found.found = pluggedIn();
  hub.testAnswer = () => ({ status: 200, body: { ok: true } });
  hub.requests.length = 0;
  hub.back();
});
afterEach(async () => {
  // The page is left: what it still asks for or waits for ends.
  if (page.url() === 'about:blank') return;
  await page.evaluate(() => localStorage.clear());
  await page.goto('about:blank');
  await page.unrouteAll();
  // What the browser itself writes down of an answer that the page has put into words.
  expect(screen.trouble.splice(0).filter((one) => !one.startsWith('Failed to load resource'))).toEqual([]);
});

/** The page anew; what it loads is in the browser's cache from the second time on. */
async function open(width = 1366, height = 900): Promise<void> {
  await page.setViewportSize({ width, height });
  await page.goto(`${hub.url}/technician`);
  await page.locator('.room').waitFor();
}
const soon = (look: () => unknown) => expect.poll(look, { timeout: 10_000 });
/** The page asks for what is plugged in every five seconds, and at once when it is looked at again. */
const lookAgain = () => page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
const card = (id: string) =>
  page.locator('article').filter({ has: page.getByRole('heading', { name: id, exact: false }) });
const press = (id: string, name: string) => card(id).getByRole('button', { name, exact: true }).click();
const dialog = () => page.getByRole('dialog');
const inDialog = (name: string) => dialog().getByRole('button', { name, exact: true }).click();
const sent = (method: string, path: string) =>
  hub.requests.filter((one) => one.method === method && one.path === path).map((one) => one.body);
const said = () => page.locator('.room > .said').innerText();

describe('the devices', () => {
  const testNames: Record<(typeof DEVICE_KINDS)[number], [id: string, tests: [string, string][]]> = {
    evaluator: [
      'evaluator-3',
      [
        ['试灯', 'light'],
        ['试声音', 'voice'],
      ],
    ],
    pad: [
      'pad-bus.3',
      [
        ['试蜂鸣', 'beep'],
        ['试显示', 'display'],
      ],
    ],
    printer: ['printer-1', [['试打印', 'print']]],
    sign: ['sign-3', [['试文字', 'text']]],
    reader: ['reader-1', [['试读', 'read']]],
    scanner: ['scanner-1', [['试读', 'read']]],
  };
  test.each(DEVICE_KINDS)('of kind %s have their card and their tests', async (kind) => {
    const [id, tests] = testNames[kind];
    await open();
    for (const [name, what] of tests) {
      await press(id, name);
      await card(id).getByText(`${name}：设备已执行，请看设备`).waitFor();
      expect(sent('POST', `/devices/${id}/test`).at(-1)).toEqual({ what });
    }
    expect(await card(id).locator('.test').count()).toBe(tests.length);
  });

  test('stand by window, where there is trouble first, and can be filtered by state', async () => {
    await open();
    const order = () => page.locator('.group h3').allInnerTexts();
    expect(await order()).toEqual(['5 号窗口', '不在窗口', '3 号窗口', '7 号窗口']);
    await page.getByRole('button', { name: '有故障 1' }).click();
    expect(await order()).toEqual(['不在窗口']);
    expect(await page.locator('article').count()).toBe(1);
    // Paper has been put in: nothing is left under this filter, and the page says how to go on.
    hub.set({ devices: { 'printer-1': deviceView('printer-1', 'printer') } });
    await page.getByText('现在没有这种状态的设备').waitFor();
    await page.getByRole('button', { name: '显示全部' }).click();
    expect(await page.locator('article').count()).toBe(8);
    expect(await order()).toEqual(['5 号窗口', '3 号窗口', '7 号窗口', '不在窗口']);
  });

  test('say in words what is wrong and what to do, and show a code that nobody knows as it is', async () => {
    await open();
    const printer = await card('printer-1').innerText();
    expect(printer).toMatch(/故障 · 缺纸/);
    expect(printer).toMatch(/怎么办\s*缺纸。装入新纸卷并合上盖子。/);
    expect(printer).toContain('出票口有票没有取走');
    const bus = await card('evaluator-bus.7').innerText();
    expect(bus).toContain('线路上有未配置的地址 9');
    expect(bus).toContain('没有校验或没有确认');
    expect(bus).toContain('x-maker-7');
    expect(await card('pad-bus.3').innerText()).toContain('没有收到过它的数据');
  });

  test('show whether and where they are bound, the order of their keys and the remark', async () => {
    await open();
    const bound = (await card('evaluator-3').innerText()).replaceAll('\u00a0', ' ');
    expect(bound).toContain('CH340 1a86:7523 at 1-1.2（/dev/ttyUSB0），6月18日星期四 11:20');
    expect(bound).toContain('非常满意 3 · 满意 2 · 基本满意 1 · 不满意 0 · 非常不满意 5');
    expect(bound).toContain('6 月 18 日换过数据线');
    expect(await card('reader-1').innerText()).toContain('serial:/dev/ttyS1（按配置，没有绑定）');
  });

  test('that could be several things are not guessed: the card says between what, and what to do', async () => {
    await open();
    const text = card('evaluator-5').getByText('有 2 个插着的设备都可能是它');
    await text.waitFor();
    const words = await card('evaluator-5').innerText();
    expect(words).toContain('EHR/1 1209:0001 at 1-2.1');
    expect(words).toContain('EHR/1 1209:0001 at 1-2.2');
    expect(words).toMatch(/请用“按键绑定”/);
    // One of them is given to another device: the other is the only one left.
    hub.work.found.found = pluggedIn().map((one) =>
      one.key === 'hid-1' ? { ...one, usedBy: 'evaluator-9' } : one,
    );
    await lookAgain();
    await card('evaluator-5').getByText('有 1 个插着的设备').waitFor();
  });

  test('that read ask for a card or a code while the hub waits, and say in masked form what came', async () => {
    let answer: (body: unknown) => void = () => undefined;
    hub.testAnswer = () => new Promise((resolve) => (answer = (body) => resolve({ status: 200, body })));
    await open();
    await press('reader-1', '试读');
    await card('reader-1')
      .getByText(/请把身份证放在阅读器上，还等 \d+ 秒/)
      .waitFor();
    answer({ ok: true, seen: '居民身份证 110***********4321 张**' });
    await card('reader-1').getByText('读到：居民身份证 110***********4321 张**').waitFor();
    await press('scanner-1', '试读');
    await card('scanner-1')
      .getByText(/请扫一个码/)
      .waitFor();
    answer({ ok: false, why: 'nothing-read' });
    await card('scanner-1')
      .getByText(/试读没有成功：没有读到/)
      .waitFor();
  });

  test('show their wire in hex and in words', async () => {
    await open();
    await press('evaluator-3', '线路数据');
    await card('evaluator-3').getByText('PONG 2.4.1').waitFor();
    await press('evaluator-3', '线路数据');
    expect(await page.locator('.frames').count()).toBe(0);
  });

  test('hold their wire still, find in it and copy it', async () => {
    await open();
    await press('evaluator-3', '线路数据');
    const frames = card('evaluator-3').locator('.frames li');
    await soon(() => frames.count()).toBe(3);
    await press('evaluator-3', '暂停');
    await card('evaluator-3').getByText('已暂停，画面不动').waitFor();
    await press('evaluator-3', '继续跟随');
    await press('evaluator-3', '只看发');
    expect(await frames.allInnerTexts()).toEqual([expect.stringContaining('02 50 49 4e 47')]);
    await press('evaluator-3', '收发');
    await card('evaluator-3').getByRole('searchbox').fill('4B45');
    await soon(() => frames.allInnerTexts()).toEqual([expect.stringContaining('KEY session 77')]);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await press('evaluator-3', '复制');
    await card('evaluator-3').getByText('已复制 1 条').waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied).toMatch(/\tin\t02 4b 45 59 20 31 03 44\tKEY session 77, key 1, age 120 ms$/);
    await card('evaluator-3').getByRole('searchbox').fill('nothing like this');
    await card('evaluator-3').getByText('没有符合的数据').waitFor();
  });

  test('take a remark, and lose it when it is emptied', async () => {
    await open();
    await press('reader-1', '备注');
    await dialog()
      .getByLabel(/备注，例如/)
      .fill('  在大厅东侧  ');
    await inDialog('保存');
    await soon(() => sent('PUT', '/devices/reader-1/settings')).toEqual([{ note: '在大厅东侧' }]);
    await soon(said).toContain('reader-1 的备注已保存');
    await press('evaluator-3', '备注');
    expect(await dialog().getByRole('textbox').inputValue()).toContain('换过数据线');
    await dialog().getByRole('textbox').fill(' ');
    await inDialog('保存');
    await soon(() => sent('PUT', '/devices/evaluator-3/settings')).toEqual([{ note: null }]);
  });
});

describe('binding by choosing', () => {
  test('gives a device one of the free ports, the fitting ones first', async () => {
    await open();
    await press('evaluator-5', '绑定端口');
    expect(await dialog().locator('label b').allInnerTexts()).toEqual([
      'EHR/1 1209:0001 at 1-2.1',
      'EHR/1 1209:0001 at 1-2.2',
      'CH340 1a86:7523 at 1-1.2',
      'CH340 1a86:7523 at 1-1.3',
    ]);
    expect(await dialog().locator('label.off b').allInnerTexts()).toEqual([
      'CH340 1a86:7523 at 1-1.2',
      'CH340 1a86:7523 at 1-1.3',
    ]);
    expect(await dialog().locator('label', { hasText: '1-1.3' }).innerText()).toContain('不适合');
    expect(await dialog().getByRole('button', { name: '绑定', exact: true }).isDisabled()).toBe(true);
    await dialog().getByText('EHR/1 1209:0001 at 1-2.2').click();
    await inDialog('绑定');
    await soon(said).toContain('evaluator-5 已绑定到 EHR/1 1209:0001 at 1-2.2');
    expect(sent('PUT', '/devices/evaluator-5/binding')).toEqual([{ key: 'hid-2' }]);
    hub.work.found.found = pluggedIn().map((one) =>
      one.key === 'hid-2' ? { ...one, usedBy: 'evaluator-5' } : one,
    );
    await lookAgain();
    await page.locator('.found li', { hasText: '1-2.2' }).getByText('由 evaluator-5 使用').waitFor();
  });

  test('gives what is plugged in to one of the devices', async () => {
    await open();
    const row = page.locator('.found li', { hasText: '1-1.3' });
    expect(await row.innerText()).toMatch(/不说明其后是什么设备\s*可能是 8 种型号/);
    expect(await page.locator('.found li', { hasText: '1-2.1' }).innerText()).toMatch(
      /五键评价器（EHR\/1，USB）[\s\S]*USB 标识 1209:0001 相符/,
    );
    const used = page.locator('.found li', { hasText: '1-1.2' });
    expect(await used.innerText()).toContain('由 evaluator-3 使用');
    expect(await used.getByRole('button').count()).toBe(0);
    await row.getByRole('button').click();
    // It cannot be a printer with a network address, nor an evaluator on USB.
    expect(await dialog().locator('label.off b').allInnerTexts()).toEqual(['evaluator-5', 'printer-1']);
    await dialog().getByText('reader-1').click();
    await inDialog('绑定');
    await soon(() => sent('PUT', '/devices/reader-1/binding')).toEqual([{ key: 'usb1' }]);
    await soon(said).toContain('reader-1 已绑定到 CH340 1a86:7523 at 1-1.3');
  });

  test.each([
    [409, 'port-taken', '这个端口由 pad-bus 使用：先解除它的绑定'],
    [409, 'not-suitable', '这两样不相配，或设备刚刚插上'],
    [404, 'not-found', '刚才插着的设备已经拔下'],
  ])('that is refused (%i %s) says why and stays open for another choice', async (status, code, words) => {
    hub.work.bindingProblem = { status, code };
    await open();
    await press('reader-1', '绑定端口');
    await dialog().getByText('1-1.3').click();
    await inDialog('绑定');
    await dialog().getByText(words).waitFor();
    await inDialog('绑定');
    await dialog().waitFor({ state: 'detached' });
    expect(await said()).toContain('reader-1 已绑定到');
  });

  test('is undone where it was done', async () => {
    await open();
    await press('evaluator-3', '绑定端口');
    await dialog().getByText('现在绑定：CH340 1a86:7523 at 1-1.2').waitFor();
    await inDialog('解除绑定');
    await soon(said).toContain('evaluator-3 已解除绑定，改用配置的端口');
    expect(sent('DELETE', '/devices/evaluator-3/binding')).toHaveLength(1);
    await press('reader-1', '绑定端口');
    expect(await dialog().getByRole('button', { name: '解除绑定' }).count()).toBe(0);
  });

  test('says so when nothing is plugged in', async () => {
    hub.work.found = { found: [], troubles: ['usb: permission denied'] };
    await open();
    await page.getByText('没有找到插上的设备', { exact: true }).waitFor();
    expect(await page.locator('.found').innerText()).toContain('usb: permission denied');
    await press('reader-1', '绑定端口');
    await dialog().getByText('没有找到插上的设备。请检查数据线和 USB 转换器').waitFor();
  });
});

describe('binding by pressing', () => {
  const begin = async (): Promise<void> => {
    await press('evaluator-5', '按键绑定');
    await inDialog('开始');
    await soon(() => hub.work.listening?.id).toBe('evaluator-5');
  };

  test('is offered where there is something to press or to scan', async () => {
    await open();
    for (const [id, offered] of [
      ['evaluator-3', 1],
      ['pad-bus.3', 1],
      ['scanner-1', 1],
      ['reader-1', 1],
      ['printer-1', 0],
      ['sign-3', 0],
    ] as const)
      expect(await card(id).getByRole('button', { name: '按键绑定' }).count(), id).toBe(offered);
  });

  test('counts down, and says what it found', async () => {
    await open();
    await begin();
    expect(sent('POST', '/devices/evaluator-5/bind-by-key')).toEqual([{ seconds: 60 }]);
    await dialog().getByText('请按一下这台评价器的任意键').waitFor();
    const left = async (): Promise<number> =>
      Number(/\d+/.exec(await dialog().getByRole('timer').innerText())?.[0]);
    const first = await left();
    expect(first).toBeLessThanOrEqual(60);
    await soon(left).toBeLessThan(first);
    hub.work.listening?.answer({ bound: pluggedIn()[3]! });
    await soon(said).toContain('找到了：evaluator-5 已绑定到 EHR/1 1209:0001 at 1-2.2');
    expect(await dialog().count()).toBe(0);
    expect(sent('DELETE', '/devices/evaluator-5/bind-by-key')).toEqual([]);
  });

  test('says when nothing was pressed and which ports it could not hear, and tries again', async () => {
    await open();
    await begin();
    hub.work.listening?.answer({ bound: null, why: 'nothing-pressed', troubles: ['/dev/ttyS4: busy'] });
    await dialog().getByText('没有收到按键').waitFor();
    await dialog().getByText('/dev/ttyS4: busy').waitFor();
    await inDialog('再试一次');
    await soon(() => hub.work.listening?.id).toBe('evaluator-5');
    hub.work.listening?.answer({ bound: null, why: 'no-free-port', troubles: [] });
    await dialog().getByText('没有空闲的端口可以听').waitFor();
  });

  test('is stopped by its button, and by leaving', async () => {
    await open();
    await begin();
    await inDialog('停止');
    await dialog().getByText('已停止，没有绑定').waitFor();
    await inDialog('再试一次');
    await soon(() => hub.work.listening?.id).toBe('evaluator-5');
    await page.keyboard.press('Escape');
    await soon(() => hub.work.listening).toBe(null);
    expect(await dialog().count()).toBe(0);
    expect(sent('DELETE', '/devices/evaluator-5/bind-by-key')).toHaveLength(2);
  });

  test('says when somebody else is just doing it', async () => {
    hub.work.listening = { id: 'pad-bus.3', seconds: 60, answer: () => undefined };
    await open();
    await press('evaluator-5', '按键绑定');
    await inDialog('开始');
    await dialog().getByText('正在为另一台设备等待按键').waitFor();
  });
});

describe('learning the order of the keys', () => {
  const key = async (code: string | null): Promise<void> => {
    await soon(() => hub.work.learning?.id).toBe('evaluator-3');
    hub.work.learning?.answer({ code });
  };
  const begin = async (): Promise<void> => {
    await press('evaluator-3', '学按键顺序');
    await inDialog('开始');
  };

  test('asks for the five faces in their order, and saves which code is which', async () => {
    await open();
    await begin();
    for (const [code, level] of [
      ['03', '非常满意'],
      ['02', '满意'],
      ['01', '基本满意'],
      ['00', '不满意'],
      ['05', '非常不满意'],
    ] as const) {
      await dialog().getByText(`请按“${level}”`).waitFor();
      await key(code);
    }
    await dialog().getByText('请核对，再保存').waitFor();
    expect(sent('PUT', '/devices/evaluator-3/settings')).toEqual([]);
    await inDialog('保存顺序');
    await soon(said).toContain('evaluator-3 的按键顺序已保存');
    expect(sent('PUT', '/devices/evaluator-3/settings')).toEqual([
      { keyMap: { '03': 5, '02': 4, '01': 3, '00': 2, '05': 1 } },
    ]);
  });

  test('takes no key twice, and does without a key that is not there', async () => {
    await open();
    await begin();
    await key('31');
    await dialog().getByText('请按“满意”').waitFor();
    await key('31');
    await dialog().getByText('这个键已经是“非常满意”').waitFor();
    await key('32');
    await dialog().getByText('请按“基本满意”').waitFor();
    await inDialog('没有这个键');
    await dialog().getByText('请按“不满意”').waitFor();
    // The request that was waiting for the left-out key brings this one.
    await key('33');
    await dialog().getByText('请按“非常不满意”').waitFor();
    await inDialog('没有这个键');
    await inDialog('保存顺序');
    await soon(() => sent('PUT', '/devices/evaluator-3/settings')).toEqual([
      { keyMap: { '31': 5, '32': 4, '33': 2 } },
    ]);
    await soon(() => hub.work.learningLeft).toBe(1);
  });

  test('goes on where it stood when nobody pressed, and starts over when asked', async () => {
    await open();
    await begin();
    await key('31');
    await key(null);
    await dialog().getByText('没有收到按键').waitFor();
    await inDialog('继续');
    await dialog().getByText('请按“满意”').waitFor();
    for (const code of ['32', '33', '34', '35']) await key(code);
    await inDialog('从头再来');
    await dialog().getByText('请按“非常满意”').waitFor();
    await key('35');
    await dialog().getByText('请按“满意”').waitFor();
  });

  test('ends with the dialog, and saves nothing', async () => {
    await open();
    await begin();
    await key('31');
    await soon(() => hub.work.learning?.id).toBe('evaluator-3');
    await page.keyboard.press('Escape');
    await soon(() => hub.work.learningLeft).toBe(1);
    expect(sent('PUT', '/devices/evaluator-3/settings')).toEqual([]);
  });

  test('is only for an evaluator that works; what was learnt can be taken away', async () => {
    await open();
    const learn = (id: string) => card(id).getByRole('button', { name: '学按键顺序' });
    expect(await learn('evaluator-5').isDisabled()).toBe(true);
    expect(await learn('pad-bus.3').count()).toBe(0);
    await press('evaluator-3', '学按键顺序');
    await inDialog('恢复型号的顺序');
    await soon(() => sent('PUT', '/devices/evaluator-3/settings')).toEqual([{ keyMap: null }]);
    await press('evaluator-bus.7', '学按键顺序');
    expect(await dialog().getByRole('button', { name: '恢复型号的顺序' }).count()).toBe(0);
  });
});

describe('recording the wire', () => {
  const begin = async (): Promise<void> => {
    await press('evaluator-3', '录制线路');
    await press('evaluator-3', '开始录制');
    await soon(() => hub.work.capture?.id).toBe('evaluator-3');
  };
  const frame = (n: number): string => `${JSON.stringify({ direction: 'in', hex: `0${n}` })}\n`;
  /** the first line says what is recorded; it is no frame */
  const head = '{"capture":1,"device":"evaluator-3"}\n';
  const wire = () => hub.work.capture!.response;
  const saved = async (act: () => unknown): Promise<{ name: string; text: string }> => {
    const [file] = await Promise.all([page.waitForEvent('download'), act()]);
    return { name: file.suggestedFilename(), text: readFileSync(await file.path(), 'utf8') };
  };

  test('runs with its clock and saves all of it', async () => {
    await open();
    await begin();
    expect(hub.work.capture?.seconds).toBe(600);
    wire().write(frame(1) + frame(2));
    await card('evaluator-3')
      .getByText(/正在录制 \d:\d\d \/ 10:00，已录 2 条/)
      .waitFor();
    await card('evaluator-3')
      .getByText(/0:01 \/ 10:00/)
      .waitFor();
    const file = await saved(() => wire().end(frame(3)));
    expect(file).toEqual({
      name: 'hall-capture-evaluator-3.ndjson',
      text: head + frame(1) + frame(2) + frame(3),
    });
    await card('evaluator-3').getByText('已存为 hall-capture-evaluator-3.ndjson，共 3 条').waitFor();
  });

  test('is stopped by hand and keeps the whole lines that have come', async () => {
    await open();
    await begin();
    wire().write(frame(1));
    wire().write(frame(2).slice(0, 9));
    await card('evaluator-3')
      .getByText(/已录 1 条/)
      .waitFor();
    const file = await saved(() => press('evaluator-3', '停止并保存'));
    expect(file.text).toBe(head + frame(1));
    await soon(() => wire().destroyed).toBe(true);
  });

  test('that breaks off keeps what has come, and says so', async () => {
    await open();
    await begin();
    wire().write(frame(1));
    await card('evaluator-3')
      .getByText(/已录 1 条/)
      .waitFor();
    const file = await saved(() => wire().destroy());
    expect(file.text).toBe(head + frame(1));
    await card('evaluator-3')
      .getByText(/录制中断（连不上大厅主机.*中断前的 1 条已存为/)
      .waitFor();
  });

  test('of a silent line saves no file', async () => {
    await open();
    await begin();
    await press('evaluator-3', '停止并保存');
    await card('evaluator-3').getByText('这段时间没有收发数据，没有存文件').waitFor();
  });
});

describe('the page', () => {
  test.each(['zh', 'en'])('fits a phone in one hand (%s)', async (language) => {
    await open(390, 844);
    const say = (zh: string, en: string): string => (language === 'zh' ? zh : en);
    if (language === 'en') await page.getByRole('button', { name: 'English' }).click();
    const fits = async (where: string): Promise<void> => {
      const { wide, small } = await page.evaluate(() => ({
        wide: document.documentElement.scrollWidth - innerWidth,
        small: [...document.querySelectorAll('button, [role=dialog] label, select')]
          .map((one) => ({ name: one.textContent, box: one.getBoundingClientRect() }))
          .filter(({ box }) => box.width > 0 && (box.height < 43.9 || box.width < 43.9))
          .map(({ name }) => name),
      }));
      expect(wide, where).toBeLessThanOrEqual(0);
      expect(small, where).toEqual([]);
    };
    /** Within the lower half, which a thumb reaches. */
    const low = async (name: string): Promise<void> => {
      const box = await page.getByRole('button', { name, exact: true }).boundingBox();
      expect(box?.y, name).toBeGreaterThan(422);
      expect((box?.y ?? 0) + (box?.height ?? 0), name).toBeLessThanOrEqual(844);
    };
    await fits('devices');
    await press('evaluator-5', say('按键绑定', 'Bind by key'));
    await fits('by key');
    await low(say('开始', 'Start'));
    await page.keyboard.press('Escape');
    await press('evaluator-3', say('绑定端口', 'Bind to a port'));
    await fits('bind');
    await low(say('绑定', 'Bind'));
    await page.keyboard.press('Escape');
    await press('evaluator-3', say('学按键顺序', 'Learn key order'));
    await inDialog(say('开始', 'Start'));
    await fits('learn');
    await low(say('没有这个键', 'No such key'));
    await page.keyboard.press('Escape');
    await press('evaluator-3', say('录制线路', 'Record the wire'));
    await fits('capture');
    await press('evaluator-3', say('线路数据', 'Wire data'));
    await page.locator('.frames li').first().waitFor();
    await fits('frames');
    await low(say('已插上', 'Plugged in'));
    await page.getByRole('button', { name: say('已插上', 'Plugged in'), exact: true }).click();
    await page.locator('.found li').first().waitFor();
    expect(await page.locator('article').first().isVisible()).toBe(false);
    await fits('found');
    await page.getByRole('button', { name: say('系统', 'System'), exact: true }).click();
    await page.locator('.system').getByText('connect ECONNREFUSED').waitFor();
    await fits('system');
  });

  test('holds no Chinese word in English, but what the hall and its people have written', async () => {
    await open();
    await page.getByRole('button', { name: 'English' }).click();
    await card('evaluator-5').getByText('It could be any of 2 things').waitFor();
    const words = (await page.locator('.room').innerText())
      .replace('6 月 18 日换过数据线，机身在柜台右侧', '')
      .replace('中文', '');
    expect(words).not.toMatch(/[\u3400-\u9fff]/);
    expect(words).not.toMatch(/technician\.|deviceState\./);
    for (const one of ['Window 5', 'Not at a window', 'Needs attention', 'Plugged in', 'Looks like'])
      expect(words).toContain(one);
  });

  test('has dialogs with a name, that keep the keyboard until Escape gives it back', async () => {
    await open();
    const button = card('evaluator-3').getByRole('button', { name: '绑定端口' });
    await button.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'evaluator-3 绑定到哪个端口？' }).waitFor();
    const inside = () =>
      page.evaluate(() => document.querySelector('[role=dialog]')?.contains(document.activeElement));
    expect(await inside()).toBe(true);
    for (const key of ['Tab', 'Shift+Tab'])
      for (let presses = 0; presses < 8; presses++) {
        await page.keyboard.press(key);
        expect(await inside(), `${key} ${presses}`).toBe(true);
      }
    await page.keyboard.press('Escape');
    await soon(() => dialog().count()).toBe(0);
    expect(await button.evaluate((one) => one === document.activeElement)).toBe(true);
  });

  test('says that it is cut off and since when, offers nothing meanwhile, and comes back', async () => {
    await open();
    await card('evaluator-3').waitFor();
    hub.cut();
    await page.getByText(/数据停在 \d\d:\d\d · 已断开/).waitFor();
    for (const name of ['试灯', '绑定端口', '按键绑定', '学按键顺序', '备注'])
      expect(await card('evaluator-3').getByRole('button', { name }).isDisabled(), name).toBe(true);
    expect(await page.locator('.found li button').first().isDisabled()).toBe(true);
    hub.back();
    await soon(() => card('evaluator-3').getByRole('button', { name: '试灯' }).isDisabled()).toBe(false);
    expect(await page.locator('.stale').count()).toBe(0);
  });

  test('says what to do first and leads to that device, whatever is filtered', async () => {
    await open();
    await page.getByRole('button', { name: '正常 6' }).click();
    await page.locator('.next').getByText('先看 evaluator-5：认不准是哪个').waitFor();
    await page.getByRole('button', { name: '去看这台设备' }).click();
    await soon(() => page.evaluate(() => document.activeElement?.id)).toBe('device-evaluator-5');
    hub.set({
      devices: Object.fromEntries(
        Object.values(hallDevices()).map((one) => [one.id, deviceView(one.id, one.kind)]),
      ),
    });
    await page.getByText('8 台设备都正常').waitFor();
  });

  test('shows the computer: version, disk, records, and the log as it goes on', async () => {
    await open();
    const system = page.locator('.system');
    await system.getByText('版本 0.1.0').waitFor();
    expect(await system.innerText()).toMatch(/剩余 41.3 GB，共 117 GB[\s\S]*48211 条，61.4 MB/);
    const log = page.locator('.log li');
    await soon(() => log.count()).toBe(3);
    const [last] = hub.work.log.slice(-1);
    hub.work.log.push({ ...last!, n: 4, level: 'error', text: 'the disk refuses to write', facts: {} });
    await lookAgain();
    await soon(() => log.count()).toBe(4);
    expect(await log.first().innerText()).toContain('the disk refuses to write');
    await page.getByRole('button', { name: '只看警告和错误' }).click();
    await soon(() => log.count()).toBe(2);
  });

  test('says when its list of what is plugged in is old', async () => {
    await open();
    await page.locator('.found li').first().waitFor();
    await page.route('**/devices/found', (route) => route.abort());
    await lookAgain();
    await page.getByText('列表没有更新：连不上大厅主机').waitFor();
    expect(await page.locator('.found .list > li').count()).toBe(4);
  });

  test('says what to do where no device is configured', async () => {
    hub.view.devices = {};
    await open();
    await page.getByText('没有配置设备').waitFor();
    expect(await page.locator('.filters').count()).toBe(0);
  });

  test('lets a manager look, and offers what only a technician may do to a technician', async () => {
    hub.role = 'manager';
    await open(390, 844);
    await card('printer-1').getByText('缺纸。装入新纸卷').waitFor();
    expect(await page.locator('article button').count()).toBe(0);
    expect(await page.locator('.sections button').allInnerTexts()).toEqual(['设备', '系统']);
    expect(sent('GET', '/devices/found')).toEqual([]);
  });

  test('leads back to the sign-in when the session is over', async () => {
    await open();
    hub.testAnswer = () => {
      hub.role = null;
      return { status: 401, body: { code: 'not-signed-in' } };
    };
    await press('sign-3', '试文字');
    await page.locator('.sign-in').getByText('登录已失效').waitFor();
  });
});

test('no device is lost between the groups, and every filter finds what it counts', () => {
  const all = Object.values(hallDevices());
  const grouped = groupsOf(all).flatMap((group) => group.devices);
  expect(grouped.map((one) => one.id).sort()).toEqual(all.map((one) => one.id).sort());
  const counts = Object.fromEntries(filtersFor(all).map(({ filter, count }) => [filter, count]));
  expect(counts).toEqual({ all: 8, trouble: 2, ambiguous: 1, faulted: 1, ready: 6 });
});

test('every note and fault that a driver can tell has words', () => {
  const device = new URL('../../../kiosk-agent/device/', import.meta.url);
  const sources = readdirSync(new URL('driver/', device)).map((name) => `driver/${name}`);
  const told = sources.flatMap((name) =>
    [...readFileSync(new URL(name, device), 'utf8').matchAll(/notes(?:\.push\(|: \[)'([a-z-]+)'/g)].flatMap(
      (one) => one[1] ?? [],
    ),
  );
  const advice = readFileSync(new URL('advice.ts', device), 'utf8').split('BY_FAULT')[1] ?? '';
  const faults = [...advice.matchAll(/^ {4}'?([a-z-]+)'?: \{/gm)].flatMap((one) => one[1] ?? []);
  expect(told.length).toBeGreaterThan(6);
  expect(faults.length).toBeGreaterThan(12);
  for (const messages of [zh, en]) {
    const known = { ...messages.code, ...messages.paper };
    expect([...told, ...faults].filter((code) => !(code in known))).toEqual([]);
  }
});
