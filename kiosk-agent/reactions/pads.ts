/**
 * The story of a clerk's pad: key → command → on disk → acknowledged, and the pad shows how many wait and whom it serves.
 *
 * A pad has fewer keys than the clerk's page. What they leave out is filled in here and nowhere else: "finish" for a
 * visitor who was only called begins and ends the service; "call next" while serving ends that service first. "Call
 * next" for a visitor who was called and not served is refused: nobody but the clerk knows whether he came.
 */
import type { Logger } from 'pino';
import type { HallEvent } from '../contract/events.ts';
import type { PadAction } from '../contract/devices.ts';
import type { CallPad, PadKey } from '../device/driver/interfaces.ts';
import type { Executor } from '../executor.ts';
import type { Command } from '../hall/commands.ts';
import { waitingAtWindows } from '../hall/line.ts';
import type { Window } from '../hall/state.ts';

export type PadAtWindow = {
  window: number;
  pad: CallPad;
  /** under this number the window opens when somebody calls from it */
  staff: string | undefined;
  /** service that the transfer key sends a visitor to */
  transferTo: string | undefined;
};

/** The reason that stands in the trace for keys which need one; a pad cannot ask. */
const REASONS = {
  park: '呼叫器按键：挂起',
  pause: '呼叫器按键：暂停',
  transfer: '呼叫器按键：转移',
  'call-back': '呼叫器按键：回呼',
};

/** A pad has fewer keys than this. */
const KEYS_REMEMBERED = 64;

/** Runs the story until the returned function is called. `session` makes a fresh evaluation number, 1 … 4 294 967 295. */
export function tellPads(
  executor: Executor,
  pads: PadAtWindow[],
  session: () => number,
  log: Logger,
): () => void {
  const undo: (() => void)[] = [];
  /** window → the visitor who was parked or missed last there */
  const putAside = new Map<number, string>();

  const acted = async (each: PadAtWindow, key: PadKey): Promise<void> => {
    const { pad, window } = each;
    let refusal: string | null = key.action === null ? 'the key has no meaning' : null;
    if (key.action !== null)
      for (const command of commandsOf(each, key.action)) {
        // A refusal by the rules is an answer too; only a disk that refuses leaves the key with the pad.
        const outcome: { ok: true } | { ok: false; refusal: { detail: string } } =
          command === null
            ? { ok: false, refusal: { detail: 'it does not fit the state of the window' } }
            : await executor.execute(command);
        if (outcome.ok) continue;
        refusal = outcome.refusal.detail;
        break;
      }
    pad.acknowledge(key);
    if (refusal === null) return;
    log.info(
      { device: pad.id, window, key: key.code, action: key.action, refusal },
      'a key of a pad was refused',
    );
    await pad.beep();
  };

  /** null: this key means nothing in this state. */
  const commandsOf = (each: PadAtWindow, action: PadAction): (Command | null)[] => {
    const { window, staff, transferTo } = each;
    const desk = executor.state.windows[window];
    const state = desk?.state ?? 'closed';
    const opening: Command[] =
      state === 'closed' && staff !== undefined ? [{ name: 'window.open', window, staff }] : [];
    const finish: Command[] = [{ name: 'window.finish', window, session: session() }];
    switch (action) {
      case 'call-next':
        return [...opening, ...(state === 'serving' ? finish : []), { name: 'window.call-next', window }];
      case 'recall':
        return [{ name: 'window.recall', window }];
      case 'start':
        return [{ name: 'window.start', window }];
      case 'finish':
        return [...(state === 'called' ? [{ name: 'window.start', window } as const] : []), ...finish];
      case 'missed':
        return [{ name: 'window.missed', window }];
      case 'park':
        return [
          ...(state === 'called' ? [{ name: 'window.start', window } as const] : []),
          { name: 'window.park', window, reason: REASONS.park },
        ];
      case 'call-back':
        return callBack(window, desk);
      case 'pause':
        return state === 'paused'
          ? [{ name: 'window.resume', window }]
          : [{ name: 'window.pause', window, reason: REASONS.pause }];
      case 'transfer':
        return transferTo === undefined
          ? [null]
          : [
              ...(state === 'called' ? [{ name: 'window.start', window } as const] : []),
              { name: 'window.transfer', window, to: { service: transferTo }, reason: REASONS.transfer },
            ];
      case 'call-or-recall':
        return commandsOf(each, state === 'called' ? 'recall' : 'call-next');
      case 'missed-or-finish':
        return commandsOf(each, state === 'called' ? 'missed' : 'finish');
    }
  };

  const callBack = (window: number, desk: Window | undefined): (Command | null)[] => {
    const ticket = executor.state.tickets[putAside.get(window) ?? ''];
    if (!ticket || !desk?.staff) return [null];
    const call: Command = {
      name: 'window.call',
      window,
      ticketId: ticket.ticketId,
      reason: REASONS['call-back'],
    };
    return ticket.state === 'parked'
      ? [{ name: 'ticket.resume', ticketId: ticket.ticketId, staff: desk.staff }, call]
      : [call];
  };

  const shown = new Map<string, string>();
  /** What the pad's six digits say; written only when it changed, and again when the pad is back. */
  const show = ({ pad, window }: PadAtWindow, line: Map<number, number>, again = false): void => {
    const desk = executor.state.windows[window];
    const waiting = Math.min(999, line.get(window) ?? 0);
    const number = executor.state.tickets[desk?.ticketId ?? '']?.number ?? null;
    const ticket = desk?.state === 'called' || desk?.state === 'serving' ? number : null;
    const now = JSON.stringify([waiting, ticket]);
    if (!again && shown.get(pad.id) === now) return;
    shown.set(pad.id, now);
    pad.display(waiting, ticket).then(
      (result) => {
        if (!result.ok && result.why !== 'arg') shown.delete(pad.id);
      },
      (error: unknown) => log.error({ device: pad.id, error }, 'the display of a pad failed'),
    );
  };

  const onCommitted = (events: HallEvent[]): void => {
    for (const event of events)
      if (event.type === 'hall.ticket.parked' || event.type === 'hall.ticket.missed')
        putAside.set(event.data.window, event.data.ticketId);
    if (pads.length === 0) return;
    const line = waitingAtWindows(executor.state, executor.rules);
    for (const each of pads) show(each, line);
  };
  executor.on('committed', onCommitted);
  undo.push(() => executor.off('committed', onCommitted));

  for (const each of pads) {
    // One key after the other: the second is judged by the state that the first has left.
    let before: Promise<void> = Promise.resolve();
    const done: number[] = [];
    const onKey = (key: PadKey): void => {
      before = before.then(async () => {
        // The pad repeats a key until it is acknowledged; one that the disk refused is tried again with its repeat.
        if (done.includes(key.seq)) return each.pad.acknowledge(key);
        try {
          await acted(each, key);
          done.push(key.seq);
          if (done.length > KEYS_REMEMBERED) done.shift();
        } catch (error) {
          log.warn({ device: each.pad.id, error }, 'a key of a pad could not be taken yet');
        }
      });
    };
    const onStatus = (from: { state: string }, to: { state: string }): void => {
      if (from.state !== 'ready' && to.state === 'ready')
        show(each, waitingAtWindows(executor.state, executor.rules), true);
    };
    each.pad.on('key', onKey).on('status', onStatus);
    undo.push(() => each.pad.off('key', onKey).off('status', onStatus));
    show(each, waitingAtWindows(executor.state, executor.rules));
  }
  return () => {
    for (const each of undo.splice(0)) each();
  };
}
