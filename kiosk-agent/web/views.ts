/** The hall as screens see it: computed from the state that is on disk, never kept beside it. */
import type { Config } from '../config.ts';
import type {
  CallView,
  HallInfo,
  PublicView,
  ServiceView,
  StaffView,
  TicketView,
  WindowView,
} from '../contract/live.ts';
import { lineOf } from '../hall/line.ts';
import type { HallRules, Ticket } from '../hall/state.ts';
import { waitFor } from '../hall/wait.ts';
import { missedRule } from '../hall/missed-rule.ts';
import { isTaking } from './opening.ts';
import type { AgentParts } from './parts.ts';

const NEEDS_A_HAND = new Set(['printing', 'print-failed', 'unconfirmed', 'missed', 'parked', 'transferred']);

/** What a board may show: numbers and windows, nothing of a person. */
export function publicView(parts: AgentParts): PublicView {
  const { state, rules, config } = parts;
  const lines = new Map(
    rules.services.map((service) => [service.id, lineOf(state, rules, [service.id]).length]),
  );
  const windows = Object.values(windowsView(parts));
  return {
    hall: hallInfo(config),
    day: {
      day: state.day,
      served: state.served,
      windowsOpen: windows.filter((window) => isOpen(window.state)).length,
      windowsTotal: config.windows.length,
      taking: isTaking(config.hall, parts.clock()),
      printer: printerState(parts),
      journal: parts.journalState,
    },
    services: Object.fromEntries(
      config.services.map((service) => [service.id, serviceView(parts, service, lines.get(service.id) ?? 0)]),
    ),
    windows: windowsView(parts),
    calls: state.calls satisfies CallView[],
  };
}

/** The public view with the queue, devices and links; for those who have signed in. */
export function staffView(parts: AgentParts, shared: PublicView): StaffView {
  const { state } = parts;
  const tickets: Record<string, TicketView> = {};
  // Each service's line is walked once; a ticket's place is its index in it.
  for (const service of parts.rules.services)
    lineOf(state, parts.rules, [service.id]).forEach((ticket, ahead) => {
      tickets[ticket.ticketId] = ticketView(parts, ticket, ahead);
    });
  for (const ticket of Object.values(state.tickets))
    if (NEEDS_A_HAND.has(ticket.state)) tickets[ticket.ticketId] = ticketView(parts, ticket, null);
  return {
    ...shared,
    tickets,
    devices: Object.fromEntries(parts.devices.list().map((device) => [device.id, device])),
    links: Object.fromEntries(parts.links().map((link) => [link.name, link])),
  };
}

/** One ticket. `ahead`: its place in line, 0 is next; null when it stands in none. */
export function ticketView(
  { state, rules, config }: Pick<AgentParts, 'state' | 'rules' | 'config'>,
  ticket: Ticket,
  ahead: number | null,
): TicketView {
  // Before its paper is out it has the place it was promised.
  const promised = ticket.state === 'reserved' || ticket.state === 'printing' ? ticket.ahead : null;
  const place = ahead ?? promised;
  const window = ticket.window ?? ticket.onlyWindow;
  const wait = place === null ? null : waitFor(state, rules, ticket.service, place);
  return {
    ticketId: ticket.ticketId,
    number: ticket.number,
    service: ticket.service,
    state: ticket.state,
    class: ticket.class,
    ...(ticket.priority ? { priority: ticket.priority } : {}),
    ahead: place,
    waitMinS: wait?.minS ?? null,
    waitMaxS: wait?.maxS ?? null,
    area: config.services.find((service) => service.id === ticket.service)?.area ?? null,
    printed:
      !['reserved', 'printing', 'print-failed', 'unconfirmed'].includes(ticket.state) &&
      ticket.state !== 'cancelled',
    ...(ticket.paperFault && (ticket.state === 'print-failed' || ticket.state === 'unconfirmed')
      ? { paperFault: ticket.paperFault }
      : {}),
    reservedAt: ticket.reservedAt,
    // Where it is, or the only window that may call it (transferred to that one).
    ...(window === null ? {} : { window }),
  };
}

/** A ticket by its id, with its place in line; undefined when this day has none. */
export function findTicket(
  parts: Pick<AgentParts, 'state' | 'rules' | 'config'>,
  ticketId: string,
): TicketView | undefined {
  const ticket = Object.hasOwn(parts.state.tickets, ticketId) ? parts.state.tickets[ticketId] : undefined;
  if (!ticket) return undefined;
  const index =
    ticket.state === 'waiting'
      ? lineOf(parts.state, parts.rules, [ticket.service]).findIndex((each) => each.ticketId === ticketId)
      : -1;
  return ticketView(parts, ticket, index < 0 ? null : index);
}

