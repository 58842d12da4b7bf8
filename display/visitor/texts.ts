/** The texts that all machines for visitors share; loaded with the first of their parts. */
import { addMessages } from '../messages/index.ts';
import en from '../messages/visitor.en.ts';
import zh from '../messages/visitor.zh-CN.ts';

addMessages('visitor', { zh, en });
