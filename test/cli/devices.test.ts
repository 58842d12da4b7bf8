import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startEvaluator } from '../../firmware-sim/evaluator-line/evaluator.ts';
import {
  bindDevice,
  listDevices,
  unbindDevice,
  type BindParts,
  type DevicesOptions,
} from '../../kiosk-agent/cli/devices.ts';
import { columnsOf, table } from '../../kiosk-agent/cli/table.ts';
import { BINDINGS_FILE, openBindings } from '../../kiosk-agent/device/bindings.ts';
import { systemClock } from '../../kiosk-agent/device/clock.ts';
import type { Found, FoundSources } from '../../kiosk-agent/device/found.ts';
import { makeLine } from '../../kiosk-agent/device/lines.ts';
import { knowNobody } from '../../kiosk-agent/device/person-hash.ts';
import { serialTransport } from '../../kiosk-agent/device/transport/serial.ts';

let folder: string;
let options: DevicesOptions & { config: string; state: string };
const undo: (() => unknown)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hall-devices-'));
  options = { config: join(folder, 'hall.yaml'), state: join(folder, 'state'), json: false, language: 'en' };
});
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
  rmSync(folder, { recursive: true, force: true });
});

function configure(...devices: string[]): void {
  writeFileSync(
    options.config,
    [
      'hall: {id: h1, name: {zh: 大厅, en: Hall}, region: "371000000000", timeZone: Asia/Shanghai}',
      'agent: {id: hub-1, role: hub}',
      'services: [{id: transfer, prefix: A, name: {zh: 转移登记, en: Transfer}}]',
      'windows: [{number: 1, services: [transfer]}, {number: 2, services: [transfer]}]',
      devices.length > 0 ? 'devices:' : 'devices: []',
      ...devices.map((device) => `  - {${device}}`),
    ].join('\n'),
  );
}

const ch340 = (n: number, socket: string): Found => ({
  key: `serial:/dev/ttyUSB${n}`,
  kind: 'serial',
  path: `/dev/ttyUSB${n}`,
  vendorId: '1a86',
  productId: '7523',
  interface: 0,
  location: `pci-0000:00:14.0-usb-0:${socket}`,
});
const ehr = (n: number, serialNumber?: string): Found => ({
  key: `hid:/dev/hidraw${n}#ff00.1`,
  kind: 'hid',
  path: `/dev/hidraw${n}`,
  vendorId: '1209',
  productId: '0001',
  usagePage: 0xff00,
  usage: 1,
  product: 'HALL-EV5',
  ...(serialNumber !== undefined && { serialNumber }),
});

/** What is plugged in, by kind; null: that list fails. */
function plugged(...found: (Found | null)[]): FoundSources {
  const of = (kind: Found['kind']) => () =>
    Promise.resolve(
      found.includes(null) && kind === 'hid'
        ? ({ ok: false, why: 'HID devices cannot be listed: no libusb' } as const)
        : {
            ok: true as const,
            found: found.filter((each) => each !== null && each.kind === kind) as Found[],
          },
    );
  return { serial: of('serial'), hid: of('hid'), file: of('file') };
}

function parts(sources: FoundSources, progress: (line: string) => void = () => {}): BindParts {
  return {
    sources,
    clock: systemClock,
    random: Math.random,
    progress,
    attempts: (row, model, found) => [
      {
        model: model.id,
        open: serialTransport(found.path, model.line),
        makeDriver: () => makeLine(row, model, { clock: systemClock, random: Math.random, know: knowNobody }),
      },
    ],
  };
}
const list = (...found: (Found | null)[]) => listDevices(options, parts(plugged(...found)));
const bind = (device: string, key: string, ...found: Found[]) =>
  bindDevice(device, { key }, options, parts(plugged(...found)));

