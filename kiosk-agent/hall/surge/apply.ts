/** Surge. What its events change. */
import type { AppliedEvent } from '../apply.ts';
import type { HallState } from '../state.ts';

export function applySurge(state: HallState, event: AppliedEvent): void {
  const { surge } = state;
  switch (event.type) {
    case 'hall.surge.foreseen':
      surge.foreseenAt = event.time;
      return;
    case 'hall.surge.started': {
      const { by, reason, measures } = event.data;
      surge.current = {
        surge: event.data.surge,
        by,
        startedAt: event.time,
        reason,
        measures: structuredClone(measures),
        automatic: by === 'forecast',
      };
      surge.foreseenAt = null;
      return;
    }
    case 'hall.surge.changed':
      if (surge.current?.surge !== event.data.surge) return;
      surge.current.measures = structuredClone(event.data.measures);
      surge.current.reason = event.data.reason;
      surge.current.automatic = false;
      return;
    case 'hall.surge.ended':
      if (surge.current?.surge !== event.data.surge) return;
      surge.current = null;
      if (event.data.by === 'staff' || event.data.by === 'central') surge.endedByHandOn = state.day;
      return;
    default:
      return;
  }
}
