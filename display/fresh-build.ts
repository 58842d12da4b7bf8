/** A public page that is older than the hub's screens loads itself anew, at a moment when nobody needs it. */

const askEveryMs = 5_000;
/** Nobody has touched the screen or pressed a key for so long. */
const untouchedMs = 60_000;
const doneUnder = 'hall.loaded-for';

/** `quiet`: whether the page may go now, beside nobody having touched it; asked twice, 5 s apart. */
export type FreshBuild = { seen(build: string | undefined): void; close(): void };

/**
 * Watches the build that the hub names. `own`: the page's own entry script; `load`: loads the page anew. Both are the
 * browser's unless a test brings others.
 */
export function freshBuild(
  quiet: () => boolean,
  own: string | null = ownBuild(),
  load: () => void = () => location.reload(),
): FreshBuild {
  let timer: ReturnType<typeof setInterval> | undefined;
  let quietBefore = false;
  let touchedAt = -Infinity;
  const touched = (): void => {
    touchedAt = performance.now();
  };

  function ask(build: string): void {
    const now = quiet() && performance.now() - touchedAt > untouchedMs;
    if (now && quietBefore) {
      stop();
      // Once for each build: a proxy that still serves the old page must not keep the screen loading for ever.
      if (remember(build)) load();
      return;
    }
    quietBefore = now;
  }
  function stop(): void {
    clearInterval(timer);
    timer = undefined;
    removeEventListener('pointerdown', touched);
    removeEventListener('keydown', touched);
  }

  return {
    seen(build) {
      stop();
      if (build === undefined || own === null || build === own || doneFor() === build) return;
      quietBefore = false;
      addEventListener('pointerdown', touched);
      addEventListener('keydown', touched);
      timer = setInterval(() => ask(build), askEveryMs);
    },
    close: stop,
  };
}

function ownBuild(): string | null {
  return document.querySelector('script[type="module"][src]')?.getAttribute('src') ?? null;
}

function doneFor(): string | null {
  try {
    return sessionStorage.getItem(doneUnder);
  } catch {
    return null;
  }
}

function remember(build: string): boolean {
  try {
    sessionStorage.setItem(doneUnder, build);
    return true;
  } catch {
    return false;
  }
}
