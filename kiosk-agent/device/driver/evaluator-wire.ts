/** The two ways in which window evaluators put the same words on a wire. */
import { encodeEhr, readReport, type EhrDropReason, type EhrMessage } from '../codec/ehr.ts';
import {
  ElpReceiver,
  encodeElp,
  type DeviceMessage,
  type DropReason as ElpDropReason,
  type HostMessage,
} from '../codec/elp.ts';

export type EvaluatorProtocol = 'elp/1' | 'ehr/1';
export type EvaluatorMessage = DeviceMessage | EhrMessage;
export type DropReason = ElpDropReason | EhrDropReason;

/** Serves one open port; a fresh port gets a fresh one. */
export type EvaluatorWire = {
  /** Bytes as the transport brings them; what is no message is dropped with its reason. */
  receive(bytes: Uint8Array): {
    frames: { message: EvaluatorMessage; bytes: Uint8Array }[];
    dropped: { reason: DropReason; bytes: Uint8Array }[];
  };
  encode(message: HostMessage): Uint8Array;
};

export function makeWire(protocol: EvaluatorProtocol): EvaluatorWire {
  switch (protocol) {
    case 'elp/1': {
      const receiver = new ElpReceiver();
      return { receive: (bytes) => receiver.push(bytes), encode: encodeElp };
    }
    case 'ehr/1':
      return {
        receive(report) {
          const read = readReport(report);
          return typeof read === 'string'
            ? { frames: [], dropped: [{ reason: read, bytes: report }] }
            : { frames: [{ message: read, bytes: report }], dropped: [] };
        },
        encode: encodeEhr,
      };
  }
}
