/** What the configuration may say of lines, addresses, roles and frames, and the sentences for what it may not. */
import { describe, expect, it } from 'vitest';
import { frameDescription } from '../../kiosk-agent/contract/devices.ts';
import { deviceFaults, unitsOf, type DeviceRow } from '../../kiosk-agent/device/rows.ts';

const said = (...rows: DeviceRow[]) =>
  deviceFaults(rows).map(({ index, path, why }) => `${index} ${path.join('.')}: ${why}`);
const frame = frameDescription.parse({ evaluator: { keys: ['AA 55 {key} {xor8 0}'] } });

describe('a line of several devices', () => {
  it('is several units, each called after its line and address', () => {
    const row: DeviceRow = {
      id: 'pads',
      model: 'ff68',
      port: 'serial:COM3',
      addresses: { '1': { window: 1, as: 'pad' }, '12': { window: 1, as: 'evaluator' } },
    };
    expect(said(row)).toEqual([]);
    expect(unitsOf(row).map(({ id, address, window }) => [id, address, window])).toEqual([
      ['pads.1', 1, 1],
      ['pads.12', 12, 1],
    ]);
  });

  it('needs addresses where its frames have them, and has none where they have not', () => {
    expect(said({ id: 'a', model: 'ff68', port: 'serial:COM3', window: 1 })).toContain(
      '0 addresses: ff68 is a line of several devices: name their addresses',
    );
    expect(
      said({ id: 'a', model: 'ascii-5', port: 'serial:COM3', addresses: { '1': { window: 1 } } }),
    ).toEqual(['0 addresses: its frames have no {address}: it is one device']);
    expect(said({ id: 'a', model: 'elp1', port: 'serial:COM3', addresses: { '1': { window: 1 } } })).toEqual([
      '0 addresses: elp1 is one device, not a line of several',
    ]);
    expect(
      said({ id: 'a', model: 'strip', port: 'serial:COM3', addresses: { '0': {}, '247': {}, '255': {} } }),
    ).toEqual([
      '0 addresses.0: a sign has an address from 1 to 247',
      '0 addresses.255: a sign has an address from 1 to 247',
    ]);
  });

  it('has at least one address', () => {
    expect(said({ id: 'a', model: 'ff68', port: 'serial:COM3', addresses: {} })).toEqual([
      '0 addresses: names no address: nothing would be driven',
    ]);
  });

  it('must say what each address is when the model can be several things', () => {
    expect(said({ id: 'a', model: 'ff68', port: 'serial:COM3', addresses: { '1': { window: 1 } } })).toEqual([
      '0 addresses.1.as: say what it is: pad or evaluator',
    ]);
    expect(
      said({ id: 'a', model: 'ub485', port: 'serial:COM3', addresses: { '1': { as: 'evaluator' } } }),
    ).toEqual(['0 addresses.1.as: ub485 is no evaluator; it is pad']);
    expect(said({ id: 'a', model: 'sdt', port: 'serial:COM3', as: 'pad' })).toEqual(['0 as: sdt is no pad']);
  });

  it('gives a window one evaluator and one pad, on whatever line they are', () => {
    expect(
      said(
        { id: 'a', model: 'elp1', port: 'serial:COM3', window: 1 },
        {
          id: 'b',
          model: 'ff68',
          port: 'serial:COM4',
          addresses: { '1': { window: 1, as: 'pad' }, '2': { window: 1, as: 'evaluator' } },
        },
        { id: 'c', model: 'keypad', port: 'hid:1234:abcd', as: 'pad', window: 1 },
      ),
    ).toEqual(['1 addresses.2.window: window 1 has a already', '2 window: window 1 has b.1 already']);
  });
});

describe('ports', () => {
  it('may be bound by a technician, for any number of devices and every model', () => {
    expect(
      said(
        { id: 'a', model: 'elp1', port: 'bound', window: 1 },
        { id: 'b', model: 'escpos-80', port: 'bound' },
        { id: 'c', model: 'ehr1', port: 'bound', window: 2 },
      ),
    ).toEqual([]);
  });

  it('must be such that the model is reached by, and belong to one device', () => {
    expect(
      said(
        { id: 'a', model: 'ehr1', port: 'serial:COM3' },
        { id: 'b', model: 'ehr1', port: 'hid:1209:0001' },
        { id: 'c', model: 'ehr1', port: 'hid:1209:0001' },
        { id: 'd', model: 'sdt', port: 'file:/dev/usb/lp0' },
        { id: 'e', model: 'escpos-80', port: 'file:' },
        { id: 'f', model: 'ehr1', port: 'hid:1209' },
      ),
    ).toEqual([
      '0 port: ehr1 is not reached by serial:',
      '2 port: hid:1209:0001 is the port of b already',
      '3 port: sdt is not reached by file:',
      '4 port: path: the name of the printer is missing, as in file:/dev/usb/lp0',
      '5 port: "1209" must be VENDOR:PRODUCT[:SERIAL], as in hid:1209:0001:EV0042',
    ]);
  });
});

describe('frames in the configuration', () => {
  it('belong to the model frames, which needs them', () => {
    expect(said({ id: 'a', model: 'frames', port: 'serial:COM3', window: 1, frame })).toEqual([]);
    expect(said({ id: 'a', model: 'frames', port: 'serial:COM3', window: 1 })).toEqual([
      '0 frame: the model frames needs its frames described',
    ]);
    expect(said({ id: 'a', model: 'elp1', port: 'serial:COM3', window: 1, frame })).toEqual([
      '0 frame: only the model frames is described here; elp1 has its frames',
    ]);
  });

  it('are refused with the place and the reason', () => {
    const bad = frameDescription.parse({
      evaluator: { keys: ['AA 5 {key}', 'AA 55 {kay}'], acknowledge: 'AA {sum8 9}' },
    });
    const faults = said({ id: 'a', model: 'frames', port: 'serial:COM3', window: 1, frame: bad });
    expect(
      faults.filter((fault) => /^0 frame\.evaluator\.(keys\.[01]|acknowledge): /.test(fault)),
    ).toHaveLength(3);
  });
});
