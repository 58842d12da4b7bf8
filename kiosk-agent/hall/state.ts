/**
 * The hall as it stands after a number of events. Plain data (JSON goes in and out), so that a snapshot is a copy
 * and replaying the log gives the same state. Changed only by {@link ./apply.ts}.
 */
import type {
  CloseReason,
  PaperFault,
  PersonRef,
  Priority,
  RatingLevel,
  TicketClass,
} from '../contract/events.ts';
import type { TicketState, WindowState } from '../contract/live.ts';
import { noAnnouncements, type AnnouncementState } from './announcements/state.ts';
import { noAppointments, type AppointmentRules, type AppointmentState } from './appointments/state.ts';
import type { WorkCalendar } from './calendar.ts';
import { noFollowUps, type FollowUpRules, type FollowUpState } from './follow-up/state.ts';
import { noNotices, type NoticeState } from './notices/state.ts';
import { noOpinions, type OpinionRules, type OpinionState } from './opinions/state.ts';
import { noPeople, type PeopleState, type RealNameRules } from './people.ts';
import { noSatellites, type OfflineNumberRules, type SatelliteState } from './satellites/state.ts';
import { noSurge, type SurgeRules, type SurgeState } from './surge/state.ts';
import { noTotals, type TotalsState } from './totals/state.ts';

/** Raised when the shape changes: an older snapshot is then not used. */
export const STATE_VERSION = 5;

/** What the rules must know of the configuration. */
export type HallRules = {
  timeZone: string;
  services: {
    id: string;
    prefix: string;
    /** expected minutes at the window, until enough have been measured */ minutes: number;
    /** whether its tickets name their holder (masked) */ realName: 'off' | 'optional' | 'required';
    /** whether appointments are made for it */ appointments: boolean;
  }[];
  /** published opening time, HH:mm; null: always */
  opening: { from: string; to: string } | null;
  calendar: WorkCalendar;
  /** `temporary`: takes only what a surge gives it */
  windows: { number: number; services: string[]; temporary?: boolean }[];
  missed:
    | { policy: 'void' }
    | { policy: 'back'; places: number }
    | { policy: 'keep-calls'; calls: number }
    | { policy: 'keep-minutes'; minutes: number };
  recall: { coolDownS: number; limit: number };
  /** a priority ticket stands this many minutes earlier in line than it came (nobody starves: lines are by time) */
  priorityHeadStartMin: number;
  /** an appointment's ticket stands this many minutes before its slot begins */
  appointmentHeadStartMin: number;
  /** a claimed priority counts at once, or when staff have confirmed it */
  priorityCounts: 'claimed' | 'confirmed';
  /** a parked ticket is back in line after so long; null: when staff say so */
  parkMinutes: number | null;
  realName: RealNameRules;
  rating: { seconds: number; flags: RatingFlagRules };
  appointments: AppointmentRules;
  followUp: FollowUpRules;
  opinions: OpinionRules;
  surge: SurgeRules;
  offlineNumbers: OfflineNumberRules;
};

/** What makes a rating remarkable; flags, never drops. */
export type RatingFlagRules = {
  /** a service shorter than this was hardly one, s */
  shortServiceS: number;
  /** so many of one level in a row at one window */
  runLength: number;
  /** so many ratings at one window within `burstMinutes` in the last hour before closing */
  burstCount: number;
  burstMinutes: number;
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
  /** what staff have said to the claim; null: nothing yet, or none was claimed */
  priorityDecision: 'confirmed' | 'denied' | 'given' | null;
  person?: PersonRef;
  /** what the card at the window said */
  match: 'match' | 'no-match' | null;
  appointment?: string;
  /** services of the same visit that come after this one */
  further: string[];
  /** services of this visit that are done, in their order */
  done: string[];
  /** agent of the kiosk where its paper comes out; null: the hub's own */
  kiosk: string | null;
  /** given while its kiosk was cut off */
  offline: boolean;
  /** SHA-256 of the key on its paper, where a cut-off kiosk has made it */
  keyHash?: string;
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
  /** after it has been served where it was sent it comes back to this window */
  comeBackTo: { service: string; window: number } | null;
  /** parked until then; null: until staff say so */
  parkedUntil: string | null;
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
  /** since when it is in this state; a snapshot of an older version does not say it */
  since?: string;
};

export type RatingSession = {
  session: number;
  ticketId: string;
  number: string;
  service: string;
  stage: string;
  /** how long the visitor was at the window, s */
  servedS: number;
  window: number;
  staff: string;
  promptedAt: string;
  openUntil: string;
  /** unrated, it may be rated from the phone until then */
  rateUntil: string | null;
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
  /** open sessions, today's, and lapsed ones of the last three days (a press may still arrive) or that may still be rated */
  sessions: Record<number, RatingSession>;
  presses: PressMemory[];
  /** service → seconds at the window of the latest visits, newest last, at most 20 */
  serviceTimes: Record<string, number[]>;
  /** the latest calls, newest first, at most 8 */
  calls: { ticketId: string; number: string; service: string; window: number; call: number; at: string }[];
  served: number;
  ratings: Record<RatingLevel, number>;
  /** window → the latest ratings there, newest last, at most 40: what a flag is judged by */
  latestRatings: Record<number, { level: RatingLevel; at: string }[]>;
  announcements: AnnouncementState;
  people: PeopleState;
  appointments: AppointmentState;
  followUps: FollowUpState;
  opinions: OpinionState;
  notices: NoticeState;
  surge: SurgeState;
  satellites: SatelliteState;
  totals: TotalsState;
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
    latestRatings: {},
    announcements: noAnnouncements(),
    people: noPeople(),
    appointments: noAppointments(),
    followUps: noFollowUps(),
    opinions: noOpinions(),
    notices: noNotices(),
    surge: noSurge(),
    satellites: noSatellites(),
    totals: noTotals(),
  };
}
