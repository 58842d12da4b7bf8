/** `npx hall-sim …` as a stranger uses it: a command, its ready line, a byte of its protocol on TCP, words typed at it, its end. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parse, parseDocument } from 'yaml';
import { parseConfig } from '../../kiosk-agent/config.ts';
import { deviceFaults } from '../../kiosk-agent/device/manager.ts';
import { ROOT, startProgram, temporaryFolder, until, type Program } from '../harness/programs.ts';

const cli = 'firmware-sim/cli.ts';
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function start(kind: string, args: string[]): Promise<Program> {
  const program = await startProgram(cli, args, new RegExp(`^${kind} ready (\\S+)`, 'm'));
  ends.push(() => program.kill());
  return program;
}

/** A host on the device's TCP port; `heard` is what the device has sent, in hex. */
async function host(program: Program) {
  const port = /^tcp:127\.0\.0\.1:(\d+)$/.exec(program.url)?.[1];
  const socket = connect(Number(port), '127.0.0.1');
  ends.push(() => socket.destroy());
  let bytes = Buffer.alloc(0);
  socket.on('data', (more) => (bytes = Buffer.concat([bytes, more])));
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return {
    send: (hex: string) => socket.write(Buffer.from(hex, 'hex')),
    heard: () => bytes.toString('hex').toUpperCase(),
  };
}

/** Frames by hand from docs/protocols. `type`: on standard input; `send`: from the host; `answer`: what the host then hears. */
const devices: {
  args: string[];
  kind: string;
  type?: string;
  send?: string;
  answer: string;
  says?: string;
}[] = [
  // $WHO,1 → HI,1,HALL-EV5
  {
    kind: 'evaluator',
    args: ['evaluator-line'],
    send: '2457484F2C312A414641410D0A',
    answer: '2448492C312C48414C4C2D455635',
  },
  {
    kind: 'ff68',
    args: ['ff68', '--addresses', '1=pad,2=evaluator'],
    type: '1:next',
    answer: 'FF6803036801010C0E16',
  },
  {
    kind: 'ff68',
    args: ['ff68', '--addresses', '1=pad,2=evaluator'],
    type: '2:1',
    answer: 'FF680303680211001316',
  },
  {
    kind: 'ff68',
    args: ['ff68', '--addresses', '1=pad'],
    send: 'FF6808086801020A0A0A0002032616',
    type: '1:6+confirm',
    answer: 'FF680404680101060F1716',
    says: 'pad 1: waiting "   ", ticket "023"',
  },
  { kind: 'ub485', args: ['ub485', '--addresses', '1,2'], type: '2:call', answer: '01023107' },
  { kind: 'ascii-evaluator', args: ['ascii-evaluator'], type: '2', answer: '32' },
  { kind: 'printer', args: ['printer'], send: '100404', answer: '12' },
  // The second printer knows no process ids: only GS r 1 behind one is answered.
  {
    kind: 'printer',
    args: ['printer', '--kind', 'basic', '--width', '58'],
    send: '1D284806003030303030311D7201',
    answer: '00',
  },
  // sense: no card on the plate, SW3 80; then the card of somebody who does not exist
  { kind: 'id-reader', args: ['id-reader'], send: 'AAAAAA96690003200122', answer: 'AAAAAA9669000400008084' },
  {
    kind: 'id-reader',
    args: ['id-reader'],
    type: 'card citizen-common',
    send: 'AAAAAA96690003200122',
    answer: 'AAAAAA9669000800009F',
  },
  { kind: 'scanner', args: ['scanner'], type: 'A001', answer: '413030310D' },
  {
    kind: 'scanner',
    args: ['scanner', '--suffix', 'crlf', '--aim'],
    type: '号 1',
    answer: '5D5131E58FB720310D0A',
  },
  {
    kind: 'sign',
    args: ['sign', '--addresses', '1,2'],
    send: '7E011001080001000100413030314479',
    answer: '7E0110',
    says: 'sign 1: "A001"',
  },
  // 888 in green, the published example
  {
    kind: 'sign',
    args: ['sign', '--protocol', 'xunpeng'],
    send: '3A00780301B60A',
    answer: '2A00780301A60A',
    says: 'sign 1: "888"',
  },
];

