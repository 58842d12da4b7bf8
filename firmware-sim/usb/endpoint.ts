/** The two kinds of endpoints behind endpoint 0: a queue towards the host, and a gate for what comes from it. */
import { status } from './usbip-frames.ts';

/** A transfer that the host has handed over and waits for. */
export type Transfer = {
  sequence: number;
  /** bytes the host has room for, or sends */
  length: number;
  shortNotOk: boolean;
  data: Uint8Array;
  /** Called once: bytes for the host, or how many were taken from it. */
  finish: (state: number, data: Uint8Array | number) => void;
};

type Common = {
  submit: (transfer: Transfer) => void;
  /** False: no such transfer waits here. */
  unlink: (sequence: number) => boolean;
  /** STALL until it is cleared: what waits ends so, and what comes. */
  setHalted: (on: boolean) => void;
  readonly halted: boolean;
  readonly waiting: number;
  /** Ends every waiting transfer with `state` and forgets what is queued. */
  end: (state: number) => void;
};

/** Finished transfers whose unlinking may still be on its way. */
const rememberedTransfers = 32;

export type InEndpoint = Common & {
  /**
   * Queues the bytes as one message of whole packets; false when it was dropped because the queue is full.
   * A message that ends on a full packet is followed by an empty one, unless its end is known otherwise.
   */
  send: (message: Uint8Array, end?: 'emptyPacket' | 'known') => boolean;
  /** Forgets what is queued. */
  clear: () => void;
  readonly queuedBytes: number;
};

/**
 * Packets wait until the host asks. `capacity` is in bytes and may change (a chip that nobody listens to holds only its
 * FIFO): a message that does not fit is cut to what fits, or dropped whole with `whole`.
 */
export function createInEndpoint(options: {
  packetSize: number;
  capacity: () => number;
  whole: boolean;
  onWaiting?: (waiting: number) => void;
}): InEndpoint {
  const { packetSize, capacity, whole, onWaiting } = options;
  let packets: Uint8Array[] = [];
  let queuedBytes = 0;
  const transfers: { transfer: Transfer; got: Uint8Array[]; room: number }[] = [];
  let lately: number[] = [];
  let halted = false;

  function finishFirst(state: number) {
    const first = transfers.shift();
    if (!first) return;
    lately = [...lately, first.transfer.sequence].slice(-rememberedTransfers);
    const bytes = Buffer.concat(first.got);
    const short = state === status.ok && first.transfer.shortNotOk && bytes.length < first.transfer.length;
    first.transfer.finish(short ? status.short : state, bytes);
  }

  /** A transfer ends when it is full or with a packet that is not (USB 2.0, 5.8.3). */
  function pump() {
    while (transfers[0] && packets[0]) {
      const first = transfers[0];
      const packet = packets.shift() as Uint8Array;
      queuedBytes -= packet.length;
      first.got.push(packet.subarray(0, first.room));
      if (packet.length > first.room) {
        finishFirst(status.overflow);
        continue;
      }
      first.room -= packet.length;
      if (first.room === 0 || packet.length < packetSize) finishFirst(status.ok);
    }
  }

  function endAll(state: number) {
    while (transfers.length > 0) finishFirst(state);
  }

  return {
    get halted() {
      return halted;
    },
    get waiting() {
      return transfers.length;
    },
    get queuedBytes() {
      return queuedBytes;
    },
    submit(transfer) {
      if (halted) return transfer.finish(status.stall, new Uint8Array());
      transfers.push({ transfer, got: [], room: transfer.length });
      onWaiting?.(transfers.length);
      pump();
    },
    unlink(sequence) {
      const at = transfers.findIndex(({ transfer }) => transfer.sequence === sequence);
      if (at >= 0) transfers.splice(at, 1);
      // Done while the host was giving it up: it does not wait any more either.
      if (at >= 0 || lately.includes(sequence)) onWaiting?.(transfers.length);
      return at >= 0;
    },
    send(message, end = 'emptyPacket') {
      const room = Math.max(0, capacity() - queuedBytes);
      if (whole && message.length > room) return false;
      const taken = message.subarray(0, room);
      for (let at = 0; at < taken.length; at += packetSize)
        packets.push(Uint8Array.from(taken.subarray(at, at + packetSize)));
      queuedBytes += taken.length;
      if (end === 'emptyPacket' && taken.length > 0 && taken.length % packetSize === 0)
        packets.push(new Uint8Array());
      pump();
      return taken.length === message.length;
    },
    setHalted(on) {
      halted = on;
      if (on) endAll(status.stall);
    },
    clear() {
      packets = [];
      queuedBytes = 0;
    },
    end(state) {
      packets = [];
      queuedBytes = 0;
      halted = false;
      endAll(state);
      lately = [];
      onWaiting?.(0);
    },
  };
}

export type OutEndpoint = Common & {
  /** Off: every packet is NAKed, so that transfers wait, cut where the device stopped. */
  setReading: (on: boolean) => void;
};

/** Hands the device packets, up to eight at a time, as long as it reads; or, with `wholeTransfers`, a report at once. */
export function createOutEndpoint(options: {
  packetSize: number;
  wholeTransfers?: boolean;
  onBytes: (bytes: Uint8Array) => void;
}): OutEndpoint {
  const piece = options.wholeTransfers ? Infinity : options.packetSize * 8;
  let transfers: { transfer: Transfer; taken: number }[] = [];
  let reading = true;
  let halted = false;
  let pumping = false;

  function finish(one: { transfer: Transfer; taken: number }, state: number) {
    transfers = transfers.filter((other) => other !== one);
    one.transfer.finish(state, one.taken);
  }

  function pump() {
    // What the device does with the bytes may turn the gate.
    if (pumping) return;
    pumping = true;
    while (reading && transfers[0]) {
      const first = transfers[0];
      const { data } = first.transfer;
      const bytes = data.subarray(first.taken, first.taken + piece);
      first.taken += bytes.length;
      if (bytes.length > 0) options.onBytes(Uint8Array.from(bytes));
      if (transfers[0] === first && first.taken === data.length) finish(first, status.ok);
    }
    pumping = false;
  }

  return {
    get halted() {
      return halted;
    },
    get waiting() {
      return transfers.length;
    },
    submit(transfer) {
      if (halted) return transfer.finish(status.stall, 0);
      transfers.push({ transfer, taken: 0 });
      pump();
    },
    unlink(sequence) {
      const one = transfers.find(({ transfer }) => transfer.sequence === sequence);
      if (!one) return false;
      transfers = transfers.filter((other) => other !== one);
      return true;
    },
    setHalted(on) {
      halted = on;
      if (on) for (const one of [...transfers]) finish(one, status.stall);
    },
    setReading(on) {
      reading = on;
      pump();
    },
    end(state) {
      halted = false;
      for (const one of [...transfers]) finish(one, state);
    },
  };
}
