/** The technician's calls that no other page has. */
import type { LogAnswer, SystemView } from '../../kiosk-agent/contract/machine.ts';
import { call } from '../api.ts';

export const system = () => call<SystemView>('GET', '/system');
/** Lines of the log after line `after`, oldest first. */
export const logAfter = (after: number) => call<LogAnswer>('GET', `/log?after=${after}`);
