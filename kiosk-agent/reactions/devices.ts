/** What devices did, for the record: attached, lost, faulted, recovered. Written when it changes, never repeated. */
import type { Logger } from 'pino';
import type { EventDraft } from '../contract/events.ts';
import type { DeviceStateName } from '../contract/live.ts';
import type { DeviceStatus } from '../device/driver/interfaces.ts';
import type { Clock, Executor } from '../executor.ts';
import { localTime } from '../hall/day.ts';

export type WatchedDevice = { id: string; model: string; status: DeviceStatus };
export type DeviceWatch = (
  listener: (id: string, from: DeviceStatus, to: DeviceStatus) => void,
) => () => void;
type Known = 'never' | 'there' | 'faulted' | 'gone';

/** Runs until the returned function is called. */
export function tellDevices(
  executor: Pick<Executor, 'record'> & { rules: Pick<Executor['rules'], 'timeZone'> },
  devices: WatchedDevice[],
  watch: DeviceWatch,
  clock: Clock,
  log: Logger,
): () => void {
  const known = new Map<string, Known>(devices.map((device) => [device.id, 'never']));
  const models = new Map(devices.map((device) => [device.id, device.model]));

  const record = (id: string, status: DeviceStatus): void => {
    const was = known.get(id) ?? 'never';
    const now = standing(status.state);
    if (now === null || now === was || (now === 'gone' && was === 'never')) return;
    known.set(id, now);
    executor
      .record([draft(id, was, now, status)])
      .catch((error: unknown) => log.warn({ device: id, error }, 'a change of a device was not recorded'));
  };

  const draft = (id: string, was: Known, now: Known, status: DeviceStatus): EventDraft => {
    const head = { subject: id, time: localTime(clock(), executor.rules.timeZone) };
    if (now === 'gone')
      return {
        ...head,
        type: 'hall.device.lost',
        data: { device: id, why: status.detail?.slice(0, 200) || status.state },
      };
    if (now === 'faulted')
      return {
        ...head,
        type: 'hall.device.faulted',
        data: { device: id, fault: status.fault ?? status.state },
      };
    if (was === 'never')
      return {
        ...head,
        type: 'hall.device.attached',
        data: {
          device: id,
          model: models.get(id) ?? 'unknown',
          ...(status.serial ? { serial: status.serial } : {}),
          ...(status.firmware ? { firmware: status.firmware } : {}),
        },
      };
    return {
      ...head,
      type: 'hall.device.recovered',
      data: { device: id, from: was === 'faulted' ? 'fault' : 'lost' },
    };
  };

  const stop = watch((id, _from, to) => {
    log.info({ device: id, state: to.state, fault: to.fault, detail: to.detail }, 'device');
    record(id, to);
  });
  for (const device of devices) record(device.id, device.status);
  return stop;
}

/** null: on the way, not worth a record. */
function standing(state: DeviceStateName): Known | null {
  if (state === 'opening') return null;
  if (state === 'ready') return 'there';
  if (state === 'faulted' || state === 'wrong-settings') return 'faulted';
  return 'gone';
}
