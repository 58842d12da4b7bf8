/**
 * Device models: facts in rows, no code. A row says which transports and which driver a device takes, and what its
 * keys mean. What nobody has tried on a real device is written in `unverified`.
 */
import { frameDescription, type FrameDescription, type PadAction } from '../contract/devices.ts';
import type { RatingLevel } from '../contract/events.ts';
import type { Bilingual } from '../contract/live.ts';
import type { LineSettings, PortKind } from '../contract/port.ts';

/**
 * What a device says of itself on USB. Fields that are left out are not looked at; the more of them agree, the surer.
 * Ids are four lower-case hex digits.
 */
export type Fingerprint = {
  vendorId?: string;
  productId?: string;
  /** HID collection */
  usagePage?: number;
  usage?: number;
};

type ModelFacts = {
  /** the word in the configuration */
  id: string;
  name: Bilingual;
  transports: readonly PortKind[];
  /** for a serial port; the port string may override each */
  line: LineSettings;
  /** what it says of itself on USB; empty for a device behind any serial adapter */
  fingerprints: readonly Fingerprint[];
  unverified?: string;
};

type KeyMap = Readonly<Record<string, RatingLevel>>;
type PadMap = Readonly<Record<string, PadAction>>;

export type EvaluatorModel = ModelFacts & {
  kind: 'evaluator';
  protocol: 'elp/1' | 'ehr/1';
  /** raw key code → level; a code that is not here means no level. Configuration may replace it per device */
  keyMap: KeyMap;
};

/** Pads and evaluators in fixed frames, one or several on a line. Raw codes are upper-case hex digits. */
export type FramesModel = ModelFacts & {
  kind: 'frames';
  /** null: the configuration describes them */
  frames: FrameDescription | null;
  keyMap: KeyMap;
  padMap: PadMap;
  /** false: no checksum or no acknowledgement; a frame that is lost or late acts wrongly, and technicians are told */
  protected: boolean;
};

/** Numeric keypads and button boxes that are keyboards to the computer. Raw codes are the key's names: 0…9, enter, dot … */
export type KeypadModel = ModelFacts & {
  kind: 'keypad';
  keyMap: KeyMap;
  padMap: PadMap;
};

export type PrinterModel = ModelFacts & {
  kind: 'printer';
  protocol: 'esc/pos';
  columns: 48 | 32;
  /** printable dots of a line */
  dots: 576 | 384;
  /**
   * How it says that a ticket is out. process-id: `GS ( H` fn 48 answers when the data before it has been printed;
   * barrier: `GS r 1` behind the ticket is answered when the data before it has been worked through;
   * none: it says nothing, and every ticket is `unconfirmed`: the visitor is asked whether it came out.
   */
  confirmation: 'process-id' | 'barrier' | 'none';
  /**
   * How it says what it feels. realtime: DLE EOT 1–4, also while it is offline; ordered: `GS r 1` only, which a printer
   * that is offline does not answer, so that no paper, an open cover and no power look the same; none: not at all.
   */
  status: 'realtime' | 'ordered' | 'none';
  /** answers DLE EOT 20 with six bytes: presenter, jam, head */
  fullStatus?: true;
  /** "recoverable mechanical error" is a paper jam */
  jamBit?: true;
  /** bit 7 of DLE EOT 1: the ticket has not been torn away */
  ticketBit?: true;
};

export type ReaderModel = ModelFacts & { kind: 'reader'; protocol: 'sdt' };

export type ScannerModel = ModelFacts & { kind: 'scanner'; protocol: 'hid-pos' | 'text' };

export type SignModel = ModelFacts & {
  kind: 'sign';
  protocol: 'strip' | 'xunpeng';
  /** characters of GB18030 that stand on it at once, a Chinese character counts two */
  columns: number;
};