/** One window; `devices`: the list, where the caller has it already. */
export function windowView(
  { state, config, devices }: AgentParts,
  number: number,
  list = devices.list(),
): WindowView | undefined {
  const configured = config.windows.find((each) => each.number === number);
  if (!configured) return undefined;
  const window = state.windows[number];
  const ticket = window?.ticketId ? state.tickets[window.ticketId] : undefined;
  const session = window?.session ? state.sessions[window.session] : undefined;
  const evaluator = list.find((device) => device.kind === 'evaluator' && device.window === number);
  return {
    window: number,
    state: window?.state ?? 'closed',
    staff: window?.staff ?? null,
    services: configured.services,
    ticket: ticket
      ? {
          ticketId: ticket.ticketId,
          number: ticket.number,
          service: ticket.service,
          state: ticket.state,
          call: ticket.call,
          calledAt: ticket.calledAt ?? ticket.reservedAt,
          startedAt: ticket.startedAt,
        }
      : null,
    evaluation: session
      ? { session: session.session, state: session.state, openUntil: session.openUntil }
      : null,
    evaluator: !evaluator
      ? null
      : evaluator.state === 'ready'
        ? 'ready'
        : evaluator.state === 'faulted' || evaluator.state === 'wrong-settings'
          ? 'fault'
          : 'away',
    ...(window?.pausedReason ? { pausedReason: window.pausedReason } : {}),
  };
}

function windowsView(parts: AgentParts): Record<string, WindowView> {
  const list = parts.devices.list();
  return Object.fromEntries(
    parts.config.windows.flatMap(({ number }) => [
      [String(number), windowView(parts, number, list) as WindowView],
    ]),
  );
}

function serviceView(
  { state, rules, config }: AgentParts,
  service: Config['services'][number],
  waiting: number,
): ServiceView {
  const wait = waitFor(state, rules, service.id, waiting);
  return {
    service: service.id,
    prefix: service.prefix,
    name: service.name,
    description: service.description ?? null,
    area: service.area ?? null,
    waiting,
    windowsOpen: config.windows.filter(
      (each) => each.services.includes(service.id) && isOpen(state.windows[each.number]?.state),
    ).length,
    waitMinS: wait?.minS ?? null,
    waitMaxS: wait?.maxS ?? null,
    materials: service.materials,
    timeLimit: service.timeLimit ?? null,
    fee: service.fee ?? null,
  };
}

function isOpen(state: WindowView['state'] | undefined): boolean {
  return state === 'idle' || state === 'called' || state === 'serving';
}

function printerState({ devices }: AgentParts): PublicView['day']['printer'] {
  const printers = devices.list().filter((device) => device.kind === 'printer');
  if (printers.length === 0) return null;
  const ready = printers.filter((printer) => printer.state === 'ready');
  if (ready.length > 0)
    return ready.every((printer) => printer.notes.includes('paper-near-end')) ? 'paper-low' : 'ready';
  return printers.some((printer) => printer.state === 'faulted') ? 'fault' : 'away';
}

function hallInfo({ hall, rules }: Config): HallInfo {
  return {
    id: hall.id,
    name: hall.name,
    timeZone: hall.timeZone,
    openingHours: hall.opening ? `${hall.opening.from}–${hall.opening.to}` : null,
    missedRule: missedRule(rules.missed),
    notices: hall.notices,
    fees: hall.fees,
    feeBasis: hall.feeBasis ?? null,
    speech: hall.speech,
  };
}

/** What the rules must know of the configuration. */
export function rulesOf({ hall, services, windows, rules }: Config): HallRules {
  const { followUp } = rules;
  return {
    timeZone: hall.timeZone,
    opening: hall.opening ?? null,
    calendar: hall.calendar,
    services: services.map(({ id, prefix, minutes, realName, appointments }) => ({
      id,
      prefix,
      minutes,
      realName: realName ?? rules.realName.mode,
      appointments,
    })),
    windows,
    missed: rules.missed,
    recall: rules.recall,
    priorityHeadStartMin: rules.priorityHeadStartMin,
    appointmentHeadStartMin: rules.appointmentHeadStartMin,
    priorityCounts: rules.priorityCounts,
    parkMinutes: rules.parkMinutes ?? null,
    realName: { takeAndCancel: rules.realName.takeAndCancel },
    rating: rules.rating,
    appointments: rules.appointments,
    followUp: { ...followUp, options: followUp.options.map(({ code }) => code) },
    opinions: rules.opinions,
    surge: rules.surge,
    offlineNumbers: rules.offlineNumbers,
  };
}
