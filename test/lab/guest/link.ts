/** The network between a computer and a USB/IP server, which may fail: a relay whose connections can be cut. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export type Link = {
  port: number;
  /** Ends every connection at both ends; new ones may be made at once. Answers how many it ended. */
  cut(): number;
};

/** Relays TCP to `to` on this computer. */
export async function startLink(to: number): Promise<Link> {
  const pairs = new Set<readonly [Socket, Socket]>();
  const server = createServer((near) => {
    const far = connect(to, '127.0.0.1');
    const pair = [near, far] as const;
    pairs.add(pair);
    const end = (): void => {
      pairs.delete(pair);
      for (const socket of pair) socket.destroy();
    };
    for (const socket of pair) socket.setNoDelay(true).on('error', end).on('close', end);
    near.pipe(far);
    far.pipe(near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      const cut = pairs.size;
      for (const pair of pairs) for (const socket of pair) socket.destroy();
      pairs.clear();
      return cut;
    },
  };
}
