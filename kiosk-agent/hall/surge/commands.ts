/** What can be asked about a surge. */
import type { SurgeMeasures } from '../../contract/surge.ts';

export type SurgeCommand =
  | {
      name: 'surge.start';
      surge: string;
      by: 'staff' | 'forecast' | 'central';
      staff?: string;
      reason: string;
      measures: SurgeMeasures;
    }
  | { name: 'surge.change'; staff?: string; reason: string; measures: SurgeMeasures }
  | { name: 'surge.end'; by: 'staff' | 'forecast' | 'central'; staff?: string; reason: string };
