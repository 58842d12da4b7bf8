import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig, parseConfig, readSecret } from '../kiosk-agent/config.ts';
import { deviceFaults } from '../kiosk-agent/device/manager.ts';
import { hallYaml } from './harness/hall.ts';
import { ROOT } from './harness/programs.ts';

const check = (yaml: string) => parseConfig(yaml, deviceFaults, '/state');
const faults = (yaml: string): string[] => {
  const result = check(yaml);
  return result.ok ? [] : result.faults.map((fault) => `${fault.line}:${fault.path}: ${fault.message}`);
};

describe('the configuration', () => {
  it('takes the fixed part alone and fills in the rest', () => {
    const result = check(hallYaml());
    expect(result.ok && result.config.rules).toMatchObject({
      missed: { policy: 'keep-calls', calls: 3 },
      recall: { coolDownS: 5, limit: 3 },
      priorityHeadStartMin: 30,
      priorityCounts: 'claimed',
      realName: { mode: 'optional' },
      rating: { seconds: 30 },
      unclaimedS: 60,
    });
  });

  it('takes the hall that ships', () => {
    expect(loadConfig(join(ROOT, 'halls', 'weihai.yaml'), deviceFaults, '/state')).toMatchObject({
      ok: true,
    });
  });

  it('names every error at once with its path and line', () => {
    const yaml = [
      'hall:',
      '  id: Weihai 01',
      '  name: {zh: 大厅}',
      '  region: 371000000000',
      '  timeZone: Asia/Weihai',
      'agent: {id: hub-1, role: boss, listen: "127.0.0.1"}',
      'services:',
      '  - {id: transfer, prefix: a, name: {zh: 转移, en: Transfer}}',
      'windows:',
      '  - {number: 1, services: [transfer], colour: red}',
      'devices:',
      '  - {id: evaluator-1, model: elp1, port: "usb:1", window: 1}',
      'links:',
      '  - {name: central, url: "socketio:http://127.0.0.1:8490", token: "hunter2hunter2hunter2"}',
    ].join('\n');
    const found = faults(yaml);
    const at = (line: number, path: string) => found.some((fault) => fault.startsWith(`${line}:${path}:`));
    expect(at(2, 'hall.id')).toBe(true);
    expect(at(3, 'hall.name.en')).toBe(true);
    expect(at(4, 'hall.region')).toBe(true);
    expect(at(5, 'hall.timeZone')).toBe(true);
    expect(at(6, 'agent.role')).toBe(true);
    expect(at(6, 'agent.listen')).toBe(true);
    expect(at(8, 'services[0].prefix')).toBe(true);
    expect(at(10, 'windows[0].colour')).toBe(true);
    expect(at(12, 'devices[0].port')).toBe(true);
    expect(at(14, 'links[0].token')).toBe(true);
    expect(found.join('\n')).not.toContain('hunter2');
  });

  it('takes links over Socket.IO and plain HTTP, and of a satellite only the first: its hub takes no other', () => {
    const hub = hallYaml().replace(/^links:.*\n/m, '');
    const linked = (url: string, yaml = hub) =>
      faults(`${yaml}links: [{name: far, url: "${url}", token: "env:TOKEN"}]\n`).join('\n');
    for (const url of ['socketio:https://far.example', 'http://127.0.0.1:8490', 'https://gate.example/hall'])
      expect(linked(url)).toBe('');
    for (const url of ['ftp://far.example', 'https://hall:secret@gate.example'])
      expect(linked(url)).toContain('links[0].url');
    const satellite = hub.replace(/^agent:.*$/m, 'agent: {id: pc-2, role: satellite, listen: "127.0.0.1:0"}');
    expect(linked('http://hub.example:8480', satellite)).toMatch(/links\[0\]\.url: .*Socket\.IO only/);
    expect(linked('socketio:http://hub.example:8480', satellite)).toBe('');
  });

  it('finds what only the parts together show: unknown services and windows, shared prefixes, ports and numbers', () => {
    const found = faults(
      hallYaml(`devices:
  - {id: e1, model: elp1, port: "tcp:127.0.0.1:4001", window: 9}
  - {id: e1, model: elp9, port: "tcp:127.0.0.1:4001", window: 2}
`)
        .replace('prefix: B', 'prefix: A')
        .replace('services: [mortgage]', 'services: [nothing]'),
    ).join('\n');
    expect(found).toContain('services[1].prefix: A is already used by services[0]');
    expect(found).toContain('windows[2].services[0]: no service nothing');
    expect(found).toContain('devices[0].window: no window 9');
    expect(found).toContain('devices[1].id: e1 is already used by devices[0]');
  });

  it('asks the device room once the form is right', () => {
    const found = faults(
      hallYaml(
        'devices: [{id: a, model: elp9, port: "tcp:127.0.0.1:4001"}, {id: b, model: elp1, port: "tcp:127.0.0.1:4001"}]\n',
      ),
    ).join('\n');
    expect(found).toContain('devices[0].model: ');
    expect(found).toContain('devices[1].port: ');
  });

  it('says where the YAML itself is broken', () => {
    expect(faults('hall: {id: x\nagent: ]')[0]).toMatch(/^[12]:/);
    expect(faults('- 1').length).toBeGreaterThan(0);
    expect(faults('').length).toBeGreaterThan(0);
  });

  it('puts the state folder where ${state} stands', () => {
    const result = check(
      hallYaml('devices: [{id: e1, model: elp1, port: "serial:${state}/dev/e1", window: 1}]\n'),
    );
    expect(result.ok && result.config.devices[0]?.port).toBe('serial:/state/dev/e1');
  });

  it('reads secrets from the environment and says what is missing', () => {
    expect(readSecret('env:TOKEN', { TOKEN: 'abc' })).toEqual({ ok: true, value: 'abc' });
    expect(readSecret('env:TOKEN', {})).toEqual({
      ok: false,
      why: 'the environment variable TOKEN is not set',
    });
    expect(readSecret('file:/no/such/file', {})).toMatchObject({ ok: false });
  });

  it('is checked by `hall config check`: exit 0 for a good file, 3 with every fault for a bad one', () => {
    const hall = (...args: string[]) =>
      spawnSync(process.execPath, [join(ROOT, 'kiosk-agent', 'cli.ts'), ...args], { encoding: 'utf8' });
    expect(hall('config', 'check', join(ROOT, 'halls', 'weihai.yaml'))).toMatchObject({ status: 0 });
    const bad = hall('config', 'check', join(ROOT, 'package.json'));
    expect(bad.status).toBe(3);
    expect(bad.stderr).toContain('package.json:1:1: hall: ');
    expect(hall('config', 'check')).toMatchObject({ status: 2 });
    expect(hall('config', 'check', '/no/such/hall.yaml').stderr).toContain('cannot be read');
  });
});

describe('the calendar of a hall', () => {
  const withCalendar = (calendar: string): string =>
    hallYaml().replace(/^hall: +\{/m, `hall: {calendar: ${calendar}, `);

  it('takes the days of a file that stands beside it, and its own', () => {
    const result = parseConfig(
      withCalendar(`{file: calendar-cn-2026.yaml, holidays: ['2026-12-31']}`),
      deviceFaults,
      '/state',
      join(ROOT, 'halls'),
    );
    const calendar = result.ok ? result.config.hall.calendar : null;
    expect(calendar?.holidays).toContain('2026-12-31');
    expect(calendar?.holidays).toContain('2026-10-01');
    expect(calendar?.makeUpDays).toContain('2026-10-10');
  });

  it('says which file cannot be read', () => {
    expect(faults(withCalendar('{file: nowhere.yaml}'))).toEqual([
      expect.stringMatching(/hall\.calendar\.file: .*nowhere\.yaml: ENOENT/),
    ]);
  });
});
