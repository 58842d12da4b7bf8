/** `FF 68 L L 68 ADDR CMD DATA… SUM 16` on the devices' side (evaluators.md §3). */

const shortestBody = 2;
const longestBody = 8;
/** FF 68 L L 68 before the body, SUM 16 behind it. */
const headLength = 5;
const tailLength = 2;

export type Ff68Message = { address: number; command: number; data: number[] };

function sumOf(body: number[]) {
  return body.reduce((sum, byte) => sum + byte, 0) % 256;
}

/** Makes the frame of a message with 0 to 6 data bytes; throws a RangeError for more. */
export function encodeFf68({ address, command, data }: Ff68Message): Uint8Array {
  const body = [address, command, ...data];
  if (body.length > longestBody)
    throw new RangeError(`FF68 carries at most 6 data bytes, not ${data.length}`);
  return Uint8Array.from([0xff, 0x68, body.length, body.length, 0x68, ...body, sumOf(body), 0x16]);
}

/** The same frame with its checksum one off. */
export function spoilFf68(frame: Uint8Array): Uint8Array {
  return frame.map((byte, at) => (at === frame.length - tailLength ? (byte + 1) % 256 : byte));
}

/** Cuts a byte stream into messages; strict: both lengths, the range of the length, the sum and the 16 must be right. */
export function createFf68Receiver() {
  const dropped = { bytes: 0, sum: 0 };
  let bytes: number[] = [];

  /** undefined: more must come; null: this is no frame. */
  function read(): { message: Ff68Message; length: number } | null | undefined {
    const [first, second, length, again, mark] = bytes;
    if (first !== 0xff) return null;
    if (second === undefined) return undefined;
    if (second !== 0x68) return null;
    if (length === undefined) return undefined;
    if (length < shortestBody || length > longestBody) return null;
    if (again === undefined) return undefined;
    if (again !== length) return null;
    if (mark === undefined) return undefined;
    if (mark !== 0x68) return null;
    const total = headLength + length + tailLength;
    if (bytes.length < total) return undefined;
    const body = bytes.slice(headLength, headLength + length);
    if (bytes[total - 1] !== 0x16) return null;
    if (bytes[total - 2] !== sumOf(body)) {
      dropped.sum++;
      return null;
    }
    const [address = 0, command = 0, ...data] = body;
    return { message: { address, command, data }, length: total };
  }

  return {
    dropped,
    /** Takes bytes as they come and returns the messages that became complete. */
    receive(more: Uint8Array): Ff68Message[] {
      bytes.push(...more);
      const messages: Ff68Message[] = [];
      while (bytes.length > 0) {
        const found = read();
        if (found === undefined) break;
        if (found) messages.push(found.message);
        else dropped.bytes++;
        bytes.splice(0, found?.length ?? 1);
      }
      return messages;
    },
    reset() {
      bytes = [];
    },
  };
}
