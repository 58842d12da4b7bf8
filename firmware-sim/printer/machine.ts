import { readCommand, type PrinterCommand } from './command-reader.ts';
import {
  describeAutomaticStatus,
  describeFullStatus,
  describePaperSensors,
  describeStatus,
} from './describe-reply.ts';
import { Interpreter } from './interpreter.ts';
import { dotsPerMm, headToCutterDots } from './paper.ts';
import { createRealtimeScanner } from './realtime-scanner.ts';
import { nearEndMm, Roll } from './roll.ts';
import {
  automaticStatus,
  automaticStatusChanged,
  fullStatus,
  isOffline,
  isPaperOut,
  paperSensorByte,
  realtimeStatus,
  type Sensors,
} from './status.ts';

export type PrinterMachineOptions = {
  /** Printable width in dots: 576 or 384. */
  width: number;
  serial: string;
  chineseAfterInit: 'on' | 'off';
  fourByteArea: boolean;
  /** Whether DLE EOT, DLE ENQ and DLE DC4 are obeyed; without them only what stands in the data is. Default all. */
  realtime?: 'all' | 'none';
  /** Whether DLE DC4 8 (clear the buffers) is known, default true; many clones do not know it. */
  clears?: boolean;
  /** Whether DLE EOT 20 answers with six bytes; default false. */
  fullStatus?: boolean;
  /** How it tells that a ticket has not been taken; default none. */
  ticketSensor?: 'none' | 'bit7' | 'full-status';
  /** xon-xoff: says when its buffer fills and empties, and when it has started. Default none. */
  flow?: 'none' | 'xon-xoff';
  /** From power on until it takes bytes, ms. Default 0. */
  startUpMs?: number;
  /** ms since 1970, for the times written on papers. */
  now: () => number;
  reply: (bytes: Uint8Array, meaning: string) => void;
  onPaper: () => void;
};

/** A command that a real printer would not know or would ignore. `offset`: byte of the data since power-up, from 0. */
export type CommandError = { offset: number; hex: string; reason: string };

export const receiveBufferBytes = 4096;
/** XOFF below, XON above so many free bytes (§1.7). */
const flowFree = { stop: 128, go: 256 };
const cutMs = 150;
const keptErrors = 50;

/**
 * One ESC/POS printer as a machine: raw bytes → real-time scanner → receive buffer → command reader → paper.
 * Paper takes time: a command is obeyed when what was before it has left the head. All times in ms of one clock.
 */
export class PrinterMachine {
  readonly roll: Roll;
  #options: PrinterMachineOptions;
  #interpreter: Interpreter;
  #scanner = createRealtimeScanner();
  #buffer: number[] = [];
  /** The command that is being put together: taken out of the receive buffer, not complete. */
  #assembly: number[] = [];
  #offset = 0;
  #busyUntil = 0;
  #clock = 0;
  #power: 'on' | 'off' = 'on';
  #cover: 'closed' | 'open' = 'closed';
  #paperIn = true;
  #forcedNearEnd = false;
  #error: 'none' | 'cutter' | 'jam' = 'none';
  #cutterBlocked = false;
  #jammed = false;
  #head: 'cool' | 'hot' = 'cool';
  #ticket: 'none' | 'waiting' = 'none';
  #startsAt = -Infinity;
  #stopped = false;
  #automaticMask = 0;
  #offlineResponse = false;
  #reported: Sensors;
  readonly errors: CommandError[] = [];
  counts = { received: 0, dropped: 0, errors: 0, cuts: 0, lines: 0 };
  /** Print speed, mm/s; Infinity prints at once. */
  speed = 150;
  processId = true;

  constructor(options: PrinterMachineOptions) {
    this.#options = options;
    this.roll = new Roll(options.width, options.now);
    this.#interpreter = this.#newInterpreter();
    this.#reported = this.sensors;
  }