export type ModelRow =
  EvaluatorModel | FramesModel | KeypadModel | PrinterModel | ReaderModel | ScannerModel | SignModel;

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
    fingerprints: [],
    keyMap: { '5': 5, '4': 4, '3': 3, '2': 2, '1': 1 },
  },
  {
    id: 'elp1-fujian',
    kind: 'evaluator',
    name: { zh: '五键评价器（键码 3 2 1 0 5）', en: 'Five-key evaluator (codes 3 2 1 0 5)' },
    protocol: 'elp/1',
    transports: ['serial', 'tcp'],
    line: LINE_9600,
    fingerprints: [],
    // Levels 5, 4, 3, 2, 1 in this order: key code 5 is the worst.
    keyMap: { '3': 5, '2': 4, '1': 3, '0': 2, '5': 1 },
    unverified: 'key order from a published interface, not seen on a device',
  },
  {
    id: 'ehr1',
    kind: 'evaluator',
    name: { zh: '五键评价器（EHR/1，USB）', en: 'Five-key evaluator (EHR/1, USB)' },
    protocol: 'ehr/1',
    transports: ['hid'],
    line: LINE_9600,
    fingerprints: [{ vendorId: '1209', productId: '0001', usagePage: 0xff00, usage: 1 }],
    keyMap: { '5': 5, '4': 4, '3': 3, '2': 2, '1': 1 },
  },
  {
    id: 'ff68',
    kind: 'frames',
    name: { zh: '呼叫器与四键评价器（FF68 总线）', en: 'Call pads and four-key evaluators (FF68 bus)' },
    transports: ['serial', 'tcp'],
    line: LINE_9600,
    fingerprints: [],
    protected: true,
    frames: frameDescription.parse({
      pad: {
        keys: [
          'FF 68 03 03 68 {address} 01 {key} {sum8 5} 16',
          'FF 68 04 04 68 {address} 01 {digit} {key} {sum8 5} 16',
        ],
        acknowledge: 'echo',
        display:
          'FF 68 08 08 68 {address} 02 {waiting1} {waiting2} {waiting3} {ticket1} {ticket2} {ticket3} {sum8 5} 16',
        beep: 'FF 68 02 02 68 {address} 03 {sum8 5} 16',
      },
      evaluator: {
        keys: ['FF 68 03 03 68 {address} 11 {key} {sum8 5} 16'],
        acknowledge: 'FF 68 03 03 68 {address} 01 {key} {sum8 5} 16',
        open: 'FF 68 03 03 68 {address} 01 0B {sum8 5} 16',
      },
    }),
    // The deployed code maps key 0→1, 1→0, 2→3, 3→4; which level that is differs between halls: check on the device.
    keyMap: { '00': 5, '01': 4, '02': 2, '03': 1 },
    padMap: {
      '0B': 'finish',
      '0C': 'call-next',
      '0D': 'recall',
      '0E': 'missed',
      '060F': 'missed',
      '000F': 'park',
      '030F': 'call-back',
      '12': 'pause',
      '13': 'transfer',
    },
    unverified:
      'from deployed code and a protocol sheet, not seen on a device; the key order differs between halls',
  },
  {
    id: 'ub485',
    kind: 'frames',
    name: { zh: 'UB485 呼叫面板（QSystem）', en: 'UB485 panels (QSystem)' },
    transports: ['serial', 'tcp'],
    line: { ...LINE_9600, baud: 57_600 },
    fingerprints: [],
    protected: false,
    frames: frameDescription.parse({
      pad: {
        keys: ['01 {address} {key} 07'],
        // The byte before the characters says how they blink: 20 not at all, 21 always.
        display: '01 {address} 20 {ticket1} {ticket2} {ticket3} 07',
        // lamp 37: a beep of 500 ms, and the lamp is off
        beep: '01 {address} 37 07',
      },
      digits: 'ascii',
    }),
    keyMap: {},
    padMap: { '31': 'call-or-recall', '32': 'start', '33': 'transfer', '34': 'missed-or-finish' },
    unverified: 'from a public repository, not seen on a device',
  },
  {
    id: 'ascii-5',
    kind: 'frames',
    name: { zh: '五键评价器（ASCII 单字符）', en: 'Five-key evaluator (one ASCII character)' },
    transports: ['serial', 'tcp'],
    line: LINE_9600,
    fingerprints: [],
    protected: false,
    frames: frameDescription.parse({ evaluator: { keys: ['{key}'] } }),
    keyMap: { '31': 5, '32': 4, '33': 3, '34': 2, '35': 1 },
    padMap: {},
    unverified: 'the order of the keys differs; check on the device',
  },
  {
    id: 'frames',
    kind: 'frames',
    name: { zh: '自定义帧设备', en: 'Fixed frames, described in the configuration' },
    transports: ['serial', 'tcp'],
    line: LINE_9600,
    fingerprints: [],
    protected: false,
    frames: null,
    keyMap: {},
    padMap: {},
  },
  {
    id: 'keypad',
    kind: 'keypad',
    name: { zh: 'USB 数字小键盘', en: 'Numeric keypad (USB)' },
    transports: ['hid'],
    line: LINE_9600,
    fingerprints: [{ usagePage: 0x01, usage: 0x06 }],
    keyMap: { '5': 5, '4': 4, '3': 3, '2': 2, '1': 1 },
    padMap: {
      enter: 'call-next',
      plus: 'recall',
      minus: 'missed',
      '1': 'start',
      '0': 'finish',
      '7': 'park',
      '8': 'call-back',
      '9': 'pause',
    },
    unverified:
      'the operating system delivers its keys to other programs too; Windows does not let a program read it',
  },
  {
    id: 'escpos-80',
    kind: 'printer',
    name: { zh: '80 毫米票据打印机', en: '80 mm ticket printer' },
    protocol: 'esc/pos',
    transports: ['tcp', 'serial', 'file'],
    line: LINE_19200,
    fingerprints: [],
    columns: 48,
    dots: 576,
    confirmation: 'process-id',
    status: 'realtime',
  },
  {
    id: 'escpos-80-basic',
    kind: 'printer',
    name: { zh: '80 毫米票据打印机（无打印回执）', en: '80 mm ticket printer without process id' },
    protocol: 'esc/pos',
    transports: ['tcp', 'serial', 'file'],
    line: LINE_19200,
    fingerprints: [],
    columns: 48,
    dots: 576,
    confirmation: 'barrier',
    status: 'realtime',
  },
  {
    id: 'escpos-58',
    kind: 'printer',
    name: { zh: '58 毫米票据打印机', en: '58 mm ticket printer' },
    protocol: 'esc/pos',
    transports: ['tcp', 'serial', 'file'],
    line: LINE_9600,
    fingerprints: [],
    columns: 32,
    dots: 384,
    confirmation: 'barrier',
    status: 'realtime',
  },
  {
    id: 'epson-80',
    kind: 'printer',
    name: { zh: '爱普生 TM 系列 80 毫米', en: 'Epson TM, 80 mm' },
    protocol: 'esc/pos',
    transports: ['tcp', 'serial', 'file'],
    line: LINE_19200,
    fingerprints: [{ vendorId: '04b8' }],
    columns: 48,
    dots: 576,
    confirmation: 'process-id',
    status: 'realtime',
    unverified:
      'from the maker’s reference, not seen on a device; older firmware does not answer process ids and is found out',
  },
  {
    id: 'snbc-80',
    kind: 'printer',
    name: { zh: '新北洋 80 毫米（BT-T080 等）', en: 'SNBC, 80 mm (BT-T080 and its kin)' },
    protocol: 'esc/pos',
    transports: ['tcp', 'serial', 'file'],
    line: LINE_19200,
    fingerprints: [{ vendorId: '154f' }],
    columns: 48,
    dots: 576,
    confirmation: 'barrier',
    status: 'realtime',
    jamBit: true,
    unverified: 'from the maker’s manual, not seen on a device',
  },
  {
    id: 'cashino-80',
    kind: 'printer',
    name: { zh: '凯仕 80 毫米（KP-628E 等）', en: 'CASHINO, 80 mm (KP-628E and its kin)' },
    protocol: 'esc/pos',
    transports: ['tcp', 'serial', 'file'],
    line: LINE_19200,
    fingerprints: [],
    columns: 48,
    dots: 576,
    confirmation: 'barrier',
    status: 'realtime',
    ticketBit: true,
    unverified: 'from the maker’s manual, not seen on a device',
  },
  {
    id: 'custom-80',
    kind: 'printer',
    name: { zh: 'CUSTOM 80 毫米，带出票口', en: 'CUSTOM with presenter, 80 mm' },
    protocol: 'esc/pos',
    transports: ['tcp', 'serial', 'file'],
    line: LINE_19200,
    fingerprints: [{ vendorId: '0dd4' }],
    columns: 48,
    dots: 576,
    confirmation: 'barrier',
    status: 'realtime',
    fullStatus: true,
    unverified:
      'from the maker’s manual, not seen on a device; without full status it works as escpos-80-basic and says so',
  },
  {
    id: 'star-80',
    kind: 'printer',
    name: { zh: 'Star 80 毫米（ESC/POS 模式）', en: 'Star in ESC/POS mode, 80 mm' },
    protocol: 'esc/pos',
    transports: ['tcp', 'serial', 'file'],
    line: LINE_19200,
    fingerprints: [{ vendorId: '0519' }],
    columns: 48,
    dots: 576,
    confirmation: 'barrier',
    status: 'realtime',
    unverified: 'its ESC/POS mode must be switched on; not seen on a device',
  },
  {
    id: 'escpos-80-ordered',
    kind: 'printer',
    name: { zh: '80 毫米票据打印机（无实时状态）', en: '80 mm ticket printer without real-time status' },
    protocol: 'esc/pos',
    transports: ['tcp', 'serial', 'file'],
    line: LINE_19200,
    fingerprints: [],
    columns: 48,
    dots: 576,
    confirmation: 'barrier',
    status: 'ordered',
    unverified: 'a class of clones, not one device: no paper and no power look the same',
  },
  {
    id: 'escpos-80-one-way',
    kind: 'printer',
    name: { zh: '80 毫米票据打印机（单向端口）', en: '80 mm ticket printer behind a one-way port' },
    protocol: 'esc/pos',
    transports: ['tcp', 'serial', 'file'],
    line: LINE_19200,
    fingerprints: [],
    columns: 48,
    dots: 576,
    confirmation: 'none',
    status: 'none',
    unverified: 'a last resort: every visitor is asked whether the ticket came out',
  },
  {
    id: 'sdt',
    kind: 'reader',
    name: { zh: '二代身份证阅读器（SDT）', en: 'Identity card reader (SDT)' },
    protocol: 'sdt',
    transports: ['serial', 'tcp'],
    line: { ...LINE_9600, baud: 115_200 },
    fingerprints: [],
    unverified:
      'from published sheets and code, not seen on a device; some readers are set to 57600, 38400, 19200 or 9600 baud',
  },
  {
    id: 'scanner-hid',
    kind: 'scanner',
    name: { zh: '扫码器（USB HID POS）', en: 'Scanner (USB HID POS)' },
    protocol: 'hid-pos',
    transports: ['hid'],
    line: LINE_9600,
    fingerprints: [{ usagePage: 0x8c, usage: 0x02 }],
  },
  {
    id: 'scanner-serial',
    kind: 'scanner',
    name: { zh: '扫码器（串口）', en: 'Scanner (serial)' },
    protocol: 'text',
    transports: ['serial', 'tcp'],
    line: LINE_9600,
    fingerprints: [],
  },
  {
    id: 'strip',
    kind: 'sign',
    name: { zh: '窗口条屏（通用协议）', en: 'Window sign (generic strip)' },
    protocol: 'strip',
    transports: ['serial', 'tcp'],
    line: LINE_9600,
    fingerprints: [],
    columns: 16,
    unverified: 'this project’s own protocol (docs/protocols/window-sign.md); no maker has built it yet',
  },
  {
    id: 'xunpeng',
    kind: 'sign',
    name: { zh: '窗口号码屏（讯鹏，只显示数字）', en: 'Window number display (Xunpeng, digits only)' },
    protocol: 'xunpeng',
    transports: ['serial', 'tcp'],
    line: LINE_9600,
    fingerprints: [],
    // The published example shows 888.
    columns: 3,
    unverified:
      'one published frame with an example, not seen on a device; the address field and "dark" are assumed',
  },
];

const BY_ID: ReadonlyMap<string, ModelRow> = new Map(MODELS.map((row) => [row.id, row]));

export const MODEL_IDS: ReadonlySet<string> = new Set(BY_ID.keys());

export function modelOf(id: string): ModelRow | undefined {
  return BY_ID.get(id);
}
