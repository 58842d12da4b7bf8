import { afterEach, describe, expect, it } from 'vitest';
import type { SignFault } from '../../firmware-sim/faults/faults.ts';
import { startSignLine } from '../../firmware-sim/sign/sign-line.ts';
import { createStripReceiver, replyFrame } from '../../firmware-sim/sign/strip-frame.ts';
import { StripSign } from '../../firmware-sim/sign/strip-sign.ts';
import { adviceFor } from '../../kiosk-agent/device/advice.ts';
import { systemClock } from '../../kiosk-agent/device/clock.ts';
import type { DeviceStatus, SignText } from '../../kiosk-agent/device/driver/interfaces.ts';
import { signState, type SignUnit } from '../../kiosk-agent/device/driver/sign.ts';
import { SignLine } from '../../kiosk-agent/device/driver/sign-line.ts';
import { modelOf, type SignModel } from '../../kiosk-agent/device/models.ts';
import type { Transport } from '../../kiosk-agent/device/transport/transport.ts';
import { ManualClock, until } from './manual-clock.ts';
import { atEnd, closeAll, freePort, openFor } from './on-port.ts';

afterEach(closeAll);

const modelNamed = (id: 'strip' | 'xunpeng') => modelOf(id) as SignModel;
const call = (text: string, flashS = 0): SignText => ({ priority: 'call', text, flashS });
const notice = (text: string, flashS = 0): SignText => ({ priority: 'notice', text, flashS });

async function hall(kind: 'tcp' | 'pty', protocol: 'strip' | 'xunpeng' = 'strip') {
  const device = await startSignLine({ port: freePort(kind), protocol, addresses: [1, 2] });
  atEnd(() => device.close());
  const line = new SignLine({
    id: 'signs',
    model: modelNamed(protocol),
    units: [
      { id: 'signs.1', address: 1 },
      { id: 'signs.2', address: 2 },
    ],
    clock: systemClock,
    random: Math.random,
  });
  openFor(line, device.port, protocol);
  const [first, second] = line.units as [SignUnit, SignUnit];
  const reaches = (unit: SignUnit, state: string) =>
    until(() => unit.status.state === state, `${unit.id} ${state}, is ${unit.status.state}`, 15_000);
  const stands = (address: number, text: string | null) =>
    until(
      () => device.state(address).text === text,
      `"${text}" on sign ${address}, is "${device.state(address).text}"`,
      15_000,
    );
  await reaches(first, 'ready');
  await reaches(second, 'ready');
  return { device, line, first, second, reaches, stands };
}

