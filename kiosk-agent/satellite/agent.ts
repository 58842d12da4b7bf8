/** A satellite, built and connected: it lends its devices to the hub, and its kiosk goes on while the hub is away. No story in it. */
import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Router } from 'express';
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
} from '../foundation.ts';
import { HallError } from '../contract/problem.ts';
import { systemClock } from '../device/clock.ts';
import type { DeviceStatus } from '../device/driver/interfaces.ts';
import { Executor } from '../executor.ts';
import { missedRule } from '../hall/missed-rule.ts';
import { lastPress } from '../hall/presses.ts';
import { openIdentity, typedPerson } from '../identity.ts';
import { openJournal } from '../journal/journal.ts';
import { LinkSender } from '../link/sender.ts';
import { materialsPrinter } from '../reactions/notice-paper.ts';
import { tellDevices } from '../reactions/devices.ts';
import { deviceRoom } from '../technician.ts';
import { deviceRoutes } from '../web/devices.ts';
import { pictureRoutes } from '../web/pictures.ts';
import { healthRoutes } from '../web/health.ts';
import { identityRoutes, IdentityDesk } from '../web/identity.ts';
import { serveLive } from '../web/live.ts';
import type { DeviceRoom, KioskMessage } from '../web/parts.ts';
import { notFound } from '../web/problems.ts';
import { sessionRoutes, startServer, type WebServer } from '../web/server.ts';
import { sessionKey } from '../web/access.ts';
import { rulesOf } from '../web/views.ts';
import { noticeRoutes } from '../web/notice.ts';
import { visitorSecrets } from '../web/visitor-secrets.ts';
import { commandHandlers } from './commands.ts';
import { Evaluations } from './evaluations.ts';
import { Hub, hubMemory, NO_HUB_MEMORY } from './hub.ts';
import { HubHttp } from './hub-http.ts';
import { HubView, keptView } from './hub-view.ts';
import { openKept } from './kept-file.ts';
import { tellKiosk } from './kiosk-readers.ts';
import { kioskRoutes } from './kiosk-routes.ts';
import { lendDevices } from './lending.ts';
import { SATELLITE_BOOK, type SatelliteMemory, type SatelliteWish } from './memory.ts';
import { OfflineKiosk } from './offline-kiosk.ts';
import { announceDevices, isKiosk } from './report.ts';
import { Sheets } from './sheets.ts';
import { publicView, satelliteViews, type ViewParts } from './views.ts';
import type { HallRules } from '../hall/state.ts';

/** Records that have reached the hub and are old enough are let go of once a day. */
const RETAIN_EVERY_MS = 24 * 3600_000;

