/** Letters for the sentences that are needed when nothing can be loaded any more. */
import en from './messages/en.ts';
import zh from './messages/zh-CN.ts';

const WEIGHTS = [400, 700];

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'object' && value !== null ? Object.values(value).map(textOf).join('') : '';
}

/** Loads the pieces of the font that these sentences need, while the hub is there; a browser without the call goes without. */
export function loadLettersForTrouble(): void {
  const letters = [
    ...new Set(
      [zh, en]
        .map(({ common, problem, visitorProblem }) => textOf({ common, problem, visitorProblem }))
        .join(''),
    ),
  ].join('');
  for (const weight of WEIGHTS)
    document.fonts?.load(`${weight} 16px 'Noto Sans SC'`, letters).catch(() => undefined);
}
