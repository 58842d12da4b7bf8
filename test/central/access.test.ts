import { mkdtempSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { Access } from '../../central/access.ts';
import { tokenHash } from '../../central/agents.ts';
import type { Database } from '../../central/database.ts';
import { tokenHashes } from '../../central/tokens.ts';

const hashes = { viewer: tokenHash('v'), booking: tokenHash('b'), operator: tokenHash('o') };

test('behind a proxy nobody is on this machine, whatever the request says of itself', async () => {
  const looks: boolean[][] = [];
  const alone = new Access(hashes, false);
  const behind = new Access(hashes, true);
  const server = createServer((request: IncomingMessage, response) => {
    looks.push([alone.mayLook(request), behind.mayLook(request)]);
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  await fetch(url);
  await fetch(url, { headers: { 'x-forwarded-for': '127.0.0.1' } });
  await fetch(url, { headers: { authorization: 'Bearer v' } });
  server.close();
  expect(looks).toEqual([
    [true, false],
    [false, false],
    [true, true],
  ]);
});

test('tokens of the configuration count on every server, and one that is too short is named', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tokens-'));
  const log = pino({ level: 'silent' });
  // With tokens given, no database is asked and no file is made.
  const database = null as unknown as Database;
  const setting = { viewer: 'env:T_VIEWER', booking: 'env:T_BOOKING', operator: 'env:T_OPERATOR' };
  process.env.T_VIEWER = process.env.T_BOOKING = 'sixteen-or-more-characters';
  process.env.T_OPERATOR = 'short';
  await expect(tokenHashes(database, folder, setting, log)).rejects.toThrow(/tokens\.operator.*5 characters/);
  process.env.T_OPERATOR = 'another-sixteen-or-more';
  expect(await tokenHashes(database, folder, setting, log)).toEqual({
    viewer: tokenHash('sixteen-or-more-characters'),
    booking: tokenHash('sixteen-or-more-characters'),
    operator: tokenHash('another-sixteen-or-more'),
  });
});
