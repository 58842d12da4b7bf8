/**
 * The visit that the README promises, in a real browser, on the hall that `npm start` starts: tap, paper, call, finish, key,
 * rating at the far end; then everything is broken on purpose and comes back with nothing lost and nothing twice.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { HallEvent } from '../../kiosk-agent/contract/events.ts';
import { api, boxTokens, startProgram, temporaryFolder, until, type Program } from '../harness/programs.ts';
import { openScreen, picture, soundsOf, startBrowser, type Screen } from './browser.ts';

const folder = temporaryFolder('visit');
let box: Program;
let hub: string;
let sim: string;
let central: string;
let browser: Browser;
let kiosk: Screen;
let board: Screen;
let window1: Screen;
let clerk: Screen;
let panel: Screen;
let farEnd: Screen;

beforeAll(async () => {
  box = await startProgram(
    'kiosk-agent/cli.ts',
    ['box', '--port', '0', '--central-port', '0', '--sim-port', '0', '--state', folder.path],
    /hall ready (http\S+)[\s\S]*Far end +http\S+/,
  );
  hub = box.url;
  sim = /Simulated devices (http\S+)/.exec(box.said())?.[1] ?? '';
  central = /Far end +(http\S+)/.exec(box.said())?.[1] ?? '';
  browser = await startBrowser();
  kiosk = await openScreen(browser, new URL('kiosk', hub).href, 1080, 1920);
  board = await openScreen(browser, new URL('board', hub).href, 1920, 1080);
  window1 = await openScreen(browser, new URL('window/1', hub).href, 1024, 600);
  clerk = await openScreen(browser, new URL('clerk', hub).href, 1366, 768);
  panel = await openScreen(browser, sim, 1440, 900);
  farEnd = await openScreen(browser, central, 1440, 900);
  await farEnd.page.getByRole('link', { name: '最新动态' }).click();
}, 120_000);

afterAll(async () => {
  await browser?.close();
  const code = await box?.end();
  folder[Symbol.dispose]();
  expect(code).toBe(0);
});

type Paper = { n: number; text: string; qr: string[] };
const papers = async (): Promise<Paper[]> =>
  (await (await fetch(new URL('api/devices/printer-1/papers', sim))).json()) as Paper[];
const sheetsOf = async (number: string): Promise<Paper[]> =>
  (await papers()).filter((paper) => paper.text.includes(number));
const card = (id: string) => panel.page.locator('article', { hasText: id }).first();
const health = async () =>
  (await api(hub, '')('GET', 'health')).body as {
    status: string;
    devices: { id: string; state: string; fault?: string }[];
    journal: { backlog: number };
    links: { state: string }[];
  };

/** The number that the clerk has in hand. */
const clerkHas = (state: 'called' | 'serving', number: string) =>
  clerk.page.locator(`.ticket.${state}`, { hasText: number }).waitFor();
const printerIs = (wanted: string) =>
  until(`the printer to be ${wanted}`, async () =>
    (await health()).devices.some((device) => device.id === 'printer-1' && device.state === wanted),
  );
async function simulate(path: string, content: object): Promise<void> {
  const answer = await fetch(new URL(`api/devices/${path}`, sim), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(content),
  });
  expect(answer.ok).toBe(true);
}

/** Taps a service and takes the number; answers what the kiosk shows. */
async function tap(service = '转移登记'): Promise<string> {
  const { page } = kiosk;
  await page.getByRole('button', { name: new RegExp(service) }).click();
  await page.getByRole('button', { name: '取号', exact: true }).click();
  const number = await page.locator('.number').first().innerText();
  expect(number).toMatch(/^[A-F]\d{3}$/);
  return number;
}
const done = () => kiosk.page.getByRole('button', { name: '完成' }).click();

