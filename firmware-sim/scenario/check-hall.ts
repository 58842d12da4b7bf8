/** Whether this scenario can be played in this hall: asked of hub and panel before the day begins. */
import type { EvaluatorPlace, HallPlaces, PadPlace } from './day.ts';
import type { Scenario } from './format.ts';
import type { Hub } from './hub.ts';
import type { Panel, PanelDevice } from './panel.ts';
import type { Planned } from './plan.ts';

export type HallCheck =
  | { ok: true; places: HallPlaces; devices: PanelDevice[] }
  /** a sentence each */
  | { ok: false; why: string[] };

/** An address on a line, as the hub names it. */
const ADDRESS = /^(.+)\.(\d+)$/;

/** Looks for everything that the scenario names. Rejects when hub or panel cannot be asked. */
export async function checkHall(
  scenario: Scenario,
  plan: readonly Planned[],
  hub: Hub,
  panel: Panel,
): Promise<HallCheck> {
  const why: string[] = [];
  for (const role of ['kiosk', 'clerk', 'integrator', 'technician'] as const) await hub.whoIs(role);
  const [{ agentId }, queue, hubDevices, devices] = [
    await hub.health(),
    await hub.queue(),
    await hub.devices(),
    await panel.devices(),
  ];
  const byId = new Map(devices.map((device) => [device.id, device]));
  const list = (names: Iterable<string>) => [...names].join(', ') || 'none';

  const served = new Set<string>();
  for (const number of Object.keys(scenario.windows)) {
    const window = queue.windows[number];
    if (!window)
      why.push(
        `windows.${number}: the hall has no window ${number}; it has: ${list(Object.keys(queue.windows))}`,
      );
    else if (window.state !== 'closed')
      why.push(
        `windows.${number}: window ${number} is ${window.state}, by staff ${window.staff}; close it first, nobody else may work there meanwhile`,
      );
    for (const service of window?.services ?? []) served.add(service);
  }
  for (const [name, { share }] of Object.entries(scenario.services))
    if (!queue.services[name])
      why.push(
        `services.${name}: the hall has no service ${name}; it has: ${list(Object.keys(queue.services))}`,
      );
    else if (!served.has(name) && share > 0)
      why.push(`services.${name}: no window of this scenario serves it; its visitors would wait for ever`);

  const find = (id: string, kind: string | null, path: string): PanelDevice | undefined => {
    const device = byId.get(id);
    if (!device) why.push(`${path}: there is no simulated device ${id}; there are: ${list(byId.keys())}`);
    else if (kind !== null && device.kind !== kind)
      why.push(`${path}: ${id} is a ${device.kind} and no ${kind}`);
    else return device;
    return undefined;
  };
  const findFault = (id: string, fault: string, path: string) => {
    const device = find(id, null, path);
    if (device && !device.faultNames.includes(fault))
      why.push(`${path}: ${id} has no fault ${fault}; it has: ${list(device.faultNames)}`);
  };
  for (const [at, { device, fault }] of scenario.faults.entries()) findFault(device, fault, `faults.${at}`);
  for (const [at, { cable }] of scenario.outages.entries()) find(cable, 'cable', `outages.${at}`);
  for (const [at, { among }] of scenario.randomFaults.entries())
    for (const [device, names] of Object.entries(among))
      for (const fault of names) findFault(device, fault, `randomFaults.${at}.among.${device}`);
  for (const [at, { reader }] of scenario.cards.entries()) find(reader, 'reader', `cards.${at}`);
  for (const [at, { scanner }] of scenario.codes.entries()) find(scanner, 'scanner', `codes.${at}`);

  const evaluators = new Map<number, EvaluatorPlace>();
  const pads = new Map<number, PadPlace>();
  for (const { id: hubDevice, kind, window } of hubDevices) {
    if (window === null || !Object.hasOwn(scenario.windows, window)) continue;
    const [, line = hubDevice, address] = ADDRESS.exec(hubDevice) ?? [];
    const there = byId.get(line)?.kind;
    if (kind === 'evaluator' && there === 'evaluator')
      evaluators.set(window, { kind: 'numbered', device: line, hubDevice, window });
    if (kind === 'evaluator' && there === 'ff68-bus')
      evaluators.set(window, { kind: 'line', device: line, address: Number(address), hubDevice, window });
    if (kind === 'pad' && there === 'ff68-bus')
      pads.set(window, { device: line, address: Number(address), window });
  }
  const worked = new Set(
    plan.flatMap((each) => (each.what === 'window' && each.by === 'pad' ? [each.window] : [])),
  );
  for (const window of worked)
    if (!pads.has(window))
      why.push(
        `windows.${window}.by: no simulated FF68 pad stands at window ${window}; by: desk works without one`,
      );
  for (const device of devices)
    if (!device.plugged)
      why.push(`${device.id} is unplugged; plug it in first: the day begins with everything in order`);
  if (why.length > 0) return { ok: false, why };
  const printers = devices.filter(({ kind }) => kind === 'printer').map(({ id }) => id);
  return { ok: true, places: { agentId, evaluators, pads, printers, hubDevices }, devices };
}
