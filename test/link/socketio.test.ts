import { farEnd } from './far-end.ts';
import { linkSuite } from './suite.ts';

linkSuite(
  'the link over Socket.IO, with the far end as a process of its own',
  () => farEnd((port) => `socketio:http://127.0.0.1:${port}`),
  'always',
);
