/**
 * Sheets of paper on this satellite's printers: one at a time on each. A sheet that the hub asked for is on disk before its first
 * byte and its fate is always written, so that the same job is never printed twice, whatever is cut or restarted.
 */
import type { Logger } from 'pino';
import type { z } from 'zod';
import type { satelliteCommands } from '../contract/link.ts';
import type { TicketPrinter } from '../device/driver/interfaces.ts';
import type { Executor, Outcome } from '../executor.ts';
import type { HallRules } from '../hall/state.ts';
import type { CommandHandler } from '../link/commands.ts';
import type { SatelliteMemory, SatelliteWish, SheetFate } from './memory.ts';

export type SatelliteExecutor = Executor<SatelliteMemory, SatelliteWish, HallRules>;
type PrintWish = z.infer<typeof satelliteCommands.print>;

/** While the disk refuses, a sheet's fate is offered to it again at this interval, ms. */
const RECORD_AGAIN_MS = 1000;

export class Sheets {
  readonly #executor: SatelliteExecutor;
  readonly #hubNow: () => Date;
  readonly #log: Logger;
  readonly #work = new Set<Promise<void>>();
  readonly #lanes = new Map<string, Promise<void>>();
  #closed = false;

  constructor(executor: SatelliteExecutor, hubNow: () => Date, log: Logger) {
    this.#executor = executor;
    this.#hubNow = hubNow;
    this.#log = log;
  }

  /** What was on its way when the agent stopped: nobody here can say whether it came out. */
  async settleLeftOver(): Promise<void> {
    for (const { job, fate } of this.#executor.state.sheets)
      if (!fate)
        await this.#record({
          name: 'sheet.settle',
          job,
          outcome: 'unconfirmed',
          why: 'restarted',
          bytesSent: 0,
        });
  }

  /** Takes a job of the hub's: `ok` when it is on disk; the same job again has no second effect. */
  async print(
    printer: TicketPrinter,
    { job, ticketId, idempotencyKey, number, bytes }: PrintWish,
    deadline: Date,
  ): Promise<Awaited<ReturnType<CommandHandler>>> {
    const begun = await this.#executor.execute({
      name: 'sheet.begin',
      job,
      printer: printer.id,
      ...(ticketId === undefined ? {} : { ticketId }),
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      ...(number === undefined ? {} : { number }),
    });
    if (!begun.ok) return { refused: begun.refusal.code, why: begun.refusal.detail };
    if (begun.events.length === 0) return { ok: true };
    const sheet = Buffer.from(bytes, 'base64');
    this.#inLane(printer.id, async () => {
      // It waited behind other sheets until its visitor was gone.
      const late = this.#hubNow() > deadline;
      const fate: SheetFate = late
        ? { outcome: 'failed', why: 'printer-busy', bytesSent: 0 }
        : await fateOn(printer, sheet);
      await this.#record({ name: 'sheet.settle', job, ...fate });
    });
    return { ok: true };
  }

  /** Prints a sheet of this kiosk's own, behind those that are under way. */
  printOwn(printer: TicketPrinter, bytes: Uint8Array): Promise<SheetFate> {
    return new Promise((resolve, reject) => {
      this.#inLane(printer.id, () => fateOn(printer, bytes).then(resolve, reject));
    });
  }

  /** Waits for the sheets that are under way; their drivers settle at once when they are closed. May be called twice. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#work);
  }

  #inLane(printer: string, work: () => Promise<void>): void {
    const before = this.#lanes.get(printer) ?? Promise.resolve();
    const done = before.then(work).catch((error: unknown) => {
      this.#log.error({ printer, error }, 'a sheet ended in an error');
    });
    this.#lanes.set(printer, done);
    this.#work.add(done);
    void done.finally(() => this.#work.delete(done));
  }

  async #record(wish: SatelliteWish): Promise<void> {
    for (;;) {
      try {
        const outcome: Outcome = await this.#executor.execute(wish);
        if (!outcome.ok)
          this.#log.warn({ wish, refusal: outcome.refusal }, 'the fate of a sheet was refused');
        return;
      } catch (error) {
        this.#log.warn({ wish, error }, 'the fate of a sheet could not be recorded yet');
        // At the next start it is found to be under way, and settled then.
        if (this.#closed) return;
        await new Promise((resolve) => setTimeout(resolve, RECORD_AGAIN_MS).unref());
      }
    }
  }
}

async function fateOn(printer: TicketPrinter, bytes: Uint8Array): Promise<SheetFate> {
  const outcome = await printer.print(bytes);
  if (outcome.outcome === 'printed')
    return { outcome: 'printed', confirmedBy: outcome.confirmedBy, bytesSent: bytes.length };
  return outcome;
}
