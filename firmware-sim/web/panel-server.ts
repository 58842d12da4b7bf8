import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import express from 'express';
import helmet from 'helmet';
import { Server as LiveServer } from 'socket.io';
import { type CableOptions, startCable } from '../cable.ts';
import { type LineEvaluatorOptions, startEvaluator } from '../evaluator-line/evaluator.ts';
import { startFf68Bus } from '../ff68/bus.ts';
import { type IdReaderOptions, startIdReader } from '../id-reader/id-reader.ts';
import { listen } from '../port/listen.ts';
import { startPrinter, type PrinterOptions } from '../printer/printer.ts';
import { type ScannerOptions, startScanner } from '../scanner/scanner.ts';
import { type SignLineOptions, startSignLine } from '../sign/sign-line.ts';
import { startUb485Bus } from '../ub485/bus.ts';
import { deviceApi } from './device-api.ts';
import type { PadsOptions } from './device-options.ts';
import { changesByItself, type Device, describeDevice } from './devices.ts';
import { allowLive, onlyLoopback, onlyOwnPage } from './gate.ts';
import { problemHandler } from './problem.ts';

export type PanelOptions = {
  /** Port of the page, 0 = any free port. */
  port: number;
  /** Default 127.0.0.1; naming a host opens the panel to whoever can reach it. */
  host?: string;
  evaluators: (LineEvaluatorOptions & { id: string })[];
  pads?: PadsOptions[];
  signs?: (SignLineOptions & { id: string })[];
  printers: (PrinterOptions & { id: string })[];
  readers?: (IdReaderOptions & { id: string })[];
  scanners?: (ScannerOptions & { id: string })[];
  cables: (CableOptions & { id: string })[];
};

const room = dirname(dirname(fileURLToPath(import.meta.url)));
const fonts = dirname(fileURLToPath(import.meta.resolve('@fontsource/noto-sans-sc/400.css')));
/** Changes of one device are sent together, at most this often. */
const changeEveryMs = 40;
/** Something that changes without a word of it is looked at so often. */
const lookAgainMs = 100;

/** Starts devices, HTTP API and page; rejects with a PortError when any port cannot be opened, leaving none open. */
export async function startPanel(options: PanelOptions) {
  const host = options.host ?? '127.0.0.1';
  const devices: Device[] = [];
  const timers = new Map<string, NodeJS.Timeout>();
  const app = express();
  const server = createServer(app);
  const live = new LiveServer(server, {
    path: '/live',
    allowRequest: (request, answer) => answer(null, allowLive(request.headers, options.host !== undefined)),
  });

  function announce(id: string, inMs = changeEveryMs) {
    if (timers.has(id)) return;
    const timer = setTimeout(() => {
      timers.delete(id);
      const device = devices.find((one) => one.id === id);
      if (!device) return;
      live.emit('device', describeDevice(device));
      if (changesByItself(device)) announce(id, lookAgainMs);
      if (device.kind === 'printer')
        live.emit('paper', { id, n: device.currentPaper().n, svg: device.svg(device.currentPaper().n) });
    }, inMs);
    timers.set(id, timer);
  }
  const watched = <T extends { id: string }>(device: T) => ({
    ...device,
    onChange: () => announce(device.id),
    onWire: (entry: unknown) => live.emit('wire', { id: device.id, entry }),
  });

  app.disable('x-powered-by');
  app.use(
    helmet({
      contentSecurityPolicy: {
        directives: {
          defaultSrc: ["'self'"],
          connectSrc: ["'self'", 'ws:'],
          imgSrc: ["'self'", 'data:', 'blob:'],
          // The drawings of papers carry their fonts in a <style> of their own.
          styleSrc: ["'self'", "'unsafe-inline'"],
          upgradeInsecureRequests: null,
        },
      },
      strictTransportSecurity: false,
    }),
  );
  if (options.host === undefined) app.use(onlyLoopback());
  app.use(onlyOwnPage);
  app.use(express.json({ limit: '16kb' }));
  app.use('/api', deviceApi(devices));
  app.use('/fonts', express.static(fonts, { maxAge: '1d' }));
  app.use(express.static(join(room, 'panel')));
  app.use(problemHandler);
  live.on('connection', (socket) => {
    socket.emit('devices', devices.map(describeDevice));
    for (const device of devices) {
      if (device.kind !== 'printer') continue;
      socket.emit('paper', {
        id: device.id,
        n: device.currentPaper().n,
        svg: device.svg(device.currentPaper().n),
      });
    }
  });

  let closing: Promise<void> | undefined;
  async function end() {
    for (const timer of timers.values()) clearTimeout(timer);
    timers.clear();
    await Promise.all(devices.map((device) => device.close()));
    await new Promise<void>((resolve) => void live.close(() => resolve()));
    server.closeAllConnections();
  }
  const close = () => (closing ??= end());

  const { evaluators, pads = [], signs = [], printers, readers = [], scanners = [], cables } = options;
  const ids = [...evaluators, ...pads, ...signs, ...printers, ...readers, ...scanners, ...cables].map(
    (one) => one.id,
  );
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice) throw new RangeError(`device id "${twice}" is given twice`);
  let port: number;
  try {
    for (const one of evaluators) devices.push(await startEvaluator(watched(one)));
    for (const one of pads)
      devices.push(
        one.protocol === 'ff68' ? await startFf68Bus(watched(one)) : await startUb485Bus(watched(one)),
      );
    for (const one of signs) devices.push(await startSignLine(watched(one)));
    for (const one of printers) devices.push(await startPrinter(watched(one)));
    for (const one of readers) devices.push(await startIdReader(watched(one)));
    for (const one of scanners) devices.push(await startScanner(watched(one)));
    for (const one of cables) devices.push(await startCable(watched(one)));
    port = await listen(server, host, options.port);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    devices: devices as readonly Device[],
    port,
    address: `http://${host.includes(':') ? `[${host}]` : host}:${port}/`,
    /** Ends page and devices; may be called twice. */
    close,
  };
}