describe('hall-sim', () => {
  it.each(devices)('$args starts, speaks, and ends', { timeout: 30_000 }, async (device) => {
    const program = await start(device.kind, [...device.args, '--tcp', '0']);
    const line = await host(program);
    const said = program.said;
    // What is typed and what the host sends arrive in any order, and before the device has seen its host a code is lost:
    // both again until it answers.
    await until(`${device.answer} from hall-sim ${device.args.join(' ')}`, async () => {
      if (device.type !== undefined) program.write(device.type);
      if (device.send !== undefined) line.send(device.send);
      const answered = () => line.heard().startsWith(device.answer);
      return until('an answer', answered, 700).catch(() => false);
    });
    // What went over the wire stands on the screen.
    await until('the wire on the screen', () => said().includes('»'));
    if (device.says !== undefined) await until(device.says, () => said().includes(device.says ?? ''));
    expect(await program.end()).toBe(0);
  });

  it(
    'says in words what a pad shows, and the key is taken when the host echoes it',
    { timeout: 30_000 },
    async () => {
      const program = await start('ff68', ['ff68', '--tcp', '0', '--addresses', '1=pad,2=evaluator']);
      const line = await host(program);
      program.write('1:recall');
      await until('the key', () => line.heard().includes('FF6803036801010D0F16'));
      line.send('FF6803036801010D0F16');
      // beep
      line.send('FF6802026801030416');
      await until('the beep in words', () =>
        program.said().includes('pad 1: waiting "   ", ticket "   ", 1 beeps'),
      );
      // starts an evaluation
      line.send('FF6803036802010B0E16');
      await until('the light in words', () => program.said().includes('evaluator 2: lit, 0 keys taken'));
    },
  );

  it(
    'pulls the plug and switches faults by words, and answers a wrong word',
    { timeout: 30_000 },
    async () => {
      const program = await start('scanner', ['scanner', '--tcp', '0']);
      program.write('!fault on-fire');
      await until('a refusal', () =>
        program.said().includes('scanner has no fault "on-fire"; it has: unplugged, silent'),
      );
      program.write('!unplug');
      await until('the port to be shut', () =>
        host(program).then(
          () => false,
          () => true,
        ),
      );
      program.write('!plug');
      const line = await until('the port to be open', () => host(program).catch(() => null));
      await until('a code', async () => {
        program.write('D042');
        return until('an answer', () => line.heard().includes('443034320D'), 700).catch(() => false);
      });
      program.write('!jump');
      await until('a refusal', () => program.said().includes('"!jump" is no word; there are !unplug'));
    },
  );

  it.runIf(process.platform !== 'win32')(
    'makes a serial line and takes its link away',
    { timeout: 30_000 },
    async () => {
      const folder = temporaryFolder('cli');
      ends.push(() => folder[Symbol.dispose]());
      const link = join(folder.path, 'reader');
      const program = await start('id-reader', ['id-reader', '--pty', link]);
      expect(program.url).toBe(`serial:${link}`);
      expect(existsSync(link)).toBe(true);
      expect(await program.end()).toBe(0);
      expect(existsSync(link)).toBe(false);
    },
  );

  it('says what is wrong with an option: exit 2', () => {
    for (const [args, why] of [
      [['scanner'], 'name one port: --tcp PORT, --pty LINKPATH or --usbip PORT'],
      [['scanner', '--hid', '--tcp', '0'], 'name one port: --uhid or --usbip PORT'],
      [['printer', '--tcp', '0', '--chip', 'ftdi'], '--chip needs --usbip PORT'],
      [['printer', '--usbip', '0', '--chip', 'ch9'], 'it is cdc-acm, ch340'],
      [['keypad'], 'name one port: --uhid or --usbip PORT'],
      [['scanner', '--tcp', '0', '--pty', '/tmp/x'], 'name one port'],
      [['ff68', '--tcp', '0'], "required option '--addresses <list>'"],
      [
        ['ff68', '--tcp', '0', '--addresses', '1=bell'],
        '"1=bell": expected ADDRESS:pad or ADDRESS:evaluator',
      ],
      [['sign', '--tcp', '0', '--addresses', '0'], 'address "0": from 1 to 247'],
      [['sign', '--tcp', '0', '--addresses', '1,1'], 'address 1 is given twice'],
      [['printer', '--tcp', '0', '--kind', 'laser'], '--kind laser: it is full, basic'],
      [['panel', '--port', '0', '--state', 'x', '--pads', 'p=tcp:0,addresses=1:door'], '"1:door"'],
      [
        ['panel', '--port', '0', '--state', 'x', '--printer', 'p=tcp:0,answers=perhaps'],
        'answers perhaps: it is yes or no',
      ],
    ] as const) {
      const { status, stderr } = spawnSync(process.execPath, [join(ROOT, cli), ...args], {
        encoding: 'utf8',
      });
      expect({ args, status }).toEqual({ args, status: 2 });
      expect(stderr).toContain(why);
    }
  }, 60_000);

  it('without a kernel that takes USB devices says so: exit 4', async () => {
    for (const args of [
      ['evaluator-hid', '--uhid'],
      ['scanner', '--uhid'],
    ]) {
      const kind = args[0] === 'scanner' ? 'scanner' : 'evaluator';
      if (existsSync('/dev/uhid') && process.getuid?.() === 0) {
        expect((await start(kind, args)).url).toMatch(/^hid:1209:000[12]:SIM0001$/);
        continue;
      }
      const { status, stderr } = spawnSync(process.execPath, [join(ROOT, cli), ...args], {
        encoding: 'utf8',
      });
      expect({ args, status }).toEqual({ args, status: 4 });
      expect(stderr).toContain('uhid: ');
    }
  }, 30_000);

  it('every command is in the pages of the simulator', () => {
    const { stdout } = spawnSync(process.execPath, [join(ROOT, cli), '--help'], { encoding: 'utf8' });
    const commands = [...stdout.matchAll(/^ {2}([a-z0-9-]+) \[options\]/gm)].map((match) => match[1] ?? '');
    expect(commands.length).toBe(15);
    const pages = ['simulator.md', 'usb.md', 'scenarios.md', 'captures.md', 'platform.md']
      .map((page) => readFileSync(join(ROOT, 'docs', page), 'utf8'))
      .join('\n');
    for (const command of commands) expect(pages).toContain(`hall-sim ${command} `);
  });

  it('the lines of configuration in docs/simulator.md are good', () => {
    const page = readFileSync(join(ROOT, 'docs', 'simulator.md'), 'utf8');
    const lines = [...page.matchAll(/`(\{id: [^`]+)`/g)].map((match) => `  - ${match[1]}`);
    expect(lines.length).toBe(12);
    const hall = parseDocument(readFileSync(join(ROOT, 'halls', 'weihai.yaml'), 'utf8'));
    hall.set('devices', parse(lines.join('\n')));
    expect(parseConfig(hall.toString(), deviceFaults, '/state', join(ROOT, 'halls'))).toMatchObject({
      ok: true,
    });
  });
});
