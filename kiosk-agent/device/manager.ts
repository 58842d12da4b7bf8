/** All devices of this computer: a driver and a session for each line of the configuration. */
import { EventEmitter } from 'node:events';
import type { RatingLevel } from '../contract/events.ts';
import type { DeviceView } from '../contract/live.ts';
import { parsePort, type PortAddress } from '../contract/port.ts';
import { HallError } from '../contract/problem.ts';
import { adviceFor } from './advice.ts';
import type { CallPad, DeviceStatus, Evaluator, Sign, TicketPrinter } from './driver/interfaces.ts';
import { makeLine, type Line, type LineParts, type Unit } from './lines.ts';
import { modelOf } from './models.ts';
import { openAddress } from './opening.ts';
import { deviceFaults, type DeviceRow } from './rows.ts';
import { PortSession, type DeviceLog } from './session.ts';
import type { HidBackend } from './transport/hid-backend.ts';
import type { OpenTransport } from './transport/transport.ts';

export { deviceFaults, type DeviceFault, type DeviceRow } from './rows.ts';

/** What a technician has settled for a device; it stands before the configuration. */
export type Settled = {
  bound?: DeviceView['bound'];
  note?: string;
  keyMap?: Readonly<Record<string, RatingLevel>>;
};

export type DeviceParts = LineParts & {
  log: DeviceLog;
  hid: HidBackend;
  /** How a line is opened that a technician has bound; undefined when he has not, and the configuration says where it is. */
  openBound?: (
    line: Line,
    address: PortAddress,
    signal?: AbortSignal,
  ) => ReturnType<OpenTransport> | undefined;
  /** what a technician has settled for a device, by its id; a binding is the line's */
  settled?: (id: string) => Settled;
};

type Entry = { line: Line; session: PortSession };

export type EvaluatorAtWindow = {
  window: number;
  evaluator: Evaluator;
  /** may be taught anew while the agent runs */
  readonly keyMap: Readonly<Record<string, RatingLevel>>;
};

export class Devices extends EventEmitter<{ status: [id: string, from: DeviceStatus, to: DeviceStatus] }> {
  readonly #entries: Entry[];
  readonly #units = new Map<string, Unit & { entry: Entry }>();
  readonly #settled: (id: string) => Settled;

  /** Begins to open every line at once and keeps trying for ever; use {@link openDevices}. */
  constructor(rows: readonly DeviceRow[], parts: DeviceParts) {
    super();
    this.setMaxListeners(0);
    this.#settled = parts.settled ?? (() => ({}));
    this.#entries = rows.map((row) => this.#start(row, parts));
  }

  #start(row: DeviceRow, parts: DeviceParts): Entry {
    const port = parsePort(row.port);
    const model = modelOf(row.model);
    if (!model || !port.ok) throw new HallError('internal', `device ${row.id} was not checked`);
    const line = makeLine(row, model, parts);
    for (const { id, device } of line.units)
      device.on('status', (from: DeviceStatus, to: DeviceStatus) => this.emit('status', id, from, to));
    const { address } = port;
    const session = new PortSession({
      device: row.id,
      open: (signal) =>
        parts.openBound?.(line, address, signal) ??
        (address.kind === 'bound' ? NOT_BOUND : openAddress(address, model, parts.hid)(signal)),
      driver: line.driver,
      clock: parts.clock,
      random: parts.random,
      log: parts.log,
    });
    const entry = { line, session };
    for (const unit of line.units) this.#units.set(unit.id, { ...unit, entry });
    return entry;
  }

  /** One device by its id; an address on a line is LINE.ADDRESS. */
  unit(id: string): Unit | undefined {
    return this.#units.get(id);
  }

  /** The line that a device is on, or that has this id itself. */
  lineOf(id: string): Line | undefined {
    return (this.#units.get(id)?.entry ?? this.#entries.find(({ line }) => line.row.id === id))?.line;
  }

  lines(): Line[] {
    return this.#entries.map(({ line }) => line);
  }

  units(): Unit[] {
    return [...this.#units.values()];
  }

  /** The port that a line has open or tries to open is not the right one any more: opens afresh, now. */
  openAgain(line: string): void {
    this.#entries.find((entry) => entry.line.row.id === line)?.session.openAgain();
  }

  /** Something was plugged in: lines that wait for their next try do not wait longer. */
  tryNow(): void {
    for (const { session } of this.#entries) session.tryNow();
  }

  /** Evaluators that stand at a window, with what their keys mean. */
  evaluators(): EvaluatorAtWindow[] {
    return [...this.#units.values()].flatMap(({ id, window, device, entry }) => {
      if (device.kind !== 'evaluator' || window === undefined) return [];
      const settled = this.#settled;
      return [
        {
          window,
          evaluator: device,
          get keyMap() {
            return settled(id).keyMap ?? entry.line.keyMap;
          },
        },
      ];
    });
  }

  pads(): { window: number; pad: CallPad; staff: string | undefined; transferTo: string | undefined }[] {
    return this.units().flatMap(({ window, device, staff, transferTo }) =>
      device.kind === 'pad' && window !== undefined ? [{ window, pad: device, staff, transferTo }] : [],
    );
  }

  signs(): { window: number; sign: Sign }[] {
    return this.units().flatMap(({ window, device }) =>
      device.kind === 'sign' && window !== undefined ? [{ window, sign: device }] : [],
    );
  }

  /** Printers in the order of the configuration. */
  printers(): TicketPrinter[] {
    return this.units().flatMap(({ device }) => (device.kind === 'printer' ? [device] : []));
  }

  /** Every device as technicians see it. */
  list(): DeviceView[] {
    return [...this.#units.values()].map(({ id, kind, window, device, entry: { line } }) => {
      const { state, fault, notes, detail, serial, firmware, lastSeenAt, counters } = device.status;
      const advice = adviceFor(state, fault);
      const { bound } = this.#settled(line.row.id);
      const { note, keyMap } = this.#settled(id);
      return {
        id,
        kind,
        model: line.model.id,
        port: line.row.port,
        window: window ?? null,
        state,
        ...(fault !== undefined && { fault }),
        ...(advice && { advice }),
        ...(detail !== undefined && { detail }),
        ...(serial !== undefined && { serial }),
        ...(firmware !== undefined && { firmware }),
        ...(lastSeenAt && { lastSeenAt: lastSeenAt.toISOString() }),
        notes,
        counters,
        ...(bound && { bound }),
        ...(note !== undefined && { note }),
        ...(keyMap && { keyMap }),
      };
    });
  }

  /** Frees every port. May be called again. */
  async close(): Promise<void> {
    await Promise.all(
      this.#entries.map(async ({ session, line }) => {
        await session.close();
        await line.close();
      }),
    );
    this.removeAllListeners();
  }
}

const NOT_BOUND: ReturnType<OpenTransport> = Promise.resolve({
  ok: false,
  trouble: {
    kind: 'missing',
    detail: 'no port is bound yet: bind one on the technician page or with `hall devices bind`',
  },
});

/** Opens the devices of a checked configuration; a row that cannot be opened at all is a broken promise. */
export function openDevices(rows: readonly DeviceRow[], parts: DeviceParts): Devices {
  const faults = deviceFaults(rows).map(
    ({ index, path, why }) => `devices[${index}].${path.join('.')}: ${why}`,
  );
  if (faults.length > 0) throw new HallError('internal', faults.join('; '));
  return new Devices(rows, parts);
}
