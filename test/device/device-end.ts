/** The far end of a real pseudo-terminal, with a cable that can be pulled. Speaks ELP/1 lines that a test dictates. */
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReadStream } from 'node:tty';
import { until } from './manual-clock.ts';

// `open` makes a pair without a process; it is there on Linux and macOS and missing in the type declarations.
const pty = createRequire(import.meta.url)('@lydell/node-pty') as {
  open(options: { encoding: null }): { master: ReadStream; slave: ReadStream; ptsName: string };
};

const ends: DeviceEnd[] = [];

export class DeviceEnd {
  /** a link that points to the current pseudo-terminal, like a name under /dev/serial/by-path */
  readonly path = join(mkdtempSync(join(tmpdir(), 'hall-pty-')), 'evaluator');
  received = '';
  #master: ReadStream | null = null;

  constructor() {
    ends.push(this);
    this.plug();
  }

  plug(): void {
    const pair = pty.open({ encoding: null });
    pair.slave.pause();
    pair.slave.destroy();
    pair.master.on('error', () => {});
    pair.master.on('data', (bytes: Buffer) => (this.received += bytes.toString('latin1')));
    this.#master = pair.master;
    symlinkSync(pair.ptsName, this.path);
  }

  unplug(): void {
    this.#master?.destroy();
    this.#master = null;
    rmSync(this.path, { force: true });
  }

  /** Reads nothing any more, so that the host's bytes pile up. */
  pause(): void {
    this.#master?.pause();
  }

  write(bytes: string | Uint8Array): void {
    this.#master?.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  /** Sends one line with a right CRC. */
  say(body: string): void {
    this.write(`$${body}*${crc(body)}\r\n`);
  }

  /** Bodies of the lines that have come from the host. */
  get heard(): string[] {
    return [...this.received.matchAll(/\$([^*]*)\*([0-9A-F]{4})\r\n/g)].map(([, body = '', sum]) => {
      if (crc(body) !== sum) throw new Error(`the host sent a wrong CRC: ${body}*${sum}`);
      return body;
    });
  }

  /** Bodies that begin with `word`. */
  heardOf(word: string): string[] {
    return this.heard.filter((body) => body.split(',')[0] === word);
  }

  /** Waits until `count` lines that begin with `word` have come; gives the last one's fields. */
  async hears(word: string, count = 1): Promise<string[]> {
    await until(
      () => this.heardOf(word).length >= count,
      `${count} × ${word}, heard: ${this.heard.join(' ')}`,
    );
    return this.heardOf(word)[count - 1]?.split(',') ?? [];
  }
}

/** Pulls every cable that a test has left in. */
export function unplugAll(): void {
  for (const end of ends.splice(0)) {
    end.unplug();
    rmSync(join(end.path, '..'), { recursive: true, force: true });
  }
}

/** CRC-16/MODBUS once more, by long division over the bits, so that the codec is not its own judge. */
function crc(text: string): string {
  let register = 0xffff;
  for (const byte of Buffer.from(text, 'latin1')) {
    for (let bit = 0; bit < 8; bit++) {
      const carry = (register ^ (byte >> bit)) & 1;
      register >>= 1;
      if (carry) register ^= 0xa001;
    }
  }
  return register.toString(16).toUpperCase().padStart(4, '0');
}
