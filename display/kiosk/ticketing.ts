/** Taking a ticket: one tap, one key, and an end to every wait. The paper's fate is followed until it is known. */
import { onScopeDispose, shallowRef, type ShallowRef } from 'vue';
import type { TicketView } from '../../kiosk-agent/contract/live.ts';
import type { Priority } from '../../kiosk-agent/contract/events.ts';
import { freshKey, session, tickets, type Answer } from '../api.ts';
import { serverNow } from '../clock.ts';
import { language } from '../messages/index.ts';
import { stepFor, type Intent, type Step } from './steps.ts';

const followEveryMs = 1_000;

export type Ticketing = {
  step: ShallowRef<Step>;
  go(step: Step): void;
  take(service: string, delivery: Intent['delivery'], priority?: Priority): Promise<void>;
  tryAgain(): Promise<void>;
  answer(what: 'out' | 'not-out' | 'print' | 'on-screen' | 'cancel'): Promise<void>;
};

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

  /** Shows where the ticket leads, unless the visitor has gone on to something else. */
  function show(from: Step, ticket: TicketView, intent: Intent, since: number, onScreen = false): void {
    if (step.value === from) go(stepFor(ticket, intent, since, serverNow(), onScreen));
  }

  async function request(intent: Intent): Promise<void> {
    const since = serverNow();
    const printing: Step = { at: 'printing', intent, ticket: null, since };
    go(printing);
    const ask = (): Promise<Answer<TicketView>> => tickets.take({ ...intent, language: language() });
    let answer = await ask();
    // The session may have ended with the hub's restart; the key makes asking twice harmless.
    if (!answer.ok && (answer.trouble.code === 'not-signed-in' || answer.trouble.code === 'not-allowed'))
      if ((await session.begin({ screen: 'kiosk' })).ok) answer = await ask();
    if (!answer.ok && answer.trouble.code === 'unreachable') {
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      answer = await ask();
    }
    if (answer.ok) show(printing, answer.value, intent, since, intent.delivery === 'screen');
    else if (step.value === printing) go({ at: 'refused', trouble: answer.trouble, intent });
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

  return {
    step,
    go,
    answer,
    take: (service, delivery, priority) =>
      request({ service, delivery, ...(priority ? { priority } : {}), idempotencyKey: freshKey() }),
    tryAgain: async () => {
      if (step.value.at === 'refused') await request(step.value.intent);
    },
  };
}
