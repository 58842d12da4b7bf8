/** What happens to a missed number, as one sentence: the same on ticket, kiosk and board (docs/rules.md, "A ticket"). */
import type { Bilingual } from '../contract/live.ts';
import type { HallRules } from './state.ts';

/** The sentence for the hall's policy. */
export function missedRule(missed: HallRules['missed']): Bilingual {
  switch (missed.policy) {
    case 'void':
      return { zh: '过号作废，请重新取号', en: 'A missed number is void; please take a new ticket' };
    case 'back':
      return {
        zh: `过号自动顺延${missed.places}位，请继续等候`,
        en: `A missed number moves back ${missed.places} places; please keep waiting`,
      };
    case 'keep-calls':
      return {
        zh: `过号${missed.calls}位内可直接到窗口，超过请重新取号`,
        en: `Missed your call? Go to the window within the next ${missed.calls} calls; after that take a new ticket`,
      };
    case 'keep-minutes':
      return {
        zh: `过号${missed.minutes}分钟内可直接到窗口，超过请重新取号`,
        en: `Missed your call? Go to the window within ${missed.minutes} minutes; after that take a new ticket`,
      };
  }
}
