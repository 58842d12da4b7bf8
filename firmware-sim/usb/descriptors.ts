/** Descriptors of a full-speed device with one configuration (USB 2.0 chapter 9.6). */

export const descriptorType = {
  device: 1,
  configuration: 2,
  string: 3,
  interface: 4,
  endpoint: 5,
  hid: 0x21,
  hidReport: 0x22,
  classInterface: 0x24,
} as const;

export type EndpointDescriptor = {
  /** bit 7: towards the host */
  address: number;
  kind: 'bulk' | 'interrupt';
  /** 8, 16, 32 or 64 */
  packetSize: number;
  /** ms between two questions; 0 for bulk */
  interval: number;
};

export type InterfaceDescriptor = {
  triple: readonly [number, number, number];
  /** Class descriptors between the interface and its endpoints. */
  extra?: readonly number[];
  endpoints: readonly EndpointDescriptor[];
};

export type DeviceDescriptor = {
  vendorId: number;
  productId: number;
  /** as BCD; drivers know a chip's generation by it */
  usbRelease: number;
  deviceRelease: number;
  triple: readonly [number, number, number];
  controlPacketSize: 8 | 16 | 32 | 64;
  /** '' is none */
  manufacturer: string;
  product: string;
  serial: string;
  interfaces: readonly InterfaceDescriptor[];
};

export const configurationValue = 1;
export const englishUnitedStates = 0x0409;
const busPowered = 0x80;
const hundredMilliamperes = 50;

export const word = (value: number) => [value & 0xff, value >> 8];

export function encodeDeviceDescriptor(device: DeviceDescriptor): Uint8Array {
  const index = (text: string, number: number) => (text === '' ? 0 : number);
  return Uint8Array.from([
    18,
    descriptorType.device,
    ...word(device.usbRelease),
    ...device.triple,
    device.controlPacketSize,
    ...word(device.vendorId),
    ...word(device.productId),
    ...word(device.deviceRelease),
    index(device.manufacturer, 1),
    index(device.product, 2),
    index(device.serial, 3),
    1,
  ]);
}

function encodeEndpoint({ address, kind, packetSize, interval }: EndpointDescriptor): number[] {
  return [7, descriptorType.endpoint, address, kind === 'bulk' ? 2 : 3, ...word(packetSize), interval];
}

export function encodeConfiguration(device: DeviceDescriptor): Uint8Array {
  const body = device.interfaces.flatMap(({ triple, extra = [], endpoints }, number) => [
    ...[9, descriptorType.interface, number, 0, endpoints.length, ...triple, 0],
    ...extra,
    ...endpoints.flatMap(encodeEndpoint),
  ]);
  const head = [9, descriptorType.configuration, ...word(9 + body.length), device.interfaces.length];
  return Uint8Array.from([...head, configurationValue, 0, busPowered, hundredMilliamperes, ...body]);
}

/** String `index` in `language`; null when there is none (also EE, where Windows looks for Microsoft's own descriptor). */
export function encodeString(device: DeviceDescriptor, index: number, language: number): Uint8Array | null {
  if (index === 0) return Uint8Array.from([4, descriptorType.string, ...word(englishUnitedStates)]);
  const text = ['', device.manufacturer, device.product, device.serial][index];
  if (!text || language !== englishUnitedStates) return null;
  // A descriptor has one byte for its length.
  const letters = Buffer.from(text.slice(0, 126), 'utf16le');
  return Uint8Array.from([2 + letters.length, descriptorType.string, ...letters]);
}
