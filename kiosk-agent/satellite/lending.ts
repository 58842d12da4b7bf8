/**
 * What happens at the devices that this satellite lends: on its disk first, then the device hears its acknowledgement, and the
 * link brings it to the hub. What it means the hub decides.
 */
import type { Logger } from 'pino';
import type { EventDraft } from '../contract/events.ts';
import type { CallPad, CardRead, PadKey, Press, Scan } from '../device/driver/interfaces.ts';
import type { Devices, EvaluatorAtWindow } from '../device/manager.ts';
import type { Clock } from '../executor.ts';
import { localTime } from '../hall/day.ts';
import { meaningOf } from '../reactions/readers.ts';
import type { Evaluations } from './evaluations.ts';
import type { Hub } from './hub.ts';
import type { SatelliteExecutor } from './sheets.ts';

export type LendingParts = {
  executor: SatelliteExecutor;
  devices: Devices;
  evaluations: Evaluations;
  hub: Hub;
  clock: Clock;
  log: Logger;
};

/** A pad has fewer keys than this. */
const KEYS_REMEMBERED = 64;

/** Runs until the returned function is called. */
export function lendDevices(parts: LendingParts): () => void {
  const { devices } = parts;
  const undo = [
    ...devices.evaluators().map((each) => keepPresses(parts, each)),
    ...devices.pads().map(({ window, pad }) => keepKeys(parts, window, pad)),
    ...devices.units().flatMap(({ id, window, device }) => {
      if (device.kind === 'scanner') return [keepScans(parts, id, device)];
      // A reader without a window is this kiosk's own (kiosk.ts).
      if (device.kind === 'reader' && window !== undefined) return [keepCards(parts, id, window, device)];
      return [];
    }),
  ];
  return () => {
    for (const each of undo.splice(0)) each();
  };
}

function keepPresses({ executor, evaluations, hub, log }: LendingParts, at: EvaluatorAtWindow): () => void {
  const { evaluator, window } = at;
  const keep = async (press: Press): Promise<void> => {
    const level = at.keyMap[press.code] ?? null;
    const outcome = await executor.execute({
      name: 'press.keep',
      device: evaluator.id,
      window,
      session: press.session,
      open: evaluations.isOpen(evaluator.id, press.session),
      keyRaw: press.code,
      level,
      press: { serial: press.serial, boot: press.boot, seq: press.seq },
      pressedAt: localTime(new Date(press.receivedAt.getTime() - press.ageMs), executor.rules.timeZone),
      clockOffsetMs: hub.clockOffsetMs,
    });
    // On disk, now or before: only here may the device forget it.
    if (!outcome.ok)
      return log.error({ device: evaluator.id, refusal: outcome.refusal }, 'a press was refused');
    evaluator.acknowledge(press);
    if (level !== null) evaluations.rated(evaluator.id, press.session);
  };
  const onPress = (press: Press): void => {
    // Not acknowledged: the device keeps it and sends it again every 300 ms.
    keep(press).catch((error: unknown) =>
      log.warn({ device: evaluator.id, error }, 'a press could not be kept yet'),
    );
  };
  evaluator.on('press', onPress);
  return () => evaluator.off('press', onPress);
}

function keepKeys(parts: LendingParts, window: number, pad: CallPad): () => void {
  const { executor, hub, log } = parts;
  let before: Promise<void> = Promise.resolve();
  const done: number[] = [];
  const keep = async (key: PadKey): Promise<void> => {
    if (!done.includes(key.seq)) {
      await record(parts, {
        type: 'hall.key.kept',
        data: {
          device: pad.id,
          window,
          keyRaw: key.code,
          action: key.action,
          pressedAt: localTime(key.receivedAt, executor.rules.timeZone),
          clockOffsetMs: hub.clockOffsetMs,
        },
      });
      done.push(key.seq);
      if (done.length > KEYS_REMEMBERED) done.shift();
      // Nobody acts on it now, and nobody will later: the clerk must hear that.
      if (!hub.reachable) void pad.beep();
    }
    pad.acknowledge(key);
  };
  const onKey = (key: PadKey): void => {
    before = before.then(() =>
      keep(key).catch((error: unknown) =>
        log.warn({ device: pad.id, error }, 'a key of a pad could not be taken yet'),
      ),
    );
  };
  pad.on('key', onKey);
  return () => pad.off('key', onKey);
}

function keepScans(
  parts: LendingParts,
  device: string,
  scanner: { on(name: 'scan', take: (scan: Scan) => void): unknown; off: typeof scanner.on },
): () => void {
  const onScan = (scan: Scan): void => {
    const { kind, value, length } = meaningOf(scan.text);
    void record(parts, {
      type: 'hall.scan.kept',
      data: { device, kind, value, length },
    }).catch((error: unknown) => parts.log.warn({ device, error }, 'a scan was not kept'));
  };
  scanner.on('scan', onScan);
  return () => scanner.off('scan', onScan);
}

function keepCards(
  parts: LendingParts,
  device: string,
  window: number,
  reader: { on(name: 'card', take: (card: CardRead) => void): unknown; off: typeof reader.on },
): () => void {
  const onCard = ({ person, hashes }: CardRead): void => {
    const earlier = hashes.find((hash) => hash !== person.hash);
    void record(parts, {
      type: 'hall.card.kept',
      data: {
        device,
        window,
        masked: person.masked,
        hash: person.hash,
        ...(earlier === undefined ? {} : { earlierHash: earlier }),
        clockOffsetMs: parts.hub.clockOffsetMs,
      },
    }).catch((error: unknown) => parts.log.warn({ device, error }, 'a card was not kept'));
  };
  reader.on('card', onCard);
  return () => reader.off('card', onCard);
}

type Kept = Extract<EventDraft, { type: 'hall.key.kept' | 'hall.scan.kept' | 'hall.card.kept' }>;
/** Resolves when it is on disk. */
async function record(
  { executor, clock }: LendingParts,
  { type, data }: { [T in Kept['type']]: Pick<Extract<Kept, { type: T }>, 'type' | 'data'> }[Kept['type']],
): Promise<void> {
  const time = localTime(clock(), executor.rules.timeZone);
  await executor.record([{ type, subject: data.device, time, data } as EventDraft]);
}
