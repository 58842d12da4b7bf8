/** What only a satellite has: numbers of its own for the time when the hub is away. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../config.ts';
import { modelOf } from '../../device/models.ts';
import { hubMemory } from '../../satellite/hub.ts';
import type { NoRunningAgent, RunningAgent } from '../running.ts';
import type { Check } from './check.ts';

/** So few are soon given on a busy morning. */
const FEW = 10;

/** Numbers that the kiosk here can give while it is cut off, by prefix; none for a hub, or a satellite without a printer. */
export function offlineNumbers(
  config: Config,
  stateFolder: string,
  agent: RunningAgent | NoRunningAgent,
  today: string,
): Check[] {
  const isKiosk = config.agent.localScreens.includes('kiosk') && config.devices.some(isPrinter);
  if (config.agent.role !== 'satellite' || !isKiosk) return [];
  const prefixes = [...new Set(config.services.map(({ prefix }) => prefix))];
  const left =
    agent.running && agent.health.numbersLeft ? agent.health.numbersLeft : leased(stateFolder, today);
  return prefixes.map((prefix): Check => {
    const count = left[prefix] ?? 0;
    const head = { check: 'numbers', subject: prefix } as const;
    if (count > FEW)
      return {
        ...head,
        state: 'good',
        sentence: {
          zh: `断开时还能发 ${count} 个号`,
          en: `${count} numbers can be given while the hub is away`,
        },
      };
    return {
      ...head,
      state: count === 0 ? 'trouble' : 'unknown',
      sentence:
        count === 0
          ? { zh: '断开时发不出号', en: 'no number can be given while the hub is away' }
          : {
              zh: `断开时只能再发 ${count} 个号`,
              en: `only ${count} numbers are left for the time when the hub is away`,
            },
      advice: {
        zh: '让本机与大厅服务器连接一次，号段自动下发；用完的号段次日恢复，rules.offlineNumbers.size 可以调大。',
        en: 'Let it connect to the hub once: numbers are leased by themselves; a block that is used up is whole again the next day, and rules.offlineNumbers.size makes it larger.',
      },
    };
  });
}

function isPrinter({ model }: Config['devices'][number]): boolean {
  return modelOf(model)?.kind === 'printer';
}

/** Without a running agent: as leased, whatever of it has been given today. */
function leased(stateFolder: string, today: string): Record<string, number> {
  let text: string;
  try {
    text = readFileSync(join(stateFolder, 'hub.json'), 'utf8');
  } catch {
    return {};
  }
  const parsed = hubMemory.safeParse(parseJson(text));
  const left: Record<string, number> = {};
  for (const { prefix, from, to, untilDay } of parsed.data?.blocks ?? [])
    if (today <= untilDay) left[prefix] = (left[prefix] ?? 0) + to - from + 1;
  return left;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
