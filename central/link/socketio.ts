/** The far side of the link over Socket.IO. */
import type { Server as HttpServer } from 'node:http';
import type { Logger } from 'pino';
import { Server, type Socket } from 'socket.io';
import { LINK_PATH } from '../../kiosk-agent/contract/link.ts';
import { MESSAGE_MAX_BYTES, type Intake, type Line, type Passport } from './intake.ts';

/** Takes its place on `http` at once; `close` ends the connections, the HTTP server is its owner's. */
export class SocketioReceiver {
  readonly #io: Server;
  readonly #intake: Intake;
  #closed = false;

  constructor(http: HttpServer, intake: Intake, log: Logger) {
    this.#intake = intake;
    this.#io = new Server(http, {
      path: LINK_PATH,
      transports: ['websocket'],
      serveClient: false,
      maxHttpBufferSize: MESSAGE_MAX_BYTES,
      destroyUpgrade: false,
    });
    this.#io.use((socket, next) => {
      void intake.admit(socket.handshake.auth).then((admitted) => {
        if ('passport' in admitted) {
          socket.data = admitted.passport;
          return next();
        }
        const { code, why } = admitted.notLetIn;
        log.warn({ code, from: socket.handshake.address }, 'connection refused: %s', why);
        next(Object.assign(new Error(why), { data: { code } }));
      });
    });
    this.#io.on('connection', (socket) => this.#connected(socket));
  }

  /** Takes no more batches. What is being stored is answered before `close`. */
  stop(): void {
    this.#closed = true;
    for (const socket of this.#io.sockets.sockets.values()) socket.removeAllListeners('events');
  }

  close(): void {
    this.stop();
    this.#io.disconnectSockets(true);
    this.#io.engine.close();
  }

  #connected(socket: Socket): void {
    const joined = this.#intake.join(socket.data as Passport, lineOf(socket));
    socket.on('disconnect', () => joined.leave());
    if (this.#closed) return void socket.disconnect(true);
    socket.on('events', (batch: unknown, answer: unknown) => {
      if (typeof answer !== 'function') return;
      void joined.take(batch).then((receipt) => answer(receipt));
    });
    joined.welcome().then(
      (welcome) => socket.emit('welcome', welcome),
      () => socket.disconnect(true),
    );
  }
}

function lineOf(socket: Socket): Line {
  return {
    command: async (command, timeoutMs) => {
      const { promise: left, reject: leave } = Promise.withResolvers<never>();
      const gone = () => leave(new Error('the connection is over'));
      socket.once('disconnect', gone);
      try {
        return await Promise.race([socket.timeout(timeoutMs).emitWithAck('command', command), left]);
      } finally {
        socket.off('disconnect', gone);
      }
    },
    close: () => void socket.disconnect(true),
  };
}
