/** A transport over a Node stream; what serial ports and sockets have in common. */
import type { Duplex } from 'node:stream';
import type { PortTrouble, Transport, WriteResult } from './transport.ts';

const MAX_WAITING_BYTES = 1024 * 1024;

/**
 * Makes a transport of an open stream. `release` frees the port and resolves when it is free.
 * Whatever ends the stream (error, end, close) closes the transport with trouble `unplugged`.
 */
export function transportOver(stream: Duplex, release: () => Promise<void>): Transport {
  const pending = new Set<(result: WriteResult) => void>();
  let closed: PortTrouble | null | undefined;
  let released: Promise<void> | undefined;
  let waitingBytes = 0;

  const free = () => (released ??= release());

  const settle = (trouble: PortTrouble | null) => {
    if (closed !== undefined) return;
    closed = trouble;
    stream.off('data', onData);
    stream.off('end', onEnd);
    stream.off('close', onClose);
    // 'error' keeps its listener: a stream may still fail while it is being freed, and nobody else listens.
    const result: WriteResult = {
      ok: false,
      trouble: trouble ?? { kind: 'unplugged', detail: 'the port was closed' },
    };
    for (const done of pending) done(result);
    pending.clear();
    const tell = transport.onClosed;
    transport.onData = null;
    transport.onClosed = null;
    void free();
    tell?.(trouble);
  };

  const onData = (bytes: Uint8Array) => transport.onData?.(bytes);
  const onError = (error: Error) => settle({ kind: 'unplugged', detail: error.message });
  const onEnd = () => settle({ kind: 'unplugged', detail: 'the other end closed' });
  const onClose = (error?: unknown) =>
    settle({ kind: 'unplugged', detail: error instanceof Error ? error.message : 'the port closed' });

  const transport: Transport = {
    onData: null,
    onClosed: null,
    write(bytes) {
      if (closed !== undefined) {
        return Promise.resolve({
          ok: false,
          trouble: closed ?? { kind: 'unplugged', detail: 'the port is closed' },
        });
      }
      if (waitingBytes + bytes.length > MAX_WAITING_BYTES) {
        const detail = `the device takes no data: ${waitingBytes} bytes are waiting`;
        return Promise.resolve({ ok: false, trouble: { kind: 'timeout', detail } });
      }
      waitingBytes += bytes.length;
      return new Promise((resolve) => {
        pending.add(resolve);
        stream.write(bytes, (error) => {
          waitingBytes -= bytes.length;
          // A failed write is followed by the stream's own end, which settles it with the same trouble.
          if (pending.delete(resolve)) {
            resolve(
              error ? { ok: false, trouble: { kind: 'unplugged', detail: error.message } } : { ok: true },
            );
          }
        });
      });
    },
    async close() {
      settle(null);
      await free();
    },
  };

  stream.on('data', onData);
  stream.on('error', onError);
  stream.on('end', onEnd);
  stream.on('close', onClose);
  return transport;
}
