import type { HidIdentity, HidPortEvents } from './hid.ts';
import type { DevicePort, PortEvents } from './port.ts';

/** What a USB device says of itself when it is plugged in. */
export type UsbIdentity = {
  /** 0…FFFF */
  vendorId: number;
  productId: number;
  /** at most 63 characters; '' for a device without a serial number, as most cheap bridges are */
  serial: string;
  manufacturer?: string;
  product: string;
};

/** The chip between a device's serial line and USB: which driver of the host takes it. */
export type BridgeChip = 'cdc-acm' | 'ch340' | 'cp210x' | 'pl2303' | 'ftdi';

/** A printer on USB also answers the requests of its class (USB printer class 1.1, 4.2). */
export type UsbPrinterEvents = PortEvents & {
  /** GET_PORT_STATUS: bit 3 not error, bit 4 selected, bit 5 paper empty. */
  onPortStatus: () => number;
  /** SOFT_RESET: buffers are to be emptied. */
  onReset: () => void;
};

/** A HID device's connector; bytes are whole reports (hid.ts). */
export type HidPort = {
  /** As an agent's configuration names it: `hid:VENDOR:PRODUCT:SERIAL`. */
  readonly address: string;
  open: () => Promise<void>;
  /** Pulls the plug; may be called twice. */
  close: () => Promise<void>;
  write: (report: Uint8Array) => void;
};

/** A socket of the bus, as somebody sees it who looks at it. */
export type UsbSocket = {
  /** `1-1`, `1-2`, … */
  busId: string;
  /** As an agent's configuration names the device: `usb:…`, `hid:…`. */
  address: string;
  product: string;
  plugged: boolean;
  /** A computer has it. */
  attached: boolean;
};

/**
 * A USB bus that other computers reach by USB/IP: what is made on it is not yet plugged in; opening plugs it in, closing
 * pulls it out. Each device keeps its socket (`1-1`, `1-2`, …) on the bus.
 */
export type UsbBus = {
  /** `HOST:PORT`, where `usbip attach` finds it. */
  readonly address: string;
  readonly port: number;
  /** A serial device behind a bridge chip (default cdc-acm); the host's line settings come by `onLine`. */
  serial: (identity: UsbIdentity & { chip?: BridgeChip }, events: PortEvents) => DevicePort;
  /** A printer of the printer class; `answers: false` makes it unidirectional. */
  printer: (identity: UsbIdentity & { answers?: boolean }, events: UsbPrinterEvents) => DevicePort;
  hid: (identity: HidIdentity, events: HidPortEvents) => HidPort;
  /** Every socket that has a device, in their order. */
  sockets: () => UsbSocket[];
  /** Pulls every plug and stops listening; may be called twice. */
  close: () => Promise<void>;
};
