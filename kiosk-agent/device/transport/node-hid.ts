/** The operating system's HID devices through node-hid. Loaded when it is first needed: most halls have none. */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import type { HidBackend, HidInfo, HidList } from './hid-backend.ts';
import { ABORTED, type HidTransport, type PortTrouble, type WriteResult } from './transport.ts';

/** Every wait for the operating system ends. */
const LIMIT_MS = 5_000;
const MAX_WAITING_BYTES = 1024 * 1024;

/** What is used of node-hid, so that a test can bring its own. */
export type NodeHid = {
  devicesAsync(): Promise<ListedDevice[]>;
  HIDAsync: { open(path: string): Promise<HidHandle> };
};
type ListedDevice = {
  vendorId: number;
  productId: number;
  path?: string | undefined;
  serialNumber?: string | undefined;
  manufacturer?: string | undefined;
  product?: string | undefined;
  interface: number;
  usagePage?: number | undefined;
  usage?: number | undefined;
};
/** `error` brings a sentence, not an Error, when the device is unplugged; there is no `close` event. */
export type HidHandle = {
  on(event: 'data' | 'error', listener: (value: unknown) => void): unknown;
  off(event: 'data' | 'error', listener: (value: unknown) => void): unknown;
  write(bytes: Buffer): Promise<number>;
  getFeatureReport(id: number, length: number): Promise<Uint8Array>;
  sendFeatureReport(bytes: Buffer): Promise<number>;
  close(): Promise<void>;
};

/** HID devices by node-hid. A machine on which it cannot be loaded says why in every answer, and is tried again. */
export function nodeHid(load: () => Promise<NodeHid> = () => import('node-hid')): HidBackend {
  let listing: Promise<HidList> | null = null;

  // Listing asks every device on the bus: many who ask at once share one answer.
  const list = (): Promise<HidList> =>
    (listing ??= within(listed(load), (): HidList => ({ ok: false, why: tooLong('listing') })).finally(
      () => (listing = null),
    ));

  return {
    list,
    open(path, signal) {
      if (signal?.aborted) return Promise.resolve(ABORTED_HID);
      let late = false;
      const opening = opened(load, path, list).then(async (result) => {
        if (!result.ok || (!late && !signal?.aborted)) return result;
        // An open in flight cannot be called back: close what nobody waits for any more, then say so.
        await result.transport.close();
        return ABORTED_HID;
      });
      return within(opening, (): HidOpen => {
        late = true;
        return { ok: false, trouble: { kind: 'timeout', detail: tooLong(`opening ${path}`) } };
      });
    },
  };
}

type HidOpen = Awaited<ReturnType<HidBackend['open']>>;
const ABORTED_HID: HidOpen = ABORTED as HidOpen & { ok: false };

async function listed(load: () => Promise<NodeHid>): Promise<HidList> {
  try {
    const found = await (await load()).devicesAsync();
    return { ok: true, devices: found.flatMap((device) => infoOf(device)) };
  } catch (error) {
    return { ok: false, why: troubleOfLoading(error) };
  }
}

function infoOf(device: ListedDevice): HidInfo[] {
  const { path, serialNumber, manufacturer, product, usagePage, usage } = device;
  if (!path) return [];
  return [
    {
      path,
      vendorId: hex4(device.vendorId),
      productId: hex4(device.productId),
      interface: device.interface,
      ...(serialNumber && { serialNumber }),
      ...(manufacturer && { manufacturer }),
      ...(product && { product }),
      ...(usagePage && { usagePage }),
      ...(usage && { usage }),
    },
  ];
}

function hex4(id: number): string {
  return id.toString(16).padStart(4, '0');
}

async function opened(
  load: () => Promise<NodeHid>,
  path: string,
  list: () => Promise<HidList>,
): Promise<HidOpen> {
  let module: NodeHid;
  try {
    module = await load();
  } catch (error) {
    return { ok: false, trouble: { kind: 'unknown', detail: troubleOfLoading(error) } };
  }
  try {
    return { ok: true, transport: transportOfHid(await module.HIDAsync.open(path), path) };
  } catch (error) {
    return { ok: false, trouble: await troubleOfOpening(error, path, list) };
  }
}

/** node-hid says only that it cannot open, on some systems with the system's sentence behind it: look for the cause. */
async function troubleOfOpening(
  error: unknown,
  path: string,
  list: () => Promise<HidList>,
): Promise<PortTrouble> {
  const said = sentenceOf(error);
  const detail = said.includes(path) ? said : `${path}: ${said}`;
  const present = await list();
  if (!present.ok) return { kind: 'unknown', detail: present.why };
  if (!present.devices.some((device) => device.path === path)) return { kind: 'missing', detail };
  // Only on Linux is the path a file; elsewhere the word of the operating system must do.
  const fault = path.startsWith('/') ? await accessFault(path) : undefined;
  if (fault === 'ENOENT') return { kind: 'missing', detail };
  if (fault === 'EACCES' || fault === 'EPERM' || /permission denied|access is denied/i.test(said)) {
    return { kind: 'denied', detail };
  }
  if (/busy|used by another|exclusive access/i.test(said)) return { kind: 'busy', detail };
  return { kind: 'unknown', detail };
}

