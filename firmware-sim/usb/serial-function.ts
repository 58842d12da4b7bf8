/** What all serial devices on the bus have in common, and which chip is made by which file. */
import type { PortEvents } from '../port/port.ts';
import type { BridgeChip, UsbIdentity } from '../port/usb.ts';
import { createCdcAcm } from './cdc-acm.ts';
import { createCh340 } from './ch340.ts';
import { createCp2102 } from './cp2102.ts';
import type { DeviceDescriptor } from './descriptors.ts';
import type { UsbFunction } from './device.ts';
import { createFt232r } from './ft232r.ts';
import { createPl2303 } from './pl2303.ts';

export type SerialChip = {
  /** What is the same for every device with this chip. */
  description: Pick<
    DeviceDescriptor,
    'usbRelease' | 'deviceRelease' | 'triple' | 'controlPacketSize' | 'interfaces'
  >;
  usbFunction: UsbFunction;
  write: (bytes: Uint8Array) => void;
  setReading: (on: boolean) => void;
};

const makers: Record<BridgeChip, (events: PortEvents) => SerialChip> = {
  'cdc-acm': createCdcAcm,
  ch340: createCh340,
  cp210x: createCp2102,
  pl2303: createPl2303,
  ftdi: createFt232r,
};

/** The ids by which a host's driver knows each bridge chip; a CDC-ACM device is known by its class and has its own. */
export const bridgeIdentities = {
  ch340: { vendorId: 0x1a86, productId: 0x7523, manufacturer: '', product: 'USB Serial', serial: '' },
  cp210x: {
    vendorId: 0x10c4,
    productId: 0xea60,
    manufacturer: 'Silicon Labs',
    product: 'CP2102 USB to UART Bridge Controller',
    serial: '0001',
  },
  pl2303: {
    vendorId: 0x067b,
    productId: 0x2303,
    manufacturer: 'Prolific Technology Inc.',
    product: 'USB-Serial Controller',
    serial: '',
  },
  ftdi: {
    vendorId: 0x0403,
    productId: 0x6001,
    manufacturer: 'FTDI',
    product: 'FT232R USB UART',
    serial: 'A50285BI',
  },
} as const satisfies Record<Exclude<BridgeChip, 'cdc-acm'>, UsbIdentity>;

export function createSerialChip(chip: BridgeChip, events: PortEvents): SerialChip {
  return makers[chip](events);
}
