/** The hand that breaks devices and mends them: faults on and off, cables out and in, each in the ledger. */
import type { Day } from './day.ts';
import type { FaultSettings, Level } from './format.ts';
import type { DoneFault } from './ledger.ts';
import type { Locks } from './locks.ts';
import { evaluatorOf, type Panel, type PanelDevice } from './panel.ts';

export type Faults = ReturnType<typeof createFaultHand>;

/** What a fault leaves behind when it has happened, behind so many bytes. */
const LEFT_BEHIND = /^(.*)-after-bytes$/;
/** These stay until somebody opens the cover and closes it. */
const NEEDS_COVER = ['cutter-error', 'paper-jam'];

/** `before`: the devices as they were; what was on already is left as it was. */
export function createFaultHand(day: Day, alone: Locks, before: readonly PanelDevice[]) {
  const { panel, ledger, clock, say } = day;
  /** How many want it: two spans of the same fault may overlap. */
  const wanted = new Map<string, number>();
  const open: DoneFault[] = [];
  const kindOf = new Map(before.map(({ id, kind }) => [id, kind]));

  async function on(n: number | null, device: string, fault: string, options: FaultSettings): Promise<void> {
    const key = `${device}/${fault}`;
    const count = (wanted.get(key) ?? 0) + 1;
    wanted.set(key, count);
    const entry: DoneFault = { n, device, fault, options, on: clock.moment(), off: null };
    ledger.faults.push(entry);
    open.push(entry);
    if (n !== null) say(`${device}: ${fault}`);
    await alone(device, async () => {
      if (count > 1) return;
      if (fault === 'unplugged') return void (await panel.act(device, 'unplug'));
      if (kindOf.get(device) !== 'evaluator')
        return void (await panel.setFault(device, fault, true, options));
      await atEvaluator(device, fault, options);
    });
  }

  /** An evaluator without power forgets what it has not got rid of; a key that sticks is a press. */
  async function atEvaluator(device: string, fault: string, options: FaultSettings): Promise<void> {
    const earlier = await panel.get(device);
    const state = evaluatorOf(earlier);
    const later = evaluatorOf(await panel.setFault(device, fault, true, options));
    const identity = { serial: earlier.serial ?? device, boot: state.boot };
    if (fault === 'power-off' && state.pressesWaiting > 0)
      ledger.memoryLost.push({ ...clock.moment(), ...identity, waiting: state.pressesWaiting });
    const pressed = (one: typeof state) => one.pressesWaiting + one.pressesAcknowledged;
    if (fault !== 'stuck-key' || pressed(later) === pressed(state)) return;
    const key = typeof options['key'] === 'number' ? options['key'] : 1;
    const place = [...day.places.evaluators.values()].find((each) => each.device === device);
    ledger.presses.push({
      ...clock.moment(),
      device,
      hubDevice: place?.hubDevice ?? device,
      window: place?.window ?? 0,
      identity,
      keyRaw: String(6 - key),
      level: (6 - key) as Level,
      session: later.session?.number ?? null,
      taken: 'taken',
      why: 'stuck-key',
      visitor: null,
    });
  }

  async function off(n: number | null, device: string, fault: string): Promise<void> {
    const at = open.findIndex((one) => one.n === n && one.device === device && one.fault === fault);
    const [entry] = at < 0 ? [] : open.splice(at, 1);
    if (!entry) return;
    const key = `${device}/${fault}`;
    const count = (wanted.get(key) ?? 1) - 1;
    wanted.set(key, count);
    await alone(device, async () => {
      if (count === 0) await mend(panel, device, fault);
    });
    entry.off = clock.moment();
    if (n !== null) say(`${device}: ${fault} is over`);
  }

  return {
    on,
    off,
    count: () => open.length,
    /** Whether this device had any trouble on this day. */
    had: (device: string) => ledger.faults.some((one) => one.device === device),
    /** Everything of this day off; then every device is as it was, or has been tried and its trouble is told. */
    async allOff(): Promise<void> {
      for (const { n, device, fault } of [...open])
        await off(n, device, fault).catch((error: unknown) => day.trouble((error as Error).message));
      await restore(panel, before);
    },
  };
}

/** Plugs in what was plugged in before, and switches off what was not on. */
export async function restore(panel: Panel, before: readonly PanelDevice[]): Promise<void> {
  const was = new Map(before.map((device) => [device.id, device]));
  for (const device of await panel.devices()) {
    const earlier = was.get(device.id);
    if (!earlier) continue;
    if (earlier.plugged && !device.plugged) await panel.act(device.id, 'plug');
    for (const fault of device.faults)
      if (fault !== 'unplugged' && !earlier.faults.includes(fault)) await mend(panel, device.id, fault);
  }
}

async function mend(panel: Panel, device: string, fault: string): Promise<void> {
  if (fault === 'unplugged') return void (await panel.act(device, 'plug'));
  await panel.setFault(device, fault, false, {});
  const leaves = LEFT_BEHIND.exec(fault)?.[1];
  // "unplug-after-bytes" leaves the device unplugged.
  if (leaves === 'unplug') await panel.act(device, 'plug');
  else if (leaves !== undefined) await panel.setFault(device, leaves, false, {});
  const left = leaves ?? fault;
  if (left === 'paper-out') await panel.act(device, 'load-paper');
  if (NEEDS_COVER.includes(left)) {
    await panel.act(device, 'open-cover');
    await panel.act(device, 'close-cover');
  }
}
