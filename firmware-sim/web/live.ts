/** The page's live connection: what has changed, a few times a second, and the wires that somebody looks at. */
import type { Server } from 'node:http';
import { Server as LiveServer } from 'socket.io';
import type { WireEntry } from '../port/wire-log.ts';
import { changesByItself, type Device } from './devices.ts';
import { allowLive } from './gate.ts';
import type { Hall } from './lookup.ts';
import type { ScenarioNow } from './scenarios.ts';

export type LiveOptions = {
  hall: Hall & { change: (device: Device) => object };
  usb: () => object | null;
  scenario: () => ScenarioNow | null;
  /** hosts other than loopback may connect */
  open: boolean;
};

/** Changes are sent together, at most this often. */
const changeEveryMs = 50;
/** Something that changes without a word of it is looked at so often. */
const lookAgainMs = 100;
/** A scenario's clock goes on by itself. */
const scenarioEveryMs = 400;

/** Serves `/live`; `changed`, `said` and `usbChanged` are told what happens. */
export function createLive(server: Server, { hall, usb, scenario, open }: LiveOptions) {
  const live = new LiveServer(server, {
    path: '/live',
    allowRequest: (request, answer) => answer(null, allowLive(request.headers, open)),
  });
  const changedIds = new Set<string>();
  const said = new Map<string, WireEntry[]>();
  /** SVG of the paper that hangs in each printer, as it was sent. */
  const hanging = new Map<string, string>();
  const timers = new Set<NodeJS.Timeout>();
  let sending = false;
  let usbIsNew = false;
  let scenarioTimer: NodeJS.Timeout | undefined;

  function later(ms: number, task: () => void) {
    const timer = setTimeout(() => {
      timers.delete(timer);
      task();
    }, ms);
    timers.add(timer);
  }
  function send() {
    sending = false;
    const devices = hall.devices.filter(({ id }) => changedIds.has(id));
    changedIds.clear();
    if (devices.length > 0) live.emit('changes', devices.map(hall.change));
    for (const [id, entries] of said) live.to(wireOf(id)).emit('wire', { id, entries });
    said.clear();
    if (usbIsNew) live.emit('usb', usb());
    usbIsNew = false;
    for (const device of devices) {
      if (changesByItself(device)) later(lookAgainMs, () => changed(device.id));
      if (device.kind === 'printer') sendPaper(device.id);
    }
  }
  function soon() {
    if (sending) return;
    sending = true;
    later(changeEveryMs, send);
  }
  function changed(id: string) {
    changedIds.add(id);
    soon();
  }
  function paperOf(id: string) {
    const device = hall.devices.find((one) => one.id === id);
    if (device?.kind !== 'printer') return undefined;
    const { n } = device.currentPaper();
    return { id, n, svg: device.svg(n) ?? '' };
  }
  function sendPaper(id: string) {
    const paper = paperOf(id);
    if (!paper || hanging.get(id) === paper.svg) return;
    hanging.set(id, paper.svg);
    live.emit('paper', paper);
  }
  const wireOf = (id: string) => `wire ${id}`;
  function scenarioChanged() {
    scenarioTimer ??= setTimeout(() => {
      scenarioTimer = undefined;
      const now = scenario();
      live.emit('scenario', now);
      if (now?.state === 'running') scenarioChanged();
    }, scenarioEveryMs);
  }

  live.on('connection', (socket) => {
    socket.emit('devices', hall.devices.map(hall.describe));
    socket.emit('usb', usb());
    socket.emit('scenario', scenario());
    for (const { id } of hall.devices) {
      const paper = paperOf(id);
      if (paper) socket.emit('paper', paper);
    }
    /** Somebody opens the wire of a device, or closes it. */
    socket.on('watch', (id: unknown, on: unknown) => {
      const device = hall.devices.find((one) => one.id === id);
      if (!device || device.kind === 'cable') return;
      if (on !== true) return void socket.leave(wireOf(device.id));
      // What waits to be sent is in the log already: nobody gets it twice.
      send();
      void socket.join(wireOf(device.id));
      socket.emit('wire', { id: device.id, entries: device.wire(), whole: true });
    });
  });

  return {
    changed,
    said(id: string, entry: WireEntry) {
      // Nobody looks: it is in the device's own log for who opens it.
      if (!live.sockets.adapter.rooms.has(wireOf(id))) return;
      said.set(id, [...(said.get(id) ?? []), entry]);
      soon();
    },
    usbChanged() {
      usbIsNew = true;
      soon();
    },
    scenarioChanged,
    /** Ends it; may be called twice. */
    async close() {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      clearTimeout(scenarioTimer);
      await new Promise<void>((resolve) => void live.close(() => resolve()));
    },
  };
}
