/** A hub's connector before a simulated platform, over HTTP. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { samplePeople, type SamplePerson } from '../../firmware-sim/id-reader/people.ts';
import { checkSecret, personHash } from '../../firmware-sim/platform/person-hash.ts';
import {
  type PlatformCall,
  type PlatformHandle,
  startPlatform,
} from '../../firmware-sim/platform/platform.ts';
import { systemClock } from '../../kiosk-agent/device/clock.ts';
import type { WorkCalendar } from '../../kiosk-agent/hall/calendar.ts';
import {
  createPlatform,
  type Person,
  type Platform,
  type PlatformSettings,
} from '../../kiosk-agent/platform/platform.ts';
import { ROOT } from '../harness/programs.ts';

/** Of one call; longer than any test, so that a busy machine changes nothing. */
export const TIMEOUT_MS = 30_000;
export const TOKEN = 'token-of-the-hall';
export const china = parse(
  readFileSync(join(ROOT, 'halls', 'calendar-cn-2026.yaml'), 'utf8'),
) as WorkCalendar;

/** A clock that runs, and can be put forward; a wait of a certain length can be made shorter. */
export function clockFrom(start: string) {
  const begin = performance.now();
  let ahead = 0;
  const shorter = new Map<number, number>();
  return {
    now: () => new Date(Date.parse(start) + performance.now() - begin + ahead),
    monotonicMs: () => performance.now() + ahead,
    after: (ms: number, task: () => void) => systemClock.after(shorter.get(ms) ?? ms, task),
    skip: (ms: number) => void (ahead += ms),
    shorten: (ms: number, to: number) => void shorter.set(ms, to),
  };
}
export type TestClock = ReturnType<typeof clockFrom>;
/** Monday morning in Weihai. */
export const MONDAY = '2026-11-23T10:00:00+08:00';

export function personOf(id: SamplePerson, year = 2026): Person {
  return { year, hash: personHash(checkSecret, year, samplePeople[id].number) };
}

export type Pair = {
  clock: TestClock;
  sim: PlatformHandle;
  platform: Platform;
  /** the calls that the simulated platform has done with */
  ended: PlatformCall[];
  /** what the agent's log would say */
  said: string[];
};

/** Starts both; `ends` gets what ends them. */
export async function startPair(
  ends: (() => unknown)[],
  settings: Partial<PlatformSettings> = {},
): Promise<Pair> {
  const clock = clockFrom(MONDAY);
  // The pause before the second try; `random` is 0.
  clock.shorten(100, 5);
  const ended: PlatformCall[] = [];
  const sim = await startPlatform({
    port: 0,
    token: TOKEN,
    secret: checkSecret,
    now: clock.now,
    onCall: (call) => ended.push(call),
  });
  ends.push(sim.close);
  const { platform, said } = connector(clock, { url: sim.url, ...settings });
  ends.push(platform.close);
  return { clock, sim, platform, ended, said };
}

export function connector(
  clock: TestClock,
  settings: Partial<PlatformSettings>,
  fetcher: typeof fetch = fetch,
) {
  const said: string[] = [];
  const platform = createPlatform({
    settings: {
      url: 'http://127.0.0.1:1',
      token: TOKEN,
      timeoutMs: TIMEOUT_MS,
      retries: 2,
      cacheS: 60,
      ...settings,
    },
    calendar: china,
    timeZone: 'Asia/Shanghai',
    fetch: fetcher,
    clock,
    random: () => 0,
    onChange: (state, sentence) => said.push(`${state}: ${sentence}`),
  });
  return { platform, said };
}
