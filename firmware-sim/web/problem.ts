import type { ErrorRequestHandler, Response } from 'express';

/** Answers with an RFC 9457 problem document; `code` is stable, `detail` says what to do. */
export function sendProblem(
  response: Response,
  status: number,
  code: string,
  title: string,
  detail: string,
): void {
  response
    .status(status)
    .type('application/problem+json')
    .send(JSON.stringify({ type: `urn:hall-sim:${code}`, title, status, code, detail }));
}

/** The last handler: body that is no JSON, refused arguments, and everything unforeseen. */
export const problemHandler: ErrorRequestHandler = (error, _request, response, next) => {
  if (response.headersSent) return next(error);
  const message = error instanceof Error ? error.message : String(error);
  if (error?.type === 'entity.parse.failed')
    return sendProblem(response, 400, 'bad-json', 'The body is no JSON', message);
  if (error?.type === 'entity.too.large')
    return sendProblem(response, 413, 'too-large', 'The body is too large', message);
  if (error instanceof RangeError)
    return sendProblem(response, 400, 'bad-request', 'The request cannot be done', message);
  if (error?.name === 'PortError')
    return sendProblem(response, 409, 'port', 'The port cannot be opened', message);
  sendProblem(response, 500, 'internal', 'The simulator failed', message);
};
