/** What a USB device must know of its own HID report descriptor (HID 1.11, 6.2.2). */

export type ReportSizes = {
  /** Reports begin with their id on the wire. */
  numbered: boolean;
  /** Bytes of each report by its id (0 when they have none), id byte not counted. */
  input: ReadonlyMap<number, number>;
  output: ReadonlyMap<number, number>;
  feature: ReadonlyMap<number, number>;
};

const itemSizes = [0, 1, 2, 4] as const;
const longItem = 0xfe;
// Item tags with their type, as in the prefix byte without its size bits (6.2.2.4, 6.2.2.7).
const item = {
  input: 0x80,
  output: 0x90,
  feature: 0xb0,
  reportSize: 0x74,
  reportId: 0x84,
  reportCount: 0x94,
  push: 0xa4,
  pop: 0xb4,
} as const;

/** Adds up the report sizes; throws a RangeError when the descriptor ends inside an item. */
export function readReportSizes(descriptor: Uint8Array): ReportSizes {
  const bits = {
    input: new Map<number, number>(),
    output: new Map<number, number>(),
    feature: new Map<number, number>(),
  };
  let now = { size: 0, count: 0, id: 0 };
  const stack: (typeof now)[] = [];
  let numbered = false;
  const add = (kind: keyof typeof bits) =>
    bits[kind].set(now.id, (bits[kind].get(now.id) ?? 0) + now.size * now.count);

  for (let at = 0; at < descriptor.length;) {
    const prefix = descriptor[at] ?? 0;
    const size = itemSizes[(prefix & 3) as 0 | 1 | 2 | 3];
    const length = prefix === longItem ? 3 + (descriptor[at + 1] ?? 0) : 1 + size;
    if (at + length > descriptor.length)
      throw new RangeError(`HID report descriptor: it ends inside the item at byte ${at}`);
    const value = prefix === longItem || size === 0 ? 0 : Buffer.from(descriptor).readUIntLE(at + 1, size);
    at += length;
    switch (prefix === longItem ? 0 : prefix & 0xfc) {
      case item.input:
        add('input');
        break;
      case item.output:
        add('output');
        break;
      case item.feature:
        add('feature');
        break;
      case item.reportSize:
        now.size = value;
        break;
      case item.reportCount:
        now.count = value;
        break;
      case item.reportId:
        now.id = value;
        numbered = true;
        break;
      case item.push:
        stack.push({ ...now });
        break;
      case item.pop:
        now = stack.pop() ?? now;
    }
  }

  const bytes = (kind: keyof typeof bits) =>
    new Map([...bits[kind]].map(([id, count]) => [id, Math.ceil(count / 8)]));
  return { numbered, input: bytes('input'), output: bytes('output'), feature: bytes('feature') };
}

/** Bytes on the wire of the longest of these reports; 0 when there is none. */
export function longestReport({ numbered }: ReportSizes, reports: ReadonlyMap<number, number>): number {
  return reports.size === 0 ? 0 : Math.max(...reports.values()) + (numbered ? 1 : 0);
}
