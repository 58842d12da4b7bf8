/** What the web room needs of the rest of the agent; agent.ts puts it together. */
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import type { DeviceView } from '../contract/live.ts';
import type { LinkStatus } from '../contract/link.ts';
import type { Clock, Executor } from '../executor.ts';
import type { HallRules, HallState } from '../hall/state.ts';
import type { Journal } from '../journal/journal.ts';

export type Frame = { at: string; direction: 'in' | 'out'; hex: string; decoded: string };

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
  devices(): DeviceView[];
  links(): LinkStatus[];
  /** the latest frames on a device's wire, oldest first; undefined for no such device */
  frames(device: string): Frame[] | undefined;
  /** a technician's test; answers a sentence on what came of it */
  testDevice(
    device: string,
    what: 'light' | 'voice' | 'print',
  ): Promise<{ ok: boolean; why?: string } | undefined>;
  /** something that is not in the journal changed: a device, a link, the disk */
  onChange(listener: () => void): () => void;
}
