/** From a row and its model to what drives it: one line with one or several devices on it. */
import type { RatingLevel } from '../contract/events.ts';
import type { FrameDescription, LineRole, PadAction } from '../contract/devices.ts';
import type { DeviceKind } from '../contract/live.ts';
import { parsePort } from '../contract/port.ts';
import { HallError } from '../contract/problem.ts';
import type { Clock } from './clock.ts';
import { WindowEvaluator } from './driver/evaluator.ts';
import { FramesLine } from './driver/frames-line.ts';
import { SdtReader } from './driver/id-reader.ts';
import type { Device } from './driver/interfaces.ts';
import { Keypad } from './driver/keypad.ts';
import { EscPosPrinter } from './driver/printer.ts';
import { HidScanner, TextScanner } from './driver/scanner.ts';
import { SignLine } from './driver/sign-line.ts';
import type { ModelRow } from './models.ts';
import type { KnowPerson } from './person-hash.ts';
import { roleOf, unitsOf, type DeviceRow, type UnitRow } from './rows.ts';
import type { AttachedDriver } from './session.ts';

export type LineParts = {
  clock: Clock;
  /** [0…1) */
  random: () => number;
  /** masked form and keyed hashes of an identity number */
  know: KnowPerson;
  /** the highest press number on disk of a device since its power-up, 0 for none: 16-bit counters go on from there */
  lastSeq?: (serial: string, boot: string) => number;
  /** the run before was cut off: half a sheet may hang in a printer */
  wasCutOff?: boolean;
  /** the technician's view of the wire; `decoded` is the driver's own reading of it */
  onFrame?: (line: string, direction: 'sent' | 'received', bytes: Uint8Array, decoded: unknown) => void;
};

/** One device of a line, with what its row says of it. */
export type Unit = UnitRow & { kind: DeviceKind; device: Device };
export type Line = {
  row: DeviceRow;
  model: ModelRow;
  driver: AttachedDriver;
  units: Unit[];
  /** raw key code → level or clerk's key; without a prototype: a device may send `constructor` */
  keyMap: Readonly<Record<string, RatingLevel>>;
  padMap: Readonly<Record<string, PadAction>>;
  /** Settles everything; the port belongs to the session. May be called again. */
  close(): Promise<void>;
};

/** Makes the driver of a checked row. */
export function makeLine(row: DeviceRow, table: ModelRow, parts: LineParts): Line {
  // What paces a line is the speed that it has here.
  const port = parsePort(row.port);
  const settings = port.ok && port.address.kind === 'serial' ? port.address.line : {};
  const model = { ...table, line: { ...table.line, ...settings } };
  const keyMap = bare('keyMap' in model ? (row.keyMap ?? model.keyMap) : {});
  const padMap = bare('padMap' in model ? (row.padMap ?? model.padMap) : {});
  const { clock, random, know, lastSeq, onFrame } = parts;
  const units = unitsOf(row).map((unit) => ({ ...unit, as: roleOf(model, row, unit) }));
  const common = {
    id: row.id,
    clock,
    random,
    ...(onFrame && {
      onFrame: (direction: 'sent' | 'received', bytes: Uint8Array, decoded?: unknown) =>
        onFrame(row.id, direction, bytes, decoded ?? null),
    }),
  };
  const line = (driver: AttachedDriver & { close(): Promise<void> }, devices: readonly Device[]): Line => ({
    row,
    model,
    driver,
    units: units.map((unit, index) => {
      const device = devices[index];
      if (!device) throw new HallError('internal', `the driver of ${row.id} has no ${unit.id}`);
      return { ...unit, kind: device.kind, device };
    }),
    keyMap,
    padMap,
    close: () => driver.close(),
  });
  const single = (driver: AttachedDriver & Device): Line => line(driver, [driver]);

  switch (model.kind) {
    case 'evaluator':
      return single(
        new WindowEvaluator({ ...common, protocol: model.protocol, ...(lastSeq && { lastSeq }) }),
      );
    case 'frames': {
      const frames = model.frames ?? row.frame;
      if (!frames) throw new HallError('internal', `device ${row.id} was not checked`);
      const driver = new FramesLine({
        ...common,
        model: {
          ...model,
          frames,
          keyMap,
          padMap,
          protected: model.frames ? model.protected : isProtected(frames),
        },
        units: units.map(({ id, address, as }) => ({ id, address, as: padOrEvaluator(row, as) })),
      });
      return line(driver, driver.units);
    }
    case 'keypad': {
      const driver = new Keypad({
        ...common,
        as: padOrEvaluator(row, units[0]?.as),
        model: { ...model, keyMap, padMap },
      });
      return line(driver, driver.units);
    }
    case 'printer':
      return single(new EscPosPrinter({ ...common, model, halfSheetHangs: parts.wasCutOff === true }));
    case 'reader':
      return single(new SdtReader({ ...common, know }));
    case 'scanner':
      return single(model.protocol === 'hid-pos' ? new HidScanner(common) : new TextScanner(common));
    case 'sign': {
      const driver = new SignLine({
        ...common,
        model,
        units: units.map(({ id, address }) => ({ id, address })),
      });
      return line(driver, driver.units);
    }
  }
}

/** Every key has a checksum and is acknowledged: nothing that is lost or late acts wrongly. */
function isProtected({ pad, evaluator }: FrameDescription): boolean {
  return [pad, evaluator].every(
    (role) =>
      !role || (role.acknowledge !== undefined && role.keys.every((key) => /\{(sum8|xor8|crc16)/.test(key))),
  );
}

function padOrEvaluator(row: DeviceRow, role: LineRole | undefined): 'pad' | 'evaluator' {
  if (role === 'pad' || role === 'evaluator') return role;
  throw new HallError('internal', `device ${row.id} was not checked`);
}

function bare<V>(map: Readonly<Record<string, V>>): Readonly<Record<string, V>> {
  return Object.assign(Object.create(null), map);
}
