import { readerFaults, type ReaderFault } from '../faults/faults.ts';
import { seededRandom } from '../faults/random.ts';
import { createDeviceLine, type WireOptions } from '../line/device-line.ts';
import { createPort, type Place, type SerialOnUsb } from '../port/open-port.ts';
import type { Person } from './card-text.ts';
import { createRequestReceiver, encodeAnswer, spoilChecksum, type Request } from './frame.ts';
import {
  type BadCard,
  commandOf,
  describeStatus,
  ReaderMachine,
  type ReaderState,
  type SamId,
} from './machine.ts';
import { type SamplePerson, samplePeople } from './people.ts';

export type IdReaderOptions = Partial<WireOptions> & {
  port: Place;
  usb?: SerialOnUsb;
  /** Default 05.03-20260101-0000000001-0000000002. */
  samId?: SamId;
  /** How long a card is read before the answer begins, ms; default 0. Lifted in between, it answers 41. */
  readMs?: number;
  /** Called with each command before it is obeyed: the moment at which a test pulls the plug or lifts the card. */
  onCommand?: (name: ReturnType<typeof commandOf>) => void;
};

/** SDT readers speak 115200 8N1 (id-card-reader.md). */
const baud = 115_200;
const defaultSlowMs = 500;

/** Starts one SDT reader on a real port; rejects with a PortError when the port cannot be opened. */
export async function startIdReader(options: IdReaderOptions) {
  const id = options.id ?? 'id-reader';
  const now = options.now ?? Date.now;
  const random = seededRandom(options.seed ?? 1);
  const samId: SamId = options.samId ?? [5, 3, 20260101, 1, 2];
  const machine = new ReaderMachine(samId, photo(random));
  const receiver = createRequestReceiver();
  const queue: Request[] = [];
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const line = createDeviceLine<ReaderFault>(
    { ...options, id },
    {
      faultNames: readerFaults,
      baud,
      createPort: (events) =>
        createPort(
          options.port,
          events,
          {
            vendorId: 0x1209,
            productId: 0x0004,
            serial: 'SIM0001',
            product: 'HALL-ID',
          },
          options.usb,
        ),
      spoil: spoilChecksum,
      reset() {
        receiver.reset();
        if (line.plugged) queue.length = 0;
        else stop();
      },
      receive(bytes) {
        if (isOff()) return line.heard(bytes, 'the reader is off');
        const requests = receiver.receive(bytes, now());
        line.heard(bytes, requests.map(describe).join(' · ') || 'no whole request');
        for (const request of requests) if (!line.losesIncoming()) queue.push(request);
        work();
      },
      apply(fault, on) {
        machine.sam = line.isFault('sam-self-test-failed')
          ? 'self-test-failed'
          : line.isFault('sam-not-authorised')
            ? 'not-authorised'
            : 'well';
        machine.askew = line.isFault('card-askew');
        if (fault !== 'power-off') return;
        machine.setPower(on ? 'off' : 'on');
        stop();
        receiver.reset();
      },
    },
  );

  function changed() {
    options.onChange?.();
  }
  function isOff() {
    return machine.state().power === 'off';
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
    const slowMs = line.isFault('slow') ? (line.faultOptions('slow').ms ?? defaultSlowMs) : 0;
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
    if (!isOff() && line.plugged) {
      const { sw3, data } = machine.receive(request);
      send(encodeAnswer(sw3, data), `${name}: ${describeStatus(sw3)}`, name === 'read' && data.length > 0);
    }
    changed();
    work();
  }
  function send(frame: Uint8Array, words: string, isCard: boolean) {
    if (isCard && line.isFault('card-moved-after-bytes')) {
      const { bytes = 100 } = line.faultOptions('card-moved-after-bytes');
      void line.setFault('card-moved-after-bytes', false);
      machine.liftCard();
      if (bytes > 0) line.send(frame.slice(0, bytes), 'card moved');
      return;
    }
    if (line.isFault('garbage'))
      return line.send(
        frame.map(() => Math.floor(random() * 256)),
        'garbage',
      );
    line.send(frame, words);
  }
  function stop() {
    clearTimeout(timer);
    timer = undefined;
    queue.length = 0;
    line.clear();
  }

  await line.plug();

  return {
    id,
    kind: 'reader' as const,
    /** As an agent's configuration names it: `tcp:HOST:PORT` or `serial:LINKPATH`. */
    get port() {
      return line.address;
    },
    get plugged() {
      return line.plugged;
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
    plug: line.plug,
    unplug: line.unplug,
    /** Switches a named fault; throws a RangeError for a name this device does not have. */
    setFault: line.setFault,
    /** What `setFault` takes. */
    faultNames: line.faultNames,
    faults: line.faults,
    state: (): ReaderState & { skippedBytes: number; hostPresent: boolean } => ({
      ...machine.state(),
      skippedBytes: receiver.skipped,
      hostPresent: line.hostPresent,
    }),
    /** Everything that went over the wire, cards included: there are only invented people here. */
    wire: line.wire,
    /** Ends the device; may be called twice. */
    async close() {
      closed = true;
      stop();
      await line.close();
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
