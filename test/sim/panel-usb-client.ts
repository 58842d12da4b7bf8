/** The import of one device from a USB/IP server, bytes typed from the protocol's page: no more than being attached. */
import { connect } from 'node:net';

/** Attaches; `gone` resolves when the server has ended it. */
export async function usbIpClient(address: string, busId: string): Promise<{ gone: Promise<void> }> {
  const [, host, port] = /^(.*):(\d+)$/.exec(address) ?? [];
  const socket = connect(Number(port), host ?? '');
  const gone = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  // version 0111, OP_REQ_IMPORT 8003, status 0, bus id in 32 bytes
  const name = Buffer.alloc(32);
  name.write(busId, 'latin1');
  socket.write(Buffer.concat([Buffer.from('0111800300000000', 'hex'), name]));
  const answer = await new Promise<Buffer>((resolve, reject) => {
    socket.once('data', resolve);
    socket.once('error', reject);
  });
  // version 0111, OP_REP_IMPORT 0003, status 0
  if (answer.toString('hex', 0, 8) !== '0111000300000000')
    throw new Error(`${busId} was refused: ${answer.toString('hex', 0, 8)}`);
  return { gone };
}
