/**
 * What screens see. A screen gets a `snapshot` of the view, then `change`s; it computes nothing that the hub decides.
 *
 * Socket.IO, path `/live`. Connect with `auth: {role, token?, window?, screen?}`. Server → client:
 * `snapshot` {@link Snapshot}, `change` {@link Change}. Client → server: `resume` {run, seq} answers
 * `{changes: Change[]}`, or `{snapshot: Snapshot}` when the missing ones are no longer kept. `time` answers the server's time in ms.
 * Screens of role kiosk besides: what was laid or held before their own reader and scanner, {@link KioskMessages}; `screen` says which
 * they are, a kiosk or a query terminal, and they hear of that one's devices only. Never in snapshot or changes, and never kept.
 */
import type { PaperFault, Priority, RatingLevel, TicketClass } from './events.ts';
import type { LinkStatus } from './link.ts';
import type { NoticePlace } from './office.ts';

export const LIVE_PATH = '/live';
/** `board` and `window` and `kiosk` screens need no token for public data; staff roles do. */
export const ROLES = ['board', 'window', 'kiosk', 'clerk', 'manager', 'technician', 'integrator'] as const;
export type Role = (typeof ROLES)[number];

export const TICKET_STATES = [
  'reserved',
  'printing',
  'print-failed',
  'unconfirmed',
  'waiting',
  'called',
  'serving',
  'missed',
  'parked',
  'transferred',
  'finished',
  'cancelled',
] as const;
export type TicketState = (typeof TICKET_STATES)[number];

/** Which of a PC's public machines a reader or scanner stands at; each hears its own only. */
export const VISITOR_SCREENS = ['kiosk', 'query'] as const;
export type VisitorScreen = (typeof VISITOR_SCREENS)[number];

export const WINDOW_STATES = ['closed', 'idle', 'called', 'serving', 'paused'] as const;
export type WindowState = (typeof WINDOW_STATES)[number];

/** A text in both languages, from the hall's configuration. */
export type Bilingual = { zh: string; en: string };

/** One ticket as the kiosk and the clerk see it. */
export type TicketView = {
  ticketId: string;
  number: string;
  service: string;
  state: TicketState;
  class: TicketClass;
  priority?: Priority;
  /** people before it in line; null when it is not in line */
  ahead: number | null;
  /** seconds, an interval; null when nothing can be said (no window open) */
  waitMinS: number | null;
  waitMaxS: number | null;
  area: Bilingual | null;
  /** its paper is out (or it was taken without paper) */
  printed: boolean;
  /** why its paper did not come out, in states print-failed and unconfirmed */
  paperFault?: PaperFault;
  reservedAt: string;
  window?: number;
  /** while it is in line: whether it is served before closing */
  servedToday?: ServedToday;
  /** services of the same visit that come after this one, and those that are done; left out when there are none */
  further?: string[];
  done?: string[];
  appointment?: string;
  /** given while its kiosk was cut off from the hub */
  offline?: true;
  /** what stands behind /t/ on its paper; for its kiosk only */
  key?: string;
  // for staff only
  /** a claim that nobody has looked at has a `priority` and no decision */
  priorityDecision?: 'confirmed' | 'denied' | 'given';
  /** its holder, masked; from the first call on: until then staff see a number, not a person */
  holder?: string;
  match?: 'match' | 'no-match';
  /** so many tickets its holder has given back lately, when that is remarkable (rules.realName.takeAndCancel) */
  takeAndCancel?: number;
  parkedUntil?: string;
  /** it comes back to this window after the one that it was sent to */
  comesBackTo?: number;
};

export type EvaluationView = {
  session: number;
  /** open: keys are lit; rated: the visitor has rated (never which key); lapsed: the time ran out */
  state: 'open' | 'rated' | 'lapsed';
  openUntil: string;
  /** the visit that it is about */
  number?: string;
  service?: string;
};