async function accessFault(path: string): Promise<string | undefined> {
  try {
    await access(path, constants.R_OK | constants.W_OK);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}

/** What to do when node-hid or the library below it cannot be loaded. */
function troubleOfLoading(error: unknown): string {
  const said = sentenceOf(error);
  if (/libusb-1\.0/.test(said)) {
    return `HID devices need the system library libusb-1.0: on Debian, UOS and Kylin run "apt install libusb-1.0-0" (${said})`;
  }
  if (/libudev/.test(said)) {
    return `HID devices need the system library libudev: on Debian, UOS and Kylin run "apt install libudev1" (${said})`;
  }
  if (
    /ERR_DLOPEN_FAILED|ERR_MODULE_NOT_FOUND|MODULE_NOT_FOUND|prebuild|native build/i.test(
      codeOf(error) + said,
    )
  ) {
    return `node-hid cannot be loaded on this computer (${process.platform} ${process.arch}); run "npm ci" again here (${said})`;
  }
  return `HID devices cannot be listed: ${said}`;
}

function sentenceOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}

function codeOf(error: unknown): string {
  return error instanceof Error ? String((error as NodeJS.ErrnoException).code ?? '') : '';
}

function transportOfHid(handle: HidHandle, path: string): HidTransport {
  const pending = new Set<(trouble: PortTrouble) => void>();
  let closed: PortTrouble | null | undefined;
  let released: Promise<void> | undefined;
  let waitingBytes = 0;

  const settle = (trouble: PortTrouble | null) => {
    if (closed !== undefined) return;
    closed = trouble;
    handle.off('data', onReport);
    // 'error' keeps its listener: without one a late error would end the program.
    for (const done of pending) done(trouble ?? CLOSED);
    pending.clear();
    const tell = transport.onClosed;
    transport.onData = null;
    transport.onClosed = null;
    void free();
    tell?.(trouble);
  };
  const free = () =>
    (released ??= within(
      handle.close().catch(() => {}),
      () => {},
    ));

  /** Asks the device for something; a refusal, closing and 5 s without an answer are values. */
  const asked = <T>(
    ask: () => Promise<T>,
  ): Promise<{ ok: true; value: T } | { ok: false; trouble: PortTrouble }> => {
    if (closed !== undefined) return Promise.resolve({ ok: false, trouble: closed ?? CLOSED });
    return new Promise((resolve) => {
      const give = (result: { ok: true; value: T } | { ok: false; trouble: PortTrouble }) => {
        clearTimeout(limit);
        pending.delete(fail);
        resolve(result);
      };
      const fail = (trouble: PortTrouble) => give({ ok: false, trouble });
      const limit = setTimeout(() => fail({ kind: 'timeout', detail: tooLong(path) }), LIMIT_MS);
      pending.add(fail);
      ask().then(
        (value) => give({ ok: true, value }),
        (error: unknown) => fail(troubleOfAsking(error, path)),
      );
    });
  };

  const sent = async (bytes: Uint8Array, send: (bytes: Buffer) => Promise<number>): Promise<WriteResult> => {
    if (waitingBytes + bytes.length > MAX_WAITING_BYTES) {
      const detail = `the device takes no data: ${waitingBytes} bytes are waiting`;
      return { ok: false, trouble: { kind: 'timeout', detail } };
    }
    waitingBytes += bytes.length;
    // Counted until the operating system has answered, also when nobody waits for it any more.
    const answer = await asked(() => send(Buffer.from(bytes)).finally(() => (waitingBytes -= bytes.length)));
    return answer.ok ? { ok: true } : answer;
  };

  const onReport = (report: unknown) => {
    if (report instanceof Uint8Array) transport.onData?.(report);
  };
  const onError = (error: unknown) => settle({ kind: 'unplugged', detail: `${path}: ${sentenceOf(error)}` });

  const transport: HidTransport = {
    onData: null,
    onClosed: null,
    write: (bytes) => sent(bytes, (report) => handle.write(report)),
    sendFeature: (bytes) => sent(bytes, (report) => handle.sendFeatureReport(report)),
    async getFeature(id, length) {
      const answer = await asked(() => handle.getFeatureReport(id, length));
      return answer.ok ? { ok: true, bytes: answer.value } : answer;
    },
    async close() {
      settle(null);
      await free();
    },
  };

  handle.on('error', onError);
  handle.on('data', onReport);
  return transport;
}

const CLOSED: PortTrouble = { kind: 'unplugged', detail: 'the port is closed' };

function troubleOfAsking(error: unknown, path: string): PortTrouble {
  const said = sentenceOf(error);
  const gone = /no such device|not connected|device has been closed/i.test(said);
  return { kind: gone ? 'unplugged' : 'refused', detail: `${path}: ${said}` };
}

function tooLong(what: string): string {
  return `${what}: no answer within ${LIMIT_MS / 1000} s`;
}

/** The answer, or after 5 s what `otherwise` says. Never rejects when `work` does not. */
function within<T>(work: Promise<T>, otherwise: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => resolve(otherwise()), LIMIT_MS);
    work.then(resolve, reject).finally(() => clearTimeout(limit));
  });
}
