/** `hall service`: what is printed, and what an installation does to a system. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  service,
  serviceFiles,
  type ServiceOptions,
  type ServiceParts,
} from '../../kiosk-agent/cli/service.ts';
import { udevRules } from '../../kiosk-agent/cli/service/udev.ts';
import { systemdUnit } from '../../kiosk-agent/cli/service/unit.ts';
import { windowsService } from '../../kiosk-agent/cli/service/windows.ts';
import { BRIDGES } from '../../kiosk-agent/device/fingerprint.ts';
import { MODELS } from '../../kiosk-agent/device/models.ts';
import { hallYaml } from '../harness/hall.ts';
import { ROOT, temporaryFolder } from '../harness/programs.ts';

const undo: (() => unknown)[] = [];
afterEach(() => {
  for (const each of undo.splice(0).reverse()) each();
});

const UNIT = {
  node: '/opt/hall/node',
  root: '/opt/hall',
  config: '/etc/hall/hall.yaml',
  state: '/var/lib/hall',
  user: 'hall',
  groups: ['dialout', 'lp'],
};
const settings = (unit: string, name: string): string[] =>
  unit
    .split('\n')
    .filter((line) => line.startsWith(`${name}=`))
    .map((line) => line.slice(name.length + 1));

describe('the systemd unit', () => {
  it('runs the agent as a user of its own, and is told by it that it is ready and lives', () => {
    const unit = systemdUnit(UNIT);
    expect(settings(unit, 'User')).toEqual(['hall']);
    expect(settings(unit, 'Type')).toEqual(['notify']);
    expect(settings(unit, 'NotifyAccess')).toEqual(['all']);
    expect(settings(unit, 'WatchdogSec')).toEqual(['30']);
    expect(settings(unit, 'Restart')).toEqual(['always']);
    // A watchdog ends it by SIGABRT: what was in its memory must not come to the disk.
    expect(settings(unit, 'LimitCORE')).toEqual(['0']);
    expect(settings(unit, 'ExecStart')).toEqual([
      '/opt/hall/node /opt/hall/kiosk-agent/hall.mjs run -c /etc/hall/hall.yaml --state /var/lib/hall',
    ]);
  });

  it('gives write access to the state folder alone, wherever that is', () => {
    const own = systemdUnit(UNIT);
    expect(settings(own, 'StateDirectory')).toEqual(['hall']);
    expect(settings(own, 'ReadWritePaths')).toEqual([]);
    expect(settings(own, 'ProtectHome')).toEqual(['yes']);
    const elsewhere = systemdUnit({ ...UNIT, state: '/data/hall state' });
    expect(settings(elsewhere, 'StateDirectory')).toEqual([]);
    expect(settings(elsewhere, 'ReadWritePaths')).toEqual(['"/data/hall state"']);
    expect(settings(systemdUnit({ ...UNIT, root: '/home/hall/app' }), 'ProtectHome')).toEqual(['read-only']);
  });

  it('lets in serial ports, HID devices and USB printers, also those that are plugged in later, and no other device', () => {
    const unit = systemdUnit(UNIT);
    expect(settings(unit, 'DevicePolicy')).toEqual(['closed']);
    expect(settings(unit, 'DeviceAllow')).toEqual(
      ['ttyS', 'ttyAMA', 'ttyUSB', 'ttyACM', 'ttyWCH*', 'hidraw', 'usb'].map((kind) => `char-${kind} rw`),
    );
    for (const driver of ['usbserial', 'cdc_acm', 'usblp'])
      expect(settings(unit, 'Wants').join()).toContain(`modprobe@${driver}.service`);
  });

  it('writes paths so that systemd reads them as they are', () => {
    const unit = systemdUnit({ ...UNIT, config: '/etc/hall/50% $HOME "a".yaml' });
    expect(settings(unit, 'ExecStart')[0]).toContain('-c "/etc/hall/50%% $$HOME \\"a\\".yaml" --state');
  });

  it('refuses a path that is not absolute, or that would begin a line of its own', () => {
    expect(() => systemdUnit({ ...UNIT, config: 'hall.yaml' })).toThrow(RangeError);
    expect(() => systemdUnit({ ...UNIT, state: '/var/lib/hall\nExecStartPre=/bin/true' })).toThrow(
      RangeError,
    );
  });

  it('names no group that this computer may not have', () => {
    expect(settings(systemdUnit({ ...UNIT, groups: [] }), 'SupplementaryGroups')).toEqual([]);
  });
});

describe('the udev rules', () => {
  const rules = udevRules({ bridges: BRIDGES, models: MODELS, hid: [], group: 'hall' });
  const lines = rules.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

  it('know every adapter that the agent knows, as a device and as a port', () => {
    for (const id of Object.keys(BRIDGES)) {
      const [vendor, product] = id.split(':');
      expect(
        lines.filter((line) => line.includes(`"${vendor}"`) && line.includes(`"${product}"`)),
      ).toHaveLength(2);
    }
  });

  it('let in the group, never everybody, and never a keyboard', () => {
    expect(rules).not.toMatch(/MODE="0?[0-7]?[0-7][0-7][1-7]"/);
    const grants = lines.filter((line) => line.includes('GROUP='));
    expect(grants.length).toBeGreaterThanOrEqual(3);
    for (const line of grants) expect(line).toContain('GROUP="hall", MODE="0660"');
    const hidraw = lines.filter((line) => line.includes('"hidraw"'));
    expect(hidraw).toEqual([
      'SUBSYSTEM=="hidraw", KERNELS=="0003:1209:0001.*", ENV{ID_HALL_DEVICE}="ehr1", GROUP="hall", MODE="0660"',
    ]);
  });

  it('let in a HID device that the configuration names, its ids in capitals as the kernel writes them', () => {
    const more = udevRules({
      bridges: {},
      models: [],
      group: 'hall',
      hid: [{ vendorId: '05f9', productId: '22ab', of: 'scanner-1' }],
    });
    expect(more).toContain('KERNELS=="0003:05F9:22AB.*", ENV{ID_HALL_DEVICE}="scanner-1", GROUP="hall"');
  });

  it('keep ModemManager and brltty away from adapters', () => {
    expect(rules).toContain('ENV{ID_MM_DEVICE_IGNORE}="1"');
    expect(rules).toContain('ENV{BRLTTY_BRAILLE_DRIVER}="", ENV{SYSTEMD_WANTS}=""');
  });

  it('jump only to labels that stand further down', () => {
    const jumps = [...rules.matchAll(/GOTO="(\w+)"/g)];
    expect(jumps.length).toBeGreaterThan(3);
    for (const jump of jumps) expect(rules.indexOf(`LABEL="${jump[1]}"`)).toBeGreaterThan(jump.index);
  });

  it('take a name of an adapter as text, whatever is in it', () => {
    const odd = udevRules({
      bridges: { '1a86:0001': 'odd"\n, RUN+="/bin/sh' },
      models: [],
      hid: [],
      group: 'hall',
    });
    expect(odd).not.toContain('RUN+=');
    expect(odd.split('\n').filter((line) => line.includes('"0001"'))).toHaveLength(2);
  });
});

describe('the Windows service', () => {
  it('quotes paths with spaces and writes signs of XML as numbers', () => {
    const xml = windowsService({
      node: 'C:\\A & B\\node.exe',
      root: 'C:\\hall',
      config: 'C:\\my halls\\hall.yaml',
      state: 'C:\\state',
    });
    expect(xml).toContain('<executable>C:\\A &#38; B\\node.exe</executable>');
    expect(xml).toContain(
      '<arguments>C:\\hall\\kiosk-agent\\hall.mjs run -c &#34;C:\\my halls\\hall.yaml&#34; --state C:\\state</arguments>',
    );
    expect(xml).toContain('not been tried on Windows');
  });
});

/** A system in a folder: /run/systemd/system, and commands that write down how they were called. */
function system(options: { systemd?: boolean; user?: boolean; failing?: string } = {}) {
  const folder = temporaryFolder('service');
  undo.push(() => folder[Symbol.dispose]());
  const at = join(folder.path, 'system');
  const bin = join(folder.path, 'bin');
  const log = join(folder.path, 'log');
  mkdirSync(bin);
  mkdirSync(options.systemd === false ? at : join(at, 'run/systemd/system'), { recursive: true });
  for (const name of ['id', 'useradd', 'chown', 'udevadm', 'systemctl']) {
    // The user is there once it has been made.
    const answer =
      name === 'id'
        ? options.user
          ? 'exit 0'
          : `grep -q '^useradd' "${log}"`
        : name === options.failing
          ? 'echo "not today" >&2; exit 7'
          : 'exit 0';
    writeFileSync(
      join(bin, name),
      `#!/bin/sh\n${name === 'id' ? '' : `echo "${name} $*" >> "${log}"`}\n${answer}\n`,
    );
    chmodSync(join(bin, name), 0o755);
  }
  const config = join(folder.path, 'hall.yaml');
  writeFileSync(
    config,
    hallYaml(`devices: [{id: scanner-1, model: scanner-hid, port: "hid:05f9:22AB"}]
links: [{name: central, url: "socketio:http://127.0.0.1:1", token: "env:HALL_LINK_TOKEN"}]`),
  );
  const lines: string[] = [];
  const errors: string[] = [];
  const run = (wish: Partial<ServiceOptions>, parts: Partial<ServiceParts> = {}): Promise<number> => {
    lines.length = errors.length = 0;
    return service(
      { config, state: join(folder.path, 'state'), user: 'hall', install: false, language: 'en', ...wish },
      {
        node: process.execPath,
        root: ROOT,
        env: { PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}` },
        platform: 'linux',
        uid: 0,
        at,
        out: (line) => lines.push(line),
        error: (line) => errors.push(line),
        ...parts,
      },
    );
  };
  return {
    at,
    lines,
    errors,
    run,
    config,
    called: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []),
    file: (path: string) => join(at, path),
  };
}
const UNIT_FILE = 'etc/systemd/system/public-service-hall.service';
const RULES_FILE = 'etc/udev/rules.d/99-public-service-hall.rules';

describe('printing', () => {
  it('gives one file and nothing else when one is asked for', async () => {
    const { run, lines } = system();
    expect(await run({ print: 'udev' })).toBe(0);
    expect(lines.join('\n')).toContain('KERNELS=="0003:05F9:22AB.*", ENV{ID_HALL_DEVICE}="scanner-1"');
    expect(await run({ print: 'systemd' })).toBe(0);
    expect(lines.join('\n')).toContain(
      `ExecStart=${process.execPath} ${join(ROOT, 'kiosk-agent/hall.mjs')} run -c /`,
    );
    expect(await run({ print: 'windows' })).toBe(0);
    expect(lines.join('\n')).toContain('<service>');
  });

  it('gives both Linux files, each with its place, and says how to install them', async () => {
    const { run, lines, errors, called } = system();
    expect(await run({})).toBe(0);
    expect(lines.join('\n')).toContain(`# ── /${UNIT_FILE}`);
    expect(lines.join('\n')).toContain(`# ── /${RULES_FILE}`);
    expect(errors.join()).toContain('--install');
    expect(called()).toEqual([]);
  });

  it('needs a good configuration and a user that is not root', async () => {
    const { run, errors, config } = system();
    expect(await run({ user: 'root' })).toBe(2);
    expect(await run({ user: 'hall; reboot' })).toBe(2);
    writeFileSync(config, 'hall: {}');
    expect(await run({})).toBe(3);
    expect(errors.join()).toContain('hall.yaml');
  });
});

