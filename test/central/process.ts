/** The far end as its own process, started as a user starts it. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const BIN = fileURLToPath(new URL('../../central/hall-central.mjs', import.meta.url));

export type CentralProcess = {
  url: string;
  port: number;
  child: ChildProcess;
  kill: (signal: NodeJS.Signals) => Promise<void>;
};

/** Runs `hall-central run` and resolves when it says that it is ready. */
export async function runCentral(
  stateDir: string,
  port = 0,
  env: NodeJS.ProcessEnv = {},
): Promise<CentralProcess> {
  const child = spawn(process.execPath, [BIN, 'run', '--port', String(port), '--state', stateDir], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, DATABASE_URL: '', ...env },
  });
  let said = '';
  const ready = new Promise<string>((resolve, reject) => {
    child.stdout!.on('data', (bytes: Buffer) => {
      said += bytes.toString();
      const url = /central ready (http:\S+)/.exec(said)?.[1];
      if (url) resolve(url);
    });
    child.stderr!.on('data', (bytes: Buffer) => (said += bytes.toString()));
    child.once('exit', (code) => reject(new Error(`hall-central ended with ${code}: ${said}`)));
  });
  const url = await ready;
  return {
    url,
    port: Number(new URL(url).port),
    child,
    kill: async (signal) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill(signal);
      await gone;
    },
  };
}

/** Runs `hall-central …` to its end. */
export async function central(
  args: string[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  try {
    const done = await promisify(execFile)(process.execPath, [BIN, ...args], {
      env: { ...process.env, DATABASE_URL: '', ...env },
    });
    return { code: 0, ...done };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}
