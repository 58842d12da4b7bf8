/**
 * The link over plain HTTP requests, for gateways that let nothing else through (docs/link.md): batches go up one request after
 * another, commands come down by a request that is left open.
 */
import { promisify } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzip } from 'node:zlib';
import { HTTP_BATCH_TYPE, HTTP_LINK_PATH, HTTP_WAIT_MAX_S, receipt, welcome } from '../contract/link.ts';
import type { Dial, LinkConnection, SendResult } from './binding.ts';
import { HttpWire, type Answer } from './http-wire.ts';

/** A request for commands that is not answered by then: the cable is out. As long as Socket.IO's heartbeat needs for it. */
const COMMANDS_WITHIN_MS = 45_000;
/** An answer without a command that comes sooner is somebody's on the way; then the next request waits so long. */
const AT_ONCE_MS = 1_000;
/** A smaller body is sent as it is. */
const GZIP_FROM_BYTES = 1_024;
/** Behind a balancer the server that waits for the answer to a command may be the next one. */
const ANSWER_TRIES = 5;
const ANSWER_AGAIN_MS = 200;
/** The far end's own words that there is no use in coming back soon. */
const REFUSALS = ['not-let-in', 'bad-request'];

/** Asks the far end where it stands. Never throws. */
export const dialHttp: Dial = async ({ url, auth, timeoutMs, onCommand, signal }) => {
  const { agentId, epoch, token, last } = auth;
  const base = `${url.replace(/\/+$/, '')}${HTTP_LINK_PATH}/${agentId}/${epoch}`;
  const wire = new HttpWire(base, { authorization: `Bearer ${token}` });
  const { promise: ended, resolve: end } = Promise.withResolvers<string>();
  const close = (why: string) => {
    end(why);
    wire.close();
  };
  const failed = (why: string, refused = false) => {
    close(why);
    return { failed: why, refused };
  };

  let first: Answer;
  const aborted = () => wire.close();
  signal.addEventListener('abort', aborted);
  try {
    if (signal.aborted) return failed('closed');
    first = await wire.ask('GET', last ? `?seq=${last.seq}&hash=${last.hash}` : '', { timeoutMs });
  } catch (error) {
    return failed(signal.aborted ? 'closed' : `${url} cannot be reached: ${causeOf(error)}`);
  } finally {
    signal.removeEventListener('abort', aborted);
  }
  const greeting = welcome.safeParse(first.body);
  if (first.status !== 200 || !greeting.success) {
    const { code } = problemOf(first);
    return failed(`${url} ${code ? 'refused' : 'answered'}: ${said(first)}`, REFUSALS.includes(code ?? ''));
  }

  let packs = true;
  let before: Promise<unknown> = Promise.resolve();
  /** In their turn: requests of their own sockets would overtake each other. */
  const send = (events: readonly unknown[]): Promise<SendResult> => {
    const plain = Buffer.from(JSON.stringify(events));
    const packed = packs && plain.length >= GZIP_FROM_BYTES ? promisify(gzip)(plain) : null;
    const answered = before.then(() => post(plain, packed));
    before = answered;
    return Promise.race([answered, ended.then((why) => ({ lost: why }))]);
  };
  const post = async (plain: Buffer, packed: Promise<Buffer> | null): Promise<SendResult> => {
    const headers = { 'content-type': HTTP_BATCH_TYPE };
    try {
      let answer: Answer | null = null;
      if (packs && packed) {
        const body = await packed;
        answer = await wire.ask('POST', '/events', {
          headers: { ...headers, 'content-encoding': 'gzip' },
          body,
        });
        // A gateway that looks into bodies and cannot unpack them.
        if (answer.status === 415) packs = false;
      }
      if (!answer || answer.status === 415)
        answer = await wire.ask('POST', '/events', { headers, body: plain });
      const read = receipt.safeParse(answer.body);
      if (read.success) return { receipt: read.data };
      close(`${url} answered: ${said(answer)}`);
    } catch (error) {
      close(`connection ended (${causeOf(error)})`);
    }
    return { lost: await ended };
  };

  const answerCommand = async (raw: unknown) => {
    const { id } = raw as { id?: unknown };
    const body = Buffer.from(JSON.stringify(await onCommand(raw)));
    const headers = { 'content-type': 'application/json' };
    const path = `/commands/${encodeURIComponent(String(id))}`;
    for (let tries = 0; tries < ANSWER_TRIES; tries++) {
      const answer = await wire.ask('POST', path, { headers, body, timeoutMs });
      if (answer.status !== 404) return;
      await sleep(ANSWER_AGAIN_MS);
    }
  };
  const listen = async () => {
    for (;;) {
      const since = performance.now();
      const answer = await wire.ask('GET', `/commands?wait=${HTTP_WAIT_MAX_S}`, {
        timeoutMs: COMMANDS_WITHIN_MS,
      });
      // An answer that is lost is asked for again.
      if (answer.status === 200) answerCommand(answer.body).catch(() => undefined);
      else if (answer.status !== 204) throw new Error(said(answer));
      else if (performance.now() - since < AT_ONCE_MS) await sleep(AT_ONCE_MS);
    }
  };
  listen().catch((error: unknown) => close(`connection ended (${causeOf(error)})`));

  const connection: LinkConnection = {
    through: greeting.data.through,
    send,
    // Only a hub takes reports, and its satellites come over Socket.IO.
    report: () => Promise.resolve(null),
    ended,
    close: () => close('closed'),
  };
  return { connection };
};

/** What an RFC 9457 document says; nothing when it is another's page. */
function problemOf({ body }: Answer): { code?: string; detail?: string } {
  const { code, detail } = (body ?? {}) as { code?: unknown; detail?: unknown };
  return typeof code === 'string' && typeof detail === 'string' ? { code, detail } : {};
}

function said(answer: Answer): string {
  const { code, detail } = problemOf(answer);
  return code ? `${detail} (${code})` : `HTTP status ${answer.status}, not an answer of the far end`;
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Several addresses were tried: each has its own error.
  const [one] = error instanceof AggregateError ? (error.errors as unknown[]) : [];
  return one instanceof Error ? one.message : error.message;
}
