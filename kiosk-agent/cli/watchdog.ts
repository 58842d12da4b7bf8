/**
 * Tells systemd that the agent is ready, makes progress, and ends (sd_notify(3)). Only systemd sets NOTIFY_SOCKET;
 * everywhere else this does nothing. Node has no datagram sockets of the unix kind, so `systemd-notify` is run: the unit
 * needs NotifyAccess=all. What goes wrong here is logged once and never stops the agent.
 */
import { spawn } from 'node:child_process';

/** systemd-notify waits until systemd has taken the message; one that hangs must not pile up. */
const NOTIFY_LIMIT_MS = 8_000;

export type WatchdogLog = { warn(facts: Record<string, unknown>, sentence: string): void };
export type WatchdogParts = {
  /** NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID are read */
  env: NodeJS.ProcessEnv;
  /** whether the agent makes progress: the journal answers; asked at each half of the watchdog's time */
  progress: () => boolean | Promise<boolean>;
  log: WatchdogLog;
};
export interface Watchdog {
  /** The agent is ready; from now on the watchdog is fed while there is progress. */
  ready(status: string): Promise<void>;
  /** The agent begins anew in this process; feeding stops until the next watchdog is ready. */
  pause(): Promise<void>;
  /** The agent ends; feeding stops. May be called again. */
  stopping(): Promise<void>;
}

/** Never throws and never rejects, whatever systemd or `progress` does. */
export function watchdogOf({ env, progress, log }: WatchdogParts): Watchdog {
  if (!env['NOTIFY_SOCKET'])
    return { ready: async () => {}, pause: async () => {}, stopping: async () => {} };
  const everyMs = feedEveryMs(env);
  let timer: NodeJS.Timeout | null = null;
  let asking = false;
  let stopped = false;
  const said = new Set<string>();
  const sayOnce = (sentence: string, why: unknown): void => {
    if (said.has(sentence)) return;
    said.add(sentence);
    log.warn({ why: why instanceof Error ? why.message : String(why) }, sentence);
  };
  let telling: Promise<void> = Promise.resolve();
  /** One after another: the end must not be overtaken by a sign of life. */
  const tell = (...messages: string[]): Promise<void> =>
    (telling = telling.then(async () => {
      const why = await notify(messages, env);
      if (why !== null) sayOnce('systemd could not be told', why);
    }));

  const feed = async (): Promise<void> => {
    // The last question has no answer yet: that is no progress.
    if (asking) return;
    asking = true;
    try {
      // Asked on a timer of the event loop: that it is asked at all says that the loop turns.
      if ((await progress()) && !stopped) await tell('WATCHDOG=1');
    } catch (error) {
      sayOnce('the agent could not say whether it makes progress', error);
    } finally {
      asking = false;
    }
  };

  return {
    async ready(status) {
      if (stopped) return;
      if (everyMs !== null && timer === null) {
        timer = setInterval(() => void feed(), everyMs);
        timer.unref();
      }
      await tell('READY=1', `STATUS=${status}`, ...(everyMs === null ? [] : ['WATCHDOG=1']));
    },
    async pause() {
      if (stopped) return;
      stopped = true;
      if (timer) clearInterval(timer);
      await tell('WATCHDOG=1');
    },
    async stopping() {
      if (stopped) return;
      stopped = true;
      if (timer) clearInterval(timer);
      await tell('STOPPING=1');
    },
  };
}

/** Half of what systemd allows, ms; null when this process has no watchdog. */
function feedEveryMs(env: NodeJS.ProcessEnv): number | null {
  const microseconds = Number(env['WATCHDOG_USEC']);
  const meant = env['WATCHDOG_PID'];
  if (!Number.isFinite(microseconds) || microseconds <= 0) return null;
  if (meant !== undefined && meant !== '' && Number(meant) !== process.pid) return null;
  return Math.max(1, microseconds / 2000);
}

/** null: told. Else why not. */
function notify(messages: string[], env: NodeJS.ProcessEnv): Promise<string | null> {
  return new Promise((resolve) => {
    const child = spawn('systemd-notify', messages, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    let complaint = '';
    const give = (why: string | null): void => {
      clearTimeout(limit);
      resolve(why);
    };
    const limit = setTimeout(() => {
      child.kill('SIGKILL');
      give(`systemd-notify did not end within ${NOTIFY_LIMIT_MS / 1000} s`);
    }, NOTIFY_LIMIT_MS);
    child.stderr.on('data', (bytes: Buffer) => (complaint = (complaint + bytes.toString()).slice(-200)));
    child.on('error', (error) => give(error.message));
    child.on('exit', (code, signal) =>
      give(code === 0 ? null : `systemd-notify ended with ${code ?? signal}: ${complaint.trim()}`),
    );
  });
}
