/**
 * The picture of a ticket, drawn by a real browser, under a QR reader: what a visitor's phone would see. The reader (jsQR)
 * knows neither the agent nor the simulator.
 */
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startPrinter } from '../../firmware-sim/index.ts';
import { composeTicket } from '../../kiosk-agent/paper/ticket.ts';
import { ROOT } from '../harness/programs.ts';
import { startBrowser } from './browser.ts';
import { send } from '../witness/print-on.ts';
import { printerModels, ticketsOf } from '../witness/tickets.ts';

let browser: Browser;
let page: Page;
beforeAll(async () => {
  browser = await startBrowser();
  page = await browser.newPage();
  await page.addScriptTag({ path: join(ROOT, 'node_modules', 'jsqr', 'dist', 'jsQR.js') });
  await page.addScriptTag({ path: join(import.meta.dirname, 'read-drawn.js') });
}, 60_000);
afterAll(() => browser?.close());

const readDrawn = (svg: string): Promise<string | null> =>
  page.evaluate(
    (source) =>
      (globalThis as unknown as { readDrawn(source: string): Promise<string | null> }).readDrawn(source),
    svg,
  );

/** Where a code has neighbours of another kind, or is of another size. */
const looked = [
  'zh first print',
  'zh all marks',
  'zh longest QR',
  'zh Chinese QR',
  'zh QR too long',
  'en first print',
];
// All models of one paper width are sent the same bytes.
const widths = [...new Set(printerModels.map(({ columns }) => columns))].map((columns) => ({
  columns,
  models: printerModels
    .filter((model) => model.columns === columns)
    .map(({ id }) => id)
    .join(', '),
}));

it.each(widths)(
  'a ticket of $columns columns shows its QR code to a reader: $models',
  async ({ columns }) => {
    const printer = await startPrinter({
      port: 'tcp:0',
      width: columns === 48 ? 80 : 58,
      speed: Number.POSITIVE_INFINITY,
      startUpMs: 0,
    });
    try {
      const read: Record<string, string | null> = {};
      const expected: Record<string, string | null> = {};
      for (const { name, ticket, code } of ticketsOf(columns).filter(({ name }) => looked.includes(name))) {
        await send(printer, composeTicket(ticket, columns));
        const paper = printer.papers().at(-1);
        read[name] = await readDrawn(printer.svg(paper?.n ?? 0) ?? '');
        expected[name] = code;
      }
      expect(Object.keys(read)).toEqual(looked);
      expect(read).toEqual(expected);
    } finally {
      await printer.close();
    }
  },
);
