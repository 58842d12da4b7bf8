import type { Priority } from '../../kiosk-agent/contract/events.ts';

/** The answer to a question of the desk. */
export type Given = {
  reason: string;
  service?: string;
  window?: number;
  comeBack?: boolean;
  minutes?: number;
  priority?: Priority;
};
export const PRIORITY_KINDS = [
  'elderly',
  'disabled',
  'military',
  'pregnant',
] as const satisfies readonly Priority[];
