/** The words of tables, charts and exports, for whichever page shows some. */
import { addMessages } from '../messages/index.ts';
import en from '../messages/figures.en.ts';
import zh from '../messages/figures.zh-CN.ts';

addMessages('figures', { zh, en });
