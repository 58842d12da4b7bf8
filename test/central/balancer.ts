/** A small TCP balancer: each new connection goes to the next server whose health answers 200. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export type Balancer = { port: number; close(): Promise<void> };

/** Balances 127.0.0.1 over these ports of 127.0.0.1. */
export async function balancer(ports: number[]): Promise<Balancer> {
  const open = new Set<Socket>();
  let turn = 0;
  const isWell = (port: number) =>
    fetch(`http://127.0.0.1:${port}/api/v1/health`, { signal: AbortSignal.timeout(2_000) }).then(
      ({ status }) => status === 200,
      () => false,
    );
  const keep = (socket: Socket, other: () => Socket | undefined) => {
    open.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      open.delete(socket);
      other()?.destroy();
    });
  };
  const server = createServer((near) => {
    let far: Socket | undefined;
    keep(near, () => far);
    void (async () => {
      turn += 1;
      for (let tried = 0; tried < ports.length; tried += 1) {
        const port = ports[(turn + tried) % ports.length]!;
        if (!(await isWell(port)) || near.destroyed) continue;
        far = connect(port, '127.0.0.1');
        keep(far, () => near);
        near.pipe(far).pipe(near);
        return;
      }
      near.destroy();
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
