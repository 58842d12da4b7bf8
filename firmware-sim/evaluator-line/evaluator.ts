import { type EvaluatorHandle, type EvaluatorOptions, startEvaluatorDevice } from '../evaluator/device.ts';
import { evaluatorFaults } from '../faults/faults.ts';
import { createPort, type Place, type SerialOnUsb } from '../port/open-port.ts';
import { parseCommand } from './command.ts';
import { createLineReceiver, encodeLine, spoilChecksum } from './frame.ts';
import { EvaluatorMachine } from './machine.ts';

export type { EvaluatorHandle } from '../evaluator/device.ts';
export type LineEvaluatorOptions = EvaluatorOptions & { port: Place; usb?: SerialOnUsb };

const baud = 9600;

/** Starts one ELP/1 evaluator on a real port; rejects with a PortError when the port cannot be opened. */
export async function startEvaluator(options: LineEvaluatorOptions): Promise<EvaluatorHandle> {
  const id = options.id ?? 'evaluator';
  const identity = {
    model: options.model ?? 'HALL-EV5',
    serial: options.serial ?? 'SIM0001',
    firmware: options.firmware ?? '1.0',
  };
  for (const [field, value] of Object.entries(identity)) {
    if (!/^[\x20-\x7e]+$/.test(value) || /[$*,]/.test(value) || value.length > 32) {
      throw new RangeError(
        `${id}: ${field} "${value}" must be 1-32 printable ASCII characters without $ * ,`,
      );
    }
  }
  const receiver = createLineReceiver();
  return startEvaluatorDevice(
    { ...options, ...identity },
    {
      hardware: new EvaluatorMachine(identity),
      encode: encodeLine,
      hear(bytes) {
        const before = { ...receiver.dropped };
        const bodies = receiver.receive(bytes);
        const { crc, form, long } = receiver.dropped;
        const dropped = crc + form + long > before.crc + before.form + before.long;
        return {
          commands: bodies.map((body) => ({ command: parseCommand(body), wire: body })),
          decoded: dropped ? `${describe(bytes)}  (dropped a line)` : describe(bytes),
        };
      },
      describe,
      spoil: spoilChecksum,
      reset: () => receiver.reset(),
      dropped: () => ({ ...receiver.dropped }),
      faultNames: evaluatorFaults,
      baud,
      createPort: (events) =>
        createPort(
          options.port,
          events,
          {
            vendorId: 0x1209,
            productId: 0x0003,
            serial: identity.serial,
            product: identity.model,
          },
          options.usb,
        ),
    },
  );
}

function describe(bytes: Uint8Array) {
  return Buffer.from(bytes)
    .toString('latin1')
    .replace(/[^\x20-\x7e]/g, (sign) => (sign === '\r' || sign === '\n' ? '' : '·'));
}
