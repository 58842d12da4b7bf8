/** What moves bytes. A transport lives once: when it has closed, a new one is opened. */
import type { DeviceStateName } from '../../contract/live.ts';

/** Why there is no port, or no longer. `detail` is the operating system's own sentence. */
export type PortTrouble = {
  kind: 'missing' | 'busy' | 'denied' | 'refused' | 'ambiguous' | 'timeout' | 'unplugged' | 'unknown';
  detail: string;
};

/** `ok` means handed to the operating system, not that the device has it. */
export type WriteResult = { ok: true } | { ok: false; trouble: PortTrouble };

/**
 * An open port. Handlers are properties: the driver sets `onData`, the session `onClosed`, both in the turn in which
 * they receive the transport, so that no byte is missed.
 */
export interface Transport {
  /** bytes as they come, in pieces of any size; after closing none */
  onData: ((bytes: Uint8Array) => void) | null;
  /** once: null after `close()`, else what happened */
  onClosed: ((trouble: PortTrouble | null) => void) | null;
  /**
   * Writes in order. Never rejects; every pending write is settled by closing.
   * A device that takes nothing leaves it pending until the port closes: whoever waits sets his own limit.
   * With more than 1 MiB waiting it answers with trouble `timeout`.
   */
  write(bytes: Uint8Array): Promise<WriteResult>;
  /** Frees the port; resolves when it is free. May be called again. */
  close(): Promise<void>;
}

export type ReportResult = { ok: true; bytes: Uint8Array } | { ok: false; trouble: PortTrouble };

/**
 * An open HID device. `onData` brings one whole report at a time and `write` sends one; byte 0 is the report id where the
 * device numbers its reports, and `write` always wants it (00 where it does not).
 */
export interface HidTransport extends Transport {
  /** Asks for a feature report; `length` counts the id. Never rejects. */
  getFeature(id: number, length: number): Promise<ReportResult>;
  /** Sends a feature report, id first. Never rejects. */
  sendFeature(bytes: Uint8Array): Promise<WriteResult>;
}

/** Whether a transport moves reports. */
export function isHid(transport: Transport): transport is HidTransport {
  return 'getFeature' in transport;
}

export type OpenResult = { ok: true; transport: Transport } | { ok: false; trouble: PortTrouble };
/** Opens the port once, or says why not, within 5 s. An abort gives trouble `unknown`, and nothing stays open. */
export type OpenTransport = (signal?: AbortSignal) => Promise<OpenResult>;

/** The device's public state for a port that is not there. */
export function stateOfTrouble(trouble: PortTrouble): DeviceStateName {
  switch (trouble.kind) {
    case 'missing':
    case 'busy':
    case 'denied':
    case 'ambiguous':
      return trouble.kind;
    case 'unplugged':
      return 'lost';
    case 'refused':
    case 'timeout':
    case 'unknown':
      return 'refused';
  }
}

export const ABORTED: OpenResult = {
  ok: false,
  trouble: { kind: 'unknown', detail: 'opening was given up' },
};
