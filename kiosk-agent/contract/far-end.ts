/** What the central server tells its page and programs that watch many halls. Types only; times carry the hall's offset. */
import type { ClockStep, FollowUpStep } from './follow-up.ts';
import type { Bilingual } from './live.ts';
import type { Tally } from './totals.ts';

/** Counts by level, `'5'` 非常满意 … `'1'` 非常不满意. */
export type ByLevel = Record<'5' | '4' | '3' | '2' | '1', number>;

/** One hall; an agent that was let in and has sent nothing yet stands here with `hall` null. */
export type HallRow = {
  hall: string | null;
  agentId: string;
  region: string;
  epoch: string | null;
  through: number;
  /** SHA-256 of record `through`: what the hall's own log must have there (`hall journal verify --against`) */
  hash: string | null;
  lastEventAt: string | null;
  /** the hall's own day that the figures are of */
  day: string | null;
  tickets: number;
  waiting: number;
  finished: number;
  ratings: ByLevel;
  /** today's first calls: mean, and what 90 of 100 waits were below, s (the latter by the classes of the totals); null for none */
  waitMeanS: number | null;
  waitMostS: number | null;
  /** the one who has waited longest took a ticket then */
  longestSince: string | null;
  windowsOpen: number;
  windowsPaused: number;
  badOpen: number;
  badOverdue: number;
  opinionsOpen: number;
  opinionsOverdue: number;
  devicesDown: number;
  connected: boolean;
  /** connected or away since; null when not known */
  since: string | null;
  /** events that the hall has and this server not yet, as far as it has said; null while it is away */
  backlog: number | null;
};

/** never: let in, nothing heard; silent: not heard of for longer than the server was told to wait; away: not connected, not yet so long. */
export type HallState = 'connected' | 'away' | 'silent' | 'never';
/** `name`: null where the server knows none. `current`: the figures are of today, by the hall's own clock. */
export type ListedHall = HallRow & { state: HallState; current: boolean; name: Bilingual | null };

/** Sums over halls; those of a day count the halls only whose figures are of today. */
export type Summary = {
  halls: number;
  connected: number;
  silent: number;
  tickets: number;
  waiting: number;
  finished: number;
  windowsOpen: number;
  ratings: ByLevel;
  badOpen: number;
  badOverdue: number;
  opinionsOpen: number;
  opinionsOverdue: number;
  devicesDown: number;
};

export type HallSort =
  | 'name'
  | 'region'
  | 'state'
  | 'last'
  | 'tickets'
  | 'waiting'
  | 'wait'
  | 'windows'
  | 'ratings'
  | 'bad'
  | 'opinions'
  | 'devices';
export type HallList = {
  time: string;
  halls: ListedHall[];
  total: number;
  page: number;
  pages: number;
  summary: Summary;
  /** the same by the places inside the region that was asked for, on the first level on which there are several */
  regions: ({ region: string } & Summary)[];
};

export type RatingRow = {
  place: number;
  agentId: string;
  epoch: string;
  seq: number;
  hall: string;
  region: string;
  session: number;
  ticketId: string;
  number: string;
  service: string;
  stage: string;
  window: number;
  staff: string;
  level: number;
  source: string;
  device: { serial: string; boot: string; seq: number } | null;
  promptedAt: string;
  pressedAt: string;
  flags: string[];
};

export type TicketRow = {
  agentId: string;
  ticketId: string;
  hall: string;
  number: string;
  service: string;
  state: string;
  window: number | null;
  changedAt: string;
};

/**
 * prev-differs: taken, but not linked to the one before; other-history: not the record that is here; set-back: the agent's log
 * ends before its copy here; new-epoch: its history began anew.
 */
export type AlarmKind = 'prev-differs' | 'other-history' | 'set-back' | 'new-epoch';
/** `hall`: null when nothing of the agent's events is here */
export type AlarmRow = {
  agentId: string;
  hall: string | null;
  epoch: string;
  seq: number;
  kind: AlarmKind;
  at: string;
};

/**
 * Live: `summary` over all halls; `halls` those that changed, null when they were too many to tell, and in a snapshot, where the
 * page asks for the ones it shows. The lists are always the whole list.
 */
export type FarEndView = {
  time: string;
  summary: Summary;
  halls: ListedHall[] | null;
  ratings: RatingRow[];
  tickets: TicketRow[];
  alarms: AlarmRow[];
};

