/** A visitor from the door to the line: card, code, ticket, its paper, and the patience to wait. */
import { waitMs } from './day-clock.ts';
import type { Day, Visitor } from './day.ts';
import { refusalOf } from './http.ts';
import { ticketView, type TicketView } from './hub.ts';
import { HAND_MS } from './keys.ts';
import type { Locks } from './locks.ts';
import type { Papers } from './papers.ts';
import type { PlannedVisitor } from './plan.ts';

/** A card must lie so long to be read, and be away so long to be another one. */
const CARD_MS = { lies: 1500, away: 700 };
/** Two codes that follow closely are one that was read twice. */
const CODE_MS = 1200;
/** The fate of a sheet is known after 10 s at the latest; then somebody must be asked. */
const FATE_MS = 45_000;
const LOOK_MS = 250;
/** So often somebody asks for one more sheet before he takes the number on the screen. */
const MOST_SHEETS = 3;

/** `run` makes this day's taps different from those of any other. */
export function createVisitors(day: Day, alone: Locks, papers: Papers, run: string) {
  const { hub, clock, ledger, signal } = day;

  async function arrive(planned: PlannedVisitor): Promise<void> {
    const key = `${run}-${planned.visitor}`;
    const done: Visitor['done'] = {
      ...clock.moment(),
      visitor: planned.visitor,
      key,
      service: planned.service,
      priority: planned.priority,
      delivery: planned.delivery,
      ticketId: null,
      number: null,
      outcome: 'arriving',
      has: null,
      sheetsAgain: 0,
    };
    const visitor: Visitor = { planned, done, gone: false };
    ledger.visitors.push(done);
    await atReaders(planned);
    const answer = await hub.take({
      service: planned.service,
      idempotencyKey: key,
      delivery: planned.delivery,
      language: 'zh',
      ...(planned.priority === null ? {} : { priority: planned.priority }),
    });
    const first = answer.kind === 'answered' && answer.ok ? ticketView.safeParse(answer.body) : undefined;
    if (!first?.success) {
      done.outcome = 'without-ticket';
      day.trouble(
        `visitor ${planned.visitor} got no ticket: ${first ? 'the answer is not understood' : refusalOf(answer)}`,
      );
      return;
    }
    done.ticketId = first.data.ticketId;
    done.number = first.data.number;
    day.visitors.set(first.data.ticketId, visitor);
    await untilInHand(visitor, first.data);
    if (done.has === null) {
      // Nobody has brought the ticket out: he goes, and says so.
      await leave(visitor, 'cancel');
      return;
    }
    if (done.outcome === 'arriving') done.outcome = 'waiting';
    await loseSomePatience(visitor);
  }

  async function atReaders({ card, code, visitor }: PlannedVisitor): Promise<void> {
    if (card)
      await alone(card.reader, async () => {
        await day.panel.act(card.reader, 'card', { person: card.person });
        ledger.cards.push({ ...clock.moment(), ...card, visitor });
        await waitMs(CARD_MS.lies, signal);
        await day.panel.act(card.reader, 'lift');
        await waitMs(CARD_MS.away, signal);
      });
    if (code)
      await alone(code.scanner, async () => {
        await day.panel.act(code.scanner, 'scan', { text: code.text });
        ledger.codes.push({ ...clock.moment(), ...code, visitor });
        await waitMs(CODE_MS, signal);
      });
  }

  /** The ticket's paper: waits for its fate, says whether it came out, asks once more, or takes the number on the screen. */
  async function untilInHand(visitor: Visitor, first: TicketView): Promise<void> {
    const { done, planned } = visitor;
    const ticketId = first.ticketId;
    let ticket = first;
    let onScreen = done.delivery === 'screen';
    // May be repeated: what has been done already is refused by the ticket's state, and that is looked at next.
    const ask = async (path: string, content: object): Promise<boolean> => {
      const answer = await hub.kiosk.again('POST', `tickets/${ticketId}/${path}`, content);
      return answer.kind === 'answered' && answer.ok;
    };
    const takeOnScreen = async () => {
      onScreen = await ask('on-screen', {});
    };
    for (const until = Date.now() + FATE_MS + hub.kiosk.patienceMs; Date.now() < until;) {
      switch (ticket.state) {
        case 'reserved':
        case 'printing':
          await waitMs(LOOK_MS, signal);
          break;
        case 'print-failed':
        case 'unconfirmed': {
          await clock.pause(10, HAND_MS);
          const out = await papers.isOut(ticket.number);
          const again = !out && planned.withoutPaper === 'again' && done.sheetsAgain < MOST_SHEETS;
          if (again) done.sheetsAgain += 1;
          if (ticket.state === 'unconfirmed' && (out || again)) await ask('paper', { out });
          else if (again) await ask('reprint', {});
          else await takeOnScreen();
          break;
        }
        case 'cancelled':
          return;
        default:
          done.has = onScreen ? 'screen' : 'paper';
          return;
      }
      ticket = await hub.ticket(ticketId);
    }
    day.trouble(`ticket ${first.number} of visitor ${planned.visitor} is still ${ticket.state}`);
  }

  async function loseSomePatience(visitor: Visitor): Promise<void> {
    const { leaves } = visitor.planned;
    if (!leaves) return;
    await clock.pause(leaves.after);
    if (clock.over || visitor.done.outcome !== 'waiting') return;
    if (leaves.how === 'cancel') await leave(visitor, 'go');
    else visitor.gone = true;
  }

  /** Says that he leaves the line; whoever has just been called `go`es without a word, or stays. */
  async function leave(visitor: Visitor, otherwise: 'go' | 'cancel'): Promise<void> {
    const { done } = visitor;
    if (done.ticketId === null || done.number === null) return;
    const answer = await hub.cancel(done.ticketId);
    const state =
      answer.kind === 'answered' && answer.ok ? 'cancelled' : (await hub.ticket(done.ticketId)).state;
    if (state === 'cancelled') {
      done.outcome = 'cancelled';
      ledger.tickets.push({
        ...clock.moment(),
        deed: 'cancelled',
        ticketId: done.ticketId,
        number: done.number,
        window: null,
        by: 'visitor',
      });
    } else if (otherwise === 'go') visitor.gone = true;
  }

  return {
    arrive,
    /** The hall closes: whoever still waits goes home and says so. */
    goHome: (visitor: Visitor) => leave(visitor, 'cancel'),
  };
}
