/** Cells of lines of signs in one hall: the sign that has the fault at address 1, one that must not be disturbed at 2. */
import { afterAll, beforeAll, expect } from 'vitest';
import { startSignLine, type FaultOptions, type SignLineHandle } from '../../firmware-sim/index.ts';
import { until } from '../harness/programs.ts';
import { startOneHall, windowsOf, type OneHall, type Seen } from './one-hall.ts';
import { sideBySide } from './side-by-side.ts';
import type { Column } from './table.ts';

const HIT = 1;
const OTHER = 2;

type Cell = {
  line: SignLineHandle;
  /** What the faulty sign has said since the fault is on, in hex and in words, and how long behind the question. */
  said: () => { hex: string; words: string; behindMs: number }[];
  seen: () => Promise<Seen>;
};
export type How = {
  options?: FaultOptions;
  /** the whole line has it, and so has the other sign */
  wholeLine?: true;
  /** on at the same time, to make it show */
  with?: string;
  /** shows: what is called meanwhile stands on it. keeps: what stood there before. dark: nothing. */
  meanwhile: 'shows' | 'keeps' | 'dark';
  /** the fault is on the wire */
  seen: (cell: Cell) => boolean | Promise<boolean>;
  /** state, fault and notes of the faulty sign meanwhile */
  says: RegExp;
  /** how it ends, where that is another switch */
  ends?: (line: SignLineHandle) => Promise<unknown>;
};

/** What stands on the sign of a window; a call, or null for none. */
type Text = (call: string | null, window: number) => string;

/** One test for each fault, as the table says. */
export function signTests(
  { cells }: Column,
  protocol: 'strip' | 'xunpeng',
  text: Text,
  table: Readonly<Record<string, How>>,
) {
  const faults = Object.keys(cells).filter((fault) => fault in table);
  const lines = new Map<string, SignLineHandle>();
  let hall: OneHall;

  beforeAll(async () => {
    for (const fault of faults)
      lines.set(fault, await startSignLine({ port: 'tcp:0', protocol, addresses: [HIT, OTHER] }));
    const row = (line: SignLineHandle, at: number) =>
      `  - {id: line-${at}, model: ${protocol}, port: "${line.port}", addresses: {${HIT}: {window: ${windowsOf(at).hit}}, ${OTHER}: {window: ${windowsOf(at).other}}}}`;
    hall = await startOneHall(faults.length, [...lines.values()].map(row).join('\n'));
  });
  afterAll(async () => {
    await hall?.close();
    for (const line of lines.values()) await line.close();
  });

  async function run(fault: string, how: How) {
    const at = faults.indexOf(fault);
    const line = lines.get(fault)!;
    const { hit, other } = windowsOf(at);
    const id = `line-${at}.${HIT}`;
    const stands = (address: number, expected: string | null) =>
      until(`"${expected}" on sign ${address}`, () => line.state(address).text === expected).catch(
        (error: unknown) => {
          throw new Error(`${String(error)}, it is "${line.state(address).text}"`);
        },
      );
    /** Calls the next visitor to a window; the text for him. */
    const call = async (window: number) => {
      await hall.ticket(window);
      const { ticket } = (await hall.act(window, 'call-next')) as { ticket: { number: string } };
      return text(ticket.number, window);
    };
    const idle = text(null, hit);
    await Promise.all([stands(HIT, idle), stands(OTHER, text(null, other))]);
    await hall.says(id, /^ready$/);

    const shownBefore = line.state(HIT).history.length;
    const since = line.wire().length;
    const cell: Cell = {
      line,
      seen: () => hall.seen(id),
      said: () =>
        line
          .wire()
          .slice(since)
          .flatMap(({ direction, hex, decoded, at: said }, index, all) => {
            const asked = all.slice(0, index).findLast((before) => before.direction === 'in');
            const behindMs = asked ? Date.parse(said) - Date.parse(asked.at) : 0;
            return direction === 'out' ? [{ hex, words: decoded, behindMs }] : [];
          }),
    };
    if (how.with) await line.setFault(how.with, true, { rate: 1, address: HIT });
    await line.setFault(fault, true, { ...how.options, ...(!how.wholeLine && { address: HIT }) });
    const first = await call(hit);
    if (!how.wholeLine) {
      await stands(OTHER, await call(other));
      await hall.says(`line-${at}.${OTHER}`, /^ready$/);
    }
    await until(`${fault} on the wire`, () => how.seen(cell));
    await hall.says(id, how.says);
    if (how.meanwhile === 'shows') await stands(HIT, first);
    else expect(line.state(HIT).text).toBe(how.meanwhile === 'dark' ? null : idle);
    await hall.act(hit, 'missed');
    const second = await call(hit);

    if (how.ends) await how.ends(line);
    await line.setFault(fault, false);
    if (how.with) await line.setFault(how.with, false);
    await stands(HIT, second);
    await hall.says(id, /^ready$/);
    await hall.act(hit, 'missed');
    await stands(HIT, idle);
    // Each once, in order, but where nobody can know that it stands there; between two calls the window's own text may have been there.
    const answers = how.says.test('ready');
    const calls = line
      .state(HIT)
      .history.slice(shownBefore)
      .filter((shown, index, all) => shown !== idle && (answers || shown !== all[index - 1]));
    expect(calls).toEqual(how.meanwhile === 'shows' ? [first, second] : [second]);
    expect((await cell.seen()).state).toBe('ready');
  }
  return sideBySide(Object.fromEntries(faults.map((fault) => [fault, () => run(fault, table[fault]!)])));
}

