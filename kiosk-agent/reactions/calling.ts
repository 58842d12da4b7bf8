/** The story of a window's sign: what happens at the window stands over it; a call flashes and goes before all else. */
import type { Config } from '../config.ts';
import type { HallEvent } from '../contract/events.ts';
import type { Sign } from '../device/driver/interfaces.ts';
import type { Executor } from '../executor.ts';

export type SignAtWindow = { window: number; sign: Sign };

/** Runs the story until the returned function is called. */
export function tellSigns(
  executor: Executor,
  signs: SignAtWindow[],
  texts: Config['hall']['signs'],
): () => void {
  const shown = new Map<string, string>();

  const show = ({ window, sign }: SignAtWindow): void => {
    const desk = executor.state.windows[window];
    const ticket = executor.state.tickets[desk?.ticketId ?? ''];
    const fill = (text: string) =>
      text.replaceAll('{number}', ticket?.number ?? '').replaceAll('{window}', String(window));
    const call = desk?.state === 'called' && ticket ? fill(texts.call) : null;
    const notice = fill(
      desk?.state === 'serving'
        ? texts.serving
        : desk?.state === 'paused'
          ? texts.paused
          : desk?.state === 'idle'
            ? texts.idle
            : desk?.state === 'called'
              ? ''
              : texts.closed,
    );
    // A recall is the same text and must flash again: the ticket's count of calls tells them apart.
    const now = JSON.stringify([call, call === null ? 0 : ticket?.calls, notice]);
    if (shown.get(sign.id) === now) return;
    shown.set(sign.id, now);
    sign.show('notice', notice === '' ? null : { priority: 'notice', text: notice, flashS: 0 });
    sign.show('call', call === null ? null : { priority: 'call', text: call, flashS: texts.flashS });
  };

  const onCommitted = (_events: HallEvent[]): void => {
    for (const each of signs) show(each);
  };
  executor.on('committed', onCommitted);
  for (const each of signs) show(each);
  return () => executor.off('committed', onCommitted);
}
