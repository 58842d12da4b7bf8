/** How a board says a call, with every kind of browser that it may have: what it reports is what was heard. */
import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureScreens, screensFolder } from '../../../kiosk-agent/box/screens.ts';
import type { PlayedReport } from '../../../kiosk-agent/contract/announcements.ts';
import { ROOT, until } from '../../harness/programs.ts';
import { startBrowser } from '../browser.ts';
import { mockHub, ticket, window, type MockHub } from '../mock-hub.ts';

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

/** Stands in for the browser's speech: headless Chromium has no voices. `hangs`: it takes the words and says nothing. */
type Engine = { lang: string; local: boolean; hangs?: boolean };
async function speaking(context: BrowserContext, engine: Engine): Promise<void> {
  await context.addInitScript((engine: Engine) => {
    class Utterance extends EventTarget {
      text: string;
      onstart: (() => void) | null = null;
      onend: (() => void) | null = null;
      constructor(text: string) {
        super();
        this.text = text;
      }
    }
    const voice = { lang: engine.lang, localService: engine.local, name: 'Tingting', voiceURI: 'Tingting' };
    const said: string[] = [];
    Object.assign(globalThis, { said, SpeechSynthesisUtterance: Utterance });
    Object.defineProperty(globalThis, 'speechSynthesis', {
      value: {
        getVoices: () => [voice],
        cancel: () => undefined,
        speak(words: Utterance) {
          if (engine.hangs) return;
          said.push(words.text);
          setTimeout(() => words.onstart?.(), 10);
          setTimeout(() => words.onend?.(), 300);
        },
      },
    });
  }, engine);
}

const boards: Record<
  string,
  { engine?: Engine; quiet?: true; offline?: true; blocked?: true; reports: string | null }
> = {
  'speaks-chinese': { engine: { lang: 'zh-CN', local: true }, reports: 'speech' },
  'speaks-english-only': { engine: { lang: 'en-US', local: true }, reports: 'clips' },
  'engine-hangs': { engine: { lang: 'zh-CN', local: true, hangs: true }, reports: 'clips' },
  'voice-on-the-internet': { engine: { lang: 'zh-CN', local: false }, offline: true, reports: 'clips' },
  'no-voice': { reports: 'clips' },
  'no-clips': { quiet: true, reports: 'silent no-chime' },
  'sound-not-let-out': { blocked: true, reports: 'silent blocked' },
  off: { reports: null },
};

test('reports speech, clips or silence, as it was; a board that is to be silent reports nothing', async () => {
  const pages = await Promise.all(
    Object.entries(boards).map(async ([name, { engine, quiet, offline, blocked }]) => {
      const context = await browser.newContext({
        viewport: { width: 960, height: 540 },
        reducedMotion: 'reduce',
      });
      if (engine) await speaking(context, engine);
      if (offline)
        await context.addInitScript(() => Object.defineProperty(navigator, 'onLine', { get: () => false }));
      if (blocked)
        await context.addInitScript(() =>
          Object.defineProperty(AudioContext.prototype, 'state', { get: () => 'suspended' }),
        );
      if (quiet) await context.route('**/sounds/**', (route) => route.abort());
      const page = await context.newPage();
      await page.goto(`${hub.url}/board?name=${name}${name === 'off' ? '&sound=off' : ''}`);
      await page.locator('.big .n').waitFor();
      return { name, page };
    }),
  );
  const at = new Date().toISOString();
  hub.set({
    windows: {
      3: window(3, 'called', {
        ticket: { ...ticket('D500', 'called'), call: 1, calledAt: at, startedAt: null },
      }),
    },
    calls: [
      { ticketId: 't-D500', number: 'D500', service: 'transfer', window: 3, call: 1, at },
      ...hub.view.calls,
    ],
  });
  const heard = (): PlayedReport[] =>
    hub.requests.filter(({ path }) => path === '/calls/played').map(({ body }) => body as PlayedReport);
  const speakers = Object.keys(boards).length - 1;
  await until('every board’s report', () => Promise.resolve(heard().length >= speakers), 30_000);
  const reported = Object.fromEntries(
    heard().map(({ screen, how, why }) => [screen, why === undefined ? how : `${how} ${why}`]),
  );
  expect({ ...reported, off: reported['off'] ?? null }).toEqual(
    Object.fromEntries(Object.entries(boards).map(([name, { reports }]) => [name, reports])),
  );
  expect(heard()).toHaveLength(speakers);
  const spoke = pages.find(({ name }) => name === 'speaks-chinese')!.page;
  const said = await spoke.evaluate(() => (globalThis as unknown as { said: string[] }).said);
  expect(said).toEqual(['请D五零零号到3号窗口办理业务', '请D五零零号到3号窗口办理业务']);
  for (const { page } of pages) await page.context().close();
});
