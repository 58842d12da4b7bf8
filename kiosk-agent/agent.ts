/** The only file that knows everyone: builds the parts and connects them. No rule, no protocol, no story in it. */
import { randomInt } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { readSecret, type Config } from './config.ts';
import type { LinkStatus } from './contract/link.ts';
import { HallError } from './contract/problem.ts';
import { systemClock } from './device/clock.ts';
import { openDevices, type Devices } from './device/manager.ts';
import type { DeviceStatus } from './device/driver/interfaces.ts';
import { Executor, type Clock } from './executor.ts';
import { localTime } from './hall/day.ts';
import { missedRule } from './hall/missed-rule.ts';
import { openJournal, type OpenedJournal } from './journal/journal.ts';
import { LinkSender } from './link/sender.ts';
import { tellDay } from './reactions/day.ts';
import { tellDevices } from './reactions/devices.ts';
import { tellEvaluations } from './reactions/evaluation.ts';
import { tellPrinting } from './reactions/printing.ts';
import { ticketComposer, statusSheet } from './reactions/ticket-paper.ts';
import type { AgentParts, Frame } from './web/parts.ts';
import { startWeb, type WebServer } from './web/server.ts';
import { rulesOf } from './web/views.ts';

export type AgentOptions = {
  config: Config;
  stateFolder: string;
  screensFolder: string;
  version: string;
  clock: Clock;
  /** [0…1) */
  random: () => number;
  env: NodeJS.ProcessEnv;
  log: Logger;
};
export type Agent = { url: string; close(): Promise<void> };

/** The keys are lit so long by a technician's test, s. */
const LIGHT_TEST_S = 5;
/** So many frames are kept of each device's wire for the technician. */
const FRAMES_KEPT = 200;

