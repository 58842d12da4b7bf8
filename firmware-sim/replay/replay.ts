/**
 * Plays the device of a capture on a real port:
 *
 *   const replay = await startReplay({ capture: await readCapture('evaluator-1.ndjson'), port: 'tcp:0' });
 *   // replay.port → as an agent's configuration wants it
 *   const report = await replay.done;
 */
import type { HidSocket } from '../port/hid-socket.ts';
import { createHidPort } from '../port/open-hid-port.ts';
import { createPort, type Place, type SerialOnUsb } from '../port/open-port.ts';
import type { HidPort, UsbIdentity } from '../port/usb.ts';
import type { DevicePort } from '../port/port.ts';
import { createQuestionFilter, withoutPaper } from './any-paper.ts';
import type { Capture } from './capture.ts';
import { hidIdentity } from './identity.ts';
import { repairHidden } from './masked.ts';
import { featureAt, numbersOf, playedLines } from './played-lines.ts';
import { createPlayer, type PlayerClock, type ReplayMode } from './player.ts';
import type { ReplayReport } from './report.ts';

export type ReplayOptions = {
  capture: Capture;
  /**
   * `tcp:PORT`, `tcp:HOST:PORT` or `pty:LINKPATH`; for a HID model `uhid` (Linux), or `socket`: reached by `handle.socket`
   * in this program; for every model a USB bus.
   */
  port: Place;
  /** On a USB bus: the bridge chip before a serial device's line. */
  usb?: SerialOnUsb;
  /** Default follow. */
  mode?: ReplayMode;
  /** Times are divided by it; Infinity: as fast as it goes. Default 1. */
  speed?: number;
  /** How much later than it was the host may say a frame, ms. Default 30 000. */
  patienceMs?: number;
  /** How long the host may take to open the port, ms. Default 600 000. */
  waitMs?: number;
  /** Numbers of lines (the head is 1) before which the plug is pulled and put back: a capture does not say it. */
  replug?: readonly number[];
  /** Plays a masked capture with what it has. Default false: it is refused. */
  maskedAnyway?: boolean;
  /** Printers: what is printed is not compared, the questions are. Default false. */
  anyPaper?: boolean;
  clock?: PlayerClock;
  /** A line is done; its number in the file. */
  onPlayed?: (line: number) => void;
};

/** Before the plug is pulled: what was said last shall arrive. */
const lastWordsMs = 200;
/** Long enough for a host to see that the device has gone, and to try in vain to open it. */
const pulledMs = 600;
/** USB printer class 1.1, 4.2.2: selected, no error, paper is there. What the capture says of paper is in its data. */
const allWell = 0x18;

/** On a USB bus: a bridge or a printer that is nobody's. */
const onBus: UsbIdentity = { vendorId: 0x1209, productId: 0x0009, serial: 'REPLAY', product: 'HALL-REPLAY' };

const systemClock: PlayerClock = {
  now: () => performance.now(),
  after(ms, task) {
    // A timer takes no more than 24 days.
    const timer = setTimeout(task, Math.min(ms, 0x7fffffff));
    return () => clearTimeout(timer);
  },
};

/**
 * Plugs the device of a capture in and plays it. Rejects with a RangeError for a masked capture or a port that the model
 * cannot have, and with a PortError when the port cannot be opened.
 */
export async function startReplay(options: ReplayOptions) {
  const { head, file } = options.capture;
  if (head.masked && !options.maskedAnyway)
    throw new RangeError(
      `${file}: it is masked: what identifies a person is zeros in it, and a host would read no card and no code. ` +
        'With --masked-anyway what is left is played: times, lengths, and answers without data',
    );
  if (options.anyPaper && head.kind !== 'printer')
    throw new RangeError(`${file}: ${head.model} is no printer: it has no paper to leave out`);
  const repaired = options.maskedAnyway ? repairHidden(options.capture) : options.capture;
  const capture = options.anyPaper ? withoutPaper(repaired) : repaired;
  const questionsOf = options.anyPaper ? createQuestionFilter() : undefined;
  const speed = options.speed ?? 1;
  if (!(speed > 0)) throw new RangeError(`speed ${speed}: it is more than 0`);
  const identity = hidIdentity(head);
  const clock = options.clock ?? systemClock;
  const { promise: done, resolve } = Promise.withResolvers<ReplayReport>();
  let closed = false;
  let cancelPause: (() => void) | undefined;
  let socket: HidSocket | null = null;

  const events = {
    onBytes: (bytes: Uint8Array) => player.onBytes(questionsOf?.(bytes) ?? bytes),
    onHost: (present: boolean) => player.onHost(present),
    onFeature: (id: number) => featureAt(capture, id, player.progress().played),
  };
  const port = makePort();
  const player = createPlayer({
    lines: playedLines(capture),
    numbers: numbersOf(capture),
    wholeReports: identity !== undefined,
    mode: options.mode ?? 'follow',
    speed,
    patienceMs: options.patienceMs ?? 30_000,
    waitMs: options.waitMs ?? 600_000,
    replug: new Set(options.replug),
    pullAndPlug,
    clock,
    send: (bytes) => port.write(bytes),
    onPlayed: (line) => options.onPlayed?.(line),
    onEnd: resolve,
  });

  function makePort(): DevicePort | HidPort {
    const { port: place } = options;
    if (identity) {
      if (typeof place === 'string' && place !== 'uhid' && place !== 'socket')
        throw new RangeError(
          `${file}: ${head.model} is a HID model; a line cannot carry its reports: use UHID or USB/IP`,
        );
      const made = createHidPort(place, identity, events);
      socket = made.socket;
      return made.port;
    }
    if (place === 'uhid' || place === 'socket')
      throw new RangeError(`${file}: ${head.model} is no HID model; use a TCP port, a serial line or USB/IP`);
    if (typeof place !== 'string' && head.kind === 'printer')
      return place.printer(onBus, { ...events, onPortStatus: () => allWell, onReset: () => {} });
    return createPort(place, events, onBus, options.usb);
  }
  async function pullAndPlug() {
    await pause(lastWordsMs);
    await port.close();
    await pause(pulledMs);
    if (!closed) await port.open();
  }
  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      cancelPause = () => {
        cancel();
        resolve();
      };
      const cancel = clock.after(ms, resolve);
      if (closed) cancelPause();
    });
  }

  try {
    await port.open();
  } catch (error) {
    player.stop();
    throw error;
  }

  return {
    /** As an agent's configuration names it. */
    port: port.address,
    /** Of port `socket`; else null. */
    socket: socket as HidSocket | null,
    /** Lines done, of how many, and the time of the last one in the capture, ms. */
    progress: () => player.progress(),
    /** The end of the replay; the port stays open until `close`. */
    done,
    /** Ends the replay and pulls the plug; may be called twice. */
    async close() {
      closed = true;
      player.stop();
      cancelPause?.();
      await port.close();
    },
  };
}
export type ReplayHandle = Awaited<ReturnType<typeof startReplay>>;
