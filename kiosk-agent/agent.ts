/** The only file that knows everyone: builds the parts and connects them. No rule, no protocol, no story in it. */
import { randomBytes, randomInt } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { readSecret, type Config } from './config.ts';
import type { LinkStatus } from './contract/link.ts';
import { HallError } from './contract/problem.ts';
import { systemClock } from './device/clock.ts';
import type { DeviceStatus, TicketPrinter } from './device/driver/interfaces.ts';
import type { FoundSources } from './device/found.ts';
import { openDevices } from './device/manager.ts';
import { PluggedIn } from './device/plugged-in.ts';
import { nodeHid } from './device/transport/node-hid.ts';
import type { HidBackend } from './device/transport/hid-backend.ts';
import { Executor, type Clock } from './executor.ts';
import { startSatelliteDesk } from './satellites/desk.ts';
import { withSatellites } from './satellites/device-room.ts';
import { localTime } from './hall/day.ts';
import { lastPress } from './hall/presses.ts';
import { missedRule } from './hall/missed-rule.ts';
import { openIdentity, typedPerson } from './identity.ts';
import { openJournal, type OpenedJournal } from './journal/journal.ts';
import { LinkSender } from './link/sender.ts';
import { createPlatform, type PlatformSettings } from './platform/platform.ts';
import { appointmentPrinter } from './reactions/appointment-paper.ts';
import { takeAppointments } from './reactions/appointments.ts';
import { tellSigns } from './reactions/calling.ts';
import { tellDay } from './reactions/day.ts';
import { tellDevices } from './reactions/devices.ts';
import { tellEvaluations } from './reactions/evaluation.ts';
import { materialsPrinter } from './reactions/notice-paper.ts';
import { tellPads } from './reactions/pads.ts';
import { tellPrinting } from './reactions/printing.ts';
import { tellReaders } from './reactions/readers.ts';
import { takeSurge } from './reactions/surge.ts';
import { ticketComposer } from './reactions/ticket-paper.ts';
import { deviceRoom, WireTap } from './technician.ts';
import { sessionKey } from './web/access.ts';
import { IdentityDesk } from './web/identity.ts';
import type { AgentParts, KioskMessage } from './web/parts.ts';
import { startWeb, type WebServer } from './web/server.ts';
import { rulesOf } from './web/views.ts';
import { visitorSecrets } from './web/visitor-secrets.ts';

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
  /** the operating system's HID devices, unless a test brings its own */
  hid?: HidBackend;
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

    const tap = new WireTap(
      config.devices.map(({ id }) => id),
      clock,
      rules.timeZone,
    );
    const hid = options.hid ?? nodeHid();
    const pluggedIn = await PluggedIn.open({
      file: join(options.stateFolder, 'bindings.json'),
      hid,
      clock: systemClock,
      random: options.random,
      log,
      ...(options.sources && { sources: options.sources }),
    });
    ends.push(() => pluggedIn.close());
    const know = openIdentity(config, options.stateFolder, options.env);
    const devices = openDevices(config.devices, {
      clock: systemClock,
      random: options.random,
      log,
      hid,
      know,
      lastSeq: (serial, boot) => lastPress(executor.state, serial, boot),
      openBound: pluggedIn.openBound,
      settled: pluggedIn.settled,
      onFrame: (line, direction, bytes, decoded) => tap.take({ line, direction, bytes, decoded }),
    });
    ends.push(() => devices.close());
    pluggedIn.watch(devices);
    pluggedIn.on('changed', changed);

    const links = config.links.map(
      (link) =>
        new LinkSender({
          name: link.name,
          url: link.url,
          token: tokens.get(link.name) ?? '',
          agentId: config.agent.id,
          source: sourceOf(opened),
          commands: { appointments: takeAppointments(executor), surge: takeSurge(executor) },
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

    const own = devices.evaluators();
    const satellites = await startSatelliteDesk({
      executor,
      stateFolder: options.stateFolder,
      hall: config.hall.id,
      windows: config.windows.map(({ number }) => number),
      taken: new Set(own.map(({ window }) => window)),
      clock,
      log,
      changed,
    });
    ends.push(() => satellites.close());

    const desk = new IdentityDesk(clock);
    const kiosk = new EventEmitter<{ message: [message: KioskMessage] }>().setMaxListeners(0);
    const platform = createPlatform({
      settings: platformSettings(options),
      calendar: rules.calendar,
      timeZone: rules.timeZone,
      fetch,
      clock: systemClock,
      random: options.random,
      onChange: (state, sentence) => log.info({ state }, sentence),
    });
    ends.push(() => platform.close());

    const printersFor = (kiosk: string | null): TicketPrinter[] =>
      kiosk === null ? devices.printers() : satellites.printersOf(kiosk);
    let web: WebServer | null = null;
    const localToken = randomBytes(24).toString('base64url');
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
      satellites,
      devices: withSatellites(
        deviceRoom({
          config,
          version: options.version,
          devices,
          pluggedIn,
          tap,
          executor,
          clock,
          monotonicMs: systemClock.monotonicMs,
          links: () => links.map((link) => link.status),
          url: () => web?.url ?? '',
        }),
        satellites.devices,
      ),
      links: (): LinkStatus[] => links.map((link) => link.status),
      localToken,
      identity: { desk, know: (number) => typedPerson(know, rules.timeZone, number, clock()) },
      platform,
      kioskFeed: {
        agent: config.agent.id,
        hear: (listener) => {
          kiosk.on('message', listener);
          return () => kiosk.off('message', listener);
        },
      },
      printAppointment: appointmentPrinter(config, printersFor),
      printMaterials: materialsPrinter(config, printersFor),
      secrets: visitorSecrets(sessionKey(options.stateFolder)),
      publicUrl: () => config.agent.publicUrl ?? web?.url ?? '',
      onChange: (listener) => {
        changes.on('change', listener);
        return () => changes.off('change', listener);
      },
    };

    ends.push(
      tellReaders(
        executor,
        devices.units(),
        {
          issue: ({ person, hashes }) => desk.issue(person, hashes),
          tell: (event, data) =>
            kiosk.emit('message', { agent: config.agent.id, event, data } as KioskMessage),
        },
        log,
      ),
    );
    const composer = ticketComposer(
      config,
      missedRule(rules.missed),
      () => config.agent.publicUrl ?? web?.url ?? '',
      parts.secrets.ticketKey,
      (code) => executor.state.appointments.known[code],
    );
    ends.push(tellEvaluations(executor, [...own, ...satellites.evaluators], clock, log));
    ends.push(
      tellPads(executor, [...devices.pads(), ...satellites.pads], () => randomInt(1, 4_294_967_296), log),
    );
    ends.push(tellSigns(executor, [...devices.signs(), ...satellites.signs], config.hall.signs));
    ends.push(tellPrinting(executor, printersFor, composer, { unclaimedS: config.rules.unclaimedS }, log));
    const watch = (listener: (id: string, from: DeviceStatus, to: DeviceStatus) => void): (() => void) => {
      devices.on('status', listener);
      return () => devices.off('status', listener);
    };
    ends.push(
      tellDevices(
        executor,
        devices.units().map(({ id, device }) => ({
          id,
          model: devices.lineOf(id)?.model.id ?? '',
          status: device.status,
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
    // Before the server, which waits for every connection to end.
    ends.push(() => satellites.close());
    for (const link of links) link.start();
    return { url, token: localToken, progress: () => answers(journal.read(journal.durableSeq, 1)), close };
  } catch (error) {
    await close();
    throw error;
  }
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

function platformSettings({ config, env }: AgentOptions): PlatformSettings | null {
  if (!config.platform) return null;
  const { url, timeoutMs, retries, cacheS } = config.platform;
  const token = readSecret(config.platform.token, env);
  if (!token.ok) throw new HallError('bad-request', `platform.token: ${token.why}`);
  return { url, token: token.value, timeoutMs, retries, cacheS };
}

/** Link name → its secret. Throws HallError for one that cannot be read. */
export function linkTokens({ config, env }: AgentOptions): Map<string, string> {
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
