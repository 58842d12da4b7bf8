/** Every column of the matrix, in the order of docs/faults.md. */
import { column as asciiEvaluator } from './ascii-evaluator.ts';
import { column as cable } from './cable.ts';
import { column as evaluatorHid } from './evaluator-hid.ts';
import { column as evaluatorLine } from './evaluator-line.ts';
import { column as ff68Evaluator } from './ff68-evaluator.ts';
import { column as ff68Pad } from './ff68-pad.ts';
import { column as idReader } from './id-reader.ts';
import { column as keypad } from './keypad.ts';
import { column as printerNetwork } from './printer-network.ts';
import { column as printerSerial } from './printer-serial.ts';
import { column as scannerHid } from './scanner-hid.ts';
import { column as scannerSerial } from './scanner-serial.ts';
import { column as signStrip } from './sign-strip.ts';
import { column as signXunpeng } from './sign-xunpeng.ts';
import { column as ub485 } from './ub485.ts';

export const columns = [
  evaluatorLine,
  evaluatorHid,
  ff68Evaluator,
  asciiEvaluator,
  keypad,
  ff68Pad,
  ub485,
  signStrip,
  signXunpeng,
  printerSerial,
  printerNetwork,
  idReader,
  scannerSerial,
  scannerHid,
  cable,
];
