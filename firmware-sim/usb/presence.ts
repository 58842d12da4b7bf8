/** What both sides of a connector are told once: that a host is there, and how it has set its line. */
import type { LineSettings, PortEvents } from '../port/port.ts';

/** Says each change of the host's presence once. */
export function createPresence(events: PortEvents) {
  let present = false;
  return {
    get present() {
      return present;
    },
    set(on: boolean) {
      if (on === present) return;
      present = on;
      events.onHost(on);
    },
  };
}

/** Says each change of the line's settings once; after `forget` the next ones are said in any case. */
export function createLine(events: PortEvents) {
  let said = '';
  return {
    set(settings: LineSettings) {
      const now = JSON.stringify(settings);
      if (now === said) return;
      said = now;
      events.onLine?.(settings);
    },
    forget() {
      said = '';
    },
  };
}
