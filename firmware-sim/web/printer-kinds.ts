import type { PrinterOptions } from '../printer/printer.ts';

type Facts = Pick<
  PrinterOptions,
  'processId' | 'realtime' | 'answers' | 'clears' | 'fullStatus' | 'ticketSensor'
>;

/** Kinds of printers in the field (escpos-printer.md), by what they can say of themselves. */
export const printerKinds = {
  /** Answers process ids and real-time status. */
  full: {},
  /** Real-time status and no process ids, as most 58 mm ones. */
  basic: { processId: false },
  /** Bit 7 of DLE EOT 1 says that a ticket has not been torn off. */
  'ticket-bit': { processId: false, ticketSensor: 'bit7' },
  /** DLE EOT 20 answers with six bytes, the ticket in its presenter among them. */
  presenter: { processId: false, fullStatus: true, ticketSensor: 'full-status' },
  /** No real-time commands: answers GS r 1 in its turn only. */
  ordered: { processId: false, realtime: 'none' },
  /** Behind a port that carries nothing back. */
  'one-way': { processId: false, answers: false },
} as const satisfies Record<string, Facts>;
export type PrinterKind = keyof typeof printerKinds;

export const isPrinterKind = (text: string): text is PrinterKind => Object.hasOwn(printerKinds, text);

const models = {
  full: 'escpos-80',
  basic: 'escpos-80-basic',
  'ticket-bit': 'cashino-80',
  presenter: 'custom-80',
  ordered: 'escpos-80-ordered',
  'one-way': 'escpos-80-one-way',
} as const satisfies Record<PrinterKind, string>;
export type PrinterModel = (typeof models)[PrinterKind] | 'escpos-58';

/** The model of a hall's configuration that such a printer is. */
export function printerModel(kind: PrinterKind, width: 80 | 58): PrinterModel {
  return width === 58 && (kind === 'full' || kind === 'basic') ? 'escpos-58' : models[kind];
}
