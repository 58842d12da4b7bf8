import { createBadLine } from '../faults/bad-line.ts';
import {
  createFaults,
  type FaultOptions,
  type PrinterFault,
  printerFaults,
  requireFault,
} from '../faults/faults.ts';
import { seededRandom } from '../faults/random.ts';
import { createPort } from '../port/open-port.ts';
import { createWireLog, type WireEntry } from '../port/wire-log.ts';
import { PrinterMachine } from './machine.ts';
import { type Paper, paperQr, paperText } from './paper.ts';
import { fullRollMm } from './roll.ts';
import { paperSvg } from './svg.ts';

export type PrinterOptions = {
  /** Name in messages and on the panel; default `printer`. */
  id?: string;
  /** `tcp:PORT` (0 = any free port), `tcp:HOST:PORT` or `pty:LINKPATH`. */
  port: string;
  /** Paper width, mm: 80 (576 dots) or 58 (384 dots); default 80. */
  width?: 80 | 58;
  /** Whether GS ( H process ids are answered; default true. */
  processId?: boolean;
  /** Print speed, mm/s; Infinity prints at once. Default 150. */
  speed?: number;
  /** Chinese mode after ESC @; default off. */
  chineseAfterInit?: 'on' | 'off';
  /** Whether four-byte GB18030 characters are printed; default false. */
  fourByteArea?: boolean;
  /** Whether real-time commands (DLE …) are obeyed; default all. */
  realtime?: 'all' | 'none';
  /** Whether it answers at all; default true. False: a one-way port. */
  answers?: boolean;
  /** Whether DLE DC4 8 is known; default true. */
  clears?: boolean;
  /** Whether DLE EOT 20 answers with six bytes; default false. */
  fullStatus?: boolean;
  /** How it tells that a ticket lies in its output; default none. */
  ticketSensor?: 'none' | 'bit7' | 'full-status';
  /** Whether it sends XON and XOFF; default none. */
  flow?: 'none' | 'xon-xoff';
  /** From power on until it takes bytes (and, on TCP, has a network), ms. Default 300. */
  startUpMs?: number;
  serial?: string;
  /** Seed of the faults' randomness; default 1. */
  seed?: number;
  now?: () => number;
  /** State, paper or port changed. */
  onChange?: () => void;
  onWire?: (entry: WireEntry) => void;
  /** A paper was cut or torn off. */
  onPaper?: (paper: PrintedPaper) => void;
};

/** A finished paper, as tests and the panel read it. */
export type PrintedPaper = Paper & { text: string; qr: string[] };

/** What can be made to happen behind a byte, with the fault that does it. */
const behindBytes = {
  'paper-out-after-bytes': 'paper-out',
  'cover-open-after-bytes': 'cover-open',
  'cutter-error-after-bytes': 'cutter-error',
  'paper-jam-after-bytes': 'paper-jam',
  'power-off-after-bytes': 'power-off',
  'unplug-after-bytes': 'unplugged',
} as const satisfies Partial<Record<PrinterFault, PrinterFault>>;
type BehindBytes = keyof typeof behindBytes;

const slowSpeed = 15;
const printed = (paper: Paper): PrintedPaper => ({ ...paper, text: paperText(paper), qr: paperQr(paper) });