describe.each(['tcp', 'pty'] as const)('a line of signs on %s', (kind) => {
  it('shows a call, flashing and then still, and is dark when it is taken away', async () => {
    const { device, first, stands } = await hall(kind);
    first.show('call', call('请A001号到3号窗口', 1));
    await stands(1, '请A001号到3号窗口');
    await until(() => device.state(1).flashing, 'the flashing');
    expect(device.state(1).running, 'wider than the strip').toBe(true);
    await until(() => !device.state(1).flashing, 'the end of the flashing');
    expect(device.state(1).text).toBe('请A001号到3号窗口');
    first.show('call', null);
    await stands(1, null);
    expect(device.state(2).history).toEqual([]);
  });

  it('keeps a notice back while a call stands, and shows it afterwards', async () => {
    const { device, first, stands } = await hall(kind);
    first.show('notice', notice('暂停服务'));
    await stands(1, '暂停服务');
    first.show('call', call('A001'));
    await stands(1, 'A001');
    first.show('notice', notice('欢迎光临'));
    const asked = device.line().requests;
    await until(() => device.line().requests > asked + 1, 'the next looks');
    expect(device.state(1).text).toBe('A001');
    first.show('call', null);
    await stands(1, '欢迎光临');
    expect(device.state(1).history).toEqual(['暂停服务', 'A001', '欢迎光临']);
  });

  it('shows the newest text after a reconnect, and not what was called meanwhile', async () => {
    const { device, first, second, stands, reaches } = await hall(kind);
    first.show('call', call('A001'));
    await stands(1, 'A001');
    await device.unplug();
    await until(() => first.status.state !== 'ready', 'the unplug');
    for (const text of ['A002', 'A003', 'A004']) first.show('call', call(text));
    second.show('notice', notice('B'));
    await device.plug();
    await stands(1, 'A004');
    await stands(2, 'B');
    await reaches(first, 'ready');
    expect(device.state(1).history).toEqual(['A001', 'A004']);
  });

  it('shows again what a sign has lost with its power', async () => {
    const { device, first, second, stands } = await hall(kind);
    first.show('call', call('A001'));
    second.show('notice', notice('B001'));
    await stands(1, 'A001');
    await stands(2, 'B001');
    device.powerCycle(1);
    expect(device.state(1).text).toBeNull();
    await stands(1, 'A001');
    expect(first.status.counters.restored).toBe(1);
    expect(device.state(2).history).toEqual(['B001']);
  });

  it('asks one sign at a time and leaves the line its pauses', async () => {
    const { device, first, second, stands } = await hall(kind);
    for (let number = 1; number <= 20; number++) {
      first.show('call', call(`A${number}`, 1));
      second.show('call', call(`B${number}`, 1));
      await until(() => device.state(1).text === `A${number}`, `A${number}`);
    }
    await stands(2, 'B20');
    expect(device.line()).toMatchObject({
      tooSoon: 0,
      collisions: 0,
      dropped: { stray: 0, crc: 0, form: 0, unfinished: 0 },
    });
  });
});

/** What a sign says of itself in the middle of a trouble; null: the trouble stops nothing. */
const TROUBLES: [SignFault, { rate?: number }, RegExp | null][] = [
  ['silent', {}, /^lost/],
  ['power-off', {}, /^lost/],
  ['lost-frames', { rate: 1 }, /^lost/],
  ['lost-frames', { rate: 0.3 }, null],
  ['corrupted', { rate: 0.3 }, null],
  ['noise', {}, null],
  ['split-frames', {}, null],
  ['adapter-echo', {}, null],
  ['turn-bytes', {}, null],
  ['busy', {}, /^ready .*busy/],
  ['panel', {}, /^faulted sign-panel/],
  ['too-hot', {}, /^ready .*too-hot/],
  ['wrong-baud', {}, /^wrong-settings/],
  ['unplugged', {}, /^(lost|refused|missing)/],
];
const BEFORE: Record<string, (unit: SignUnit) => void> = {
  dark: () => {},
  'a notice': (unit) => unit.show('notice', notice('暂停服务')),
  'a call': (unit) => unit.show('call', call('A001')),
  'a flashing call': (unit) => unit.show('call', call('A001', 30)),
};
const ON_THE_LINE: SignFault[] = ['wrong-baud', 'unplugged', 'adapter-echo', 'turn-bytes'];

async function trouble(
  fault: SignFault,
  options: { rate?: number },
  expected: RegExp | null,
  before: string,
) {
  const { device, first, second, stands, reaches } = await hall('tcp');
  BEFORE[before]!(first);
  await until(() => device.state(1).text !== null || before === 'dark', `${before} to stand there`);
  const onLine = ON_THE_LINE.includes(fault);
  await device.setFault(fault, true, { ...options, ...(!onLine && { address: 1 }) });
  first.show('call', call('B002', 2));
  const described = () => {
    const { state, fault: code = '', notes } = first.status;
    return `${state} ${code} ${notes.join(' ')}`;
  };
  if (expected) {
    await until(() => expected.test(described()), `${expected} with ${before}, is ${described()}`, 10_000);
  } else await stands(1, 'B002');
  if (!onLine) {
    second.show('call', call('C003'));
    await stands(2, 'C003');
    expect(second.status.state).toBe('ready');
  }
  await device.setFault(fault, false);
  await stands(1, 'B002');
  await reaches(first, 'ready');
  await until(() => first.status.notes.length === 0, 'no note to be left');
  const { history } = device.state(1);
  expect(history.at(-1)).toBe('B002');
  expect(history.filter((text) => text !== 'B002').length, `${before} comes once`).toBeLessThan(2);
}

