import { cardText, newAddressText, type Person } from './card-text.ts';
import type { Request } from './frame.ts';

/** SW3 of the page's table. */
export const sw = {
  ok: 0x90,
  found: 0x9f,
  checksumError: 0x10,
  lengthError: 0x11,
  commandError: 0x21,
  unknownCommand: 0x24,
  cardRejectsReader: 0x31,
  readerRejectsCard: 0x32,
  verifyFailed: 0x33,
  wrongCard: 0x40,
  readFailed: 0x41,
  randomFailed: 0x47,
  selfTestFailed: 0x60,
  notAuthorised: 0x66,
  noCard: 0x80,
  selectFailed: 0x81,
  noSuchItem: 0x91,
} as const;

export type CommandName =
  | 'reset'
  | 'status'
  | 'sam-id'
  | 'find'
  | 'select'
  | 'read'
  | 'read-with-fingerprint'
  | 'read-new-address'
  | 'set-baud';

/** How a card misbehaves: it answers select or read with this SW3, so many times (default: always). */
export type BadCard = { select?: number; read?: number; times?: number };

/** The card on the plate. `done`: read to the end; it is not found again until it has been lifted. */
type Lying = { person: Person; bad: BadCard; left: number; step: 'laid' | 'found' | 'selected' | 'done' };

export type SamId = [first: number, second: number, date: number, high: number, low: number];
export type ReaderState = {
  power: 'on' | 'off';
  sam: 'well' | 'self-test-failed' | 'not-authorised';
  /** the card that lies there, and how far it has been read */
  card: { type: Person['type']; step: Lying['step'] } | null;
  baud: number;
  cardsRead: number;
  requests: Record<CommandName, number>;
  refusedRequests: number;
};

const bauds = [115200, 57600, 38400, 19200, 9600];

export function commandOf(body: Uint8Array): CommandName | 'command-error' | 'unknown' {
  const [command = 0, parameter = 0] = body;
  switch (command) {
    case 0x10:
      return parameter === 0xff ? 'reset' : 'command-error';
    case 0x11:
      return parameter === 0xff ? 'status' : 'command-error';
    case 0x12:
      return parameter === 0xff ? 'sam-id' : 'command-error';
    case 0x20:
      return parameter === 0x01 ? 'find' : parameter === 0x02 ? 'select' : 'command-error';
    case 0x30:
      if (parameter === 0x01) return 'read';
      if (parameter === 0x10) return 'read-with-fingerprint';
      return parameter === 0x03 ? 'read-new-address' : 'command-error';
    case 0x60:
      return parameter < bauds.length ? 'set-baud' : 'command-error';
    default:
      return 'unknown';
  }
}

/** A status byte in words, as `noCard`; hex when the page has none. */
export function describeStatus(sw3: number): string {
  const [word] = Object.entries(sw).find(([, value]) => value === sw3) ?? [];
  return word ?? sw3.toString(16);
}

export type Answer = { sw3: number; data: Uint8Array };
const none = new Uint8Array();

/**
 * One SAM with its card plate as a pure machine. It is strict: find → select → read each time, in this order; after a
 * reading that succeeded the card must be lifted before find sees one again. What comes out of order is answered as if
 * there were nothing to select (81) or to read (41).
 */
