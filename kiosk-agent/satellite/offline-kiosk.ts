/**
 * The second kiosk while the hall server is away: a number from its leased block, on its own disk, on its own paper with the mark
 * 离线. No second sheet is printed by itself: what nobody can say is `unconfirmed`, and the visitor decides.
 */
import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import type { HallEvent, PersonRef, Priority } from '../contract/events.ts';
import type { Bilingual, TicketView } from '../contract/live.ts';
import type { TicketPrinter } from '../device/driver/interfaces.ts';
import { HallError } from '../contract/problem.ts';
import { localDay } from '../hall/day.ts';
import { composeTicket } from '../paper/ticket.ts';
import type { Mark } from '../paper/texts.ts';
import { isTaking } from '../web/opening.ts';
import { refused } from '../web/problems.ts';
import { codeHash } from '../web/visitor-secrets.ts';
import type { Hub } from './hub.ts';
import { sheetOfTap, type LentSheet, type SatelliteWish, type SheetFate } from './memory.ts';
import { numbersLeft, offlineOfTap, offlineTicket, type OfflineTicket } from './offline-tickets.ts';
import type { SatelliteExecutor, Sheets } from './sheets.ts';

export type OfflineWish = {
  service: string;
  priority?: Priority | undefined;
  language: 'zh' | 'en';
  delivery: 'paper' | 'screen';
  idempotencyKey: string;
  person?: PersonRef | undefined;
  further?: string[] | undefined;
};

export type OfflineParts = {
  config: Config;
  executor: SatelliteExecutor;
  printers: TicketPrinter[];
  sheets: Sheets;
  hub: Hub;
  missedRule: Bilingual;
  /** what only the paper of a ticket says: the hub hears its hash */
  /** until when a surge extends a local day's hours, HH:mm, as far as the hub has said */
  extendedUntil: (day: string) => string | undefined;
  keyOf: (ticketId: string) => string;
  /** what the QR on the paper begins with */
  address: () => string;
  log: Logger;
};

/** The answer to a tap waits for the paper's fate at most so long, ms. */
const FATE_MS = 5000;
/** While the disk refuses, a sheet's fate is offered to it again at this interval, ms. */
const RECORD_AGAIN_MS = 1000;
const UNSETTLED: readonly OfflineTicket['state'][] = ['printing', 'print-failed', 'unconfirmed'];

export class OfflineKiosk {
  readonly #parts: OfflineParts;
  readonly #unclaimed = new Map<string, NodeJS.Timeout>();
  readonly #onCommitted = (events: HallEvent[]): void => this.#committed(events);
  #closed = false;

