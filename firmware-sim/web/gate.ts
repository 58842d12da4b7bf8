import type { RequestHandler } from 'express';
import { sendProblem } from './problem.ts';

const loopback = /^(127(\.\d{1,3}){3}|localhost|\[::1\])(:\d{1,5})?$/i;

/** Refuses hosts that are not loopback: else any web page could reach the panel by a name of its own. */
export function onlyLoopback(): RequestHandler {
  return (request, response, next) => {
    if (loopback.test(request.headers.host ?? '')) return next();
    sendProblem(
      response,
      421,
      'host',
      'Not this host',
      'Open the panel as http://127.0.0.1; --host opens it to the network.',
    );
  };
}

/** A change needs JSON (or no body) and, when a browser names it, the panel's own origin. */
export const onlyOwnPage: RequestHandler = (request, response, next) => {
  if (request.method === 'GET' || request.method === 'HEAD') return next();
  const origin = request.headers.origin;
  if (origin !== undefined && origin !== `http://${request.headers.host}`) {
    return sendProblem(
      response,
      403,
      'origin',
      'Not this page',
      `A page of ${origin} may not handle the devices.`,
    );
  }
  const hasBody =
    Number(request.headers['content-length'] ?? 0) > 0 || request.headers['transfer-encoding'] !== undefined;
  if (hasBody && !request.is('application/json')) {
    return sendProblem(response, 415, 'content-type', 'JSON only', 'Send content-type: application/json.');
  }
  next();
};

/** The same two rules for the live connection. */
export function allowLive(headers: { host?: string; origin?: string }, open: boolean): boolean {
  if (!open && !loopback.test(headers.host ?? '')) return false;
  return headers.origin === undefined || headers.origin === `http://${headers.host}`;
}
