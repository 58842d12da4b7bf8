/** Rows of `devices:` in the configuration: what they may say, and what is wrong with them beyond their form. */
import type { DeviceRow, LineRole, Post } from '../contract/devices.ts';
import { parsePort, portKey } from '../contract/port.ts';
import { compileFrames } from './codec/frames.ts';
import { modelOf, type ModelRow } from './models.ts';

export type { DeviceRow } from '../contract/devices.ts';

/** `path`: below the row, as ['addresses', '1', 'window']. */
export type DeviceFault = { index: number; path: string[]; why: string };

/** One device of a row: the row itself, or an address on its line. */
export type UnitRow = Post & Pick<DeviceRow, 'screen'> & { id: string; address: number | null };

/** The devices of a row; an address is called ROW.ADDRESS. */
export function unitsOf(row: DeviceRow): UnitRow[] {
  if (!row.addresses) {
    const { window, as, staff, transferTo, screen } = row;
    return [{ id: row.id, address: null, window, as, staff, transferTo, screen }];
  }
  return Object.entries(row.addresses).map(([address, post]) => ({
    ...post,
    id: `${row.id}.${address}`,
    address: Number(address),
  }));
}

/** What a unit is: what its row says, or the only thing its model can be; undefined when both leave it open. */
export function roleOf(model: ModelRow, row: DeviceRow, unit: UnitRow): LineRole | undefined {
  const possible = rolesOf(model, row);
  return unit.as ?? (possible.length === 1 ? possible[0] : undefined);
}

function rolesOf(model: ModelRow, row: DeviceRow): LineRole[] {
  switch (model.kind) {
    case 'evaluator':
      return ['evaluator'];
    case 'sign':
      return ['sign'];
    case 'keypad':
      return ['evaluator', 'pad'];
    case 'frames': {
      const frames = model.frames ?? row.frame;
      return (['pad', 'evaluator'] as const).filter((role) => frames?.[role]);
    }
    case 'printer':
    case 'reader':
    case 'scanner':
      return [];
  }
}

/** What is wrong with the rows beyond their form; empty when they can be opened. */
export function deviceFaults(rows: readonly DeviceRow[]): DeviceFault[] {
  const faults: DeviceFault[] = [];
  const ports = new Map<string, string>();
  const posts = new Map<string, string>();
  rows.forEach((row, index) => {
    const fault = (path: string[], why: string) => faults.push({ index, path, why });
    const model = modelOf(row.model);
    const port = parsePort(row.port);
    if (!model) fault(['model'], `there is no model ${row.model}`);
    if (!port.ok) fault(['port'], port.why);
    else {
      const key = portKey(port.address);
      const taken = key === null ? undefined : ports.get(key);
      if (taken !== undefined) fault(['port'], `${row.port} is the port of ${taken} already`);
      if (key !== null) ports.set(key, row.id);
      if (model && port.address.kind !== 'bound' && !model.transports.includes(port.address.kind))
        fault(['port'], `${row.model} is not reached by ${port.address.kind}:`);
    }
    if (!model) return;
    for (const { path, why } of frameFaults(model, row)) fault(path, why);
    if (
      row.screen !== undefined &&
      ((model.kind !== 'reader' && model.kind !== 'scanner') || row.window !== undefined)
    )
      fault(
        ['screen'],
        'only a reader or a scanner without a window stands at the kiosk or the query terminal',
      );
    if (row.addresses && Object.keys(row.addresses).length === 0)
      fault(['addresses'], 'names no address: nothing would be driven');
    for (const unit of unitsOf(row)) {
      const at = unit.address === null ? [] : ['addresses', String(unit.address)];
      const roles = rolesOf(model, row);
      if (unit.as !== undefined && !roles.includes(unit.as))
        fault(
          [...at, 'as'],
          `${row.model} is no ${unit.as}${roles.length > 0 ? `; it is ${roles.join(' or ')}` : ''}`,
        );
      const role = roleOf(model, row, unit);
      if (role === undefined) {
        if (roles.length > 1) fault([...at, 'as'], `say what it is: ${roles.join(' or ')}`);
        continue;
      }
      if (role === 'sign' || unit.window === undefined) continue;
      // Two evaluators at a window would ask one visitor twice; two pads would call for one clerk.
      const post = `${role} of window ${unit.window}`;
      const holder = posts.get(post);
      if (holder !== undefined) fault([...at, 'window'], `window ${unit.window} has ${holder} already`);
      posts.set(post, unit.id);
    }
  });
  return faults;
}

function frameFaults(model: ModelRow, row: DeviceRow): { path: string[]; why: string }[] {
  if (row.frame && (model.kind !== 'frames' || model.frames))
    return [{ path: ['frame'], why: `only the model frames is described here; ${row.model} has its frames` }];
  const needsAddress = (text: string | undefined) => /\{address\}/.test(text ?? '');
  switch (model.kind) {
    case 'frames': {
      const frames = model.frames ?? row.frame;
      if (!frames) return [{ path: ['frame'], why: 'the model frames needs its frames described' }];
      const compiled = compileFrames(frames);
      if (!compiled.ok)
        return compiled.faults.map(({ path, why }) => ({ path: ['frame', ...path.split('.')], why }));
      const addressed = [frames.pad, frames.evaluator].some((role) => role?.keys.some(needsAddress));
      if (addressed && !row.addresses)
        return [
          { path: ['addresses'], why: `${row.model} is a line of several devices: name their addresses` },
        ];
      if (!addressed && row.addresses)
        return [{ path: ['addresses'], why: 'its frames have no {address}: it is one device' }];
      return [];
    }
    case 'sign':
      // 0 and 255 are for all signs of a line at once, and nobody answers (docs/protocols/window-sign.md).
      return Object.keys(row.addresses ?? {})
        .filter((address) => Number(address) < 1 || Number(address) > 247)
        .map((address) => ({ path: ['addresses', address], why: 'a sign has an address from 1 to 247' }));
    default:
      return row.addresses
        ? [{ path: ['addresses'], why: `${row.model} is one device, not a line of several` }]
        : [];
  }
}
