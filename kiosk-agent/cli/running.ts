/**
 * The command beside the agent: a running agent writes `<state>/running.json` (mode 0600), and a command that finds it
 * asks the agent instead of opening ports that the agent holds. Whoever may read the file may act as a technician.
 */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const NAME = 'running.json';
/** A healthy agent answers in milliseconds, on a slow PC that has just started in seconds. */
const ANSWER_MS = 10_000;

const running = z.object({
  url: z.url({ protocol: /^https?$/ }),
  pid: z.int().min(1),
  token: z.string().min(16).max(256),
});

/** What `GET /health` answers, as far as commands look at it. */
const healthAnswer = z.object({
  status: z.enum(['ok', 'degraded', 'failing']),
  agentId: z.string(),
  version: z.string(),
  journal: z.object({
    lastSeq: z.number(),
    backlog: z.number(),
    oldestPendingS: z.number(),
    writable: z.boolean(),
  }),
  devices: z.array(
    z.object({
      id: z.string(),
      kind: z.string(),
      model: z.string(),
      state: z.string(),
      fault: z.string().optional(),
    }),
  ),
  numbersLeft: z.record(z.string(), z.number()).optional(),
  links: z.array(
    z.object({ name: z.string(), state: z.string(), ackedSeq: z.number(), lagEvents: z.number() }),
  ),
});
export type RunningHealth = z.infer<typeof healthAnswer>;

export type RunningAgent = { running: true; url: string; pid: number; token: string; health: RunningHealth };
/**
 * none: no agent has been started on this folder, or it ended; stale: it ended without saying so (power, SIGKILL);
 * silent: its process is there and does not answer; unreadable: this user may not read the file.
 */
export type NoRunningAgent = {
  running: false;
  kind: 'none' | 'stale' | 'silent' | 'unreadable';
  why: string;
};

/** Whether the last agent on this state folder ended without saying so: its computer lost the power, or it was killed. */
export function wasCutOff(stateFolder: string): boolean {
  return existsSync(join(stateFolder, NAME));
}

/**
 * Says that an agent runs on this state folder. Only the file's owner can read it. The answer removes the file, unless
 * another agent has written its own meanwhile; it may be called again.
 */
export function writeRunning(stateFolder: string, agent: { url: string; token: string }): () => void {
  const file = join(stateFolder, NAME);
  const half = `${file}.${process.pid}`;
  // Renamed into place: a command never reads half a file.
  rmSync(half, { force: true });
  writeFileSync(half, JSON.stringify({ url: agent.url, pid: process.pid, token: agent.token }), {
    mode: 0o600,
    flag: 'wx',
  });
  renameSync(half, file);
  return () => {
    const read = readRunning(file);
    if (read.found && read.agent.token === agent.token) rmSync(file, { force: true });
  };
}

/** Looks for an agent on this state folder and asks it how it is; answers within `answerMs`. Never rejects. */
export async function findRunning(
  stateFolder: string,
  answerMs = ANSWER_MS,
): Promise<RunningAgent | NoRunningAgent> {
  const file = join(stateFolder, NAME);
  const read = readRunning(file);
  if (!read.found) return read.answer;
  const { agent } = read;
  try {
    const response = await fetch(new URL('api/v1/health', agent.url), {
      signal: AbortSignal.timeout(answerMs),
    });
    const health = healthAnswer.safeParse(await response.json());
    if (health.success) return { running: true, ...agent, health: health.data };
    return stale(file, agent, `${agent.url} is answered by another program`);
  } catch (error) {
    const why = sentenceOf(error);
    if (!isAlive(agent.pid)) return stale(file, agent, why);
    return {
      running: false,
      kind: 'silent',
      why: `process ${agent.pid} of ${file} is there, but ${agent.url} does not answer: ${why}`,
    };
  }
}

function stale(file: string, agent: { pid: number }, why: string): NoRunningAgent {
  return {
    running: false,
    kind: 'stale',
    why: `${file} was left behind by process ${agent.pid}, which ended without a word (${why})`,
  };
}

type ReadRunning = { found: true; agent: z.infer<typeof running> } | { found: false; answer: NoRunningAgent };

function readRunning(file: string): ReadRunning {
  const none = (kind: NoRunningAgent['kind'], why: string): ReadRunning => ({
    found: false,
    answer: { running: false, kind, why },
  });
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM')
      return none('unreadable', `${file} may not be read by this user; run the command as the agent's user`);
    return none('none', `no agent runs on ${file.slice(0, -NAME.length - 1)}`);
  }
  const parsed = running.safeParse(parseJson(text));
  return parsed.success
    ? { found: true, agent: parsed.data }
    : none('stale', `${file} is damaged: ${parsed.error.issues[0]?.message ?? 'not JSON'}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is another user's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** fetch says "fetch failed" and keeps the cause for itself. */
export function sentenceOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof Error) return cause.message || String((cause as NodeJS.ErrnoException).code);
  return error instanceof Error ? error.message : String(error);
}
