/** The query terminal on a screen that lies: in Chinese and in English. */
import { lookAtStates } from '../query-states.ts';

lookAtStates([
  { name: 'landscape-zh', width: 1920, height: 1080 },
  { name: 'landscape-en', width: 1920, height: 1080, english: true },
]);
