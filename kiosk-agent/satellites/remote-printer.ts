/**
 * A printer at a satellite. The satellite answers that it has taken the job; what became of the sheet stands in its journal
 * (`hall.sheet.settled`), so that it is known also when the way was cut in between.
 */
import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { EventData } from '../contract/events.ts';
import type { DeviceStatus, PrintOutcome, SheetOfTicket } from '../device/driver/interfaces.ts';
import { hubName } from '../hall/satellites/names.ts';
import type { RemoteParts } from './remote-device.ts';

/** A sheet that has not begun by then belongs to a visitor who is gone, ms. */
const BEGIN_MS = 10_000;
/** From the satellite's yes to the word of its printer: the sheets before it, its bytes, and 10 s after the last byte, ms. */
const SETTLED_MS = 30_000;

type Fate = EventData<'hall.sheet.settled'> | 'cut' | 'silent';

/** Sheets that satellites are printing now. */
export class SheetsUnderWay {
  readonly #waiting = new Map<string, { agent: string; settle: (fate: Fate) => void }>();

  /** Its fate when the satellite has said it; `cut` when the satellite went away, `silent` after `ms`. */
  async fate(agent: string, job: string, ms: number): Promise<Fate> {
    const name = `${agent} ${job}`;
    const { promise, resolve } = Promise.withResolvers<Fate>();
    const timer = setTimeout(() => resolve('silent'), ms);
    this.#waiting.set(name, { agent, settle: resolve });
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(name);
    }
  }

  settle(agent: string, job: string, fate: Fate): void {
    this.#waiting.get(`${agent} ${job}`)?.settle(fate);
  }

  /** Nobody waits for a sheet any more; without `agent`: for none at all. */
  cut(agent?: string): void {
    for (const each of this.#waiting.values())
      if (agent === undefined || each.agent === agent) each.settle('cut');
  }
}

export class RemotePrinter extends EventEmitter<{ status: [from: DeviceStatus, to: DeviceStatus] }> {
  readonly id: string;
  readonly kind = 'printer' as const;
  readonly #agent: string;
  readonly #device: string;
  readonly #parts: RemoteParts;
  readonly #sheets: SheetsUnderWay;

  constructor(agent: string, device: string, parts: RemoteParts, sheets: SheetsUnderWay) {
    super();
    this.id = hubName(agent, device);
    this.#agent = agent;
    this.#device = device;
    this.#parts = parts;
    this.#sheets = sheets;
  }

  get status(): DeviceStatus {
    const announced = this.#parts.roster.device(this.#agent, this.#device);
    return announced?.status ?? { state: 'missing', notes: [], counters: {} };
  }

  get columns(): 48 | 32 {
    return this.#parts.roster.device(this.#agent, this.#device)?.columns ?? 48;
  }

  async print(bytes: Uint8Array, sheet?: SheetOfTicket): Promise<PrintOutcome> {
    const { job, ...ticket } = sheet ?? { job: `test-${randomUUID()}` };
    // Listened for before it is asked: the word may come before the answer.
    const fate = this.#sheets.fate(this.#agent, job, BEGIN_MS + SETTLED_MS);
    const answer = await this.#parts.send(
      this.#agent,
      'print',
      { job, device: this.#device, ...ticket, bytes: Buffer.from(bytes).toString('base64') },
      BEGIN_MS,
    );
    // It was not sent, or the satellite did not begin it (too late, no such printer, superseded): nothing came out.
    if (!answer.ok && answer.refused !== 'no-answer') {
      this.#sheets.settle(this.#agent, job, 'cut');
      return { outcome: 'failed', why: 'printer-missing', bytesSent: 0 };
    }
    const said = await fate;
    if (said === 'cut' || said === 'silent')
      return { outcome: 'unconfirmed', why: 'no-answer', bytesSent: bytes.length };
    if (said.outcome === 'printed') return { outcome: 'printed', confirmedBy: said.confirmedBy ?? 'barrier' };
    return { outcome: said.outcome, why: said.why ?? 'printer-error', bytesSent: said.bytesSent };
  }

  close(): Promise<void> {
    this.removeAllListeners();
    return Promise.resolve();
  }
}