/** Starts one ESC/POS printer on a real port; rejects with a PortError when the port cannot be opened. */
export async function startPrinter(options: PrinterOptions) {
  const id = options.id ?? 'printer';
  const now = options.now ?? Date.now;
  const width = options.width ?? 80;
  const speed = options.speed ?? 150;
  if (!(speed > 0)) throw new RangeError(`${id}: speed ${speed} must be above 0 mm/s`);
  const faults = createFaults();
  const wire = createWireLog(now);
  let plugged = false;
  let closed = false;
  let hostPresent = false;
  let timer: NodeJS.Timeout | undefined;
  /** Bytes the host has sent and the printer could not take yet: they stand for the network's window. */
  let held: Uint8Array = new Uint8Array(0);
  let lastPaper = 0;
  const bytesUntil = new Map<BehindBytes, number>();
  let powerTurns = 0;
  const startUpMs = options.startUpMs ?? 300;

  const machine = new PrinterMachine({
    width: width === 58 ? 384 : 576,
    serial: options.serial ?? 'SIMP0001',
    chineseAfterInit: options.chineseAfterInit ?? 'off',
    fourByteArea: options.fourByteArea ?? false,
    realtime: options.realtime ?? 'all',
    clears: options.clears ?? true,
    fullStatus: options.fullStatus ?? false,
    ticketSensor: options.ticketSensor ?? 'none',
    flow: options.flow ?? 'none',
    startUpMs,
    now,
    reply(bytes, meaning) {
      pendingMeaning = meaning;
      line.send(bytes);
    },
    onPaper() {
      const paper = machine.roll.papers.at(-1);
      if (paper && paper.n > lastPaper) {
        lastPaper = paper.n;
        options.onPaper?.(printed(paper));
      }
      options.onChange?.();
    },
  });
  machine.speed = speed;
  machine.processId = options.processId ?? true;
  if (!machine.processId) faults.set('no-process-id', true);

  let pendingMeaning = '';
  const port = createPort(options.port, { onBytes, onHost });
  const line = createBadLine({
    faults,
    random: seededRandom(options.seed ?? 1),
    write(bytes) {
      if (!hostPresent || options.answers === false) return;
      port.write(bytes);
      note('out', bytes, pendingMeaning);
    },
  });

  function note(direction: WireEntry['direction'], bytes: Uint8Array, decoded: string) {
    const entry = wire.add(direction, bytes, decoded);
    options.onWire?.(entry);
  }
  function onHost(present: boolean) {
    hostPresent = present;
    if (!present) held = new Uint8Array(0);
    changed();
  }
  function onBytes(bytes: Uint8Array) {
    if (machine.power === 'off') return;
    note('in', bytes, describe(bytes));
    if (port.kind === 'tcp') {
      held = Buffer.concat([held, bytes]);
      takeHeld();
    } else take(bytes);
    changed();
  }
  /** TCP: only as much as the receive buffer has room for; then reading stops until there is room again. */
  function takeHeld() {
    while (held.length > 0 && machine.free > 0 && plugged) {
      const piece = held.slice(0, machine.free);
      held = held.slice(piece.length);
      take(piece);
    }
    port.setReading(held.length === 0);
  }
  function take(bytes: Uint8Array) {
    const cutAt = Math.min(bytes.length, ...bytesUntil.values());
    machine.receive(bytes.slice(0, cutAt), now());
    for (const [name, left] of [...bytesUntil]) {
      bytesUntil.set(name, left - cutAt);
      if (left > cutAt) continue;
      bytesUntil.delete(name);
      faults.set(name, false);
      const fault = behindBytes[name];
      faults.set(fault, true);
      void applyFault(fault, true, {});
    }
    // Without its port or its power it takes no more.
    if (cutAt < bytes.length && plugged && machine.power === 'on') take(bytes.slice(cutAt));
  }
  function describe(bytes: Uint8Array) {
    return Buffer.from(bytes.slice(0, 80))
      .toString('latin1')
      .replace(/[^\x20-\x7e]/g, '·');
  }
  function changed() {
    if (held.length > 0) takeHeld();
    faults.set('paper-out', machine.paperOut);
    faults.set('cover-open', machine.sensors.cover === 'open');
    options.onChange?.();
    clearTimeout(timer);
    if (closed) return;
    const at = machine.nextDue();
    if (at === Number.POSITIVE_INFINITY) return;
    timer = setTimeout(goOn, Math.max(1, at - now()));
  }
  function goOn() {
    machine.advance(now());
    takeHeld();
    changed();
  }
  async function plug() {
    if (plugged || closed) return;
    faults.set('unplugged', false);
    // A network printer without power has no network either; its port opens when the power comes.
    if (machine.power === 'on' || port.kind === 'pty') await port.open();
    plugged = true;
    changed();
  }
  async function unplug() {
    if (!plugged) return;
    plugged = false;
    faults.set('unplugged', true);
    line.clear();
    held = new Uint8Array(0);
    await port.close();
    changed();
  }
  async function setPower(power: 'on' | 'off') {
    machine.setPower(power, now());
    held = new Uint8Array(0);
    line.clear();
    const turn = ++powerTurns;
    if (port.kind !== 'tcp') return;
    if (power === 'off') return port.close();
    // A little later than the machine: whoever gets in finds it started.
    await new Promise((resolve) => setTimeout(resolve, startUpMs + 5));
    if (turn === powerTurns && plugged && !closed) await port.open();
  }

  async function applyFault(fault: PrinterFault, on: boolean, faultOptions: FaultOptions) {
    switch (fault) {
      case 'unplugged':
        return on ? unplug() : plug();
      case 'paper-out':
        return machine.setPaper(on ? 'out' : 'in', now());
      case 'paper-near-end':
        return machine.setNearEnd(on, now());
      case 'cover-open':
        return machine.setCover(on ? 'open' : 'closed', now());
      case 'cutter-error':
        return machine.setCutterBlocked(on, now());
      case 'paper-jam':
        return machine.setJam(on, now());
      case 'head-hot':
        return machine.setHead(on ? 'hot' : 'cool', now());
      case 'slow':
        machine.speed = on ? slowSpeed : speed;
        return;
      case 'no-process-id':
        machine.processId = !on;
        return;
      case 'power-off':
        return setPower(on ? 'off' : 'on');
      case 'unplug-after-bytes':
      case 'paper-out-after-bytes':
      case 'cover-open-after-bytes':
      case 'cutter-error-after-bytes':
      case 'paper-jam-after-bytes':
      case 'power-off-after-bytes':
        if (on) bytesUntil.set(fault, faultOptions.bytes ?? 0);
        else bytesUntil.delete(fault);
        return;
      default:
    }
  }

  await plug();

  return {
    id,
    kind: 'printer' as const,
    /** As an agent's configuration names it: `tcp:HOST:PORT` or `serial:LINKPATH`. */
    get port() {
      return port.address;
    },
    /** The TCP port number; undefined on a pseudo-terminal. */
    get portNumber() {
      return port.number;
    },
    width,
    get plugged() {
      return plugged;
    },
    plug,
    unplug,
    /** Switches a named fault; throws a RangeError for a name this device does not have. A cutter error or a jam stays after its
     * fault is off until DLE ENQ 1/2, DLE DC4 8, cover open and closed, or power off and on, as on the real device. */
    async setFault(name: string, on: boolean, faultOptions: FaultOptions = {}) {
      const fault = requireFault(id, printerFaults, name);
      faults.set(fault, on, faultOptions);
      await applyFault(fault, on, faultOptions);
      changed();
    },
    faults: () => faults.names() as PrinterFault[],
    /** A new full roll; the cover is as it was. Printing goes on where it stopped. */
    loadPaper() {
      machine.loadPaper(fullRollMm, now());
      faults.set('paper-near-end', false);
      changed();
    },
    openCover: () => {
      machine.setCover('open', now());
      changed();
    },
    closeCover: () => {
      machine.setCover('closed', now());
      changed();
    },
    /** Tears off what hangs out of the printer, cut or not. */
    tearOff() {
      machine.roll.tear();
      changed();
    },
    /** Somebody takes the ticket that lies in the output. */
    takeTicket() {
      machine.takeTicket();
      changed();
    },
    /** The papers cut off so far, newest last (at most 200). */
    papers: (): PrintedPaper[] => machine.roll.papers.map(printed),
    /** The paper that still hangs in the printer. */
    currentPaper: (): PrintedPaper => printed(machine.roll.current),
    /** SVG drawing of paper `n` (also of the one that still hangs there); undefined when there is none. */
    svg(n: number): string | undefined {
      const paper = [...machine.roll.papers, machine.roll.current].find((one) => one.n === n);
      return paper && paperSvg(paper);
    },
    state: () => ({
      power: machine.power,
      online: machine.online,
      printing: machine.printing,
      ...machine.sensors,
      chinese: machine.chinese,
      rollMm: Math.round(machine.roll.leftMm),
      rollFullMm: fullRollMm,
      bufferedBytes: machine.buffered,
      ...machine.counts,
      commandErrors: [...machine.errors],
      papers: machine.roll.papers.length,
      currentPaper: machine.roll.current.n,
      hostPresent,
    }),
    wire: () => wire.entries,
    /** Ends the device; may be called twice. */
    async close() {
      closed = true;
      clearTimeout(timer);
      line.clear();
      plugged = false;
      await port.close();
    },
  };
}
export type PrinterHandle = Awaited<ReturnType<typeof startPrinter>>;
