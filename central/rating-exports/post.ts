/** One message to a region and its answer, within a deadline. */
import type { Message } from './encode.ts';

/** An answer is a few lines; of what is longer the rest is not read. */
const ANSWER_MAX_BYTES = 256 * 1024;

/** Resolves with status and text, or with why there was no answer. A redirect is an answer like any other, and not followed. */
export async function post(
  url: string,
  { body, headers }: Message,
  deadlineMs: number,
  ending: AbortSignal,
): Promise<{ status: number; body: string } | { failed: string; late: boolean }> {
  const late = AbortSignal.timeout(deadlineMs);
  try {
    const response = await fetch(url, {
      ...{ method: 'POST', body, headers, redirect: 'manual' },
      signal: AbortSignal.any([late, ending]),
    });
    const parts: Uint8Array[] = [];
    let bytes = 0;
    for await (const part of response.body ?? []) {
      parts.push(part as Uint8Array);
      bytes += (part as Uint8Array).length;
      if (bytes > ANSWER_MAX_BYTES) break;
    }
    return { status: response.status, body: Buffer.concat(parts).toString('utf8') };
  } catch (error) {
    if (late.aborted) return { failed: `no answer within ${deadlineMs / 1000} s`, late: true };
    const { message, cause } = error as Error;
    const failed =
      cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : message;
    return { failed, late: false };
  }
}