export class ReaderMachine {
  #samId: Uint8Array;
  #photo: Uint8Array;
  #card: Lying | undefined;
  #power: 'on' | 'off' = 'on';
  #baud = 115200;
  #cardsRead = 0;
  #refused = 0;
  #requests: Record<CommandName, number> = {
    reset: 0,
    status: 0,
    'sam-id': 0,
    find: 0,
    select: 0,
    read: 0,
    'read-with-fingerprint': 0,
    'read-new-address': 0,
    'set-baud': 0,
  };
  sam: ReaderState['sam'] = 'well';
  /** Whatever card lies there is found, and cannot be selected. */
  askew = false;

  /** `photo`: 1024 bytes, given with every card. */
  constructor(samId: SamId, photo: Uint8Array) {
    const [first, second, date, high, low] = samId;
    this.#samId = new Uint8Array(16);
    const view = new DataView(this.#samId.buffer);
    view.setUint16(0, first, true);
    view.setUint16(2, second, true);
    view.setUint32(4, date, true);
    view.setUint32(8, high, true);
    view.setUint32(12, low, true);
    this.#photo = photo;
  }

  setPower(power: 'on' | 'off'): void {
    this.#power = power;
    // The card is powered by the reader's field: whatever was done with it is forgotten.
    if (this.#card) this.#card.step = 'laid';
  }

  putCard(person: Person, bad: BadCard): void {
    cardText(person);
    this.#card = { person, bad, left: bad.times ?? Number.POSITIVE_INFINITY, step: 'laid' };
  }

  liftCard(): void {
    this.#card = undefined;
  }

  receive(request: Request): Answer {
    const answer = this.#answer(request);
    if (answer.sw3 >= sw.checksumError && answer.sw3 <= sw.unknownCommand) this.#refused++;
    return answer;
  }

  #answer(request: Request): Answer {
    if ('wrong' in request) {
      return { sw3: request.wrong === 'checksum' ? sw.checksumError : sw.lengthError, data: none };
    }
    const name = commandOf(request.body);
    if (name === 'unknown') return { sw3: sw.unknownCommand, data: none };
    if (name === 'command-error') return { sw3: sw.commandError, data: none };
    if (request.body.length !== 2) return { sw3: sw.lengthError, data: none };
    this.#requests[name]++;
    if (name === 'set-baud') {
      this.#baud = bauds[request.body[1] ?? 0] ?? this.#baud;
      return { sw3: sw.ok, data: none };
    }
    if (name === 'reset') {
      if (this.#card && this.#card.step !== 'done') this.#card.step = 'laid';
      return { sw3: sw.ok, data: none };
    }
    if (this.sam === 'self-test-failed') return { sw3: sw.selfTestFailed, data: none };
    if (this.sam === 'not-authorised') return { sw3: sw.notAuthorised, data: none };
    switch (name) {
      case 'status':
        return { sw3: sw.ok, data: none };
      case 'sam-id':
        return { sw3: sw.ok, data: this.#samId };
      case 'find':
        return this.#find();
      case 'select':
        return this.#select();
      case 'read':
        return this.#read(false);
      case 'read-with-fingerprint':
        return this.#read(true);
      case 'read-new-address':
        return this.#readNewAddress();
    }
  }

  #find(): Answer {
    if (!this.#card || this.#card.step === 'done') return { sw3: sw.noCard, data: none };
    this.#card.step = 'found';
    return { sw3: sw.found, data: new Uint8Array(4) };
  }

  #select(): Answer {
    const card = this.#card;
    if (card?.step !== 'found') return { sw3: sw.selectFailed, data: none };
    if (this.askew) {
      card.step = 'laid';
      return { sw3: sw.selectFailed, data: none };
    }
    const refusal = this.#refusal(card, card.bad.select);
    if (refusal) return refusal;
    card.step = 'selected';
    return { sw3: sw.ok, data: new Uint8Array(8) };
  }

  #read(withFingerprint: boolean): Answer {
    const card = this.#card;
    if (card?.step !== 'selected') return { sw3: sw.readFailed, data: none };
    const refusal = this.#refusal(card, card.bad.read);
    if (refusal) return refusal;
    card.step = 'done';
    this.#cardsRead++;
    // Lengths of text and photo, big-endian; with fingerprints their length too, which is 0 on these cards.
    const lengths = [0x01, 0x00, 0x04, 0x00, ...(withFingerprint ? [0x00, 0x00] : [])];
    return { sw3: sw.ok, data: Uint8Array.from([...lengths, ...cardText(card.person), ...this.#photo]) };
  }

  #readNewAddress(): Answer {
    const card = this.#card;
    if (card?.step !== 'selected' && card?.step !== 'done') return { sw3: sw.readFailed, data: none };
    const address = card.person.type === 'citizen' ? card.person.newAddress : undefined;
    if (address === undefined) return { sw3: sw.noSuchItem, data: none };
    return { sw3: sw.ok, data: newAddressText(address) };
  }

  #refusal(card: Lying, sw3: number | undefined): Answer | undefined {
    if (sw3 === undefined || card.left <= 0) return undefined;
    card.left--;
    card.step = 'laid';
    return { sw3, data: none };
  }

  state(): ReaderState {
    return {
      power: this.#power,
      sam: this.sam,
      card: this.#card ? { type: this.#card.person.type, step: this.#card.step } : null,
      baud: this.#baud,
      cardsRead: this.#cardsRead,
      requests: { ...this.#requests },
      refusedRequests: this.#refused,
    };
  }
}
