/** Calls of hub, panel and central server: each has its deadline, and what got lost on the way is a value. */
import { z } from 'zod';
import { waitMs } from './day-clock.ts';

/** lost: nobody knows whether it was done. */
export type Answer =
  { kind: 'answered'; status: number; ok: boolean; body: unknown } | { kind: 'lost'; why: string };

export type CallerOptions = {
  base: string;
  token?: string;
  /** aborts everything that is under way */
  signal: AbortSignal;
  /** one attempt, ms */
  attemptMs?: number;
  /** what may be repeated is repeated for so long, ms */
  patienceMs?: number;
};

/** Nobody was there, for as long as one waits. */
export class NoAnswer extends Error {
  override name = 'NoAnswer';
}

const backoff = { leastMs: 150, mostMs: 2000 };
const problem = z.looseObject({ code: z.string(), detail: z.string().optional() });

export type Caller = ReturnType<typeof createCaller>;

export function createCaller({
  base,
  token,
  signal,
  attemptMs = 10_000,
  patienceMs = 120_000,
}: CallerOptions) {
  /** One attempt. Rejects only when the signal aborts. */
  async function once(method: string, path: string, content?: unknown): Promise<Answer> {
    signal.throwIfAborted();
    try {
      const response = await fetch(new URL(path, base), {
        method,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(content === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(content === undefined ? {} : { body: JSON.stringify(content) }),
        signal: AbortSignal.any([signal, AbortSignal.timeout(attemptMs)]),
      });
      const text = await response.text();
      const isJson = /\bjson\b/.test(response.headers.get('content-type') ?? '');
      return {
        kind: 'answered',
        status: response.status,
        ok: response.ok,
        body: isJson ? parseJson(text) : text,
      };
    } catch (error) {
      signal.throwIfAborted();
      return { kind: 'lost', why: sentenceOf(error) };
    }
  }

  /** Attempts until it is answered with anything but "not now" (429, 5xx). Only for what may be done twice. */
  async function again(method: string, path: string, content?: unknown): Promise<Answer> {
    const until = Date.now() + patienceMs;
    for (let waitFor = backoff.leastMs; ; waitFor = Math.min(backoff.mostMs, waitFor * 2)) {
      const answer = await once(method, path, content);
      if (!isNotNow(answer) || Date.now() + waitFor > until) return answer;
      await waitMs(waitFor, signal);
    }
  }
  return { base, patienceMs, signal, once, again };
}

/** Nobody was there, or the one who was could not just then. */
export function isNotNow(answer: Answer): boolean {
  return answer.kind === 'lost' || answer.status === 429 || answer.status >= 500;
}

/** Why it was refused: the problem's code, or the status. */
export function refusalOf(answer: Answer): string {
  if (answer.kind === 'lost') return answer.why;
  const parsed = problem.safeParse(answer.body);
  if (!parsed.success) return `status ${answer.status}`;
  return parsed.data.detail ? `${parsed.data.code}: ${parsed.data.detail}` : parsed.data.code;
}
export function codeOf(answer: Answer): string | null {
  return answer.kind === 'answered' ? (problem.safeParse(answer.body).data?.code ?? null) : null;
}

function parseJson(text: string): unknown {
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch {
    return null;
  }
}

/** fetch says "fetch failed" and keeps the cause for itself. */
function sentenceOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof Error) return cause.message || String((cause as NodeJS.ErrnoException).code);
  return error instanceof Error ? error.message : String(error);
}
