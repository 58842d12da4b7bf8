/** One program of the box: started, watched, started again when it falls over, ended cleanly. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { dirname } from 'node:path';

export type ChildState = 'starting' | 'running' | 'stopped' | 'failed';
export type ChildOptions = {
  name: string;
  args: string[];
  env?: NodeJS.ProcessEnv;
  /** the line that says it is ready, with its address as the first group */
  ready: RegExp;
  /** everything it says goes here */
  log: string;
  /** says on the console what a person should know */
  say: (line: string) => void;
};

/** It has so long to get ready, ms. */
const READY_MS = 40_000;
/** After a stop it has so long to end by itself, ms. */
const END_MS = 1500;

export class Child {
  readonly #options: ChildOptions;
  readonly #log: WriteStream;
  #process: ChildProcess | null = null;
  #state: ChildState = 'stopped';
  #restart: NodeJS.Timeout | null = null;
  #falls = 0;

  constructor(options: ChildOptions) {
    this.#options = options;
    mkdirSync(dirname(options.log), { recursive: true });
    this.#log = createWriteStream(options.log, { flags: 'a', mode: 0o600 });
  }

  get state(): ChildState {
    return this.#state;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Starts it and waits until it is ready; answers its address. Throws with its last words when it ends before. */
  async start(): Promise<string> {
    if (this.#restart) clearTimeout(this.#restart);
    this.#restart = null;
    if (this.#process) throw new Error(`${this.#options.name} is running already`);
    this.#state = 'starting';
    // The channel is never used for messages: its end tells the child that the box is gone, on every system.
    const child = spawn(process.execPath, this.#options.args, {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // As node24.mjs gives it to every other start.
      env: { UV_THREADPOOL_SIZE: '64', ...process.env, ...this.#options.env },
    });
    this.#process = child;
    return new Promise((resolve, reject) => {
      let said = '';
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
        reject(
          new Error(
            `${this.#options.name} was not ready after ${READY_MS / 1000} s. Its log: ${this.#options.log}`,
          ),
        );
      }, READY_MS);
      const hear = (bytes: Buffer): void => {
        this.#log.write(bytes);
        if (this.#state !== 'starting') return;
        said = (said + bytes.toString()).slice(-8000);
        const address = this.#options.ready.exec(said)?.[1];
        if (address === undefined) return;
        clearTimeout(timer);
        this.#state = 'running';
        resolve(address);
      };
      child.stdout?.on('data', hear);
      child.stderr?.on('data', hear);
      child.once('error', (error) => {
        clearTimeout(timer);
        reject(error);
      });
      child.once('exit', (code, signal) => {
        clearTimeout(timer);
        this.#process = null;
        const wanted = this.#state === 'stopped';
        if (this.#state === 'starting') {
          this.#state = 'failed';
          reject(
            Object.assign(
              new Error(
                `${this.#options.name} ended while starting (${signal ?? code}):\n${lastWords(said)}`,
              ),
              { exitCode: code },
            ),
          );
        } else if (!wanted) this.#fell(signal ?? String(code));
      });
    });
  }

  /** Ends it; waits until it has ended. May be called twice. */
  async stop(): Promise<void> {
    if (this.#restart) clearTimeout(this.#restart);
    this.#restart = null;
    this.#state = 'stopped';
    const child = this.#process;
    if (!child) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => child.kill('SIGKILL'), END_MS);
      child.once('exit', () => {
        clearTimeout(timer);
        resolve();
      });
      if (child.connected) child.disconnect();
      child.kill('SIGTERM');
    });
  }

  /** Ends it like a power cut. It starts again by itself, as a service would. */
  kill(): void {
    this.#process?.kill('SIGKILL');
  }

  close(): void {
    this.#log.end();
  }

  #fell(how: string): void {
    this.#state = 'failed';
    const waitMs = Math.min(10_000, 500 * 2 ** this.#falls++);
    this.#options.say(
      `${this.#options.name} ended (${how}); starts again in ${waitMs / 1000} s. Its log: ${this.#options.log}`,
    );
    this.#restart = setTimeout(() => {
      this.start().then(
        () => {
          this.#options.say(`${this.#options.name} is back.`);
          setTimeout(() => (this.#falls = 0), 30_000).unref();
        },
        (error: unknown) =>
          this.#fell(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)),
      );
    }, waitMs);
  }
}

function lastWords(said: string): string {
  return said.trim().split('\n').slice(-6).join('\n');
}
