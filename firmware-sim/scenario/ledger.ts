/** The ledger of a day: what was done, as the hands that did it know. It is written without a look at the hall's events. */
import type { FaultSettings, Level, Priority } from './format.ts';

/** HH:MM:SS of the hall's day and RFC 3339 of the clock on the wall. */
export type Moment = { time: string; at: string };

export type VisitorOutcome =
  'arriving' | 'waiting' | 'called' | 'served' | 'missed' | 'cancelled' | 'without-ticket';
export type DoneVisitor = Moment & {
  visitor: number;
  key: string;
  service: string;
  priority: Priority | null;
  delivery: 'paper' | 'screen';
  ticketId: string | null;
  number: string | null;
  outcome: VisitorOutcome;
  /** as the visitor knows: on paper, on the screen, or neither */
  has: 'paper' | 'screen' | null;
  /** sheets that were asked for after the first one */
  sheetsAgain: number;
};

export const ticketDeeds = ['called', 'started', 'finished', 'missed', 'cancelled'] as const;
export type TicketDeed = (typeof ticketDeeds)[number];
export type DoneWithTicket = Moment & {
  deed: TicketDeed;
  ticketId: string;
  number: string;
  /** null: the visitor's own deed */
  window: number | null;
  by: 'desk' | 'pad' | 'visitor';
};

export const windowDeeds = ['opened', 'paused', 'resumed', 'closed'] as const;
export type WindowDeed = (typeof windowDeeds)[number];
export type DoneAtWindow = Moment & { deed: WindowDeed; window: number; staff: string };

export type Press = Moment & {
  /** as the panel names it, and as the hub does (an address on a line: LINE.ADDRESS) */
  device: string;
  hubDevice: string;
  window: number;
  /** serial number and boot that a device of its own says; null for a key on a shared line, which numbers nothing */
  identity: { serial: string; boot: string } | null;
  /** the code that the key sends, as the hall's events write it */
  keyRaw: string;
  /** null: which level this key means is a setting of the hall */
  level: Level | null;
  /** the evaluation that the device had open; null: none, undefined: this device does not know */
  session?: number | null;
  /** what the device did with the finger: `held` has not been answered by the host yet */
  taken: 'taken' | 'refused' | 'held';
  /** the hub was started again while the device was sending this key; only where keys have no number */
  restarted?: boolean;
  why: 'rating' | 'again' | 'before' | 'late' | 'cable-out' | 'stuck-key';
  visitor: number | null;
};
/** A device lost its power with at most so many presses that it had not got rid of. */
export type MemoryLost = Moment & { serial: string; boot: string; waiting: number };

export type DoneFault = {
  n: number | null;
  device: string;
  fault: string;
  options: FaultSettings;
  on: Moment;
  off: Moment | null;
};

export type Ledger = {
  visitors: DoneVisitor[];
  tickets: DoneWithTicket[];
  windows: DoneAtWindow[];
  presses: Press[];
  memoryLost: MemoryLost[];
  cards: (Moment & { reader: string; person: string; visitor: number })[];
  codes: (Moment & { scanner: string; text: string; visitor: number })[];
  faults: DoneFault[];
  /** what could not be done at all, a sentence each: nobody answered in time */
  troubles: (Moment & { trouble: string })[];
};

export function emptyLedger(): Ledger {
  return {
    visitors: [],
    tickets: [],
    windows: [],
    presses: [],
    memoryLost: [],
    cards: [],
    codes: [],
    faults: [],
    troubles: [],
  };
}
