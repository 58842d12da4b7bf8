/** Compares what is plugged in with the configuration and the bindings, and says what to do. */
import { existsSync } from 'node:fs';
import type { Bilingual } from '../contract/live.ts';
import { parsePort } from '../contract/port.ts';
import type { Binding } from '../device/bindings.ts';
import { candidates, describe, matchAll, takenFor, type Match } from '../device/fingerprint.ts';
import { isAt, type Found, type FoundList } from '../device/found.ts';
import { MODELS, type ModelRow } from '../device/models.ts';
import type { DeviceRow } from '../device/rows.ts';

/** One configured device. `standing`: network devices are not looked for here. */
export type ConfiguredReport = {
  device: string;
  model: string;
  name: Bilingual;
  port: string;
  standing: 'there' | 'missing' | 'ambiguous' | 'not-bound' | 'unknown' | 'network';
  bound: boolean;
  /** keys of what it is, may be, or may have moved to */
  found: string[];
  why: Bilingual;
  /** what to do; null for nothing */
  todo: Bilingual | null;
};
export type FoundReport = Found & {
  describe: string;
  takenFor: Bilingual;
  candidates: { model: string; score: number; why: Bilingual }[];
  usedBy: string | null;
};
export type DevicesReport = {
  found: FoundReport[];
  configured: ConfiguredReport[];
  /** bindings of devices that the configuration does not have */
  stray: string[];
  troubles: string[];
};

/** Compares what is plugged in with configuration and bindings. */
export function report(
  list: FoundList,
  rows: readonly DeviceRow[],
  bindings: readonly Binding[],
  models: readonly ModelRow[] = MODELS,
): DevicesReport {
  const matches = matchAll(bindings, list.found);
  const configured = rows.flatMap((row) => {
    const model = models.find(({ id }) => id === row.model);
    return model ? [standing(row, model, matches.get(row.id), list)] : [];
  });
  const users = new Map(
    configured.flatMap(({ device, standing: is, found }) =>
      is === 'there' ? found.map((key) => [key, device] as const) : [],
    ),
  );
  return {
    found: list.found.map((found) => ({
      ...found,
      describe: describe(found),
      takenFor: takenFor(found, models),
      candidates: candidates(found, models),
      usedBy: users.get(found.key) ?? null,
    })),
    configured,
    stray: bindings.flatMap(({ device }) => (rows.some(({ id }) => id === device) ? [] : [device])),
    troubles: list.troubles,
  };
}

function standing(
  row: DeviceRow,
  model: ModelRow,
  match: Match | undefined,
  list: FoundList,
): ConfiguredReport {
  const facts = {
    device: row.id,
    model: model.id,
    name: model.name,
    port: row.port,
    bound: match !== undefined,
  };
  const say = (
    is: ConfiguredReport['standing'],
    found: readonly Found[],
    why: Bilingual,
    todo: Bilingual | null = null,
  ): ConfiguredReport => ({ ...facts, standing: is, found: found.map(({ key }) => key), why, todo });

  if (match) {
    switch (match.is) {
      case 'there':
        return say('there', [match.found], match.why);
      case 'missing':
        return say('missing', match.moved ? [match.moved] : [], match.why, bindTodo(row, model, match.moved));
      case 'ambiguous':
        return say('ambiguous', match.among, match.why, bindTodo(row, model));
    }
  }
  const port = parsePort(row.port);
  if (!port.ok) return say('unknown', [], { zh: port.why, en: port.why });
  const { address } = port;
  if (address.kind === 'tcp') return say('network', [], WORDS.network);
  if (address.kind === 'bound') return say('not-bound', [], WORDS.notBound, bindTodo(row, model));
  const at = list.found.filter((found) => isAt(found, address, model.fingerprints[0]));
  const paths = new Set(at.map(({ path }) => path));
  if (paths.size > 1) return say('ambiguous', at, WORDS.severalHid, bindTodo(row, model));
  if (paths.size === 1) return say('there', at, WORDS.named);
  // Links to pseudo-terminals and ports of drivers that the lists do not know are there all the same.
  if (address.kind !== 'hid' && existsSync(address.path)) return say('there', [], WORDS.existing);
  if (list.silent.includes(address.kind)) return say('unknown', [], WORDS.notListed);
  return say('missing', [], WORDS.noSuchPort, WORDS.checkPort);
}

/** What to do about a device that has lost its port, with the command in full. */
function bindTodo(row: DeviceRow, model: ModelRow, moved?: Found): Bilingual {
  const how = PRESSED.includes(model.kind) ? '--press' : 'KEY';
  const command = `hall devices bind ${row.id} ${moved ? quoted(moved.key) : how}`;
  return { zh: `插好，或重新绑定：${command}`, en: `plug it in, or bind it: ${command}` };
}
const PRESSED: readonly ModelRow['kind'][] = ['evaluator', 'frames', 'keypad', 'reader', 'scanner'];

/** HID paths of Windows and the mark of a collection mean something to a shell. */
function quoted(key: string): string {
  return /^[\w/:.-]+$/.test(key) ? key : `'${key}'`;
}

const WORDS = {
  network: { zh: '网络设备，用 hall doctor 检查', en: 'behind the network; see hall doctor' },
  notBound: { zh: '尚未绑定', en: 'nobody has bound it yet' },
  severalHid: {
    zh: '有多个设备符合，程序不会猜测',
    en: 'several devices could be meant, and none is guessed',
  },
  named: { zh: '按配置中的端口', en: 'the port of the configuration' },
  existing: { zh: '端口存在，不在列表中', en: 'the port exists; no list tells what it is' },
  notListed: { zh: '此类设备无法列出', en: 'things of this kind cannot be listed now' },
  noSuchPort: { zh: '没有这个端口', en: 'there is no such port' },
  checkPort: {
    zh: '检查数据线，核对配置中的端口名',
    en: 'check the cable, and compare the port in the configuration with the list above',
  },
} satisfies Record<string, Bilingual>;
