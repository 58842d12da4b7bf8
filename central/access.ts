/**
 * Who may look: a browser on this machine without a token, everybody else with the viewer's. Who may book appointments: a
 * program with the booking service's token, from wherever. Who may send something down to halls: the operator, who may look too.
 */
import { parseCookie } from 'cookie';
import { randomBytes } from 'node:crypto';
import type { RequestHandler } from 'express';
import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';
import { HallError } from '../kiosk-agent/contract/problem.ts';
import { isToken, tokenHash } from './agents.ts';

export const COOKIE = 'central_viewer';
export const OPERATOR_COOKIE = 'central_operator';
const token = z.string().min(16).max(256);
/** `booking` and `operator` came later: a file of before has none. */
const tokensFile = z.object({ viewer: token, booking: token.optional(), operator: token.optional() });
export type CentralTokens = { viewer: string; booking: string; operator: string };

/** The tokens from `<state>/tokens.json` (mode 0600), made the first time. Throws an Error that names the file when it cannot be read. */
export function centralTokens(stateDir: string): CentralTokens {
  const path = join(stateDir, 'tokens.json');
  const found = existsSync(path) ? readTokens(path) : { viewer: newToken() };
  const tokens = {
    ...found,
    booking: found.booking ?? newToken(),
    operator: found.operator ?? newToken(),
  };
  if (found.booking === undefined || found.operator === undefined) {
    // Renamed over the old one: a power cut leaves one of the two, whole.
    writeFileSync(`${path}.new`, `${JSON.stringify(tokens, null, 2)}\n`, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  }
  chmodSync(path, 0o600);
  return tokens;
}

function readTokens(path: string): z.infer<typeof tokensFile> {
  try {
    return tokensFile.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    throw new Error(
      `${path} is damaged: it must be {"viewer": "at least 16 characters", "booking": "the same"}; delete it to get new ones`,
    );
  }
}

function newToken(): string {
  return randomBytes(32).toString('base64url');
}

/** Checks requests, HTTP and upgrade alike. */
export class Access {
  readonly #hash: string;
  readonly #booking: string;
  readonly #operator: string;
  constructor({ viewer, booking, operator }: CentralTokens) {
    this.#operator = tokenHash(operator);
    this.#hash = tokenHash(viewer);
    this.#booking = tokenHash(booking);
  }

  /** Lets only the booking service through: its bearer token, never a cookie and never for being on this machine. */
  readonly onlyBooking: RequestHandler = (request, _response, next) => {
    const bearer = bearerOf(request);
    if (bearer !== undefined && isToken(bearer, this.#booking)) return next();
    next(
      new HallError(
        'not-signed-in',
        'the booking token is needed: "booking" in tokens.json of the state folder',
      ),
    );
  };

  /** Lets only those through who may send something down to halls: by the operator's token, or signed in with it on the page. */
  readonly onlyOperator: RequestHandler = (request, _response, next) => {
    if (this.operates(request)) return next();
    next(
      new HallError(
        'not-signed-in',
        'the operator token is needed: "operator" in tokens.json of the state folder',
      ),
    );
  };

  isOperator(token: string): boolean {
    return isToken(token, this.#operator);
  }

  operates(request: IncomingMessage): boolean {
    const token = bearerOf(request) ?? parseCookie(request.headers.cookie ?? '')[OPERATOR_COOKIE];
    return token !== undefined && this.isOperator(token);
  }

  isViewer(token: string): boolean {
    return isToken(token, this.#hash);
  }

  mayLook(request: IncomingMessage): boolean {
    if (isLocal(request) || this.operates(request)) return true;
    const token = bearerOf(request);
    return token === undefined ? this.isSignedIn(request) : this.isViewer(token);
  }

  /** Whether this browser has the viewer's cookie. */
  isSignedIn(request: IncomingMessage): boolean {
    const token = parseCookie(request.headers.cookie ?? '')[COOKIE];
    return token !== undefined && this.isViewer(token);
  }
}

function bearerOf(request: IncomingMessage): string | undefined {
  return /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
}

/**
 * On this machine, addressed as this machine, and not passed on by a proxy. The Host must be loopback too: else any web
 * page could name itself 127.0.0.1 in its own DNS and read us through the visitor's browser.
 */
function isLocal(request: IncomingMessage): boolean {
  const { host = '', forwarded, 'x-forwarded-for': forwardedFor, origin } = request.headers;
  if (forwarded !== undefined || forwardedFor !== undefined) return false;
  if (!isLoopback(request.socket.remoteAddress ?? '') || !URL.canParse(`http://${host}`)) return false;
  const { hostname } = new URL(`http://${host}`);
  if (hostname !== 'localhost' && !isLoopback(hostname.replace(/^\[|\]$/g, ''))) return false;
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
}

function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:/, '');
  return (isIP(plain) === 4 && plain.startsWith('127.')) || plain === '::1';
}