it.each(TROUBLES)(
  'with trouble %s %o, whatever stood on the sign, the next call is shown once it can be',
  { timeout: 40_000 },
  async (fault, options, expected) => {
    await Promise.all(Object.keys(BEFORE).map((before) => trouble(fault, options, expected, before)));
  },
);

describe('Xunpeng displays', () => {
  it('show the number of a call, one address without the other, and again after a power cut', async () => {
    const { device, first, second, stands } = await hall('tcp', 'xunpeng');
    first.show('call', call('请A012号到3号窗口', 5));
    await stands(1, '12');
    await stands(2, '0');
    second.show('call', call('请B088号到4号窗口'));
    await stands(2, '88');
    device.powerCycle(1);
    await stands(1, '12');
    first.show('call', null);
    await stands(1, '0');
    expect(device.line()).toMatchObject({ tooSoon: 0, collisions: 0 });
  });

  it.each(['silent', 'lost-frames', 'wrong-baud', 'unplugged'] as const)('recover from %s', async (fault) => {
    const { device, first, stands, reaches } = await hall('tcp', 'xunpeng');
    await device.setFault(fault, true, { rate: 1 });
    first.show('call', call('A7'));
    await until(() => first.status.state !== 'ready', 'the trouble', 10_000);
    await device.setFault(fault, false);
    await stands(1, '7');
    await reaches(first, 'ready');
  });

  it.each(['adapter-echo', 'noise', 'split-frames', 'turn-bytes'] as const)(
    'are not confused by %s',
    async (fault) => {
      const { device, first, stands } = await hall('tcp', 'xunpeng');
      await device.setFault(fault, true);
      for (const number of [5, 58, 588]) {
        first.show('call', call(`A${number}`));
        await stands(1, String(number));
      }
      expect(first.status.state).toBe('ready');
    },
  );
});

// ── under the test's own clock ──

/** A simulated sign that answers after 3 ms of the test's clock; `mute` loses its replies. */
function bench(addresses: (number | null)[] = [1]) {
  const clock = new ManualClock();
  const signs = addresses.map((address) => new StripSign(address ?? 1, 16));
  const receiver = createStripReceiver();
  const sent: { atMs: number; hex: string; command: number; address: number; data: Uint8Array }[] = [];
  const replies: { atMs: number }[] = [];
  const bend = { mute: false, reply: (bytes: Uint8Array): Uint8Array[] => [bytes] };
  const port: Transport = {
    onData: null,
    onClosed: null,
    close: async () => {},
    async write(bytes) {
      for (const request of receiver.receive(bytes)) {
        sent.push({ atMs: clock.monotonicMs(), hex: Buffer.from(bytes).toString('hex'), ...request });
        for (const sign of signs) {
          const reply = sign.take(request, clock.monotonicMs());
          if (!reply || bend.mute) continue;
          for (const piece of bend.reply(reply)) {
            clock.after(3, () => {
              replies.push({ atMs: clock.monotonicMs() });
              port.onData?.(piece);
            });
          }
        }
      }
      return { ok: true };
    },
  };
  const frames: string[] = [];
  const line = new SignLine({
    id: 'signs',
    model: modelNamed('strip'),
    units: addresses.map((address, index) => ({ id: `signs.${index + 1}`, address })),
    clock,
    random: () => 0.5,
    onFrame: (direction) => frames.push(direction),
  });
  atEnd(() => line.close());
  // What a call of the test has set going gets its turn before time moves.
  const pass = async (ms: number) => {
    await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(ms);
  };
  const texts = () => sent.filter(({ command }) => command === 1);
  const flashes = () => sent.filter(({ command }) => command === 4).map(({ data }) => data[1]);
  return {
    clock,
    pass,
    signs,
    sent,
    replies,
    bend,
    port,
    line,
    unit: line.units[0]!,
    texts,
    flashes,
    frames,
  };
}

