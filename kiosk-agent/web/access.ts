/**
 * Who is asking and what they may do: bearer tokens for programs, signed cookies for people and screens.
 * A person's cookie lives twelve hours and ends when the staff number is removed; both kinds survive a restart of the hub.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { parseCookie } from 'cookie';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { z } from 'zod';
import { ROLES, type Role } from '../contract/live.ts';
import { HallError } from '../contract/problem.ts';
import type { Clock } from '../executor.ts';
import { Register } from './staff.ts';

export type Caller = {
  role: Role;
  staff: string | null;
  by: 'token' | 'cookie';
  /** the satellite that asks, with its link token: a kiosk of its own */
  agent?: string;
};
declare module 'express-serve-static-core' {
  interface Request {
    caller?: Caller | null;
  }
}

/**
 * The header in which a page says which screen it is. Each kind has a cookie of its own, so that a kiosk or window page in
 * the same browser does not sign the clerk out.
 */
export const SCREEN_HEADER = 'x-hall-screen';
const COOKIES = { kiosk: 'hall_kiosk', window: 'hall_window', board: 'hall_board' } as const;
const isScreen = (name: unknown): name is keyof typeof COOKIES =>
  typeof name === 'string' && Object.hasOwn(COOKIES, name);
const STAFF_COOKIE = 'hall_session';

/** Name of the cookie that belongs to a request, by the screen it comes from. */
export function cookieOf(request: IncomingMessage): string {
  const screen = request.headers[SCREEN_HEADER];
  return isScreen(screen) ? COOKIES[screen] : STAFF_COOKIE;
}

const STAFF_MS = 12 * 3600 * 1000;
/** A public screen was let in by a technician and must not fall out of its right some morning. Browsers keep a cookie no longer. */
const SCREEN_MS = 400 * 24 * 3600 * 1000;
const claims = z.object({ role: z.enum(ROLES), staff: z.string().nullable(), until: z.number() });
type Claims = z.infer<typeof claims>;

export class Access {
  readonly register: Register;
  readonly #key: Buffer;
  readonly #clock: Clock;
  readonly #localScreens: ReadonlySet<string>;
  readonly #localToken: Buffer;
  #satelliteOf: (token: string) => Promise<string | null> = () => Promise.resolve(null);

  /** `localToken`: of the commands on this computer (cli/running), which may do what a technician may. */
  constructor(stateFolder: string, localScreens: readonly string[], clock: Clock, localToken: string) {
    this.register = new Register(stateFolder);
    this.#key = sessionKey(stateFolder);
    this.#clock = clock;
    this.#localScreens = new Set(localScreens);
    this.#localToken = Buffer.from(localToken);
  }

  /** The caller behind a request or a live connection, or null. `token` comes from the header or the handshake. */
  async callerOf(
    request: IncomingMessage,
    token: string | undefined,
    cookie = cookieOf(request),
  ): Promise<Caller | null> {
    if (token) {
      const given = Buffer.from(token);
      if (given.length === this.#localToken.length && timingSafeEqual(given, this.#localToken))
        return { role: 'technician', staff: null, by: 'token' };
      const role = await this.register.roleOfToken(token);
      if (role) return { role, staff: null, by: 'token' };
      const agent = await this.#satelliteOf(token);
      return agent === null ? null : { role: 'kiosk', staff: null, by: 'token', agent };
    }
    const claimed = this.#verify(parseCookie(request.headers.cookie ?? '')[cookie]);
    if (!claimed) return null;
    if (claimed.staff !== null && !(await this.register.knows(claimed.staff, claimed.role))) return null;
    return { role: claimed.role, staff: claimed.staff, by: 'cookie' };
  }

  /**
   * Whether a live connection comes from a kiosk that may take tickets: its token, its cookie (a browser cannot name it in a
   * header here), or a browser of this PC that would be given one.
   */
  async isKiosk(request: IncomingMessage, token: string | undefined): Promise<boolean> {
    if (this.isLocalScreen(request, 'kiosk')) return true;
    return (await this.callerOf(request, token, COOKIES.kiosk))?.role === 'kiosk' && sameOrigin(request);
  }

  /** From now on a satellite's link token is a kiosk's bearer token too. */
  knowSatellites(agentOf: (token: string) => Promise<string | null>): void {
    this.#satelliteOf = agentOf;
  }

  /** Puts the caller on every request; refuses a changing request that another site sends with our cookie. */
  readonly middleware: RequestHandler = (request, _response, next) => {
    const bearer = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1];
    this.callerOf(request, bearer).then((caller) => {
      request.caller = caller;
      if (caller?.by === 'cookie' && !['GET', 'HEAD'].includes(request.method) && !sameOrigin(request))
        next(new HallError('not-allowed', 'The request comes from another site.'));
      else if (bearer && !caller) next(new HallError('not-signed-in', 'The token is not known.'));
      else next();
    }, next);
  };

  /** Only for these roles. */
  allow(...roles: Role[]): RequestHandler {
    return (request: Request, _response: Response, next: NextFunction) => {
      if (!request.caller) next(new HallError('not-signed-in', 'Sign in first.'));
      else if (!roles.includes(request.caller.role))
        next(new HallError('not-allowed', `This is for ${roles.join(', ')}.`));
      else next();
    };
  }

  /** A cookie's value for this role. */
  issue(role: Role, staff: string | null): { value: string; maxAgeMs: number } {
    const maxAgeMs = staff === null && isScreen(role) ? SCREEN_MS : STAFF_MS;
    const body = Buffer.from(
      JSON.stringify({ role, staff, until: this.#clock().getTime() + maxAgeMs } satisfies Claims),
    ).toString('base64url');
    return { value: `${body}.${this.#sign(body)}`, maxAgeMs };
  }

  /**
   * Whether a browser may be this screen without a token: it runs on this PC, says so under a local name (so that no
   * foreign site's name leads here), and the configuration lists the screen.
   */
  isLocalScreen(request: IncomingMessage, screen: string): boolean {
    const remote = request.socket.remoteAddress ?? '';
    return (
      this.#localScreens.has(screen) &&
      isLoopback(remote) &&
      /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(hostName(request)) &&
      sameOrigin(request)
    );
  }

  #verify(cookie: string | undefined): Claims | null {
    const [body = '', signature = ''] = (cookie ?? '').split('.');
    const expected = this.#sign(body);
    if (
      signature.length !== expected.length ||
      !timingSafeEqual(Buffer.from(signature), Buffer.from(expected))
    )
      return null;
    const parsed = claims.safeParse(JSON.parse(Buffer.from(body, 'base64url').toString()));
    return parsed.success && parsed.data.until > this.#clock().getTime() ? parsed.data : null;
  }

  #sign(body: string): string {
    return createHmac('sha256', this.#key).update(body).digest('base64url');
  }
}

/** Whether the address is this machine's own. */
export function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address);
}

function hostName(request: IncomingMessage): string {
  return (request.headers.host ?? '').replace(/:\d+$/, '');
}

/** No Origin (programs, same-page GET) or the origin that the request itself went to. */
function sameOrigin(request: IncomingMessage): boolean {
  const origin = request.headers.origin;
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === request.headers.host;
}

/** The agent's own secret, 32 bytes, made at the first use: cookies are signed with it, and what only a visitor can have. */
export function sessionKey(stateFolder: string): Buffer {
  const file = join(stateFolder, 'session.key');
  try {
    const key = readFileSync(file);
    if (key.length === 32) return key;
  } catch {
    // the first start
  }
  const key = randomBytes(32);
  mkdirSync(stateFolder, { recursive: true });
  writeFileSync(file, key, { mode: 0o600 });
  return key;
}
