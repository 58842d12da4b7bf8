/** The hall as screens see it: computed from the state that is on disk, never kept beside it. */
import type { Config } from '../config.ts';
import type {
  CallView,
  HallInfo,
  PublicView,
  ServiceView,
  VisitorScreen,
  StaffView,
  TicketView,
  WindowView,
} from '../contract/live.ts';
import { announcedOf } from '../hall/announcements/heard.ts';
import { localDay, localTime } from '../hall/day.ts';
import { standing } from '../hall/follow-up/standing.ts';
import { isOverdue } from '../hall/opinions/decide.ts';
import { ahead, aheadOfEach, lineOf, onlyWindowOf } from '../hall/line.ts';
import { noticesNow } from '../hall/notices/state.ts';
import { cancelledLately } from '../hall/people.ts';
import type { HallRules, HallState, Ticket } from '../hall/state.ts';
import { servedToday } from '../hall/forecast.ts';
import { servicesNow } from '../hall/surge/windows.ts';
import { waitFor, windowsOpenFor } from '../hall/wait.ts';
import { missedRule } from '../hall/missed-rule.ts';
import { isTaking } from './opening.ts';
import type { AgentParts } from './parts.ts';
import { formsOf, mapAddress } from './pictures.ts';

/** Besides those in line: the ones that need a hand, and the ones at a window. */
const SHOWN_TO_STAFF = new Set([
  'printing',
  'print-failed',
  'unconfirmed',
  'called',
  'serving',
  'missed',
  'parked',
  'transferred',
]);

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
      taking: isTaking(config.hall, parts.clock(), state.surge.current?.measures.extendUntil),
      printer: printerState(parts),
      readers: readerStates(parts),
      journal: parts.journalState,
      surge: surgeNotice(state),
      ...noticesOf(parts),
    },
    services: Object.fromEntries(
      config.services.map((service) => [service.id, serviceView(parts, service, lines.get(service.id) ?? 0)]),
    ),
    windows: windowsView(parts),
    calls: state.calls satisfies CallView[],
  };
}

/** The windows with whether their call was heard. */
function withAnnounced(
  { state, rules, clock }: AgentParts,
  windows: PublicView['windows'],
): PublicView['windows'] {
  const time = localTime(clock(), rules.timeZone);
  return Object.fromEntries(
    Object.entries(windows).map(([number, window]) => {
      const ticket = window.ticket && state.tickets[window.ticket.ticketId];
      const announced = ticket && announcedOf(state, ticket, time);
      return [
        number,
        window.ticket && announced ? { ...window, ticket: { ...window.ticket, announced } } : window,
      ];
    }),
  );
}

/** The public view with the queue, devices and links; for those who have signed in. */
export function staffView(parts: AgentParts, shared: PublicView): StaffView {
  const { state } = parts;
  const tickets: Record<string, TicketView> = {};
  // The lines are walked once; a ticket's place is how many stand before it.
  const places = aheadOfEach(state, parts.rules);
  for (const ticket of Object.values(state.tickets)) {
    const place = places.get(ticket.ticketId);
    if (place !== undefined || SHOWN_TO_STAFF.has(ticket.state))
      tickets[ticket.ticketId] = staffTicketView(parts, ticket, place ?? null);
  }
  return {
    ...shared,
    windows: withAnnounced(parts, shared.windows),
    tickets,
    devices: Object.fromEntries(parts.devices.list().map((device) => [device.id, device])),
    links: Object.fromEntries(parts.links().map((link) => [link.name, link])),
    satellites: parts.satellites.view(),
  };
}

/** The staff's view with today's ratings and what waits for a supervisor. Clerks never see these: a count that moves tells whom. */
export function managerView({ state, rules, clock }: AgentParts, staff: StaffView): StaffView {
  const today = localDay(clock(), rules.timeZone);
  const open = Object.values(state.followUps.bad).filter((each) => each.state !== 'closed');
  return {
    ...staff,
    // A copy: the state counts on in its own.
    ratings: { ...state.ratings },
    attention: {
      badRatings: open.length,
      overdue: open.filter((each) => standing(each, today, rules.calendar).overdue).length,
      opinionsOverdue: Object.values(state.opinions.known).filter((each) => isOverdue(each, today)).length,
    },
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
  const window = ticket.window ?? onlyWindowOf(state, rules, ticket);
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
    ...(place === null
      ? {}
      : { servedToday: servedToday(state, rules, ticket.service, place, state.totals.pace.lastAt) }),
    // Where it is, or the only window that may call it (transferred to that one).
    ...(window === null ? {} : { window }),
    ...(ticket.further.length > 0 ? { further: ticket.further } : {}),
    ...(ticket.done.length > 0 ? { done: ticket.done } : {}),
    ...(ticket.appointment === undefined ? {} : { appointment: ticket.appointment }),
    ...(ticket.offline ? { offline: true as const } : {}),
  };
}

/** {@link ticketView} with what only staff may see: the holder (from the first call on), the claim's decision, the pattern. */
export function staffTicketView(
  parts: Pick<AgentParts, 'state' | 'rules' | 'config' | 'clock'>,
  ticket: Ticket,
  ahead: number | null,
): TicketView {
  const { state, rules, clock } = parts;
  const { person, priorityDecision, match, parkedUntil, comeBackTo } = ticket;
  const givenBack = person ? cancelledLately(state, rules, person.hash, clock().toISOString()) : 0;
  return {
    ...ticketView(parts, ticket, ahead),
    ...(priorityDecision === null ? {} : { priorityDecision }),
    ...(person && ticket.calls > 0 ? { holder: person.masked } : {}),
    ...(match === null ? {} : { match }),
    ...(givenBack >= rules.realName.takeAndCancel.times ? { takeAndCancel: givenBack } : {}),
    ...(parkedUntil === null ? {} : { parkedUntil }),
    ...(comeBackTo === null ? {} : { comesBackTo: comeBackTo.window }),
  };
}

