/** Which build of the screens the hub serves, so that a page that is older can load itself anew. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Address of the page's entry script, as `/assets/index-CJ2f.js`: its name changes with every change of the screens.
 * Undefined where the screens are not built.
 */
export function buildOf(screensFolder: string): string | undefined {
  try {
    const page = readFileSync(join(screensFolder, 'index.html'), 'utf8');
    return /<script type="module"[^>]* src="([^"]+)"/.exec(page)?.[1];
  } catch {
    return undefined;
  }
}
