/** The query terminal upright: in Chinese, and with larger text. */
import { lookAtStates } from '../query-states.ts';

lookAtStates([
  { name: 'portrait-zh', width: 1080, height: 1920 },
  { name: 'portrait-elder', width: 1080, height: 1920, elder: true },
]);