it('leads a stranger from the tap to the rating at the far end', { timeout: 120_000 }, async () => {
  await kiosk.page.getByRole('button', { name: /转移登记/ }).waitFor();
  await picture(kiosk.page, '1-kiosk');
  const number = await tap();
  await kiosk.page.getByText('请取走您的号票').waitFor();
  await picture(kiosk.page, '2-kiosk-done');
  const [sheet] = await sheetsOf(number);
  expect(sheet?.text).toContain('转移登记');
  await card('printer-1').getByText(number).first().waitFor();
  await picture(panel.page, '3-panel-paper');
  await done();

  // The QR on the paper leads to the visitor's own page.
  const address = sheet?.qr[0] ?? '';
  expect(address).toMatch(new RegExp(`^${hub}t/t[0-9a-f]{20}$`));
  const phone = await openScreen(browser, address, 390, 844);
  await phone.page.getByText(number, { exact: true }).waitFor();
  expect(phone.trouble).toEqual([]);
  await picture(phone.page, '4-phone-waiting');

  const { staff, pin } = (
    JSON.parse(readFileSync(join(folder.path, 'staff.json'), 'utf8')) as {
      clerk: { staff: string; pin: string };
    }
  ).clerk;
  const fields = clerk.page.locator('input');
  await fields.nth(0).fill(staff);
  await fields.nth(1).fill(pin);
  await clerk.page.keyboard.press('Enter');
  await clerk.page.getByRole('button', { name: /^1 号窗口/ }).click();
  await clerk.page.keyboard.press('F2');
  await clerk.page.getByText('空闲').first().waitFor();
  await picture(clerk.page, '5-clerk');
  expect(await soundsOf(board.page)).toEqual([]);
  await clerk.page.keyboard.press('F2');
  await board.page.getByText(number).first().waitFor();
  await window1.page.getByText(number).first().waitFor();
  // The chime, then the call in clips, twice: this browser has no Chinese voice.
  await until('chime and voice', async () => (await soundsOf(board.page)).length > 12);
  await picture(board.page, '6-board-called');
  await picture(window1.page, '7-window-called');
  await clerk.page.keyboard.press('F4');
  await clerkHas('serving', number);
  await clerk.page.keyboard.press('F8');
  await card('evaluator-1').getByText('评价进行中').waitFor();
  await window1.page.getByText('请对本次服务作出评价').waitFor();
  await picture(window1.page, '8-window-rating');
  await picture(panel.page, '9-panel-open');
  await card('evaluator-1').getByRole('button', { name: /^满意/ }).click();
  await window1.page.getByText('谢谢').first().waitFor();
  await picture(window1.page, '10-window-thanks');
  const rating = farEnd.page.locator('.ratings li', { hasText: number });
  await rating.waitFor();
  expect(await rating.innerText()).toContain('满意');
  await picture(farEnd.page, '11-far-end');
  // The clerk sees that the visitor has rated, not how.
  await clerk.page.getByText('已评价').first().waitFor();
  expect(await clerk.page.locator('body').innerText()).not.toMatch(/非常满意|不满意/);
  await picture(clerk.page, '12-clerk-rated');
});

