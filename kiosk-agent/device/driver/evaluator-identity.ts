/** Asks an EHR/1 device who it is: the greeting does not say, the FEATURE report does (evaluators §2). */
import { backoff } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import { IDENTITY_REPORT, readIdentity, type EhrDropReason, type EhrIdentity } from '../codec/ehr.ts';
import { isHid, type Transport } from '../transport/transport.ts';

export type IdentityTrouble = { unreadable: boolean; detail: string };

export type IdentityParts = {
  clock: Clock;
  /** [0…1) */
  random: () => number;
  onKnown: (boot: string, identity: EhrIdentity) => void;
  /** it did not say, or not in EHR/1; it is asked again */
  onTrouble: () => void;
  /** the technician's view of the wire */
  onReport: (
    bytes: Uint8Array,
    decoded: ({ type: 'IDENTITY' } & EhrIdentity) | { dropped: EhrDropReason },
  ) => void;
};

type Question = {
  boot: string;
  transport: Transport;
  waits: Generator<number, never, void>;
  cancel: () => void;
};

export class EvaluatorIdentity {
  readonly #parts: IdentityParts;
  #question: Question | null = null;
  #trouble: IdentityTrouble | null = null;

  constructor(parts: IdentityParts) {
    this.#parts = parts;
  }

  /** A question is open: it will be asked until it is answered or dropped. */
  get asking(): boolean {
    return this.#question !== null;
  }

  /** What came of the last try; null while there is none, and when the device has answered. */
  get trouble(): IdentityTrouble | null {
    return this.#trouble;
  }

  /** Asks the device that greeted with this boot, less and less often, until it answers. */
  ask(transport: Transport, boot: string): void {
    if (this.#question?.boot === boot) return;
    this.drop();
    this.#question = { boot, transport, waits: backoff(this.#parts.random), cancel: () => {} };
    void this.#read(this.#question);
  }

  /** Nobody wants to know any more: the port went away, or another device is there. */
  drop(): void {
    this.#question?.cancel();
    this.#question = null;
    this.#trouble = null;
  }

  async #read(question: Question): Promise<void> {
    const { transport, boot } = question;
    const { id, length } = IDENTITY_REPORT;
    const answer = isHid(transport) ? await transport.getFeature(id, length) : null;
    if (this.#question !== question) return;
    if (answer?.ok) {
      const read = readIdentity(answer.bytes);
      if (typeof read !== 'string') {
        this.#parts.onReport(answer.bytes, { type: 'IDENTITY', ...read });
        this.drop();
        this.#parts.onKnown(boot, read);
        return;
      }
      this.#parts.onReport(answer.bytes, { dropped: read });
      this.#trouble = { unreadable: true, detail: `its identity is not EHR/1: ${read}` };
    } else {
      const why = answer ? answer.trouble.detail : 'the port moves no reports';
      this.#trouble = { unreadable: false, detail: `its identity was not answered: ${why}` };
    }
    question.cancel = this.#parts.clock.after(question.waits.next().value, () => void this.#read(question));
    this.#parts.onTrouble();
  }
}
