/** A real browser that npm brought. */
import sparticuz from '@sparticuz/chromium';
import { chromium, type Page } from 'playwright-core';

/** Opens `url` at a desk's size. `troubles` collects what the page complains of. Disposing closes the browser. */
export async function openPage(url: string): Promise<Page & { troubles: string[] } & AsyncDisposable> {
  const browser = await chromium.launch({
    executablePath: await sparticuz.executablePath(),
    // With these two the end of a page is the end of the browser.
    args: sparticuz.args.filter((one) => one !== '--single-process' && one !== '--no-zygote'),
  });
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, locale: 'zh-CN' });
  page.setDefaultTimeout(15_000);
  const troubles: string[] = [];
  page.on('pageerror', (error) => troubles.push(error.message));
  page.on('console', (message) => {
    // A cut connection is logged by the browser itself.
    if (message.type() === 'error' && !/ERR_INTERNET_DISCONNECTED|WebSocket/.test(message.text()))
      troubles.push(message.text());
  });
  await page.goto(url);
  return Object.assign(page, { troubles, [Symbol.asyncDispose]: () => browser.close() });
}
