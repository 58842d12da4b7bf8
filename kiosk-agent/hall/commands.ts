/** What can be asked of the hall. Everything random or timed comes in with the command; the rules only decide. */
import type {
  CloseReason,
  EventDraft,
  PaperFault,
  PersonRef,
  Priority,
  RatingLevel,
} from '../contract/events.ts';
import type { ProblemCode } from '../contract/problem.ts';
import type { AnnouncementCommand } from './announcements/decide.ts';
import type { AppointmentCommand } from './appointments/commands.ts';
import type { FollowUpCommand } from './follow-up/commands.ts';
import type { NoticeCommand } from './notices/commands.ts';
import type { OpinionCommand } from './opinions/commands.ts';
import type { SatelliteCommand } from './satellites/commands.ts';
import type { SurgeCommand } from './surge/commands.ts';

export type TicketCommand =
  | {
      name: 'ticket.reserve';
      ticketId: string;
      service: string;
      priority?: Priority;
      language: 'zh' | 'en';
      idempotencyKey: string;
      delivery: 'paper' | 'screen';
      /** its holder, from a card or a typed number */
      person?: PersonRef;
      /** further services of the same visit, in their order */
      further?: string[];
      /** agent of the kiosk where it was tapped; missing: the hub's own */
      kiosk?: string;
    }
  | { name: 'ticket.printed'; ticketId: string; confirmedBy: 'process-id' | 'barrier'; printer: string }
  | { name: 'ticket.print-failed'; ticketId: string; why: PaperFault; printer?: string }
  | { name: 'ticket.unconfirmed'; ticketId: string; why: PaperFault; printer?: string }
  /** visitor or staff answer "did the ticket come out?" with yes */
  | { name: 'ticket.confirm-paper'; ticketId: string; by: 'visitor' | 'staff'; staff?: string }
  /** a sheet once more, same number: from print-failed or unconfirmed, or (staff only) while it waits */
  | { name: 'ticket.reprint'; ticketId: string; by: 'visitor' | 'staff'; staff?: string }
  /** taken on screen instead of on paper, from print-failed or unconfirmed */
  | { name: 'ticket.take-on-screen'; ticketId: string }
  | {
      name: 'ticket.cancel';
      ticketId: string;
      by: 'visitor' | 'staff' | 'nobody';
      staff?: string;
      reason?: string;
    }
  /** staff looked at the claim, or give a priority by hand (with a reason) */
  | {
      name: 'ticket.priority';
      ticketId: string;
      decision: 'confirmed' | 'denied' | 'given';
      priority?: Priority;
      staff: string;
      window?: number;
      reason?: string;
    }
  /** a parked or missed ticket back into line */
  | { name: 'ticket.resume'; ticketId: string; staff: string };

export type WindowCommand =
  | { name: 'window.open'; window: number; staff: string }
  | { name: 'window.call-next'; window: number; session?: never }
  | { name: 'window.call'; window: number; ticketId: string; reason: string }
  | { name: 'window.recall'; window: number }
  /** the call taken back: the ticket returns to its place */
  | { name: 'window.take-back'; window: number; reason: string }
  | { name: 'window.start'; window: number }
  /** `session`: a fresh number for the evaluation, 1 … 4 294 967 295, made by the shell */
  | { name: 'window.finish'; window: number; session: number }
  | { name: 'window.missed'; window: number }
  | {
      name: 'window.transfer';
      window: number;
      to: { service?: string; window?: number };
      /** it comes back to this window afterwards */
      comeBack?: boolean;
      reason: string;
    }
  | { name: 'window.park'; window: number; reason: string; minutes?: number }
  /** the card on the reader at this window, by the hashes of this year's and last year's key */
  | { name: 'window.match'; window: number; hashes: string[]; masked: string }
  | { name: 'window.pause'; window: number; reason: string }
  | { name: 'window.resume'; window: number }
  | { name: 'window.close'; window: number; reason?: string };

export type RatingCommand =
  | {
      name: 'rating.press';
      /** the window that the device is bound to */
      window: number;
      /** session that was open on the device when it was pressed; null for none */
      session: number | null;
      keyRaw: string;
      /** by the model's key map; null for a key that means no level */
      level: RatingLevel | null;
      device: { serial: string; boot: string; seq: number };
      /** time received − age, in the clock of the agent that received it */
      pressedAt: string;
      clockOffsetMs: number;
    }
  /** a touch on the window's screen */
  | { name: 'rating.touch'; window: number; session: number; level: RatingLevel }
  /** the visitor of a ticket, who did not press at the window */
  | { name: 'rating.from-phone'; ticketId: string; level: RatingLevel }
  | { name: 'rating.lapse'; session: number; why: CloseReason };

/** Asked by the clock, so that a new day begins, and what is due happens, also when nobody comes. */
export type DayCommand = { name: 'day.check' };

export type Command =
  | TicketCommand
  | WindowCommand
  | RatingCommand
  | DayCommand
  | AnnouncementCommand
  | AppointmentCommand
  | FollowUpCommand
  | OpinionCommand
  | NoticeCommand
  | SurgeCommand
  | SatelliteCommand;

/** Why not, with the state that refused. Expected trouble: a value, never thrown by the rules. */
export type Refusal = { code: ProblemCode; detail: string; facts?: Record<string, unknown> };
/** Events to append (possibly none: a repeat has no second effect), or the refusal. */
export type Decision = { ok: true; events: EventDraft[] } | { ok: false; refusal: Refusal };
