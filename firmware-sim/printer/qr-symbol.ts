/** GS ( k, cn 31h: the QR code a printer makes itself (escpos-printer §1.1). Its settings and data last until ESC @. */
import QRCode from 'qrcode';

const errorCorrection = { 48: 'L', 49: 'M', 50: 'Q', 51: 'H' } as const;

export type QrPicture = { data: string; moduleDots: number; rows: string[] };

export class QrSymbol {
  #moduleDots = 3;
  #correction: 'L' | 'M' | 'Q' | 'H' = 'L';
  #data: Uint8Array | undefined;

  /** Obeys one function: the code to print, why a real device would ignore it, or nothing to do. */
  obey(parameters: Uint8Array): QrPicture | { refused: string } | undefined {
    const [cn, fn, n = 0] = parameters;
    if (cn !== 0x31) return { refused: `GS ( k cn ${cn}: this model prints QR codes (31h) only` };
    switch (fn) {
      case 0x41:
        return n === 0x31 || n === 0x32 ? undefined : { refused: `GS ( k model ${n}: 31h or 32h` };
      case 0x43:
        if (n < 1 || n > 16) return { refused: `GS ( k module ${n}: 1 to 16 dots` };
        this.#moduleDots = n;
        return undefined;
      case 0x45: {
        const level = errorCorrection[n as 48 | 49 | 50 | 51];
        if (!level) return { refused: `GS ( k error correction ${n}: 30h to 33h` };
        this.#correction = level;
        return undefined;
      }
      case 0x50:
        if (n !== 0x30 || parameters.length < 4)
          return { refused: 'GS ( k store: m must be 30h, 1 to 7089 bytes' };
        this.#data = parameters.slice(3);
        return undefined;
      case 0x51:
        return this.#print();
      case 0x52:
        return { refused: 'GS ( k size: this model does not answer it' };
      default:
        return { refused: `GS ( k fn ${fn}: unknown` };
    }
  }

  #print(): QrPicture | { refused: string } {
    const data = this.#data;
    if (!data) return { refused: 'GS ( k print: no data stored' };
    let code: QRCode.QRCode;
    try {
      code = QRCode.create([{ data, mode: 'byte' }] as QRCode.QRCodeSegment[], {
        errorCorrectionLevel: this.#correction,
      });
    } catch {
      return { refused: `GS ( k print: ${data.length} bytes do not fit a QR code` };
    }
    const { size, data: modules } = code.modules;
    const rows = Array.from({ length: size }, (_, y) =>
      Array.from({ length: size }, (_, x) => (modules[y * size + x] ? '1' : '0')).join(''),
    );
    return { data: Buffer.from(data).toString('utf8'), moduleDots: this.#moduleDots, rows };
  }
}
