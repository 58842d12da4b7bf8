/** The query terminal on a screen that lies, in English: the longer words in the lower room. */
import { lookAtStates } from '../query-states.ts';

lookAtStates([{ name: 'landscape-en', width: 1920, height: 1080, english: true }]);
