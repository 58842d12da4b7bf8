/**
 * What a satellite remembers, computed from its own journal: presses that it has kept, sheets that the hub asked for, and
 * the tickets that its kiosk gave while the hub was away. It decides no rule of the hall; the hub does.
 */
import type { HallEvent, PaperFault, RatingLevel } from '../contract/events.ts';
import type { RuleBook } from '../executor.ts';
import type { Decision } from '../hall/commands.ts';
import { localTime } from '../hall/day.ts';
import { accept, happened, NOTHING_NEW, refuse } from '../hall/decision.ts';
import { isKnownPress, rememberPress } from '../hall/presses.ts';
import type { HallRules, PressMemory } from '../hall/state.ts';
import {
  applyOffline,
  decideOffline,
  offlineOfTap,
  type OfflineCommand,
  type OfflineState,
} from './offline-tickets.ts';

export type SheetFate = {
  outcome: 'printed' | 'failed' | 'unconfirmed';
  confirmedBy?: 'process-id' | 'barrier';
  why?: PaperFault;
  bytesSent: number;
};
/** A sheet that the hub asked for; `fate` null: it is under way, or was when the agent stopped. */
export type LentSheet = {
  job: string;
  printer: string;
  ticketId?: string;
  idempotencyKey?: string;
  number?: string;
  begunAt: string;
  fate: SheetFate | null;
};

export type SatelliteMemory = OfflineState & {
  presses: PressMemory[];
  /** the latest ones, oldest first */
  sheets: LentSheet[];
};

export type SatelliteWish =
  | OfflineCommand
  | {
      name: 'press.keep';
      device: string;
      window: number;
      session: number | null;
      /** the hub's evaluation with this session is open on this device */
      open: boolean;
      keyRaw: string;
      level: RatingLevel | null;
      press: { serial: string; boot: string; seq: number };
      pressedAt: string;
      clockOffsetMs: number;
    }
  | ({ name: 'sheet.begin' } & Omit<LentSheet, 'fate' | 'begunAt'>)
  | ({ name: 'sheet.settle'; job: string } & SheetFate);

/** More than any hub asks for in the days for which it may repeat a job. */
const SHEETS_KEPT = 2000;

/** The sheet of a job; undefined: it was never begun here. */
export function sheetOf(memory: SatelliteMemory, job: string): LentSheet | undefined {
  return memory.sheets.find((sheet) => sheet.job === job);
}

/** The hub's sheet for a tap, out or perhaps out: then the tap has its number. */
export function sheetOfTap(memory: SatelliteMemory, key: string): LentSheet | undefined {
  return memory.sheets.findLast((sheet) => sheet.idempotencyKey === key && sheet.fate?.outcome !== 'failed');
}

export const SATELLITE_BOOK: RuleBook<SatelliteMemory, SatelliteWish, HallRules> = {
  // Far from the hub's: a computer may change its role and keep its journal.
  version: 1001,
  empty: () => ({ presses: [], sheets: [], tickets: {}, keys: {}, given: {} }),
  decide,
  apply,
};

function decide(memory: SatelliteMemory, wish: SatelliteWish, now: Date, rules: HallRules): Decision {
  const time = localTime(now, rules.timeZone);
  switch (wish.name) {
    case 'press.keep': {
      const { name: _name, open, ...data } = wish;
      const sessions: Record<number, { state: string }> =
        open && data.session !== null ? { [data.session]: { state: 'open' } } : {};
      if (isKnownPress({ presses: memory.presses, sessions }, data.press, data.session)) return NOTHING_NEW;
      return accept(happened('hall.press.kept', data.device, time, data));
    }
    case 'sheet.begin': {
      const { name: _name, ...sheet } = wish;
      if (sheetOf(memory, sheet.job)) return NOTHING_NEW;
      const offline =
        sheet.idempotencyKey === undefined ? undefined : offlineOfTap(memory, sheet.idempotencyKey);
      if (offline && offline.ticketId !== sheet.ticketId)
        return refuse(
          'superseded',
          `The tap has got ticket ${offline.number} while the hall server was away.`,
          {
            ticketId: offline.ticketId,
            number: offline.number,
          },
        );
      return accept(happened('hall.sheet.begun', sheet.printer, time, sheet));
    }
    case 'sheet.settle': {
      const { name: _name, job, ...fate } = wish;
      const sheet = sheetOf(memory, job);
      if (!sheet) return refuse('not-found', `There is no job ${job}.`);
      if (sheet.fate) return NOTHING_NEW;
      const ticket = sheet.ticketId === undefined ? {} : { ticketId: sheet.ticketId };
      return accept(
        happened('hall.sheet.settled', sheet.printer, time, {
          job,
          ...ticket,
          printer: sheet.printer,
          ...fate,
        }),
      );
    }
    case 'ticket.reserve': {
      const sheet = sheetOfTap(memory, wish.idempotencyKey);
      if (sheet)
        return refuse('superseded', 'The hall server has given a number for this tap.', {
          ticketId: sheet.ticketId ?? '',
        });
      return decideOffline(memory, wish, now, rules);
    }
    default:
      return decideOffline(memory, wish, now, rules);
  }
}

function apply(memory: SatelliteMemory, event: HallEvent): void {
  switch (event.type) {
    case 'hall.press.kept':
      return rememberPress(memory, event.data.press, event.data.session, event.time);
    case 'hall.sheet.begun':
      memory.sheets.push({ ...event.data, begunAt: event.time, fate: null } as LentSheet);
      if (memory.sheets.length > SHEETS_KEPT) memory.sheets.shift();
      return;
    case 'hall.sheet.settled': {
      const { job, ticketId: _ticket, printer: _printer, ...fate } = event.data;
      const sheet = sheetOf(memory, job);
      if (sheet) sheet.fate = fate as SheetFate;
      return;
    }
    default:
      return applyOffline(memory, event);
  }
}
