/** Faults of the line, for evaluators and printers alike. */
export const lineFaults = [
  'unplugged',
  'silent',
  'noise',
  'lost-frames',
  'doubled-frames',
  'split-frames',
] as const;
export const evaluatorFaults = [
  ...lineFaults,
  'wrong-checksum',
  'stuck-key',
  'speaker',
  'low-voltage',
  'busy',
  'power-off',
] as const;
/** USB checks and repeats by itself: a report comes whole or not at all. */
export const hidEvaluatorFaults = [
  'unplugged',
  'silent',
  'lost-frames',
  'doubled-frames',
  'no-identity',
  'stuck-key',
  'speaker',
  'low-voltage',
  'busy',
  'power-off',
] as const;
export const printerFaults = [
  ...lineFaults,
  'paper-near-end',
  'paper-out',
  'cover-open',
  'cutter-error',
  'paper-jam',
  'head-hot',
  'slow',
  'no-process-id',
  'power-off',
  'unplug-after-bytes',
  'paper-out-after-bytes',
  'cover-open-after-bytes',
  'cutter-error-after-bytes',
  'paper-jam-after-bytes',
  'power-off-after-bytes',
] as const;
export const readerFaults = [
  ...lineFaults,
  'wrong-checksum',
  'corrupted',
  'garbage',
  'babble',
  'slow',
  'card-moved-after-bytes',
  'sam-self-test-failed',
  'sam-not-authorised',
  'power-off',
] as const;
/** Lines of call pads and evaluators. adapter-echo: the adapter at the host sends back what the host sends. */
export const keyLineFaults = [
  ...lineFaults,
  'wrong-checksum',
  'corrupted',
  'merged-frames',
  'delayed-frames',
  'babble',
  'adapter-echo',
] as const;
export const cableFaults = ['unplugged'] as const;

export type EvaluatorFault = (typeof evaluatorFaults)[number] | (typeof hidEvaluatorFaults)[number];
export type PrinterFault = (typeof printerFaults)[number];
export type ReaderFault = (typeof readerFaults)[number];
export type KeyLineFault = (typeof keyLineFaults)[number];
export type FaultName = KeyLineFault | EvaluatorFault | PrinterFault | ReaderFault;

/** rate: share of frames, 0…1, default 0.5. bytes: for `…-after-bytes`, ≥ 0. key: for stuck-key, 1…5, default 1. ms: for a reader's slow and for delayed-frames, ≥ 0. */
export type FaultOptions = { rate?: number; bytes?: number; key?: number; ms?: number };

/** The faults of one device that are on now, each with its options. */
export function createFaults() {
  const on = new Map<FaultName, FaultOptions>();
  return {
    isOn: (name: FaultName) => on.has(name),
    options: (name: FaultName): FaultOptions => on.get(name) ?? {},
    set(name: FaultName, value: boolean, options: FaultOptions = {}) {
      if (value) on.set(name, options);
      else on.delete(name);
    },
    names: () => [...on.keys()],
  };
}
export type Faults = ReturnType<typeof createFaults>;

/** Throws a RangeError that names the device and its faults when `name` is none of them. */
export function requireFault<Name extends string>(id: string, known: readonly Name[], name: string): Name {
  const found = known.find((fault) => fault === name);
  if (!found) throw new RangeError(`${id} has no fault "${name}"; it has: ${known.join(', ')}`);
  return found;
}
