/** The devices of a panel: what there can be, and what is said of each. */
import type { AsciiEvaluatorHandle } from '../ascii-evaluator/evaluator.ts';
import type { CableHandle } from '../cable.ts';
import type { EvaluatorHandle } from '../evaluator-line/evaluator.ts';
import type { FaultOptions } from '../faults/faults.ts';
import type { Ff68BusHandle } from '../ff68/bus.ts';
import type { IdReaderHandle } from '../id-reader/id-reader.ts';
import { type SamplePerson, samplePeople } from '../id-reader/people.ts';
import { type KeypadHandle, keypadKeys } from '../keypad/keypad.ts';
import type { Unit } from '../key-line/key-words.ts';
import type { PrinterHandle } from '../printer/printer.ts';
import type { HidScannerHandle } from '../scanner/hid-scanner.ts';
import type { ScannerHandle } from '../scanner/scanner.ts';
import type { SignLineHandle } from '../sign/sign-line.ts';
import type { Ub485BusHandle } from '../ub485/bus.ts';
import type { PrinterModel } from './printer-kinds.ts';

export type Device =
  | EvaluatorHandle
  | AsciiEvaluatorHandle
  | Ff68BusHandle
  | Ub485BusHandle
  | SignLineHandle
  | PrinterHandle
  | IdReaderHandle
  | ScannerHandle
  | HidScannerHandle
  | KeypadHandle
  | CableHandle;
export type Kind = Device['kind'];
/** As a hall's configuration names what it is; null: no device of a configuration. */
export type Model =
  | 'elp1'
  | 'ehr1'
  | 'ascii-5'
  | 'ff68'
  | 'ub485'
  | 'strip'
  | 'xunpeng'
  | 'sdt'
  | 'scanner-serial'
  | 'scanner-hid'
  | 'keypad'
  | PrinterModel
  | null;

export const kinds = [
  'evaluator',
  'ascii-evaluator',
  'ff68-bus',
  'ub485-bus',
  'sign-line',
  'printer',
  'reader',
  'scanner',
  'keypad',
  'cable',
] as const satisfies Kind[];
/** Kinds with a wire to look at: a cable only passes on. */
export const kindsWithWire = kinds.filter((kind) => kind !== 'cable') as Exclude<Kind, 'cable'>[];

/** What the panel knows of a device beside what the device says. */
export type OnPanel = {
  device: Device;
  model: Model;
  /** where it hangs on the panel's USB bus; null: elsewhere */
  busId: string | null;
  /** faults that it is made with, as a printer that knows no process ids: nobody mends them */
  ownFaults: readonly string[];
};
/** A fault that is on: since when (RFC 3339), and how. */
export type FaultOn = { name: string; since: string; options: FaultOptions };

export const samplePersonIds = Object.keys(samplePeople) as SamplePerson[];
/** Who can lie on a card plate, in the words of the sample. */
const people = Object.entries(samplePeople).map(([id, person]) => ({
  id,
  type: person.type,
  name: 'name' in person ? person.name : person.chineseName || person.englishName,
}));

/** A card says its type only; whose it is, is known where it was laid down. */
const laid = new WeakMap<IdReaderHandle, SamplePerson>();
export function layCard(reader: IdReaderHandle, person: SamplePerson) {
  laid.set(reader, person);
  reader.putCard(person);
}

/** What stands at an address of a line of keys; undefined: nothing. */
export function unitAt(line: Ff68BusHandle | Ub485BusHandle, address: number): Unit | undefined {
  if (line.kind === 'ff68-bus') return line.state().devices[address]?.role;
  return line.state().panels[address] ? 'panel' : undefined;
}

/** What `GET /api/devices` says of one device. */
export function describeDevice(one: OnPanel, faultsOn: readonly FaultOn[]) {
  const { device, model, busId, ownFaults } = one;
  return {
    ...describeChange(one, faultsOn),
    kind: device.kind,
    model,
    busId,
    faultNames: device.faultNames,
    ownFaults,
    ...facts(device),
  };
}

/** What of it can change. */
export function describeChange({ device }: OnPanel, faultsOn: readonly FaultOn[]) {
  return {
    id: device.id,
    port: device.port,
    plugged: device.plugged,
    faults: device.faults(),
    faultsOn,
    state: stateOf(device),
  };
}

function facts(device: Device) {
  switch (device.kind) {
    case 'evaluator':
      return { serial: device.serial, name: device.model };
    case 'printer':
      return { width: device.width };
    case 'sign-line':
      return { protocol: device.protocol };
    case 'reader':
      return { people };
    case 'keypad':
      return { keys: keypadKeys };
    default:
      return {};
  }
}

function stateOf(device: Device) {
  if (device.kind === 'sign-line') {
    const signs = device.addresses.map((address) => [address, device.state(address)]);
    return { signs: Object.fromEntries(signs), line: device.line() };
  }
  if (device.kind === 'reader') {
    const state = device.state();
    return { ...state, card: state.card && { ...state.card, person: laid.get(device) ?? null } };
  }
  return device.state();
}

/** A flash ends by the sign's own clock, and nobody says so. */
export function changesByItself(device: Device): boolean {
  return device.kind === 'sign-line' && device.addresses.some((address) => device.state(address).flashing);
}
