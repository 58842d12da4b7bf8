/** Since when each fault is on, and how it was asked for; faults also come and go by themselves. */
import type { FaultOptions } from '../faults/faults.ts';
import type { Device, FaultOn } from './devices.ts';

export function createFaultDiary(now: () => number) {
  const diary = new Map<string, Map<string, FaultOn>>();

  /** The faults of a device that are on now, in the order in which they came. */
  function on(device: Device): FaultOn[] {
    const before = diary.get(device.id) ?? new Map<string, FaultOn>();
    const names: readonly string[] = device.faults();
    const since = new Date(now()).toISOString();
    const fresh = names.filter((name) => !before.has(name));
    const kept = [...before.values()].filter(({ name }) => names.includes(name));
    const all = [...kept, ...fresh.map((name) => ({ name, since, options: {} }))];
    diary.set(device.id, new Map(all.map((fault) => [fault.name, fault])));
    return all;
  }
  return {
    on,
    /** It has been switched on, as this. */
    asked(device: Device, name: string, options: FaultOptions) {
      on(device);
      const fault = diary.get(device.id)?.get(name);
      if (fault) diary.get(device.id)?.set(name, { ...fault, since: new Date(now()).toISOString(), options });
    },
  };
}
export type FaultDiary = ReturnType<typeof createFaultDiary>;
