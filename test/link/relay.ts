/** A TCP relay that can be cruel: cuts after a number of bytes either way, swallows what goes or comes back, is slow. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export type Relay = {
  readonly port: number;
  /** bytes (both ways together) until the next connection is cut; Infinity for never */
  cutAfter: () => number;
  /** bytes that come back until the next connection is cut; Infinity for never */
  cutAnswersAfter: () => number;
  /** the far end's answers do not come through */
  swallowAnswers: boolean;
  /** what is sent to the far end does not come through */
  swallowQuestions: boolean;
  /** what the line carries to the far end; Infinity for all that comes */
  bytesPerS: number;
  /** connections made so far */
  readonly connections: number;
  /** the cable is out: what is open ends, and nothing new gets through until `mend` */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
};

/** Relays 127.0.0.1 to 127.0.0.1:`target()`. */
export async function relay(target: () => number): Promise<Relay> {
  const open = new Set<Socket>();
  let connections = 0;
  let out = false;
  const server = createServer((near) => {
    connections += 1;
    if (out) return void near.destroy();
    const far = connect(target(), '127.0.0.1');
    const both = { bytes: self.cutAfter() };
    const back = { bytes: self.cutAnswersAfter() };
    const cut = () => {
      near.destroy();
      far.destroy();
    };
    const pass = (from: Socket, to: Socket, answers: boolean) => (bytes: Buffer) => {
      if (answers ? self.swallowAnswers : self.swallowQuestions) return;
      const left = Math.min(both.bytes, answers ? back.bytes : Infinity);
      if (bytes.length >= left) {
        // A part of a frame gets through: the cut is anywhere.
        to.write(bytes.subarray(0, left), cut);
        both.bytes = back.bytes = 0;
        return;
      }
      both.bytes -= bytes.length;
      if (answers) back.bytes -= bytes.length;
      to.write(bytes);
      if (answers || self.bytesPerS === Infinity) return;
      from.pause();
      setTimeout(() => from.resume(), (bytes.length / self.bytesPerS) * 1000);
    };
    near.on('data', pass(near, far, false));
    far.on('data', pass(far, near, true));
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on('error', cut).on('close', () => {
        open.delete(socket);
        cut();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const self: Relay = {
    port: (server.address() as AddressInfo).port,
    cutAfter: () => Infinity,
    cutAnswersAfter: () => Infinity,
    swallowAnswers: false,
    swallowQuestions: false,
    bytesPerS: Infinity,
    get connections() {
      return connections;
    },
    cut: () => {
      out = true;
      for (const socket of open) socket.destroy();
    },
    mend: () => {
      out = false;
    },
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return self;
}
