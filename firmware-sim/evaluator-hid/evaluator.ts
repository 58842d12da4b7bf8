import { type EvaluatorHandle, type EvaluatorOptions, startEvaluatorDevice } from '../evaluator/device.ts';
import { EvaluatorHardware } from '../evaluator/hardware.ts';
import { createFaults, hidEvaluatorFaults } from '../faults/faults.ts';
import { seededRandom } from '../faults/random.ts';
import type { HidIdentity } from '../port/hid.ts';
import type { HidSocket } from '../port/hid-socket.ts';
import { createHidPort, type HidPlace } from '../port/open-hid-port.ts';
import { describeReport, descriptor, identity, identityReport, parseReport, reportWords } from './report.ts';

export type HidEvaluatorOptions = Omit<EvaluatorOptions, 'serial' | 'firmware'> & {
  port: HidPlace;
  /** 1-24 printable ASCII characters; default SIM0001. */
  serial?: string;
  /** MAJOR.MINOR, each 0…255; default 1.0. */
  firmware?: string;
  /** 0…FFFF; default 1209:0001. */
  vendorId?: number;
  productId?: number;
  /** Presses that were made since the first power-up, all acknowledged: its counter has 16 bits. Default 0. */
  pressesBefore?: number;
};

export type HidEvaluatorHandle = EvaluatorHandle & {
  /** Null but on port `socket`. */
  socket: HidSocket | null;
};

/** Starts one EHR/1 evaluator; rejects with a PortError when there is no UHID on this machine. */
export async function startHidEvaluator(options: HidEvaluatorOptions): Promise<HidEvaluatorHandle> {
  const id = options.id ?? 'evaluator';
  const { serial = 'SIM0001', firmware = '1.0', model = 'HALL-EV5-USB' } = options;
  if (!/^[\x20-\x7e]{1,24}$/.test(serial))
    throw new RangeError(`${id}: serial "${serial}" must be 1-24 printable ASCII characters`);
  if (!/^\d{1,3}\.\d{1,3}$/.test(firmware) || firmware.split('.').some((part) => Number(part) > 255))
    throw new RangeError(`${id}: firmware "${firmware}" must be MAJOR.MINOR, each 0 to 255`);
  const onBus: HidIdentity = {
    vendorId: options.vendorId ?? 0x1209,
    productId: options.productId ?? 0x0001,
    serial,
    product: model,
    descriptor,
    usagePage: 0xff00,
    usage: 1,
  };
  const hardware = new EvaluatorHardware<Uint8Array>(reportWords);
  const faults = createFaults();
  let refused = 0;
  let socket: HidSocket | null = null;
  const babbleRandom = seededRandom(options.seed ?? 1);

  const device = await startEvaluatorDevice(
    { ...options, serial, model },
    {
      hardware,
      encode: (report) => report,
      hear(bytes) {
        const command = parseReport(bytes);
        if (command.name === 'unknown') refused += 1;
        return {
          commands: [{ command, wire: Buffer.from(bytes).toString('hex') }],
          decoded: describeReport(bytes),
        };
      },
      describe: describeReport,
      reset() {},
      dropped: () => ({ stray: 0, long: 0, crc: 0, form: refused }),
      faultNames: hidEvaluatorFaults,
      reports: true,
      babble: () => Uint8Array.from({ length: 16 }, () => Math.floor(babbleRandom() * 256)),
      faults,
      // Without power it is not on the bus.
      isPowered: () => !faults.isOn('power-off'),
      createPort(events) {
        const onFeature = (report: number) => {
          const dumb = faults.isOn('silent') || faults.isOn('no-identity');
          return report === identityReport && !dumb ? identity({ serial, firmware }) : null;
        };
        const made = createHidPort(options.port, onBus, { ...events, onFeature });
        socket = made.socket;
        return made.port;
      },
    },
  );
  return Object.assign(device, { socket: socket as HidSocket | null });
}
