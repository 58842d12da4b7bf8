import { createBadLine } from '../faults/bad-line.ts';
import {
  createFaults,
  type FaultOptions,
  readerFaults,
  type ReaderFault,
  requireFault,
} from '../faults/faults.ts';
import { seededRandom } from '../faults/random.ts';
import { createPort } from '../port/open-port.ts';
import { createWireLog, type WireEntry } from '../port/wire-log.ts';
import type { Person } from './card-text.ts';
import { createRequestReceiver, encodeAnswer, spoilChecksum, type Request } from './frame.ts';
import { type BadCard, commandOf, ReaderMachine, type ReaderState, type SamId } from './machine.ts';
import { type SamplePerson, samplePeople } from './people.ts';

export type IdReaderOptions = {
  /** Name in messages and on the panel; default `id-reader`. */
  id?: string;
  /** `tcp:PORT` (0 = any free port), `tcp:HOST:PORT` or `pty:LINKPATH`. A baud rate means nothing on either. */
  port: string;
  /** Default 05.03-20260101-0000000001-0000000002. */
  samId?: SamId;
  /** How long a card is read before the answer begins, ms; default 0. Lifted in between, it answers 41. */
  readMs?: number;
  /** Seed of the photos and of the faults' randomness; default 1. */
  seed?: number;
  now?: () => number;
  onChange?: () => void;
  onWire?: (entry: WireEntry) => void;
  /** Called with each command before it is obeyed: the moment at which a test pulls the plug or lifts the card. */
  onCommand?: (name: ReturnType<typeof commandOf>) => void;
};

const babbleMs = 40;
const defaultSlowMs = 500;

