/**
 * A printer on a table: the simulator's machine and the driver with nothing but a cable between them and one clock for
 * both, so that trouble can be made at every byte and every millisecond. The same over real ports: the other tests here.
 */
import { expect } from 'vitest';
import { PrinterMachine, type PrinterMachineOptions } from '../../../firmware-sim/printer/machine.ts';
import { paperQr, paperText, type Paper } from '../../../firmware-sim/printer/paper.ts';
import type { PaperFault } from '../../../kiosk-agent/contract/events.ts';
import type { PrintOutcome } from '../../../kiosk-agent/device/driver/interfaces.ts';
import { EscPosPrinter, type PrinterParts } from '../../../kiosk-agent/device/driver/printer.ts';
import type { PortTrouble, Transport, WriteResult } from '../../../kiosk-agent/device/transport/transport.ts';
import { ManualClock } from '../manual-clock.ts';
import { codeOf, sheet } from '../printer-bench.ts';

export type TableModel = {
  name: string;
  driver: Partial<PrinterParts['model']>;
  machine: Partial<PrinterMachineOptions> & { processId?: boolean; answers?: boolean };
};

/** The kinds of printers that differ in what can be known of a sheet. */
export const TABLE_MODELS: readonly TableModel[] = [
  { name: 'process id', driver: { confirmation: 'process-id' }, machine: {} },
  {
    name: 'process id promised and not kept',
    driver: { confirmation: 'process-id' },
    machine: { processId: false, clears: false },
  },
  { name: 'barrier', driver: { confirmation: 'barrier' }, machine: { processId: false } },
  {
    name: 'barrier, cannot clear',
    driver: { confirmation: 'barrier' },
    machine: { processId: false, clears: false },
  },
  {
    name: 'presenter with full status',
    driver: { confirmation: 'barrier', fullStatus: true },
    machine: { processId: false, fullStatus: true, ticketSensor: 'full-status' },
  },
  {
    name: 'GS r only',
    driver: { confirmation: 'barrier', status: 'ordered' },
    machine: { processId: false, realtime: 'none' },
  },
  {
    name: 'one-way',
    driver: { confirmation: 'none', status: 'none' },
    machine: { processId: false, realtime: 'none', answers: false },
  },
];

export type Trouble =
  'paper-out' | 'cover-open' | 'cutter-error' | 'paper-jam' | 'head-hot' | 'power-off' | 'unplugged';

/**
 * network: the port goes with the power. serial: it stays, and every byte takes a millisecond; what comes while the
 * printer starts is lost. serial-cts: the same, but the line waits until the printer lets it go on.
 */
export type Line = 'network' | 'serial' | 'serial-cts';
export type TableOptions = { line?: Line; speed?: number };

const GONE: PortTrouble = { kind: 'unplugged', detail: 'the plug was pulled' };
const BEGIN = Buffer.from([0x1b, 0x40]);

export class Table {
  readonly clock = new ManualClock();
  readonly machine: PrinterMachine;
  driver: EscPosPrinter;
  readonly model: TableModel;
  readonly line: Line;
  /** what the line makes of the printer's answers, a piece each */
  spoil: (bytes: Uint8Array) => Uint8Array[] = (bytes) => [bytes];
  /** what the paced line still has to bring */
  #onTheWay: number[] = [];
  #pacing = false;
  #transport: Transport | null = null;
  readonly #cancels: (() => void)[] = [];
  #armed: { at: number; counted: number | null; act: () => void }[] = [];

  constructor(model: TableModel, more: TableOptions = {}) {
    this.model = model;
    this.line = more.line ?? 'network';
    const { processId = true, answers = true, ...options } = model.machine;
    this.machine = new PrinterMachine({
      width: 576,
      serial: 'T1',
      chineseAfterInit: 'off',
      fourByteArea: false,
      startUpMs: 1_200,
      now: () => this.clock.monotonicMs(),
      reply: (bytes) => {
        const to = this.#transport;
        if (!answers || !to) return;
        for (const piece of this.spoil(bytes)) queueMicrotask(() => to.onData?.(piece));
      },
      onPaper: () => {},
      ...options,
    });
    this.machine.processId = processId;
    this.machine.speed = more.speed ?? Number.POSITIVE_INFINITY;
    this.driver = this.#newDriver(0.5);
  }

