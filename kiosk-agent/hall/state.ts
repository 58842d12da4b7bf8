/**
 * The hall as it stands after a number of events. Plain data (JSON goes in and out), so that a snapshot is a copy
 * and replaying the log gives the same state. Changed only by {@link ./apply.ts}.
 */
import type { CloseReason, PaperFault, Priority, RatingLevel, TicketClass } from '../contract/events.ts';
import type { TicketState, WindowState } from '../contract/live.ts';

/** Raised when the shape changes: an older snapshot is then not used. */
export const STATE_VERSION = 2;

/** What the rules must know of the configuration. */
export type HallRules = {
  timeZone: string;
  services: {
    id: string;
    prefix: string;
    /** expected minutes at the window, until enough have been measured */ minutes: number;
  }[];
  windows: { number: number; services: string[] }[];
  missed:
    | { policy: 'void' }
    | { policy: 'back'; places: number }
    | { policy: 'keep-calls'; calls: number }
    | { policy: 'keep-minutes'; minutes: number };
  recall: { coolDownS: number; limit: number };
  /** a priority ticket stands this many minutes earlier in line than it came (nobody starves: lines are by time) */
  priorityHeadStartMin: number;
  rating: { seconds: number };
};

export type Ticket = {
  ticketId: string;
  number: string;
  running: number;
  service: string;
  /** the service it was taken for; a transfer changes only `service` */
  reservedFor: string;
  class: TicketClass;
  priority?: Priority;
  language: 'zh' | 'en';
  state: TicketState;
  delivery: 'paper' | 'screen';
  reservedAt: string;
  /** its place in line counts from here; moved by the missed policy, kept by park and transfer */
  arrivedAt: string;
  /** when it joined the line last */
  waitingSince: string | null;
  ahead: number;
  waitMinS: number | null;
  waitMaxS: number | null;
  paperFault?: PaperFault;
  /** sheets asked for so far beyond the first */
  reprints: number;
  /** a sheet of it is out, or nobody knows: each further one says 补打 */
  sheetMayBeOut: boolean;
  /** number of calls and recalls since it joined the line last: the announcement's count */
  call: number;
  /** calls over its whole life, so that two announcements are never taken for one */
  calls: number;
  calledAt: string | null;
  startedAt: string | null;
  finishedAt: string | null;
  window: number | null;
  /** transferred to one window: only that one may call it */
  onlyWindow: number | null;
  /** how many calls had been made in its service when it was missed (policy keep-calls) */
  missedAt: string | null;
  callsAtMiss: number;
};

export type Window = {
  number: number;
  state: WindowState;
  staff: string | null;
  ticketId: string | null;
  /** open evaluation, or the last one for the clerk's screen */
  session: number | null;
  pausedReason: string | null;
};

export type RatingSession = {
  session: number;
  ticketId: string;
  number: string;
  service: string;
  stage: string;
  window: number;
  staff: string;
  promptedAt: string;
  openUntil: string;
  state: 'open' | 'rated' | 'lapsed';
  closedAt: string | null;
  closeReason: CloseReason | null;
};

/** Presses of one device since one power-up that have been taken: all up to `through`, and those in `beyond`. */
export type PressMemory = {
  serial: string;
  boot: string;
  through: number;
  beyond: number[];
  /** the latest ones with the session that they named, oldest first */
  recent: { seq: number; session: number | null }[];
  lastAt: string;
};

export type HallState = {
  version: number;
  /** local day; '' before the first */
  day: string;
  /** seq of the last event applied */
  seq: number;
  tickets: Record<string, Ticket>;
  /** idempotency key → ticketId, of this day */
  keys: Record<string, string>;
  /** prefix → last running number of this day */
  running: Record<string, number>;
  /** service → calls made this day (policy keep-calls) */
  callsMade: Record<string, number>;
  windows: Record<number, Window>;
  /** open sessions, today's, and lapsed ones of the last three days (a press may still arrive) */
  sessions: Record<number, RatingSession>;
  presses: PressMemory[];
  /** service → seconds at the window of the latest visits, newest last, at most 20 */
  serviceTimes: Record<string, number[]>;
  /** the latest calls, newest first, at most 8 */
  calls: { ticketId: string; number: string; service: string; window: number; call: number; at: string }[];
  served: number;
  ratings: Record<RatingLevel, number>;
};

/** The state before anything has happened. */
export function emptyState(): HallState {
  return {
    version: STATE_VERSION,
    day: '',
    seq: 0,
    tickets: {},
    keys: {},
    running: {},
    callsMade: {},
    windows: {},
    sessions: {},
    presses: [],
    serviceTimes: {},
    calls: [],
    served: 0,
    ratings: { 1: 0, 2: 0, 3: 0, 4: 0, 5: 0 },
  };
}
