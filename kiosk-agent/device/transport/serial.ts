/** Serial ports of the operating system, USB adapters included. */
import { SerialPort } from 'serialport';
import type { LineSettings } from '../../contract/port.ts';
import { transportOver } from './stream.ts';
import { ABORTED, type OpenResult, type OpenTransport, type PortTrouble } from './transport.ts';

const OPEN_LIMIT_MS = 5_000;
const CLOSE_LIMIT_MS = 2_000;
const WATCH_MS = 500;

/** `path` as the operating system names it: /dev/ttyUSB0, COM3. */
export function serialTransport(
  path: string,
  line: LineSettings,
  openLimitMs = OPEN_LIMIT_MS,
): OpenTransport {
  return (signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve(ABORTED);
      const port = new SerialPort({
        path,
        baudRate: line.baud,
        dataBits: line.data,
        parity: line.parity,
        stopBits: line.stop,
        rtscts: line.rtscts,
        autoOpen: false,
        lock: true,
        // Dropping DTR on close restarts many boards, and with them their memory of presses.
        hupcl: false,
      });
      let late = false;
      const give = (result: OpenResult) => {
        clearTimeout(limit);
        resolve(result);
      };
      const limit = setTimeout(() => {
        late = true;
        const detail = `${path} did not open within ${openLimitMs / 1000} s`;
        give({ ok: false, trouble: { kind: 'timeout', detail } });
      }, openLimitMs);
      port.open((error) => {
        if (error) return give({ ok: false, trouble: troubleOfOpenError(error.message, path) });
        if (late || signal?.aborted) {
          // An open in flight cannot be called back: close what nobody waits for any more, then say so.
          port.on('error', () => {});
          port.close(() => give(ABORTED));
          return;
        }
        const stopWatching = closeWhenHungUp(port);
        const transport = transportOver(port, () => {
          stopWatching();
          return released(port);
        });
        give({ ok: true, transport });
      });
    });
}

/**
 * A port that is pulled out while a read is under way reads as empty for ever: serialport 13 then reads again and
 * again without an error, and burns a core. Asking for the control lines tells the difference. Ports without control
 * lines (pseudo-terminals) answer with another error, which means nothing.
 */
function closeWhenHungUp(port: SerialPort): () => void {
  const timer = setInterval(() => {
    if (!port.isOpen) return;
    port.get((error) => {
      if (error && HUNG_UP.test(error.message) && port.isOpen) port.close(undefined, error);
    });
  }, WATCH_MS);
  return () => clearInterval(timer);
}
/** EIO, ENXIO and ENODEV as strerror says them; Windows fails the read itself. */
const HUNG_UP = /input\/output error|no such device|device not configured/i;

/** Closes the port unless it is closing by itself, and waits until another may open it. */
function released(port: SerialPort): Promise<void> {
  return new Promise((resolve) => {
    if (!port.isOpen && !port.closing) return resolve();
    const done = () => {
      clearTimeout(limit);
      port.off('close', onClose);
      resolve();
    };
    // The stream emits `close` once more when a failed write destroys it; only a port that is shut is free.
    const onClose = () => {
      if (!port.isOpen && !port.closing) done();
    };
    const limit = setTimeout(done, CLOSE_LIMIT_MS);
    port.on('close', onClose);
    if (port.isOpen) port.close(() => onClose());
  });
}

/**
 * serialport 13 gives open errors as sentences only, without a code. The words are those of strerror (Linux, macOS)
 * and of the Windows binding; an unknown sentence is kept as it is.
 */
export function troubleOfOpenError(message: string, path: string): PortTrouble {
  const kind = OPEN_ERRORS.find(([words]) => words.test(message))?.[1] ?? 'unknown';
  return { kind, detail: message.includes(path) ? message : `${path}: ${message}` };
}

const OPEN_ERRORS: [RegExp, PortTrouble['kind']][] = [
  [/cannot lock port|resource busy|device or resource busy|EBUSY/i, 'busy'],
  // Windows opens a port for one program only and calls the second one "Access denied".
  [/^opening .*: access (is )?denied/i, 'busy'],
  [/permission denied|operation not permitted|EACCES|EPERM/i, 'denied'],
  [
    /no such file or directory|file not found|no such device|device not configured|ENOENT|ENXIO|ENODEV/i,
    'missing',
  ],
  // ERROR_SEM_TIMEOUT of Bluetooth and some USB adapters
  [/unknown error code 121\b|timed out/i, 'timeout'],
  // ERROR_GEN_FAILURE, ERROR_BAD_COMMAND: the adapter is there in name only
  [/unknown error code (31|22)\b|input\/output error|inappropriate ioctl/i, 'refused'],
];
