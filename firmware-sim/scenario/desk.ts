/** A clerk at a window, by the hub's API or by the keys of a pad: opens, calls, serves, pauses, closes. */
import { waitMs } from './day-clock.ts';
import type { Day, PadPlace, Visitor } from './day.ts';
import type { WindowAct, WindowView } from './hub.ts';
import { HAND_MS, type Keys } from './keys.ts';
import type { DoneWithTicket, TicketDeed, WindowDeed } from './ledger.ts';
import type { Planned } from './plan.ts';

type Step = Extract<Planned, { what: 'window' }>;

/** A clerk looks for the next visitor so often, seconds of the day; and never more often than this, ms. */
const LOOK = { seconds: 15, floorMs: 200 };
/** From one visitor to the next. */
const BETWEEN_S = 8;
/** Whoever is called may still be told the number by the kiosk. */
const TOLD_MS = 15_000;
const STRANGER = { walk: 20, takes: 60 };
const REASONS = { pause: '午休', close: '下班' };

/** Works through the plan of one window; answers when the window is closed. */
export async function workAtWindow(
  day: Day,
  keys: Keys,
  number: number,
  steps: readonly Step[],
): Promise<void> {
  const { hub, clock, ledger, signal } = day;
  const place = day.places.evaluators.get(number);
  const pad = steps[0]?.by === 'pad' ? day.places.pads.get(number) : undefined;
  const by = pad ? 'pad' : 'desk';
  /** visitors of before who press only when the next one is called */
  const late: Visitor[] = [];
  let open = false;

  const atWindow = (deed: WindowDeed, staff: string | null) =>
    ledger.windows.push({ ...clock.moment(), deed, window: number, staff: staff ?? '' });
  const withTicket = (deed: TicketDeed, ticket: { ticketId: string; number: string }) => {
    const done: DoneWithTicket = {
      ...clock.moment(),
      deed,
      ticketId: ticket.ticketId,
      number: ticket.number,
      window: number,
      by,
    };
    ledger.tickets.push(done);
  };
  /** Nobody else works here: what is refused, or never answered, ends the work at this window. */
  const must = (what: string, act: WindowAct): WindowView => {
    if (act.kind === 'done') return act.view;
    throw new Error(`window ${number}: ${what} was not done: ${act.why}`);
  };
  const expect = (what: string, view: WindowView, state: WindowView['state']): WindowView => {
    if (view.state === state) return view;
    throw new Error(`window ${number}: the pad's key "${what}" was taken, but the window is ${view.state}`);
  };
  /** A key of the pad, and what has become of the window by it. */
  const key = async (at: PadPlace, word: string): Promise<WindowView> => {
    await keys.pad(at, word);
    return hub.look(number);
  };

  async function openWindow(staff: string | null): Promise<void> {
    // A pad opens its window with its first call.
    if (pad) return;
    const act = await hub.act(number, 'open', { staff }, ({ state }) => state !== 'closed');
    const view = must('open', act);
    open = true;
    atWindow('opened', view.staff);
  }

  async function callNext(): Promise<WindowView | null> {
    if (!pad) {
      const act = await hub.act(number, 'call-next', {}, ({ state }) => state === 'called');
      if (act.kind === 'refused' && act.code === 'nobody-waiting') return null;
      return must('call next', act);
    }
    // The key of a pad whose line nobody waits in would only beep.
    if (open && !(await somebodyWaits())) return null;
    const view = await key(pad, 'next');
    if (!open && view.state !== 'closed') {
      open = true;
      atWindow('opened', view.staff);
    }
    return view.state === 'called' ? view : null;
  }

  async function somebodyWaits(): Promise<boolean> {
    const { services, windows } = await hub.queue();
    return (windows[number]?.services ?? []).some((service) => (services[service]?.waiting ?? 0) > 0);
  }

  async function visitorOf(ticketId: string): Promise<Visitor | undefined> {
    for (const until = Date.now() + TOLD_MS; ; await waitMs(50, signal)) {
      const visitor = day.visitors.get(ticketId);
      const told = !day.ledger.visitors.some(
        ({ outcome, ticketId: id }) => outcome === 'arriving' && id === null,
      );
      if (visitor || told || Date.now() > until) return visitor;
    }
  }

  async function serve(ticket: { ticketId: string; number: string }): Promise<void> {
    withTicket('called', ticket);
    const visitor = await visitorOf(ticket.ticketId);
    for (const before of late.splice(0)) await rate(before);
    if (visitor) visitor.done.outcome = 'called';
    await clock.pause(visitor?.planned.walk ?? STRANGER.walk, HAND_MS);
    if (visitor?.gone) {
      if (pad) expect('cancel', await key(pad, 'cancel'), 'idle');
      else must('missed', await hub.act(number, 'missed', {}, ({ state }) => state === 'idle'));
      withTicket('missed', ticket);
      visitor.done.outcome = 'missed';
      return;
    }
    if (!pad) {
      must('start', await hub.act(number, 'start', {}, ({ state }) => state === 'serving'));
      withTicket('started', ticket);
    }
    if (visitor?.planned.pressesBefore && place)
      await keys.rate(place, visitor.planned.pressesBefore, 'before', visitor.planned.visitor);
    await clock.pause(visitor?.planned.takes ?? STRANGER.takes, HAND_MS);
    // The evaluate key begins and ends the service of a visitor who was only called.
    if (pad) expect('evaluate', await key(pad, 'evaluate'), 'idle');
    else must('finish', await hub.act(number, 'finish', {}, ({ state }) => state === 'idle'));
    if (pad) withTicket('started', ticket);
    withTicket('finished', ticket);
    if (!visitor) return;
    visitor.done.outcome = 'served';
    if (visitor.planned.rating?.late) late.push(visitor);
    else await rate(visitor);
  }

  async function rate({ planned: { rating, visitor } }: Visitor): Promise<void> {
    if (!rating || !place) return;
    await clock.pause(rating.after, HAND_MS);
    if (!rating.late) await keys.light(place);
    const press = () =>
      keys.rate(
        place,
        rating.level,
        rating.late ? 'late' : rating.cableOut ? 'cable-out' : 'rating',
        visitor,
      );
    if (rating.cableOut) await keys.withCableOut(place, press);
    else await press();
    if (!rating.again) return;
    await clock.pause(rating.again.after, HAND_MS);
    await keys.rate(place, rating.again.level, 'again', visitor);
  }

  async function pause(until: Step | undefined): Promise<void> {
    if (!open) return void (until && (await clock.until(until.at)));
    const paused = pad
      ? expect('pause', await key(pad, 'pause'), 'paused')
      : must(
          'pause',
          await hub.act(number, 'pause', { reason: REASONS.pause }, ({ state }) => state === 'paused'),
        );
    atWindow('paused', paused.staff);
    if (until) await clock.until(until.at);
    const resumed = pad
      ? expect('pause', await key(pad, 'pause'), 'idle')
      : must('resume', await hub.act(number, 'resume', {}, ({ state }) => state === 'idle'));
    atWindow('resumed', resumed.staff);
  }

  async function close(): Promise<void> {
    for (const before of late.splice(0)) await rate(before);
    if (!open) return;
    const { staff } = await hub.look(number);
    must(
      'close',
      await hub.act(number, 'close', { reason: REASONS.close }, ({ state }) => state === 'closed'),
    );
    atWindow('closed', staff);
    open = false;
  }

  const todo = [...steps];
  while (todo.length > 0) {
    const [next] = todo;
    if (next && (clock.time() >= next.at || clock.over || next.action === 'open')) {
      await clock.until(next.at);
      todo.shift();
      // A day that was ended early: only what closes is still done.
      if (next.action === 'open' && !clock.over) await openWindow(next.staff);
      else if (next.action === 'pause' && !clock.over) await pause(todo.shift());
      else if (next.action === 'close') await close();
      continue;
    }
    const called = await callNext();
    if (called?.ticket) {
      await serve(called.ticket);
      await clock.pause(BETWEEN_S);
    } else await clock.pause(LOOK.seconds, LOOK.floorMs);
  }
}
