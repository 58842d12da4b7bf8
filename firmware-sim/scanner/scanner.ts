import iconv from 'iconv-lite';
import { scannerFaults } from '../faults/faults.ts';
import { createDeviceLine, type WireOptions } from '../line/device-line.ts';
import { createPort, type Place, type SerialOnUsb } from '../port/open-port.ts';

export type ScannerOptions = Partial<WireOptions> & {
  port: Place;
  usb?: SerialOnUsb;
  /** What the scanner sends behind a code; default `cr`. */
  suffix?: 'cr' | 'lf' | 'crlf' | 'none';
  /** Sends the AIM id in front; default false. */
  aim?: boolean;
  encoding?: 'utf8' | 'gb18030';
};

const suffixes = { cr: '\r', lf: '\n', crlf: '\r\n', none: '' };
const baud = 9600;
const bounceGapMs = 200;

/** Starts one serial scanner on a real port; rejects with a PortError when the port cannot be opened. */
export async function startScanner(options: ScannerOptions) {
  const id = options.id ?? 'scanner';
  const suffix = suffixes[options.suffix ?? 'cr'];
  const encoding = options.encoding ?? 'utf8';
  const timers = new Set<NodeJS.Timeout>();
  let codesRead = 0;
  let bytesFromHost = 0;

  const line = createDeviceLine<(typeof scannerFaults)[number]>(
    { ...options, id },
    {
      faultNames: scannerFaults,
      // As much as a scanner of 115200 baud can say.
      babble: (): Uint8Array => line.randomBytes(230, 200),
      baud,
      createPort: (events) =>
        createPort(
          options.port,
          events,
          {
            vendorId: 0x1209,
            productId: 0x0005,
            serial: 'SIM0001',
            product: 'HALL-SCAN',
          },
          options.usb,
        ),
      reset: forget,
      apply(fault, on) {
        if (fault !== 'power-off' || !on) return;
        forget();
        line.clear();
      },
      receive(bytes) {
        bytesFromHost += bytes.length;
        line.heard(bytes, 'a serial scanner takes no commands here');
      },
    },
  );

  function forget() {
    for (const timer of timers) clearTimeout(timer);
    timers.clear();
  }
  function later(ms: number, task: () => void) {
    const timer = setTimeout(() => {
      timers.delete(timer);
      task();
    }, ms);
    timers.add(timer);
  }

  await line.plug();

  return {
    id,
    kind: 'scanner' as const,
    /** As an agent's configuration names it: `tcp:HOST:PORT` or `serial:LINKPATH`. */
    get port() {
      return line.address;
    },
    get plugged() {
      return line.plugged;
    },
    /** Somebody holds a code before the scanner. `symbology`: AIM code and modifier, default Q1 (QR code). */
    scan(text: string, symbology = 'Q1') {
      if (line.isFault('power-off')) return;
      codesRead++;
      const code = Buffer.concat([
        Buffer.from(options.aim ? `]${symbology}` : '', 'latin1'),
        iconv.encode(text, encoding),
        Buffer.from(line.isFault('lost-suffix') ? '' : suffix, 'latin1'),
      ]);
      const words = `${symbology}, ${text.length} characters`;
      line.send(code, words);
      if (line.isFault('bounce')) later(bounceGapMs, () => line.send(code, `${words} again`));
      options.onChange?.();
    },
    plug: line.plug,
    unplug: line.unplug,
    /** Switches a named fault; throws a RangeError for a name this device does not have. */
    setFault: line.setFault,
    /** What `setFault` takes. */
    faultNames: line.faultNames,
    faults: line.faults,
    state: () => ({ codesRead, bytesFromHost, hostPresent: line.hostPresent }),
    wire: line.wire,
    /** Ends the device; may be called twice. */
    async close() {
      forget();
      await line.close();
    },
  };
}
export type ScannerHandle = Awaited<ReturnType<typeof startScanner>>;
