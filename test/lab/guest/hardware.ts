/** The devices of the lab's hall, simulated behind real drivers of the kernel; each with a plug that can be pulled. */
import { startEvaluator, startHidEvaluator, startPrinter } from '../../../firmware-sim/index.ts';
import type { EvaluatorHandle, PrinterHandle } from '../../../firmware-sim/index.ts';
import { startHidScanner, type HidScannerHandle } from '../../../firmware-sim/scanner/hid-scanner.ts';
import { printerGadget, serialGadget } from './gadgets.ts';
import { startKeypad, type KeypadHandle } from './keypad.ts';
import { ftdiAdapter, type Adapter } from './monitor.ts';
import { wire } from './wire.ts';

type Plug = { plug(): Promise<void>; unplug(): Promise<void> };
/** An evaluator that remembers presses, at its window. */
export type LabEvaluator = Plug & { id: string; window: number; sim: EvaluatorHandle };

export type Hardware = {
  /** by UHID, on an FTDI adapter, on a CDC-ACM adapter */
  evaluators: readonly LabEvaluator[];
  keypad: KeypadHandle;
  scanner: HidScannerHandle;
  printer: Plug & { sim: PrinterHandle };
  /** the FTDI adapter alone */
  adapter: Adapter;
};

/** Plugs everything in. */
export async function plugIn(): Promise<Hardware> {
  const hid = await startHidEvaluator({ port: 'uhid', serial: 'EHR-LAB-1' });

  const onFtdi = await startEvaluator({ port: 'tcp:0', serial: 'FTDI-LAB-2' });
  wire('/dev/virtio-ports/lab.serial0', portOf(onFtdi));
  const adapter = await ftdiAdapter();

  const onAcm = await startEvaluator({ port: 'tcp:0', serial: 'ACM-LAB-3' });
  const acm = serialGadget('adapter', 1, 'ACM-SOCKET-1');
  wire(acm.device, portOf(onAcm));

  // The plug may also be pulled by the printer's own fault, at a byte of a sheet.
  let pulled = (): void => undefined;
  const printer = await startPrinter({ port: 'tcp:0', speed: Infinity, onChange: () => pulled() });
  const usblp = printerGadget('printer', 0, 'PRN-LAB-1');
  wire(usblp.device, printer.portNumber!);
  let inSocket = true;
  pulled = () => {
    if (printer.plugged || !inSocket) return;
    inSocket = false;
    usblp.unplug();
  };

  return {
    evaluators: [
      { id: 'evaluator-1', window: 1, sim: hid, plug: hid.plug, unplug: hid.unplug },
      { id: 'evaluator-2', window: 2, sim: onFtdi, ...both(onFtdi, adapter) },
      {
        id: 'evaluator-3',
        window: 3,
        sim: onAcm,
        ...both(onAcm, { plug: async () => acm.plug(), unplug: async () => acm.unplug() }),
      },
    ],
    keypad: await startKeypad('PAD-LAB-4'),
    scanner: await startHidScanner({ port: 'uhid', serial: 'SCAN-LAB-1' }),
    printer: {
      sim: printer,
      unplug: printer.unplug,
      async plug() {
        await printer.plug();
        if (!inSocket) usblp.plug();
        inSocket = true;
      },
    },
    adapter,
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

function portOf({ port }: { port: string }): number {
  return Number(port.split(':').at(-1));
}
