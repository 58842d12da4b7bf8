/** The connection to the central server's live feed: keeps the last good view, and knows how old it is. */
import { io } from 'socket.io-client';
import { ref, shallowRef, type Ref, type ShallowRef } from 'vue';
import type { FarEndView } from '../../kiosk-agent/contract/far-end.ts';
import { roughServerTime, serverNow } from '../clock.ts';
import { farEnd } from './calls.ts';

export type Feed = {
  view: ShallowRef<FarEndView | null>;
  /** ms (server's time) since when nothing comes; null while connected */
  cutSince: Ref<number | null>;
  /** the server wants a token */
  refused: Ref<boolean>;
  connect(): void;
  close(): void;
};

/** Opens the feed. It reconnects by itself until `close()`, or until the server refuses it: then `connect()` tries again. */
export function openFeed(): Feed {
  const view = shallowRef<FarEndView | null>(null);
  const cutSince = ref<number | null>(null);
  const refused = ref(false);
  let closed = false;
  const socket = io({
    path: '/live',
    withCredentials: true,
    // One connection first: the many requests of polling may each reach another server behind a balancer.
    transports: ['websocket', 'polling'],
    tryAllTransports: true,
    reconnectionDelay: 500,
    reconnectionDelayMax: 5_000,
  });

  function take(next: FarEndView): void {
    roughServerTime(next.time);
    view.value = next;
    cutSince.value = null;
  }
  socket.on('connect', () => (refused.value = false));
  socket.on('snapshot', take);
  socket.on('change', take);
  socket.on('disconnect', (reason) => {
    cutSince.value ??= serverNow();
    // Socket.IO does not come back by itself after the server has said goodbye, as one does that is restarted.
    if (reason === 'io server disconnect') setTimeout(() => !closed && socket.connect(), 2_000);
  });
  socket.on('connect_error', () => {
    cutSince.value ??= serverNow();
    void whetherRefused();
  });
  /** The handshake does not tell a refusal from a server that is away; a call does. */
  async function whetherRefused(): Promise<void> {
    const answer = await farEnd.names();
    if (closed || answer.ok || answer.trouble.code !== 'not-signed-in') return;
    refused.value = true;
    socket.disconnect();
  }

  return {
    view,
    cutSince,
    refused,
    connect() {
      refused.value = false;
      cutSince.value = null;
      socket.connect();
    },
    close() {
      closed = true;
      socket.removeAllListeners();
      socket.disconnect();
    },
  };
}
