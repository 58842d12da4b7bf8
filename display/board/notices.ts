/** The lines at the foot of the board: the rush first, then what the central office has put up, then the rule for a missed number, then the hall's own. Pure. */
import type { Bilingual, PublicView } from '../../kiosk-agent/contract/live.ts';
import { postedAt } from '../posted.ts';
import { parts, readingSeconds } from './rotation.ts';

export type Notice = { language: 'zh-CN' | 'en'; text: string; seconds: number };

/** As much as the foot of the smallest board has room for, in Chinese characters. */
const widthMax = 96;

/** Every notice in Chinese and in English, one after the other; `extended`: the sentence for longer opening hours. */
export function noticesOf(view: PublicView, extended: (until: string) => Bilingual): Notice[] {
  const surge = view.day.surge;
  const until = surge?.extendUntil;
  const rush = surge?.notice ?? (until ? extended(until) : null);
  return [
    ...(rush ? [rush] : []),
    ...postedAt(view, 'board'),
    view.hall.missedRule,
    ...view.hall.notices,
  ].flatMap(({ zh, en }) => [...inParts('zh-CN', zh), ...inParts('en', en)]);
}

function inParts(language: Notice['language'], text: string): Notice[] {
  if (text === '') return [];
  return parts(text, widthMax).map((part) => ({ language, text: part, seconds: readingSeconds(part) }));
}
