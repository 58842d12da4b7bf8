/** The connection to the hub's live feed: keeps the last good state, and knows how old it is. */
import { io, type Socket } from 'socket.io-client';
import { computed, ref, shallowRef, type ComputedRef, type Ref } from 'vue';
import type {
  Change,
  KioskMessages,
  LIVE_PATH,
  PublicView,
  ResumeAnswer,
  Role,
  Snapshot,
  StaffView,
} from '../kiosk-agent/contract/live.ts';
import { machineNow, measuredServerTime, roughServerTime, serverNow } from './clock.ts';
import { freshBuild } from './fresh-build.ts';
import { apply, catchUp, place, takeSnapshot, type Projection } from './projection.ts';

const path: typeof LIVE_PATH = '/live';
/** More than this waiting for an answer to `resume`: ask for everything instead. */
const waitingMax = 500;
const clockEveryMs = 60_000;
/** A page turns every few seconds, in a hidden tab once a minute: longer ago, and the computer has slept. */
const asleepMs = 100_000;

export type Live<View> = {
  view: ComputedRef<View | null>;
  /** ms (hub's time) since when nothing comes; null while connected */
  cutSince: Ref<number | null>;
  /** the hub refused this screen, e.g. not signed in */
  refused: Ref<string | null>;
  close(): void;
};

/** What is said beside the view to the screens of a visitor's desk, each with its hearer. */
export type DeskHearers = { [Event in keyof KioskMessages]?: (said: KioskMessages[Event]) => void };
export type LiveOptions = {
  window?: number;
  /** of which desk on this computer: its own reader and scanner are heard */
  screen?: 'kiosk' | 'query';
  on?: DeskHearers;
  /** a public page may load itself anew now, when the hub has a newer build of it and nobody touches it */
  quiet?: () => boolean;
};

/** Opens the feed. It reconnects by itself until `close()`, which may be called twice. */
export function openLive(role: 'clerk' | 'technician' | 'manager', options?: LiveOptions): Live<StaffView>;
export function openLive(role: Role, options?: LiveOptions): Live<PublicView>;
export function openLive(
  role: Role,
  { on = {}, quiet = () => true, ...options }: LiveOptions = {},
): Live<PublicView | StaffView> {
  const held = shallowRef<Projection | null>(null);
  const cutSince = ref<number | null>(null);
  const refused = ref<string | null>(null);
  let waiting: Change[] | null = null;
  const fresh = ['board', 'window', 'kiosk'].includes(role) ? freshBuild(quiet) : null;

  const socket: Socket = io({
    path,
    auth: { role, ...options },
    withCredentials: true,
    reconnectionDelay: 500,
    reconnectionDelayMax: 5_000,
  });

  async function resume(): Promise<void> {
    const from = held.value;
    if (!from || waiting) return;
    waiting = [];
    let answer: ResumeAnswer | null = null;
    try {
      answer = (await socket.timeout(10_000).emitWithAck('resume', {
        run: from.run,
        seq: from.seq,
      })) as ResumeAnswer;
    } catch {
      // No answer: a new connection asks again.
    }
    const arrived: Change[] = waiting;
    waiting = null;
    if (answer && held.value) held.value = catchUp(held.value, answer, arrived);
    else if (socket.connected) socket.disconnect().connect();
  }

  function onChange(change: Change): void {
    roughServerTime(change.time);
    if (waiting) {
      if (waiting.length < waitingMax) waiting.push(change);
      return;
    }
    if (!held.value) return;
    const where = place(held.value, change);
    if (where === 'next') held.value = apply(held.value, change);
    else if (where !== 'old') void resume();
  }

  async function askTime(): Promise<void> {
    const askedAt = machineNow();
    try {
      const answer: unknown = await socket.timeout(5_000).emitWithAck('time');
      measuredServerTime(askedAt, Number(answer), machineNow());
    } catch {
      // The time of the messages has to do.
    }
  }

  socket.on('connect', () => {
    cutSince.value = null;
    refused.value = null;
    void resume();
    void askTime();
  });
  socket.on('snapshot', (snapshot: Snapshot) => {
    roughServerTime(snapshot.time);
    held.value = takeSnapshot(held.value, snapshot);
    fresh?.seen(snapshot.build);
  });
  socket.on('change', onChange);
  for (const [event, hear] of Object.entries(on)) socket.on(event, hear as (said: unknown) => void);
  socket.on('disconnect', (reason) => {
    cutSince.value ??= serverNow();
    // Socket.IO does not come back by itself after the server has said goodbye.
    if (reason === 'io server disconnect') setTimeout(() => !closed && socket.connect(), 2_000);
  });
  socket.on('connect_error', (error) => {
    cutSince.value ??= serverNow();
    // `active` false: the hub answered and said no.
    if (socket.active) return;
    refused.value = error.message;
    setTimeout(() => !closed && socket.connect(), 5_000);
  });

  // A computer that slept still holds what it showed before, and does not know yet that its connection is gone.
  let turnedAt = Date.now();
  function onTurn(): void {
    const asleep = Date.now() - turnedAt > asleepMs;
    if (asleep && socket.connected) {
      cutSince.value ??= serverNow() - (Date.now() - turnedAt);
      socket.disconnect().connect();
    }
    turnedAt = Date.now();
  }
  addEventListener('visibilitychange', onTurn, true);
  const wakeTimer = setInterval(onTurn, 5_000);

  let closed = false;
  const renewClock = (): void => void (socket.connected && askTime());
  const clockTimer = setInterval(renewClock, clockEveryMs);
  // A machine that slept, or a page that was hidden, asks at once.
  document.addEventListener('visibilitychange', renewClock);
  return {
    view: computed(() => (held.value ? (held.value.view as unknown as PublicView | StaffView) : null)),
    cutSince,
    refused,
    close() {
      closed = true;
      clearInterval(clockTimer);
      document.removeEventListener('visibilitychange', renewClock);
      clearInterval(wakeTimer);
      removeEventListener('visibilitychange', onTurn, true);
      fresh?.close();
      socket.removeAllListeners();
      socket.disconnect();
    },
  };
}
