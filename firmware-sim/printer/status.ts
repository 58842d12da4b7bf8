/** What the printer's sensors say. */
export type Sensors = {
  cover: 'closed' | 'open';
  paper: 'in' | 'near-end' | 'out' | 'out-and-near-end';
  error: 'none' | 'cutter' | 'jam';
  head: 'cool' | 'hot';
  /** A ticket that was cut lies in the output and nobody has taken it; `none` also on models without the sensor. */
  ticket: 'none' | 'waiting';
};

export const isPaperOut = (sensors: Sensors) =>
  sensors.paper === 'out' || sensors.paper === 'out-and-near-end';
const isNearEnd = (sensors: Sensors) => sensors.paper === 'near-end' || sensors.paper === 'out-and-near-end';
export const isOffline = (sensors: Sensors) =>
  sensors.cover === 'open' || isPaperOut(sensors) || sensors.error !== 'none' || sensors.head === 'hot';

/** The answer to DLE EOT n (escpos-printer §1.2): bits 1 and 4 are always set. */
export function realtimeStatus(n: 1 | 2 | 3 | 4, sensors: Sensors, ticketBit = false): number {
  const fixed = 0x12;
  switch (n) {
    case 1:
      // One maker's kiosk printer says in bit 7 that the ticket has not been torn away.
      return fixed | (isOffline(sensors) ? 0x08 : 0) | (ticketBit && sensors.ticket === 'waiting' ? 0x80 : 0);
    case 2:
      return (
        fixed |
        (sensors.cover === 'open' ? 0x04 : 0) |
        (isPaperOut(sensors) ? 0x20 : 0) |
        (sensors.error !== 'none' || sensors.head === 'hot' ? 0x40 : 0)
      );
    case 3:
      return fixed | errorBits(sensors);
    case 4:
      return fixed | (isNearEnd(sensors) ? 0x0c : 0) | (isPaperOut(sensors) ? 0x60 : 0);
  }
}

/** Bits 2 mechanical (a jam), 3 cutter, 6 recovers by itself: the same in DLE EOT 3 and in automatic status. */
function errorBits(sensors: Sensors): number {
  return (
    (sensors.error === 'jam' ? 0x04 : 0) |
    (sensors.error === 'cutter' ? 0x08 : 0) |
    (sensors.head === 'hot' ? 0x40 : 0)
  );
}

/** The six bytes of full status, DLE EOT 20: header, paper, user, recoverable, unrecoverable (§1.2). */
export function fullStatus(sensors: Sensors): [number, number, number, number, number, number] {
  return [
    0x10,
    0x0f,
    (isPaperOut(sensors) ? 0x01 : 0) |
      (isNearEnd(sensors) ? 0x04 : 0) |
      (sensors.ticket === 'waiting' ? 0x20 : 0),
    // The head comes up with the cover.
    sensors.cover === 'open' ? 0x03 : 0,
    (sensors.head === 'hot' ? 0x01 : 0) | (sensors.error === 'jam' ? 0x40 : 0),
    sensors.error === 'cutter' ? 0x01 : 0,
  ];
}

/** The four bytes of automatic status back (§1.3). */
export function automaticStatus(sensors: Sensors): [number, number, number, number] {
  return [
    0x10 | (isOffline(sensors) ? 0x08 : 0) | (sensors.cover === 'open' ? 0x20 : 0),
    errorBits(sensors),
    paperSensorByte(sensors),
    0x0f,
  ];
}

/** The answer to GS r 1 (§1.5), also byte 3 of automatic status back. */
export function paperSensorByte(sensors: Sensors): number {
  return (isNearEnd(sensors) ? 0x03 : 0) | (isPaperOut(sensors) ? 0x0c : 0);
}

/** True when a group that `mask` (the n of GS a) enables differs: bit 1 on/offline, 2 error, 3 paper. */
export function automaticStatusChanged(mask: number, before: Sensors, after: Sensors): boolean {
  const a = automaticStatus(before);
  const b = automaticStatus(after);
  return (
    ((mask & 0x02) !== 0 && a[0] !== b[0]) ||
    ((mask & 0x04) !== 0 && a[1] !== b[1]) ||
    ((mask & 0x08) !== 0 && a[2] !== b[2])
  );
}
