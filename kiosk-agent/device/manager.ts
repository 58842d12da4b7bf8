/** All devices of this computer: a driver and a session for each row of the configuration. */
import { EventEmitter } from 'node:events';
import type { RatingLevel } from '../contract/events.ts';
import type { DeviceView } from '../contract/live.ts';
import { parsePort, portKey, type PortAddress } from '../contract/port.ts';
import { HallError } from '../contract/problem.ts';
import { adviceFor } from './advice.ts';
import type { Clock } from './clock.ts';
import { ElpEvaluator, type ElpEvaluatorParts } from './driver/evaluator.ts';
import type { Device, DeviceStatus, Evaluator, TicketPrinter } from './driver/interfaces.ts';
import { EscPosPrinter } from './driver/printer.ts';
import { modelOf, type ModelRow } from './models.ts';
import { PortSession, type AttachedDriver, type DeviceLog } from './session.ts';
import { serialTransport } from './transport/serial.ts';
import { tcpTransport } from './transport/tcp.ts';
import type { OpenTransport } from './transport/transport.ts';

/** A row of `devices:` in the configuration. */
export type DeviceRow = {
  id: string;
  model: string;
  port: string;
  window?: number | undefined;
  /** instead of the model's own */
  keyMap?: Record<string, RatingLevel> | undefined;
};

export type DeviceParts = {
  clock: Clock;
  /** [0…1) */
  random: () => number;
  log: DeviceLog;
  /** the technician's view of the wire; `decoded` is an evaluator's message or why its bytes were dropped, null for a printer */
  onFrame?: (device: string, direction: 'sent' | 'received', bytes: Uint8Array, decoded: unknown) => void;
};

export type DeviceFault = { index: number; field: 'model' | 'port' | 'window'; why: string };

/** What is wrong with the rows beyond their form; empty when they can be opened. */
export function deviceFaults(rows: readonly DeviceRow[]): DeviceFault[] {
  const faults: DeviceFault[] = [];
  const ports = new Map<string, string>();
  const windows = new Map<number, string>();
  rows.forEach((row, index) => {
    const model = modelOf(row.model);
    if (!model) faults.push({ index, field: 'model', why: `there is no model ${row.model}` });
    const port = parsePort(row.port);
    if (!port.ok) {
      faults.push({ index, field: 'port', why: port.why });
    } else {
      const taken = ports.get(portKey(port.address));
      if (taken !== undefined)
        faults.push({ index, field: 'port', why: `${row.port} is the port of ${taken} already` });
      ports.set(portKey(port.address), row.id);
      if (model && !model.transports.includes(port.address.kind)) {
        faults.push({ index, field: 'port', why: `${row.model} is not reached by ${port.address.kind}:` });
      }
    }
    if (model?.kind === 'evaluator' && row.window !== undefined) {
      const taken = windows.get(row.window);
      if (taken !== undefined)
        faults.push({ index, field: 'window', why: `window ${row.window} has ${taken} already` });
      windows.set(row.window, row.id);
    }
  });
  return faults;
}

type Entry = { row: DeviceRow; model: ModelRow; device: Device; session: PortSession };

export type EvaluatorAtWindow = {
  window: number;
  evaluator: Evaluator;
  keyMap: Readonly<Record<string, RatingLevel>>;
};

export class Devices extends EventEmitter<{ status: [id: string, from: DeviceStatus, to: DeviceStatus] }> {
  readonly #entries = new Map<string, Entry>();

  /** Begins to open every device at once and keeps trying for ever; use {@link openDevices}. */
  constructor(rows: readonly DeviceRow[], parts: DeviceParts) {
    super();
    for (const row of rows) {
      const port = parsePort(row.port);
      const model = modelOf(row.model);
      if (!model || !port.ok) throw new HallError('internal', `device ${row.id} was not checked`);
      const device = makeDriver(row.id, model, parts);
      device.on('status', (from: DeviceStatus, to: DeviceStatus) => this.emit('status', row.id, from, to));
      const session = new PortSession({
        device: row.id,
        open: openerOf(port.address, model),
        driver: device,
        clock: parts.clock,
        random: parts.random,
        log: parts.log,
      });
      this.#entries.set(row.id, { row, model, device, session });
    }
  }

  get(id: string): Device | undefined {
    return this.#entries.get(id)?.device;
  }

  /** Evaluators that stand at a window, with what their keys mean. */
  evaluators(): EvaluatorAtWindow[] {
    return [...this.#entries.values()].flatMap(({ row, model, device }) =>
      device.kind === 'evaluator' && model.kind === 'evaluator' && row.window !== undefined
        ? [{ window: row.window, evaluator: device, keyMap: keyMapOf(row.keyMap ?? model.keyMap) }]
        : [],
    );
  }

  evaluatorOf(window: number): EvaluatorAtWindow | undefined {
    return this.evaluators().find((each) => each.window === window);
  }

  /** Printers in the order of the configuration. */
  printers(): TicketPrinter[] {
    return [...this.#entries.values()].flatMap(({ device }) => (device.kind === 'printer' ? [device] : []));
  }

  /** Every device as technicians see it. */
  list(): DeviceView[] {
    return [...this.#entries.values()].map(({ row, model, device }) => {
      const { state, fault, notes, serial, firmware, lastSeenAt, counters } = device.status;
      const advice = adviceFor(state, fault);
      return {
        id: row.id,
        kind: model.kind,
        model: model.id,
        port: row.port,
        window: row.window ?? null,
        state,
        ...(fault !== undefined && { fault }),
        ...(advice && { advice }),
        ...(serial !== undefined && { serial }),
        ...(firmware !== undefined && { firmware }),
        ...(lastSeenAt && { lastSeenAt: lastSeenAt.toISOString() }),
        notes,
        counters,
      };
    });
  }

  /** Frees every port. May be called again. */
  async close(): Promise<void> {
    await Promise.all(
      [...this.#entries.values()].map(async ({ session, device }) => {
        await session.close();
        await device.close();
      }),
    );
    this.removeAllListeners();
  }
}

/** Opens the devices of a checked configuration; a row that cannot be opened at all is a broken promise. */
export function openDevices(rows: readonly DeviceRow[], parts: DeviceParts): Devices {
  const faults = deviceFaults(rows).map(({ index, field, why }) => `devices[${index}].${field}: ${why}`);
  if (faults.length > 0) throw new HallError('internal', faults.join('; '));
  return new Devices(rows, parts);
}

function makeDriver(id: string, model: ModelRow, parts: DeviceParts): Device & AttachedDriver {
  const { clock, random, onFrame } = parts;
  const tap: Pick<ElpEvaluatorParts, 'onFrame'> = onFrame
    ? { onFrame: (direction, bytes, decoded) => onFrame(id, direction, bytes, decoded) }
    : {};
  switch (model.kind) {
    case 'evaluator':
      return new ElpEvaluator({ id, clock, random, ...tap });
    case 'printer':
      return new EscPosPrinter({
        id,
        model,
        clock,
        random,
        ...(onFrame && { onFrame: (direction, bytes) => onFrame(id, direction, bytes, null) }),
      });
  }
}

function openerOf(address: PortAddress, model: ModelRow): OpenTransport {
  switch (address.kind) {
    case 'serial':
      return serialTransport(address.path, { ...model.line, ...address.line });
    case 'tcp':
      return tcpTransport(address);
  }
}

/** Without a prototype: a device that sends the code `constructor` must find nothing. */
function keyMapOf(map: Readonly<Record<string, RatingLevel>>): Readonly<Record<string, RatingLevel>> {
  return Object.assign(Object.create(null), map);
}