export type StatisticsGroup = 'all' | 'day' | 'hour' | 'region' | 'hall' | 'service' | 'window' | 'staff';
/** `key`: day, hour, region, agent, service, window or staff number, by what was asked; `hall` and `region` beside an agent. */
export type StatisticsRow = { key: string; hall?: string; region?: string } & Tally;
export type FarEndStatistics = {
  from: string;
  to: string;
  by: StatisticsGroup;
  rows: StatisticsRow[];
  /** days of halls: closed by the hall, still running (or never closed), and closed with other totals than their events give */
  days: { closed: number; running: number; differing: number };
  differing: { agentId: string; hall: string; day: string }[];
};

export type FollowUpStepDone = {
  step: FollowUpStep;
  at: string;
  staff?: string;
  text?: string;
  outcome?: string;
  level?: number;
};
export type GivenReason = { options: string[]; text?: string; by: 'qr' | 'callback' };
export type BadRating = {
  agentId: string;
  hall: string;
  region: string;
  session: number;
  number: string;
  service: string;
  window: number;
  staff: string;
  level: number;
  givenAt: string;
  state: 'open' | 'appealed' | 'closed';
  upheld: boolean;
  steps: FollowUpStepDone[];
  reason: GivenReason | null;
  /** the step that the region's clock asks for next */
  next: { step: ClockStep; due: string } | null;
  overdue: boolean;
  /** calendar days that it is late; 0 when it is not */
  daysLate: number;
};
export type OpinionEntry = {
  agentId: string;
  hall: string;
  region: string;
  opinion: string;
  kind: string;
  channel: string;
  text: string;
  window: number | null;
  filedAt: string;
  dueDay: string;
  state: 'filed' | 'assigned' | 'answered' | 'closed';
  assignedTo: string | null;
  answer: string | null;
  outcome: string | null;
  reopened: number;
  overdue: boolean;
  daysLate: number;
};
export type LedgerState = 'overdue' | 'open' | 'closed' | 'all';
export type Standing = { open: number; overdue: number };
/** `regions`: the places inside the region that was asked for, on the first level with several; `halls`: the worst hundred. */
export type LedgerPage = {
  total: number;
  page: number;
  pages: number;
  counts: Standing;
  regions: ({ region: string } & Standing)[];
  halls: ({ agentId: string; hall: string; region: string } & Standing)[];
};

export type DeviceDown = {
  agentId: string;
  hall: string;
  region: string;
  device: string;
  state: 'lost' | 'faulted';
  why: string;
  since: string;
};

/** An export of ratings to a region, as it stands. Times are RFC 3339 in UTC. */
export type RatingExportView = {
  id: string;
  name: { zh: string; en: string };
  profile: string;
  regions: string[];
  /** ratings from this day on */
  from: string;
  /** false: written to files only */
  pushes: boolean;
  /** with an answer; of these, visits that nobody rated */
  sent: number;
  sentDefaults: number;
  /** due and without an answer, and since when the oldest of them is due */
  waiting: number;
  oldestAt: string | null;
  /** not due yet: for a reason, an appeal, or the days in which a visit may still be rated */
  held: number;
  /** messages in a row without an answer */
  failures: number;
  nextTryAt: string | null;
  /** `answered` false: there was none, and `said` is why */
  lastAnswer: { at: string; answered: boolean; said: string } | null;
  refused: { total: number; reasons: { why: string; n: number }[] };
  /** what cannot be sent, by service and field */
  incomplete: {
    total: number;
    fields: { service: string; field: string; why: string; say: string; n: number }[];
  };
  /** sent before an appeal against it was upheld */
  upheldLater: number;
  /** what the profile cannot send at all, a sentence each */
  gaps: string[];
};
export type RatingExportRefused = {
  id: string;
  agentId: string;
  hall: string;
  service: string;
  kind: 'first' | 'second' | 'default';
  number: string;
  window: number;
  level: number;
  ratedAt: string;
  why: string;
  refusedAt: string;
  tries: number;
};

/** What regions (12-digit code), halls and services (id) are called, as far as the server was told. */
export type Names = {
  regions: Record<string, Bilingual>;
  halls: Record<string, Bilingual>;
  services: Record<string, Bilingual>;
};

/** Which version of the office's configuration is wanted in a hall, and how far it has come; `inEffect`: what it runs with. */
export type HallConfiguration = {
  agentId: string;
  region: string;
  /** null: it has said nothing of one yet */
  hall: string | null;
  wanted: {
    version: number;
    sha256: string;
    state: 'queued' | 'delivered' | 'taken' | 'in-effect' | 'refused' | 'expired';
    since: string;
    /** the setting that did not fit, and why */
    path?: string;
    why?: string;
    /** services that the hall does not have */
    leftOut?: string[];
  } | null;
  inEffect: { version: number; since: string } | null;
};

