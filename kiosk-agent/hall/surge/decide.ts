/** Surge by hand, or asked for by the central server. Each step needs a reason and leaves a trace. */
import type { EventDraft } from '../../contract/events.ts';
import type { SurgeMeasures } from '../../contract/surge.ts';
import type { Decision } from '../commands.ts';
import { accept, givenReason, happened, NOTHING_NEW, refuse } from '../decision.ts';
import type { HallRules, HallState } from '../state.ts';
import { unknownWindow, REASON_NEEDED } from '../windows.ts';
import type { SurgeCommand } from './commands.ts';

/** Decides at `time` (RFC 3339, the hall's offset). A start that is repeated (same id) has no second effect. */
export function decideSurge(
  state: HallState,
  command: SurgeCommand,
  time: string,
  rules: HallRules,
): Decision {
  const { current } = state.surge;
  if (command.name === 'surge.start' && current?.surge === command.surge) return NOTHING_NEW;
  const reason = givenReason(command.reason);
  if (reason === null) return REASON_NEEDED;
  if (command.name !== 'surge.end') {
    const wrong = refusedMeasures(command.measures, rules, time);
    if (wrong) return wrong;
  }
  const { by } = command;
  const who = command.by === 'staff' ? { staff: command.staff } : {};
  if (command.name === 'surge.start') {
    if (current)
      return refuse(
        'surge-running',
        `A surge has been running since ${current.startedAt.slice(11, 16)}; change or end it.`,
        {
          surge: current.surge,
        },
      );
    const { surge, measures } = command;
    const started = happened('hall.surge.started', surge, time, { surge, by, ...who, reason, measures });
    return accept(started, surgeTrace(surge, reason, time, who.staff));
  }
  if (!current) return refuse('no-surge', 'No surge is running.');
  const { surge } = current;
  const step =
    command.name === 'surge.change'
      ? happened('hall.surge.changed', surge, time, { surge, by, ...who, reason, measures: command.measures })
      : happened('hall.surge.ended', surge, time, { surge, by, ...who, reason });
  return accept(step, surgeTrace(surge, reason, time, who.staff));
}

/** The trace of one step. */
export function surgeTrace(surge: string, reason: string, time: string, staff?: string): EventDraft {
  const data = { action: 'surge' as const, reason, ...(staff === undefined ? {} : { staff }) };
  return happened('hall.trace.recorded', surge, time, data);
}

function refusedMeasures(measures: SurgeMeasures, rules: HallRules, time: string): Decision | null {
  const { extendUntil, windows, notice } = measures;
  if (extendUntil === undefined && !windows?.length && !notice)
    return refuse('bad-request', 'A surge does something: extendUntil, windows or notice.', {
      field: 'measures',
    });
  if (extendUntil !== undefined) {
    const field = 'measures.extendUntil';
    if (!rules.opening) return refuse('bad-request', 'This hall has no closing time to extend.', { field });
    if (extendUntil <= rules.opening.to || extendUntil <= time.slice(11, 16))
      return refuse('bad-request', `Extended hours end after ${rules.opening.to}, and later than now.`, {
        field,
      });
  }
  for (const { window, services } of windows ?? []) {
    if (!rules.windows.some(({ number }) => number === window)) return unknownWindow(window);
    const unknown = services.find((service) => !rules.services.some(({ id }) => id === service));
    if (unknown !== undefined) return refuse('unknown-service', `This hall has no service ${unknown}.`);
  }
  return null;
}
