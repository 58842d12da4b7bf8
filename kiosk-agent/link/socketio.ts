/** The link over Socket.IO: websocket only, reconnected by the sender, never by the library (which would keep its own queue). */
import { io } from 'socket.io-client';
import { LINK_PATH, receipt, welcome } from '../contract/link.ts';
import type { Dial, LinkConnection, SendResult } from './binding.ts';

/** Connects and waits for the welcome. Never throws. */
export const dialSocketio: Dial = ({ url, auth, timeoutMs, onCommand, signal }) => {
  const socket = io(url, {
    path: LINK_PATH,
    transports: ['websocket'],
    auth,
    reconnection: false,
    forceNew: true,
    autoConnect: false,
    timeout: timeoutMs,
  });
  const { promise: ended, resolve: end } = Promise.withResolvers<string>();

  const close = (why: string) => {
    end(why);
    socket.removeAllListeners();
    socket.disconnect();
  };

  const send = (events: readonly unknown[]): Promise<SendResult> => {
    const answered = new Promise<SendResult>((resolve) => {
      socket.emit('events', events, (answer: unknown) => {
        const read = receipt.safeParse(answer);
        resolve(
          read.success ? { receipt: read.data } : { lost: 'the far end sent a receipt that cannot be read' },
        );
      });
    });
    return Promise.race([answered, ended.then((why) => ({ lost: why }))]);
  };

  const report = async (name: string, data: unknown, ms: number): Promise<unknown> => {
    if (!socket.connected) return null;
    const answered = socket
      .timeout(ms)
      .emitWithAck('report', { name, data })
      .catch(() => null);
    return Promise.race([answered, ended.then(() => null)]);
  };

  return new Promise((resolve) => {
    const fail = (failed: string, refused: boolean) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', aborted);
      close(failed);
      resolve({ failed, refused });
    };
    const aborted = () => fail('closed', false);
    const timer = setTimeout(() => fail(`${url}: no welcome within ${timeoutMs / 1000} s`, false), timeoutMs);
    signal.addEventListener('abort', aborted);
    if (signal.aborted) return aborted();

    socket.on('connect_error', (error: Error & { data?: { code?: unknown } }) => {
      // Only the far end's own refusal carries a code; everything else is the network.
      const code = error.data?.code;
      if (typeof code === 'string') fail(`${url} refused: ${error.message} (${code})`, code !== 'stopping');
      else fail(`${url} cannot be reached: ${causeOf(error)}`, false);
    });
    const early = (reason: string) => fail(`${url}: connection ended before the welcome (${reason})`, false);
    const greeting = (reason: string) => queueMicrotask(() => early(reason));
    socket.on('disconnect', early);
    socket.on('command', (raw: unknown, answer: unknown) => {
      if (typeof answer !== 'function') return;
      void onCommand(raw).then((said) => answer(said));
    });
    socket.once('welcome', (said: unknown) => {
      const read = welcome.safeParse(said);
      if (!read.success) return fail(`${url} sent a welcome that cannot be read`, false);
      clearTimeout(timer);
      signal.removeEventListener('abort', aborted);
      socket.io.engine.off('close', greeting);
      socket.off('disconnect').on('disconnect', (reason) => close(`connection ended (${reason})`));
      const connection: LinkConnection = {
        through: read.data.through,
        send,
        report,
        ended,
        close: () => close('closed'),
      };
      resolve({ connection });
    });
    socket.connect();
    // A wire that is cut while the two sides greet each other is told by the engine alone; any other error comes with its cause.
    socket.io.engine.once('close', greeting);
  });
};

/** The library says "websocket error"; what the system said stands inside. */
function causeOf(error: Error & { description?: unknown }): string {
  const { description } = error;
  const inner = (description as { error?: unknown } | undefined)?.error ?? description;
  return inner instanceof Error && inner.message ? inner.message : error.message;
}
