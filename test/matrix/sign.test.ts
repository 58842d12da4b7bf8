/** Both columns of signs, a line of each protocol for every fault, at the same time. */
import { startSignLine } from '../../firmware-sim/index.ts';
import { runColumn } from './column.ts';
import { lineFaults, signTests, type How } from './sign-bench.ts';
import { column as stripColumn } from './sign-strip.ts';
import { column as xunpengColumn } from './sign-xunpeng.ts';

const stripFaults: Readonly<Record<string, How>> = {
  ...lineFaults(9),
  'delayed-frames': {
    // Behind all three tries of a question.
    options: { ms: 900 },
    meanwhile: 'shows',
    seen: ({ said }) => said().some(({ words }) => words.startsWith('sign 1')),
    says: /^lost/,
  },
  busy: {
    meanwhile: 'keeps',
    // Code 03 in a reply of the faulty sign.
    seen: ({ said }) => said().some(({ hex }) => /^7e01....010003/.test(hex)),
    says: /^ready busy$/,
  },
  panel: {
    meanwhile: 'dark',
    seen: async ({ seen }) => (await seen()).advice?.en.includes('panel') === true,
    says: /^faulted sign-panel$/,
  },
  'too-hot': {
    meanwhile: 'shows',
    // A status: 2 lines of 16 columns at 80 %, faults 02.
    seen: ({ said }) => said().some(({ hex }) => /^7e01..8507000002105002/.test(hex)),
    says: /^ready too-hot$/,
  },
};
const xunpengFaults: Readonly<Record<string, How>> = {
  ...lineFaults(7),
  panel: {
    meanwhile: 'dark',
    // It answers all the same.
    seen: ({ line, said }) =>
      line.state(1).text === null && said().some(({ hex }) => /^2a.{10}0a$/.test(hex)),
    says: /^ready$/,
  },
};

const strip = signTests(
  stripColumn,
  'strip',
  (call, window) => (call === null ? `${window}号窗口` : `请${call}到${window}号窗口`),
  stripFaults,
);
/** The digits of a call without its letter and leading zeros; without a call the window's own number. */
const xunpeng = signTests(
  xunpengColumn,
  'xunpeng',
  (call, window) => String(call === null ? window : Number(call.slice(1))),
  xunpengFaults,
);
runColumn(stripColumn, () => startSignLine({ port: 'tcp:0', protocol: 'strip', addresses: [1] }), strip);
runColumn(
  xunpengColumn,
  () => startSignLine({ port: 'tcp:0', protocol: 'xunpeng', addresses: [1] }),
  xunpeng,
);
