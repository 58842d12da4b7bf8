/** The command that plays the device of a capture back (docs/captures.md). */
import type { Command } from 'commander';
import type { Place } from '../port/open-port.ts';
import { readCapture } from '../replay/capture.ts';
import type { ReplayMode } from '../replay/player.ts';
import { startReplay } from '../replay/replay.ts';
import { reportLines } from '../replay/report.ts';
import {
  endWith,
  type Opened,
  openHid,
  openLine,
  onLine,
  parsed,
  type PortOptions,
  say,
} from './one-device.ts';

type ReplayCommand = PortOptions & {
  timed?: boolean;
  loose?: boolean;
  speed: number;
  patience: number;
  wait: number;
  replug: number[];
  maskedAnyway?: boolean;
  anyPaper?: boolean;
};

const progressMs = 2_000;

export function addReplay(program: Command) {
  onLine(program.command('replay'))
    .description('the device of a capture (hall capture), once more: what it said then it says again')
    .argument('<file>', 'the capture')
    .option('--uhid', 'let the kernel take a HID model for a USB device (Linux)')
    .option('--timed', 'by the clock only, whatever the host says')
    .option('--loose', 'go on at differences, at the next recorded frame that the host says')
    .option('--speed <n>', 'so many times as fast, 0.01 to 1000, or max', parsed(readSpeed), 1)
    .option('--patience <s>', 'how much later than it was the host may say a frame', parsed(readSeconds), 30)
    .option('--wait <s>', 'how long the host may take to open the port', parsed(readSeconds), 600)
    .option('--replug <line>', 'pull the plug before this line of the file; may be given again', each, [])
    .option('--any-paper', 'printers: compare what is asked, not what is printed')
    .option('--masked-anyway', 'play a masked capture with what is left of it')
    .addHelpText(
      'after',
      '\nEnds with 0: the host said the same; 1: it did not, or was not there.\nMore: docs/captures.md',
    )
    .action(async (file: string, options: ReplayCommand) => {
      if (options.timed && options.loose) throw new RangeError('name one: --timed or --loose');
      const mode: ReplayMode = options.timed ? 'timed' : options.loose ? 'loose' : 'follow';
      const { speed, patience, wait, replug, maskedAnyway = false, anyPaper = false } = options;
      const capture = await readCapture(file);
      const place = await openPlace(options);
      const replay = await startReplay({
        capture,
        port: place.port,
        ...(place.usb && { usb: place.usb }),
        mode,
        speed,
        patienceMs: patience * 1000,
        waitMs: wait * 1000,
        replug,
        maskedAnyway,
        anyPaper,
      });
      const parts = {
        async close() {
          await replay.close();
          await place.close();
        },
      };
      endWith(parts);
      say(`replay ready ${replay.port}${place.where && ` (${place.where})`}`);
      const telling = setInterval(() => {
        const { played, of, t } = replay.progress();
        say(`replay ${played} of ${of} lines, ${(t / 1000).toFixed(1)} s`);
      }, progressMs);
      const report = await replay.done;
      clearInterval(telling);
      for (const line of reportLines(report)) say(line);
      await parts.close();
      // Behind what was said: a pipe may still hold it.
      process.stdout.write('', () => process.exit(report.end === 'played' ? 0 : 1));
    });
}

/** The one port that was named. */
function openPlace({ uhid, ...line }: PortOptions): Promise<Opened<Place>> {
  if (!uhid) return openLine(line);
  if (line.tcp !== undefined || line.pty !== undefined)
    throw new RangeError('name one port: --tcp PORT, --pty LINKPATH, --uhid or --usbip PORT');
  return openHid({ uhid, ...line });
}

function readSpeed(text: string): number {
  if (text === 'max') return Infinity;
  const speed = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || speed < 0.01 || speed > 1000)
    throw new RangeError('0.01 to 1000, or max');
  return speed;
}

function readSeconds(text: string): number {
  if (!/^\d{1,5}(\.\d+)?$/.test(text)) throw new RangeError('0 to 99999 s');
  return Number(text);
}

function each(text: string, before: number[]): number[] {
  return [...before, parsed(readLine)(text)];
}
function readLine(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text) || text === '1')
    throw new RangeError('number of a line of the file, from 2 on');
  return Number(text);
}
