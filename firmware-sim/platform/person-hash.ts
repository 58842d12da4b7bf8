/** A person as the interface knows one (docs/platform.md, "Who is asked about"). */
import { createHmac } from 'node:crypto';

/** The secret of the page's own check: the bytes 00, 01 … 1f. */
export const checkSecret = Uint8Array.from({ length: 32 }, (_, at) => at);

/** 64 small hex digits; throws RangeError when the secret is not of 32 bytes. */
export function personHash(secret: Uint8Array, year: number, documentNumber: string): string {
  if (secret.length !== 32) throw new RangeError(`the secret has ${secret.length} bytes; it is 32 raw bytes`);
  const key = createHmac('sha256', secret).update(`year:${year}`, 'ascii').digest();
  return createHmac('sha256', key)
    .update(documentNumber.replaceAll(' ', '').toUpperCase(), 'ascii')
    .digest('hex');
}
