/**
 * Captures: a device's wire with its times, one JSON document a line (docs/captures.md). The agent's HTTP call and
 * `hall capture` write the same lines; `hall-sim replay` plays them back. Pure.
 */

export type CaptureHead = {
  /** id in the configuration */
  device: string;
  model: string;
  /** kind of the model: evaluator, printer, frames … */
  kind: string;
  /** as in the configuration */
  port: string;
  /** RFC 3339 */
  startedAt: string;
  /** personal data is left out of `hex` and `decoded`: it cannot be played back to the letter */
  masked: boolean;
};
/** As a driver tells it: `sent` to the device, `received` from it. */
export type CapturedFrame = {
  /** same clock as `startedMs` */
  atMs: number;
  direction: 'sent' | 'received';
  bytes: Uint8Array;
  /** the driver's reading; null when it has none */
  decoded: unknown;
};

/** Media type of the HTTP answer. */
export const CAPTURE_TYPE = 'application/x-ndjson';

/** Kinds of models whose drivers tell frames without what identifies a person. */
const MASKED_KINDS: ReadonlySet<string> = new Set(['reader', 'scanner']);

/** Whether a capture of this kind of model is masked. */
export function isMasked(kind: string): boolean {
  return MASKED_KINDS.has(kind);
}

/** The first line, with its line end. */
export function captureHead({ device, model, kind, port, startedAt, masked }: CaptureHead): string {
  return `${JSON.stringify({ capture: 1, device, model, port, kind, startedAt, masked })}\n`;
}

/** One line a frame, with its line end; `t` is in ms since `startedMs`, to the microsecond. */
export function captureLine(startedMs: number, frame: CapturedFrame): string {
  return `${JSON.stringify({
    t: Math.round((frame.atMs - startedMs) * 1000) / 1000,
    dir: frame.direction === 'received' ? 'in' : 'out',
    hex: Buffer.from(frame.bytes).toString('hex'),
    decoded: frame.decoded ?? null,
  })}\n`;
}
