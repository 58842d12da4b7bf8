/** What the table of device models says of each: types of its rows. */
import type { FrameDescription, PadAction } from '../contract/devices.ts';
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
