/** The devices of a panel: what there can be, and what is said of each. */
import type { CableHandle } from '../cable.ts';
import type { EvaluatorHandle } from '../evaluator-line/evaluator.ts';
import type { Ff68BusHandle } from '../ff68/bus.ts';
import type { IdReaderHandle } from '../id-reader/id-reader.ts';
import { type SamplePerson, samplePeople } from '../id-reader/people.ts';
import type { Unit } from '../key-line/key-words.ts';
import type { PrinterHandle } from '../printer/printer.ts';
import type { ScannerHandle } from '../scanner/scanner.ts';
import type { SignLineHandle } from '../sign/sign-line.ts';
import type { Ub485BusHandle } from '../ub485/bus.ts';

export type Device =
  | EvaluatorHandle
  | Ff68BusHandle
  | Ub485BusHandle
  | SignLineHandle
  | PrinterHandle
  | IdReaderHandle
  | ScannerHandle
  | CableHandle;
export type Kind = Device['kind'];

export const kinds = [
  'evaluator',
  'ff68-bus',
  'ub485-bus',
  'sign-line',
  'printer',
  'reader',
  'scanner',
  'cable',
] as const satisfies Kind[];
/** Kinds with a wire to look at: a cable only passes on. */
export const kindsWithWire = kinds.filter((kind) => kind !== 'cable') as Exclude<Kind, 'cable'>[];

export const samplePersonIds = Object.keys(samplePeople) as SamplePerson[];
/** Who can lie on a card plate, in the words of the sample. */
export const people = Object.entries(samplePeople).map(([id, person]) => ({
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
export function describeDevice(device: Device) {
  return {
    id: device.id,
    kind: device.kind,
    port: device.port,
    plugged: device.plugged,
    faults: device.faults(),
    faultNames: device.faultNames,
    ...facts(device),
    state: stateOf(device),
  };
}

function facts(device: Device) {
  switch (device.kind) {
    case 'evaluator':
      return { serial: device.serial, model: device.model };
    case 'printer':
      return { width: device.width };
    case 'sign-line':
      return { protocol: device.protocol };
    case 'reader':
      return { people };
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