describe('one question at a time', () => {
  it('is asked three times with the same words, 200 ms apart and the time on the line, then less and less often', async () => {
    const { pass, sent, bend, port, line, unit } = bench();
    bend.mute = true;
    line.attach(port);
    await pass(650);
    // A clear is 9 bytes: 10 ms at 9600 baud.
    expect(sent.map(({ atMs }) => atMs)).toEqual([0, 210, 420]);
    expect(new Set(sent.map(({ hex }) => hex)).size).toBe(1);
    expect(unit.status).toMatchObject({
      state: 'silent',
      detail: 'no question was answered since the port was opened',
      counters: { missed: 1 },
    });
    await pass(60_000);
    const gaps = sent.slice(3).map(({ atMs }, at) => atMs - sent[at + 2]!.atMs);
    expect(gaps.slice(0, 4)).toEqual([460, 710, 1_210, 2_210]);
    expect(Math.max(...gaps)).toBe(10_210);
    bend.mute = false;
    await pass(11_000);
    expect(unit.status.state).toBe('ready');
    expect(
      new Set(sent.slice(3).map(({ hex }) => hex)).size,
      'each is a question of its own',
    ).toBeGreaterThan(3);
  });

  it('leaves at least 5 ms after each reply, and looks every 2 s when nothing changes', async () => {
    const { pass, sent, replies, port, line, unit } = bench([1, 2]);
    line.attach(port);
    unit.show('call', call('A001', 5));
    await pass(10_000);
    for (const { atMs } of sent) {
      for (const reply of replies) expect(atMs - reply.atMs >= 5 || atMs < reply.atMs).toBe(true);
    }
    const looks = sent.filter(({ command, address }) => command === 5 && address === 1);
    expect(looks.length).toBeGreaterThanOrEqual(4);
    expect(looks.length).toBeLessThanOrEqual(5);
  });

  it('takes no late or foreign reply for the answer', async () => {
    const { pass, bend, port, line, unit, sent } = bench();
    let kept: Uint8Array[] = [];
    bend.reply = (bytes) => {
      const late = kept;
      kept = [bytes];
      return late;
    };
    line.attach(port);
    unit.show('call', call('A001'));
    await pass(5_000);
    // The reply to the question before is there first each time: only the second try of a question is answered.
    const looks = sent.filter(({ command }) => command === 5);
    const tries = (hex: string) => looks.filter((look) => look.hex === hex).length;
    expect(looks.length).toBeGreaterThanOrEqual(4);
    expect(looks.slice(0, 4).map(({ hex }) => tries(hex))).toEqual([2, 2, 2, 2]);
    expect(unit.status.state).toBe('ready');
    bend.reply = (bytes) => {
      const [, , seq = 0, command = 0] = bytes;
      return [replyFrame(9, seq, command, bytes.subarray(6, -2))];
    };
    await pass(5_000);
    expect(unit.status.state).toBe('lost');
  });

  it('takes its own echo for no sign of life: garbage behind it means wrong settings', async () => {
    const { pass, port, line, unit } = bench();
    line.attach(port);
    await pass(100);
    const write = port.write.bind(port);
    port.write = (bytes) => {
      port.onData?.(bytes);
      port.onData?.(Uint8Array.of(0x12, 0x34, 0x56));
      return Promise.resolve({ ok: true });
    };
    await pass(4_000);
    expect(unit.status.state).toBe('wrong-settings');
    port.write = write;
    await pass(5_000);
    expect(unit.status.state).toBe('ready');
  });

  it('serves a call before looks and before signs that are away', async () => {
    const { pass, sent, port, line } = bench([1, 2, 3]);
    line.attach(port);
    await pass(500);
    await pass(1_490);
    sent.length = 0;
    line.units[1]!.show('notice', notice('B'));
    line.units[2]!.show('call', call('C'));
    await pass(60);
    expect(sent.slice(0, 2).map(({ address, command }) => [address, command])).toEqual([
      [3, 1],
      [2, 1],
    ]);
  });
});

