/**
 * The story of a sheet of paper: reserved → job → printed, or the fault that stopped it.
 * No second sheet is ever printed by itself: what nobody can say is `unconfirmed`, and people decide.
 */
import type { Logger } from 'pino';
import type { HallEvent } from '../contract/events.ts';
import type { PrintOutcome, SheetOfTicket, TicketPrinter } from '../device/driver/interfaces.ts';
import type { Executor } from '../executor.ts';
import type { Command } from '../hall/commands.ts';
import { sheetOf } from '../hall/satellites/names.ts';
import type { Ticket } from '../hall/state.ts';

/** Makes a ticket's bytes for a printer's paper. `again`: a second sheet, it says 补打. */
export type Compose = (ticket: Ticket, columns: 48 | 32, again: boolean) => Uint8Array;
export type PrintingSettings = {
  /** a ticket whose paper failed and that nobody takes is cancelled after so many seconds */ unclaimedS: number;
};

/** While the disk refuses, a sheet's fate is offered to it again at this interval, ms. */
const RECORD_AGAIN_MS = 1000;

/**
 * Runs the story until the returned function is called. `printersFor`: the printers of a kiosk (an agent's, or null for the hub's
 * own), first choice first: a ticket comes out where its visitor stands, and nowhere else.
 */
export function tellPrinting(
  executor: Executor,
  printersFor: (kiosk: string | null) => TicketPrinter[],
  compose: Compose,
  settings: PrintingSettings,
  log: Logger,
): () => void {
  const unclaimed = new Map<string, NodeJS.Timeout>();
  let stopped = false;

  const onCommitted = (events: HallEvent[]): void => {
    for (const event of events) {
      if (event.type === 'hall.ticket.reserved') {
        const { ticketId, delivery, offline, idempotencyKey } = event.data;
        // A ticket that a kiosk gave while it was cut off has its paper from there.
        if (delivery === 'paper' && !offline) print(ticketId, false, idempotencyKey);
      } else if (event.type === 'hall.ticket.reprinted') print(event.data.ticketId, event.data.mark);
      else if (event.type === 'hall.ticket.print-failed')
        watchUnclaimed(event.data.ticketId, settings.unclaimedS);
      else if (event.type.startsWith('hall.ticket.')) forget(event.subject);
    }
  };

  const print = (ticketId: string, again: boolean, idempotencyKey?: string): void => {
    const ticket = executor.state.tickets[ticketId];
    if (!ticket) return;
    onPaper(ticket, again, idempotencyKey)
      .then((fate) => settle(ticketId, fate))
      .catch((error: unknown) =>
        log.error({ ticketId, error }, 'the fate of a ticket could not be recorded'),
      );
  };

  const onPaper = async (
    ticket: Ticket,
    again: boolean,
    idempotencyKey: string | undefined,
  ): Promise<{ printer?: string; outcome: PrintOutcome }> => {
    let first: { printer?: string; outcome: PrintOutcome } | null = null;
    // A second printer is asked only before the first byte of the first one: never two papers for one number.
    for (const [turn, printer] of inOrder(printersFor(ticket.kiosk)).entries()) {
      const sheet: SheetOfTicket = {
        job: `${sheetOf(ticket)}.${turn}`,
        ticketId: ticket.ticketId,
        number: ticket.number,
        ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      };
      const outcome = await printer.print(compose(ticket, printer.columns, again), sheet);
      if (outcome.outcome !== 'failed' || outcome.bytesSent > 0) return { printer: printer.id, outcome };
      first ??= { printer: printer.id, outcome };
    }
    // None could begin: the trouble of the first choice is the one that people must mend.
    return first ?? { outcome: { outcome: 'failed', why: 'no-printer', bytesSent: 0 } };
  };

  const settle = async (
    ticketId: string,
    { printer, outcome }: { printer?: string; outcome: PrintOutcome },
  ): Promise<void> => {
    const at = printer === undefined ? {} : { printer };
    if (outcome.outcome === 'printed')
      await record({
        name: 'ticket.printed',
        ticketId,
        confirmedBy: outcome.confirmedBy,
        printer: printer ?? '',
      });
    else if (outcome.outcome === 'failed')
      await record({ name: 'ticket.print-failed', ticketId, why: outcome.why, ...at });
    else await record({ name: 'ticket.unconfirmed', ticketId, why: outcome.why, ...at });
  };

  /** The fate of a sheet must get on record: while the disk refuses, it is tried again. */
  const record = async (command: Command): Promise<void> => {
    while (!stopped) {
      try {
        const outcome = await executor.execute(command);
        if (!outcome.ok) log.warn({ command, refusal: outcome.refusal }, 'the fate of a sheet was refused');
        return;
      } catch (error) {
        log.warn({ command, error }, 'the fate of a sheet could not be recorded yet');
        await new Promise((resolve) => setTimeout(resolve, RECORD_AGAIN_MS).unref());
      }
    }
  };

  const watchUnclaimed = (ticketId: string, seconds: number): void => {
    forget(ticketId);
    // Its own kiosk says what becomes of it.
    if (executor.state.tickets[ticketId]?.offline) return;
    unclaimed.set(
      ticketId,
      setTimeout(() => {
        unclaimed.delete(ticketId);
        if (executor.state.tickets[ticketId]?.state !== 'print-failed') return;
        executor
          .execute({ name: 'ticket.cancel', ticketId, by: 'nobody' })
          .catch((error: unknown) => log.warn({ ticketId, error }, 'not cancelled'));
      }, seconds * 1000),
    );
  };

  const forget = (ticketId: string): void => {
    clearTimeout(unclaimed.get(ticketId));
    unclaimed.delete(ticketId);
  };

  executor.on('committed', onCommitted);
  // What was on its way when the agent stopped: nobody here can say whether it came out.
  for (const ticket of Object.values(executor.state.tickets)) {
    if (ticket.offline) continue;
    if (ticket.state === 'reserved' || ticket.state === 'printing')
      void record({ name: 'ticket.unconfirmed', ticketId: ticket.ticketId, why: 'restarted' });
    else if (ticket.state === 'print-failed') watchUnclaimed(ticket.ticketId, settings.unclaimedS);
  }

  return () => {
    stopped = true;
    executor.off('committed', onCommitted);
    for (const timer of unclaimed.values()) clearTimeout(timer);
    unclaimed.clear();
  };
}

/** Those that are ready first, else in the order of the configuration: each says itself why it cannot. */
export function inOrder(printers: TicketPrinter[]): TicketPrinter[] {
  return [...printers].sort(
    (a, b) => Number(b.status.state === 'ready') - Number(a.status.state === 'ready'),
  );
}
