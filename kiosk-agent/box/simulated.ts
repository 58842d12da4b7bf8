/** Which simulated device stands for which device of a hall file: options of `hall-sim panel` (docs/simulator.md). */
import { join } from 'node:path';
import type { HallDevice } from './hall-file.ts';

/** Model → what its printer can say of itself; any other one is `full`. */
const PRINTER_KINDS: Readonly<Record<string, string>> = {
  'escpos-80-basic': 'basic',
  'escpos-58': 'basic',
  'escpos-80-ordered': 'ordered',
  'escpos-80-one-way': 'one-way',
};

/** The options for a hall's devices; a model that is not simulated here has none. Lines are made in `folder`. */
export function simulated(devices: readonly HallDevice[], folder: string): string[] {
  return devices.flatMap((device) => {
    // Pseudo-terminals where the system has them: the agent then opens a true serial port.
    const serial = device.port.startsWith('serial:') && process.platform !== 'win32';
    const port = serial ? `pty:${join(folder, device.id)}` : 'tcp:0';
    const [option, settings = ''] = optionOf(device) ?? [];
    return option === undefined ? [] : [option, `${device.id}=${port}${settings}`];
  });
}

function optionOf({ model, addresses = { 1: {} } }: HallDevice): [option: string, settings?: string] | null {
  const list = Object.keys(addresses);
  switch (model) {
    case 'elp1':
      return ['--evaluator'];
    case 'ascii-5':
      return ['--evaluator', ',protocol=ascii'];
    case 'ff68':
      return ['--pads', `,addresses=${list.map((one) => `${one}:${addresses[one]?.as ?? 'pad'}`).join(';')}`];
    case 'ub485':
      return ['--pads', `,protocol=ub485,addresses=${list.join(';')}`];
    case 'strip':
    case 'xunpeng':
      return ['--sign', `,protocol=${model},addresses=${list.join(';')}`];
    case 'sdt':
      return ['--reader'];
    case 'scanner-serial':
      return ['--scanner'];
    default:
      if (!model.startsWith('escpos-')) return null;
      return ['--printer', `,width=${model.includes('58') ? 58 : 80},kind=${PRINTER_KINDS[model] ?? 'full'}`];
  }
}
