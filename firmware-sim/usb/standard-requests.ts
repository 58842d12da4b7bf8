/** The requests that every device answers (USB 2.0, 9.4). */
import {
  configurationValue,
  type DeviceDescriptor,
  descriptorType,
  encodeConfiguration,
  encodeDeviceDescriptor,
  encodeString,
} from './descriptors.ts';
import type { ControlAnswer, Setup } from './device.ts';

const request = {
  getStatus: 0,
  clearFeature: 1,
  setFeature: 3,
  setAddress: 5,
  getDescriptor: 6,
  getConfiguration: 8,
  setConfiguration: 9,
  getInterface: 10,
  setInterface: 11,
} as const;
const endpointHalt = 0;
const nothing = new Uint8Array();

type Halting = { readonly halted: boolean; setHalted: (on: boolean) => void };

export type DeviceState = {
  descriptor: DeviceDescriptor;
  /** 0: not configured */
  readonly configuration: number;
  setConfiguration: (value: number) => void;
  endpoint: (address: number) => Halting | undefined;
};

/** Answers a standard request; `unknown` when the device's own function is to be asked, null for STALL. */
export function answerStandardRequest(device: DeviceState, setup: Setup): ControlAnswer | 'unknown' {
  switch (setup.recipient) {
    case 'device':
      return answerForDevice(device, setup);
    case 'interface':
      return answerForInterface(device, setup);
    case 'endpoint':
      return answerForEndpoint(device, setup);
    case 'other':
      return null;
  }
}

function answerForDevice(device: DeviceState, { request: asked, value, index }: Setup): ControlAnswer {
  switch (asked) {
    case request.getStatus:
      // Powered by the bus, and wakes no host.
      return Uint8Array.of(0, 0);
    case request.setAddress:
      return value <= 127 ? nothing : null;
    case request.getDescriptor:
      return readDescriptor(device.descriptor, value >> 8, value & 0xff, index);
    case request.getConfiguration:
      return Uint8Array.of(device.configuration);
    case request.setConfiguration:
      if (value !== 0 && value !== configurationValue) return null;
      device.setConfiguration(value);
      return nothing;
    default:
      // Remote wake-up, test modes, SET_DESCRIPTOR: nothing here has them.
      return null;
  }
}

function readDescriptor(device: DeviceDescriptor, type: number, number: number, language: number) {
  if (type === descriptorType.device && number === 0) return encodeDeviceDescriptor(device);
  if (type === descriptorType.configuration && number === 0) return encodeConfiguration(device);
  if (type === descriptorType.string) return encodeString(device, number, language);
  // DEVICE_QUALIFIER too: the device has one speed only (9.6.2).
  return null;
}

function answerForInterface(
  device: DeviceState,
  { request: asked, value, index }: Setup,
): ControlAnswer | 'unknown' {
  const own = device.descriptor.interfaces[index & 0xff];
  // Hosts read a report descriptor when the device is configured; some before.
  if (asked === request.getDescriptor) return own ? 'unknown' : null;
  if (!own || device.configuration === 0) return null;
  switch (asked) {
    case request.getStatus:
      return Uint8Array.of(0, 0);
    case request.getInterface:
      return Uint8Array.of(0);
    case request.setInterface:
      if (value !== 0) return null;
      // Choosing a setting again clears what is halted (9.4.5).
      for (const { address } of own.endpoints) device.endpoint(address)?.setHalted(false);
      return nothing;
    default:
      return null;
  }
}

function answerForEndpoint(device: DeviceState, { request: asked, value, index }: Setup): ControlAnswer {
  if ((index & 0x7f) === 0) {
    // Endpoint 0 is never halted for longer than one request (9.4.5).
    if (asked === request.getStatus) return Uint8Array.of(0, 0);
    return (asked === request.clearFeature || asked === request.setFeature) && value === endpointHalt
      ? nothing
      : null;
  }
  const endpoint = device.endpoint(index & 0xff);
  if (!endpoint) return null;
  if (asked === request.getStatus) return Uint8Array.of(endpoint.halted ? 1 : 0, 0);
  if (value !== endpointHalt) return null;
  if (asked === request.clearFeature) endpoint.setHalted(false);
  else if (asked === request.setFeature) endpoint.setHalted(true);
  else return null;
  return nothing;
}