export type NoticeInHall = {
  agentId: string;
  hall: string | null;
  /** shown: the hall has it; between `from` and `until` it stands on its screens */
  state: 'queued' | 'delivered' | 'shown' | 'withdrawing' | 'withdrawn' | 'refused' | 'expired';
  since: string;
  why?: string;
};
export type OfficeNotice = {
  notice: string;
  text: Bilingual;
  where: ('board' | 'kiosk' | 'query' | 'windows')[];
  from: string;
  until: string;
  target: { regions: string[] } | { agents: string[] };
  postedAt: string;
  withdrawnAt: string | null;
  /** halls in each state */
  states: Partial<Record<NoticeInHall['state'], number>>;
};

export type HallSurge = {
  running: { surge: string; by: string; reason: string; measures: object; since: string } | null;
  steps: {
    step: 'start' | 'change' | 'end';
    reason: string;
    state: 'queued' | 'delivered' | 'refused' | 'expired';
    refused?: string;
    why?: string;
    queuedAt: string;
    answeredAt?: string;
    deadline: string;
  }[];
};

/** How many wait in a hall and for how long, for anybody. `asOf`: when the hall said so; null: it never has. */
export type PublicHall = {
  hall: string;
  name: Bilingual | null;
  region: string;
  open: boolean;
  /** the hall's line stands: else the figures may be of before */
  connected: boolean;
  windowsOpen: number;
  waiting: number;
  services: {
    service: string;
    name: Bilingual | null;
    waiting: number;
    windowsOpen: number;
    /** of somebody who comes now, whole minutes; null: no open window takes it */
    wait: { fromMinutes: number; toMinutes: number } | null;
  }[];
  asOf: string | null;
  ageS: number | null;
};

/** What the far end tells somebody about (docs/alerts.md). */
export const ALERT_KINDS = [
  'hall-silent',
  'device-down',
  'paper-out',
  'chain-alarm',
  'totals-differ',
  'wait-above',
  'bad-rating-due',
  'bad-rating-overdue',
  'opinion-overdue',
  'backlog-above',
  'export-unanswered',
  'configuration-refused',
] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];
/**
 * One thing that a rule has found. `subject`: device, day or epoch where a hall can have several; `hall` null when it is of no one
 * hall; `count`: how many of it (ratings, minutes, records). gone: it is over; seen: somebody has seen to it; lapsed: three days.
 */
export type AlertRow = {
  id: string;
  rule: string;
  kind: AlertKind;
  region: string;
  agentId: string;
  hall: string | null;
  subject: string;
  count: number | null;
  since: string;
  raisedAt: string;
  resolvedAt: string | null;
  ended: 'gone' | 'seen' | 'lapsed' | null;
};
export type AlertList = { alerts: AlertRow[]; open: number; channels: string[] };
/** A message on its way to a channel. `said`: what the other side answered last. */
export type AlertDelivery = {
  id: string;
  channel: string;
  rule: string;
  kind: AlertKind;
  region: string;
  phase: 'raised' | 'repeated' | 'resolved';
  alerts: number;
  queuedAt: string;
  tries: number;
  state: 'queued' | 'answered' | 'refused' | 'expired';
  said: string | null;
  nextAt: string | null;
  answeredAt: string | null;
};

/** One place (a region, or one hall where the region has no smaller ones) beside the others: as it stands, and over days. */
export type PlaceFigures = Summary & {
  /** the region's code, or the hall's agent */
  key: string;
  region: string;
  /** of one hall: what it is called; null for a region */
  hall: string | null;
  /** not connected, silent ones among them; those never heard of are not */
  away: number;
  /** what the halls say that somebody who comes now waits, the middle of it, over their services by who waits; s, null when none says so */
  expectedS: number | null;
  /** tickets of the last full hour, and how many that hour had on this weekday in the last four weeks on average; null when not known */
  hourTickets: number;
  hourUsual: number | null;
  /** over the days that were asked for */
  days: Tally;
  chainAlarms: number;
  differing: number;
};
/** `by`: whether the places are regions or halls. */
export type Comparison = {
  time: string;
  from: string;
  to: string;
  by: 'region' | 'hall';
  places: PlaceFigures[];
  whole: PlaceFigures;
};
