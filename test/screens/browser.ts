/** A real Chromium from npm, on the pages as people see them. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import sparticuz from '@sparticuz/chromium';
import { chromium, type Browser, type Page } from 'playwright-core';
import { ROOT } from '../harness/programs.ts';

/** `--single-process` and `--no-zygote` would end the browser when a page closes. */
export async function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: await sparticuz.executablePath(),
    args: [
      ...sparticuz.args.filter((arg) => arg !== '--single-process' && arg !== '--no-zygote'),
      '--autoplay-policy=no-user-gesture-required',
    ],
    headless: true,
  });
}

export type Screen = { page: Page; trouble: string[] };

/** Opens a page at the size it is made for; collects what goes wrong in it. */
export async function openScreen(
  browser: Browser,
  url: string,
  width: number,
  height: number,
): Promise<Screen> {
  const page = await (await browser.newContext({ viewport: { width, height }, locale: 'zh-CN' })).newPage();
  const trouble: string[] = [];
  page.on('pageerror', (error) => trouble.push(error.message));
  page.on('console', (message) => {
    // What the browser writes down by itself: nobody is signed in yet (401), and a server that is starting (503), ending or gone.
    if (message.type() === 'error' && !/401|503|ERR_CONNECTION|WebSocket/.test(message.text()))
      trouble.push(message.text());
  });
  // Nobody hears a test: every sound that the page starts is counted with its length.
  await page.addInitScript(() => {
    const sounds: number[] = [];
    Object.assign(globalThis, { soundsStarted: sounds });
    const start = AudioBufferSourceNode.prototype.start;
    AudioBufferSourceNode.prototype.start = function (this: AudioBufferSourceNode, ...when: number[]) {
      sounds.push(this.buffer?.duration ?? 0);
      return start.apply(this, when as [number]);
    };
  });
  await page.goto(url);
  return { page, trouble };
}

/** Keeps a picture among the test's artefacts. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = join(ROOT, 'test', 'artefacts', 'visit');
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}

/** Lengths in seconds of the sounds that the page has started so far. */
export function soundsOf(page: Page): Promise<number[]> {
  return page.evaluate(() => (globalThis as unknown as { soundsStarted: number[] }).soundsStarted);
}
