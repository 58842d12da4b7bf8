/**
 * Simulated devices on real ports, for use inside a test or a program:
 *
 *   const printer = await startPrinter({ port: 'tcp:0', speed: Infinity });
 *   const evaluator = await startEvaluator({ port: 'pty:/tmp/hall/evaluator-1' });
 *   // printer.port → 'tcp:127.0.0.1:40123', evaluator.port → 'serial:/tmp/hall/evaluator-1': as an agent's configuration wants it
 *   evaluator.press(1);                       // 非常满意, raw code 5
 *   await evaluator.unplug(); await evaluator.plug();
 *   await printer.setFault('paper-out-after-bytes', true, { bytes: 200 });
 *   printer.papers().at(-1)?.text;
 *   await printer.close();                    // may be called twice
 *
 *   const pads = await startFf68Bus({ port: 'tcp:0', addresses: { 1: 'pad', 2: 'evaluator' } });
 *   pads.press(1, 0x0c);                      // call next; keyWords has the codes
 *   const reader = await startIdReader({ port: 'tcp:0' });
 *   reader.putCard('citizen-common');         // one of samplePeople, who do not exist
 *   const scanner = await startScanner({ port: 'tcp:0' });
 *   scanner.scan('https://hall.example/t/1');
 *   const signs = await startSignLine({ port: 'tcp:0', protocol: 'strip', addresses: [1, 2] });
 *   signs.state(1).text;
 */
export {
  startAsciiEvaluator,
  type AsciiEvaluatorHandle,
  type AsciiEvaluatorOptions,
} from './ascii-evaluator/evaluator.ts';
export { startCable, type CableHandle, type CableOptions } from './cable.ts';
export {
  startHidEvaluator,
  type HidEvaluatorHandle,
  type HidEvaluatorOptions,
} from './evaluator-hid/evaluator.ts';
export {
  startEvaluator,
  type EvaluatorHandle,
  type LineEvaluatorOptions,
} from './evaluator-line/evaluator.ts';
export type { EvaluatorState } from './evaluator/hardware.ts';
export * from './faults/faults.ts';
export { startFf68Bus, type Ff68BusHandle, type Ff68BusOptions } from './ff68/bus.ts';
export { startIdReader, type IdReaderHandle, type IdReaderOptions } from './id-reader/id-reader.ts';
export { samplePeople, type SamplePerson } from './id-reader/people.ts';
export type { HidSocket } from './port/hid-socket.ts';
export { keypadKeys, startKeypad, type KeypadHandle, type KeypadOptions } from './keypad/keypad.ts';
export { keyWords, type Key } from './key-line/key-words.ts';
export { PortError } from './port/port.ts';
export type { UsbBus } from './port/usb.ts';
export { startUsbBus } from './usb/bus.ts';
export type { WireEntry } from './port/wire-log.ts';
export {
  startPrinter,
  type PrintedPaper,
  type PrinterHandle,
  type PrinterOptions,
} from './printer/printer.ts';
export type { Cell, Paper, PaperLine } from './printer/paper.ts';
export { startHidScanner, type HidScannerHandle, type HidScannerOptions } from './scanner/hid-scanner.ts';
export { startScanner, type ScannerHandle, type ScannerOptions } from './scanner/scanner.ts';
export { startSignLine, type SignLineHandle, type SignLineOptions } from './sign/sign-line.ts';
export { startUb485Bus, type Ub485BusHandle, type Ub485BusOptions } from './ub485/bus.ts';
