/**
 * A crowd for the box (`--crowd N --speed X`): visitors tap, clerks call and finish, and most visitors press a key.
 * Everything goes through the front doors: the hub's API and the simulated evaluators' keys.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import type { HallDevice } from './hall-file.ts';

export type CrowdOptions = {
  hub: string;
  sim: string;
  /** the box's folder, for its tokens */
  state: string;
  /** the hall's devices: who rates must find the keys */
  devices: readonly HallDevice[];
  /** people that stand in line, about [1…500] */
  visitors: number;
  /** 1: a visit takes minutes; 60: seconds */
  speed: number;
  say: (line: string) => void;
};

const tokens = z.object({ kiosk: z.string(), clerk: z.string() });
const window = z.object({
  window: z.number(),
  state: z.string(),
  services: z.array(z.string()),
  evaluation: z.object({ session: z.number(), state: z.string() }).nullable(),
});
type Window = z.infer<typeof window>;
const VISIT_S = { least: 120, most: 600 };
/** Seven of ten rate; most are satisfied. */
const KEYS = [5, 5, 5, 5, 4, 4, 3, 2, 1];
/** A four-key evaluator has no middle. */
const FOUR_KEYS = ['1', '1', '1', '1', '2', '2', '3', '4'];

/** Lets the crowd in; answers how to send it home. Window 1 is left to whoever tries the box. */
export async function startCrowd(options: CrowdOptions): Promise<() => Promise<void>> {
  const { kiosk, clerk } = tokens.parse(JSON.parse(readFileSync(join(options.state, 'tokens.json'), 'utf8')));
  const leaving = new AbortController();
  const pause = (seconds: number): Promise<void> =>
    wait((seconds * 1000) / options.speed, undefined, { signal: leaving.signal });
  const call = async (token: string, method: string, path: string, content?: unknown): Promise<unknown> => {
    const response = await fetch(new URL(`api/v1/${path}`, options.hub), {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(content === undefined ? {} : { body: JSON.stringify(content) }),
      signal: AbortSignal.any([leaving.signal, AbortSignal.timeout(15_000)]),
    });
    return response.ok ? response.json() : null;
  };

  const queue = z.object({
    services: z.record(z.string(), z.object({ waiting: z.number() })),
    windows: z.record(z.string(), window),
  });
  const first = queue.parse(await call(kiosk, 'GET', 'queue'));
  const services = Object.keys(first.services);

  const arrivals = async (): Promise<void> => {
    for (;;) {
      const now = queue.parse(await call(kiosk, 'GET', 'queue'));
      const waiting = Object.values(now.services).reduce((sum, service) => sum + service.waiting, 0);
      if (waiting < options.visitors)
        await call(kiosk, 'POST', 'tickets', {
          service: pick(services),
          language: 'zh',
          idempotencyKey: randomUUID(),
        });
      else await pause(10);
      await pause(5 + Math.random() * 20);
    }
  };
  const clerks = async ({ window: number }: Window): Promise<void> => {
    await call(clerk, 'POST', `windows/${number}/open`, { staff: `2${String(number).padStart(3, '0')}` });
    for (;;) {
      const called = await call(clerk, 'POST', `windows/${number}/call-next`, {});
      if (!called) {
        await pause(15);
        continue;
      }
      await pause(20);
      await call(clerk, 'POST', `windows/${number}/start`, {});
      await pause(VISIT_S.least + Math.random() * (VISIT_S.most - VISIT_S.least));
      await call(clerk, 'POST', `windows/${number}/finish`, {});
      // A hand needs its time at any speed.
      await wait(1500, undefined, { signal: leaving.signal });
      if (Math.random() < 0.7) await press(number);
      await pause(8);
    }
  };
  const press = async (number: number): Promise<void> => {
    const keys = keysAt(options.devices, number);
    if (!keys) return;
    await fetch(new URL(`api/devices/${keys.path}`, options.sim), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(keys.content()),
      signal: leaving.signal,
    });
  };

  const people = [
    arrivals(),
    ...Object.values(first.windows)
      .filter((each) => each.window !== 1)
      .map(clerks),
  ];
  const gone = Promise.allSettled(
    people.map((each) =>
      each.catch((error: unknown) => {
        if (!leaving.signal.aborted)
          options.say(
            `Somebody of the crowd went home: ${error instanceof Error ? error.message : String(error)}`,
          );
      }),
    ),
  );
  options.say(
    `A crowd of about ${options.visitors} is in the hall, at ${options.speed} times the usual speed.`,
  );
  return async () => {
    leaving.abort();
    await gone;
  };
}

/** The call that presses a key of the evaluator at a window. */
function keysAt(
  devices: readonly HallDevice[],
  window: number,
): { path: string; content: () => object } | undefined {
  for (const device of devices) {
    if (device.model === 'elp1' && device.window === window)
      return { path: `${device.id}/press`, content: () => ({ level: pick(KEYS) }) };
    for (const [address, post] of Object.entries(device.addresses ?? {}))
      if (post.window === window && post.as === 'evaluator')
        return {
          path: `${device.id}/key`,
          content: () => ({ address: Number(address), key: pick(FOUR_KEYS) }),
        };
  }
  return undefined;
}

function pick<T>(from: readonly T[]): T {
  return from[Math.floor(Math.random() * from.length)] as T;
}
