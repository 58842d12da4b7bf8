/** A replayed device on a TCP port, met by a host of plain bytes. */
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Capture } from '../../firmware-sim/replay/capture.ts';
import { startReplay, type ReplayOptions } from '../../firmware-sim/replay/replay.ts';
import { noNumbers } from '../../firmware-sim/replay/numbers.ts';
import { createPlayer } from '../../firmware-sim/replay/player.ts';
import { reportLines, type ReplayReport } from '../../firmware-sim/replay/report.ts';
import { bytesOf, captureOf, plainHost } from './capture-of.ts';

async function meet(capture: Capture, options: Partial<ReplayOptions> = {}) {
  const replay = await startReplay({
    capture,
    port: 'tcp:0',
    speed: Infinity,
    patienceMs: 3_000,
    ...options,
  });
  onTestFinished(() => replay.close());
  const host = await plainHost(replay.port);
  onTestFinished(() => host.close());
  return { replay, host };
}

/** evaluators §3: a pad's key and its echo, twice; then it says something by itself. */
const NEXT = 'FF 68 03 03 68 01 01 0C 0E 16';
const RECALL = 'FF 68 03 03 68 01 01 0D 0F 16';
const BEEP = 'FF 68 02 02 68 01 03 04 16';
const pads = captureOf('ff68', 'frames', [
  [10, 'in', NEXT],
  [14, 'out', NEXT],
  [20, 'out', BEEP],
  [900, 'in', RECALL],
  [905, 'out', RECALL],
]);