/** A ticket by its id, with its place in line; undefined when this day has none. `forStaff`: with what only they may see. */
export function findTicket(
  parts: Pick<AgentParts, 'state' | 'rules' | 'config' | 'clock'>,
  ticketId: string,
  forStaff = false,
): TicketView | undefined {
  const ticket = Object.hasOwn(parts.state.tickets, ticketId) ? parts.state.tickets[ticketId] : undefined;
  if (!ticket) return undefined;
  const view = forStaff ? staffTicketView : ticketView;
  return view(parts, ticket, ahead(parts.state, parts.rules, ticketId));
}

/** One window; `devices`: the list, where the caller has it already. */
export function windowView(
  { state, rules, config, devices, staffPhotos }: AgentParts,
  number: number,
  list = devices.list(),
): WindowView | undefined {
  const configured = config.windows.find((each) => each.number === number);
  if (!configured) return undefined;
  const window = state.windows[number];
  const ticket = window?.ticketId ? state.tickets[window.ticketId] : undefined;
  const session = window?.session ? state.sessions[window.session] : undefined;
  const photo = staffPhotos.addressOf(window?.staff ?? null);
  const evaluator = list.find((device) => device.kind === 'evaluator' && device.window === number);
  return {
    window: number,
    state: window?.state ?? 'closed',
    ...(window?.since === undefined ? {} : { since: window.since }),
    staff: window?.staff ?? null,
    ...(photo === undefined ? {} : { photo }),
    services: servicesNow(state, rules, number),
    ...(configured.area ? { area: configured.area } : {}),
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
      ? {
          session: session.session,
          state: session.state,
          openUntil: session.openUntil,
          number: session.number,
          service: session.service,
        }
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
  { state, rules, clock, config }: AgentParts,
  service: Config['services'][number],
  waiting: number,
): ServiceView {
  const now = localTime(clock(), rules.timeZone);
  // By the minute: all services are told from the same line played forward.
  const minute = `${now.slice(0, 17)}00.000${now.slice(23)}`;
  const wait = waitFor(state, rules, service.id, waiting, minute);
  return {
    service: service.id,
    prefix: service.prefix,
    name: service.name,
    description: service.description ?? null,
    area: service.area ?? null,
    waiting,
    windowsOpen: windowsOpenFor(state, rules, service.id).length,
    waitMinS: wait?.minS ?? null,
    waitMaxS: wait?.maxS ?? null,
    servedToday: servedToday(state, rules, service.id, waiting, minute),
    ...realNameOf(service, config.rules.realName.mode),
    ...(service.appointments === false ? {} : { appointments: true as const }),
    materials: service.materials,
    ...(service.forms.length > 0 ? { forms: formsOf(config, service.id) } : {}),
    timeLimit: service.timeLimit ?? null,
    fee: service.fee ?? null,
  };
}

function surgeNotice({ surge: { current } }: HallState): PublicView['day']['surge'] {
  if (!current) return null;
  const { notice, extendUntil } = current.measures;
  return { notice: notice ?? null, extendUntil: extendUntil ?? null };
}

/** What a central office has put up and is shown now; left out where nothing is. */
function noticesOf({ state, clock }: AgentParts): Pick<PublicView['day'], 'notices'> {
  const notices = noticesNow(state.notices, clock().getTime());
  return notices.length === 0
    ? {}
    : { notices: notices.map(({ text, where }) => ({ text: { ...text }, where: [...where] })) };
}

function isOpen(state: WindowView['state'] | undefined): boolean {
  return state === 'idle' || state === 'called' || state === 'serving';
}

export function printerState({ devices }: Pick<AgentParts, 'devices'>): PublicView['day']['printer'] {
  const all = devices.list().filter((device) => device.kind === 'printer');
  // The hub's own kiosk prints at the hub's own printers; a satellite's stand as agent/device.
  const own = all.filter((device) => !device.id.includes('/'));
  const printers = own.length > 0 ? own : all;
  if (printers.length === 0) return null;
  const ready = printers.filter((printer) => printer.state === 'ready');
  if (ready.length > 0)
    return ready.every((printer) => printer.notes.includes('paper-near-end')) ? 'paper-low' : 'ready';
  return printers.some((printer) => printer.state === 'faulted') ? 'fault' : 'away';
}

/** The card readers of this PC's own visitor screens; one at a window is the clerk's. */
export function readerStates({
  devices,
  config,
}: Pick<AgentParts, 'devices' | 'config'>): PublicView['day']['readers'] {
  const all = devices.list();
  const stateAt = (screen: VisitorScreen): 'ready' | 'away' | null => {
    const here = all.filter(
      ({ id, kind, window }) =>
        kind === 'reader' &&
        window === null &&
        config.devices.some((row) => row.id === id && (row.screen ?? 'kiosk') === screen),
    );
    if (here.length === 0) return null;
    return here.some(({ state }) => state === 'ready') ? 'ready' : 'away';
  };
  return { kiosk: stateAt('kiosk'), query: stateAt('query') };
}

/** Whether tickets of a service may, or must, name their holder. */
export function realNameOf(
  service: Config['services'][number],
  usual: Config['rules']['realName']['mode'],
): Pick<ServiceView, 'realName'> {
  const mode = service.realName ?? usual;
  return mode === 'off' ? {} : { realName: mode };
}

export function hallInfo(config: Config): HallInfo {
  const { hall, rules, platform } = config;
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
    map: mapAddress(config),
    caseQuery: platform !== undefined,
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
