/**
 * Looks at a screen in one state as its people would: axe-core finds no violation, public screens have large type and
 * targets and strong contrast, nothing sticks out, and a picture is kept (docs/screens.md).
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { expect } from 'vitest';
import { ROOT } from '../harness/programs.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** WCAG 2.2 AA and what is below it; and axe's own good practice: landmarks, one main heading, regions. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** Pictures of large public screens are kept at half their size. */
const LARGE_PIXELS = 1_200_000;

type Violation = { id: string; help: string; nodes: { target: unknown[]; failureSummary?: string }[] };

/** Opens `url` in a browser context of its own at that size; `language` is the browser's, not the page's. */
export async function openAt(
  browser: Browser,
  url: string,
  { width, height, language = 'zh-CN' }: { width: number; height: number; language?: string },
): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width, height },
    deviceScaleFactor: width * height > LARGE_PIXELS ? 0.5 : 1,
    locale: language,
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  await page.goto(url);
  return page;
}

/** What axe-core holds against the page as it stands, one line each; `enhanced`: text needs 7 : 1 (public screens). */
export async function violations(page: Page, { enhanced = false } = {}): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe);
  const found = await page.evaluate(
    async ({ rules, enhanced }) => {
      const { axe } = globalThis as unknown as {
        axe: { run(what: unknown, how: unknown): Promise<{ violations: Violation[] }> };
      };
      const how = {
        runOnly: { type: 'tag', values: rules },
        resultTypes: ['violations'],
        rules: enhanced ? { 'color-contrast-enhanced': { enabled: true } } : {},
      };
      return (await axe.run(document, how)).violations;
    },
    { rules: RULES, enhanced },
  );
  return found.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => `${id}: ${help}: ${node.target.join(' ')} ${node.failureSummary ?? ''}`),
  );
}

/** Type below 28 px and targets below 96 px, measured on a screen 1080 wide (or high), and what sticks out of it. */
export function tooSmall(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const scale = Math.min(innerWidth, innerHeight) / 1080;
    const shown = [...document.querySelectorAll('body *')].filter((element) => {
      const box = element.getBoundingClientRect();
      return box.width > 1 && box.height > 1 && !element.closest('.visually-hidden, svg');
    });
    const says = (element: Element): boolean =>
      [...element.childNodes].some((node) => node.nodeType === 3 && Boolean(node.textContent?.trim()));
    const name = (element: Element): string =>
      `${element.tagName.toLowerCase()}.${element.className} "${(element.textContent ?? '').trim().slice(0, 30)}"`;
    const wrong: string[] = [];
    for (const element of shown) {
      const box = element.getBoundingClientRect();
      const size = parseFloat(getComputedStyle(element).fontSize);
      if (says(element) && size < 28 * scale - 0.5)
        wrong.push(`type of ${size.toFixed(1)} px: ${name(element)}`);
      if (element.matches('button, a, input, label, [role=button], [role=radio]'))
        if (Math.min(box.width, box.height) < 96 * scale - 0.5)
          wrong.push(`target of ${box.width.toFixed(0)} × ${box.height.toFixed(0)} px: ${name(element)}`);
      // A paged list has what does not fit beside it, out of sight, and its own button for it.
      if (element.closest('.paged ol')) continue;
      if (box.right > innerWidth + 1 || box.bottom > innerHeight + 1 || box.left < -1 || box.top < -1)
        wrong.push(`sticks out: ${name(element)}`);
    }
    return wrong;
  });
}

/** Only the picture: of another part of a page that has just been looked at. */
export async function keep(page: Page, name: string): Promise<void> {
  // Letters that are still under way are looked at as they will be.
  await page.evaluate(() => document.fonts.ready);
  const file = join(ROOT, process.env.HALL_KEEP_SCREENS ?? 'test/artefacts/screens', `${name}.jpg`);
  mkdirSync(dirname(file), { recursive: true });
  await page.screenshot({ path: file, type: 'jpeg', quality: 55 });
}

/**
 * Asserts that the page is right in this state and keeps its picture as `name` (`kiosk/home-portrait-zh`), under
 * test/artefacts/screens, or docs/screens with `npm run screens`.
 */
export async function look(page: Page, name: string): Promise<void> {
  const isPublic = await page.evaluate(() => document.documentElement.dataset.public !== undefined);
  await keep(page, name);
  expect(await violations(page, { enhanced: isPublic }), name).toEqual([]);
  if (isPublic) expect(await tooSmall(page), name).toEqual([]);
}