/** One window. The same answer comes from every `POST /windows/{n}/…`. */
export type WindowView = {
  window: number;
  state: WindowState;
  /** since when it is in this state; left out where it is not known: never opened, or told by an older version */
  since?: string;
  staff: string | null;
  /** where the photo of the staff number is, in halls that show one */
  photo?: string;
  services: string[];
  /** where it stands, where the configuration says so */
  area?: Bilingual;
  ticket: {
    ticketId: string;
    number: string;
    service: string;
    state: TicketState;
    call: number;
    calledAt: string;
    startedAt: string | null;
    /** for staff only, while it is called: said aloud; shown only; or no board has told of it in time. Left out in halls without boards */
    announced?: 'played' | 'silent' | 'not-heard';
  } | null;
  evaluation: EvaluationView | null;
  /** state of the window's evaluator; null when it has none */
  evaluator: 'ready' | 'away' | 'fault' | null;
  pausedReason?: string;
};

export type ServiceView = {
  service: string;
  prefix: string;
  name: Bilingual;
  description: Bilingual | null;
  area: Bilingual | null;
  waiting: number;
  /** windows that are open (not closed, not paused) and take this service */
  windowsOpen: number;
  waitMinS: number | null;
  waitMaxS: number | null;
  /** whether somebody who comes now is served before closing; a ticket is given in any case */
  servedToday?: ServedToday;
  /** its tickets may, or must, name their holder; left out: nobody is asked */
  realName?: 'optional' | 'required';
  /** slots of it can be booked */
  appointments?: true;
  materials: Bilingual[];
  /** sample forms: where to get them, and where their pictures are */
  forms?: { name: Bilingual; where?: Bilingual; picture?: string }[];
  timeLimit: Bilingual | null;
  fee: Bilingual | null;
};

/** One call for board and voice; newest first in the view. */
export type CallView = {
  ticketId: string;
  number: string;
  service: string;
  window: number;
  call: number;
  at: string;
};

export type DeviceStateName =
  | 'opening'
  | 'ready'
  | 'silent'
  | 'lost'
  | 'missing'
  | 'busy'
  | 'denied'
  | 'refused'
  /** several plugged-in devices could be meant: the agent does not guess */
  | 'ambiguous'
  | 'wrong-settings'
  | 'faulted';
export const DEVICE_KINDS = ['evaluator', 'pad', 'printer', 'reader', 'scanner', 'sign'] as const;
export type DeviceKind = (typeof DEVICE_KINDS)[number];
export type DeviceView = {
  /** as in the configuration; an address on a shared line is LINE.ADDRESS, as pad-bus.2 */
  id: string;
  kind: DeviceKind;
  model: string;
  port: string;
  window: number | null;
  state: DeviceStateName;
  /** code of the fault, e.g. paper-out */
  fault?: string;
  /** what a technician should do, both languages */
  advice?: Bilingual;
  /** what stopped it, in the words of the operating system or the device */
  detail?: string;
  serial?: string;
  firmware?: string;
  /** last good message from the device */
  lastSeenAt?: string;
  /** not faults: paper near end, presses waiting … */
  notes: string[];
  counters: Record<string, number>;
  /** what the technician has bound it to; it stands before the port of the configuration */
  bound?: { path: string; describe: string; boundAt: string };
  /** the technician's remark */
  note?: string;
  /** raw key code → level, where the technician has taught it */
  keyMap?: Record<string, RatingLevel>;
};

/** Something that is plugged in. */
export type FoundView = {
  /** stands for it in requests, as long as it is plugged in */
  key: string;
  kind: 'serial' | 'hid' | 'file';
  path: string;
  /** as "CH340 1a86:7523 at 1-1.2" */
  describe: string;
  vendorId?: string;
  productId?: string;
  serialNumber?: string;
  /** the physical USB port */
  location?: string;
  takenFor: { model: string; name: Bilingual; why: Bilingual }[];
  /** id of the device that has it */
  usedBy: string | null;
};

/** doubtful: it may become too late, or no window is open */
export type ServedToday = 'yes' | 'doubtful' | 'no';
/** `GET /services/{id}/offer`: what the kiosk says before it prints. `offer`: unless it is `yes`, the first free slots of the days to come. */
export type OfferView = {
  service: string;
  waiting: number;
  waitMinS: number | null;
  waitMaxS: number | null;
  servedToday: ServedToday;
  /** when a visit of somebody who comes now would be over; null while no window is open */
  expectedEnd: string | null;
  offer: { service: string; slots: { day: string; from: string; to: string }[] } | null;
};
/** What a surge means to visitors. */
export type SurgeNotice = { notice: Bilingual | null; /** HH:mm */ extendUntil: string | null };

