/** A USB device as its host sees it: states, endpoint 0 with its requests, and the way of transfers to endpoints. */
import type { DeviceDescriptor } from './descriptors.ts';
import type { InEndpoint, OutEndpoint, Transfer } from './endpoint.ts';
import { answerStandardRequest } from './standard-requests.ts';
import { status, type Submit } from './usbip-frames.ts';

/** A control request (USB 2.0, 9.3). */
export type Setup = {
  toHost: boolean;
  kind: 'standard' | 'class' | 'vendor' | 'reserved';
  recipient: 'device' | 'interface' | 'endpoint' | 'other';
  request: number;
  value: number;
  index: number;
  length: number;
};

/** Bytes for the host (none for a request that only sets), or null: STALL. */
export type ControlAnswer = Uint8Array | null;
export const done: ControlAnswer = new Uint8Array();

/** What makes a device one of its class or chip. */
export type UsbFunction = {
  /** Class and vendor requests, and GET_DESCRIPTOR of an interface; only once configured for an interface. */
  control: (setup: Setup, data: Uint8Array) => ControlAnswer;
  inEndpoints: ReadonlyMap<number, InEndpoint>;
  outEndpoints: ReadonlyMap<number, OutEndpoint>;
  /** The host has set the configuration (true), or it is reset, unconfigured or gone (false). */
  onConfigured: (on: boolean) => void;
};

export type UsbDevice = ReturnType<typeof createUsbDevice>;

const kinds = ['standard', 'class', 'vendor', 'reserved'] as const;
const recipients = ['device', 'interface', 'endpoint', 'other'] as const;

/** Reads the eight bytes of a setup packet; little-endian inside, as on the bus. */
export function readSetup(bytes: Uint8Array): Setup {
  const view = Buffer.from(bytes);
  const type = view.readUInt8(0);
  return {
    toHost: (type & 0x80) !== 0,
    kind: kinds[(type >> 5) & 3] ?? 'reserved',
    recipient: recipients[type & 0x1f] ?? 'other',
    request: view.readUInt8(1),
    value: view.readUInt16LE(2),
    index: view.readUInt16LE(4),
    length: view.readUInt16LE(6),
  };
}

/** How a USB/IP client says that it resets the bus: SET_FEATURE(PORT_RESET) as if the device were a hub's port (stub_rx.c). */
function isBusReset({ kind, recipient, request, value, toHost }: Setup): boolean {
  return !toHost && kind === 'class' && recipient === 'other' && request === 3 && value === 4;
}

export function createUsbDevice(descriptor: DeviceDescriptor, usbFunction: UsbFunction) {
  let configuration = 0;

  function endpoints() {
    return [...usbFunction.inEndpoints.values(), ...usbFunction.outEndpoints.values()];
  }

  function setConfiguration(value: number, state: number = status.shutdown) {
    for (const endpoint of endpoints()) endpoint.end(state);
    const before = configuration;
    configuration = value;
    if (before !== 0) usbFunction.onConfigured(false);
    if (value !== 0) usbFunction.onConfigured(true);
  }

  const state = {
    descriptor,
    get configuration() {
      return configuration;
    },
    setConfiguration,
    /** By its address, with bit 7 for the direction; undefined before the device is configured. */
    endpoint(address: number) {
      if (configuration === 0) return undefined;
      const side = (address & 0x80) !== 0 ? usbFunction.inEndpoints : usbFunction.outEndpoints;
      return side.get(address);
    },
  };

  function control(setup: Setup, data: Uint8Array): ControlAnswer {
    if (isBusReset(setup)) {
      // A server gives the device its configuration back afterwards, as Linux' own does.
      setConfiguration(configuration, status.reset);
      return done;
    }
    if (setup.kind === 'standard') {
      const answer = answerStandardRequest(state, setup);
      if (answer !== 'unknown') return answer;
    }
    if (configuration === 0 && setup.recipient === 'interface' && setup.kind !== 'standard') return null;
    return usbFunction.control(setup, data);
  }

  function submitControl(submit: Submit, data: Uint8Array, finish: Transfer['finish']) {
    const setup = readSetup(submit.setup);
    const agrees = setup.length === 0 || setup.toHost === submit.toHost;
    const answer = agrees ? control(setup, data) : null;
    if (answer === null) return finish(status.stall, submit.toHost ? new Uint8Array() : 0);
    if (!submit.toHost) return finish(status.ok, data.length);
    const bytes = answer.subarray(0, Math.min(setup.length, submit.length));
    finish(submit.shortNotOk && bytes.length < submit.length ? status.short : status.ok, bytes);
  }

  return {
    descriptor,
    get configured() {
      return configuration !== 0;
    },
    /** Transfers that wait for the device. */
    get waiting() {
      return endpoints().reduce((sum, endpoint) => sum + endpoint.waiting, 0);
    },
    submit(submit: Submit, data: Uint8Array, finish: Transfer['finish']) {
      if (submit.endpoint === 0) return submitControl(submit, data, finish);
      const endpoint = state.endpoint(submit.endpoint | (submit.toHost ? 0x80 : 0));
      if (!endpoint) return finish(status.protocol, submit.toHost ? new Uint8Array() : 0);
      const { sequence, length, shortNotOk } = submit;
      endpoint.submit({ sequence, length, shortNotOk, data, finish });
    },
    /** False: no such transfer waits. */
    unlink: (sequence: number) => endpoints().some((endpoint) => endpoint.unlink(sequence)),
    /** As after power-up: not configured, nothing halted, nothing queued; waiting transfers end as unplugged. */
    reset: () => setConfiguration(0),
  };
}