const words = (part: string) => (cell: Cell) => cell.said().some((one) => one.words.includes(part));
const away = /^(lost|refused|missing)/;
const unheard = /^(lost|wrong-settings)/;

/** Faults of the line, the same for both protocols. `replyLength`: bytes of the shortest reply. */
export const lineFaults = (replyLength: number): Readonly<Record<string, How>> => ({
  unplugged: { wholeLine: true, meanwhile: 'keeps', seen: ({ line }) => !line.plugged, says: away },
  silent: { meanwhile: 'shows', seen: ({ line }) => line.faults().includes('silent'), says: /^lost/ },
  noise: { meanwhile: 'shows', seen: words('noise'), says: /^ready$/ },
  babble: { wholeLine: true, meanwhile: 'shows', seen: words('babble'), says: /^ready$/ },
  'lost-frames': {
    options: { rate: 1 },
    meanwhile: 'keeps',
    seen: ({ line }) => line.faults().includes('lost-frames'),
    says: /^lost/,
  },
  'doubled-frames': { options: { rate: 1 }, meanwhile: 'shows', seen: words('again'), says: /^ready$/ },
  'merged-frames': { with: 'doubled-frames', meanwhile: 'shows', seen: words(' + '), says: /^ready$/ },
  'split-frames': {
    meanwhile: 'shows',
    seen: ({ said }) => said().some(({ hex }) => hex.length < 2 * replyLength),
    says: /^ready$/,
  },
  'delayed-frames': {
    meanwhile: 'shows',
    seen: ({ said }) => said().some(({ behindMs }) => behindMs > 100),
    says: /^ready$/,
  },
  corrupted: {
    options: { rate: 1 },
    meanwhile: 'shows',
    seen: ({ said }) => said().some(({ words }) => words.startsWith('sign 1')),
    says: unheard,
  },
  'wrong-baud': {
    wholeLine: true,
    meanwhile: 'keeps',
    seen: words('garbage'),
    says: /^wrong-settings/,
  },
  'unplug-after-bytes': {
    // A call is longer.
    options: { bytes: 5 },
    wholeLine: true,
    meanwhile: 'keeps',
    seen: ({ line }) => !line.plugged && line.wire().at(-1)?.hex.length === 10,
    says: away,
    ends: (line) => line.plug(),
  },
  'wrong-checksum': {
    options: { rate: 1 },
    meanwhile: 'shows',
    seen: ({ said }) => said().some(({ words }) => words.startsWith('sign 1')),
    says: unheard,
  },
  'adapter-echo': {
    wholeLine: true,
    meanwhile: 'shows',
    seen: words('echo of the adapter'),
    says: /^ready$/,
  },
  'turn-bytes': { meanwhile: 'shows', seen: words('the line turns'), says: /^ready$/ },
  'power-off': { meanwhile: 'dark', seen: ({ line }) => line.state(HIT).power === 'off', says: /^lost/ },
  'power-off-after-bytes': {
    options: { bytes: 5 },
    wholeLine: true,
    meanwhile: 'dark',
    seen: ({ line }) => line.state(HIT).power === 'off',
    says: /^lost/,
    ends: (line) => line.setFault('power-off', false),
  },
});
