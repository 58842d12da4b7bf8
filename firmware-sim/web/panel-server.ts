import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import express from 'express';
import helmet from 'helmet';
import { listen } from '../port/listen.ts';
import type { UsbBus } from '../port/usb.ts';
import { startUsbBus } from '../usb/bus.ts';
import { deviceApi } from './device-api.ts';
import { type Device, describeChange, describeDevice, type OnPanel } from './devices.ts';
import { faultApi } from './fault-api.ts';
import { createFaultDiary } from './fault-diary.ts';
import { onlyLoopback, onlyOwnPage } from './gate.ts';
import { createLive } from './live.ts';
import type { Hall } from './lookup.ts';
import { paperApi } from './paper-api.ts';
import { problemHandler, sendProblem } from './problem.ts';
import { scenarioApi } from './scenario-api.ts';
import { createScenarios, type ScenarioOptions } from './scenarios.ts';
import { type DeviceOptions, devicesToStart } from './start-device.ts';

export type PanelOptions = DeviceOptions & {
  /** Port of the page, 0 = any free port. */
  port: number;
  /** Default 127.0.0.1; naming a host opens the panel, and its USB bus, to whoever can reach it. */
  host?: string;
  /** TCP port of the panel's USB bus, 0 = any free port; left out: there is none. */
  usbIp?: number;
  scenarios?: ScenarioOptions;
  /** Serial number of a device that was not given one; left out: the device's own. */
  serialOf?: (id: string) => string;
  /** Random source of boot numbers, in [0, 1); default Math.random. */
  random?: () => number;
  /** ms; default Date.now */
  now?: () => number;
};

const room = dirname(dirname(fileURLToPath(import.meta.url)));
const fonts = dirname(fileURLToPath(import.meta.resolve('@fontsource/noto-sans-sc/400.css')));

/**
 * Starts devices, HTTP API and page; rejects with a PortError when any port cannot be opened, and with a RangeError for a
 * device that cannot be where it is wanted, leaving none open.
 */
export async function startPanel(options: PanelOptions) {
  const { host = '127.0.0.1', now = Date.now, random = Math.random } = options;
  const devices: Device[] = [];
  const known = new Map<string, OnPanel>();
  const diary = createFaultDiary(now);
  const of = (device: Device): OnPanel =>
    known.get(device.id) ?? { device, model: null, busId: null, ownFaults: [] };
  const hall: Hall & { change: (device: Device) => object } = {
    devices,
    describe: (device) => describeDevice(of(device), diary.on(device)),
    change: (device) => describeChange(of(device), diary.on(device)),
  };
  let bus: UsbBus | undefined;
  let address = '';
  const scenarios = createScenarios(
    options.scenarios ?? {},
    () => address.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:'),
    () => live.scenarioChanged(),
  );
  const usb = () => bus && { address: bus.address, sockets: bus.sockets().map(named) };
  const named = (socket: ReturnType<UsbBus['sockets']>[number]) => ({
    ...socket,
    device: [...known.values()].find(({ busId }) => busId === socket.busId)?.device.id ?? null,
  });

  const app = express();
  const server = createServer(app);
  const live = createLive(server, {
    hall,
    usb: () => usb() ?? null,
    scenario: scenarios.now,
    open: options.host !== undefined,
  });
  app.disable('x-powered-by');
  app.use(securityHeaders());
  if (options.host === undefined) app.use(onlyLoopback());
  app.use(onlyOwnPage);
  app.use(express.json({ limit: '16kb' }));
  app.use(
    '/api',
    deviceApi(hall, (device) => of(device).model, now),
  );
  app.use(
    '/api',
    faultApi(hall, diary, (device) => of(device).ownFaults),
  );
  app.use('/api', paperApi(hall));
  app.use('/api', scenarioApi(scenarios));
  app.get('/api/usb', (_request, response) => void response.json(usb() ?? null));
  app.use('/api', (request, response) => {
    const detail = `${request.method} ${request.originalUrl} is not there`;
    sendProblem(response, 404, 'no-call', 'No such call', detail);
  });
  app.use('/fonts', express.static(fonts, { maxAge: '1d' }));
  app.use(express.static(join(room, 'panel')));
  app.use(problemHandler);

  let closing: Promise<void> | undefined;
  async function end() {
    await scenarios.close();
    await Promise.all(devices.map((device) => device.close()));
    await bus?.close();
    await live.close();
    server.closeAllConnections();
  }
  const close = () => (closing ??= end());

  let port: number;
  try {
    if (options.usbIp !== undefined)
      bus = await startUsbBus({
        port: options.usbIp,
        host,
        now,
        onTraffic: ({ what }) => (what === 'import' || what === 'end') && live.usbChanged(),
      });
    const around = {
      bus,
      random,
      serialOf: options.serialOf,
      watch: (id: string) => ({
        onChange: () => {
          live.changed(id);
          if (known.get(id)?.busId) live.usbChanged();
        },
        onWire: (entry: Parameters<typeof live.said>[1]) => live.said(id, entry),
      }),
    };
    for (const { start } of devicesToStart(options, around)) {
      const before = bus?.sockets().length ?? 0;
      const { device, model } = await start();
      const busId = bus?.sockets()[before]?.busId ?? null;
      devices.push(device);
      known.set(device.id, { device, model, busId, ownFaults: [...device.faults()] });
    }
    port = await listen(server, host, options.port);
  } catch (error) {
    await close();
    throw error;
  }
  const shown = host.includes(':') ? `[${host}]` : host;
  address = `http://${shown}:${port}/`;
  return {
    devices: devices as readonly Device[],
    port,
    address,
    /** Where its USB bus is; null: it has none. */
    usbAddress: bus?.address ?? null,
    /** Ends page and devices; may be called twice. */
    close,
  };
}

function securityHeaders() {
  return helmet({
    contentSecurityPolicy: {
      directives: {
        defaultSrc: ["'self'"],
        connectSrc: ["'self'", 'ws:'],
        // A saved paper has its fonts in itself.
        fontSrc: ["'self'", 'data:'],
        imgSrc: ["'self'", 'data:', 'blob:'],
        // The drawings of papers carry their fonts in a <style> of their own.
        styleSrc: ["'self'", "'unsafe-inline'"],
        upgradeInsecureRequests: null,
      },
    },
    strictTransportSecurity: false,
  });
}