describe('what a sign shows', () => {
  it('a notice behind a call sends nothing at all', async () => {
    const { pass, port, line, unit, texts, flashes } = bench();
    line.attach(port);
    unit.show('call', call('A001', 30));
    await pass(500);
    unit.show('notice', notice('X', 9));
    await pass(1_000);
    expect(texts()).toHaveLength(1);
    expect(flashes()).toEqual([30]);
  });

  it('the same call again, while its flash is being asked for, flashes as the newest says', async () => {
    const { pass, port, line, unit, flashes, texts } = bench();
    line.attach(port);
    unit.show('call', call('A001', 3));
    while (flashes().length === 0) await pass(1);
    unit.show('call', call('A001', 20));
    await pass(500);
    expect(flashes()).toEqual([3, 20]);
    expect(texts()).toHaveLength(1);
  });

  it('the same call again flashes again, without writing the text anew', async () => {
    const { clock, pass, port, line, unit, texts, flashes, signs } = bench();
    line.attach(port);
    unit.show('call', call('A001', 3));
    await pass(10_000);
    expect(signs[0]!.state(clock.monotonicMs()).flashing).toBe(false);
    unit.show('call', call('A001', 3));
    await pass(500);
    expect(signs[0]!.state(clock.monotonicMs()).flashing).toBe(true);
    expect(texts()).toHaveLength(1);
    expect(flashes()).toEqual([3, 3]);
    unit.show('call', call('A001', 0));
    await pass(500);
    expect(signs[0]!.state(clock.monotonicMs()).flashing).toBe(false);
    expect(flashes()).toEqual([3, 3, 0]);
  });

  it('flashes only as long as is left of it after a trouble', async () => {
    const { pass, port, line, unit, flashes, bend } = bench();
    bend.mute = true;
    line.attach(port);
    unit.show('call', call('A001', 20));
    await pass(12_000);
    bend.mute = false;
    await pass(7_000);
    expect(flashes()[0]).toBeLessThan(9);
    unit.show('call', call('A002', 1));
    bend.mute = true;
    await pass(5_000);
    bend.mute = false;
    const before = flashes().length;
    await pass(15_000);
    expect(flashes().slice(before), 'a flash that should be over').toEqual([]);
  });

  it('a power cut in the middle of a flash gives text and the rest of the flash back', async () => {
    const { clock, pass, port, line, unit, signs, flashes } = bench();
    line.attach(port);
    unit.show('call', call('A001', 30));
    await pass(5_000);
    signs[0]!.setPower(false);
    signs[0]!.setPower(true);
    await pass(3_000);
    expect(signs[0]!.state(clock.monotonicMs())).toMatchObject({ text: 'A001', flashing: true });
    expect(flashes()).toHaveLength(2);
    expect(flashes()[1]).toBeLessThan(27);
    expect(unit.status.counters.restored).toBe(1);
  });

  it('what somebody else has written on it is replaced', async () => {
    const { clock, pass, port, line, unit, signs } = bench();
    line.attach(port);
    unit.show('call', call('A001'));
    await pass(1_000);
    const data = Uint8Array.from([1, 0, 1, 0, ...Buffer.from('HELLO')]);
    signs[0]!.take({ address: 1, seq: 0, command: 1, data }, clock.monotonicMs());
    await pass(3_000);
    expect(signs[0]!.state(clock.monotonicMs()).text).toBe('A001');
  });

  it('a text that it refuses makes it dark, is a fault with advice, and the next one is shown', async () => {
    const { clock, pass, port, line, unit, signs, sent } = bench();
    line.attach(port);
    unit.show('call', call('A001'));
    await pass(500);
    const sign = signs[0]!;
    const take = sign.take.bind(sign);
    const refuse = (request: Parameters<typeof take>[0], now: number) =>
      take(request.command === 1 ? { ...request, data: Uint8Array.of(9) } : request, now);
    sign.take = refuse;
    unit.show('call', call('A002'));
    await pass(3_000);
    expect(sign.state(clock.monotonicMs()).text, 'an old number would mislead').toBeNull();
    expect(unit.status).toMatchObject({ state: 'faulted', fault: 'sign-refused', counters: { refused: 1 } });
    expect(adviceFor('faulted', 'sign-refused')?.en).toMatch(/refuses this text/);
    expect(adviceFor('faulted', 'sign-panel')?.en).toMatch(/panel/);
    expect(sent.filter(({ command }) => command === 1)).toHaveLength(2);
    sign.take = take;
    unit.show('call', call('A003'));
    await pass(500);
    expect(sign.state(clock.monotonicMs()).text).toBe('A003');
    expect(unit.status.state).toBe('ready');
  });

  it('takes any text without throwing', async () => {
    const { clock, pass, port, line, unit, signs } = bench();
    line.attach(port);
    for (const text of ['', '\ud800', '𠀀😀', '\0\r\n', '号'.repeat(10_000), '~?']) {
      unit.show('call', call(text, Number.NaN));
      await pass(1_000);
      expect(unit.status).toMatchObject({ state: 'ready' });
    }
    unit.show('call', call('A', 1e9));
    unit.show('call', call('A', -1));
    await pass(1_000);
    expect(signs[0]!.state(clock.monotonicMs()).text).toBe('A');
    expect(signs[0]!.state(clock.monotonicMs()).refused).toBe(0);
  });

  it('a sign without an address is asked as 1', async () => {
    const { pass, port, line, unit, signs } = bench([null]);
    line.attach(port);
    unit.show('notice', notice('暂停'));
    await pass(200);
    expect(signs[0]!.state(0).text).toBe('暂停');
  });
});