  /** Takes up at once what the last run left behind. */
  constructor(parts: OfflineParts) {
    this.#parts = parts;
    const { executor } = parts;
    executor.on('committed', this.#onCommitted);
    for (const { ticketId, state } of Object.values(executor.state.tickets)) {
      // It was on its way when the agent stopped: nobody here can say whether it came out.
      if (state === 'printing') void this.#record({ name: 'ticket.unconfirmed', ticketId, why: 'restarted' });
      else if (state === 'print-failed') this.#watchUnclaimed(ticketId);
    }
  }

  /** The ticket of a tap that was served here, or the hub's whose paper came out here; undefined: this kiosk knows of none. */
  ofTap(key: string, service: string): TicketView | undefined {
    const { state } = this.#parts.executor;
    const ticket = offlineOfTap(state, key);
    if (ticket) return this.#view(ticket);
    const sheet = sheetOfTap(state, key);
    return sheet ? this.#sheetView(sheet, service) : undefined;
  }

  /** One of this kiosk's own tickets. */
  look(ticketId: string): TicketView | undefined {
    const ticket = offlineTicket(this.#parts.executor.state, ticketId);
    return ticket && this.#view(ticket);
  }

  /** One of this kiosk's own tickets, by the key on its paper. */
  ofPaper(key: string): TicketView | undefined {
    const { executor, keyOf } = this.#parts;
    const ticket = Object.values(executor.state.tickets).find(({ ticketId }) => keyOf(ticketId) === key);
    return ticket && this.#view(ticket);
  }

  /** Whether this ticket's paper is still this kiosk's matter. */
  isUnsettled(ticketId: string): boolean {
    const ticket = offlineTicket(this.#parts.executor.state, ticketId);
    return ticket !== undefined && UNSETTLED.includes(ticket.state);
  }

  /**
   * A number for a tap while the hub is away; the same key gives the same ticket (`fresh` false). Throws HallError
   * `offline-no-numbers`, `outside-hours`, `identity-needed` and what else the rules refuse.
   */
  async take(wish: OfflineWish): Promise<{ fresh: boolean; ticket: TicketView }> {
    const { config, executor, hub } = this.#parts;
    const before = this.ofTap(wish.idempotencyKey, wish.service);
    const today = localDay(hub.now, config.hall.timeZone);
    if (!before && !isTaking(config.hall, hub.now, this.#parts.extendedUntil(today))) {
      const { from, to } = config.hall.opening ?? { from: '', to: '' };
      throw new HallError('outside-hours', `Tickets are given from ${from} to ${to}.`, { from, to });
    }
    const { priority, person, further, ...rest } = wish;
    const ticketId = `t${randomBytes(10).toString('hex')}`;
    const outcome = await executor.execute({
      name: 'ticket.reserve',
      ticketId,
      keyHash: codeHash(this.#parts.keyOf(ticketId)),
      ...rest,
      ...(priority ? { priority } : {}),
      ...(person ? { person } : {}),
      ...(further ? { further } : {}),
      kiosk: config.agent.id,
      clockOffsetMs: hub.clockOffsetMs,
      blocks: hub.blocks,
    });
    if (!outcome.ok && outcome.refusal.code !== 'superseded') throw refused(outcome.refusal);
    const { idempotencyKey: key, service } = wish;
    // The hub's sheet for this tap may be on its way to the disk.
    if (!outcome.ok) await this.#until(() => this.ofTap(key, service) !== undefined, FATE_MS);
    await this.#until(() => this.ofTap(key, service)?.state !== 'printing', FATE_MS);
    const ticket = this.ofTap(key, service);
    if (!ticket)
      throw new HallError('hub-away', 'The hall server has given a number that is not known here.');
    return { fresh: outcome.ok && outcome.events.length > 0, ticket };
  }

  /** What the visitor answers about the paper, or leaving the line. Throws HallError when it does not fit the state. */
  async act(
    ticketId: string,
    what: 'paper-out' | 'paper-not-out' | 'reprint' | 'on-screen' | 'cancel',
    reason?: string,
  ): Promise<TicketView> {
    const wish: SatelliteWish =
      what === 'paper-out'
        ? { name: 'ticket.confirm-paper', ticketId }
        : what === 'on-screen'
          ? { name: 'ticket.take-on-screen', ticketId }
          : what === 'cancel'
            ? { name: 'ticket.cancel', ticketId, by: 'visitor', ...(reason ? { reason } : {}) }
            : { name: 'ticket.reprint', ticketId };
    const outcome = await this.#parts.executor.execute(wish);
    if (!outcome.ok) throw refused(outcome.refusal);
    if (wish.name === 'ticket.reprint') await this.#paperFate(ticketId);
    const ticket = this.look(ticketId);
    if (!ticket) throw new HallError('unknown-ticket', `There is no ticket ${ticketId} today.`);
    return ticket;
  }

  /** Numbers that can still be given today while the hub is away, by prefix. */
  numbersLeft(): Record<string, number> {
    const { config, executor, hub } = this.#parts;
    const today = localDay(hub.now, config.hall.timeZone);
    return Object.fromEntries(
      config.services.map(({ prefix }) => [prefix, numbersLeft(executor.state, hub.blocks, prefix, today)]),
    );
  }

  /** Tickets that need a hand, for staff screens. */
  needHand(): Record<string, TicketView> {
    return Object.fromEntries(
      Object.values(this.#parts.executor.state.tickets)
        .filter(({ state }) => UNSETTLED.includes(state))
        .map((ticket) => [ticket.ticketId, this.#view(ticket)]),
    );
  }

  /** May be called twice. */
  close(): void {
    this.#closed = true;
    this.#parts.executor.off('committed', this.#onCommitted);
    for (const timer of this.#unclaimed.values()) clearTimeout(timer);
    this.#unclaimed.clear();
  }

  #committed(events: HallEvent[]): void {
    for (const event of events) {
      if (event.type === 'hall.ticket.reserved' && event.data.delivery === 'paper')
        this.#print(event.data.ticketId, false);
      else if (event.type === 'hall.ticket.reprinted') {
        this.#forget(event.data.ticketId);
        this.#print(event.data.ticketId, event.data.mark);
      } else if (event.type === 'hall.ticket.print-failed') this.#watchUnclaimed(event.data.ticketId);
      else if (event.type.startsWith('hall.ticket.')) this.#forget(event.subject);
    }
  }

  #print(ticketId: string, again: boolean): void {
    const ticket = offlineTicket(this.#parts.executor.state, ticketId);
    if (!ticket) return;
    this.#onPaper(ticket, again)
      .then(({ printer, fate }) => this.#settle(ticketId, printer, fate))
      .catch((error: unknown) =>
        this.#parts.log.error({ ticketId, error }, 'the fate of a ticket is not known'),
      );
  }

  async #onPaper(ticket: OfflineTicket, again: boolean): Promise<{ printer?: string; fate: SheetFate }> {
    let first: { printer?: string; fate: SheetFate } | null = null;
    const inOrder = [...this.#parts.printers].sort(
      (a, b) => Number(b.status.state === 'ready') - Number(a.status.state === 'ready'),
    );
    // A second printer is asked only before the first byte of the first one: never two papers for one number.
    for (const printer of inOrder) {
      const fate = await this.#parts.sheets.printOwn(printer, this.#compose(ticket, printer.columns, again));
      if (fate.outcome !== 'failed' || fate.bytesSent > 0) return { printer: printer.id, fate };
      first ??= { printer: printer.id, fate };
    }
    return first ?? { fate: { outcome: 'failed', why: 'no-printer', bytesSent: 0 } };
  }

  #compose(ticket: OfflineTicket, columns: 48 | 32, again: boolean): Uint8Array {
    const { config, missedRule, address } = this.#parts;
    const { language } = ticket;
    const service = config.services.find(({ id }) => id === ticket.service);
    const marks: Mark[] = ['offline'];
    if (ticket.class === 'priority') marks.push('priority');
    if (again) marks.push('reprint');
    return composeTicket(
      {
        language,
        hall: config.hall.name[language],
        service: service?.name[language] ?? ticket.service,
        number: ticket.number,
        marks,
        // Cut off, nobody here knows how many stand before it.
        ahead: null,
        waitMinutes: null,
        area: service?.area?.[language] ?? null,
        ...(ticket.person ? { holder: ticket.person.masked } : {}),
        takenAt: ticket.reservedAt.slice(0, 16).replace('T', ' '),
        qr: new URL(`t/${this.#parts.keyOf(ticket.ticketId)}`, address()).href,
        missedRule: missedRule[language],
      },
      columns,
    );
  }

  async #settle(ticketId: string, printer: string | undefined, fate: SheetFate): Promise<void> {
    const at = printer === undefined ? {} : { printer };
    const why = fate.why ?? 'printer-error';
    if (fate.outcome === 'printed')
      await this.#record({
        name: 'ticket.printed',
        ticketId,
        confirmedBy: fate.confirmedBy ?? 'barrier',
        printer: printer ?? '',
      });
    else if (fate.outcome === 'failed')
      await this.#record({ name: 'ticket.print-failed', ticketId, why, ...at });
    else await this.#record({ name: 'ticket.unconfirmed', ticketId, why, ...at });
  }

  async #record(wish: SatelliteWish): Promise<void> {
    const { executor, log } = this.#parts;
    while (!this.#closed) {
      try {
        const outcome = await executor.execute(wish);
        if (!outcome.ok) log.warn({ wish, refusal: outcome.refusal }, 'the fate of a sheet was refused');
        return;
      } catch (error) {
        log.warn({ wish, error }, 'the fate of a sheet could not be recorded yet');
        await new Promise((resolve) => setTimeout(resolve, RECORD_AGAIN_MS).unref());
      }
    }
  }

  /** A ticket whose paper failed and that nobody takes is cancelled. */
  #watchUnclaimed(ticketId: string): void {
    this.#forget(ticketId);
    const end = (): void => {
      this.#unclaimed.delete(ticketId);
      if (offlineTicket(this.#parts.executor.state, ticketId)?.state === 'print-failed')
        void this.#record({ name: 'ticket.cancel', ticketId, by: 'nobody' });
    };
    this.#unclaimed.set(ticketId, setTimeout(end, this.#parts.config.rules.unclaimedS * 1000));
  }

  #forget(ticketId: string): void {
    clearTimeout(this.#unclaimed.get(ticketId));
    this.#unclaimed.delete(ticketId);
  }

  #paperFate(ticketId: string): Promise<void> {
    return this.#until(
      () => offlineTicket(this.#parts.executor.state, ticketId)?.state !== 'printing',
      FATE_MS,
    );
  }

  /** Waits until what is on disk says so, `ms` at the most. */
  async #until(isSo: () => boolean, ms: number): Promise<void> {
    const { executor } = this.#parts;
    if (isSo()) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        executor.off('committed', look);
        resolve();
      };
      const look = (): void => {
        if (isSo()) done();
      };
      const timer = setTimeout(done, ms);
      executor.on('committed', look);
    });
  }

  #view(ticket: OfflineTicket): TicketView {
    const { ticketId, number, service, state, paperFault } = ticket;
    return {
      ticketId,
      number,
      service,
      state,
      class: ticket.class,
      ...(ticket.priority ? { priority: ticket.priority } : {}),
      ahead: null,
      waitMinS: null,
      waitMaxS: null,
      area: this.#areaOf(service),
      printed: state === 'waiting',
      ...(paperFault && (state === 'print-failed' || state === 'unconfirmed') ? { paperFault } : {}),
      reservedAt: ticket.reservedAt,
      offline: true,
    };
  }

  /** The hub's ticket, as far as its sheet tells: the hub went away between the paper and its answer. */
  #sheetView(sheet: LentSheet, service: string): TicketView {
    const state = !sheet.fate ? 'printing' : sheet.fate.outcome === 'printed' ? 'waiting' : 'unconfirmed';
    return {
      ticketId: sheet.ticketId ?? '',
      number: sheet.number ?? '',
      service,
      state,
      class: 'normal',
      ahead: null,
      waitMinS: null,
      waitMaxS: null,
      area: this.#areaOf(service),
      printed: state === 'waiting',
      ...(state === 'unconfirmed' ? { paperFault: sheet.fate?.why ?? 'no-answer' } : {}),
      reservedAt: sheet.begunAt,
    };
  }

  #areaOf(service: string): Bilingual | null {
    return this.#parts.config.services.find(({ id }) => id === service)?.area ?? null;
  }
}
