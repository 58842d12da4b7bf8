/** Frames of an FF68 line in words, for the wire view. */
import { keyWords } from '../key-line/key-words.ts';
import { createFf68Receiver, type Ff68Message } from './frame.ts';

const padKey = 0x01;
const evaluatorKey = 0x11;
const startEvaluation = 0x0b;

const digits = (data: number[]) => data.map((digit) => (digit === 0x0a ? '_' : digit)).join('');

/** `from`: who has sent it; the same bytes mean a key from a device and an echo from the host. */
export function describeFf68({ address, command, data }: Ff68Message, from: 'device' | 'host'): string {
  const key = data.at(-1) ?? 0;
  const typed = data.length > 1 ? data[0] : undefined;
  if (from === 'device') {
    const unit = command === padKey ? 'pad' : command === evaluatorKey ? 'evaluator' : undefined;
    if (!unit) return `${address}: command ${command}`;
    const [word] =
      Object.entries(keyWords[unit]).find(([, one]) => one.key === key && one.digit === typed) ?? [];
    return `${address}: ${unit} key ${word ?? key.toString(16).padStart(2, '0')}`;
  }
  if (command === 0x02 && data.length === 6)
    return `${address}: show waiting ${digits(data.slice(0, 3))}, ticket ${digits(data.slice(3))}`;
  if (command === 0x02) return `${address}: ${key} stars`;
  if (command === 0x03) return `${address}: beep`;
  if (command === padKey && data.length === 1 && key === startEvaluation)
    return `${address}: echo of evaluate, or start of an evaluation`;
  return `${address}: echo`;
}

/** Every whole frame in these bytes in words; '' when there is none. */
export function describeFf68Bytes(bytes: Uint8Array, from: 'device' | 'host'): string {
  return createFf68Receiver()
    .receive(bytes)
    .map((message) => describeFf68(message, from))
    .join(' · ');
}
