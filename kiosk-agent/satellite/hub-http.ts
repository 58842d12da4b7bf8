/** Calls of this kiosk that the hub answers: passed on over HTTP with the link's token, each with an end. */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** Not answered: nobody here knows whether the hub has heard of it. */
export type Passed =
  { answered: true; status: number; type: string; body: string } | { answered: false; why: string };

/** Longer than the hub's own limit for a ticket's paper (5 s). */
const ANSWER_MS = 8_000;
const ANSWER_MAX_BYTES = 1024 * 1024;

export class HubHttp {
  readonly #base: URL;
  readonly #token: string;
  readonly #answerMs: number;
  readonly #underWay = new Set<() => void>();
  #closed = false;

  /** `base`: the hub's address, as http://192.168.1.10:8480/. */
  constructor(base: string, token: string, answerMs = ANSWER_MS) {
    this.#base = new URL(base);
    this.#token = token;
    this.#answerMs = answerMs;
  }

  /** Asks once; never follows a redirect, never asks again, never rejects. `path` below /api/v1/, with its query. */
  ask(
    method: string,
    path: string,
    content?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Passed> {
    const { promise, resolve } = Promise.withResolvers<Passed>();
    if (this.#closed) return Promise.resolve({ answered: false, why: 'the agent is stopping' });
    const body = content === undefined ? null : Buffer.from(JSON.stringify(content));
    const request = (this.#base.protocol === 'https:' ? httpsRequest : httpRequest)(
      new URL(`api/v1/${path}`, this.#base),
      {
        method,
        // A connection of its own: one that was kept may have died with the cable.
        agent: false,
        headers: {
          authorization: `Bearer ${this.#token}`,
          accept: 'application/json',
          ...headers,
          ...(body ? { 'content-type': 'application/json', 'content-length': body.length } : {}),
        },
      },
    );
    const fail = (why: string): void => {
      end({ answered: false, why });
      request.destroy();
    };
    const stop = (): void => fail('the agent is stopping');
    const timer = setTimeout(() => fail(`no answer within ${this.#answerMs / 1000} s`), this.#answerMs);
    const end = (passed: Passed): void => {
      clearTimeout(timer);
      this.#underWay.delete(stop);
      resolve(passed);
    };
    this.#underWay.add(stop);
    request.on('error', (error) => fail(error.message));
    request.on('response', (response) => {
      const parts: Buffer[] = [];
      let bytes = 0;
      response.on('data', (part: Buffer) => {
        bytes += part.length;
        if (bytes > ANSWER_MAX_BYTES) fail(`the answer is longer than ${ANSWER_MAX_BYTES} bytes`);
        else parts.push(part);
      });
      response.on('error', (error) => fail(error.message));
      response.on('aborted', () => fail('the answer was cut off'));
      response.on('end', () =>
        end({
          answered: true,
          status: response.statusCode ?? 502,
          type: response.headers['content-type'] ?? 'application/json',
          body: Buffer.concat(parts).toString(),
        }),
      );
    });
    request.end(body ?? undefined);
    return promise;
  }

  /** Ends what is under way. May be called twice. */
  close(): void {
    this.#closed = true;
    for (const stop of [...this.#underWay]) stop();
  }
}