describe('hall devices', () => {
  it('shows in aligned columns what is plugged in, what it is taken for and why, and who has it', async () => {
    configure(
      'id: evaluator-1, model: elp1, port: bound, window: 1',
      'id: evaluator-2, model: ehr1, port: "hid:1209:0001:EV2", window: 2',
      'id: printer-1, model: escpos-80, port: "tcp:127.0.0.1:9100"',
    );
    await bind('evaluator-1', '/dev/ttyUSB0', ch340(0, '1.2'));
    const { lines, exitCode } = await list(ch340(0, '1.2'), ch340(1, '1.4'), ehr(3, 'EV2'));
    expect(lines[0]).toBe('Plugged in');
    expect(lines.slice(1, 5).map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['KEY', 'WHAT', 'TAKEN FOR', 'USED BY'],
      [
        'serial:/dev/ttyUSB0',
        'CH340 1a86:7523 at pci-0000:00:14.0-usb-0:1.2',
        'a serial adapter (CH340)',
        'evaluator-1',
      ],
      [
        'serial:/dev/ttyUSB1',
        'CH340 1a86:7523 at pci-0000:00:14.0-usb-0:1.4',
        'a serial adapter (CH340)',
        '–',
      ],
      ['hid:/dev/hidraw3#ff00.1', 'HALL-EV5 1209:0001 EV2', 'Five-key evaluator (EHR/1, USB)', 'evaluator-2'],
    ]);
    for (const title of ['KEY', 'WHAT', 'TAKEN FOR', 'USED BY']) {
      const column = lines[1]!.indexOf(title);
      for (const line of lines.slice(2, 5)) expect(line.slice(column - 1, column + 1)).toMatch(/^ [^ ]$/);
    }
    const text = lines.join('\n');
    expect(text).toMatch(
      /^ {2}serial:\/dev\/ttyUSB1: CH340 is a serial adapter and does not say what is behind it$/m,
    );
    expect(text).toMatch(
      /hidraw3#ff00.1: ehr1: it says of itself vendor 1209, product 0001, usage page ff00/,
    );
    expect(text).toMatch(
      /evaluator-1 +elp1 +bound +there +serial:\/dev\/ttyUSB0: known by its ids and socket/,
    );
    expect(text).toMatch(/evaluator-2 +ehr1 +hid:1209:0001:EV2 +there +hid:/);
    expect(text).toMatch(/printer-1 +escpos-80 +tcp:127.0.0.1:9100 +network/);
    expect(exitCode).toBe(0);
  });

  it('says what is missing, moved or ambiguous, and the command that helps; exit 1', async () => {
    configure(
      'id: evaluator-1, model: elp1, port: bound, window: 1',
      'id: evaluator-2, model: ehr1, port: "hid:1209:0001", window: 2',
      'id: pad-1, model: keypad, port: bound, as: pad, window: 1',
      'id: printer-1, model: escpos-80, port: "serial:/dev/ttyHall99"',
    );
    await bind('evaluator-1', 'serial:/dev/ttyUSB0', ch340(0, '1.2'));
    const { lines, exitCode } = await list(ch340(7, '1.4'), ehr(3), ehr(4));
    const text = lines.join('\n');
    expect(text).toMatch(/evaluator-1 +elp1 +bound +missing +serial:\/dev\/ttyUSB7: its socket is empty/);
    expect(text).toContain(
      'evaluator-1: plug it in, or bind it: hall devices bind evaluator-1 serial:/dev/ttyUSB7',
    );
    expect(text).toMatch(
      /evaluator-2 .* ambiguous +hid:\/dev\/hidraw3#ff00.1, hid:\/dev\/hidraw4#ff00.1: several/,
    );
    expect(text).toContain('evaluator-2: plug it in, or bind it: hall devices bind evaluator-2 --press');
    expect(text).toMatch(/pad-1 +keypad +bound +not bound/);
    expect(text).toMatch(/printer-1 .* missing +there is no such port/);
    expect(exitCode).toBe(1);
    const json = JSON.parse(
      (await listDevices({ ...options, json: true }, parts(plugged(ch340(7, '1.4'))))).lines.join('\n'),
    );
    expect(json.configured[0]).toMatchObject({
      device: 'evaluator-1',
      standing: 'missing',
      bound: true,
      found: ['serial:/dev/ttyUSB7'],
    });
    expect(json.found).toMatchObject([
      { key: 'serial:/dev/ttyUSB7', usedBy: null, takenFor: { zh: '串口转换器（CH340）' } },
    ]);
  });

  it('without a configuration lists what is plugged in; a list that fails is a note and hides nothing', async () => {
    const said = await listDevices({ json: false, language: 'zh' }, parts(plugged(ch340(0, '1'), null)));
    expect(said.exitCode).toBe(0);
    expect(said.lines[0]).toBe('已插入');
    expect(said.lines[2]).toMatch(/^ {2}serial:\/dev\/ttyUSB0 {2}CH340 .* 串口转换器（CH340） {2}–$/);
    expect(said.lines.at(-1)).toBe('注意: HID devices cannot be listed: no libusb');
    configure('id: evaluator-2, model: ehr1, port: "hid:1209:0001", window: 2');
    const unknown = await list(ch340(0, '1'), null);
    expect(unknown.lines.join('\n')).toMatch(/evaluator-2 .* unknown +things of this kind cannot be listed/);
    expect(unknown.exitCode).toBe(1);
  });

  it('says a wrong configuration with every error, exit 3', async () => {
    configure('id: evaluator-1, model: elp9, port: nowhere');
    const { lines, exitCode } = await list();
    expect(exitCode).toBe(3);
    expect(lines.join('\n')).toMatch(/hall\.yaml:6:.* devices\[0\]\.port: "nowhere" is no port/);
  });

  it('writes nothing, and says bindings of devices that are no longer there', async () => {
    configure('id: evaluator-1, model: elp1, port: bound');
    await list();
    expect(readdirSync(folder)).toEqual(['hall.yaml']);
    await bind('evaluator-1', '/dev/ttyUSB0', ch340(0, '1'));
    configure();
    expect((await list()).lines.at(-1)).toBe(
      '  evaluator-1: is bound and not in the configuration: hall devices unbind evaluator-1',
    );
    expect((await unbindDevice('evaluator-1', options, parts(plugged()))).exitCode).toBe(0);
    expect((await unbindDevice('evaluator-1', options, parts(plugged()))).exitCode).toBe(2);
  });
});

