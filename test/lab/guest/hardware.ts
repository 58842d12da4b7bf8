/** The devices of the lab's hall, simulated behind real drivers of the kernel; each with a plug that can be pulled. */
import {
  startEvaluator,
  startHidEvaluator,
  startHidScanner,
  startIdReader,
  startPrinter,
  startScanner,
  type EvaluatorHandle,
  type HidScannerHandle,
  type IdReaderHandle,
  type PrinterHandle,
  type ScannerHandle,
} from '../../../firmware-sim/index.ts';
import { startKeypad, type KeypadHandle } from '../../../firmware-sim/keypad/keypad.ts';
import { startUsbBus, usbIpPort } from '../../../firmware-sim/usb/bus.ts';
import { attachAll } from '../../../firmware-sim/usb/host.ts';
import { until } from '../../harness/programs.ts';
import { LIMIT_MS } from './check.ts';
import { startLink, type Link } from './link.ts';
import { ftdiAdapter, type Adapter } from './monitor.ts';
import { wire } from './wire.ts';

type Plug = { plug(): Promise<void>; unplug(): Promise<void> };
/** An evaluator that remembers presses, at its window; it stands at what `by` says. */
export type LabEvaluator = Plug & { id: string; window: number; by: string; sim: EvaluatorHandle };

export type Hardware = {
  /** by their id in hall.yaml */
  evaluators: Record<EvaluatorId, LabEvaluator>;
  keypad: KeypadHandle;
  reader: IdReaderHandle;
  hidScanner: HidScannerHandle;
  serialScanner: ScannerHandle;
  printer: PrinterHandle;
  /** on the bus and in no hall: for programs that are not the agent */
  sparePrinter: PrinterHandle;
  /** the FTDI adapter that QEMU makes */
  adapter: Adapter;
  /** between the computer and the bus, for evaluator-1 alone */
  link: Link;
  /** Attaches what is on the bus, but for the spare printer, and keeps it attached; ports are in the order of sockets. */
  attach(): Promise<void>;
};
export type EvaluatorId = `evaluator-${1 | 2 | 3 | 5 | 6 | 7 | 8 | 9}`;

/** Sockets of the bus in the order in which the devices are made: 1-1, 1-2 … */
export const SOCKETS = {
  printer: '1-1',
  'evaluator-1': '1-2',
  'evaluator-3': '1-3',
  keypad: '1-4',
  reader: '1-5',
  hidScanner: '1-6',
  serialScanner: '1-7',
  'evaluator-6': '1-8',
  'evaluator-7': '1-9',
  'evaluator-8': '1-10',
  'evaluator-9': '1-11',
  sparePrinter: '1-12',
} as const;

/** CDC-ACM devices with the ids of WCH's chips of that class, which the rules know. */
const CH343 = { vendorId: 0x1a86, productId: 0x55d3, manufacturer: 'WCH', product: 'USB Single Serial' };
const CH9102 = { ...CH343, productId: 0x55d4 };

/** Makes every device; those on the bus are not attached yet. */
export async function makeHardware(): Promise<Hardware> {
  const bus = await startUsbBus({ port: usbIpPort });
  const port = bus;
  const printer = await startPrinter({ port, speed: Infinity, serial: 'PRN-LAB-1' });
  const evaluator1 = await startHidEvaluator({ port, serial: 'EHR-LAB-1' });
  const evaluator3 = await startEvaluator({
    port,
    serial: 'ACM-LAB-3',
    usb: { chip: 'cdc-acm', ...CH343, serial: 'ACM-SOCKET-3' },
  });
  const keypad = await startKeypad({ port, serial: 'PAD-LAB-4' });
  const reader = await startIdReader({ port, usb: { chip: 'cdc-acm', ...CH9102, serial: 'READER-1' } });
  const hidScanner = await startHidScanner({ port, serial: 'SCAN-LAB-1' });
  const serialScanner = await startScanner({ port, usb: { chip: 'cp210x', serial: 'SCAN-LAB-2' } });
  const evaluator6 = await startEvaluator({ port, serial: 'CH340-LAB-6', usb: { chip: 'ch340' } });
  const evaluator7 = await startEvaluator({ port, serial: 'CP2102-LAB-7', usb: { chip: 'cp210x' } });
  const evaluator8 = await startEvaluator({ port, serial: 'PL2303-LAB-8', usb: { chip: 'pl2303' } });
  const evaluator9 = await startEvaluator({ port, serial: 'FT232R-LAB-9', usb: { chip: 'ftdi' } });
  const sparePrinter = await startPrinter({ port, speed: Infinity, serial: 'PRN-SPARE' });

  const evaluator2 = await startHidEvaluator({ port: 'uhid', serial: 'EHR-LAB-2' });
  const evaluator5 = await startEvaluator({ port: 'tcp:0', serial: 'QEMU-LAB-5' });
  wire('/dev/virtio-ports/lab.serial0', Number(evaluator5.port.split(':').at(-1)));
  const adapter = await ftdiAdapter();
  const link = await startLink(bus.port);

  const onItself = (id: EvaluatorId, by: string, sim: EvaluatorHandle): LabEvaluator => ({
    ...{ id, by, sim, window: Number(id.at(-1)) },
    plug: sim.plug,
    unplug: sim.unplug,
  });
  return {
    evaluators: {
      'evaluator-1': onItself('evaluator-1', 'USB/IP, usbhid, hidraw', evaluator1),
      'evaluator-2': onItself('evaluator-2', 'UHID, hidraw', evaluator2),
      'evaluator-3': onItself('evaluator-3', 'USB/IP, cdc_acm, ttyACM', evaluator3),
      'evaluator-5': {
        ...onItself('evaluator-5', "QEMU's FTDI, ftdi_sio, ttyUSB", evaluator5),
        ...both(evaluator5, adapter),
      },
      'evaluator-6': onItself('evaluator-6', 'a CH340, ch341, ttyUSB', evaluator6),
      'evaluator-7': onItself('evaluator-7', 'a CP2102, cp210x, ttyUSB', evaluator7),
      'evaluator-8': onItself('evaluator-8', 'a PL2303, pl2303, ttyUSB', evaluator8),
      'evaluator-9': onItself('evaluator-9', 'an FT232R, ftdi_sio, ttyUSB', evaluator9),
    },
    ...{ keypad, reader, hidScanner, serialScanner, printer, sparePrinter, adapter, link },
    async attach() {
      const say = (): void => undefined;
      const host = '127.0.0.1';
      const { printer: first, 'evaluator-1': second, sparePrinter: _kept, ...rest } = SOCKETS;
      const attached = async (at: number, ...busIds: string[]): Promise<void> => {
        const devices = attachAll({ host, port: at, busIds, every: 1000, say });
        await until('devices to be attached', () => devices.devices().size === busIds.length, LIMIT_MS);
      };
      // The printer before any HID device: those take names of /dev/usb/lp0's row too (hiddev).
      await attached(bus.port, first);
      await attached(link.port, second);
      await attached(bus.port, ...Object.values(rest));
    },
  };
}

/** What is behind the adapter loses its line with the adapter's plug, and keeps its power. */
function both(device: Plug, adapter: Plug): Plug {
  return {
    async unplug() {
      await adapter.unplug();
      await device.unplug();
    },
    async plug() {
      await device.plug();
      await adapter.plug();
    },
  };
}
