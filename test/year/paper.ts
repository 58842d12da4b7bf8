/** The printer's word about a ticket, and the few sheets that do not come out. */
import { SECOND, type Today } from './today.ts';

/** Plans it; the ticket was reserved at `at` (ms). */
export function planPaper({ ask, hear, plan, chance }: Today, ticketId: string, at: number): void {
  const out = at + chance.between(0.8, 2) * SECOND;
  if (chance.is(0.985)) {
    plan(out, (now) =>
      hear(
        ask({ name: 'ticket.printed', ticketId, confirmedBy: 'process-id', printer: 'printer-1' }, now),
        now,
      ),
    );
  } else if (chance.is(0.6)) {
    plan(out, (now) => ask({ name: 'ticket.print-failed', ticketId, why: 'paper-out' }, now));
    const onScreen = chance.is(0.7);
    plan(out + 20 * SECOND, (now) =>
      hear(
        ask(
          onScreen
            ? { name: 'ticket.take-on-screen', ticketId }
            : { name: 'ticket.cancel', ticketId, by: 'nobody' },
          now,
        ),
        now,
      ),
    );
  } else {
    plan(out + 10 * SECOND, (now) => ask({ name: 'ticket.unconfirmed', ticketId, why: 'no-answer' }, now));
    plan(out + 30 * SECOND, (now) =>
      hear(ask({ name: 'ticket.confirm-paper', ticketId, by: 'staff', staff: '1000' }, now), now),
    );
  }
}
