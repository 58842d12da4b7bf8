/** The call in clips: which words, and that a real browser decodes and plays them. */
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import sparticuz from '@sparticuz/chromium';
import fc from 'fast-check';
import { chromium, type Browser, type Page } from 'playwright-core';
import { transformWithOxc } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clipsFor } from '../../display/board/clips.ts';
import type * as Clips from '../../display/board/clips.ts';

const publicFolder = fileURLToPath(new URL('../../display/public', import.meta.url));
const files = (['zh', 'en'] as const).flatMap((language) =>
  readdirSync(`${publicFolder}/sounds/voice/${language}`).map((file) => `/sounds/voice/${language}/${file}`),
);
const spoken = (language: 'zh' | 'en', number: string, window: number): string =>
  clipsFor(language, number, window)
    .map((path) => path.replace(`/sounds/voice/${language}/`, '').replace('.ogg', ''))
    .join(' ');

describe('the words of a call', () => {
  test('a number is said letter by letter and digit by digit, a window up to 99 as a number', () => {
    expect(spoken('zh', 'A001', 3)).toBe('qing A 0 0 1 hao-dao 3 hao-chuangkou-banli-yewu');
    expect(spoken('zh', 'AB012', 12)).toBe('qing A B 0 1 2 hao-dao 10 2 hao-chuangkou-banli-yewu');
    expect(spoken('zh', 'A1000', 120)).toBe('qing A 1 0 0 0 hao-dao 1 2 0 hao-chuangkou-banli-yewu');
    expect(spoken('en', 'A001', 3)).toBe('ticket A 0 0 1 please-go-to-window 3');
    expect(spoken('en', 'AB012', 12)).toBe('ticket A B 0 1 2 please-go-to-window 12');
    expect(spoken('en', 'A1000', 120)).toBe('ticket A 1 0 0 0 please-go-to-window 1 2 0');
  });

  test.each([
    [10, '10', '10'],
    [19, '10 9', '19'],
    [20, '2 10', '20'],
    [21, '2 10 1', '20 1'],
    [99, '9 10 9', '90 9'],
    [100, '1 0 0', '1 0 0'],
    [999, '9 9 9', '9 9 9'],
  ])('window %i is said %s in Chinese, %s in English', (window, zh, en) => {
    expect(spoken('zh', 'A001', window)).toBe(`qing A 0 0 1 hao-dao ${zh} hao-chuangkou-banli-yewu`);
    expect(spoken('en', 'A001', window)).toBe(`ticket A 0 0 1 please-go-to-window ${en}`);
  });

  test('what cannot be said whole is not said in part', () => {
    for (const number of ['', 'A', '企001', 'a001', 'A-001', 'ABC001', 'A00１'])
      expect(clipsFor('zh', number, 3), number).toEqual([]);
    for (const window of [0, -1, 1000, 1.5, Number.NaN]) expect(clipsFor('en', 'A001', window)).toEqual([]);
  });

  test('every clip that a call can name is there, and none is there for nothing', () => {
    const named = new Set<string>();
    for (const language of ['zh', 'en'] as const)
      for (let window = 1; window <= 999; window++)
        for (const letter of 'ABCDEFGHIJKLMNOPQRSTUVWXYZ')
          for (const path of clipsFor(language, `${letter}0123456789`, window)) named.add(path);
    expect([...named].sort()).toEqual([...files].sort());
  });

  test('no call names a clip that is not there', () => {
    const there = new Set(files);
    fc.assert(
      fc.property(
        fc.constantFrom('zh', 'en'),
        fc.oneof(fc.stringMatching(/^[A-Z]{1,2}\d{3,5}$/), fc.string({ unit: 'grapheme' })),
        fc.oneof(fc.integer({ min: 1, max: 999 }), fc.double()),
        (language, number, window) => clipsFor(language, number, window).every((path) => there.has(path)),
      ),
      { seed: 20260301, numRuns: 500 },
    );
  });

  test('the clips are small enough to travel with the program', () => {
    const bytes = files.reduce((sum, file) => sum + statSync(publicFolder + file).size, 0);
    expect(bytes).toBeLessThan(600 * 1024);
  });
});

