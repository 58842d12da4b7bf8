/**
 * Plays a capture's device. Knows no port: it is told what the host says and when it comes and goes.
 *
 * The wire's order is kept whatever happens: what the device said before a host's frame is said before it is answered. So a
 * host that is earlier than it was gets at once what stood before its frame, and one that is later is waited for.
 */
import type { CaptureLine } from './capture.ts';
import type { Comparison, Numbers } from './numbers.ts';
import type { Difference, ReplayEnd, ReplayReport } from './report.ts';

/**
 * `follow`: waits for the host's frames and ends at the first difference. `loose`: waits, and goes on at the next recorded
 * frame that the host says. `timed`: by the clock only; what the host says is heard for its numbers alone.
 */
export type ReplayMode = 'follow' | 'loose' | 'timed';

export type PlayedLine = CaptureLine & {
  /** no bytes of the wire, or none that a port could carry: passed over */
  silent: boolean;
};

export type PlayerClock = {
  /** ms */
  now: () => number;
  /** the answer cancels it */
  after: (ms: number, task: () => void) => () => void;
};

export type PlayerParts = {
  lines: readonly PlayedLine[];
  numbers: Numbers;
  /** HID: what the host says comes in whole reports */
  wholeReports: boolean;
  mode: ReplayMode;
  /** 0 < speed; Infinity: as fast as it goes */
  speed: number;
  /** how much later than it was the host may say a frame */
  patienceMs: number;
  /** how long the host may take to open the port at first */
  waitMs: number;
  /** numbers of lines before which the plug is pulled and put back */
  replug: ReadonlySet<number>;
  pullAndPlug: () => Promise<void>;
  clock: PlayerClock;
  send: (bytes: Uint8Array) => void;
  /** the line with this number is done */
  onPlayed: (line: number) => void;
  onEnd: (report: ReplayReport) => void;
};

/** A frame is looked for among so many recorded ones, after a difference. */
const lookAhead = 64;
/** Of what was heard and is no recorded frame so much is kept, or twice the longest recorded frame. */
const mostKept = 4096;

