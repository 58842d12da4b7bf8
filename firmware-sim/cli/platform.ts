/** The command that starts the simulated registration platform (docs/platform.md). */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { isPlatformFault, type PlatformFault, platformFaults } from '../platform/faults.ts';
import { checkSecret } from '../platform/person-hash.ts';
import { startPlatform } from '../platform/platform.ts';
import { endWith, parsed, portNumber, say } from './one-device.ts';

type PlatformCommand = {
  port: number;
  token: string;
  secretFile?: string;
  speed: number;
  fault: PlatformFault[];
};

export function addPlatform(program: Command) {
  program
    .command('platform')
    .description('a registration platform with invented cases of people who do not exist')
    .requiredOption('--port <port>', 'port on 127.0.0.1 (0 = any free port)', portNumber)
    .requiredOption('--token <token>', 'what a hall has to send', parsed(readToken))
    .option('--secret-file <file>', "32 raw bytes, shared with the hall; without it docs/platform.md's check")
    .option('--speed <n>', 'its clock goes n times as fast (1 to 100000)', parsed(readSpeed), 1)
    .option(
      '--fault <name>',
      `on from the start, may be given again: ${platformFaults.join(', ')}`,
      (text: string, before: PlatformFault[]) => [...before, parsed(readFault)(text)],
      [],
    )
    .addHelpText(
      'after',
      '\nPOST /faults {"name": "slow", "on": true, "ms": 3000} switches a fault.\nMore: docs/platform.md',
    )
    .action(async ({ port, token, secretFile, speed, fault }: PlatformCommand) => {
      const begin = Date.now();
      const platform = await startPlatform({
        port,
        token,
        secret: secretFile === undefined ? checkSecret : readSecret(secretFile),
        now: () => new Date(begin + (Date.now() - begin) * speed),
        faults: fault,
        onCall: ({ n, address, status }) => say(`call ${n} ${address} ${status || 'no answer'}`),
      });
      endWith(platform);
      say(`platform ready ${platform.url}`);
    });
}

function readSecret(file: string): Uint8Array {
  let secret: Uint8Array;
  try {
    secret = readFileSync(file);
  } catch (error) {
    throw new RangeError(`--secret-file ${file} cannot be read: ${(error as Error).message}`);
  }
  if (secret.length === 32) return secret;
  throw new RangeError(`--secret-file ${file} has ${secret.length} bytes; the secret is 32 raw bytes`);
}

function readToken(text: string): string {
  if (!/^[\x21-\x7e]{1,200}$/.test(text)) throw new RangeError('1 to 200 characters of ASCII without spaces');
  return text;
}

function readSpeed(text: string): number {
  const speed = Number(text);
  if (!(speed >= 1 && speed <= 100_000)) throw new RangeError('1 to 100000');
  return speed;
}

function readFault(text: string): PlatformFault {
  if (!isPlatformFault(text))
    throw new RangeError(`there is no such fault; there are ${platformFaults.join(', ')}`);
  return text;
}
