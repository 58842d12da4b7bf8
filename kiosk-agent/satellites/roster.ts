/** Which satellites there are now, and the devices that each has announced. */
import { EventEmitter } from 'node:events';
import type { z } from 'zod';
import type { satelliteReport } from '../contract/link.ts';
import type { DeviceKind, DeviceStateName, DeviceView, SatelliteView } from '../contract/live.ts';
import type { DeviceStatus } from '../device/driver/interfaces.ts';
import type { Clock } from '../executor.ts';
import { hubName } from '../hall/satellites/names.ts';

type Report = Extract<z.infer<typeof satelliteReport>, { name: 'devices' }>['data'];
export type AnnouncedDevice = {
  agent: string;
  /** its id at the satellite */
  device: string;
  kind: DeviceKind;
  window: number | null;
  columns: 48 | 32;
  /** pads: who opens the window from it, and where its transfer key leads */
  staff: string | undefined;
  transferTo: string | undefined;
  model: string;
  status: DeviceStatus;
};
type Entry = {
  connected: boolean;
  since: Date;
  kiosk: boolean;
  trouble: 'set-back' | null;
  devices: AnnouncedDevice[];
};

const STATES: Record<DeviceStateName, true> = {
  opening: true,
  ready: true,
  silent: true,
  lost: true,
  missing: true,
  busy: true,
  denied: true,
  refused: true,
  ambiguous: true,
  'wrong-settings': true,
  faulted: true,
};

export class Roster extends EventEmitter<{ changed: [agent: string] }> {
  readonly #entries = new Map<string, Entry>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    super();
    this.setMaxListeners(0);
    this.#clock = clock;
  }

  /** Those that are let in: a new one is away until it comes, and one that is let in no longer is forgotten. */
  expect(agents: readonly string[]): void {
    for (const agent of this.#entries.keys())
      if (!agents.includes(agent)) {
        this.#entries.delete(agent);
        this.emit('changed', agent);
      }
    for (const agent of agents) if (!this.#entries.has(agent)) this.#set(agent, { connected: false });
  }

  /** A new connection: what it had announced before is not believed until it announces it again. */
  joined(agent: string, trouble: Entry['trouble']): void {
    this.#set(agent, { connected: true, trouble, devices: this.#away(agent) });
  }

  left(agent: string): void {
    if (this.#entries.has(agent)) this.#set(agent, { connected: false, devices: this.#away(agent) });
  }

  announced(agent: string, { devices, kiosk }: Report): void {
    this.#set(agent, { kiosk, devices: devices.map((device) => announcedDevice(agent, device)) });
  }

  isConnected(agent: string): boolean {
    return this.#entries.get(agent)?.connected ?? false;
  }

  /** Satellites that are here and take tickets. */
  kiosks(): string[] {
    return [...this.#entries]
      .filter(([, { connected, kiosk }]) => connected && kiosk)
      .map(([agent]) => agent);
  }

  /** The device that fills a place at a window: one that is ready before one that is not. */
  at(kind: DeviceKind, window: number): AnnouncedDevice | undefined {
    const there = this.#all().filter((each) => each.kind === kind && each.window === window);
    return there.find((each) => each.status.state === 'ready') ?? there[0];
  }

  /** Printers of an agent, in the order in which it names them. */
  printers(agent: string): AnnouncedDevice[] {
    return (this.#entries.get(agent)?.devices ?? []).filter(({ kind }) => kind === 'printer');
  }

  device(agent: string, device: string): AnnouncedDevice | undefined {
    return this.#entries.get(agent)?.devices.find((each) => each.device === device);
  }

  /** Every announced device as technicians see it, as agent/device. */
  list(): DeviceView[] {
    return this.#all().map(({ agent, device, kind, window, model, status }) => ({
      id: hubName(agent, device),
      kind,
      model,
      port: `satellite ${agent}`,
      window,
      state: status.state,
      ...(status.fault !== undefined && { fault: status.fault }),
      ...(status.detail !== undefined && { detail: status.detail }),
      ...(status.serial !== undefined && { serial: status.serial }),
      ...(status.firmware !== undefined && { firmware: status.firmware }),
      notes: status.notes,
      counters: {},
    }));
  }

  view(time: (at: Date) => string): Record<string, SatelliteView> {
    return Object.fromEntries(
      [...this.#entries].map(([agent, { connected, since, kiosk, trouble, devices }]) => [
        agent,
        {
          connected,
          since: time(since),
          kiosk,
          devices: devices.map(({ device }) => hubName(agent, device)),
          ...(trouble && { trouble }),
        },
      ]),
    );
  }

  #all(): AnnouncedDevice[] {
    return [...this.#entries.values()].flatMap(({ devices }) => devices);
  }

  #away(agent: string): AnnouncedDevice[] {
    return (this.#entries.get(agent)?.devices ?? []).map((each) => ({
      ...each,
      status: { ...each.status, state: 'lost', detail: `satellite ${agent} is away` },
    }));
  }

  #set(agent: string, change: Partial<Entry>): void {
    const before = this.#entries.get(agent) ?? {
      connected: false,
      since: this.#clock(),
      kiosk: false,
      trouble: null,
      devices: [],
    };
    const turned = change.connected !== undefined && change.connected !== before.connected;
    this.#entries.set(agent, { ...before, ...change, ...(turned && { since: this.#clock() }) });
    this.emit('changed', agent);
  }
}

function announcedDevice(agent: string, said: Report['devices'][number]): AnnouncedDevice {
  const { id, kind, state, window, columns } = said;
  const fault = short(said['fault']);
  const detail = short(said['detail']);
  const serial = short(said['serial']);
  const firmware = short(said['firmware']);
  const notes = said['notes'];
  return {
    agent,
    device: id,
    kind,
    window,
    columns: columns ?? 48,
    staff: short(said['staff']),
    transferTo: short(said['transferTo']),
    model: short(said['model']) ?? kind,
    status: {
      // A state of a newer satellite that this hub does not know is one in which nothing can be counted on.
      state: Object.hasOwn(STATES, state) ? (state as DeviceStateName) : 'faulted',
      ...(fault !== undefined && { fault }),
      ...(detail !== undefined && { detail }),
      ...(serial !== undefined && { serial }),
      ...(firmware !== undefined && { firmware }),
      notes: Array.isArray(notes) ? notes.flatMap((note) => short(note) ?? []).slice(0, 20) : [],
      counters: {},
    },
  };
}

function short(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, 200) : undefined;
}