describe('in a browser', () => {
  let browser: Browser;
  let server: Server;
  let page: Page;
  const html = (script: string): string =>
    `<script type="module">import * as clips from "/clips.js"; ${script}</script>`;
  // It speaks by itself and tells the server: what the test runs in a page counts as somebody's touch.
  const untouched = `
    const player = { context: new AudioContext(), fetch: globalThis.fetch, signal: new AbortController().signal };
    clips.playClips(clips.clipsFor('zh', 'A001', 3), player).then((played) => fetch('/played/' + played));`;
  const clipsModule = fileURLToPath(new URL('../../display/board/clips.ts', import.meta.url));

  beforeAll(async () => {
    const script = (await transformWithOxc(readFileSync(clipsModule, 'utf8'), clipsModule)).code;
    server = createServer((request, response) => {
      const path = request.url ?? '/';
      if (path === '/') response.setHeader('content-type', 'text/html').end(html('globalThis.clips = clips'));
      else if (path === '/untouched') response.setHeader('content-type', 'text/html').end(html(untouched));
      else if (path.startsWith('/played/')) response.end();
      else if (path === '/clips.js') response.setHeader('content-type', 'text/javascript').end(script);
      else if (path === '/noise.ogg') response.end('not a sound');
      else if (path === '/silent-hub.ogg') return;
      else if (files.includes(path)) response.end(readFileSync(publicFolder + path));
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    browser = await chromium.launch({
      executablePath: await sparticuz.executablePath(),
      // With these two, closing a page ends the browser; the rule is the one of a browser that nobody has set up.
      args: [
        ...sparticuz.args.filter((one) => one !== '--single-process' && one !== '--no-zygote'),
        '--autoplay-policy=document-user-activation-required',
      ],
    });
    page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    server?.closeAllConnections();
    server?.close();
  });

  /** What `playClips` answers, and how long the page's clock of sound went on. */
  const play = (paths: string[], abortAfterMs?: number): Promise<{ played: string; seconds: number }> =>
    page.evaluate(
      async ({ paths, abortAfterMs }) => {
        const { playClips } = (globalThis as unknown as { clips: typeof Clips }).clips;
        const context = new AudioContext();
        const stop = new AbortController();
        if (abortAfterMs !== undefined) setTimeout(() => stop.abort(), abortAfterMs);
        const played = await playClips(paths, { context, fetch: globalThis.fetch, signal: stop.signal });
        const seconds = context.currentTime;
        await context.close();
        return { played, seconds };
      },
      { paths, abortAfterMs },
    );

  test('every clip decodes, has a word’s length, is as loud as the others, and neither clips nor begins late', async () => {
    const measured = await page.evaluate(async (files) => {
      const context = new OfflineAudioContext(1, 1, 24_000);
      return Promise.all(
        files.map(async (file) => {
          const buffer = await context.decodeAudioData(await (await fetch(file)).arrayBuffer());
          const samples = buffer.getChannelData(0);
          const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
          const first = samples.findIndex((sample) => Math.abs(sample) > peak / 20);
          const rms = Math.sqrt(samples.reduce((sum, sample) => sum + sample ** 2, 0) / samples.length);
          return {
            file,
            channels: buffer.numberOfChannels,
            duration: buffer.duration,
            silenceBefore: first / buffer.sampleRate,
            peak,
            loudness: 20 * Math.log10(rms),
          };
        }),
      );
    }, files);
    expect(measured).toHaveLength(files.length);
    for (const clip of measured) {
      const longest = clip.file.includes('-') ? 2.5 : 0.95;
      expect(clip.channels, clip.file).toBe(1);
      expect(clip.duration, clip.file).toBeGreaterThan(0.15);
      expect(clip.duration, clip.file).toBeLessThan(longest);
      expect(clip.silenceBefore, clip.file).toBeLessThan(0.15);
      expect(clip.peak, clip.file).toBeLessThan(1);
      expect(clip.loudness, clip.file).toBeGreaterThan(-26);
      expect(clip.loudness, clip.file).toBeLessThan(-15);
    }
  });

  test('before anybody has touched the page a call is blocked, and says so', async () => {
    const fresh = await browser.newPage();
    const answer = fresh.waitForRequest(/\/played\//, { timeout: 15_000 });
    await fresh.goto(new URL('/untouched', page.url()).href);
    expect(new URL((await answer).url()).pathname).toBe('/played/blocked');
    await fresh.close();
  });

  describe('that somebody has touched', () => {
    beforeAll(() => page.mouse.click(5, 5));

    test('a call is played to its end', async () => {
      const { played, seconds } = await play(clipsFor('en', 'A1', 3));
      expect(played).toBe('played');
      expect(seconds).toBeGreaterThan(1.5);
    });

    test('a clip that is not there, or is no sound, is missing, and nothing else is said', async () => {
      expect((await play([])).played).toBe('missing');
      expect((await play([files[0]!, '/sounds/voice/zh/none.ogg'])).played).toBe('missing');
      expect((await play([files[0]!, '/noise.ogg'])).played).toBe('missing');
    });

    test('a hub that never answers ends as missing', async () => {
      expect((await play(['/silent-hub.ogg'])).played).toBe('missing');
    });

    test('an end from outside ends it: while it speaks and while it loads', async () => {
      expect((await play(clipsFor('zh', 'A0000000000', 3), 300)).played).toBe('blocked');
      expect((await play(['/silent-hub.ogg'], 100)).played).toBe('blocked');
    });
  });
});
