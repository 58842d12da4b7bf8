import { afterEach, describe, expect, it } from 'vitest';
import { PortSession, type AttachedDriver } from '../../kiosk-agent/device/session.ts';
import { serialTransport } from '../../kiosk-agent/device/transport/serial.ts';
import type {
  OpenResult,
  OpenTransport,
  PortTrouble,
  Transport,
} from '../../kiosk-agent/device/transport/transport.ts';
import { DeviceEnd, unplugAll } from './device-end.ts';
import { ManualClock, until } from './manual-clock.ts';

const LINE = { baud: 9600, data: 8, parity: 'none', stop: 1, rtscts: false } as const;
const sessions: PortSession[] = [];
afterEach(async () => {
  await Promise.all(sessions.splice(0).map((session) => session.close()));
  unplugAll();
});

class Recorder implements AttachedDriver {
  readonly told: (string | null)[] = [];
  transport: Transport | null = null;
  attach(transport: Transport): void {
    this.transport = transport;
    this.told.push('attached');
  }
  detached(trouble: PortTrouble | null): void {
    this.transport = null;
    this.told.push(trouble && trouble.kind);
  }
}

function session(open: OpenTransport) {
  const clock = new ManualClock();
  const driver = new Recorder();
  const said: string[] = [];
  const say = (facts: Record<string, unknown>, sentence: string) =>
    said.push(
      [sentence, facts.trouble, facts.repeated ?? facts.repeatedBefore]
        .filter((part) => part !== undefined)
        .join(' '),
    );
  const made = new PortSession({
    device: 'd',
    open,
    driver,
    clock,
    random: () => 0.5,
    log: { info: say, warn: say },
  });
  sessions.push(made);
  return { session: made, clock, driver, said };
}

const fails = (kind: PortTrouble['kind'], detail = 'text'): OpenResult => ({
  ok: false,
  trouble: { kind, detail },
});

describe('a session', () => {
  it('opens a real port, notices when it is pulled out, and opens it again when it is back', async () => {
    const device = new DeviceEnd();
    const { session: kept, clock, driver, said } = session(serialTransport(device.path, LINE));
    await until(() => kept.state === 'open', 'the port to open');
    const transport = driver.transport;
    transport!.onData = () => {};
    device.write('x');
    void transport!.write(Buffer.from('y'));
    await until(() => device.received === 'y', 'a byte');
    device.unplug();
    await until(() => kept.state === 'waiting', 'the unplug');
    for (let times = 1; times <= 5; times++) {
      await clock.advance(clock.nextMs ?? 0);
      await until(() => driver.told.length === 2 + times && kept.state === 'waiting', `attempt ${times}`);
    }
    device.plug();
    await clock.advance(clock.nextMs ?? 0);
    await until(() => kept.state === 'open', 'the port to open again');
    expect(driver.transport).not.toBe(transport);
    expect(driver.told).toEqual(['attached', 'unplugged', ...Array<string>(5).fill('missing'), 'attached']);
    expect(said).toEqual(['port open', 'port not there unplugged', 'port not there missing', 'port open 4']);
  });

  it('tries for ever, with growing waits', async () => {
    const { clock, driver, session: kept } = session(() => Promise.resolve(fails('missing')));
    const waits: number[] = [];
    for (let times = 1; times <= 10; times++) {
      await until(() => driver.told.length === times && kept.state === 'waiting', `attempt ${times}`);
      waits.push(clock.nextMs ?? -1);
      await clock.advance(clock.nextMs ?? 0);
    }
    expect(waits).toEqual([250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000, 10_000]);
  });

  it('says an error once, counts it, and says another one', async () => {
    const results = [fails('busy'), fails('busy'), fails('busy'), fails('denied'), fails('busy')];
    const {
      clock,
      driver,
      session: kept,
      said,
    } = session(() => Promise.resolve(results.shift() ?? fails('busy')));
    for (let times = 1; times <= 7; times++) {
      await until(() => driver.told.length === times && kept.state === 'waiting', `attempt ${times}`);
      await clock.advance(clock.nextMs ?? 0);
    }
    expect(said).toEqual(['port not there busy', 'port not there denied 2', 'port not there busy']);
  });

  it.each([
    { stood: 4_999, wait: 500 },
    { stood: 5_000, wait: 250 },
  ])('waits $wait ms after a port that stood $stood ms', async ({ stood, wait }) => {
    const device = new DeviceEnd();
    const open = serialTransport(device.path, LINE);
    let first = true;
    const {
      clock,
      driver,
      session: kept,
    } = session(() => {
      if (!first) return open();
      first = false;
      return Promise.resolve(fails('busy'));
    });
    await until(() => kept.state === 'waiting', 'the first failure');
    await clock.advance(250);
    await until(() => kept.state === 'open', 'the port to open');
    await clock.advance(stood);
    // A driver may close a port that is dumb, to get a fresh one.
    await driver.transport?.close();
    await until(() => kept.state === 'waiting', 'the wait');
    expect(clock.nextMs).toBe(wait);
    expect(driver.told).toEqual(['busy', 'attached', null]);
  });

  it('closed while it waits never opens again', async () => {
    let opened = 0;
    const {
      clock,
      driver,
      session: kept,
    } = session(() => {
      opened += 1;
      return Promise.resolve(fails('missing'));
    });
    await until(() => kept.state === 'waiting', 'the first failure');
    await Promise.all([kept.close(), kept.close()]);
    await clock.advance(60_000);
    expect([opened, kept.state, clock.pending]).toEqual([1, 'closed', 0]);
    expect(driver.told).toEqual(['missing', null]);
  });

  it('closed while it opens leaves the port free', async () => {
    const device = new DeviceEnd();
    const { session: kept, driver } = session(serialTransport(device.path, LINE));
    await kept.close();
    expect(driver.told).toEqual([null]);
    const again = await serialTransport(device.path, LINE)();
    expect(again.ok).toBe(true);
    if (again.ok) await again.transport.close();
  });

  it('closed while open frees the port and detaches the driver with null', async () => {
    const device = new DeviceEnd();
    const { session: kept, driver } = session(serialTransport(device.path, LINE));
    await until(() => kept.state === 'open', 'the port to open');
    await kept.close();
    await kept.close();
    expect(driver.told).toEqual(['attached', null]);
    const again = await serialTransport(device.path, LINE)();
    expect(again.ok).toBe(true);
    if (again.ok) await again.transport.close();
  });
});
