/**
 * The story of a card and of a code: at a window the card is held against the ticket there; at the kiosk the visitor gets a
 * one-time key, a code of ours goes to the screen. Nothing is written down that names a person or quotes a code.
 */
import type { Logger } from 'pino';
import type { KioskMessages, VisitorScreen } from '../contract/live.ts';
import type { CardFault, CardRead, Device, Scan } from '../device/driver/interfaces.ts';
import type { Executor } from '../executor.ts';

/** A device of this agent; without a window it stands at the kiosk, or at the query terminal. */
export type Standing = {
  window?: number | undefined;
  screen?: VisitorScreen | undefined;
  device: Device;
};
export type KioskDesk = {
  /** a fresh one-time key for who showed this card */
  issue(card: Pick<CardRead, 'person' | 'hashes'>): string;
  /** to the screens of this agent's kiosk, or of its query terminal */
  tell<E extends keyof KioskMessages>(screen: VisitorScreen, event: E, message: KioskMessages[E]): void;
};

/** Runs the story for the readers and scanners among these devices until the returned function is called. */
export function tellReaders(
  executor: Executor,
  devices: readonly Standing[],
  kiosk: KioskDesk,
  log: Logger,
): () => void {
  const undo: (() => void)[] = [];

  const atWindow = async (window: number, { person, hashes }: CardRead): Promise<void> => {
    const outcome = await executor.execute({
      name: 'window.match',
      window,
      hashes,
      masked: person.masked,
    });
    if (!outcome.ok) log.info({ window, refusal: outcome.refusal.code }, 'a card at a window was not needed');
  };

  for (const { window, screen = 'kiosk', device } of devices) {
    if (device.kind === 'reader') {
      const onCard = (card: CardRead): void => {
        if (window === undefined) {
          const { kind, person } = card;
          kiosk.tell(screen, 'card', { idCard: kiosk.issue(card), masked: person.masked, kind });
          return;
        }
        atWindow(window, card).catch((error: unknown) =>
          log.warn({ device: device.id, window, error }, 'a card could not be taken in'),
        );
      };
      const onUnreadable = (why: CardFault): void => {
        if (window === undefined) kiosk.tell(screen, 'card-unreadable', { why });
      };
      device.on('card', onCard).on('unreadable', onUnreadable);
      undo.push(() => device.off('card', onCard).off('unreadable', onUnreadable));
    } else if (device.kind === 'scanner' && window === undefined) {
      const onScan = ({ text }: Scan): void => kiosk.tell(screen, 'scan', meaningOf(text));
      device.on('scan', onScan);
      undo.push(() => device.off('scan', onScan));
    }
  }

  return () => {
    for (const each of undo.splice(0)) each();
  };
}

/** The QR on a ticket: …/t/ID. */
const TICKET = /^https?:\/\/[^\s/]+\/(?:[^\s?#]*\/)?t\/([A-Za-z0-9-]{1,64})\/?$/;
/** An appointment's code as it stands on paper, or at the end of an address …/a/CODE. */
const APPOINTMENT = /^(?:https?:\/\/[^\s/]+\/(?:[^\s?#]*\/)?a\/)?([0-9A-Z]{4,12})$/;

/** What a code means. Of one that is not ours only its length is told: it may be anything that a visitor carries. */
export function meaningOf(text: string): KioskMessages['scan'] {
  const code = text.trim();
  const ticket = TICKET.exec(code)?.[1];
  if (ticket !== undefined) return { kind: 'ticket', value: ticket, length: code.length };
  const appointment = APPOINTMENT.exec(code)?.[1];
  if (appointment !== undefined) return { kind: 'appointment', value: appointment, length: code.length };
  return { kind: 'other', value: null, length: code.length };
}
