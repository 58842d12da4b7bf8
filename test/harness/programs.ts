/** Real programs for tests: started as a user would, watched for their ready line, killed like a power cut. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..');

/** A folder that is removed when the test ends. */
export function temporaryFolder(name: string): { path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), `hall-${name}-`));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) };
}

export type Program = {
  url: string;
  pid: number;
  /** everything it has said so far */
  said(): string;
  /** SIGKILL: what is not on disk is gone */
  kill(): Promise<void>;
  /** SIGTERM; answers the exit code */
  end(): Promise<number | null>;
  write(line: string): void;
};

/** Starts `node FILE ARGS` in the project and waits for its ready line (first group: its address). */
export async function startProgram(
  file: string,
  args: string[],
  ready: RegExp,
  env: NodeJS.ProcessEnv = {},
): Promise<Program> {
  const child = spawn(process.execPath, [join(ROOT, file), ...args], {
    cwd: ROOT,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  let said = '';
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (bytes: Buffer) => (said += bytes.toString()));
  const url = await readyLine(child, ready, () => said);
  return {
    url,
    pid: child.pid!,
    said: () => said,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
    end() {
      child.kill('SIGTERM');
      return ended;
    },
    write: (line) => child.stdin?.write(`${line}\n`),
  };
}

function readyLine(child: ChildProcess, ready: RegExp, said: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    const give = (): void => {
      clearTimeout(timer);
      child.stdout?.off('data', look);
      child.off('exit', fall);
    };
    const look = (): void => {
      const url = ready.exec(said())?.[1];
      if (url === undefined) return;
      give();
      resolve(url);
    };
    const fall = (): void => {
      give();
      reject(new Error(`it ended before it was ready:\n${said()}`));
    };
    const timer = setTimeout(() => {
      give();
      child.kill('SIGKILL');
      reject(new Error(`it was not ready after 60 s:\n${said()}`));
    }, 60_000);
    child.stdout?.on('data', look);
    child.on('exit', fall);
  });
}

/** Waits until `look` answers something; throws after `ms` with what was waited for. */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  ms = 20_000,
): Promise<NonNullable<Exclude<T, false>>> {
  const end = Date.now() + ms;
  let last: unknown;
  for (;;) {
    try {
      const seen = await look();
      if (seen !== false && seen !== null && seen !== undefined)
        return seen as NonNullable<Exclude<T, false>>;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`waited ${ms} ms for ${what}${last ? `: ${String(last)}` : ''}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** Tokens of a box, by role. */
export function boxTokens(state: string): Record<string, string> {
  return JSON.parse(readFileSync(join(state, 'tokens.json'), 'utf8')) as Record<string, string>;
}

export type Answer = { status: number; body: Record<string, unknown> };

/** A caller of the API with one bearer token. */
export function api(hub: string, token: string) {
  return async (method: string, path: string, content?: unknown): Promise<Answer> => {
    const response = await fetch(new URL(`api/v1/${path}`, hub), {
      method,
      headers: {
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(content === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(content === undefined
        ? {}
        : { body: typeof content === 'string' ? content : JSON.stringify(content) }),
      signal: AbortSignal.timeout(30_000),
    });
    const text = await response.text();
    return {
      status: response.status,
      body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
    };
  };
}