describe('a replayed device', () => {
  it('says its part once the host has said its own', async () => {
    const { replay, host } = await meet(pads);
    await host.hears(NEXT);
    expect(host.heard()).toBe(bytesOf(NEXT).toString('hex'));
    host.say(NEXT);
    host.say(BEEP);
    await host.hears(RECALL);
    host.say(RECALL);
    expect(await replay.done).toMatchObject({
      end: 'played',
      played: 5,
      hostFramesHeard: 3,
      differences: [],
    });
  });

  it('hears the host however its bytes are cut', async () => {
    const all = bytesOf(`${NEXT} ${BEEP} ${RECALL}`);
    for (let cut = 1; cut < all.length; cut++) {
      const { replay, host } = await meet(pads);
      await host.hears(NEXT);
      host.say(all.subarray(0, cut).toString('hex'));
      await new Promise((resolve) => setImmediate(resolve));
      host.say(all.subarray(cut).toString('hex'));
      expect((await replay.done).end).toBe('played');
      host.close();
      await replay.close();
    }
  });

  it('waits for the time of what it said unasked, as often as fast as wished', async () => {
    const times: number[] = [];
    let now = 0;
    const due: { at: number; task: () => void }[] = [];
    const clock = {
      now: () => now,
      after(ms: number, task: () => void) {
        const entry = { at: now + ms, task };
        due.push(entry);
        return () => void due.splice(0, due.length, ...due.filter((one) => one !== entry));
      },
    };
    const { replay, host } = await meet(pads, { speed: 2, clock, onPlayed: () => times.push(now) });
    host.say(`${NEXT} ${BEEP}`);
    // Early: what stood before its frame is said at once, and the time of the capture goes on from there.
    await host.hears(NEXT);
    while (times.length < 4) {
      const next = due.sort((a, b) => a.at - b.at).shift();
      if (next) {
        now = next.at;
        next.task();
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(times).toEqual([0, 0, 0, 440]);
    host.say(RECALL);
    expect((await replay.done).end).toBe('played');
  });

  it('names the first byte that differs, and what it was', async () => {
    const { replay, host } = await meet(pads);
    host.say(NEXT);
    host.say('FF 68 02 02 68 02 03 05 16');
    const report = await replay.done;
    expect(report.end).toBe('different');
    expect(report.differences).toEqual([
      {
        kind: 'different',
        line: 4,
        t: 20,
        offset: 5,
        streamOffset: 15,
        recorded: 'ff6802026801030416',
        heard: 'ff6802026802030516',
        decoded: null,
      },
    ]);
    expect(reportLines(report)).toEqual([
      'played 2 of 5 lines, 0.905 s of capture; 1 of 3 host frames heard again',
      'line 4 (0.020 s): the host said something else, from byte 5 of this frame (byte 15 of all)',
      '  recorded ff6802026801030416',
      '  heard    ff6802026802030516',
      'the host did not say the same; --loose goes on at differences',
    ]);
  });

  it('does not wait for ever for what the host never says', async () => {
    const { replay, host } = await meet(pads, { patienceMs: 50 });
    host.say(NEXT);
    host.say('FF 68');
    const report = await replay.done;
    expect(report).toMatchObject({ end: 'different', played: 2 });
    expect(report.differences).toMatchObject([{ kind: 'absent', line: 4, heard: 'ff68' }]);
  });

  it('says nothing twice on a port that hands over the host’s bytes while it is written to', async () => {
    const said: string[] = [];
    const { promise: done, resolve } = Promise.withResolvers<ReplayReport>();
    const player = createPlayer({
      lines: pads.lines.map((line) => ({ ...line, silent: false })),
      numbers: noNumbers,
      wholeReports: false,
      mode: 'follow',
      speed: Infinity,
      patienceMs: 3_000,
      waitMs: 3_000,
      replug: new Set(),
      pullAndPlug: async () => {},
      clock: {
        now: () => performance.now(),
        after(ms, task) {
          const timer = setTimeout(task, ms);
          return () => clearTimeout(timer);
        },
      },
      send(bytes) {
        said.push(Buffer.from(bytes).toString('hex'));
        player.onBytes(bytesOf(said.length === 1 ? `${NEXT} ${BEEP}` : RECALL));
      },
      onPlayed: () => {},
      onEnd: resolve,
    });
    player.onHost(true);
    expect((await done).end).toBe('played');
    expect(said).toEqual([NEXT, RECALL].map((frame) => bytesOf(frame).toString('hex')));
  });

  it('hears a sheet that comes in one piece much longer than what is kept of noise', async () => {
    const sheet = '55'.repeat(20_000);
    const { replay, host } = await meet(
      captureOf('escpos-80', 'printer', [
        [1, 'out', sheet.slice(0, 30_000)],
        [2, 'out', sheet.slice(30_000)],
        [3, 'in', '12'],
      ]),
    );
    host.say(sheet);
    await host.hears('12');
    expect((await replay.done).end).toBe('played');
  });

  it('ends when the host closes the port and stays away', async () => {
    const { replay, host } = await meet(pads, { patienceMs: 50 });
    await host.hears(NEXT);
    host.close();
    expect((await replay.done).end).toBe('host-gone');
  });

  it('ends when no host comes at all, and when it is told to', async () => {
    const alone = await startReplay({ capture: pads, port: 'tcp:0', waitMs: 20 });
    expect((await alone.done).end).toBe('no-host');
    await alone.close();
    const { replay } = await meet(pads);
    await replay.close();
    await replay.close();
    expect((await replay.done).end).toBe('closed');
  });

  it('that is loose goes on at the next recorded frame that the host says', async () => {
    const { replay, host } = await meet(pads, { mode: 'loose' });
    host.say(NEXT);
    host.say('00 00 FF 68');
    host.say(RECALL);
    const report = await replay.done;
    expect(report).toMatchObject({ end: 'different', played: 5, hostFramesHeard: 2 });
    expect(report.differences.map(({ kind, line }) => `${kind} ${line}`)).toEqual([
      'different 4',
      'skipped 4',
    ]);
    await host.hears(RECALL);
  });

  it('that is loose goes on without a frame that never comes', async () => {
    const { replay, host } = await meet(pads, { mode: 'loose', patienceMs: 40 });
    host.say(NEXT);
    await host.hears(RECALL);
    host.say(RECALL);
    const report = await replay.done;
    expect(report).toMatchObject({ end: 'different', played: 5, hostFramesHeard: 2 });
    expect(report.differences).toMatchObject([{ kind: 'absent', line: 4 }]);
  });

  it('by the clock says everything to a host that says nothing', async () => {
    const { replay, host } = await meet(pads, { mode: 'timed' });
    await host.hears(RECALL);
    const report = await replay.done;
    expect(report).toMatchObject({ end: 'played', hostFramesHeard: 0, differences: [] });
    expect(reportLines(report).at(-1)).toBe('played by the clock; the host was not judged');
  });

  it('pulls its plug where it is told, and goes on with the host that comes back', async () => {
    const { replay, host } = await meet(pads, { replug: [5] });
    host.say(NEXT);
    host.say(BEEP);
    await host.closed;
    const back = await comeBack(replay.port);
    onTestFinished(() => back.close());
    await back.hears(RECALL);
    back.say(RECALL);
    expect(await replay.done).toMatchObject({ end: 'played', hostFramesHeard: 3 });
  });
});

/** Tries to open the port until it is there again, 5 s at the most. */
async function comeBack(port: string) {
  for (const end = performance.now() + 5_000; ;) {
    try {
      return await plainHost(port);
    } catch (error) {
      if (performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

describe('numbers that the host draws afresh', () => {
  /** evaluators §1 */
  const visit = captureOf('elp1', 'evaluator', [
    [1, 'out', "'$WHO,1*AFAA\r\n'"],
    [2, 'in', "'$HI,1,HALL-EV5,S1,0000ABCD,1.0*50A8\r\n'"],
    [3, 'out', "'$OPEN,2,17,30,2*A1E0\r\n'"],
    [4, 'out', "'$OPEN,2,17,30,2*A1E0\r\n'"],
    [5, 'in', "'$OK,2*F3FB\r\n'"],
    [6, 'in', "'$KEY,0000ABCD,1,17,5,0*40E0\r\n'"],
    [7, 'out', "'$ACK,0000ABCD,1*45F9\r\n'"],
    [8, 'in', "'$ST,0000ABCD,5,17,00*97FD\r\n'"],
  ]);

  it('ELP/1: command and session are answered with the numbers of now, with a right checksum', async () => {
    const { replay, host } = await meet(visit);
    host.say("'$WHO,812*9B7A\r\n'");
    await host.hears("'$HI,1,HALL-EV5,S1,0000ABCD,1.0*50A8\r\n'");
    host.say("'$OPEN,813,4001,30,2*08FA\r\n'");
    host.say("'$OPEN,813,4001,30,2*08FA\r\n'");
    await host.hears("'$OK,813*F276\r\n$KEY,0000ABCD,1,4001,5,0*8601\r\n'");
    host.say("'$ACK,0000ABCD,1*45F9\r\n'");
    await host.hears("'$ST,0000ABCD,5,4001,00*6550\r\n'");
    expect((await replay.done).end).toBe('played');
  });

  it('ELP/1: a repeat under another number is no repeat', async () => {
    const { replay, host } = await meet(visit);
    host.say("'$WHO,812*9B7A\r\n'");
    host.say("'$OPEN,813,4001,30,2*08FA\r\n'");
    host.say("'$OPEN,814,4001,30,2*7CE0\r\n'");
    expect(await replay.done).toMatchObject({ end: 'different', played: 3, differences: [{ line: 5 }] });
  });

  it('ELP/1: what is not a number must be the same', async () => {
    const { replay, host } = await meet(visit);
    host.say("'$WHO,812*9B7A\r\n'");
    host.say("'$SAY,813,2*752B\r\n'");
    expect(await replay.done).toMatchObject({
      end: 'different',
      differences: [{ line: 4, kind: 'different' }],
    });
  });

  it('ELP/1: a capture that begins behind the introduction greets the host itself, and says so', async () => {
    const middle = captureOf('elp1', 'evaluator', [
      [6, 'in', "'$KEY,0000ABCD,1,17,5,0*40E0\r\n'"],
      [7, 'out', "'$ACK,0000ABCD,1*45F9\r\n'"],
    ]);
    const { replay, host } = await meet(middle);
    host.say("'$WHO,812*9B7A\r\n'");
    await host.hears("'$HI,1,REPLAY,REPLAY,0000ABCD,0*779C\r\n'");
    await host.hears("'$KEY,0000ABCD,1,17,5,0*40E0\r\n'");
    host.say("'$ACK,0000ABCD,1*45F9\r\n'");
    const report = await replay.done;
    expect(report).toMatchObject({ end: 'played', greeted: true });
    expect(reportLines(report)[1]).toBe(
      'the capture begins behind the introduction: the device said it is REPLAY',
    );
  });

  /** window-sign §1, Examples */
  const sign = captureOf('strip', 'sign', [
    [1, 'out', '7E 01 10 01 08 00 01 00 01 00 41 30 30 31 44 79'],
    [2, 'in', '7E 01 10 81 01 00 00 B9 F5'],
  ]);

  it('strip signs: the reply has the seq of now, and its checksum', async () => {
    const { replay, host } = await meet(sign);
    host.say('7E 01 99 01 08 00 01 00 01 00 41 30 30 31 5A 1B');
    await host.hears('7E 01 99 81 01 00 00 64 2A');
    expect((await replay.done).end).toBe('played');
  });

  /** escpos-printer §1.4; the driver has cut the first id over two pieces */
  const sheets = captureOf('escpos-80', 'printer', [
    [1, 'out', '41 0A 1D 28 48 06 00 30 30 30 30'],
    [2, 'out', '34 31 1D 56 00 1D 28 48 06 00 30 30 30 30 34 32'],
    [3, 'in', '37 22 30 30 34 31'],
    [4, 'in', '00 37 22 30 30 34 32 00'],
    [5, 'out', '10 04 01'],
    [6, 'in', '12'],
  ]);

  it('ESC/POS: process ids come back as they were asked now', async () => {
    const { replay, host } = await meet(sheets);
    host.say('41 0A 1D 28 48 06 00 30 30 37 37 31 32 1D 56 00 1D 28 48 06 00 30 30 37 37 31 33');
    await host.hears('37 22 37 37 31 32 00 37 22 37 37 31 33 00');
    host.say('10 04 01');
    await host.hears('12');
    expect((await replay.done).end).toBe('played');
  });

  it('ESC/POS: another text on the paper is a difference, and none when any paper will do', async () => {
    const other =
      '42 43 44 0A 1D 28 48 06 00 30 30 37 37 31 32 1D 56 00 1D 28 48 06 00 30 30 37 37 31 33 10 04 01';
    const strict = await meet(sheets);
    strict.host.say(other);
    expect(await strict.replay.done).toMatchObject({
      end: 'different',
      differences: [{ line: 2, offset: 0 }],
    });
    const { replay, host } = await meet(sheets, { anyPaper: true });
    host.say(other);
    await host.hears('37 22 37 37 31 32 00 37 22 37 37 31 33 00 12');
    expect(await replay.done).toMatchObject({ end: 'played', differences: [] });
  });
});