  #newInterpreter() {
    const { width, chineseAfterInit, fourByteArea } = this.#options;
    return new Interpreter({
      width,
      chineseAfterInit,
      fourByteArea,
      print: (line, advance) => {
        this.counts.lines++;
        this.roll.print(line, advance);
        this.#moved(advance);
      },
      feed: (dots) => {
        this.roll.feed(dots);
        this.#moved(dots);
      },
      refuse: (reason) => this.#note([], reason),
    });
  }

  get power() {
    return this.#power;
  }

  get sensors(): Sensors {
    const nearEnd = this.#forcedNearEnd || this.roll.leftMm < nearEndMm;
    const paper = this.#paperIn ? (nearEnd ? 'near-end' : 'in') : nearEnd ? 'out-and-near-end' : 'out';
    return { cover: this.#cover, paper, error: this.#error, head: this.#head, ticket: this.#ticket };
  }

  get online() {
    return this.#power === 'on' && this.started && !isOffline(this.sensors);
  }

  get started() {
    return this.#clock >= this.#startsAt;
  }

  /** Room in the receive buffer, bytes. */
  get free() {
    return receiveBufferBytes - this.#buffer.length;
  }

  get buffered() {
    return this.#buffer.length + this.#assembly.length;
  }

  get chinese() {
    return this.#interpreter.chinese;
  }

  /** Bytes from the wire. What does not fit the receive buffer is lost (§1.7), but the scanner still sees it. */
  receive(bytes: Uint8Array, now: number): void {
    if (this.#power === 'off') return;
    this.#catchUp(now);
    if (!this.started) return;
    for (const byte of bytes) {
      this.counts.received++;
      if (this.free > 0) this.#buffer.push(byte);
      else this.counts.dropped++;
      const request = this.#scanner.feed(byte);
      if (request && this.#options.realtime !== 'none') this.#obeyRealtime(request, now);
    }
    this.#tellFlow();
    this.advance(now);
  }

  /** Prints what can be printed by `now`. */
  advance(now: number): void {
    const starting = !this.started;
    this.#clock = Math.max(this.#clock, now);
    if (starting && this.started && this.#power === 'on' && this.#options.flow === 'xon-xoff')
      this.#reply([0x11], 'XON: started');
    while (this.online && this.#busyUntil <= this.#clock) {
      const command = this.#next();
      if (!command) break;
      this.#obey(command);
      this.#reportChange();
    }
    this.#tellFlow();
  }

  #tellFlow() {
    if (this.#options.flow !== 'xon-xoff' || this.#power === 'off' || !this.started) return;
    if (!this.#stopped && this.free < flowFree.stop) {
      this.#stopped = true;
      this.#reply([0x13], 'XOFF: buffer full');
    } else if (this.#stopped && this.free > flowFree.go) {
      this.#stopped = false;
      this.#reply([0x11], 'XON: buffer has room');
    }
  }

  /** Time in which nothing could be printed is over: what comes now starts now, not in the past. */
  #catchUp(now: number) {
    this.advance(now);
    this.#busyUntil = Math.max(this.#busyUntil, now);
  }

  /** When `advance` has something to do next; Infinity when it waits for bytes or for people. */
  nextDue(): number {
    if (this.#power === 'on' && !this.started) return this.#startsAt;
    return this.#busyUntil > this.#clock ? this.#busyUntil : Number.POSITIVE_INFINITY;
  }

  get printing() {
    return this.#busyUntil > this.#clock;
  }

  setCover(cover: 'closed' | 'open', now: number): void {
    this.#catchUp(now);
    // Closing the cover brings the knife home, as on printers of this kind, once it is free.
    if (cover === 'closed' && this.#cover === 'open' && !this.#blocked) this.#error = 'none';
    this.#cover = cover;
    this.#changed(now);
  }

  setPaper(paper: 'in' | 'out', now: number): void {
    this.#catchUp(now);
    this.#paperIn = paper === 'in';
    this.#changed(now);
  }

  setNearEnd(on: boolean, now: number): void {
    this.#catchUp(now);
    this.#forcedNearEnd = on;
    this.#changed(now);
  }

  /** A new roll. */
  loadPaper(fullMm: number, now: number): void {
    this.roll.leftMm = fullMm;
    this.#forcedNearEnd = false;
    this.setPaper('in', now);
  }

  /** Something blocks the knife: an error at once. Taken away, the error stays until a recovery command (§1.6). */
  setCutterBlocked(on: boolean, now: number): void {
    this.#catchUp(now);
    this.#cutterBlocked = on;
    if (on) this.#error = 'cutter';
    this.#changed(now);
  }

  /** Paper is stuck on its way. Taken out, the error stays until a recovery command or the cover. */
  setJam(on: boolean, now: number): void {
    this.#catchUp(now);
    this.#jammed = on;
    if (on) this.#error = 'jam';
    this.#changed(now);
  }

  /** The head is too hot: printing pauses, keeps everything, and goes on by itself when it has cooled down. */
  setHead(head: 'cool' | 'hot', now: number): void {
    this.#catchUp(now);
    this.#head = head;
    this.#changed(now);
  }

  /** Somebody takes the ticket out of the output. */
  takeTicket(): void {
    this.#ticket = 'none';
  }

  get #blocked() {
    return this.#cutterBlocked || this.#jammed;
  }

  /** Power off: buffers and modes are lost. On again: Chinese mode on, no automatic status. */
  setPower(power: 'on' | 'off', now: number): void {
    if (power === this.#power) return;
    this.#power = power;
    this.#clock = Math.max(this.#clock, now);
    this.#startsAt = power === 'on' ? now + (this.#options.startUpMs ?? 0) : -Infinity;
    this.#stopped = false;
    this.#clearBuffers(now);
    this.#interpreter = this.#newInterpreter();
    this.#scanner.reset();
    this.#automaticMask = 0;
    this.#offlineResponse = false;
    this.#offset = 0;
    if (!this.#blocked) this.#error = 'none';
    if (power === 'on' && this.started && this.#options.flow === 'xon-xoff')
      this.#reply([0x11], 'XON: started');
    this.#reported = this.sensors;
  }

  #changed(now: number) {
    this.#reportChange();
    this.advance(now);
  }

  #moved(dots: number) {
    this.#busyUntil += this.speed === Number.POSITIVE_INFINITY ? 0 : (dots / dotsPerMm / this.speed) * 1000;
    if (this.roll.leftMm === 0) this.#paperIn = false;
    this.#options.onPaper();
  }

  /** Takes the next complete command out of the buffers. */
  #next(): PrinterCommand | undefined {
    for (;;) {
      const read = readCommand(Uint8Array.from(this.#assembly));
      if (read) {
        this.#assembly.splice(0, read.length);
        this.#offset += read.length;
        return read.command;
      }
      if (this.#buffer.length === 0) return undefined;
      // One byte is enough for text; a started command takes all there is, so long data does not stop in the buffer.
      this.#assembly.push(...this.#buffer.splice(0, this.#assembly.length === 0 ? 1 : this.#buffer.length));
    }
  }

  #obey(command: PrinterCommand) {
    if (command.name === 'realtime') return;
    if ('byte' in command) return this.#interpreter.text(command.byte);
    if ('bytes' in command) return this.#note(command.bytes, 'unknown command');
    const { name, parameters } = command;
    switch (name) {
      case 'ESC @':
        this.#automaticMask = 0;
        return this.#interpreter.initialise();
      case 'GS V':
        return this.#cut(parameters);
      case 'ESC i':
        return this.#cutNow('partial');
      case 'ESC m':
        return this.#cutNow('partial');
      case 'GS r':
        return this.#transmitStatus(parameters[0] ?? 0);
      case 'GS I':
        return this.#transmitIdentity(parameters[0] ?? 0);
      case 'GS a':
        this.#automaticMask = parameters[0] ?? 0;
        if (this.#automaticMask !== 0) this.#tellAutomaticStatus(this.sensors);
        return;
      case 'GS ( H':
        return this.#respond(parameters);
      case 'ESC p':
        return this.#note(
          Uint8Array.of(0x1b, 0x70, ...parameters),
          'drawer command: a kiosk printer has no drawer',
        );
      default:
        if (!this.#interpreter.obey(name, parameters))
          this.#note(Buffer.from(parameters), `unknown command ${name}`);
    }
  }

  #obeyRealtime(
    request: NonNullable<ReturnType<ReturnType<typeof createRealtimeScanner>['feed']>>,
    now: number,
  ) {
    switch (request.name) {
      case 'status':
        return this.#tellStatus(request.n);
      case 'full-status':
        if (this.#options.fullStatus)
          this.#reply(fullStatus(this.sensors), describeFullStatus(fullStatus(this.sensors)));
        return;
      case 'recover':
        this.#catchUp(now);
        // Only for an error that can be recovered, once its cause is gone (§1.6). No reply.
        if (this.#error === 'none' || this.#blocked) return;
        if (request.clear) this.#clearBuffers(now);
        this.#error = 'none';
        return this.#reportChange();
      case 'clear':
        if (this.#options.clears === false) return;
        this.#clearBuffers(now);
        if (!this.#blocked) this.#error = 'none';
        this.#reply([0x37, 0x25, 0x00], 'buffers cleared');
        return this.#reportChange();
    }
  }

  /** SOFT_RESET of the USB printer class: what was sent and not printed is forgotten. */
  forget(now: number) {
    this.#clearBuffers(now);
    this.#changed(now);
  }

  #tellStatus(n: 1 | 2 | 3 | 4) {
    const byte = realtimeStatus(n, this.sensors, this.#options.ticketSensor === 'bit7');
    this.#reply([byte], describeStatus(n, byte));
  }

  #tellAutomaticStatus(sensors: Sensors) {
    const bytes = automaticStatus(sensors);
    this.#reply(bytes, describeAutomaticStatus(bytes));
  }

  #clearBuffers(now: number) {
    this.#buffer = [];
    this.#assembly = [];
    this.#interpreter.clearLine();
    this.#busyUntil = now;
  }

  #cut(parameters: Uint8Array) {
    const [m = 0, n = 0] = parameters;
    const kinds: Record<number, 'full' | 'partial'> = {
      0: 'full',
      48: 'full',
      1: 'partial',
      49: 'partial',
      65: 'full',
      66: 'partial',
      103: 'full',
      104: 'partial',
    };
    const kind = kinds[m];
    if (!kind)
      return this.#note(Uint8Array.of(0x1d, 0x56, ...parameters), `GS V ${m}: this model has no such cut`);
    if (!this.#interpreter.atLineStart) {
      return this.#note(
        Uint8Array.of(0x1d, 0x56, ...parameters),
        'GS V in mid line: only cuts at the start of a line',
      );
    }
    if (m > 49) {
      this.roll.feed(headToCutterDots + n);
      this.#moved(headToCutterDots + n);
    }
    this.#cutNow(kind);
  }

  #cutNow(kind: 'full' | 'partial') {
    if (!this.roll.cut(kind))
      this.#note([], 'cut through printed lines: feed the paper to the knife first (GS V 65/66)');
    this.counts.cuts++;
    if (this.#options.ticketSensor && this.#options.ticketSensor !== 'none') this.#ticket = 'waiting';
    if (this.speed !== Number.POSITIVE_INFINITY) this.#busyUntil += cutMs;
    this.#options.onPaper();
  }

  #transmitStatus(n: number) {
    if (n === 1 || n === 49) {
      const byte = paperSensorByte(this.sensors);
      this.#reply([byte], describePaperSensors(byte));
    } else if (n === 2 || n === 50) this.#reply([0x00], 'GS r 2 drawer');
    else this.#note(Uint8Array.of(0x1d, 0x72, n), `GS r ${n}: unknown`);
  }

  #transmitIdentity(n: number) {
    const blocks: Record<number, string> = {
      65: '1.00',
      66: 'HALL-SIM',
      67: 'HS-80',
      68: this.#options.serial,
      69: 'CHINA GB18030',
    };
    const singles: Record<number, number> = { 1: 0x20, 49: 0x20, 2: 0x03, 50: 0x03, 3: 0x01, 51: 0x01 };
    const block = blocks[n];
    const single = singles[n];
    if (block) this.#reply([0x5f, ...Buffer.from(block, 'latin1'), 0x00], `GS I ${n} ${block}`);
    else if (single !== undefined) this.#reply([single], `GS I ${n}`);
    else this.#note(Uint8Array.of(0x1d, 0x49, n), `GS I ${n}: unknown`);
  }

  /** GS ( H: process id (fn 48) and offline response (fn 49), §1.5. Without the function the block is skipped. */
  #respond(parameters: Uint8Array) {
    if (!this.processId) return;
    const [fn, m, ...data] = parameters;
    if (fn === 48 && m === 48 && data.length === 4 && data.every((byte) => byte >= 0x20 && byte <= 0x7e)) {
      this.#reply(
        [0x37, 0x22, ...data, 0x00],
        `process id ${Buffer.from(data).toString('latin1')} has printed`,
      );
    } else if (fn === 49 && m === 48 && data.length === 1) {
      this.#offlineResponse = data[0] === 1 || data[0] === 2;
    } else this.#note(Uint8Array.of(0x1d, 0x28, 0x48, ...parameters), 'GS ( H: wrong parameters');
  }

  #reportChange() {
    const before = this.#reported;
    const after = this.sensors;
    if (
      before.cover === after.cover &&
      before.paper === after.paper &&
      before.error === after.error &&
      before.head === after.head
    )
      return;
    this.#reported = after;
    if (this.#power === 'off') return;
    if (automaticStatusChanged(this.#automaticMask, before, after)) this.#tellAutomaticStatus(after);
    if (this.#offlineResponse && !isOffline(before) && isOffline(after))
      this.#reply([0x37, 0x23, 0x00], 'went offline');
  }

  #reply(bytes: number[], meaning: string) {
    this.#options.reply(Uint8Array.from(bytes), meaning);
  }

  #note(bytes: Uint8Array | number[], reason: string) {
    const hex = Buffer.from(bytes)
      .toString('hex')
      .toUpperCase()
      .replace(/(..)(?=.)/g, '$1 ');
    this.counts.errors++;
    this.errors.push({ offset: this.#offset - bytes.length, hex: hex.slice(0, 120), reason });
    if (this.errors.length > keptErrors) this.errors.shift();
  }

  get paperOut() {
    return isPaperOut(this.sensors);
  }
}