describe('hall devices bind', () => {
  const two = [ch340(0, '1.2'), ch340(1, '1.4')];
  beforeEach(() =>
    configure(
      'id: evaluator-1, model: elp1, port: bound, window: 1',
      'id: evaluator-2, model: elp1, port: bound, window: 2',
      'id: evaluator-3, model: ehr1, port: bound',
      'id: scanner-1, model: scanner-serial, port: "serial:/dev/ttyUSB1"',
    ),
  );

  it('beside a running agent: the agent reads what was written', async () => {
    const agent = await openBindings(join(options.state, BINDINGS_FILE), {
      now: () => new Date(),
      say: () => {},
    });
    const { lines, exitCode } = await bind('evaluator-1', '/dev/ttyUSB0', ...two);
    expect(lines).toEqual(['evaluator-1 = CH340 1a86:7523 at pci-0000:00:14.0-usb-0:1.2 (/dev/ttyUSB0)']);
    expect(exitCode).toBe(0);
    expect(await agent.changed()).toBe(true);
    expect(agent.bindingOf('evaluator-1')?.identity).toMatchObject({
      location: 'pci-0000:00:14.0-usb-0:1.2',
    });
  });

  it('takes a thing from the device that was bound to it, and says so', async () => {
    await bind('evaluator-1', '/dev/ttyUSB0', ...two);
    const { lines, exitCode } = await bind('evaluator-2', 'SERIAL:/dev/ttyUSB0', ...two);
    expect(exitCode).toBe(0);
    expect(lines[1]).toBe('evaluator-1: has lost it; bind it to something else');
    expect((await list(...two)).lines.join('\n')).toMatch(/evaluator-1 .* not bound/);
  });

  it('refuses what cannot be', async () => {
    expect(await bind('evaluator-9', '/dev/ttyUSB0', ...two)).toMatchObject({
      exitCode: 2,
      lines: [
        expect.stringMatching(/no device evaluator-9 \(evaluator-1, evaluator-2, evaluator-3, scanner-1\)/),
      ],
    });
    expect(await bind('evaluator-1', 'COM7', ...two)).toMatchObject({
      exitCode: 4,
      lines: [
        'COM7: is not plugged in. There are:',
        expect.stringContaining('serial:/dev/ttyUSB0'),
        expect.anything(),
      ],
    });
    expect(await bind('evaluator-3', '/dev/ttyUSB0', ...two)).toMatchObject({
      exitCode: 2,
      lines: [expect.stringMatching(/cannot be a Five-key evaluator \(EHR\/1, USB\)/)],
    });
    expect(await bind('evaluator-1', '/dev/ttyUSB1', ...two)).toMatchObject({
      exitCode: 2,
      lines: [expect.stringMatching(/scanner-1 has it by its port/)],
    });
    expect(
      await bind('evaluator-1', 'serial:/dev/ttyUSB5', {
        key: 'serial:/dev/ttyUSB5',
        kind: 'serial',
        path: '/dev/ttyUSB5',
      }),
    ).toMatchObject({
      exitCode: 4,
      lines: [expect.stringMatching(/try again in five seconds/)],
    });
    const { state: _state, ...stateless } = options;
    expect(await bindDevice('evaluator-1', { key: 'COM1' }, stateless, parts(plugged()))).toMatchObject({
      exitCode: 2,
    });
    // The scanner has its port by its name; nothing else was bound.
    expect((await list(...two)).lines.join('\n')).not.toMatch(/bound +there/);
  });

  it('--press binds the evaluator whose key is pressed', async () => {
    const devices = await Promise.all(
      ['SIM1', 'SIM2'].map(async (serial) => {
        const device = await startEvaluator({ port: `pty:${join(folder, serial)}`, serial });
        undo.push(() => device.close());
        return device;
      }),
    );
    const found = ['SIM1', 'SIM2'].map((name, n): Found => ({
      ...ch340(n, `1.${n}`),
      path: join(folder, name),
      key: `serial:${name}`,
    }));
    const told: string[] = [];
    const pressing = bindDevice(
      'evaluator-2',
      { press: true, seconds: 20 },
      options,
      parts(plugged(...found), (line) => {
        told.push(line);
        // Both have said who they are: now somebody presses.
        if (told.filter((each) => /elp1 SIM\d/.test(each)).length === 2) devices[1]?.press(1);
      }),
    );
    expect(await pressing).toMatchObject({ exitCode: 0, lines: [expect.stringContaining('usb-0:1.1')] });
    expect(told[0]).toMatch(/^Press a key .* within 20 s/);
    const bindings = await openBindings(join(options.state, BINDINGS_FILE), {
      now: () => new Date(),
      say: () => {},
    });
    expect(bindings.bindings).toMatchObject([
      { device: 'evaluator-2', identity: { path: join(folder, 'SIM2') } },
    ]);
    // One that is bound is left alone the next time.
    const again = await bindDevice(
      'evaluator-1',
      { press: true, seconds: 1 },
      options,
      parts(plugged(found[1]!)),
    );
    expect(again).toMatchObject({ exitCode: 4, lines: [expect.stringContaining('No port is free')] });
    const silent = await bindDevice(
      'evaluator-1',
      { press: true, seconds: 1 },
      options,
      parts(plugged(...found)),
    );
    expect(silent).toMatchObject({ exitCode: 1, lines: ['Nothing was pressed.'] });
  });
});

describe('a table', () => {
  it('is aligned also with Chinese characters, which are two columns wide', () => {
    expect(columnsOf('评价器 A')).toBe(8);
    expect(
      table(
        ['a', 'b'],
        [
          ['评价器', '1'],
          ['x', '2'],
        ],
      ),
    ).toEqual(['  a       b', '  评价器  1', '  x       2']);
    expect(table(['a'], [])).toEqual([]);
  });
});
