/**
 * Device models: facts in rows, no code. A row says which transports and which driver a device takes, and what its
 * keys mean. What nobody has tried on a real device is written in `unverified`.
 */
import type { RatingLevel } from '../contract/events.ts';
import type { Bilingual } from '../contract/live.ts';
import type { LineSettings, PortKind } from '../contract/port.ts';

type ModelFacts = {
  /** the word in the configuration */
  id: string;
  name: Bilingual;
  transports: readonly PortKind[];
  /** for a serial port; the port string may override each */
  line: LineSettings;
  unverified?: string;
};

export type EvaluatorModel = ModelFacts & {
  kind: 'evaluator';
  protocol: 'elp/1';
  /** raw key code → level; a code that is not here means no level. Configuration may replace it per device */
  keyMap: Readonly<Record<string, RatingLevel>>;
};

export type PrinterModel = ModelFacts & {
  kind: 'printer';
  protocol: 'esc/pos';
  columns: 48 | 32;
  /** printable dots of a line */
  dots: 576 | 384;
  /**
   * How it says that a ticket is out. process-id: `GS ( H` fn 48 answers when the data before it has been printed;
   * barrier: `GS r 1` behind the ticket is answered when the data before it has been worked through.
   */
  confirmation: 'process-id' | 'barrier';
};

export type ModelRow = EvaluatorModel | PrinterModel;

const LINE_9600: LineSettings = { baud: 9600, data: 8, parity: 'none', stop: 1, rtscts: false };
/** Binary data over XON/XOFF loses bytes: printers get RTS/CTS where the wiring has it, by the port string. */
const LINE_19200: LineSettings = { ...LINE_9600, baud: 19_200 };

export const MODELS: readonly ModelRow[] = [
  {
    id: 'elp1',
    kind: 'evaluator',
    name: { zh: '五键评价器（ELP/1）', en: 'Five-key evaluator (ELP/1)' },
    protocol: 'elp/1',
    transports: ['serial', 'tcp'],
    line: LINE_9600,
    keyMap: { '5': 5, '4': 4, '3': 3, '2': 2, '1': 1 },
  },
  {
    id: 'elp1-fujian',
    kind: 'evaluator',
    name: { zh: '五键评价器（键码 3 2 1 0 5）', en: 'Five-key evaluator (codes 3 2 1 0 5)' },
    protocol: 'elp/1',
    transports: ['serial', 'tcp'],
    line: LINE_9600,
    // Levels 5, 4, 3, 2, 1 in this order: key code 5 is the worst.
    keyMap: { '3': 5, '2': 4, '1': 3, '0': 2, '5': 1 },
    unverified: 'key order from a published interface, not seen on a device',
  },
  {
    id: 'escpos-80',
    kind: 'printer',
    name: { zh: '80 毫米票据打印机', en: '80 mm ticket printer' },
    protocol: 'esc/pos',
    transports: ['tcp', 'serial'],
    line: LINE_19200,
    columns: 48,
    dots: 576,
    confirmation: 'process-id',
  },
  {
    id: 'escpos-80-basic',
    kind: 'printer',
    name: { zh: '80 毫米票据打印机（无打印回执）', en: '80 mm ticket printer without process id' },
    protocol: 'esc/pos',
    transports: ['tcp', 'serial'],
    line: LINE_19200,
    columns: 48,
    dots: 576,
    confirmation: 'barrier',
  },
  {
    id: 'escpos-58',
    kind: 'printer',
    name: { zh: '58 毫米票据打印机', en: '58 mm ticket printer' },
    protocol: 'esc/pos',
    transports: ['tcp', 'serial'],
    line: LINE_9600,
    columns: 32,
    dots: 384,
    confirmation: 'barrier',
  },
];

const BY_ID: ReadonlyMap<string, ModelRow> = new Map(MODELS.map((row) => [row.id, row]));

export const MODEL_IDS: ReadonlySet<string> = new Set(BY_ID.keys());

export function modelOf(id: string): ModelRow | undefined {
  return BY_ID.get(id);
}
