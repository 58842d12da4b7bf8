/** Strip signs: the host counts its frames from where it likes, and the reply has the same seq (window-sign §1, Frame). */
import { crc16 } from '../evaluator-line/frame.ts';
import { compareBytes, createNumberMap, type Numbers } from './numbers.ts';

const start = 0x7e;
const seqAt = 2;
const shortest = 8;

/** One whole frame with a right CRC. */
function isFrame(bytes: Buffer): boolean {
  if (bytes.length < shortest || bytes[0] !== start) return false;
  return crc16(bytes.subarray(1, -2)) === bytes.readUInt16LE(bytes.length - 2);
}

function withSeq(frame: Buffer, seq: number): Buffer {
  const changed = Buffer.from(frame);
  changed[seqAt] = seq;
  changed.writeUInt16LE(crc16(changed.subarray(1, -2)), changed.length - 2);
  return changed;
}

export function createStripNumbers(): Numbers {
  const seqs = createNumberMap();
  return {
    compare({ bytes }, heard) {
      const then = Buffer.from(bytes);
      const [recorded, now] = [then[seqAt], heard[seqAt]];
      if (!isFrame(then) || recorded === undefined || now === undefined) return compareBytes(bytes, heard);
      if (!seqs.fits(recorded, now)) return { is: 'different', at: seqAt };
      return compareBytes(withSeq(then, now), heard, () => seqs.learn(recorded, now));
    },
    answer({ bytes }) {
      const frame = Buffer.from(bytes);
      return isFrame(frame) ? withSeq(frame, seqs.of(frame[seqAt] ?? 0)) : frame;
    },
  };
}
