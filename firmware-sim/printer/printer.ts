import { type FaultOptions, type PrinterFault, printerFaults } from '../faults/faults.ts';
import { createDeviceLine, type DeviceLine, type WireOptions } from '../line/device-line.ts';
import { createPort, type Place, type SerialOnUsb } from '../port/open-port.ts';
import type { DevicePort, PortEvents } from '../port/port.ts';
import { createDescriber } from './describe.ts';
import { PrinterMachine } from './machine.ts';
import { type Paper, paperQr, paperText } from './paper.ts';
import { fullRollMm } from './roll.ts';
import { paperSvg } from './svg.ts';

export type PrinterOptions = Partial<WireOptions> & {
  /** On a USB bus it is of the printer class, or with `usb.chip` a serial printer behind that bridge. */
  port: Place;
  usb?: SerialOnUsb;
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
/** Of its serial line, 8N1. */
const baud = 19_200;
const printed = (paper: Paper): PrintedPaper => ({ ...paper, text: paperText(paper), qr: paperQr(paper) });

/** Starts one ESC/POS printer on a real port; rejects with a PortError when the port cannot be opened. */
export async function startPrinter(options: PrinterOptions) {
  const id = options.id ?? 'printer';
  const width = options.width ?? 80;
  const speed = options.speed ?? 150;
  if (!(speed > 0)) throw new RangeError(`${id}: speed ${speed} must be above 0 mm/s`);
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  /** Bytes the host has sent and the printer could not take yet: they stand for the network's window. */
  let held: Uint8Array = new Uint8Array(0);
  let lastPaper = 0;
  const bytesUntil = new Map<BehindBytes, number>();
  let powerTurns = 0;
  const startUpMs = options.startUpMs ?? 300;

  const describer = createDescriber();
  let port: DevicePort | undefined;
  const line: DeviceLine<PrinterFault> = createDeviceLine<PrinterFault>(
    { ...options, id, onChange: changed },
    {
      faultNames: printerFaults,
      createPort: (events) => (port = openPort(events)),
      ...(options.usb?.chip || typeof options.port === 'string' ? { baud } : {}),
      isPowered: (): boolean => machine.power === 'on' || !hasOwnPower(),
      countsBytes: true,
      reset() {
        // What a host has sent before it went is printed; what was on a cable that is pulled is not.
        if (!line.plugged) held = new Uint8Array(0);
        describer.reset();
      },
      receive,
      apply: applyFault,
    },
  );
  const { now } = line;

  const machine: PrinterMachine = new PrinterMachine({
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
      if (options.answers !== false) line.send(bytes, meaning);
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
  if (!machine.processId) await line.setFault('no-process-id', true);

  function openPort(events: PortEvents): DevicePort {
    const own = {
      vendorId: 0x1209,
      productId: 0x0006,
      serial: options.serial ?? 'SIMP0001',
      product: 'HALL-PRINTER',
    };
    if (typeof options.port === 'string' || options.usb?.chip)
      return createPort(options.port, events, own, options.usb);
    return options.port.printer(
      { ...own, ...options.usb, answers: options.answers ?? true },
      {
        ...events,
        onPortStatus: () =>
          0x10 | (machine.sensors.error === 'none' ? 0x08 : 0) | (machine.paperOut ? 0x20 : 0),
        onReset: () => machine.forget(now()),
      },
    );
  }
  /** A port with its own power goes when the printer's goes; a serial line is a wire. */
  const hasOwnPower = () => port?.kind !== 'pty' && !options.usb?.chip;
  function receive(bytes: Uint8Array) {
    line.heard(bytes, describer.describe(bytes));
    if (machine.power === 'off') return;
    if (port?.kind === 'pty') return take(bytes);
    held = Buffer.concat([held, bytes]);
    takeHeld();
  }
  /** TCP and USB: only as much as the receive buffer has room for; then reading stops until there is room again. */
  function takeHeld() {
    while (held.length > 0 && machine.free > 0 && line.plugged) {
      const piece = held.slice(0, machine.free);
      held = held.slice(piece.length);
      take(piece);
    }
    port?.setReading(held.length === 0);
  }
  function take(bytes: Uint8Array) {
    const cutAt = Math.min(bytes.length, ...bytesUntil.values());
    machine.receive(bytes.slice(0, cutAt), now());
    for (const [name, left] of [...bytesUntil]) {
      bytesUntil.set(name, left - cutAt);
      if (left > cutAt) continue;
      bytesUntil.delete(name);
      line.mark(name, false);
      void line.setFault(behindBytes[name], true);
    }
    // Without its port or its power it takes no more.
    if (cutAt < bytes.length && line.plugged && machine.power === 'on') take(bytes.slice(cutAt));
  }
  function changed() {
    if (held.length > 0) takeHeld();
    line.mark('paper-out', machine.paperOut);
    line.mark('cover-open', machine.sensors.cover === 'open');
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
  async function setPower(power: 'on' | 'off'): Promise<void> {
    machine.setPower(power, now());
    held = new Uint8Array(0);
    line.clear();
    const turn = ++powerTurns;
    if (!hasOwnPower()) return;
    if (power === 'off') return line.setPortPower(false);
    // A little later than the machine: whoever gets in finds it started.
    await new Promise((resolve) => setTimeout(resolve, startUpMs + 5));
    if (turn === powerTurns) await line.setPortPower(true);
  }

  /** A cutter error or a jam stays after its fault is off until DLE ENQ 1/2, DLE DC4 8, cover open and closed, or power off
   * and on, as on the real device. */
  function applyFault(fault: PrinterFault, on: boolean, faultOptions: FaultOptions): void | Promise<void> {
    switch (fault) {
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

  await line.plug();

  return {
    id,
    kind: 'printer' as const,
    /** As an agent's configuration names it: `tcp:HOST:PORT` or `serial:LINKPATH`. */
    get port() {
      return line.address;
    },
    /** The TCP port number; undefined on a pseudo-terminal. */
    get portNumber() {
      return port?.number;
    },
    width,
    get plugged() {
      return line.plugged;
    },
    plug: line.plug,
    unplug: line.unplug,
    /** Switches a named fault; throws a RangeError for a name this device does not have. */
    setFault: line.setFault,
    /** What `setFault` takes. */
    faultNames: line.faultNames,
    faults: line.faults,
    /** A new full roll; the cover is as it was. Printing goes on where it stopped. */
    loadPaper() {
      machine.loadPaper(fullRollMm, now());
      line.mark('paper-near-end', false);
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
      hostPresent: line.hostPresent,
    }),
    wire: line.wire,
    /** Ends the device; may be called twice. */
    async close() {
      closed = true;
      clearTimeout(timer);
      await line.close();
    },
  };
}
export type PrinterHandle = Awaited<ReturnType<typeof startPrinter>>;
