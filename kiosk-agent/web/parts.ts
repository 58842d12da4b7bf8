/** What the web room needs of the rest of the agent; agent.ts puts it together. */
import type { Server } from 'node:http';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import type { Appointment } from '../contract/appointments.ts';
import type { PaperFault, RatingLevel } from '../contract/events.ts';
import type { DeviceView, SatelliteView, FoundView, KioskMessages, VisitorScreen } from '../contract/live.ts';
import type { LinkStatus } from '../contract/link.ts';
import type { KeptLog, OfficeView } from '../contract/machine.ts';
import type { Clock, Executor } from '../executor.ts';
import type { HallRules, HallState } from '../hall/state.ts';
import type { Journal } from '../journal/journal.ts';
import type { Identified, IdentityDesk } from './identity.ts';
import type { StaffPhotos } from './staff-photos.ts';
import type { VisitorSecrets } from './visitor-secrets.ts';

export type Frame = { at: string; direction: 'in' | 'out'; hex: string; decoded: string };

/** A technician's tests: evaluator light, voice; pad beep, display; printer print; sign text; reader and scanner read. */
export const DEVICE_TESTS = ['light', 'voice', 'print', 'beep', 'display', 'text', 'read'] as const;
export type DeviceTest = (typeof DEVICE_TESTS)[number];
export type TestResult = { ok: true; seen?: string } | { ok: false; why: string };

/** What came of waiting for a key on something that is plugged in and has no device yet. */
export type BoundByKey =
  | { bound: FoundView }
  | { bound: null; why: 'nothing-pressed' | 'no-free-port' | 'stopped'; troubles: string[] };

/** The devices of this computer, as technicians handle them. Throws HallError for what is refused. */
export interface DeviceRoom {
  list(): DeviceView[];
  /** one device; throws `not-found` */
  view(id: string): DeviceView;
  found(): Promise<{ found: FoundView[]; troubles: string[] }>;
  bind(id: string, key: string): Promise<DeviceView>;
  unbind(id: string): Promise<DeviceView>;
  bindByKey(id: string, seconds: number): Promise<BoundByKey>;
  stopBindByKey(): void;
  /** the code of the next key of a device; null when none came in time */
  nextKey(id: string, seconds: number): Promise<string | null>;
  set(
    id: string,
    settings: { note?: string | null; keyMap?: Record<string, RatingLevel> | null },
  ): Promise<DeviceView>;
  /** a technician's test; throws `not-suitable` for one that the device cannot do */
  test(id: string, what: DeviceTest): Promise<TestResult>;
  /** the latest frames on a device's wire, oldest first */
  frames(id: string): Frame[];
  /** everything on a device's wire from now on, as lines of a capture with their ends, until the returned function is called */
  capture(id: string, line: (line: string) => void): () => void;
}

/** A typed number of GB 11643: who it is, or what is wrong with it. */
export type KnowTyped = (number: string) => ({ ok: true } & Identified) | { ok: false; why: string };

/** The registration platform, as far as the query route knows it (platform/platform.ts). */
export interface CaseBook {
  cases(
    person: { year: number; hash: string },
    deadlineMs: number,
  ): Promise<{ ok: true; cases: unknown[]; asOf: string; fromCache: boolean } | { ok: false; why: string }>;
}

/** What a device of an agent's kiosk or query terminal says to the screens there. */
export type KioskMessage = {
  [E in keyof KioskMessages]: { agent: string; screen: VisitorScreen; event: E; data: KioskMessages[E] };
}[keyof KioskMessages];

/** Cards and codes: for the screens at the reader or scanner (its agent's kiosk, or query terminal), and for nobody else. */
export interface KioskFeed {
  /** this agent */
  readonly agent: string;
  hear(listener: (message: KioskMessage) => void): () => void;
}

export interface AgentParts {
  readonly config: Config;
  readonly rules: HallRules;
  /** the state that is on disk */
  readonly state: HallState;
  readonly executor: Executor;
  readonly journal: Journal;
  readonly journalState: 'ok' | 'unwritable' | 'repaired';
  readonly clock: Clock;
  readonly log: Logger;
  /** its latest lines; null where nobody keeps them */
  readonly recentLog: KeptLog | null;
  readonly version: string;
  /** how the central office's configuration stands; undefined where none has ever come */
  office(): OfficeView | undefined;
  readonly devices: DeviceRoom;
  readonly satellites: {
    view(): Record<string, SatelliteView>;
    /** the agent whose link token this is, or null */
    agentOf(token: string): Promise<string | null>;
    /** lets satellites in on this server */
    serve(http: Server): void;
  };
  /** lets the commands on this computer in as technician */
  readonly localToken: string;
  links(): LinkStatus[];
  readonly identity: { desk: IdentityDesk; know: KnowTyped };
  readonly platform: CaseBook;
  readonly kioskFeed: KioskFeed;
  /** an appointment's notice on paper, at a kiosk (a satellite's, or null for the hub's own) */
  printAppointment(
    appointment: Appointment,
    language: 'zh' | 'en',
    kiosk: string | null,
  ): Promise<{ state: 'printed' } | { state: 'failed' | 'unconfirmed'; why: PaperFault }>;
  /** the one-time notice of a service on paper, at a kiosk; null for a service that the hall has not */
  printMaterials(
    service: string,
    language: 'zh' | 'en',
    kiosk: string | null,
    day: string,
  ): Promise<{ state: 'printed' } | { state: 'failed' | 'unconfirmed'; why: PaperFault }> | null;
  /** the slip of an opinion on paper, at a kiosk */
  printOpinion(
    slip: { opinion: string; code: string; dueDay: string },
    language: 'zh' | 'en',
    kiosk: string | null,
  ): Promise<{ state: 'printed' } | { state: 'failed' | 'unconfirmed'; why: PaperFault }>;
  readonly staffPhotos: StaffPhotos;
  /** links and codes that only a visitor can have */
  readonly secrets: VisitorSecrets;
  /** what the addresses for visitors begin with */
  publicUrl(): string;
  /** something that is not in the journal changed: a device, a link, the disk */
  onChange(listener: () => void): () => void;
}
