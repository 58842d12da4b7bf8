/** A clerk's day by keyboard alone, on a real hub with a simulated pad (FF68) at the same window. */
import { randomUUID } from 'node:crypto';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startFf68Bus, type Ff68BusHandle } from '../../firmware-sim/ff68/bus.ts';
import { ensureScreens } from '../../kiosk-agent/box/screens.ts';
import type { HallEvent } from '../../kiosk-agent/contract/events.ts';
import { Register } from '../../kiosk-agent/web/staff.ts';
import { hallYaml, startHall, type Hall } from '../harness/hall.ts';
import { ROOT, temporaryFolder, until } from '../harness/programs.ts';
import { openScreen, startBrowser, type Screen } from './browser.ts';

const PAD_NEXT = 0x0c;
const PAD_EVALUATE = 0x0b;
const folder = temporaryFolder('clerk');
let hall: Hall;
let bus: Ff68BusHandle;
let browser: Browser;
let clerk: Screen;

beforeAll(async () => {
  await ensureScreens(ROOT, () => undefined);
  await new Register(folder.path).setPin('1001', 'clerk', '482913');
  [browser, bus] = await Promise.all([
    startBrowser(),
    startFf68Bus({ port: 'tcp:0', addresses: { 1: 'pad' } }),
  ]);
  hall = await startHall(
    folder.path,
    hallYaml(`
devices: [{id: pads, model: ff68, port: "${bus.port}", addresses: {1: {window: 1, as: pad, staff: "1001"}}}]
rules: {recall: {coolDownS: 0}}`),
  );
  await until('the line', () => bus.state().hostPresent);
  clerk = await openScreen(browser, new URL('clerk', hall.url).href, 1366, 768);
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await hall?.close();
  await bus?.close();
  folder[Symbol.dispose]();
});

const keys = async (...pressed: string[]): Promise<void> => {
  for (const key of pressed) await clerk.page.keyboard.press(key);
};
const take = async (service = 'transfer'): Promise<string> =>
  String(
    (
      await hall.as('kiosk')('POST', 'tickets', {
        ...{ service, delivery: 'screen', idempotencyKey: randomUUID() },
      })
    ).body['number'],
  );
const events = async (): Promise<HallEvent[]> =>
  (await hall.as('integrator')('GET', 'events?after=0&limit=1000')).body as unknown as HallEvent[];
/** The last `n` of what has happened, by type, traces left out. */
const latest = async (n: number): Promise<string[]> =>
  (await events())
    .filter(({ type }) => !type.includes('trace') && !type.includes('device'))
    .slice(-n)
    .map(({ type }) => type.replace('hall.', ''));
const shows = (state: string, text: string | RegExp = '') =>
  clerk.page.locator(`.ticket.${state}`, { hasText: text }).waitFor();
const asked = () => clerk.page.getByRole('dialog').waitFor();
const answered = () => clerk.page.getByRole('dialog').waitFor({ state: 'detached' });

beforeEach(() => clerk.page.setDefaultTimeout(10_000));

