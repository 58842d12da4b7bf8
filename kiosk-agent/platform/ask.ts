/** One call to the platform, and what its outcome means (docs/platform.md, "The call"). */
import { callAddress } from './address.ts';
import { type PlatformCase, understand } from './answer.ts';

/** As kiosk-agent/device/clock.ts; tests bring their own. */
export type Clock = {
  now(): Date;
  monotonicMs(): number;
  /** Runs `task` after `ms`; the answer cancels it. */
  after(ms: number, task: () => void): () => void;
};

export type Trouble = 'away' | 'timeout' | 'refused' | 'bad-answer';
export type Failure = {
  ok: false;
  why: Trouble;
  /** for the technician; nothing personal in it */
  detail: string;
  /** whether the same call may be made again, and when the platform wants it, ms */
  again: boolean;
  afterMs?: number;
};
export type Outcome = { ok: true; cases: PlatformCase[] } | Failure;

export type Line = { url: string; token: string; timeoutMs: number; fetch: typeof fetch; clock: Clock };

/** What may pass by itself. The call changes nothing at the platform, so it may be made again after any of them. */
const PASSING = [429, 500, 502, 503, 504];

/** Makes the call once. Never rejects; `stop` ends it at once. */
export async function ask(line: Line, body: string, stop: AbortSignal): Promise<Outcome> {
  const limit = new AbortController();
  let late = false;
  const cancel = line.clock.after(line.timeoutMs, () => {
    late = true;
    limit.abort();
  });
  try {
    const response = await line.fetch(callAddress(line.url), {
      method: 'POST',
      headers: {
        authorization: `Bearer ${line.token}`,
        'content-type': 'application/json',
        accept: 'application/json',
      },
      body,
      redirect: 'manual',
      signal: AbortSignal.any([stop, limit.signal]),
    });
    return await meaning(response);
  } catch (error) {
    if (late) return { ok: false, why: 'timeout', detail: `no answer in ${line.timeoutMs} ms`, again: true };
    return { ok: false, why: 'away', detail: reasonOf(error), again: true };
  } finally {
    cancel();
    // Whatever of the answer was not read need not come.
    limit.abort();
  }
}

async function meaning(response: Response): Promise<Outcome> {
  const { status } = response;
  const failed = (why: Trouble, detail: string): Failure => ({ ok: false, why, detail, again: false });
  if (status === 200) {
    const read = await understand(response);
    return read.ok ? read : failed('bad-answer', read.detail);
  }
  if (PASSING.includes(status)) {
    const afterMs = retryAfter(response.headers.get('retry-after'));
    return { ...failed('away', `status ${status}`), again: true, ...(afterMs !== null && { afterMs }) };
  }
  if (status === 401 || status === 403)
    return failed('refused', `status ${status}: it does not take our token`);
  if (status >= 400 && status < 500) return failed('refused', `status ${status}`);
  if (status >= 300 && status < 400)
    return failed('bad-answer', `status ${status}: it sends us elsewhere, and the token does not go there`);
  return failed('bad-answer', `status ${status}`);
}

/** Seconds only; a date would need the two clocks to agree. */
function retryAfter(header: string | null): number | null {
  return header !== null && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : null;
}

/** fetch hides what really happened in `cause`. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error & { cause?: Error & { code?: string } };
  return cause?.code ?? cause?.message ?? message;
}
