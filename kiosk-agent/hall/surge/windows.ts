/** What each window takes now: as configured, and what the surge that holds gives it besides. */
import type { HallRules, HallState } from '../state.ts';

/**
 * Services that window `number` takes now, each once, in the order of the configuration; [] for an unknown window. A
 * `temporary` window takes only what a surge gives it. Services that the hall does not have are left out.
 */
export function servicesNow(state: HallState, rules: HallRules, number: number): string[] {
  const window = rules.windows.find((each) => each.number === number);
  return window ? taken(state, rules, window) : [];
}

/** Every configured window with the services that it takes now, in the order of the configuration. */
export function windowsNow(state: HallState, rules: HallRules): { number: number; services: string[] }[] {
  return rules.windows.map((window) => ({
    number: window.number,
    services: taken(state, rules, window),
  }));
}

function taken(state: HallState, rules: HallRules, window: HallRules['windows'][number]): string[] {
  const own = window.temporary ? [] : window.services;
  const given = state.surge.current?.measures.windows?.filter((each) => each.window === window.number) ?? [];
  if (given.length === 0) return own;
  const all = new Set([...own, ...given.flatMap(({ services }) => services)]);
  return rules.services.map(({ id }) => id).filter((id) => all.has(id));
}
