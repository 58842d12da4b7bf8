/** The language in which a command speaks to a technician. */
import type { Bilingual } from '../contract/live.ts';

export type Language = keyof Bilingual;
export const LANGUAGES = ['zh', 'en'] as const satisfies readonly Language[];

/** What `--lang` says, else what the environment says, else what the system says; English when it is neither. */
export function languageOf(wish: Language | undefined, env: NodeJS.ProcessEnv): Language {
  if (wish) return wish;
  const said = env['LC_ALL'] || env['LC_MESSAGES'] || env['LANG'];
  // Windows has no such variable.
  return (said || Intl.DateTimeFormat().resolvedOptions().locale).toLowerCase().startsWith('zh')
    ? 'zh'
    : 'en';
}