  /** `start` [0…1): where its process ids begin. */
  #newDriver(start: number): EscPosPrinter {
    return new EscPosPrinter({
      id: 'printer-1',
      model: { columns: 48, confirmation: 'process-id', status: 'realtime', ...this.model.driver },
      clock: this.clock,
      random: () => start,
    });
  }

  /** The agent is killed, and another one is there at once. What the printer holds it goes on printing. */
  async restartAgent(): Promise<void> {
    const killed = this.driver;
    this.#transport = null;
    this.#onTheWay = [];
    const closing = killed.close();
    await this.pass(10);
    await closing;
    this.driver = this.#newDriver(0.1);
    this.plug();
  }

  get now(): number {
    return this.clock.monotonicMs();
  }

  plug(): void {
    if (this.#transport) return;
    const transport: Transport = {
      onData: null,
      onClosed: null,
      write: (bytes) => Promise.resolve(this.#write(transport, bytes)),
      close: () => Promise.resolve(),
    };
    this.#transport = transport;
    this.driver.attach(transport);
  }

  unplug(): void {
    if (!this.#transport) return;
    this.#transport = null;
    this.#onTheWay = [];
    this.driver.detached(GONE);
  }

  #write(transport: Transport, bytes: Uint8Array): WriteResult {
    for (const armed of this.#armed)
      if (armed.counted === null && Buffer.from(bytes).includes(BEGIN)) armed.counted = 0;
    if (this.line !== 'network') {
      // The operating system takes it at once, and the line brings it byte by byte.
      this.#onTheWay.push(...bytes);
      this.#pace();
      return { ok: true };
    }
    for (let at = 0; at < bytes.length;) {
      // In one piece up to the byte before which something is to happen.
      const left = this.#armed.map(({ at: wanted, counted }) =>
        counted === null ? Infinity : wanted - counted,
      );
      const piece = bytes.subarray(at, at + Math.max(1, Math.min(...left, bytes.length)));
      if (!this.#bring(transport, piece)) return { ok: false, trouble: GONE };
      at += piece.length;
    }
    return { ok: true };
  }

  #bring(transport: Transport | null, piece: Uint8Array): boolean {
    if (this.#transport !== transport) return false;
    this.#reached();
    if (this.#transport !== transport) return false;
    this.machine.receive(piece, this.now);
    for (const armed of this.#armed) if (armed.counted !== null) armed.counted += piece.length;
    return true;
  }

  #pace(): void {
    if (this.#pacing || this.#onTheWay.length === 0) return;
    this.#pacing = true;
    const transport = this.#transport;
    this.clock.after(1, () => {
      this.#pacing = false;
      const ready = this.machine.power === 'on' && this.machine.started;
      if (this.#transport === transport && (ready || this.line === 'serial')) {
        const byte = this.#onTheWay.shift();
        if (byte !== undefined) this.#bring(transport, Uint8Array.of(byte));
      }
      this.#pace();
    });
  }

  #reached(): void {
    for (const armed of [...this.#armed]) {
      if (armed.counted !== armed.at) continue;
      this.#armed = this.#armed.filter((each) => each !== armed);
      armed.act();
    }
  }

  /** Does it before byte `at` [0…] of the next sheet, counted over everything that is sent from its ESC @ on. */
  before(at: number, act: () => void): void {
    this.#armed.push({ at, counted: null, act });
  }

  /** Whether everything that was armed has happened. */
  get quiet(): boolean {
    return this.#armed.length === 0;
  }
  disarm(): void {
    this.#armed = [];
    for (const cancel of this.#cancels.splice(0)) cancel();
  }

  /** Does it in `ms`, unless it is disarmed before. */
  later(ms: number, act: () => void): void {
    this.#cancels.push(this.clock.after(ms, act));
  }

  make(trouble: Trouble): void {
    const { machine, now } = this;
    switch (trouble) {
      case 'paper-out':
        return machine.setPaper('out', now);
      case 'cover-open':
        return machine.setCover('open', now);
      case 'cutter-error':
        return machine.setCutterBlocked(true, now);
      case 'paper-jam':
        return machine.setJam(true, now);
      case 'head-hot':
        return machine.setHead('hot', now);
      case 'power-off':
        machine.setPower('off', now);
        // A line that loses bytes goes on losing them.
        if (this.line === 'network') this.unplug();
        return;
      case 'unplugged':
        return this.unplug();
    }
  }

  /** What people do: whatever was wrong, afterwards nothing is. The paper that hangs there stays. */
  async repair(): Promise<void> {
    const { machine } = this;
    if (machine.power === 'off') {
      machine.setPower('on', this.now);
      await this.pass(1_500);
    }
    machine.loadPaper(80_000, this.now);
    machine.setCutterBlocked(false, this.now);
    machine.setJam(false, this.now);
    machine.setHead('cool', this.now);
    machine.setCover('open', this.now);
    machine.setCover('closed', this.now);
    this.plug();
  }

  /** One step of time: to whatever is due next, in the driver or in the printer. */
  async #step(limitMs: number): Promise<void> {
    const printer = this.machine.nextDue() - this.now;
    const next = Math.max(0, Math.min(this.clock.nextMs ?? Infinity, printer, limitMs));
    await this.clock.advance(next);
    this.machine.advance(this.now);
  }

  async pass(ms: number, done: () => boolean = () => false): Promise<void> {
    const end = this.now + ms;
    for (;;) {
      // What was heard has had its effect.
      await new Promise((resolve) => setImmediate(resolve));
      if (this.now >= end || done()) return;
      await this.#step(end - this.now);
    }
  }

  async until(condition: () => boolean, what: string): Promise<void> {
    await this.pass(120_000, condition);
    if (!condition())
      throw new Error(`two minutes passed without: ${what}; ${JSON.stringify(this.driver.status)}`);
  }

  /** Ready, introduced, nothing under way. */
  async ready(): Promise<void> {
    await this.until(() => this.driver.status.state === 'ready', 'ready');
    const { confirmation, status } = this.model.driver;
    // Strangers' answers are waited for, where the printer cannot be told to throw them away.
    const settles = status === 'ordered' || this.model.machine.clears === false;
    if (confirmation !== 'none') await this.pass(settles ? 8_000 : 1_000);
    if (this.driver.status.state !== 'ready') throw new Error(JSON.stringify(this.driver.status));
  }

  async print(bytes: Uint8Array): Promise<PrintOutcome> {
    let outcome: PrintOutcome | undefined;
    void this.driver.print(bytes).then((fate) => (outcome = fate));
    await this.until(() => outcome !== undefined, 'the fate of a sheet');
    return outcome!;
  }

  /** Pieces of paper on which `name` stands whole and valid, from the first to the last line; `hanging` ones too. */
  whole(name: string, hanging: 'out' | 'hanging' = 'out'): number {
    const { papers, current } = this.machine.roll;
    const all = hanging === 'hanging' ? [...papers, current] : papers;
    return all.filter((paper) => isWhole(paper, name)).length;
  }

  async close(): Promise<void> {
    this.disarm();
    const closing = this.driver.close();
    await this.pass(10);
    await closing;
    expect(this.clock.pending, 'timers left behind').toBe(0);
  }
}

function isWhole(paper: Paper, name: string): boolean {
  const text = paperText(paper);
  return (
    new RegExp(`头${name}\\n`).test(text) &&
    new RegExp(`尾${name}(\\n|$)`).test(text) &&
    !text.includes('作废') &&
    paperQr(paper).includes(codeOf(name))
  );
}

/**
 * What must hold for `outcome` of the sheet `name`, now, after the repair, and after one more sheet:
 * printed: it is there, once. failed: it is not there, not even hanging, and never comes. Anything: never twice.
 */
export async function outcomeIsTrue(
  table: Table,
  name: string,
  outcome: PrintOutcome,
  where: string,
): Promise<void> {
  const out = table.whole(name);
  if (outcome.outcome === 'printed') expect(out, `${where}: printed, and not there`).toBe(1);
  if (outcome.outcome === 'failed')
    expect(table.whole(name, 'hanging'), `${where}: failed, and it hangs there whole`).toBe(0);
  table.disarm();
  await table.repair();
  // Nobody waits for a printer that says nothing: what it holds comes out meanwhile.
  if (table.model.driver.confirmation === 'none') await table.pass(5_000);
  await table.ready();
  const later = table.whole(name, 'hanging');
  if (outcome.outcome === 'failed') expect(later, `${where}: failed, and it came out later`).toBe(0);
  const next = `N${name}`;
  const following = await table.print(sheet(next, 1));
  if (table.model.driver.confirmation !== 'none')
    expect(following, `${where}: the next sheet`).toMatchObject({ outcome: 'printed' });
  else await table.pass(5_000);
  expect(table.whole(next), `${where}: the next sheet is whole`).toBe(1);
  const last = paperText(table.machine.roll.papers.at(-1)!);
  // That a printer which says nothing has lost its power nobody can know, if its port stays.
  if (table.model.driver.confirmation !== 'none' || table.line === 'network')
    expect(last, `${where}: the next sheet stands alone`).toMatch(new RegExp(`^头${next}`));
  const inAll = table.whole(name);
  expect(inAll, `${where}: twice`).toBeLessThanOrEqual(1);
  if (outcome.outcome === 'printed') expect(inAll, `${where}: once`).toBe(1);
  if (outcome.outcome === 'failed') expect(inAll, `${where}: failed for ever`).toBe(0);
}

/** Bytes from a sheet's ESC @ to its last question and what is sent when it is given up. */
export const JOB_BYTES = sheet('A001', 1).length + 40;

/** A new printer, well and introduced. */
export async function tableOf(model: TableModel, more: TableOptions = {}): Promise<Table> {
  const table = new Table(model, more);
  table.plug();
  await table.ready();
  return table;
}

/** `trouble` before every `stride`th byte of a sheet; gives how often each outcome was said. */
export async function atEveryByte(
  model: TableModel,
  trouble: Trouble,
  more: TableOptions & { stride?: number } = {},
): Promise<Record<string, number>> {
  const said: Record<string, number> = {};
  for (let at = 0; at < JOB_BYTES; at += more.stride ?? 1) {
    const table = await tableOf(model, more);
    table.before(at, () => table.make(trouble));
    const outcome = await table.print(sheet('A001', 1));
    said[outcome.outcome] = (said[outcome.outcome] ?? 0) + 1;
    await outcomeIsTrue(table, 'A001', outcome, `${model.name}, ${trouble} before byte ${at}`);
    await table.close();
  }
  return said;
}

/**
 * Two troubles: `first` before the middle of the sheet, and `second` before every byte of what the driver then does
 * about it (padding, clearing, asking).
 */
export async function whileClearing(model: TableModel, first: Trouble, second: Trouble): Promise<void> {
  const middle = Math.floor(sheet('A001', 1).length / 2);
  for (let more = 1; more < 60; more += 1) {
    const table = await tableOf(model);
    table.before(middle, () => table.make(first));
    table.before(middle + more, () => table.make(second));
    const outcome = await table.print(sheet('A001', 1));
    await outcomeIsTrue(
      table,
      'A001',
      outcome,
      `${model.name}, ${first}, then ${second} ${more} bytes later`,
    );
    await table.close();
  }
}

/** A sheet that failed in its middle, repaired; then `second` before every `stride`th byte of the next one. */
export async function afterHalfASheet(
  model: TableModel,
  first: Trouble,
  second: Trouble,
  stride = 3,
): Promise<void> {
  for (let at = 0; at < JOB_BYTES + 20; at += stride) {
    const table = await tableOf(model);
    table.before(Math.floor(JOB_BYTES / 2), () => table.make(first));
    const before = await table.print(sheet('A001', 1));
    table.disarm();
    await table.repair();
    await table.ready();
    table.before(at, () => table.make(second));
    const outcome = await table.print(sheet('A002', 1));
    const where = `${model.name}, half a sheet by ${first}, then ${second} before byte ${at}`;
    await outcomeIsTrue(table, 'A002', outcome, where);
    if (before.outcome === 'failed') expect(table.whole('A001'), `${where}: the first one`).toBe(0);
    expect(table.whole('A001'), `${where}: the first one`).toBeLessThanOrEqual(1);
    await table.close();
  }
}

/** Trouble while nothing is printed: the sheet is refused before its first byte, and does not come after the repair. */
export async function whileIdle(model: TableModel, trouble: Trouble, why: PaperFault[]): Promise<void> {
  const table = await tableOf(model);
  table.make(trouble);
  for (const waits of [0, 700, 5_000]) {
    await table.pass(waits);
    const outcome = await table.print(sheet('A001', 1));
    if (model.driver.confirmation === 'none' && trouble !== 'unplugged' && trouble !== 'power-off')
      expect(outcome.outcome).toBe('unconfirmed');
    else {
      expect(outcome, model.name).toMatchObject({ outcome: 'failed', bytesSent: 0 });
      expect(why, model.name).toContain((outcome as { why: PaperFault }).why);
    }
  }
  if (model.driver.confirmation !== 'none')
    await outcomeIsTrue(table, 'A001', { outcome: 'failed', why: why[0]!, bytesSent: 0 }, model.name);
  await table.close();
}

/** `trouble` at every `everyMs` of the printing of a sheet, from its first byte on. */
export async function atEveryMoment(
  model: TableModel,
  trouble: Trouble,
  everyMs: number,
  more: TableOptions = {},
): Promise<Record<string, number>> {
  const said: Record<string, number> = {};
  for (let ms = 0; ; ms += everyMs) {
    const table = await tableOf(model, { ...more, speed: 150 });
    table.before(0, () => table.later(ms, () => table.make(trouble)));
    const from = table.now;
    const outcome = await table.print(sheet('A001', 3));
    const over = outcome.outcome !== 'failed' && table.now - from < ms;
    said[outcome.outcome] = (said[outcome.outcome] ?? 0) + 1;
    await outcomeIsTrue(table, 'A001', outcome, `${model.name}, ${trouble} after ${ms} ms`);
    await table.close();
    if (over || ms > 20_000) return said;
  }
}