describe('the end of a port', () => {
  const moments = { 'while idle': 1_500, 'while it waits for an answer': 1, 'in the pause after it': 4 };
  it.each(Object.entries(moments))('%s leaves no timer and no handler behind', async (_name, afterMs) => {
    for (const end of ['detached', 'closed'] as const) {
      const { clock, pass, port, line, unit, sent } = bench([1, 2]);
      const states: DeviceStatus['state'][] = [];
      unit.on('status', (_from, to) => states.push(to.state));
      line.attach(port);
      unit.show('call', call('A001', 5));
      await pass(afterMs);
      if (end === 'detached') line.detached({ kind: 'unplugged', detail: 'gone' });
      else await line.close();
      await line.close();
      await pass(5);
      const count = sent.length;
      expect(port.onData).toBeNull();
      await pass(60_000);
      expect(sent).toHaveLength(count);
      expect(clock.pending).toBe(0);
      if (end === 'detached') expect(states.at(-1)).toBe('lost');
    }
  });

  it('may come again and again, as a port that is busy does', async () => {
    const { pass, port, line, unit, signs } = bench();
    unit.show('call', call('A001'));
    for (const kind of ['missing', 'busy', 'denied', 'busy'] as const) {
      line.detached({ kind, detail: 'not now' });
      expect(unit.status).toMatchObject({ state: kind, detail: 'not now' });
    }
    line.attach(port);
    await pass(100);
    expect(signs[0]!.state(0).text).toBe('A001');
    line.attach(port);
    await pass(100);
    expect(signs[0]!.state(0)).toMatchObject({ text: 'A001' });
    expect(unit.status.state).toBe('ready');
  });

  it('shows the wire to technicians', async () => {
    const { pass, port, line, frames } = bench();
    line.attach(port);
    await pass(100);
    expect(frames).toEqual(['sent', 'received']);
  });
});

it.each([
  [{ port: null }, 'opening'],
  [{ port: { kind: 'busy', detail: '' } }, 'busy'],
  [{ offline: true, unreadable: true, heard: true }, 'wrong-settings'],
  [{ offline: true, heard: true }, 'lost'],
  [{ offline: true, heard: false }, 'silent'],
  [{ heard: false }, 'opening'],
  [{ fault: 'sign-panel' }, 'faulted'],
  [{ unreadable: true }, 'ready'],
] as const)('ranks %j as %s', (facts, state) => {
  const fine = {
    port: 'open',
    unreadable: false,
    offline: false,
    heard: true,
    fault: null,
    notes: [],
  } as const;
  expect(signState({ ...fine, ...facts }).state).toBe(state);
});
