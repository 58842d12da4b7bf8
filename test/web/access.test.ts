import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Register } from '../../kiosk-agent/web/staff.ts';
import { startHall, type Hall } from '../harness/hall.ts';
import { temporaryFolder } from '../harness/programs.ts';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const folder = temporaryFolder('access');
let hall: Hall;
let now = new Date('2026-11-23T02:00:00Z');
beforeAll(async () => {
  hall = await startHall(folder.path, undefined, () => now);
  await new Register(folder.path).setPin('1001', 'clerk', '482913');
});
afterAll(async () => {
  await hall.close();
  folder[Symbol.dispose]();
});

const session = (content: object, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(new URL('api/v1/session', hall.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(content),
  });
const cookieOf = (response: Response): string =>
  (response.headers.get('set-cookie') ?? '').split(';')[0] ?? '';

describe('signing in', () => {
  it('takes a staff number with its PIN and gives a cookie that no script can read', async () => {
    const response = await session({ staff: '1001', pin: '482913' });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ role: 'clerk', staff: '1001' });
    expect(response.headers.get('set-cookie')).toMatch(/HttpOnly.*SameSite=Strict/i);
    const who = await fetch(new URL('api/v1/session', hall.url), { headers: { cookie: cookieOf(response) } });
    expect(await who.json()).toEqual({ role: 'clerk', staff: '1001' });
  });

  it('opens a window under the own staff number only', async () => {
    const cookie = cookieOf(await session({ staff: '1001', pin: '482913' }));
    const open = (content: object): Promise<Response> =>
      fetch(new URL('api/v1/windows/1/open', hall.url), {
        method: 'POST',
        headers: { cookie, 'content-type': 'application/json' },
        body: JSON.stringify(content),
      });
    expect((await open({ staff: '1002' })).status).toBe(403);
    expect(await (await open({})).json()).toMatchObject({ state: 'idle', staff: '1001' });
  });

  it('refuses a request that another site sends with the cookie', async () => {
    const cookie = cookieOf(await session({ staff: '1001', pin: '482913' }));
    const response = await fetch(new URL('api/v1/windows/1/call-next', hall.url), {
      method: 'POST',
      headers: { cookie, origin: 'http://evil.example' },
    });
    expect(response.status).toBe(403);
  });

  it('does not take a cookie that was changed, or one that is over', async () => {
    const cookie = cookieOf(await session({ staff: '1001', pin: '482913' }));
    const who = (value: string): Promise<Response> =>
      fetch(new URL('api/v1/session', hall.url), { headers: { cookie: value } });
    const [name = '', value = ''] = cookie.split('=');
    const [body = '', signature = ''] = decodeURIComponent(value).split('.');
    const forged = Buffer.from(
      Buffer.from(body, 'base64url').toString().replace('clerk', 'manager'),
    ).toString('base64url');
    expect((await who(`${name}=${forged}.${signature}`)).status).toBe(401);
    expect((await who(`${name}=`)).status).toBe(401);
    expect((await who(`${name}=a.b`)).status).toBe(401);
    now = new Date(now.getTime() + 13 * 3600 * 1000);
    expect((await who(cookie)).status).toBe(401);
  });

  it('makes whoever guesses PINs wait, longer each time, and knows the right one again afterwards', async () => {
    await new Register(folder.path).setPin('1007', 'clerk', '111222');
    for (let guess = 0; guess < 5; guess += 1)
      expect((await session({ staff: '1007', pin: '0000' })).status).toBe(401);
    const locked = await session({ staff: '1007', pin: '111222' });
    expect(locked.status).toBe(429);
    expect(await locked.json()).toMatchObject({ code: 'too-many-attempts', secondsLeft: 15 });
    now = new Date(now.getTime() + 16_000);
    expect((await session({ staff: '1007', pin: '111222' })).status).toBe(200);
  });

  it('tells an unknown staff number and a wrong PIN alike', async () => {
    const [unknown, wrong] = await Promise.all([
      session({ staff: '7777', pin: '1234' }),
      session({ staff: '1001', pin: '1234' }),
    ]);
    expect(await unknown?.json()).toEqual(await wrong?.json());
  });

  it('lets a browser on this PC be the kiosk, not one that comes under a foreign name or from a foreign page', async () => {
    expect(await (await session({ screen: 'kiosk' })).json()).toEqual({ role: 'kiosk' });
    expect((await session({ screen: 'kiosk' }, { origin: 'http://evil.example' })).status).toBe(401);
    const { port } = new URL(hall.url);
    const { request } = await import('node:http');
    const status = await new Promise<number>((resolve, reject) => {
      const foreign = request(
        {
          host: '127.0.0.1',
          port,
          path: '/api/v1/session',
          method: 'POST',
          headers: { host: 'rebound.example', 'content-type': 'application/json' },
        },
        (answer) => {
          answer.resume();
          resolve(answer.statusCode ?? 0);
        },
      );
      foreign.on('error', reject);
      foreign.end('{"screen":"kiosk"}');
    });
    expect(status).toBe(401);
    expect((await session({ screen: 'clerk' })).status).toBe(400);
  });

  it('lets a screen on another PC in by its token, in a cookie of its own, for as long as it is in use', async () => {
    const screen = { 'x-hall-screen': 'kiosk' };
    const clerk = cookieOf(await session({ staff: '1001', pin: '482913' }));
    const kiosk = cookieOf(await session({ token: hall.tokens['kiosk'] }, screen));
    const both = `${clerk}; ${kiosk}`;
    const who = async (headers: Record<string, string>) =>
      (await fetch(new URL('api/v1/session', hall.url), { headers: { cookie: both, ...headers } })).json();
    expect(await who(screen)).toEqual({ role: 'kiosk' });
    expect(await who({})).toEqual({ role: 'clerk', staff: '1001' });
    now = new Date(now.getTime() + 300 * 24 * 3600 * 1000);
    expect(await who(screen)).toEqual({ role: 'kiosk' });
    expect(await who({})).toMatchObject({ code: 'not-signed-in' });
  });

  it('keeps neither PINs nor tokens in clear, and the file for its owner only', () => {
    const file = join(folder.path, 'access.json');
    const text = readFileSync(file, 'utf8');
    expect(text).not.toContain('482913');
    expect(text).not.toContain(hall.tokens['kiosk'] ?? 'missing');
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
  });
});
