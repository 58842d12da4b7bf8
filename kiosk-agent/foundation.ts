/** What every agent stands on, hub or satellite: its journal, its devices, and what a link reads. */
import { join } from 'node:path';
import type { Logger } from 'pino';
import { readSecret, type Config } from './config.ts';
import type { KeptLog } from './contract/machine.ts';
import { HallError } from './contract/problem.ts';
import { systemClock } from './device/clock.ts';
import type { FoundSources } from './device/found.ts';
import { openDevices, type Devices } from './device/manager.ts';
import type { KnowPerson } from './device/person-hash.ts';
import { PluggedIn } from './device/plugged-in.ts';
import type { HidBackend } from './device/transport/hid-backend.ts';
import { nodeHid } from './device/transport/node-hid.ts';
import type { Clock, Executor } from './executor.ts';
import { localTime } from './hall/day.ts';
import type { Journal, OpenedJournal } from './journal/journal.ts';
import type { Office } from './office/office.ts';
import type { LinkSender, LinkSenderOptions } from './link/sender.ts';
import { WireTap } from './technician.ts';

export type AgentOptions = {
  config: Config;
  stateFolder: string;
  screensFolder: string;
  /** the run before did not end properly: half a ticket may hang in a printer */
  wasCutOff?: boolean;
  version: string;
  clock: Clock;
  /** [0…1) */
  random: () => number;
  env: NodeJS.ProcessEnv;
  log: Logger;
  /** the same log's latest lines, for the technician's page */
  recentLog?: KeptLog;
  /** the operating system's HID devices, unless a test brings its own */
  hid?: HidBackend;
  /** the central office's configuration; a hub without it takes none */
  office?: Office;
  /** the configuration has changed and the hall is at rest: whoever runs the agent ends it and starts it anew */
  onRestart?: () => void;
  /** what is plugged in, unless a test says it */
  sources?: FoundSources;
};
export type Agent = {
  url: string;
  /** lets the commands on this computer in as technician; a new one each run */
  token: string;
  /** the journal's thread answers; whoever hears it knows that the event loop turns too */
  progress(): Promise<boolean>;
  close(): Promise<void>;
};

/** The devices of this PC with what is plugged in and their wire; `close` ends them in the right order. */
export type DeviceParts = { devices: Devices; pluggedIn: PluggedIn; tap: WireTap; close(): Promise<void> };

/** Opens what the configuration names. `lastSeq`: of a device since its power-up; `changed` hears of everything new. */
export async function openDeviceParts(
  { config, stateFolder, clock, random, log, hid = nodeHid(), sources, wasCutOff = false }: AgentOptions,
  know: KnowPerson,
  lastSeq: (serial: string, boot: string) => number,
  changed: () => void,
): Promise<DeviceParts> {
  const tap = new WireTap(
    config.devices.map(({ id }) => id),
    clock,
    config.hall.timeZone,
  );
  const pluggedIn = await PluggedIn.open({
    file: join(stateFolder, 'bindings.json'),
    hid,
    clock: systemClock,
    random,
    log,
    ...(sources && { sources }),
  });
  const devices = openDevices(config.devices, {
    clock: systemClock,
    random,
    log,
    hid,
    know,
    lastSeq,
    wasCutOff,
    openBound: pluggedIn.openBound,
    settled: pluggedIn.settled,
    onFrame: (line, direction, bytes, decoded) => tap.take({ line, direction, bytes, decoded }),
  });
  pluggedIn.watch(devices);
  pluggedIn.on('changed', changed);
  return {
    devices,
    pluggedIn,
    tap,
    async close() {
      await devices.close();
      await pluggedIn.close();
    },
  };
}

/** Says in the log when the disk refuses and when it takes writes again. */
export function tellWritable(
  executor: { on(name: 'writable', take: (writable: boolean, why: string) => void): unknown },
  log: Logger,
  changed: () => void,
): void {
  executor.on('writable', (writable, why) => {
    if (writable) log.info('the disk takes writes again');
    else log.error({ why }, 'the disk refuses to write: nothing is accepted until it does');
    changed();
  });
}

/** The next hop has more than this journal: it was set back to an older copy. The next start begins a new epoch. */
export function beginAnewWhenSetBack(
  journal: Journal,
  link: string,
  log: Logger,
): NonNullable<LinkSenderOptions['onSetBack']> {
  return (epoch, why) => {
    if (epoch !== journal.epoch) return;
    log.error({ link, why }, 'the next hop has more than this journal: the next start begins a new epoch');
    try {
      journal.beginNewEpochAtStart(why);
    } catch (error) {
      log.error({ error }, 'the wish for a new epoch could not be written');
    }
  };
}

/** Link name → its secret. Throws HallError for one that cannot be read. */
export function linkTokens({ config, env }: AgentOptions): Map<string, string> {
  const source = config.agent.role === 'satellite' ? 'hall satellite' : 'hall-central agent';
  return new Map(
    config.links.map((link) => {
      const secret = readSecret(link.token, env);
      if (!secret.ok)
        throw new HallError(
          'bad-request',
          `link ${link.name}: ${secret.why}. It comes from \`${source} add ${config.agent.id}\`.`,
        );
      return [link.name, secret.value];
    }),
  );
}

/** The journal as a link reads it. */
export function sourceOf({ journal }: OpenedJournal): ConstructorParameters<typeof LinkSender>[0]['source'] {
  return {
    epoch: journal.epoch,
    get durableSeq() {
      return journal.durableSeq;
    },
    get last() {
      return journal.durableEnd;
    },
    read: (after, limit, maxBytes) => journal.read(after, limit, maxBytes),
    cursor: (link) => journal.cursor(link),
    setCursor: (link, seq) => journal.setCursor(link, seq),
    sealed: journal.sealed().map((sealed) => ({ ...sealed, durableSeq: sealed.lastSeq })),
  };
}

/** A damaged journal was set aside: the agent goes on and says so, in the log, in the chain and on staff screens. */
export async function tellRepair(
  { repaired }: OpenedJournal,
  executor: Pick<Executor, 'record'> & { rules: Pick<Executor['rules'], 'timeZone'> },
  clock: Clock,
  log: Logger,
): Promise<void> {
  if (!repaired) return;
  log.error(repaired, 'the journal was damaged: its good part is kept, the damaged file is set aside');
  await executor.record([
    {
      type: 'hall.trace.recorded',
      subject: 'journal',
      time: localTime(clock(), executor.rules.timeZone),
      data: {
        action: 'journal-repaired',
        reason: `${repaired.why}; kept through ${repaired.keptThrough}`.slice(0, 200),
      },
    },
  ]);
}

/** A journal that takes longer than this to read a page hangs. */
const JOURNAL_ANSWERS_MS = 5_000;

/** Whether this question to the journal is answered in time. */
export function answers(question: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const limit = setTimeout(() => resolve(false), JOURNAL_ANSWERS_MS);
    question.then(
      () => resolve(true),
      () => resolve(false),
    );
    question.finally(() => clearTimeout(limit)).catch(() => undefined);
  });
}