it(
  'loses nothing and doubles nothing when cables are pulled and the far end is down',
  { timeout: 180_000 },
  async () => {
    // The far end goes; the hall goes on.
    box.write('central stop');
    await until('the link to be away', async () =>
      (await health()).links.some((link) => link.state === 'away'),
    );
    const first = await tap();
    await done();
    await clerk.page.keyboard.press('F2');
    await clerkHas('called', first);
    await clerk.page.keyboard.press('F4');
    await clerkHas('serving', first);
    await clerk.page.keyboard.press('F8');
    await card('evaluator-1').getByText('评价进行中').waitFor();
    // The evaluator's cable goes while its keys are lit, and the visitor presses all the same.
    await card('evaluator-1').getByRole('button', { name: /拔下/ }).click();
    await until('the loss to be seen', async () =>
      (await health()).devices.some((device) => device.id === 'evaluator-1' && device.state !== 'ready'),
    );
    await card('evaluator-1')
      .getByRole('button', { name: /^非常满意/ })
      .click();
    await card('evaluator-1')
      .getByText(/未确认按键 1/)
      .waitFor();
    await picture(panel.page, '13-panel-unplugged');
    await card('evaluator-1').getByRole('button', { name: /插上/ }).click();
    await card('evaluator-1')
      .getByText(/未确认按键 0/)
      .waitFor();
    await clerk.page.getByText('已评价').first().waitFor();

    // The printer's cable goes: the kiosk says so, and the visitor takes the number on the screen.
    await card('printer-1').getByRole('button', { name: /拔下/ }).click();
    await until('the printer to be gone', async () =>
      (await health()).devices.some((device) => device.id === 'printer-1' && device.state !== 'ready'),
    );
    await kiosk.page.getByText('打印机暂时不能出票').waitFor();
    await picture(kiosk.page, '14-kiosk-no-printer');
    const second = await tap();
    await kiosk.page.getByText('请记住您的号码').waitFor();
    await picture(kiosk.page, '15-kiosk-on-screen');
    await done();
    expect(await sheetsOf(second)).toHaveLength(0);
    await card('printer-1').getByRole('button', { name: /插上/ }).click();
    await printerIs('ready');

    // Its cable goes in the middle of a sheet: nobody can know, so the visitor is asked.
    await kiosk.page.getByText('打印机暂时不能出票').waitFor({ state: 'hidden' });
    await simulate('printer-1/faults/unplug-after-bytes', { on: true, bytes: 150 });
    await kiosk.page.getByRole('button', { name: /转移登记/ }).click();
    await kiosk.page.getByRole('button', { name: '取号', exact: true }).click();
    await kiosk.page.getByText('号票出来了吗？').waitFor();
    await picture(kiosk.page, '16-kiosk-asked');
    await card('printer-1').getByRole('button', { name: /插上/ }).click();
    await printerIs('ready');
    const asked = /[A-F]\d{3}/.exec(await kiosk.page.locator('.number').first().innerText())?.[0] ?? 'none';
    await kiosk.page.getByRole('button', { name: '没有出来' }).click();
    await done();
    await until('the second sheet', async () => (await sheetsOf(asked)).at(-1)?.text.includes('补打'));

    // A power cut of the hub; the screens come back by themselves.
    box.write('hub kill');
    await until('the hub to be gone and back', async () => box.said().includes('hub is back'), 40_000);
    const third = await tap('抵押登记');
    await done();
    expect(await sheetsOf(third)).toHaveLength(1);

    box.write('central start');
    await until('the far end to be level', async () => (await health()).journal.backlog === 0, 90_000);
    await farEnd.page.locator('.ratings li', { hasText: first }).waitFor({ timeout: 60_000 });
    await picture(farEnd.page, '17-far-end-level');
    const tokens = boxTokens(folder.path);
    const here = (await api(hub, tokens['integrator'] ?? '')('GET', 'events?after=0&limit=1000'))
      .body as unknown as HallEvent[];
    const there = (await api(central, '')('GET', 'events?agent=hub-1&after=0&limit=1000'))
      .body as unknown as HallEvent[];
    expect(there).toEqual(here);
    expect(
      here
        .filter((event) => event.type === 'hall.rating.given')
        .map((event) => [event.data.number, event.data.level]),
    ).toEqual([
      [expect.stringMatching(/^A/), 4],
      [first, 5],
    ]);
    const numbers = here.flatMap((event) =>
      event.type === 'hall.ticket.reserved' ? [event.data.number] : [],
    );
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(await sheetsOf(first)).toHaveLength(1);
  },
);

it(
  'serves a visitor by pad, sign and four-key evaluator alone, with every device of the hall ready',
  { timeout: 60_000 },
  async () => {
    await until('every device to be ready', async () => {
      const { status, devices } = await health();
      return status === 'ok' && devices.length === 20 && devices.every((device) => device.state === 'ready');
    });
    const number = await tap('查询、打印证明');
    await done();
    const at = (line: string, address: number) => card(line).locator(`[data-address="${address}"]`);
    await at('pads', 6).getByRole('button', { name: /^顺呼/ }).click();
    await board.page.getByText(number).first().waitFor();
    await at('signs', 6).getByText(`请${number}到6号窗口`).waitFor();
    await at('pads', 6)
      .locator('.digits b', { hasText: number.slice(1) })
      .waitFor();
    await picture(panel.page, '18-panel-pad-called');
    await at('pads', 6).getByRole('button', { name: /^评价/ }).click();
    await at('pads', 16).locator('.lamp.lit', { hasText: '请评价' }).waitFor();
    await at('pads', 16).getByRole('button', { name: /^满意/ }).click();
    const rating = farEnd.page.locator('.ratings li', { hasText: number });
    await rating.waitFor();
    expect(await rating.innerText()).toContain('满意');
  },
);

it('had no error in any page', () => {
  for (const screen of [kiosk, board, window1, clerk, panel, farEnd]) expect(screen.trouble).toEqual([]);
});
