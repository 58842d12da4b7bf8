/** The visitor's own phone, on a real hub: leaving the line, rating what was not rated, and the reason behind the one-time code. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hallYaml, startHall, type Hall } from '../harness/hall.ts';
import { ROOT, temporaryFolder, until } from '../harness/programs.ts';
import { openScreen, picture, startBrowser } from './browser.ts';

const folder = temporaryFolder('phone');
let hall: Hall;
let browser: Browser;

beforeAll(async () => {
  browser = await startBrowser();
  hall = await startHall(
    folder.path,
    hallYaml('rules: {followUp: {options: [{code: slow, zh: 等候太久, en: Waited too long}]}}'),
  );
  await hall.as('clerk')('POST', 'windows/1/open', { staff: '1001' });
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await hall?.close();
  folder[Symbol.dispose]();
});

async function ticket(): Promise<{ key: string; number: string }> {
  const { body } = await hall.as('kiosk')('POST', 'tickets', {
    ...{ service: 'transfer', delivery: 'screen' },
    idempotencyKey: randomUUID(),
  });
  return { key: String(body['key']), number: String(body['number']) };
}
const at = (action: string) => hall.as('clerk')('POST', `windows/1/${action}`);
async function serve(): Promise<void> {
  for (const action of ['call-next', 'start', 'finish']) expect((await at(action)).status).toBe(200);
}
const phone = async (path: string): Promise<Page> =>
  (await openScreen(browser, new URL(path, hall.url).href, 390, 844)).page;
const ratings = async (): Promise<unknown[]> =>
  (
    (await hall.as('integrator')('GET', 'events?limit=1000')).body as unknown as {
      type: string;
      data: unknown;
    }[]
  )
    .filter(({ type }) => type === 'hall.rating.given' || type === 'hall.rating.reason-given')
    .map(({ data }) => data);

describe('the visitor on the phone', () => {
  it('leaves the line, asked twice', async () => {
    const { key, number } = await ticket();
    const page = await phone(`t/${key}`);
    await page.getByRole('button', { name: '退出排队' }).click();
    await page.getByRole('button', { name: '继续排队' }).click();
    await page.getByRole('button', { name: '退出排队' }).click();
    await page.getByRole('button', { name: '确定退出' }).click();
    await page.getByText('已作废').waitFor();
    const queue = (await hall.as('clerk')('GET', 'queue')).body['tickets'] as Record<
      string,
      { number: string }
    >;
    expect(Object.values(queue).map((each) => each.number)).not.toContain(number);
    await page.close();
  });

  it('rates a visit that was not rated at the window, and goes on to the reason', async () => {
    const { key } = await ticket();
    await serve();
    // The next visitor is called: the evaluation at the window has lapsed.
    await ticket();
    await serve();
    const page = await phone(`t/${key}`);
    await page.getByText('1 号窗口的服务还没有评价').waitFor();
    await picture(page, 'phone-rate');
    await page.getByRole('button', { name: '不满意', exact: true }).click();
    await page.getByRole('link', { name: '能说说原因吗？' }).click();
    await page.getByLabel('等候太久').check();
    await page.getByLabel('想说的话').fill('等了两个小时');
    await picture(page, 'phone-reason');
    await page.getByRole('button', { name: '提交' }).click();
    await page.getByText('谢谢您的说明').waitFor();
    expect(await ratings()).toMatchObject([
      { level: 2, source: 'qr' },
      { level: 2, by: 'qr', options: ['slow'], text: '等了两个小时' },
    ]);
    await page.close();
  });

  it('finds the code for the reason on the window’s screen after a touch there; it works once', async () => {
    const screen = (await openScreen(browser, new URL('window/1', hall.url).href, 1024, 600)).page;
    await ticket();
    await serve();
    await screen.locator('.faces button').nth(4).click();
    const code = screen.locator('.words img');
    await code.waitFor();
    await picture(screen, 'window-reason-code');
    const address = await read((await code.getAttribute('src')) ?? '');
    expect(address).toMatch(new RegExp(`^${hall.url}r/\\d+-[0-9a-f]{20}$`));
    for (const expected of ['谢谢您的说明', '谢谢您的说明']) {
      const page = await phone(new URL(address).pathname.slice(1));
      const option = page.getByLabel('等候太久');
      await until(
        'the page',
        async () => (await option.count()) > 0 || (await page.getByText(expected).count()) > 0,
      );
      if ((await option.count()) > 0) {
        await option.check();
        await page.getByRole('button', { name: '提交' }).click();
      }
      await page.getByText(expected).waitFor();
      await page.close();
    }
    // The next visitor is called: the code is not for that one.
    await ticket();
    await at('call-next');
    await code.waitFor({ state: 'detached' });
    await screen.close();
  });
});

/** What a reader that knows neither side sees in the picture. */
async function read(picture: string): Promise<string> {
  const page = await browser.newPage();
  await page.addScriptTag({ path: join(ROOT, 'node_modules', 'jsqr', 'dist', 'jsQR.js') });
  const text = await page.evaluate(async (source) => {
    const image = new Image();
    image.src = source;
    await image.decode();
    const canvas = Object.assign(document.createElement('canvas'), {
      width: image.width,
      height: image.height,
    });
    const context = canvas.getContext('2d')!;
    context.drawImage(image, 0, 0);
    const { data, width, height } = context.getImageData(0, 0, image.width, image.height);
    const { jsQR } = globalThis as unknown as {
      jsQR(data: Uint8ClampedArray, width: number, height: number): { data: string } | null;
    };
    return jsQR(data, width, height)?.data ?? '';
  }, picture);
  await page.close();
  return text;
}
