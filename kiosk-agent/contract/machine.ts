/** What a technician's page shows of the computer itself: the state of its program, and the latest lines of its log. */

/** `inEffect`: the version that this run began with (null: the file alone); `waits`: one that takes effect when the hall is at rest. */
export type OfficeView = {
  inEffect: number | null;
  waits: number | null;
  refused: { version: number; path: string; why: string; at: string } | null;
};

/** `GET /system`. Sizes in bytes, times ISO 8601. */
export type SystemView = {
  agentId: string;
  role: string;
  version: string;
  /** of Node.js */
  node: string;
  platform: string;
  startedAt: string;
  uptimeS: number;
  /** where the state is kept; null when the system does not tell */
  disk: { freeBytes: number; totalBytes: number } | null;
  journal: { epoch: string; lastSeq: number; bytes: number };
  memoryBytes: number;
  /** the central office's configuration; left out where none has ever come */
  office?: OfficeView;
  screens: number;
};

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
/** One line; `n` counts from 1 since the program began. */
export type LogLine = {
  n: number;
  at: string;
  level: LogLevel;
  text: string;
  facts: Record<string, string | number | boolean>;
};
/** `GET /log?after=n`: lines after that one that are still kept, oldest first; `run`: another one numbers anew. */
export type LogAnswer = { run: string; lines: LogLine[] };
/** The latest lines of a log: those after line `n` that are still kept, oldest first. */
export interface KeptLog {
  after(n: number): LogLine[];
}
