/** Rare characters of names and places are drawn from a font that travels along, and cost nothing where there are none. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureScreens, screensFolder } from '../../../kiosk-agent/box/screens.ts';
import { ROOT } from '../../harness/programs.ts';
import { startBrowser } from '../browser.ts';
import { look, openAt } from '../look.ts';
import { mockHub, view, type MockHub } from '../mock-hub.ts';

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

/** Extension A and B, and two of the basic block that Noto Sans SC leaves out. */
const RARE = ['𠮷', '㛃', '䶮', '㐂', '龘', '靐'];

/** Those of the letters that look like a glyph that no font has, drawn with the page's own fonts. */
function boxes(page: Page, letters: string[]): Promise<string[]> {
  return page.evaluate(async (letters) => {
    const { fontFamily } = getComputedStyle(document.body);
    await document.fonts.load(`40px ${fontFamily}`, letters.join(''));
    const draw = (letter: string): string => {
      const canvas = document.createElement('canvas');
      canvas.width = canvas.height = 60;
      const pen = canvas.getContext('2d')!;
      pen.font = `40px ${fontFamily}`;
      pen.fillText(letter, 5, 45);
      return canvas.toDataURL();
    };
    const missing = new Set([draw(''), draw('\u{10FFFE}'), draw('\u{2FFFE}'), draw('\uFFFE')]);
    return letters.filter(
      (letter, n) =>
        missing.has(draw(letter)) || letters.findIndex((one) => draw(one) === draw(letter)) !== n,
    );
  }, letters);
}

test.each([
  ['board', '/board', 1920, 1080],
  ['window', '/window/3', 1024, 600],
  ['kiosk', '/kiosk', 1080, 1920],
] as const)('on the %s', async (name, path, width, height) => {
  hub.view = view();
  const plain = await openAt(browser, hub.url + path, { width, height });
  await plain.getByText('转移登记').first().waitFor();
  const rareLoaded = (page: Page) =>
    page.evaluate(
      () =>
        [...document.fonts].filter(({ family, status }) => /HanaMin/.test(family) && status === 'loaded')
          .length,
    );
  expect(await rareLoaded(plain)).toBe(0);
  await plain.context().close();

  hub.view.services['transfer']!.name = { zh: `${RARE.join('')}登记`, en: 'Transfer' };
  const page = await openAt(browser, hub.url + path, { width, height });
  await page.getByText(RARE.join('')).first().waitFor();
  await expect.poll(() => rareLoaded(page), { timeout: 10_000 }).toBeGreaterThan(0);
  expect(await boxes(page, RARE)).toEqual([]);
  await look(page, `${name}/rare-characters`);
  await page.context().close();
});

test('a letter that no font has is seen as a box by this very check', async () => {
  const page = await openAt(browser, `${hub.url}/board`, { width: 1920, height: 1080 });
  await page.locator('.big').waitFor();
  // Not assigned, and in no font.
  expect(await boxes(page, ['\u{3FFF0}'])).toEqual(['\u{3FFF0}']);
  await page.context().close();
});
