/** The operating system between simulated HID devices and the agent: lists what is plugged in and opens it. */
import type { HidSocket } from '../../firmware-sim/port/hid-socket.ts';
import type { HidBackend } from '../../kiosk-agent/device/transport/hid-backend.ts';
import type { HidTransport, PortTrouble, WriteResult } from '../../kiosk-agent/device/transport/transport.ts';

const hex4 = (id: number): string => id.toString(16).padStart(4, '0');
const GONE: PortTrouble = { kind: 'unplugged', detail: 'could not read from HID device' };
const REFUSED: PortTrouble = { kind: 'refused', detail: 'could not get feature report from device' };

/** `sockets` may change while it is used: plug another device in by pushing its socket. */
export function hidBackendOf(sockets: readonly HidSocket[]): HidBackend {
  return {
    async list() {
      const devices = sockets.flatMap((socket) =>
        socket.list().map(({ path, vendorId, productId, serial, product, usagePage, usage }) => ({
          path,
          vendorId: hex4(vendorId),
          productId: hex4(productId),
          serialNumber: serial,
          product,
          interface: -1,
          usagePage,
          usage,
        })),
      );
      return { ok: true, devices };
    },
    async open(path) {
      const socket = sockets.find((each) => each.list().some((entry) => entry.path === path));
      let closed: PortTrouble | null | undefined;
      const settle = (trouble: PortTrouble | null) => {
        if (closed !== undefined) return;
        closed = trouble;
        const tell = transport.onClosed;
        transport.onData = null;
        transport.onClosed = null;
        host?.close();
        tell?.(trouble);
      };
      const host = socket?.open(path, {
        onReport: (report) => transport.onData?.(report),
        onUnplugged: () => settle(GONE),
      });
      const transport: HidTransport = {
        onData: null,
        onClosed: null,
        async write(bytes): Promise<WriteResult> {
          return closed === undefined && host?.write(bytes) ? { ok: true } : { ok: false, trouble: GONE };
        },
        async getFeature(id, length) {
          const report = closed === undefined ? await host?.getFeature(id) : null;
          return report
            ? { ok: true, bytes: report.subarray(0, length) }
            : { ok: false, trouble: closed === undefined ? REFUSED : GONE };
        },
        async sendFeature() {
          return { ok: false, trouble: REFUSED };
        },
        async close() {
          settle(null);
        },
      };
      return host ? { ok: true, transport } : { ok: false, trouble: { kind: 'missing', detail: path } };
    },
  };
}
