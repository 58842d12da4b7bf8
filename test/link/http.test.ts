import { farEnd } from './far-end.ts';
import { linkSuite } from './suite.ts';

linkSuite('the link over HTTP, with the far end as a process of its own', () =>
  farEnd((port) => `http://127.0.0.1:${port}`),
);
