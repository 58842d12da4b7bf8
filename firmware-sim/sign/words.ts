/** What a host asks of a sign, in words for the wire view (window-sign.md). */
import iconv from 'iconv-lite';
import type { NumberRequest } from './number-sign.ts';
import type { StripRequest } from './strip-frame.ts';

export function describeRequest(request: StripRequest | NumberRequest): string {
  if ('number' in request) return `${request.info}: number ${request.number}, colour ${request.colour}`;
  const { address, seq, command, data } = request;
  const [line = 0, value = 0] = data;
  const words: Record<number, string> = {
    1: `line ${line} "${iconv.decode(Buffer.from(data.slice(4)), 'gb18030')}"`,
    2: line === 0 ? 'clear all' : `clear line ${line}`,
    3: `brightness ${line} %`,
    4: `line ${line} flashes ${value} s`,
    5: 'status?',
  };
  return `${address === 0 || address === 255 ? 'all' : address} #${seq}: ${words[command] ?? `command ${command}`}`;
}