export function createPlayer(parts: PlayerParts) {
  const { lines, numbers, wholeReports, mode, speed, clock } = parts;
  const differences: Difference[] = [];
  const counts = { said: 0, heard: 0, bytesHeard: 0 };
  /** whole reports, or one piece of a stream */
  let heard: Uint8Array[] = [];
  let at = 0;
  /** timed: the recorded frame that is listened for */
  let listening = 0;
  let host: 'awaited' | 'here' | 'gone' = 'awaited';
  const startedAt = clock.now();
  /** this moment of the capture is that moment now */
  let base = { t: 0, now: startedAt };
  let plugging = false;
  const plugged = new Set<number>();
  let cancel: (() => void) | undefined;
  let ended = false;
  let greeted = false;

  const dueAt = ({ t }: CaptureLine) => base.now + (t - base.t) / speed;
  /** What the host is awaited for is its own time, which no speed makes shorter. */
  const lateAt = ({ t }: CaptureLine) => base.now + (t - base.t) / Math.min(speed, 1) + parts.patienceMs;

  function finish(end: ReplayEnd) {
    if (ended) return;
    ended = true;
    cancel?.();
    const last = lines[lines.length - 1];
    parts.onEnd({
      end: end === 'played' && differences.length > 0 ? 'different' : end,
      mode,
      played: at,
      of: lines.length,
      hostFrames: lines.filter(({ dir, silent }) => dir === 'out' && !silent).length,
      hostFramesHeard: counts.heard,
      captureMs: last?.t ?? 0,
      greeted,
      differences,
    });
  }

  function wakeAt(time: number) {
    cancel = clock.after(Math.max(0, time - clock.now()), advance);
  }

  /** index of the host's next frame at or behind each line; -1: none */
  const outs = new Int32Array(lines.length + 1).fill(-1);
  for (let index = lines.length - 1; index >= 0; index--) {
    const line = lines[index];
    outs[index] = line?.dir === 'out' && !line.silent ? index : (outs[index + 1] ?? -1);
  }
  const kept = lines.reduce((most, { bytes }) => Math.max(most, 2 * bytes.length), mostKept);
  const nextOut = (from: number) => outs[from] ?? -1;

  /** Compares one recorded frame with what has been heard from `skip` on (bytes, or reports). */
  function compareAt(index: number, skip: number): Comparison {
    const line = lines[index];
    const unit = wholeReports ? heard[skip] : heard[0]?.subarray(skip);
    if (!line || !unit || unit.length === 0) return { is: 'more' };
    const comparison = numbers.compare(line, unit);
    if (!wholeReports) return comparison;
    if (comparison.is === 'more' || (comparison.is === 'same' && comparison.length < unit.length))
      return { is: 'different', at: Math.min(unit.length, line.bytes.length) };
    return comparison;
  }

  function drop(length: number, skip: number) {
    const rest = wholeReports
      ? heard.slice(skip + 1)
      : [heard[0]?.subarray(skip + length) ?? new Uint8Array()];
    heard = rest.filter(({ length: left }) => left > 0);
  }
  function take(length: number, skip: number) {
    drop(length, skip);
    counts.heard += 1;
  }

  /** Where a recorded frame from `from` on begins in what has been heard. */
  function resynchronised(from: number) {
    const most = wholeReports ? heard.length : (heard[0]?.length ?? 0);
    for (let skip = 0; skip < most; skip++) {
      let index = nextOut(from);
      for (let looked = 0; index >= 0 && looked < lookAhead; looked++, index = nextOut(index + 1)) {
        const unit = wholeReports ? heard[skip] : heard[0]?.subarray(skip, skip + 1);
        // No protocol draws the first byte of its frames.
        if (unit?.[0] !== lines[index]?.bytes[0]) continue;
        const comparison = compareAt(index, skip);
        if (comparison.is === 'same') return { index, skip, comparison };
      }
    }
    return undefined;
  }

  function note(kind: Difference['kind'], line: PlayedLine, offset: number, said: Uint8Array) {
    differences.push({
      kind,
      line: line.line,
      t: line.t,
      offset,
      streamOffset: counts.bytesHeard - heard.reduce((sum, { length }) => sum + length, 0) + offset,
      recorded: Buffer.from(line.bytes).toString('hex'),
      heard: Buffer.from(said).toString('hex'),
      decoded: line.decoded ?? null,
    });
  }

  function done(index: number) {
    at = index + 1;
    parts.onPlayed(lines[index]?.line ?? 0);
  }

  function say(index: number) {
    const line = lines[index];
    if (line && line.dir === 'in' && !line.silent) {
      counts.said += 1;
      parts.send(numbers.answer(line));
    }
    done(index);
  }

  /** True when the host has asked who is there, and the capture begins behind that. */
  function greet(): boolean {
    const asked = heard[0] && numbers.greeting?.(heard[0]);
    if (!asked) return false;
    greeted = true;
    drop(asked.length, 0);
    parts.send(asked.answer);
    return true;
  }

  /** What the host says is heard for its numbers; it changes nothing else. */
  function listen() {
    while (greet());
    for (let found = resynchronised(listening); found; found = resynchronised(listening)) {
      found.comparison.learn();
      take(found.comparison.length, found.skip);
      listening = found.index + 1;
    }
  }

  /** The host has said the frame `index`: the device's part before it has its turn, and time goes on from here. */
  function heardFrame(index: number, comparison: Comparison & { is: 'same' }, skip: number) {
    for (let before = at; before < index; before++) {
      const line = lines[before];
      if (line?.dir === 'out' && !line.silent) note('skipped', line, 0, new Uint8Array());
      say(before);
    }
    comparison.learn();
    take(comparison.length, skip);
    base = { t: lines[index]?.t ?? base.t, now: clock.now() };
    done(index);
  }

  /** True when something has been heard that moves the capture on. */
  function follow(): boolean {
    if (greet()) return true;
    const index = nextOut(at);
    const line = lines[index];
    // Behind its last recorded frame the host may say what it likes.
    if (!line) heard = [];
    if (!line || heard.length === 0) return false;
    const comparison = compareAt(index, 0);
    if (comparison.is === 'more') return false;
    if (comparison.is === 'same') {
      heardFrame(index, comparison, 0);
      return true;
    }
    if (mode === 'follow') {
      note('different', line, comparison.at, heard[0] ?? new Uint8Array());
      finish('different');
      return true;
    }
    const found = resynchronised(at);
    if (!found) return false;
    if (found.skip > 0)
      note(
        'different',
        line,
        comparison.at,
        wholeReports ? (heard[0] ?? new Uint8Array()) : heard[0]!.subarray(0, found.skip),
      );
    heardFrame(found.index, found.comparison, found.skip);
    return true;
  }

  let advancing = false;
  let again = false;
  /** A port may hand over what the host has said while it is written to: one thing after the other. */
  function advance() {
    again = true;
    if (advancing) return;
    advancing = true;
    while (again) {
      again = false;
      playOn();
    }
    advancing = false;
  }

  function playOn() {
    cancel?.();
    cancel = undefined;
    while (!ended && !plugging) {
      const line = lines[at];
      if (!line) return finish('played');
      const now = clock.now();
      if (host === 'awaited') {
        const last = startedAt + parts.waitMs;
        return now >= last ? finish('no-host') : wakeAt(last);
      }
      if (parts.replug.has(line.line) && !plugged.has(line.line)) return replug(line.line);
      if (line.silent) {
        done(at);
        continue;
      }
      if (mode === 'timed') {
        listen();
        if (now < dueAt(line)) return wakeAt(dueAt(line));
        say(at);
        continue;
      }
      if (follow()) continue;
      // What a device says while nobody has its port open is lost: it waits for the host, as long as it has patience.
      if (line.dir === 'in' && host === 'here') {
        if (now < dueAt(line)) return wakeAt(dueAt(line));
        say(at);
        continue;
      }
      if (now < lateAt(line)) return wakeAt(lateAt(line));
      note('absent', line, 0, heard[0] ?? new Uint8Array());
      if (mode === 'follow' || host === 'gone') return finish(host === 'gone' ? 'host-gone' : 'different');
      base = { t: line.t, now };
      say(at);
    }
  }

  function replug(line: number) {
    plugged.add(line);
    plugging = true;
    void parts.pullAndPlug().then(
      () => {
        plugging = false;
        advance();
      },
      () => finish('closed'),
    );
  }

  cancel = clock.after(0, advance);

  return {
    onHost(present: boolean) {
      if (ended) return;
      const first = host === 'awaited';
      if (first && !present) return;
      host = present ? 'here' : 'gone';
      if (first) base = { t: 0, now: clock.now() };
      // Half a frame of a host that has gone is nobody's.
      if (!present) heard = [];
      advance();
    },
    onBytes(bytes: Uint8Array) {
      if (ended || bytes.length === 0) return;
      counts.bytesHeard += bytes.length;
      const before = heard[0];
      if (wholeReports || !before) heard.push(Uint8Array.from(bytes));
      else heard[0] = Buffer.concat([before, bytes]);
      advance();
      // Where a difference ends the replay, what is left is the beginning of a frame.
      if (mode !== 'follow' && !wholeReports && heard[0]) heard[0] = heard[0].subarray(-kept);
    },
    progress: () => ({ played: at, of: lines.length, t: lines[at - 1]?.t ?? 0 }),
    stop: () => finish('closed'),
  };
}
