/** The latest lines of this program's log, kept for the technician's page; the log itself goes where it always went. */
import { LOG_LEVELS, type KeptLog, type LogLevel, type LogLine } from '../contract/machine.ts';

const KEPT = 500;
const LONGEST = 300;
/** The log has no personal data by rule; what looks like an ID number or a mobile number does not leave it either. */
const PERSONAL = /(?<!\d)(?:\d{17}[\dXx]|1[3-9]\d{9})(?!\d)/g;
/** pino's numbers, ten apart. */
const LOWEST = 10;

/** A stream for pino: takes its lines of JSON and keeps the last 500, without stacks and nested values. */
export class RecentLog implements KeptLog {
  readonly #lines: LogLine[] = [];
  #n = 0;

  write(line: string): void {
    let entry: Record<string, unknown>;
    try {
      entry = JSON.parse(line) as Record<string, unknown>;
    } catch {
      return;
    }
    const { time, level, msg, agent: _agent, pid: _pid, hostname: _host, ...rest } = entry;
    this.#lines.push({
      n: ++this.#n,
      at: String(time),
      level: levelOf(level),
      text: clean(typeof msg === 'string' ? msg : ''),
      facts: Object.fromEntries(
        Object.entries(rest).flatMap(([name, value]) => {
          const fact = factOf(value);
          return fact === null ? [] : [[name, fact]];
        }),
      ),
    });
    if (this.#lines.length > KEPT) this.#lines.shift();
  }

  /** Those after line `n`, oldest first. */
  after(n: number): LogLine[] {
    return this.#lines.filter((line) => line.n > n);
  }
}

function levelOf(level: unknown): LogLevel {
  return LOG_LEVELS[Math.floor(Number(level) / LOWEST) - 1] ?? 'info';
}
/** A value on one line; of an error its message; null for what has more to it. */
function factOf(value: unknown): string | number | boolean | null {
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value === 'string') return clean(value);
  const message = (value as { message?: unknown } | null)?.message;
  return typeof message === 'string' ? clean(message) : null;
}
function clean(text: string): string {
  return text.replace(PERSONAL, '***').slice(0, LONGEST);
}
