import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePort } from '../../kiosk-agent/contract/port.ts';
import { backoff } from '../../kiosk-agent/device/backoff.ts';

describe('port strings', () => {
  it.each([
    ['serial:/dev/ttyUSB0?baud=9600', { kind: 'serial', path: '/dev/ttyUSB0', line: { baud: 9600 } }],
    ['serial:COM3?baud=9600', { kind: 'serial', path: 'COM3', line: { baud: 9600 } }],
    [
      'serial:/dev/serial/by-path/pci-0000:00:14.0-usb-0:1:1.0-port0',
      { kind: 'serial', path: '/dev/serial/by-path/pci-0000:00:14.0-usb-0:1:1.0-port0', line: {} },
    ],
    [
      'serial:COM3?baud=19200&data=7&parity=even&stop=2&rtscts=true',
      { kind: 'serial', path: 'COM3', line: { baud: 19200, data: 7, parity: 'even', stop: 2, rtscts: true } },
    ],
    ['tcp:127.0.0.1:9100', { kind: 'tcp', host: '127.0.0.1', port: 9100 }],
    ['tcp:printer-1.hall.local:9100', { kind: 'tcp', host: 'printer-1.hall.local', port: 9100 }],
    ['tcp:[::1]:9100', { kind: 'tcp', host: '::1', port: 9100 }],
    ['hid:1209:0001', { kind: 'hid', vendorId: '1209', productId: '0001' }],
    ['hid:1A86:E429:EV:42', { kind: 'hid', vendorId: '1a86', productId: 'e429', serialNumber: 'EV:42' }],
    ['file:/dev/usb/lp0', { kind: 'file', path: '/dev/usb/lp0' }],
    ['bound', { kind: 'bound' }],
  ])('reads %s', (text, address) => {
    expect(parsePort(text)).toEqual({ ok: true, address });
  });

  it.each([
    ['', /is no port; use serial:/],
    ['/dev/ttyUSB0', /is no port; use serial:/],
    ['serial:', /^path:/],
    ['serial:?baud=9600', /^path:/],
    ['serial:COM3?baud=fast', /^baud: "fast" must be a whole number/],
    ['serial:COM3?baud=0', /^baud:/],
    ['serial:COM3?baud=9600&baud=19200', /^baud: stands twice/],
    ['serial:COM3?parity=mark', /^parity: "mark" must be none, even or odd/],
    ['serial:COM3?speed=9600', /"speed=9600" is no line setting; there are baud,/],
    ['serial:COM3?toString=1', /is no line setting/],
    ['serial:COM3?', /is no line setting/],
    ['tcp:9100', /must be HOST:PORT/],
    ['tcp:host:', /must be HOST:PORT/],
    ['tcp:host:0', /^port: 0 must be from 1 to 65535/],
    ['tcp:host:65536', /^port: 65536/],
    ['tcp:::1:9100', /must be HOST:PORT/],
    ['hid:1209', /"1209" must be VENDOR:PRODUCT\[:SERIAL\], as in hid:/],
    ['hid:1209:001', /must be VENDOR:PRODUCT/],
    ['hid:1209:0001:', /must be VENDOR:PRODUCT/],
    ['hid:1209:0001:with space', /must be VENDOR:PRODUCT/],
    ['file:', /^path: the name of the printer is missing/],
    ['bound:', /is no port; use serial:/],
  ])('refuses "%s" and says why', (text, why) => {
    const parsed = parsePort(text);
    expect(parsed.ok).toBe(false);
    expect(!parsed.ok && parsed.why).toMatch(why);
  });

  it('answers any text with a value', () => {
    const parts = fc.constantFrom(
      'serial:',
      'tcp:',
      '?',
      '&',
      '=',
      'baud',
      '[',
      ']',
      ':',
      '9600',
      'COM3',
      '\0',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(parts, fc.string({ maxLength: 3 }))), (pieces) => {
        expect(typeof parsePort(pieces.join('')).ok).toBe('boolean');
      }),
      { seed: 20260105 },
    );
  });
});

describe('waits between attempts', () => {
  const take = (random: () => number, count: number) => {
    const waits = backoff(random);
    return Array.from({ length: count }, () => waits.next().value);
  };

  it('double from 250 ms to 10 s and stay there', () => {
    expect(take(() => 0.5, 9)).toEqual([250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000]);
  });
  it('are spread by a fifth to both sides', () => {
    expect(take(() => 0, 2)).toEqual([200, 400]);
    expect(take(() => 0.999_999, 2)).toEqual([300, 600]);
  });
});