export type HallInfo = {
  id: string;
  name: Bilingual;
  timeZone: string;
  openingHours: string | null;
  /** the text for visitors on what happens to a missed number; the same on ticket, kiosk and board */
  missedRule: Bilingual;
  notices: Bilingual[];
  fees: { item: Bilingual; price: Bilingual }[];
  feeBasis: Bilingual | null;
  speech: Bilingual;
  /** where the picture of the hall's plan is; null: the hall has given none */
  map?: string | null;
  /** cases can be asked about: the hall is connected to a registration platform */
  caseQuery?: boolean;
};

/** Sections of the view. Keyed sections change entry by entry. */
export type PublicView = {
  hall: HallInfo;
  day: {
    day: string;
    served: number;
    windowsOpen: number;
    windowsTotal: number;
    /** tickets are given now (the published opening time) */
    taking: boolean;
    printer: 'ready' | 'away' | 'paper-low' | 'fault' | null;
    /** the card readers of this PC's visitor screens; null: none stands there */
    readers: Record<VisitorScreen, 'ready' | 'away' | null>;
    journal: 'ok' | 'unwritable' | 'repaired';
    /** null: none holds */
    surge?: SurgeNotice | null;
    /** put up by the central office, shown now, oldest first; left out where there are none */
    notices?: { text: Bilingual; where: NoticePlace[] }[];
  };
  services: Record<string, ServiceView>;
  windows: Record<string, WindowView>;
  /** the latest calls that are still called or being served or just done, newest first, at most 8 */
  calls: CallView[];
  /** at a satellite: whether the hub is there; away, everything else here is as it was `asOf` */
  hub?: { state: 'here' | 'away'; since: string | null; asOf: string | null };
};
/** A satellite as staff see it; `set-back`: its log is shorter than what the hub has of it (docs/satellites.md). */
export type SatelliteView = {
  connected: boolean;
  /** since when it is here, or away */
  since: string;
  /** whether tickets are taken at it */
  kiosk: boolean;
  /** ids of its devices, as agent/device */
  devices: string[];
  trouble?: 'set-back';
};

/** Bad ratings under way, those of them that are late, and opinions that are late. */
export type AttentionView = { badRatings: number; overdue: number; opinionsOverdue: number };

export type StaffView = PublicView & {
  /** tickets in line and those that need a hand (unconfirmed, print-failed, missed, parked), by ticketId */
  tickets: Record<string, TicketView>;
  devices: Record<string, DeviceView>;
  links: Record<string, LinkStatus>;
  /** by agent; those that are let in and away too */
  satellites?: Record<string, SatelliteView>;
  /** ratings given today by level; only for manager */
  ratings?: Record<`${RatingLevel}`, number>;
  /** what waits for a supervisor; only for manager */
  attention?: AttentionView;
};

/** Event → its message, to the screens of that kind (`screen` of the device) that stand at the reader. `idCard`: a one-time key, good for two minutes. */
export type KioskMessages = {
  card: {
    idCard: string;
    masked: string;
    kind: 'citizen' | 'hong-kong-macau-taiwan' | 'foreigner';
  };
  /** a card that could not be read; `why` is a code of docs/devices.md */
  'card-unreadable': { why: string };
  /** our own codes as they are, anything else only as its length */
  scan:
    | { kind: 'ticket' | 'appointment'; value: string; length: number }
    | { kind: 'other'; value: null; length: number };
};

export type Snapshot = {
  run: string;
  seq: number;
  time: string;
  role: Role;
  view: PublicView | StaffView;
  /** the build of the screens that this server has: a page of another one loads itself anew when nobody needs it */
  build?: string;
};
/**
 * `set`: section → new value, or for keyed sections only the entries that changed (null removes one).
 * Keyed sections: services, windows, tickets, devices, links.
 */
export type Change = { run: string; seq: number; time: string; set: Record<string, unknown> };
export const KEYED_SECTIONS = ['services', 'windows', 'tickets', 'devices', 'links'] as const;
export type ResumeAnswer = { changes: Change[] } | { snapshot: Snapshot };
