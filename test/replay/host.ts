/** The agent's real line of a model on a real port, with everything it tells written down in words. */
import { isDeepStrictEqual } from 'node:util';
import type { HidSocket } from '../../firmware-sim/index.ts';
import { deviceRow, type DeviceRow } from '../../kiosk-agent/contract/devices.ts';
import { parsePort } from '../../kiosk-agent/contract/port.ts';
import { systemClock } from '../../kiosk-agent/device/clock.ts';
import type { CommandResult, DeviceStatus } from '../../kiosk-agent/device/driver/interfaces.ts';
import { makeLine, type LineParts, type Unit } from '../../kiosk-agent/device/lines.ts';
import { modelOf } from '../../kiosk-agent/device/models.ts';
import { openAddress } from '../../kiosk-agent/device/opening.ts';
import { PortSession } from '../../kiosk-agent/device/session.ts';
import { hidBackendOf } from '../device/hid-sockets.ts';
import { testPerson } from '../device/parts.ts';
import { sheet } from '../device/printer-bench.ts';

/** What a host does of itself; `device` names an address on a line. */
export type Act = { device?: string } & (
  | { open: { session: number; seconds: number; voice: 'none' | 'please-rate' } }
  | { shut: number }
  | { show: { line: 1 | 2; text: string } }
  | { say: 'welcome' | 'thank-you' | 'window-closed' }
  | { print: string }
  | { call: string | null; flash?: number }
  | { display: { waiting: number; ticket: string | null } }
);

export type HostOptions = {
  /** with `id`, `model` and `port` as in a configuration */
  row: Record<string, unknown>;
  socket: HidSocket | null;
  /** presses and keys are acknowledged in the turn in which they are told; default true */
  acknowledge?: boolean;
  onFrame?: LineParts['onFrame'];
  onTold?: (told: string) => void;
};

const facts = ({ state, fault, notes, serial, firmware }: DeviceStatus): string =>
  [state, fault, ...notes, serial && `serial ${serial}`, firmware && `firmware ${firmware}`]
    .filter((fact) => fact !== undefined)
    .join(', ');
const resultWords = (result: CommandResult): string => (result.ok ? 'done' : `not done: ${result.why}`);

/** What a sign answers is told by no event: it is in the technician's view only. */
type SignReply = {
  address?: number;
  command?: string;
  code?: string;
  status?: { shown: number };
  number?: number;
  info?: number;
};
function signReply({ address, command, code, status, number, info }: SignReply): string {
  if (command === undefined) return `sign ${info} shows ${number}`;
  return `sign ${address}: ${command} ${code}${status ? `, shows ${status.shown}` : ''}`;
}

export function startHost({ row, socket, acknowledge = true, onFrame, onTold }: HostOptions) {
  const told: string[] = [];
  const waiting = new Set<Promise<unknown>>();
  const checked: DeviceRow = deviceRow.parse(row);
  const model = modelOf(checked.model);
  const port = parsePort(checked.port);
  if (!model || !port.ok || port.address.kind === 'bound')
    throw new Error(`${checked.model} or ${checked.port} is wrong`);
  const line = makeLine(checked, model, {
    clock: systemClock,
    random: Math.random,
    know: testPerson,
    onFrame: (name, direction, bytes, decoded) => {
      onFrame?.(name, direction, bytes, decoded);
      if (model.kind === 'sign' && direction === 'received') say(signReply(decoded as SignReply));
    },
  });
  const say = (text: string) => {
    told.push(text);
    onTold?.(text);
  };
  for (const unit of line.units) listen(unit);

  function listen({ id, device }: Unit) {
    const name = id === checked.id ? '' : `${id}: `;
    let before = facts(device.status);
    const onStatus = (_from: DeviceStatus, to: DeviceStatus) => {
      if (isDeepStrictEqual(before, facts(to))) return;
      before = facts(to);
      say(`${name}${before}`);
    };
    switch (device.kind) {
      case 'evaluator':
        device.on('status', onStatus);
        device.on('appeared', () => say(`${name}appeared`));
        device.on('press', (press) => {
          const level = line.keyMap[press.code] ?? 'none';
          say(
            `${name}press ${press.seq} of ${press.serial}: code ${press.code}, level ${level}, session ${press.session ?? '-'}`,
          );
          if (acknowledge) device.acknowledge(press);
        });
        return;
      case 'pad':
        device.on('status', onStatus);
        device.on('key', (key) => {
          say(`${name}key ${key.seq}: code ${key.code}, ${key.action ?? 'no meaning'}`);
          if (acknowledge) device.acknowledge(key);
        });
        return;
      case 'reader':
        device.on('status', onStatus);
        device.on('card', (card) =>
          say(`${name}card: ${card.kind} ${card.person.masked}, until ${card.validUntil ?? 'ever'}`),
        );
        device.on('unreadable', (why) => say(`${name}unreadable: ${why}`));
        return;
      case 'scanner':
        device.on('status', onStatus);
        device.on('scan', ({ text, symbology }) => say(`${name}scan ${symbology ?? '-'} ${text}`));
        return;
      case 'printer':
      case 'sign':
        device.on('status', onStatus);
    }
  }

  const session = new PortSession({
    device: checked.id,
    open: openAddress(port.address, model, hidBackendOf(socket ? [socket] : [])),
    driver: line.driver,
    clock: systemClock,
    random: Math.random,
    log: { info: () => {}, warn: () => {} },
  });

  async function act(wanted: Act): Promise<void> {
    const unit = line.units.find(({ id }) => id === (wanted.device ?? line.units[0]?.id));
    const device = unit?.device;
    const name = wanted.device ? `${wanted.device}: ` : '';
    if (device?.kind === 'evaluator') {
      if ('open' in wanted) {
        const { session: number, seconds, voice } = wanted.open;
        return say(`${name}open: ${resultWords(await device.open(number, seconds, voice))}`);
      }
      if ('shut' in wanted) return say(`${name}shut: ${resultWords(await device.shut(wanted.shut))}`);
      if ('show' in wanted)
        return say(`${name}show: ${resultWords(await device.show(wanted.show.line, wanted.show.text))}`);
      if ('say' in wanted) return say(`${name}say: ${resultWords(await device.say(wanted.say))}`);
    }
    if (device?.kind === 'printer' && 'print' in wanted) {
      const fate = await device.print(sheet(wanted.print));
      return say(
        `print ${wanted.print}: ${fate.outcome}, ${fate.outcome === 'printed' ? fate.confirmedBy : fate.why}`,
      );
    }
    if (device?.kind === 'pad' && 'display' in wanted) {
      const { waiting: count, ticket } = wanted.display;
      return say(`${name}display: ${resultWords(await device.display(count, ticket))}`);
    }
    if (device?.kind === 'sign' && 'call' in wanted) {
      const { call, flash = 0 } = wanted;
      return device.show('call', call === null ? null : { priority: 'call', text: call, flashS: flash });
    }
    throw new Error(`${checked.model} cannot ${JSON.stringify(wanted)}`);
  }

  return {
    told,
    /** Begins; what comes of it is told. */
    act(wanted: Act) {
      const acting = act(wanted);
      waiting.add(acting);
      void acting.finally(() => waiting.delete(acting));
    },
    /** What was begun has its result. */
    settled: () => Promise.all(waiting),
    statuses: () => Object.fromEntries(line.units.map(({ id, device }) => [id, facts(device.status)])),
    counters: () => Object.fromEntries(line.units.map(({ id, device }) => [id, device.status.counters])),
    async close() {
      await session.close();
      await line.close();
    },
  };
}
export type Host = ReturnType<typeof startHost>;
