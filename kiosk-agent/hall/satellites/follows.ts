/** What follows at the hub from one event of a satellite's journal. What is not named here is taken and has no effect. */
import type { EventData, EventDraft, HallEvent } from '../../contract/events.ts';
import type { Decision } from '../commands.ts';
import { decideAtWindow } from '../calls.ts';
import { happened, windowSubject } from '../decision.ts';
import { decideRating } from '../ratings.ts';
import type { HallRules, HallState } from '../state.ts';
import { decideTicket, ticketOf } from '../tickets.ts';
import { hubName, plainReason } from './names.ts';
import { mergeOffline, offlineTicketNews } from './offline-tickets.ts';

/** A key or a card that is older than this was meant for a state of the window that is gone, ms. */
const FRESH_MS = 3000;

/** The events that the satellite's event brings at `time`, in order; none when it is only kept. */
export function follows(
  state: HallState,
  agent: string,
  event: HallEvent,
  time: string,
  rules: HallRules,
): EventDraft[] {
  switch (event.type) {
    case 'hall.press.kept': {
      const { window, session, keyRaw, level, press: device, pressedAt, clockOffsetMs } = event.data;
      const press = { window, session, keyRaw, level, device, pressedAt, clockOffsetMs };
      return eventsOf(decideRating(state, { name: 'rating.press', ...press }, time, rules));
    }
    case 'hall.key.kept':
      // A fresh one is a clerk's command: the shell gives it to the pad's story after the commit.
      return isFresh(event.data.pressedAt, event.data.clockOffsetMs, time)
        ? []
        : [lateKey(agent, event.data, time)];
    case 'hall.card.kept': {
      const { window, hash, earlierHash, masked, clockOffsetMs } = event.data;
      if (window === undefined || !isFresh(event.time, clockOffsetMs ?? 0, time)) return [];
      const hashes = earlierHash === undefined ? [hash] : [hash, earlierHash];
      // Nobody with a name at the window: the card was for something else.
      return eventsOf(decideAtWindow(state, { name: 'window.match', window, hashes, masked }, time, rules));
    }
    case 'hall.sheet.settled':
      return sheetSettled(state, agent, event.data, time, rules);
    case 'hall.device.attached':
    case 'hall.device.lost':
    case 'hall.device.faulted':
    case 'hall.device.recovered': {
      const device = hubName(agent, event.data.device);
      return [{ type: event.type, subject: device, time, data: { ...event.data, device } } as EventDraft];
    }
    case 'hall.ticket.reserved':
      return mergeOffline(state, agent, event.data, time, rules);
    case 'hall.ticket.printed':
    case 'hall.ticket.print-failed':
    case 'hall.ticket.unconfirmed':
    case 'hall.ticket.cancelled':
      return offlineTicketNews(state, agent, event, time);
    default:
      return [];
  }
}

/** The clock of a satellite minus `clockOffsetMs` is the hub's. One that seems to come from the future is not believed. */
function isFresh(at: string, clockOffsetMs: number, time: string): boolean {
  return Math.abs(Date.parse(time) - (Date.parse(at) - clockOffsetMs)) <= FRESH_MS;
}

function lateKey(agent: string, key: EventData<'hall.key.kept'>, time: string): EventDraft {
  const { device, window, keyRaw, action, pressedAt } = key;
  return happened('hall.trace.recorded', windowSubject(window), time, {
    action: 'late-key',
    reason: plainReason(
      `${hubName(agent, device)}: key ${keyRaw} (${action ?? '-'}) of ${pressedAt} came too late`,
    ),
    window,
  });
}

/**
 * What the satellite's printer said, when the hub could not wait for it. While the ticket is printing the story of its sheet still
 * waits (it hears the same word, and may have another printer to ask); only that it is out is certain at once.
 */
function sheetSettled(
  state: HallState,
  agent: string,
  sheet: EventData<'hall.sheet.settled'>,
  time: string,
  rules: HallRules,
): EventDraft[] {
  const ticket = ticketOf(state, sheet.ticketId ?? '');
  if (!ticket || ticket.kiosk !== agent) return [];
  const { ticketId } = ticket;
  const printer = hubName(agent, sheet.printer);
  // A failure heard late proves nothing about a sheet that may lie in the tray: people decide, as the table of a ticket's life says.
  if (sheet.outcome !== 'printed') return [];
  const confirmedBy = sheet.confirmedBy ?? 'barrier';
  return eventsOf(
    decideTicket(state, { name: 'ticket.printed', ticketId, confirmedBy, printer }, time, rules),
  );
}

function eventsOf(decision: Decision): EventDraft[] {
  return decision.ok ? decision.events : [];
}