/** Starts a satellite. Throws HallError or the socket's error when it cannot; nothing is left running then. */
export async function startSatellite(options: AgentOptions): Promise<Agent> {
  const { config, clock, log, stateFolder } = options;
  const [uplink] = config.links;
  if (!uplink) throw new HallError('bad-request', 'links: a satellite has one link, to its hub');
  const ends: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  const say = (why: string): void => log.warn(why);
  try {
    mkdirSync(stateFolder, { recursive: true });
    const token = linkTokens(options).get(uplink.name) ?? '';
    const hubUrl = uplink.url.slice('socketio:'.length);
    const opened = await openJournal({
      folder: join(stateFolder, 'journal'),
      agentId: config.agent.id,
      hall: config.hall.id,
      region: config.hall.region,
      clock,
    });
    const { journal } = opened;
    ends.push(() => journal.close());
    const rules = rulesOf(config);
    const executor = new Executor<SatelliteMemory, SatelliteWish, HallRules>(
      journal,
      rules,
      clock,
      SATELLITE_BOOK,
    );
    await executor.start();
    ends.push(() => executor.close());
    await tellRepair(opened, executor, clock, log);

    const changes = new EventEmitter<{ change: [] }>().setMaxListeners(0);
    const changed = (): boolean => changes.emit('change');
    tellWritable(executor, log, changed);

    const hub = new Hub({
      kept: await openKept(join(stateFolder, 'hub.json'), hubMemory, NO_HUB_MEMORY, say),
      clock,
      monotonicMs: systemClock.monotonicMs,
      say,
    });
    hub.on('change', () => {
      log.info({ reachable: hub.reachable, clockOffsetMs: hub.clockOffsetMs }, 'the hub');
      changed();
    });
    ends.push(() => hub.close());

    const know = openIdentity(config, stateFolder, options.env);
    const sheets = new Sheets(executor, () => hub.now, log);
    ends.push(() => sheets.close());
    await sheets.settleLeftOver();
    const opening = await openDeviceParts(
      options,
      know,
      (serial, boot) => lastPress(executor.state, serial, boot),
      changed,
    );
    // Their drivers settle what is under way, and the sheets behind them are then written down.
    ends.push(() => opening.close());
    const { devices, pluggedIn, tap } = opening;
    devices.on('status', changed);

    const evaluations = new Evaluations(devices.evaluators(), () => hub.now, log);
    ends.push(() => evaluations.close());
    let web: WebServer | null = null;
    const tellHub = announceDevices({
      devices,
      isKiosk: isKiosk(config, devices),
      url: () => config.agent.publicUrl ?? web?.url ?? '',
      version: options.version,
      report: (data) => link.report('devices', data),
    });
    ends.push(tellHub.close);
    const link: LinkSender = new LinkSender({
      name: uplink.name,
      url: uplink.url,
      token,
      agentId: config.agent.id,
      source: sourceOf(opened),
      // Deadlines are the hub's, in its time.
      clock: () => hub.now,
      random: options.random,
      commands: commandHandlers(devices, evaluations, sheets, hub),
      onConnected: () => {
        hub.connected();
        tellHub.now();
      },
      onSetBack: beginAnewWhenSetBack(journal, uplink.name, log),
    });
    ends.push(() => link.close());
    hub.watch(link);
    link.onStatus((status) => {
      log.info(
        { link: status.name, state: status.state, ackedSeq: status.ackedSeq, why: status.why },
        'link',
      );
      hub.look();
      changed();
    });
    executor.on('committed', () => {
      link.wake();
      changed();
    });

    const http = new HubHttp(hubUrl, token);
    ends.push(() => http.close());
    const hubView = new HubView(
      hubUrl,
      token,
      await openKept(join(stateFolder, 'last-view.json'), keptView, null, say),
      clock,
    );
    hubView.on('change', changed);
    ends.push(() => hubView.close());

    const kiosk = new OfflineKiosk({
      config,
      executor,
      printers: devices.printers(),
      sheets,
      hub,
      missedRule: missedRule(rules.missed),
      keyOf: visitorSecrets(sessionKey(stateFolder)).ticketKey,
      extendedUntil: (day) => hubView.extendedUntil(day),
      address: () => config.agent.publicUrl ?? web?.url ?? '',
      log,
    });
    ends.push(() => kiosk.close());
    const desk = new IdentityDesk(clock);
    const messages = new EventEmitter<{ message: [message: KioskMessage] }>().setMaxListeners(0);
    ends.push(tellKiosk(config.agent.id, devices, desk, (message) => messages.emit('message', message)));
    ends.push(lendDevices({ executor, devices, evaluations, hub, clock, log }));
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
    const retain = setInterval(() => {
      journal
        .retain({ keepDays: config.journal.keepDays, links: [uplink.name] })
        .catch((error: unknown) => log.warn({ error }, 'old records were not removed'));
    }, RETAIN_EVERY_MS);
    ends.push(() => clearInterval(retain));

    const localToken = randomBytes(24).toString('base64url');
    const links = () => [link.status];
    const journalState = () =>
      !executor.writable ? 'unwritable' : opened.repaired ? 'repaired' : ('ok' as const);
    const room: DeviceRoom = deviceRoom({
      config,
      version: options.version,
      devices,
      pluggedIn,
      tap,
      executor: {
        get state() {
          return { sessions: evaluations.sessions(), windows: {} };
        },
      },
      clock,
      monotonicMs: systemClock.monotonicMs,
      links,
      url: () => web?.url ?? '',
    });
    const viewParts: ViewParts = {
      config,
      hub,
      hubView,
      devices: room,
      links,
      journalState,
      kiosk,
      watch: (listener) => {
        changes.on('change', listener);
        return () => changes.off('change', listener);
      },
    };
    const identity = {
      desk,
      know: (number: string) => typedPerson(know, rules.timeZone, number, clock()),
    };
    const parts = {
      config,
      rules,
      clock,
      log,
      localToken,
      version: options.version,
      journal,
      executor,
      links,
      identity,
      ...(isKiosk(config, devices) && { numbersLeft: () => kiosk.numbersLeft() }),
      devices: room,
      get journalState() {
        return journalState();
      },
      kioskFeed: {
        agent: config.agent.id,
        hear: (listener: (message: KioskMessage) => void) => {
          messages.on('message', listener);
          return () => messages.off('message', listener);
        },
      },
    };
    web = await startServer(parts, stateFolder, options.screensFolder, (server, access) => {
      const live = serveLive(server, parts, satelliteViews(viewParts), access, options.screensFolder);
      const api = Router();
      api.use(
        healthRoutes(parts, () => live.screens()),
        pictureRoutes(config),
      );
      sessionRoutes(api, parts, access);
      api.use('/devices', deviceRoutes(parts, access));
      api.use('/identity', identityRoutes(parts, access));
      api.use(
        noticeRoutes(
          {
            // The configuration knows it all: printed here, also while the hub is away.
            printMaterials: materialsPrinter(config, () => devices.printers()),
            clock,
            timeZone: config.hall.timeZone,
          },
          access,
        ),
        kioskRoutes(
          {
            kiosk,
            hub,
            http,
            desk,
            delivered: () => link.status.lagEvents === 0,
            services: () => Object.values(publicView(viewParts).services),
            queue: () => publicView(viewParts),
          },
          access,
        ),
      );
      api.use(notFound);
      return { api, close: () => live.close() };
    });
    ends.push(web.close);
    link.start();
    return {
      url: web.url,
      token: localToken,
      progress: () => answers(journal.read(journal.durableSeq, 1)),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
