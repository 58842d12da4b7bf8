/** The only file that knows everyone: builds the parts and connects them. No rule, no protocol, no story in it. */
import { randomBytes, randomInt } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { readSecret } from './config.ts';
import type { LinkStatus } from './contract/link.ts';
import { HallError } from './contract/problem.ts';
import { systemClock } from './device/clock.ts';
import type { DeviceStatus, TicketPrinter } from './device/driver/interfaces.ts';
import { Executor } from './executor.ts';
import { startSatelliteDesk } from './satellites/desk.ts';
import { withSatellites } from './satellites/device-room.ts';
import { lastPress } from './hall/presses.ts';
import { missedRule } from './hall/missed-rule.ts';
import {
  answers,
  beginAnewWhenSetBack,
  linkTokens,
  openDeviceParts,
  sourceOf,
  tellRepair,
  tellWritable,
  type Agent,
  type AgentOptions,
} from './foundation.ts';
import { openIdentity, typedPerson } from './identity.ts';
import { openJournal } from './journal/journal.ts';
import { LinkSender } from './link/sender.ts';
import { createPlatform, type PlatformSettings } from './platform/platform.ts';
import { appointmentPrinter } from './reactions/appointment-paper.ts';
import { restartAtRest } from './office/rest.ts';
import { takeConfiguration, tellInEffect } from './office/take.ts';
import { takeAppointments } from './reactions/appointments.ts';
import { tellSigns } from './reactions/calling.ts';
import { tellDay } from './reactions/day.ts';
import { tellDevices } from './reactions/devices.ts';
import { tellEvaluations } from './reactions/evaluation.ts';
import { materialsPrinter, opinionPrinter } from './reactions/notice-paper.ts';
import { tellPads } from './reactions/pads.ts';
import { tellPrinting } from './reactions/printing.ts';
import { tellReaders } from './reactions/readers.ts';
import { takeNotices } from './reactions/notices.ts';
import { tellSlots } from './reactions/slots.ts';
import { takeSurge } from './reactions/surge.ts';
import { tellWaits } from './reactions/waits.ts';
import { ticketComposer } from './reactions/ticket-paper.ts';
import { deviceRoom } from './technician.ts';
import { sessionKey } from './web/access.ts';
import { isTaking } from './web/opening.ts';
import { IdentityDesk } from './web/identity.ts';
import type { AgentParts, KioskMessage } from './web/parts.ts';
import { startWeb, type WebServer } from './web/server.ts';
import { rulesOf } from './web/views.ts';
import { StaffPhotos } from './web/staff-photos.ts';
import { visitorSecrets } from './web/visitor-secrets.ts';

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
    tellWritable(executor, log, changed);
    const know = openIdentity(config, options.stateFolder, options.env);
    const opening = await openDeviceParts(
      options,
      know,
      (serial, boot) => lastPress(executor.state, serial, boot),
      changed,
    );
    ends.push(() => opening.close());
    const { devices, pluggedIn, tap } = opening;

    const office = options.office && { office: options.office, executor, clock, log, changed };
    if (office) await tellInEffect(office);
    const links = config.links.map(
      (link) =>
        new LinkSender({
          name: link.name,
          url: link.url,
          token: tokens.get(link.name) ?? '',
          agentId: config.agent.id,
          source: sourceOf(opened),
          commands: {
            appointments: takeAppointments(executor),
            surge: takeSurge(executor),
            notice: takeNotices(executor),
            slots: tellSlots(executor, clock),
            ...(office ? { configuration: takeConfiguration(office) } : {}),
          },
          onSetBack: beginAnewWhenSetBack(journal, link.name, log),
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
      recentLog: options.recentLog ?? null,
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
      printOpinion: opinionPrinter(config, printersFor),
      staffPhotos: new StaffPhotos(config.hall.staffPhotos, clock),
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
          tell: (screen, event, data) =>
            kiosk.emit('message', { agent: config.agent.id, screen, event, data } as KioskMessage),
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

    if (config.links.length > 0)
      ends.push(
        tellWaits(executor, clock, () =>
          isTaking(config.hall, clock(), executor.state.surge.current?.measures.extendUntil),
        ),
      );
    if (options.office && options.onRestart)
      ends.push(restartAtRest(options.office, executor, options.onRestart));

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

function platformSettings({ config, env }: AgentOptions): PlatformSettings | null {
  if (!config.platform) return null;
  const { url, timeoutMs, retries, cacheS } = config.platform;
  const token = readSecret(config.platform.token, env);
  if (!token.ok) throw new HallError('bad-request', `platform.token: ${token.why}`);
  return { url, token: token.value, timeoutMs, retries, cacheS };
}
