/** The built screens: made when they are missing or older than their sources. */
import { spawn } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Where the built screens are. */
export function screensFolder(root: string): string {
  return join(root, 'display', 'dist');
}

/** Builds the screens if needed. Throws when the build fails; its last words are in the message. */
export async function ensureScreens(root: string, say: (line: string) => void): Promise<void> {
  const built = newest(join(screensFolder(root), 'index.html'));
  const sources = Math.max(
    newest(join(root, 'display'), 'dist'),
    newest(join(root, 'kiosk-agent', 'contract')),
    newest(join(root, 'package-lock.json')),
  );
  if (built > sources) return;
  say('Building the screens (once; about ten seconds) …');
  const started = Date.now();
  await run(
    process.execPath,
    [
      join(root, 'node_modules', 'vite', 'bin', 'vite.js'),
      'build',
      '--config',
      join(root, 'display', 'vite.config.ts'),
      '--logLevel',
      'warn',
    ],
    root,
  );
  say(`Screens built in ${((Date.now() - started) / 1000).toFixed(1)} s.`);
}

/** Time of the newest file at or under a path, ms; 0 when there is none. */
function newest(path: string, except?: string): number {
  let found;
  try {
    found = statSync(path);
  } catch {
    return 0;
  }
  if (!found.isDirectory()) return found.mtimeMs;
  return Math.max(
    0,
    ...readdirSync(path)
      .filter((name) => name !== except)
      .map((name) => newest(join(path, name))),
  );
}

function run(command: string, args: string[], cwd: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      // Whoever starts this (a test, a developer's shell): visitors get what is built for them.
      env: { ...process.env, NODE_ENV: 'production' },
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (bytes: Buffer) => (said = (said + bytes.toString()).slice(-4000)));
    child.on('error', reject);
    child.on('exit', (code) =>
      code === 0
        ? resolve()
        : reject(new Error(`The screens could not be built (vite ended with ${code}):\n${said}`)),
    );
  });
}
