/** Taking a ticket: one wish, one key, and an end to every wait. The paper's fate is followed until it is known. */
import { onScopeDispose, shallowRef, type ShallowRef } from 'vue';
import type { TicketView } from '../../kiosk-agent/contract/live.ts';
import { freshKey, myTicket, session, tickets, type Answer } from '../api.ts';
import { serverNow } from '../clock.ts';
import { askForTicket, book, type Slot } from './calls.ts';
import { stepFor, stepForRefusal, type Intent, type Step } from './steps.ts';

const followEveryMs = 1_000;

export type Wish = Omit<Intent, 'idempotencyKey'>;
export type Ticketing = {
  step: ShallowRef<Step>;
  go(step: Step): void;
  /** A new wish; a tap while another is under way is nothing. */
  ask(wish: Wish): Promise<void>;
  /** The same wish with what was missing, or once more. */
  askAgain(intent: Intent): Promise<void>;
  answer(what: 'out' | 'not-out' | 'print' | 'on-screen' | 'cancel'): Promise<void>;
  /** Gives back the ticket that the visitor has already, and takes the new one. */
  giveBack(): Promise<void>;
  bookSlot(service: string, slot: Slot, idCard: string | undefined, print: boolean): Promise<void>;
  /** Where the ticket stands whose paper was scanned. */
  whereIs(key: string): Promise<void>;
};

/** A call of the screen; the session may have ended with the hub's restart, and one cut is waited for. */
async function patiently<T>(ask: () => Promise<Answer<T>>): Promise<Answer<T>> {
  let answer = await ask();
  if (!answer.ok && (answer.trouble.code === 'not-signed-in' || answer.trouble.code === 'not-allowed'))
    if ((await session.begin({ screen: 'kiosk' })).ok) answer = await ask();
  if (!answer.ok && answer.trouble.code === 'unreachable') {
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    answer = await ask();
  }
  return answer;
}

/** The visitor's way through the kiosk; ends its timers with the component that uses it. */
export function useTicketing(): Ticketing {
  const step = shallowRef<Step>({ at: 'home' });
  let follow: ReturnType<typeof setTimeout> | undefined;
  onScopeDispose(() => clearTimeout(follow));

  function go(next: Step): void {
    clearTimeout(follow);
    step.value = next;
    if (next.at === 'printing' && next.ticket) follow = setTimeout(() => void look(next), followEveryMs);
  }

  /** The visitor has not gone on to something else. */
  const isStill = (one: Step): boolean => step.value === one;

  /** Shows where the ticket leads, unless the visitor has gone on to something else. */
  function show(from: Step, ticket: TicketView, intent: Intent, since: number, onScreen = false): void {
    if (isStill(from)) go(stepFor(ticket, intent, since, serverNow(), onScreen));
  }

  async function askAgain(intent: Intent): Promise<void> {
    if (step.value.at === 'printing') return;
    const since = serverNow();
    const printing: Step = { at: 'printing', intent, ticket: null, since };
    go(printing);
    // Every way of asking carries the wish's key: asking twice is harmless.
    const answer = await patiently(() => askForTicket(intent));
    if (answer.ok) show(printing, answer.value, intent, since, intent.delivery === 'screen');
    else if (isStill(printing)) go(stepForRefusal(answer.trouble, intent));
  }

  async function look(from: Step & { at: 'printing' }): Promise<void> {
    if (!from.ticket) return;
    const answer = await tickets.look(from.ticket.ticketId);
    // Out of reach: the last thing known stays, and the limit on printing ends the wait.
    show(from, answer.ok ? answer.value : from.ticket, from.intent, from.since);
  }

  async function answer(what: 'out' | 'not-out' | 'print' | 'on-screen' | 'cancel'): Promise<void> {
    const from = step.value;
    if ((from.at !== 'failed' && from.at !== 'unconfirmed') || from.asking) return;
    const asking: Step = { ...from, asking: true, trouble: null };
    go(asking);
    const id = from.ticket.ticketId;
    const calls: Record<typeof what, () => Promise<Answer<TicketView>>> = {
      out: () => tickets.paper(id, true),
      'not-out': () => tickets.paper(id, false),
      print: () => tickets.reprint(id),
      'on-screen': () => tickets.onScreen(id),
      cancel: () => tickets.cancel(id),
    };
    const result = await calls[what]();
    if (step.value !== asking) return;
    if (result.ok && what === 'cancel') return go({ at: 'cancelled' });
    if (result.ok) return show(asking, result.value, from.intent, serverNow(), what === 'on-screen');
    // Somebody at the desk may have settled it meanwhile.
    const now: Answer<TicketView> | null =
      result.trouble.code === 'wrong-state' ? await tickets.look(id) : null;
    if (now?.ok && now.value.state !== from.ticket.state)
      return show(asking, now.value, from.intent, serverNow(), what === 'on-screen');
    if (step.value === asking) go({ ...from, asking: false, trouble: result.trouble });
  }

  async function giveBack(): Promise<void> {
    const from = step.value;
    if (from.at !== 'already' || from.asking || from.ticketId === null) return;
    const asking: Step = { ...from, asking: true };
    go(asking);
    const result = await tickets.cancel(from.ticketId);
    if (step.value !== asking) return;
    if (result.ok) await askAgain(from.intent);
    else go({ at: 'refused', trouble: result.trouble, intent: null });
  }

  async function bookSlot(
    service: string,
    slot: Slot,
    idCard: string | undefined,
    print: boolean,
  ): Promise<void> {
    if (step.value.at === 'booking') return;
    const booking: Step = { at: 'booking', service, slot };
    go(booking);
    const wish = { service, slot, print, idempotencyKey: freshKey(), ...(idCard ? { idCard } : {}) };
    const answer = await patiently(() => book(wish));
    if (!isStill(booking)) return;
    if (answer.ok)
      go({ at: 'booked', appointment: answer.value, printed: answer.value.paper?.state === 'printed' });
    else go({ at: 'refused', trouble: answer.trouble, intent: null });
  }

  async function whereIs(key: string): Promise<void> {
    const from = step.value;
    const answer = await patiently(() => myTicket.look(key));
    if (step.value !== from) return;
    if (answer.ok) go({ at: 'where', ticket: answer.value });
    else go({ at: 'refused', trouble: answer.trouble, intent: null });
  }

  return {
    step,
    go,
    answer,
    giveBack,
    bookSlot,
    whereIs,
    askAgain,
    ask: (wish) => askAgain({ ...wish, idempotencyKey: freshKey() }),
  };
}
