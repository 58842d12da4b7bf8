/** What can be asked about a surge. */
import type { SurgeMeasures } from '../../contract/surge.ts';

/** Who asks: a supervisor, or the central server. What the forecast does is decided in due.ts. */
type Asker = { by: 'staff'; staff: string } | { by: 'central' };

export type SurgeCommand = Asker &
  (
    | { name: 'surge.start'; surge: string; reason: string; measures: SurgeMeasures }
    | { name: 'surge.change'; reason: string; measures: SurgeMeasures }
    | { name: 'surge.end'; reason: string }
  );
