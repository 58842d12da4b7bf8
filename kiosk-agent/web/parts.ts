/** What the web room needs of the rest of the agent; agent.ts puts it together. */
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import type { RatingLevel } from '../contract/events.ts';
import type { DeviceView, FoundView } from '../contract/live.ts';
import type { LinkStatus } from '../contract/link.ts';
import type { Clock, Executor } from '../executor.ts';
import type { HallRules, HallState } from '../hall/state.ts';
import type { Journal } from '../journal/journal.ts';

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
  readonly version: string;
  readonly devices: DeviceRoom;
  /** lets the commands on this computer in as technician */
  readonly localToken: string;
  links(): LinkStatus[];
  /** something that is not in the journal changed: a device, a link, the disk */
  onChange(listener: () => void): () => void;
}
