/** Both columns of the FF68 bus, pads and evaluators, at the same time. */
import { startFf68Bus } from '../../firmware-sim/ff68/bus.ts';
import { runColumn } from './column.ts';
import { busFaults, ff68Tests, type Role } from './ff68-bench.ts';
import { column as evaluatorColumn } from './ff68-evaluator.ts';
import { column as padColumn } from './ff68-pad.ts';
import { sideBySide } from './side-by-side.ts';

/** Its key pauses and goes on in turn: a key that counts twice, or not at all, leaves the window in the wrong state. */
const pad: Role = {
  as: 'pad',
  key: 0x12,
  before: async () => {},
  written: (presses) =>
    Array.from({ length: presses }, (_, at) => (at % 2 === 0 ? 'window.paused' : 'window.resumed')),
};

const visit = ['ticket.called', 'ticket.started', 'ticket.finished', 'rating.requested'];
/** One visit, rated once with the level of the second key. A press that counted twice would be `rating.ignored` behind it. */
const evaluator: Role = {
  as: 'evaluator',
  key: 0x01,
  async before(hall, window) {
    await hall.ticket(window);
    for (const action of ['call-next', 'start', 'finish']) await hall.act(window, action);
  },
  written: (presses) =>
    presses === 0 ? visit : Array.from({ length: presses }, () => [...visit, 'rating.given 4']).flat(),
};

const prefixed = (role: Role, tests: Record<string, () => Promise<void>>) =>
  Object.fromEntries(Object.entries(tests).map(([fault, test]) => [`${role.as} ${fault}`, test]));
const all = sideBySide({
  ...prefixed(pad, ff68Tests(padColumn, pad, busFaults(pad))),
  ...prefixed(evaluator, ff68Tests(evaluatorColumn, evaluator, busFaults(evaluator))),
});
for (const [column, role] of [
  [padColumn, pad],
  [evaluatorColumn, evaluator],
] as const) {
  const own = Object.entries(all).filter(([name]) => name.startsWith(`${role.as} `));
  runColumn(
    column,
    () => startFf68Bus({ port: 'tcp:0', addresses: { 1: role.as } }),
    Object.fromEntries(own.map(([name, test]) => [name.slice(role.as.length + 1), test])),
  );
}
