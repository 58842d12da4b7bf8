/**
 * One whole hall whose windows have one simulated evaluator each, so that every fault of a column has its own window and
 * disturbs nobody. What became of it is asked by the API only: the ratings in the events, the truth about a device in its view.
 */
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { FaultOptions, HidSocket, WireEntry } from '../../firmware-sim/index.ts';
import type { HallEvent } from '../../kiosk-agent/contract/events.ts';
import type { DeviceView } from '../../kiosk-agent/contract/live.ts';
import { hidBackendOf } from '../device/hid-sockets.ts';
import { startHall } from '../harness/hall.ts';
import { temporaryFolder, until } from '../harness/programs.ts';

/** What every simulated evaluator can. */
export type Sender = {
  port: string;
  plug: () => Promise<unknown>;
  unplug: () => Promise<unknown>;
  setFault: (name: string, on: boolean, options?: FaultOptions) => Promise<unknown>;
  wire: () => readonly WireEntry[];
  state: () => { hostPresent: boolean };
  close: () => Promise<unknown>;
};
type Given = Extract<HallEvent, { type: 'hall.rating.given' }>;
type Ignored = Extract<HallEvent, { type: 'hall.rating.ignored' }>;
export type Rating = Given | Ignored;

export type Place<Device> = {
  device: Device;
  /** Serves one citizen up to the prompt; the number of the evaluation. */
  visit: () => Promise<number>;
  /** Every press of this window that is on disk: given and ignored, in order. */
  ratings: () => Rating[];
  /** The one rating of this evaluation, once it is there; fails when there are two. */
  given: (session: number) => Promise<Given['data']>;
  /** How the hall's staff see the device. */
  view: () => DeviceView;
  /** Waits until it is seen so. */
  is: (state: DeviceView['state'], fault?: string) => Promise<unknown>;
  sees: (what: string, look: (view: DeviceView) => boolean) => Promise<unknown>;
  /** The device is ready by itself, and the next press rates its own visit, once: the end of every cell. */
  recovers: () => Promise<void>;
};

/** How to press a key of this kind of device, and what it means. */
export type Kind<Device> = {
  press: (device: Device) => unknown;
  level: number;
  /** Whether the device has this evaluation open; left out for one that does not know. */
  isLit?: (device: Device, session: number) => boolean;
  /** What its row of the configuration has besides. */
  row?: string;
};

export type RatingHall<Device> = { at: (name: string) => Place<Device>; close: () => Promise<void> };

const askEveryMs = 100;

/** `names`: a window each. `start` makes its evaluator, which the hall ends. */
export async function startRatingHall<Device extends Sender>(
  model: string,
  names: readonly string[],
  start: (name: string, index: number) => Promise<Device & { socket?: HidSocket | null }>,
  kind: Kind<Device>,
): Promise<RatingHall<Device>> {
  const folder = temporaryFolder(`matrix-${model}`);
  const devices = await Promise.all(names.map(start));
  const sockets = devices.flatMap(({ socket }) => (socket ? [socket] : []));
  const hall = await startHall(folder.path, yamlOf(model, devices, kind.row ?? ''), () => new Date(), {
    hid: hidBackendOf(sockets),
  });
  let events: HallEvent[] = [];
  let views: DeviceView[] = [];
  let closed = false;

  async function ask() {
    const after = Number(events.at(-1)?.seq ?? 0);
    const { body } = await hall.as('integrator')('GET', `events?after=${after}&limit=1000`);
    events = [...events, ...(body as unknown as HallEvent[])];
    views = (await hall.as('technician')('GET', 'devices')).body as unknown as DeviceView[];
  }
  const asking = (async () => {
    while (!closed) {
      await ask();
      await new Promise((resolve) => setTimeout(resolve, askEveryMs));
    }
  })();

  async function done(method: string, path: string, content?: unknown) {
    const role = path === 'tickets' ? 'kiosk' : 'clerk';
    const answer = await hall.as(role)(method, path, content);
    expect(answer.status, `${path}: ${JSON.stringify(answer.body)}`).toBeLessThan(300);
    return answer.body;
  }

  function at(name: string): Place<Device> {
    const window = names.indexOf(name) + 1;
    const device = devices[window - 1];
    if (!device) throw new Error(`no window has ${name}`);
    let open: Promise<unknown> | undefined;
    const view = () => {
      const found = views.find(({ id }) => id === `evaluator-${window}`);
      if (!found) throw new Error(`evaluator-${window} is not listed`);
      return found;
    };
    const ratings = () =>
      events.filter(
        (event): event is Rating =>
          (event.type === 'hall.rating.given' || event.type === 'hall.rating.ignored') &&
          event.data.window === window,
      );
    const sees = async (what: string, look: (view: DeviceView) => boolean) => {
      try {
        await until(what, () => look(view()));
      } catch (error) {
        throw new Error(`${String(error)}; it is ${JSON.stringify(view())}`, { cause: error });
      }
    };
    const is = (state: DeviceView['state'], fault?: string) =>
      sees(`${name} to be ${state} ${fault ?? ''}`, (seen) => seen.state === state && seen.fault === fault);
    const visit = async () => {
      open ??= done('POST', `windows/${window}/open`, { staff: `2${window}` });
      await open;
      await done('POST', 'tickets', {
        service: `service-${window}`,
        delivery: 'screen',
        idempotencyKey: randomUUID(),
      });
      for (const step of ['call-next', 'start']) await done('POST', `windows/${window}/${step}`);
      const finished = await done('POST', `windows/${window}/finish`);
      return (finished['evaluation'] as { session: number }).session;
    };
    const given = async (session: number) => {
      const found = () =>
        ratings().filter(
          (event): event is Given => event.type === 'hall.rating.given' && event.data.session === session,
        );
      await until(`the rating of evaluation ${session} under ${name}`, () => found().length > 0);
      expect(found()).toHaveLength(1);
      return found()[0]!.data;
    };
    const recovers = async () => {
      await is('ready');
      const session = await visit();
      await until('the keys', () => kind.isLit?.(device, session) ?? true);
      const before = ratings().length;
      kind.press(device);
      expect(await given(session)).toMatchObject({ level: kind.level });
      expect(ratings()).toHaveLength(before + 1);
    };
    return { device, visit, ratings, given, view, is, sees, recovers };
  }

  await until('the hall to list its devices', () => views.length === names.length);
  return {
    at,
    async close() {
      closed = true;
      await asking.catch(() => {});
      await hall.close();
      await Promise.all(devices.map((device) => device.close()));
      folder[Symbol.dispose]();
    },
  };
}

function yamlOf(model: string, devices: readonly Sender[], row: string): string {
  const windows = devices.map((_, at) => at + 1);
  const rows = (of: (window: number) => string) => windows.map((window) => `  - ${of(window)}`).join('\n');
  return `
hall:  {id: hall-1, name: {zh: 测试大厅, en: Test hall}, region: "371000000000", timeZone: Asia/Shanghai}
agent: {id: hub-1, role: hub, listen: "127.0.0.1:0"}
rules: {rating: {seconds: 300}}
services:
${rows((window) => `{id: service-${window}, prefix: ${String.fromCharCode(64 + window)}, name: {zh: 业务, en: Service ${window}}}`)}
windows:
${rows((window) => `{number: ${window}, services: [service-${window}]}`)}
devices:
${rows((window) => `{id: evaluator-${window}, model: ${model}, port: "${devices[window - 1]?.port}", window: ${window}${row}}`)}
`;
}
