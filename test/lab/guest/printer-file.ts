/** A printer's device file as a program without this project uses it: written by cat, asked by perl's ioctl. */
import { existsSync, readdirSync } from 'node:fs';
import { readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './programs.ts';

const CLASS = '/sys/class/usbmisc';

/** The file of the USB printer with this serial number; null while there is none. Not synchronous: usb-tree.ts. */
export async function printerFile(serial: string): Promise<string | null> {
  const names = existsSync(CLASS) ? readdirSync(CLASS).filter((name) => /^lp\d+$/.test(name)) : [];
  for (const name of names) {
    // It may be pulled out while it is read.
    const said = await realpath(join(CLASS, name, 'device'))
      .then((device) => readFile(join(device, '..', 'serial'), 'utf8'))
      .catch(() => '');
    if (said.trim() === serial && existsSync(`/dev/usb/${name}`)) return `/dev/usb/${name}`;
  }
  return null;
}

/** GET_PORT_STATUS by usblp's ioctl LPGETSTATUS (060B, linux/lp.h). */
export async function portStatus(file: string): Promise<number> {
  const program =
    'open(F, "+<", $ARGV[0]) or die "open: $!"; my $s = pack("i", 0); ioctl(F, 0x060b, $s) or die "ioctl: $!"; print unpack("i", $s)';
  return Number(await run('perl', '-e', program, file));
}

/** Writes `bytes` (hex) and answers the first byte that comes back, which is waited for. */
export async function answerTo(file: string, bytes: string): Promise<number> {
  const program =
    'open(F, "+<", $ARGV[0]) or die "open: $!"; syswrite(F, pack("H*", $ARGV[1])) or die "write: $!"; my $n = 0; for (1..500) { $n = sysread(F, $s, 1); last if $n; select(undef, undef, undef, 0.02) } $n or die "no answer"; print ord($s)';
  return Number(await run('perl', '-e', program, file, bytes));
}

/** `cat` writes what a file holds to the printer, and waits as long as that takes nothing. */
export function catTo(file: string, content: string): { ended: Promise<void>; hasEnded(): boolean } {
  let over = false;
  const ended = run('sh', '-c', 'cat "$1" >"$2"', 'sh', content, file).then(() => {
    over = true;
  });
  return { ended, hasEnded: () => over };
}
