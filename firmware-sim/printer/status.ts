/** What the printer's sensors say. */
export type Sensors = {
  cover: 'closed' | 'open';
  paper: 'in' | 'near-end' | 'out' | 'out-and-near-end';
  error: 'none' | 'cutter';
};

export const isPaperOut = (sensors: Sensors) =>
  sensors.paper === 'out' || sensors.paper === 'out-and-near-end';
const isNearEnd = (sensors: Sensors) => sensors.paper === 'near-end' || sensors.paper === 'out-and-near-end';
export const isOffline = (sensors: Sensors) =>
  sensors.cover === 'open' || isPaperOut(sensors) || sensors.error !== 'none';

/** The answer to DLE EOT n (escpos-printer §1.2): bits 1 and 4 are always set. */
export function realtimeStatus(n: 1 | 2 | 3 | 4, sensors: Sensors): number {
  const fixed = 0x12;
  switch (n) {
    case 1:
      return fixed | (isOffline(sensors) ? 0x08 : 0);
    case 2:
      return (
        fixed |
        (sensors.cover === 'open' ? 0x04 : 0) |
        (isPaperOut(sensors) ? 0x20 : 0) |
        (sensors.error !== 'none' ? 0x40 : 0)
      );
    case 3:
      return fixed | (sensors.error === 'cutter' ? 0x08 : 0);
    case 4:
      return fixed | (isNearEnd(sensors) ? 0x0c : 0) | (isPaperOut(sensors) ? 0x60 : 0);
  }
}

/** The four bytes of automatic status back (§1.3). */
export function automaticStatus(sensors: Sensors): [number, number, number, number] {
  return [
    0x10 | (isOffline(sensors) ? 0x08 : 0) | (sensors.cover === 'open' ? 0x20 : 0),
    sensors.error === 'cutter' ? 0x08 : 0,
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
