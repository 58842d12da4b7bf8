import { type HidIdentity, type HidPortEvents, hidAddress } from './hid.ts';

/** What an operating system lists of a device that is plugged in. */
export type HidSocketEntry = Omit<HidIdentity, 'descriptor'> & { path: string };

/** The host's side of an open device. Reports have their id in byte 0. */
export type HidSocketHost = {
  /** false: the device is gone, or the host has closed it */
  write: (report: Uint8Array) => boolean;
  /** null: the device refuses, or is gone */
  getFeature: (id: number) => Promise<Uint8Array | null>;
  /** May be called twice. */
  close: () => void;
};

/** The socket that a simulated HID device is plugged into: for programs that bring no operating system. */
export type HidSocket = {
  /** Empty while it is unplugged; the path is another one after each plug. */
  list: () => HidSocketEntry[];
  /** null: there is no such path. Reports come one by one, never in the turn in which they are sent. */
  open: (
    path: string,
    host: { onReport: (report: Uint8Array) => void; onUnplugged: () => void },
  ) => HidSocketHost | null;
};

/** A device on such a socket, not yet plugged in. */
export function createHidSocket(identity: HidIdentity, events: HidPortEvents) {
  const hosts = new Set<{ onReport: (report: Uint8Array) => void; onUnplugged: () => void }>();
  let plugs = 0;
  let plugged = false;
  const path = () => `sim-hid-${identity.serial}-${plugs}`;

  const socket: HidSocket = {
    list() {
      const { descriptor: _descriptor, ...said } = identity;
      return plugged ? [{ ...said, path: path() }] : [];
    },
    open(wanted, host) {
      if (!plugged || wanted !== path()) return null;
      hosts.add(host);
      if (hosts.size === 1) events.onHost(true);
      return {
        write(report) {
          if (!hosts.has(host)) return false;
          const bytes = Uint8Array.from(report);
          setImmediate(() => {
            if (hosts.has(host)) events.onBytes(bytes);
          });
          return true;
        },
        getFeature: (id) =>
          new Promise((resolve) => {
            setImmediate(() => resolve(hosts.has(host) ? events.onFeature(id) : null));
          }),
        close() {
          if (hosts.delete(host) && hosts.size === 0) events.onHost(false);
        },
      };
    },
  };

  return {
    socket,
    address: hidAddress(identity),
    async open() {
      if (plugged) return;
      plugs += 1;
      plugged = true;
    },
    async close() {
      if (!plugged) return;
      plugged = false;
      const left = [...hosts];
      hosts.clear();
      if (left.length > 0) events.onHost(false);
      for (const host of left) setImmediate(() => host.onUnplugged());
    },
    write(report: Uint8Array) {
      const bytes = Uint8Array.from(report);
      for (const host of hosts)
        setImmediate(() => {
          if (hosts.has(host)) host.onReport(bytes);
        });
    },
  };
}
