import { printerColumn } from './printer-column.ts';

/** On its own network port or behind a serial server, where the line has all its faults too. */
export const column = printerColumn('printer-network', { power: 'lost', cable: 'lost' });
