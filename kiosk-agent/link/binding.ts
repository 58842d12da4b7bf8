/** What a link needs of the journal on one side and of the wire on the other. A binding is one way over the wire. */
import type { z } from 'zod';
import type { HallEvent } from '../contract/events.ts';
import type { linkCommandAnswer, LinkAuth, Receipt } from '../contract/link.ts';
import { dialHttp } from './http.ts';
import { dialSocketio } from './socketio.ts';

/** The events of one epoch, as the journal has them on disk. */
export interface EventStream {
  readonly epoch: string;
  /** the last seq on disk; 0 when there is none */
  readonly durableSeq: number;
  /** the end of the chain on disk, where it is known: told to the far end, which compares it with its copy */
  readonly last?: { seq: number; hash: string };
  /** Events with seq > `after` in order, at most `limit`, of about `maxBytes` of JSON together, but at least one if there is one. */
  read(after: number, limit: number, maxBytes?: number): HallEvent[] | Promise<HallEvent[]>;
  /** Up to where the far end of `link` has the events on disk; 0 when it never said. */
  cursor(link: string): number | Promise<number>;
  /** Notes what the far end has named. It names an earlier seq than before when it was set back to a backup; a cursor may stay then. */
  setCursor(link: string, seq: number): void | Promise<void>;
}

/** The journal: the epoch being written, and the closed ones that stood before it, oldest first. */
export interface EventSource extends EventStream {
  readonly sealed?: readonly EventStream[];
}

export type LinkCommandAnswer = z.infer<typeof linkCommandAnswer>;

/** A batch's end: the far end's receipt, or the connection was lost before it came (the batch may be stored or not). */
export type SendResult = { receipt: Receipt } | { lost: string };

/** An open connection, after the far end's welcome. */
export interface LinkConnection {
  /** the last seq that the far end has on disk */
  readonly through: number;
  /** Waits for the receipt until the connection is over; whoever sends says how long that may take. */
  send(events: readonly HallEvent[]): Promise<SendResult>;
  /** Tells what is not kept, because only the newest counts; the far end's answer, or null when none came within `timeoutMs`. */
  report(name: string, data: unknown, timeoutMs: number): Promise<unknown>;
  /** Settles once, with the reason, when the connection is over. */
  readonly ended: Promise<string>;
  close(): void;
}

/** `refused`: the far end answered and does not want us (wrong token, unknown agent); else it could not be reached. */
export type DialResult = { connection: LinkConnection } | { failed: string; refused: boolean };

export type DialOptions = {
  url: string;
  auth: LinkAuth;
  /** how long to wait for the welcome, in ms */
  timeoutMs: number;
  /** a command from the far end, unchecked */
  onCommand: (raw: unknown) => Promise<LinkCommandAnswer>;
  /** ends the dialling */
  signal: AbortSignal;
};
export type Dial = (options: DialOptions) => Promise<DialResult>;

/** By the scheme of the address. `socketio:` stands before a URL; of the others the scheme is the URL's own. */
const BINDINGS: Record<string, { dial: Dial; before?: true }> = {
  'socketio:': { dial: dialSocketio, before: true },
  'http:': { dial: dialHttp },
  'https:': { dial: dialHttp },
};

/**
 * Takes a link's address apart: `socketio:http://host:port` or `https://host/path` → the way to dial and the url to dial.
 * Throws RangeError when the scheme is not one of ours.
 */
export function bindingFor(address: string): { dial: Dial; url: string } {
  for (const [scheme, { dial, before }] of Object.entries(BINDINGS)) {
    const url = before ? address.slice(scheme.length) : address;
    if (address.startsWith(scheme) && URL.canParse(url)) return { dial, url };
  }
  throw new RangeError(`link address ${address}: expected ${Object.keys(BINDINGS).join(' or ')} and a URL`);
}