describe.skipIf(process.platform === 'win32')('an installation', () => {
  it('makes the user, puts the files in place, has them read, and tells each step', async () => {
    const { run, lines, called, file } = system();
    expect(await run({ install: true })).toBe(0);
    expect(called()[0]).toMatch(
      /^useradd --system --user-group --no-create-home --shell \/usr\/sbin\/nologin --home-dir \S+ hall$/,
    );
    expect(called().slice(1)).toEqual([
      expect.stringMatching(/^chown -R hall: \S+\/state$/),
      'udevadm control --reload',
      expect.stringMatching(/^udevadm trigger --action=change .*--subsystem-match=tty/),
      'systemctl daemon-reload',
    ]);
    expect(readFileSync(file(UNIT_FILE), 'utf8')).toContain('User=hall');
    expect(readFileSync(file(RULES_FILE), 'utf8')).toContain('GROUP="hall"');
    expect(statSync(file(UNIT_FILE)).mode & 0o022).toBe(0);
    expect(lines.join('\n')).toContain(
      'put HALL_LINK_TOKEN=… into /etc/public-service-hall/environment (mode 0600)',
    );
    expect(lines.at(-1)).toContain('systemctl enable --now public-service-hall');
  });

  it('may be repeated: what is there stays as it is', async () => {
    const { run, lines, called, file } = system();
    await run({ install: true });
    const [unit, rules] = [statSync(file(UNIT_FILE)).mtimeMs, statSync(file(RULES_FILE)).mtimeMs];
    expect(await run({ install: true })).toBe(0);
    expect(called().filter((line) => line.startsWith('useradd'))).toHaveLength(1);
    expect([statSync(file(UNIT_FILE)).mtimeMs, statSync(file(RULES_FILE)).mtimeMs]).toEqual([unit, rules]);
    expect(lines.filter((line) => line.endsWith('is as it should be'))).toHaveLength(2);
    expect(lines).toContain('user hall is there already');
  });

  it('writes a file again that somebody has changed', async () => {
    const { run, lines, file } = system();
    await run({ install: true });
    writeFileSync(file(RULES_FILE), '# mine');
    await run({ install: true });
    expect(readFileSync(file(RULES_FILE), 'utf8')).toContain('GROUP="hall"');
    expect(lines).toContain(`wrote ${file(RULES_FILE)}`);
  });

  it('is refused to everybody but root, before anything is changed', async () => {
    const { run, lines, called, file } = system();
    expect(await run({ install: true }, { uid: 1000 })).toBe(4);
    expect(lines).toEqual(['Installing the service needs root: put sudo before the command.']);
    expect(called()).toEqual([]);
    expect(existsSync(file(UNIT_FILE))).toBe(false);
  });

  it('is refused for a state folder that holds other things, before anything is changed', async () => {
    const { run, lines, called, file, config } = system();
    expect(await run({ install: true, state: dirname(config) })).toBe(1);
    expect(lines.join()).toContain('give --state a folder of its own');
    expect(called()).toEqual([]);
    expect(existsSync(file(UNIT_FILE))).toBe(false);
    const used = join(dirname(config), 'used');
    mkdirSync(join(used, 'journal'), { recursive: true });
    expect(await run({ install: true, state: used })).toBe(0);
  });

  it('is not tried without systemd, nor on another operating system', async () => {
    const without = system({ systemd: false });
    expect(await without.run({ install: true })).toBe(1);
    expect(without.lines.join()).toContain('not started with systemd');
    expect(without.called()).toEqual([]);
    expect(await without.run({ install: true }, { platform: 'win32' })).toBe(1);
    expect(without.errors.join()).toContain('WinSW');
  });

  it('goes on without udev, and stops with the command’s own words when the user cannot be made', async () => {
    const noUdev = system({ failing: 'udevadm' });
    expect(await noUdev.run({ install: true })).toBe(0);
    expect(noUdev.lines.join('\n')).toContain('udev has not read the rules (not today)');
    const noUser = system({ failing: 'useradd' });
    expect(await noUser.run({ install: true })).toBe(1);
    expect(noUser.lines.at(-1)).toContain('failed: not today');
    expect(existsSync(noUser.file(UNIT_FILE))).toBe(false);
  });
});

describe('deploy/', () => {
  it('holds what the sources say', () => {
    expect(serviceFiles().map(({ path }) => path)).toEqual([
      'deploy/public-service-hall.service',
      'deploy/99-public-service-hall.rules',
      'deploy/public-service-hall.xml',
    ]);
    for (const { path, text } of serviceFiles())
      expect(readFileSync(join(ROOT, path), 'utf8'), path).toBe(text);
  });
});

const analyze = spawnSync('systemd-analyze', ['--version']).status === 0;
describe.runIf(analyze)('systemd itself', () => {
  it('has nothing against the unit but settings that it is too old for', async () => {
    const { run, lines, at } = system();
    await run({ print: 'systemd' }, {});
    const file = join(at, 'public-service-hall.service');
    writeFileSync(file, lines.join('\n'));
    const verified = spawnSync('systemd-analyze', ['verify', '--man=no', file], { encoding: 'utf8' });
    const complaints = `${verified.stdout}${verified.stderr}`
      .split('\n')
      .filter(
        (line) => line.includes('public-service-hall') && !/RestartSteps|RestartMaxDelaySec/.test(line),
      );
    expect(complaints).toEqual([]);
  });
});
