/**
 * The faults, by name. The same name is the same behaviour at every device that has it; which device has which, and why the
 * others cannot, stands in docs/faults.md.
 */

/** Of any wire that carries bytes (line/device-line.ts). */
export const lineFaults = [
  /** the cable is out; the power is not */
  'unplugged',
  /** hears, and says nothing */
  'silent',
  /** a few random bytes before what it says */
  'noise',
  /** random bytes without a pause */
  'babble',
  /** what it says, or hears, gets lost (rate) */
  'lost-frames',
  /** what it says comes twice (rate) */
  'doubled-frames',
  /** what it says waits until the next joins it */
  'merged-frames',
  /** what it says comes in pieces (ms: the pause between them) */
  'split-frames',
  /** what it says comes late (ms) */
  'delayed-frames',
  /** what it says has a wrong bit (rate) */
  'corrupted',
  /** garbage both ways */
  'wrong-baud',
  /** the cable is pulled when so many bytes have gone over it, either way (bytes) */
  'unplug-after-bytes',
] as const;
/** USB checks and repeats by itself: a report comes whole, right and alone, or not at all. */
const usbFaults = [
  'unplugged',
  'silent',
  'lost-frames',
  'doubled-frames',
  'delayed-frames',
  'unplug-after-bytes',
] as const;
/**
 * Of an evaluator itself. clock: its count of ms is ahead by `ms`; so are the ages and uptimes it says. bounce: a finger makes
 * contact twice. same-boot: draws the boot number that it had before at every power-up.
 */
const evaluatorOwn = [
  'stuck-key',
  'speaker',
  'low-voltage',
  'busy',
  'clock',
  'slow',
  'bounce',
  'power-off',
  'power-off-after-bytes',
  'same-boot',
] as const;

export const evaluatorFaults = [...lineFaults, 'wrong-checksum', ...evaluatorOwn] as const;
export const hidEvaluatorFaults = [...usbFaults, 'babble', 'no-identity', ...evaluatorOwn] as const;
/**
 * Lines with several devices. adapter-echo: the adapter at the host sends back what the host sends. turn-bytes: a byte 00 or FF
 * before what a device says, when the direction turns.
 */
export const ff68Faults = [
  ...lineFaults,
  'wrong-checksum',
  'adapter-echo',
  'turn-bytes',
  'stuck-key',
  'bounce',
  'power-off',
  'power-off-after-bytes',
] as const;
/** UB485 has no checksum. */
export const ub485Faults = [
  ...lineFaults,
  'adapter-echo',
  'turn-bytes',
  'stuck-key',
  'bounce',
  'power-off',
  'power-off-after-bytes',
] as const;
/** One character has no pieces. */
export const asciiFaults = [
  ...lineFaults.filter((fault) => fault !== 'split-frames'),
  'stuck-key',
  'bounce',
  'power-off',
] as const;
/** A keyboard: `bounce` presses twice within milliseconds. */
export const keypadFaults = [...usbFaults, 'babble', 'stuck-key', 'bounce'] as const;
/** Of one address or of all: `address`. */
export const signFaults = [
  ...lineFaults,
  'wrong-checksum',
  'adapter-echo',
  'turn-bytes',
  'busy',
  'panel',
  'too-hot',
  'power-off',
  'power-off-after-bytes',
] as const;
/** A number display cannot say that it is busy, or how hot it is. */
export const xunpengFaults = signFaults.filter((fault) => fault !== 'busy' && fault !== 'too-hot');
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
  'paper-out-after-bytes',
  'cover-open-after-bytes',
  'cutter-error-after-bytes',
  'paper-jam-after-bytes',
  'power-off-after-bytes',
] as const;
export const readerFaults = [
  ...lineFaults,
  'wrong-checksum',
  /** answers of random bytes */
  'garbage',
  /** takes `ms` for every command */
  'slow',
  'card-moved-after-bytes',
  /** a card is found, and cannot be selected */
  'card-askew',
  'sam-self-test-failed',
  'sam-not-authorised',
  'power-off',
  'power-off-after-bytes',
] as const;
/**
 * lost-suffix: the end of a code stays away. bounce: each code is sent twice, a moment apart; nothing on the line repeats what a
 * scanner has said.
 */
export const scannerFaults = [
  'unplugged',
  'silent',
  'noise',
  'babble',
  'lost-frames',
  'merged-frames',
  'split-frames',
  'delayed-frames',
  'corrupted',
  'wrong-baud',
  'unplug-after-bytes',
  'lost-suffix',
  'bounce',
  'power-off',
  'power-off-after-bytes',
] as const;
/** lost-report, lost-end: of a code in several reports the second or the last one. babble: reports with a wrong length. */
export const hidScannerFaults = [
  'unplugged',
  'silent',
  'lost-frames',
  'delayed-frames',
  'unplug-after-bytes',
  'lost-report',
  'lost-end',
  'babble',
  'bounce',
] as const;
/**
 * Of a network cable, and of the network behind it. TCP checks and repeats: bytes come whole, right and in order, or not at all.
 */
export const cableFaults = [
  'unplugged',
  /** accepts, and passes nothing on; what waited goes on when it is over, as TCP repeats it */
  'silent',
  'split-frames',
  'delayed-frames',
  /** takes `ms` for every 1000 bytes */
  'slow',
  'unplug-after-bytes',
  /** something else is at the far end: a page to log in, a wrong socket; it answers with random bytes */
  'garbage',
] as const;

export type EvaluatorFault = (typeof evaluatorFaults)[number] | (typeof hidEvaluatorFaults)[number];
export type PrinterFault = (typeof printerFaults)[number];
export type ReaderFault = (typeof readerFaults)[number];
export type SignFault = (typeof signFaults)[number];
export type FaultName =
  | EvaluatorFault
  | PrinterFault
  | ReaderFault
  | SignFault
  | (typeof ff68Faults)[number]
  | (typeof keypadFaults)[number]
  | (typeof scannerFaults)[number]
  | (typeof hidScannerFaults)[number];

/**
 * rate: share of frames, 0…1, default 0.5. bytes: for `…-after-bytes`, ≥ 0. key: for stuck-key, default the first. ms: for slow,
 * delayed-frames, split-frames and clock, ≥ 0. address: one device of a line, all of it when left out. forMs: it ends by itself.
 */
export type FaultOptions = {
  rate?: number;
  bytes?: number;
  key?: number;
  ms?: number;
  address?: number;
  forMs?: number;
};

/** The faults of one device that are on now, each with its options. */
export function createFaults() {
  const on = new Map<FaultName, FaultOptions>();
  return {
    isOn: (name: FaultName) => on.has(name),
    /** Whether it is on for this address of a line. */
    concerns(name: FaultName, address?: number) {
      const options = on.get(name);
      return options !== undefined && (options.address === undefined || options.address === address);
    },
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