/** Starts an agent. Throws HallError or the socket's error when it cannot; nothing is left running then. */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  const { config, clock, log } = options;
  const ends: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    mkdirSync(options.stateFolder, { recursive: true });
    const tokens = linkTokens(options);
    const opened = await openJournal({
      folder: join(options.stateFolder, 'journal'),
      agentId: config.agent.id,
      hall: config.hall.id,
      region: config.hall.region,
      clock,
    });
    const { journal } = opened;
    ends.push(() => journal.close());
    const rules = rulesOf(config);
    const executor = new Executor(journal, rules, clock);
    await executor.start();
    ends.push(() => executor.close());
    await tellRepair(opened, executor, clock, log);

    const changes = new EventEmitter<{ change: [] }>().setMaxListeners(0);
    const changed = (): boolean => changes.emit('change');
    executor.on('writable', (writable, why) => {
      if (writable) log.info('the disk takes writes again');
      else log.error({ why }, 'the disk refuses to write: nothing is accepted until it does');
      changed();
    });

    const frames = new Map<string, Frame[]>(config.devices.map((device) => [device.id, []]));
    const devices = openDevices(config.devices, {
      clock: systemClock,
      random: options.random,
      log,
      onFrame: (device, direction, bytes, decoded) =>
        keepFrame(frames.get(device), {
          at: localTime(clock(), rules.timeZone),
          direction: direction === 'received' ? 'in' : 'out',
          hex: Buffer.from(bytes).toString('hex'),
          decoded: decoded === null ? '' : JSON.stringify(decoded),
        }),
    });
    ends.push(() => devices.close());

    const links = config.links.map(
      (link) =>
        new LinkSender({
          name: link.name,
          url: link.url,
          token: tokens.get(link.name) ?? '',
          agentId: config.agent.id,
          source: sourceOf(opened),
          // The next hop has more than this journal: it was set back to an older copy. The next start begins a new epoch.
          onSetBack: (epoch, why) => {
            if (epoch !== journal.epoch) return;
            log.error(
              { link: link.name, why },
              'the next hop has more than this journal: the next start begins a new epoch',
            );
            try {
              journal.beginNewEpochAtStart(why);
            } catch (error) {
              log.error({ error }, 'the wish for a new epoch could not be written');
            }
          },
          clock,
          random: options.random,
        }),
    );
    for (const link of links) {
      link.onStatus((status) => {
        log.info(
          { link: status.name, state: status.state, ackedSeq: status.ackedSeq, why: status.why },
          'link',
        );
        changed();
      });
      ends.push(() => link.close());
    }
    executor.on('committed', () => {
      for (const link of links) link.wake();
    });

    let web: WebServer | null = null;
    const parts: AgentParts = {
      config,
      rules,
      executor,
      journal,
      clock,
      log,
      version: options.version,
      get state() {
        return executor.state;
      },
      get journalState() {
        return !executor.writable ? 'unwritable' : opened.repaired ? 'repaired' : 'ok';
      },
      devices: () => devices.list(),
      links: (): LinkStatus[] => links.map((link) => link.status),
      frames: (device) => frames.get(device),
      testDevice: (id, what) =>
        testDevice(
          devices,
          id,
          what,
          (window) =>
            Object.values(executor.state.sessions).some(
              (one) => one.window === window && one.state === 'open',
            ),
          statusSheet({
            config,
            version: options.version,
            devices: devices.list(),
            links: links.map((link) => link.status),
            url: web?.url ?? '',
            now: clock(),
          }),
        ),
      onChange: (listener) => {
        changes.on('change', listener);
        return () => changes.off('change', listener);
      },
    };

    const composer = ticketComposer(
      config,
      missedRule(rules.missed),
      () => config.agent.publicUrl ?? web?.url ?? '',
    );
    ends.push(tellEvaluations(executor, devices.evaluators(), clock, log));
    ends.push(
      tellPrinting(executor, devices.printers(), composer, { unclaimedS: config.rules.unclaimedS }, log),
    );
    const watch = (listener: (id: string, from: DeviceStatus, to: DeviceStatus) => void): (() => void) => {
      devices.on('status', listener);
      return () => devices.off('status', listener);
    };
    ends.push(
      tellDevices(
        executor,
        config.devices.map((row) => ({
          id: row.id,
          model: row.model,
          status: devices.get(row.id)?.status as DeviceStatus,
        })),
        watch,
        clock,
        log,
      ),
    );
    devices.on('status', changed);
    ends.push(
      tellDay(
        executor,
        () =>
          journal.retain({ keepDays: config.journal.keepDays, links: config.links.map((link) => link.name) }),
        log,
      ),
    );

    web = await startWeb(parts, options.stateFolder, options.screensFolder);
    const { url, close: closeWeb } = web;
    ends.push(closeWeb);
    for (const link of links) link.start();
    return { url, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function linkTokens({ config, env }: AgentOptions): Map<string, string> {
  return new Map(
    config.links.map((link) => {
      const secret = readSecret(link.token, env);
      if (!secret.ok)
        throw new HallError(
          'bad-request',
          `link ${link.name}: ${secret.why}. It comes from \`hall-central agent add ${config.agent.id}\`.`,
        );
      return [link.name, secret.value];
    }),
  );
}

function sourceOf({ journal }: OpenedJournal): ConstructorParameters<typeof LinkSender>[0]['source'] {
  return {
    epoch: journal.epoch,
    get durableSeq() {
      return journal.durableSeq;
    },
    read: (after, limit, maxBytes) => journal.read(after, limit, maxBytes),
    cursor: (link) => journal.cursor(link),
    setCursor: (link, seq) => journal.setCursor(link, seq),
    sealed: journal.sealed().map((sealed) => ({ ...sealed, durableSeq: sealed.lastSeq })),
  };
}

/** A damaged journal was set aside: the agent goes on and says so, in the log, in the chain and on staff screens. */
async function tellRepair(
  { repaired }: OpenedJournal,
  executor: Executor,
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

function keepFrame(kept: Frame[] | undefined, frame: Frame): void {
  kept?.push(frame);
  if (kept && kept.length > FRAMES_KEPT) kept.shift();
}

async function testDevice(
  devices: Devices,
  id: string,
  what: 'light' | 'voice' | 'print',
  isRating: (window: number) => boolean,
  sheet: (columns: 48 | 32) => Uint8Array,
): Promise<{ ok: boolean; why?: string } | undefined> {
  const device = devices.get(id);
  if (device?.kind === 'printer' && what === 'print') {
    const fate = await device.print(sheet(device.columns));
    return fate.outcome === 'printed' ? { ok: true } : { ok: false, why: fate.why };
  }
  if (device?.kind === 'evaluator' && what === 'voice') return device.say('welcome');
  if (device?.kind === 'evaluator' && what === 'light') {
    const window = devices.list().find((one) => one.id === id)?.window;
    // A visitor who is rating now must not lose the keys to a test.
    if (window != null && isRating(window)) return { ok: false, why: 'busy' };
    // A session that the hall does not know: a key pressed in it is kept as ignored and rates nobody.
    return device.open(randomInt(1, 4_294_967_296), LIGHT_TEST_S, 'none');
  }
  return undefined;
}
