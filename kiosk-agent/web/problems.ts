/** Errors as RFC 9457 problem documents with a stable `code`. */
import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { Logger } from 'pino';
import { z } from 'zod';
import { HallError, PROBLEM_CODES } from '../contract/problem.ts';
import type { Refusal } from '../hall/commands.ts';

/** Answers whatever a handler threw. What we did not expect is logged and told as `internal`. */
export function problems(log: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) return next(error);
    const problem = asProblem(error);
    if (problem.code === 'internal')
      log.error({ error, method: request.method, path: request.path }, 'a request failed');
    const status = PROBLEM_CODES[problem.code];
    response
      .status(status)
      .type('application/problem+json')
      .send(
        JSON.stringify({
          ...problem.facts,
          type: `urn:hall:problem:${problem.code}`,
          title: problem.code,
          status,
          code: problem.code,
          detail: problem.message,
        }),
      );
  };
}

/** No such address. */
export const notFound: RequestHandler = (request, _response, next) =>
  next(new HallError('not-found', `${request.method} ${request.path} does not exist.`));

/** A refusal of the rules as an error to throw. */
export function refused(refusal: Refusal): HallError {
  return new HallError(refusal.code, refusal.detail, refusal.facts);
}

/** Checks a body (a missing one is `{}`); throws HallError bad-request with the field's path. */
export function body<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const field = [...(issue?.path ?? []), ...(unknown ? [unknown] : [])].join('.');
  throw new HallError('bad-request', `${field || 'body'}: ${issue?.message ?? 'not valid'}`, { field });
}

function asProblem(error: unknown): HallError {
  if (error instanceof HallError) return error;
  const status = (error as { status?: number }).status;
  // express.json's own errors carry a status: bad JSON, body too large, bad URL encoding
  if (status !== undefined && status >= 400 && status < 500)
    return new HallError('bad-request', (error as Error).message, { field: '' });
  return new HallError('internal', 'Something went wrong inside; it is in the log.', {}, error);
}