describe('a clerk', () => {
  it('signs in, sits down and opens the window, without a mouse', async () => {
    await clerk.page.locator('[name=staff]').waitFor();
    await clerk.page.keyboard.type('1001');
    await keys('Enter');
    await clerk.page.keyboard.type('482913');
    await keys('Enter');
    await clerk.page.locator('.choose').waitFor();
    await keys('1');
    await shows('closed');
    await keys('F2');
    await shows('idle');
  });

  it('and the pad call at the same time: one visitor is called, once', async () => {
    const number = await take();
    await take();
    await clerk.page.getByText('本窗口业务等候 2 人').waitFor();
    bus.press(1, PAD_NEXT);
    await keys('F2');
    await shows('called', number);
    await until('an answer in words', async () => (await clerk.page.locator('.said').innerText()) !== '');
    const called = (await events()).filter(({ type }) => type === 'hall.ticket.called');
    expect(called.map(({ data }) => (data as { number: string }).number)).toEqual([number]);
  });

  it('goes on after a reload in the middle of a service, with the pad or the keys', async () => {
    await keys('F3');
    await shows('called', '第 2 次呼叫');
    await keys('F4');
    await shows('serving', 'A001');
    await clerk.page.reload();
    await shows('serving', 'A001');
    bus.press(1, PAD_EVALUATE);
    await clerk.page.getByText('按键盘：A001 已办结').waitFor();
    expect(await latest(1)).not.toEqual(['ticket.started']);
  });

  it('takes a call back, calls out of turn by typing the number, parks and has it back in line', async () => {
    const other = await take();
    await keys('F2', 'F2', 'F2', 'F2', 'F2');
    await shows('called', 'A002');
    expect(await latest(1)).toEqual(['ticket.called']);
    await keys('Shift+F3');
    await asked();
    await keys('Enter');
    await shows('idle');
    await clerk.page.keyboard.type(other);
    await asked();
    await clerk.page.getByRole('dialog').getByText('找到 1 个').waitFor();
    await keys('Enter');
    await clerk.page.getByRole('dialog', { name: new RegExp(`叫这个号 ${other}`) }).waitFor();
    await keys('2', 'Enter');
    await shows('called', other);
    await keys('F4');
    await shows('serving', other);
    await keys('F7');
    await asked();
    await keys('Shift+Digit2', 'Enter');
    await shows('idle');
    await clerk.page.getByText('10 分钟后排回').waitFor();
    await keys('/');
    await asked();
    await clerk.page.keyboard.type(other);
    await clerk.page.getByRole('dialog').getByText('已暂存').waitFor();
    await keys('F8');
    await answered();
    await clerk.page.getByText(`恢复排队 ${other}：完成`).waitFor();
    const traced = (await events()).flatMap((event) =>
      event.type === 'hall.trace.recorded' ? [event.data.action] : [],
    );
    expect(traced).toEqual(['call-taken-back', 'call-out-of-turn', 'park']);
  });

  it('transfers, sends away who did not come, gives a priority, pauses, goes on and closes', async () => {
    await keys('F2');
    await shows('called');
    await keys('F4');
    await shows('serving');
    await keys('F6');
    await asked();
    await keys('b', '0', '1', 'Enter');
    await shows('idle');
    await keys('F2');
    await shows('called');
    await keys('F9');
    await shows('idle');
    const late = await take();
    await clerk.page.keyboard.type(late);
    await clerk.page.getByRole('dialog').getByText('找到 1 个').waitFor();
    await keys('F7');
    await clerk.page.getByRole('dialog', { name: new RegExp(`给优先 ${late}`) }).waitFor();
    await keys('Shift+Digit2', '1', 'Enter');
    await clerk.page.getByText('给优先：完成').waitFor();
    await keys('F10');
    await asked();
    await keys('1', 'Enter');
    await shows('paused');
    await keys('F10');
    await shows('idle');
    await keys('Shift+F2');
    await asked();
    await keys('1', 'Enter');
    await shows('closed');
    expect(await latest(7)).toEqual([
      'ticket.missed',
      'ticket.reserved',
      'ticket.printed',
      'ticket.priority',
      'window.paused',
      'window.resumed',
      'window.closed',
    ]);
  });

  it('is asked to sign in again when the session is over, and stays at the window', async () => {
    await clerk.page.evaluate(() => fetch('/api/v1/session', { method: 'DELETE' }));
    await keys('F2');
    await clerk.page.getByText('登录已失效').waitFor();
    await clerk.page.locator('[name=staff]').fill('1001');
    await clerk.page.locator('[name=pin]').fill('482913');
    await keys('Enter');
    await shows('closed');
    await keys('F2');
    await shows('idle');
    // The browser writes down every answer of “no”, also the one that the pad's key made of ours.
    expect(clerk.trouble.filter((line) => !line.includes('409'))).toEqual([]);
  });
});
