/** What a simulated device's port tells its device. */
export type PortEvents = {
  onBytes: (bytes: Uint8Array) => void;
  /** The host has set its serial line. Only USB says so: TCP has none, and a pseudo-terminal takes any. */
  onLine?: (settings: LineSettings) => void;
  /** A host has opened the port (for a pseudo-terminal: something holds its other end). */
  onHost: (present: boolean) => void;
};

/** How the host's side of a serial line is set. */
export type LineSettings = {
  baud: number;
  dataBits: number;
  parity: 'none' | 'odd' | 'even' | 'mark' | 'space';
  stopBits: 1 | 1.5 | 2;
};

/** Where a device can be reached: `tcp:PORT` (0 = any free port) or `pty:LINKPATH`. */
export type PortAddress = { kind: 'tcp'; host: string; port: number } | { kind: 'pty'; link: string };

/** One connector of a device. Opening is plugging in; closing is pulling the plug. */
export type DevicePort = {
  /** As an agent's configuration names it: `tcp:HOST:PORT` or `serial:LINKPATH`; on USB `usb:VENDOR:PRODUCT:SERIAL`. */
  readonly address: string;
  readonly kind: 'tcp' | 'pty' | 'usb';
  /** The TCP port number once it was open; undefined elsewhere. */
  readonly number: number | undefined;
  open: () => Promise<void>;
  /** Pulls the plug; may be called twice. */
  close: () => Promise<void>;
  /** Sends bytes to the host; bytes that nobody can receive are lost, as on a real wire. */
  write: (bytes: Uint8Array) => void;
  /** Stops or goes on reading: back-pressure on TCP and USB, no effect on a serial line. */
  setReading: (on: boolean) => void;
};

/** A port that cannot be opened; `port` names it and the message says what to do (exit code 4). */
export class PortError extends Error {
  readonly port: string;
  constructor(port: string, message: string, cause?: unknown) {
    super(`${port}: ${message}`, { cause });
    this.name = 'PortError';
    this.port = port;
  }
}

/** Reads `tcp:PORT`, `tcp:HOST:PORT` or `pty:LINKPATH`; throws a RangeError that names the text. */
export function parsePortAddress(text: string): PortAddress {
  const pty = /^pty:(.+)$/.exec(text);
  if (pty?.[1]) return { kind: 'pty', link: pty[1] };
  const tcp = /^tcp:(?:(.+):)?(\d{1,5})$/.exec(text);
  const port = Number(tcp?.[2]);
  if (!tcp || port > 65535) {
    throw new RangeError(`port "${text}": expected tcp:PORT (0-65535), tcp:HOST:PORT or pty:LINKPATH`);
  }
  return { kind: 'tcp', host: tcp[1] ?? '127.0.0.1', port };
}
