/**
 * Binding by pressing a key: opens every free port and waits for the first press, scan or card. What is heard is not
 * acknowledged: a device that repeats brings it again to the driver that is bound then.
 */
import type { Clock } from './clock.ts';
import type { Device, DeviceStatus } from './driver/interfaces.ts';
import type { Found } from './found.ts';
import { PortSession, type AttachedDriver } from './session.ts';
import type { OpenTransport } from './transport/transport.ts';

/** What drives a port while it is listened to; a line of the device room is one. */
export type ListenLine = {
  driver: AttachedDriver;
  units: readonly { id: string; device: Device }[];
  close(): Promise<void>;
};
/** One way to understand what is plugged in; nothing here knows a model. */
export type ListenAttempt = { model: string; open: OpenTransport; makeDriver: () => ListenLine };

export type Heard = {
  found: Found;
  model: string;
  /** device or address on the line */
  unit: string;
  /** raw key code; for a scan or a card only that word: what was read is nobody's business here */
  code: string;
};
export type ListenResult =
  | { heard: Heard; troubles: string[] }
  | { heard: null; why: 'nothing-pressed' | 'no-free-port' | 'stopped'; troubles: string[] };

export type ListenProgress =
  | { what: 'open'; found: Found; model: string }
  /** it has said who it is without being pressed */
  | { what: 'answers'; found: Found; model: string; serial: string }
  | { what: 'trouble'; found: Found; model: string; trouble: string };

export type ListenParts = {
  /** things that no device of the configuration holds */
  found: readonly Found[];
  /** how each of them may be understood, the likeliest first; none: it is left alone */
  attempts: (found: Found) => readonly ListenAttempt[];
  /** [1…600]; freeing the ports comes on top */
  seconds: number;
  clock: Clock;
  /** [0…1) */
  random: () => number;
  onProgress?: (progress: ListenProgress) => void;
  /** the technician gives up */
  signal?: AbortSignal;
};

/** So long each model has the port when there are several for one thing: a port is open for one of them only. */
const TURN_MS = 2_000;
/** Devices tell the age of a press in steps of up to 100 ms. */
const AGE_STEP_MS = 100;

/** Waits for the first press. Never rejects; when it answers, all ports are free. */
export async function listenForKey(parts: ListenParts): Promise<ListenResult> {
  const { clock, signal } = parts;
  const ports = parts.found.map((found) => ({ found, attempts: parts.attempts(found) }));
  const stop = new AbortController();
  const troubles = new Set<string>();
  let answer: { heard: Heard } | { heard: null; why: 'nothing-pressed' | 'no-free-port' | 'stopped' } | null =
    null;
  const end = (with_: NonNullable<typeof answer>) => {
    answer ??= with_;
    stop.abort();
  };
  const startedMs = clock.monotonicMs();
  const cancelEnd = clock.after(parts.seconds * 1_000, () => end({ heard: null, why: 'nothing-pressed' }));
  const onStopped = () => end({ heard: null, why: 'stopped' });
  signal?.addEventListener('abort', onStopped, { once: true });
  if (signal?.aborted) onStopped();

  const ear: Ear = {
    ...parts,
    stop: stop.signal,
    hear(heard, ageMs) {
      // A press from before is repeated until it is acknowledged: it was not made for this.
      if (ageMs <= clock.monotonicMs() - startedMs + AGE_STEP_MS) end({ heard });
    },
    tell(progress) {
      if (progress.what === 'trouble') troubles.add(progress.trouble);
      parts.onProgress?.(progress);
    },
  };
  let free = false;
  await Promise.all(
    ports.map(async ({ found, attempts }) => {
      // A port that has been open once is tried until the time is up: cables move while people press keys.
      for (let turn = 0, open = false; attempts.length > 0 && !stop.signal.aborted; turn++) {
        const attempt = attempts[turn % attempts.length]!;
        const wasOpen = await listenOnce(ear, found, attempt, attempts.length > 1 ? TURN_MS : null, open);
        open ||= wasOpen;
        free ||= wasOpen;
        if (!open) return;
      }
    }),
  );
  cancelEnd();
  signal?.removeEventListener('abort', onStopped);
  const outcome = answer ?? ({ heard: null, why: free ? 'nothing-pressed' : 'no-free-port' } as const);
  return { ...outcome, troubles: [...troubles] };
}

type Ear = Pick<ListenParts, 'clock' | 'random'> & {
  stop: AbortSignal;
  hear: (heard: Heard, ageMs: number) => void;
  tell: (progress: ListenProgress) => void;
};

/**
 * Gives the port to one model until it is told to stop or its turn is over, and frees it; answers whether it was open.
 * A port that does not open at first is given up, unless `again`.
 */
async function listenOnce(
  ear: Ear,
  found: Found,
  attempt: ListenAttempt,
  turnMs: number | null,
  again: boolean,
): Promise<boolean> {
  const { model } = attempt;
  const line = attempt.makeDriver();
  let opened = false;
  let finish = () => {};
  const over = new Promise<void>((resolve) => (finish = resolve));
  for (const { id, device } of line.units)
    onHeard(
      device,
      (code, ageMs) => ear.hear({ found, model, unit: id, code }, ageMs),
      (serial) => ear.tell({ what: 'answers', found, model, serial }),
    );
  const session = new PortSession({
    device: found.key,
    async open(signal) {
      const result = await attempt.open(signal);
      if (result.ok) {
        opened = true;
        ear.tell({ what: 'open', found, model });
      } else if (!signal?.aborted) {
        ear.tell({ what: 'trouble', found, model, trouble: result.trouble.detail });
        if (!opened && !again) finish();
      }
      return result;
    },
    driver: line.driver,
    clock: ear.clock,
    random: ear.random,
    // Troubles are told by `open`; nobody keeps a log of listening.
    log: { info: () => {}, warn: () => {} },
  });
  const cancelTurn = turnMs === null ? () => {} : ear.clock.after(turnMs, finish);
  ear.stop.addEventListener('abort', finish, { once: true });
  if (ear.stop.aborted) finish();
  await over;
  ear.stop.removeEventListener('abort', finish);
  cancelTurn();
  await session.close();
  await line.close();
  return opened;
}

/** Tells what a person does at the device, with its age in ms, and its serial number once it has said it. */
function onHeard(
  device: Device,
  heard: (code: string, ageMs: number) => void,
  answers: (serial: string) => void,
): void {
  switch (device.kind) {
    case 'evaluator':
      device.on('press', ({ code, ageMs }) => heard(code, ageMs));
      break;
    case 'pad':
      device.on('key', ({ code }) => heard(code, 0));
      break;
    case 'scanner':
      device.on('scan', () => heard('scan', 0));
      break;
    case 'reader':
      device.on('card', () => heard('card', 0));
      device.on('unreadable', () => heard('card', 0));
      break;
    case 'sign':
    case 'printer':
      break;
  }
  let told: string | undefined;
  const onStatus = (_from: DeviceStatus, { serial }: DeviceStatus) => {
    if (serial === undefined || serial === told) return;
    told = serial;
    answers(serial);
  };
  (device as { on(event: 'status', listener: typeof onStatus): unknown }).on('status', onStatus);
}