/** Starts one SDT reader on a real port; rejects with a PortError when the port cannot be opened. */
export async function startIdReader(options: IdReaderOptions) {
  const id = options.id ?? 'id-reader';
  const now = options.now ?? Date.now;
  const random = seededRandom(options.seed ?? 1);
  const samId: SamId = options.samId ?? [5, 3, 20260101, 1, 2];
  const machine = new ReaderMachine(samId, photo(random));
  const receiver = createRequestReceiver();
  const faults = createFaults();
  const wire = createWireLog(now);
  const queue: Request[] = [];
  let timer: NodeJS.Timeout | undefined;
  let babble: NodeJS.Timeout | undefined;
  let plugged = false;
  let closed = false;
  let hostPresent = false;

  const port = createPort(options.port, { onBytes, onHost });
  const line = createBadLine({ faults, random, spoil: spoilChecksum, write });

  function write(bytes: Uint8Array) {
    if (!hostPresent) return;
    port.write(bytes);
    note('out', bytes, `${bytes.length} bytes`);
  }
  function note(direction: WireEntry['direction'], bytes: Uint8Array, decoded: string) {
    const entry = wire.add(direction, bytes, decoded);
    options.onWire?.(entry);
  }
  function changed() {
    options.onChange?.();
  }
  function isOff() {
    return machine.state().power === 'off';
  }
  function onHost(present: boolean) {
    hostPresent = present;
    receiver.reset();
    queue.length = 0;
    changed();
  }
  function onBytes(bytes: Uint8Array) {
    if (isOff()) return note('in', bytes, 'the reader is off');
    const requests = receiver.receive(bytes, now());
    note('in', bytes, requests.map(describe).join(' · '));
    for (const request of requests) if (!line.losesIncoming()) queue.push(request);
    work();
  }
  function describe(request: Request) {
    return 'wrong' in request ? `wrong ${request.wrong}` : commandOf(request.body);
  }

  /** Obeys one request after the other, each after the time that it takes. */
  function work() {
    const request = queue[0];
    if (!request || timer || closed) return;
    const name = 'wrong' in request ? 'unknown' : commandOf(request.body);
    options.onCommand?.(name);
    const slowMs = faults.isOn('slow') ? (faults.options('slow').ms ?? defaultSlowMs) : 0;
    const takesMs = slowMs + (name === 'read' ? (options.readMs ?? 0) : 0);
    if (takesMs === 0) return obey(request, name);
    timer = setTimeout(() => {
      timer = undefined;
      if (queue[0] === request) obey(request, name);
      else work();
    }, takesMs);
  }
  function obey(request: Request, name: ReturnType<typeof commandOf>) {
    queue.shift();
    if (!isOff() && plugged) {
      const { sw3, data } = machine.receive(request);
      send(encodeAnswer(sw3, data), name === 'read' && data.length > 0);
    }
    changed();
    work();
  }
  function send(frame: Uint8Array, isCard: boolean) {
    if (isCard && faults.isOn('card-moved-after-bytes')) {
      const { bytes = 100 } = faults.options('card-moved-after-bytes');
      faults.set('card-moved-after-bytes', false);
      machine.liftCard();
      if (bytes > 0) line.send(frame.slice(0, bytes));
      return;
    }
    if (faults.isOn('garbage')) return line.send(frame.map(() => Math.floor(random() * 256)));
    const corrupt = faults.isOn('corrupted') && random() < (faults.options('corrupted').rate ?? 0.5);
    line.send(corrupt ? withOneBitFlipped(frame) : frame);
  }
  function withOneBitFlipped(frame: Uint8Array) {
    const bent = Uint8Array.from(frame);
    const at = Math.floor(random() * bent.length);
    bent[at] = (bent[at] ?? 0) ^ (1 << Math.floor(random() * 8));
    return bent;
  }
  function setBabble(on: boolean) {
    clearInterval(babble);
    babble = undefined;
    if (!on) return;
    babble = setInterval(() => {
      write(Uint8Array.from({ length: 1 + Math.floor(random() * 20) }, () => Math.floor(random() * 256)));
    }, babbleMs);
  }
  function stop() {
    clearTimeout(timer);
    timer = undefined;
    queue.length = 0;
    line.clear();
  }

  async function plug() {
    if (plugged || closed) return;
    await port.open();
    plugged = true;
    faults.set('unplugged', false);
    changed();
  }
  async function unplug() {
    if (!plugged) return;
    plugged = false;
    faults.set('unplugged', true);
    stop();
    receiver.reset();
    await port.close();
    changed();
  }

  await plug();

  return {
    id,
    kind: 'reader' as const,
    /** As an agent's configuration names it: `tcp:HOST:PORT` or `serial:LINKPATH`. */
    get port() {
      return port.address;
    },
    get plugged() {
      return plugged;
    },
    /** Lays a card on the plate, in place of one that lies there. */
    putCard(person: Person | SamplePerson, bad: BadCard = {}) {
      machine.putCard(typeof person === 'string' ? samplePeople[person] : person, bad);
      changed();
    },
    liftCard() {
      machine.liftCard();
      changed();
    },
    plug,
    unplug,
    /** Switches a named fault; throws a RangeError for a name this device does not have. */
    async setFault(name: string, on: boolean, faultOptions: FaultOptions = {}) {
      const fault = requireFault(id, readerFaults, name);
      if (fault === 'unplugged') return on ? unplug() : plug();
      faults.set(fault, on, faultOptions);
      machine.sam = faults.isOn('sam-self-test-failed')
        ? 'self-test-failed'
        : faults.isOn('sam-not-authorised')
          ? 'not-authorised'
          : 'well';
      if (fault === 'power-off') {
        machine.setPower(on ? 'off' : 'on');
        stop();
        receiver.reset();
      }
      if (fault === 'babble') setBabble(on);
      changed();
    },
    faults: () => faults.names() as ReaderFault[],
    state: (): ReaderState & { skippedBytes: number; hostPresent: boolean } => ({
      ...machine.state(),
      skippedBytes: receiver.skipped,
      hostPresent,
    }),
    /** Everything that went over the wire, cards included: there are only invented people here. */
    wire: () => wire.entries,
    /** Ends the device; may be called twice. */
    async close() {
      closed = true;
      plugged = false;
      stop();
      setBabble(false);
      await port.close();
    },
  };
}
export type IdReaderHandle = Awaited<ReturnType<typeof startIdReader>>;

/** 1024 bytes that are no picture; in the middle of them a preamble, as chance may put one into a real photo. */
function photo(random: () => number) {
  const bytes = Uint8Array.from({ length: 1024 }, () => Math.floor(random() * 256));
  bytes.set([0xaa, 0xaa, 0xaa, 0x96, 0x69, 0x00, 0x04], 500);
  return bytes;
}
