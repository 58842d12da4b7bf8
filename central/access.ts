/** Who may look: a browser on this machine without a token, everybody else with the viewer's. */
import { parseCookie } from 'cookie';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';
import { isToken, tokenHash } from './agents.ts';

export const COOKIE = 'central_viewer';
const tokensFile = z.object({ viewer: z.string().min(16).max(256) });

/** The viewer's token from `<state>/tokens.json` (mode 0600), made the first time. Throws an Error that names the file when it cannot be read. */
export function viewerToken(stateDir: string): string {
  const path = join(stateDir, 'tokens.json');
  if (!existsSync(path)) {
    const tokens = { viewer: randomBytes(32).toString('base64url') };
    writeFileSync(path, `${JSON.stringify(tokens, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  }
  chmodSync(path, 0o600);
  try {
    return tokensFile.parse(JSON.parse(readFileSync(path, 'utf8'))).viewer;
  } catch {
    throw new Error(
      `${path} is damaged: it must be {"viewer": "at least 16 characters"}; delete it to get a new one`,
    );
  }
}

/** Checks requests, HTTP and upgrade alike. */
export class Access {
  readonly #hash: string;
  constructor(token: string) {
    this.#hash = tokenHash(token);
  }

  isViewer(token: string): boolean {
    return isToken(token, this.#hash);
  }

  mayLook(request: IncomingMessage): boolean {
    if (isLocal(request)) return true;
    const bearer = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const token = bearer ?? parseCookie(request.headers.cookie ?? '')[COOKIE];
    return token !== undefined && this.isViewer(token);
  }
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
