/** What the status bytes of an ESC/POS printer say (escpos-printer.md §1.2, §1.3, §1.5). Pure. */

/** What a printer feels. */
export type Sensors = {
  offline: boolean;
  coverOpen: boolean;
  paperOut: boolean;
  paperNearEnd: boolean;
  cutterError: boolean;
  paperJam: boolean;
  /** the head pauses until it has cooled down */
  headHot: boolean;
  /** any other error, recoverable or not */
  otherError: boolean;
  ticketNotTaken: boolean;
};

/** Nothing is wrong, as far as anybody can tell. */
export const ALL_WELL: Sensors = {
  offline: false,
  coverOpen: false,
  paperOut: false,
  paperNearEnd: false,
  cutterError: false,
  paperJam: false,
  headHot: false,
  otherError: false,
  ticketNotTaken: false,
};

/** A model's own meaning of a bit that others use otherwise. */
export type StatusDialect = {
  /** "recoverable mechanical error" is a paper jam */
  jamBit?: boolean | undefined;
  /** bit 7 of the answer to DLE EOT 1: the ticket has not been torn away */
  ticketBit?: boolean | undefined;
};

/** The four answers to DLE EOT 1–4, together (§1.2). */
export function readRealtime(
  answers: readonly [number, number, number, number],
  { jamBit = false, ticketBit = false }: StatusDialect = {},
): Sensors {
  const [printer, cause, error, paper] = answers;
  const cutterError = (error & 0x08) !== 0;
  const coverOpen = (cause & 0x04) !== 0;
  const mechanical = (error & 0x04) !== 0;
  // Head temperature, or the head lifted with the cover: then the cover is what people must mend.
  const recoversItself = (error & 0x40) !== 0 && !coverOpen;
  // "Error occurred" without its kind is still an error; with the cutter's or a jam it is that.
  const unnamed = (cause & 0x40) !== 0 && !cutterError && !mechanical && !coverOpen;
  return {
    offline: (printer & 0x08) !== 0,
    coverOpen,
    paperOut: (paper & 0x60) !== 0 || (cause & 0x20) !== 0,
    paperNearEnd: (paper & 0x0c) !== 0,
    cutterError,
    paperJam: mechanical && jamBit,
    headHot: recoversItself,
    otherError: (error & 0x20) !== 0 || recoversItself || (mechanical && !jamBit) || unnamed,
    ticketNotTaken: ticketBit && (printer & 0x80) !== 0,
  };
}

/** Full status, DLE EOT 20: paper, user, recoverable, unrecoverable; bits that vary by model are left alone (§1.2). */
export function readFullStatus(bytes: readonly [number, number, number, number]): Sensors {
  const [paper, user, recoverable, unrecoverable] = bytes;
  const coverOpen = (user & 0x03) !== 0 || (unrecoverable & 0x02) !== 0;
  const headHot = (recoverable & 0x01) !== 0;
  return {
    ...ALL_WELL,
    coverOpen,
    paperOut: (paper & 0x01) !== 0,
    paperNearEnd: (paper & 0x04) !== 0,
    cutterError: (unrecoverable & 0x01) !== 0,
    paperJam: (recoverable & 0x40) !== 0,
    headHot,
    // The supply's voltage, the memories. What only complains of our data (RS232, unknown command) is no fault of paper.
    otherError: headHot || (recoverable & 0x08) !== 0 || (unrecoverable & 0x0c) !== 0,
    ticketNotTaken: (paper & 0x20) !== 0,
  };
}

/** What either says is so. An error that only one of them can name is no other error. */
export function both(one: Sensors, other: Sensors): Sensors {
  const all = { ...one };
  for (const name of Object.keys(ALL_WELL) as (keyof Sensors)[]) all[name] = one[name] || other[name];
  return all.paperJam || all.cutterError ? { ...all, otherError: all.headHot } : all;
}

/** What automatic status tells of; the rest is known by asking only. */
export type AutomaticSensors = Omit<Sensors, 'ticketNotTaken'>;

/** Four bytes of automatic status (§1.3). */
export function readAutomatic(
  bytes: readonly [number, number, number, number],
  { jamBit = false }: StatusDialect = {},
): AutomaticSensors {
  const [printer, error, paper] = bytes;
  const coverOpen = (printer & 0x20) !== 0;
  const recoversItself = (error & 0x40) !== 0 && !coverOpen;
  const mechanical = (error & 0x04) !== 0;
  return {
    offline: (printer & 0x08) !== 0,
    coverOpen,
    paperOut: (paper & 0x0c) !== 0,
    paperNearEnd: (paper & 0x03) !== 0,
    cutterError: (error & 0x08) !== 0,
    paperJam: mechanical && jamBit,
    headHot: recoversItself,
    otherError: (error & 0x20) !== 0 || recoversItself || (mechanical && !jamBit),
  };
}

/** What is known after automatic status: an error that was named by full status is not unnamed by it. */
export function afterAutomatic(before: Sensors, heard: AutomaticSensors): Sensors {
  const stillJammed = before.paperJam && heard.otherError && !heard.headHot;
  return { ...before, ...heard, ...(stillJammed && { paperJam: true, otherError: false }) };
}

/** The answer to GS r 1 (§1.5). A printer that is offline gives none, so more than the paper need not be asked. */
export function readPaperStatus(byte: number): Sensors {
  return { ...ALL_WELL, paperNearEnd: (byte & 0x03) !== 0, paperOut: (byte & 0x0c) !== 0 };
}
