/** Starts one device of the panel at its place. */
import { startAsciiEvaluator } from '../ascii-evaluator/evaluator.ts';
import { startCable } from '../cable.ts';
import { startHidEvaluator } from '../evaluator-hid/evaluator.ts';
import { startEvaluator } from '../evaluator-line/evaluator.ts';
import { startFf68Bus } from '../ff68/bus.ts';
import { startIdReader } from '../id-reader/id-reader.ts';
import { startKeypad } from '../keypad/keypad.ts';
import type { HidPlace } from '../port/open-hid-port.ts';
import type { Place, SerialOnUsb } from '../port/open-port.ts';
import type { UsbBus } from '../port/usb.ts';
import type { WireEntry } from '../port/wire-log.ts';
import { startPrinter } from '../printer/printer.ts';
import { startHidScanner } from '../scanner/hid-scanner.ts';
import { startScanner } from '../scanner/scanner.ts';
import { startSignLine } from '../sign/sign-line.ts';
import { startUb485Bus } from '../ub485/bus.ts';
import type { Standing } from './device-options.ts';
import type { Device, Model } from './devices.ts';
import type { KeypadOption, PrinterOption, ReaderOption, ScannerOption } from './kiosk-options.ts';
import { printerModel } from './printer-kinds.ts';
import type { CableOption, EvaluatorOption, PadsOption, SignOption } from './window-options.ts';

/** The devices of a panel, as they are to be started. */
export type DeviceOptions = {
  evaluators?: readonly EvaluatorOption[];
  pads?: readonly PadsOption[];
  signs?: readonly SignOption[];
  printers?: readonly PrinterOption[];
  readers?: readonly ReaderOption[];
  scanners?: readonly ScannerOption[];
  keypads?: readonly KeypadOption[];
  cables?: readonly CableOption[];
};
/** What surrounds them. */
export type Surroundings = {
  bus: UsbBus | undefined;
  /** of boot numbers, in [0, 1) */
  random: () => number;
  /** the serial number of a device that was not given one; left out: the device's own */
  serialOf?: ((id: string) => string) | undefined;
  watch: (id: string) => { onChange: () => void; onWire: (entry: WireEntry) => void };
};
export type ToStart = { id: string; start: () => Promise<{ device: Device; model: Model }> };

/** In the order in which they stand on the panel; throws a RangeError when an id is there twice. */
export function devicesToStart(options: DeviceOptions, around: Surroundings): ToStart[] {
  const { evaluators = [], pads = [], signs = [], printers = [] } = options;
  const { readers = [], scanners = [], keypads = [], cables = [] } = options;
  const all: ToStart[] = [
    ...evaluators.map((one) => toStart(one.id, () => evaluator(one, around))),
    ...pads.map((one) => toStart(one.id, () => padLine(one, around))),
    ...signs.map((one) => toStart(one.id, () => signLine(one, around))),
    ...printers.map((one) => toStart(one.id, () => printer(one, around))),
    ...readers.map((one) =>
      toStart(one.id, async () => ({
        device: await startIdReader({ ...onLine(one, around), readMs: one.readMs }),
        model: 'sdt',
      })),
    ),
    ...scanners.map((one) => toStart(one.id, () => scanner(one, around))),
    ...keypads.map((one) =>
      toStart(one.id, async () => ({ device: await startKeypad(onHid(one, around)), model: 'keypad' })),
    ),
    ...cables.map((one) =>
      toStart(one.id, async () => ({
        device: await startCable({ ...one, onChange: around.watch(one.id).onChange }),
        model: null,
      })),
    ),
  ];
  const twice = all.find(({ id }, at) => all.findIndex((other) => other.id === id) !== at);
  if (twice) throw new RangeError(`device id "${twice.id}" is given twice`);
  return all;
}

const toStart = (id: string, start: ToStart['start']): ToStart => ({ id, start });
type Started = ReturnType<ToStart['start']>;

async function evaluator(one: EvaluatorOption, around: Surroundings): Started {
  const { random } = around;
  if (one.protocol === 'ascii') {
    const characters = one.characters === undefined ? {} : { characters: one.characters };
    return {
      device: await startAsciiEvaluator({ ...onLine(one, around), ...characters }),
      model: 'ascii-5',
    };
  }
  const own = { random, ...(one.model !== undefined && { model: one.model }) };
  return one.protocol === 'ehr1'
    ? { device: await startHidEvaluator({ ...onHid(one, around), ...own }), model: 'ehr1' }
    : {
        device: await startEvaluator({ ...onLine(one, around), ...serial(one, around), ...own }),
        model: 'elp1',
      };
}

async function padLine(one: PadsOption, around: Surroundings): Started {
  const line = onLine(one, around);
  return one.protocol === 'ff68'
    ? { device: await startFf68Bus({ ...line, addresses: one.addresses }), model: 'ff68' }
    : { device: await startUb485Bus({ ...line, addresses: one.addresses }), model: 'ub485' };
}

async function signLine({ protocol, addresses, columns, ...one }: SignOption, around: Surroundings): Started {
  return {
    device: await startSignLine({ ...onLine(one, around), protocol, addresses, columns }),
    model: protocol,
  };
}

async function printer({ kind, width, traits, ...one }: PrinterOption, around: Surroundings): Started {
  const device = await startPrinter({ ...onLine(one, around), ...serial(one, around), width, ...traits });
  return { device, model: printerModel(kind, width) };
}

async function scanner(one: ScannerOption, around: Surroundings): Started {
  const { encoding } = one;
  if (one.protocol === 'hid')
    return { device: await startHidScanner({ ...onHid(one, around), encoding }), model: 'scanner-hid' };
  const { suffix, aim } = one;
  return {
    device: await startScanner({ ...onLine(one, around), encoding, suffix, aim }),
    model: 'scanner-serial',
  };
}

function serial(one: Standing, { serialOf }: Surroundings): { serial?: string } {
  const said = one.serial ?? serialOf?.(one.id);
  return said === undefined ? {} : { serial: said };
}

function onLine(
  one: Standing,
  around: Surroundings,
): ReturnType<Surroundings['watch']> & {
  id: string;
  port: Place;
  usb?: SerialOnUsb;
} {
  const { id, place, chip } = one;
  const watched = { id, ...around.watch(id) };
  if (place !== 'usb') return { ...watched, port: place };
  // A bridge chip has the serial number that its maker gave all of them, if any: only who is asked for another one has it.
  const says = chip && chip !== 'cdc-acm' ? pick(one) : serial(one, around);
  return { ...watched, port: busOf(id, around), usb: { ...(chip && { chip }), ...says } };
}
const pick = ({ serial: said }: Standing) => (said === undefined ? {} : { serial: said });

function onHid(
  one: Standing,
  around: Surroundings,
): ReturnType<Surroundings['watch']> & {
  id: string;
  port: HidPlace;
  serial?: string;
} {
  const { id, place } = one;
  const port = place === 'uhid' ? 'uhid' : busOf(id, around);
  return { id, ...around.watch(id), port, ...serial(one, around) };
}

function busOf(id: string, { bus }: Surroundings): UsbBus {
  if (!bus)
    throw new RangeError(`${id}: its place is usb, and there is no USB bus; start one with --usbip PORT`);
  return bus;
}
