import { printerColumn } from './printer-column.ts';

/** The adapter stays when the printer's power goes. */
export const column = printerColumn('printer-serial', { power: 'silent', cable: 'lost' });
