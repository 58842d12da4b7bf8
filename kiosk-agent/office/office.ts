/**
 * A central office's configuration in this hall: checked against the hall's own file by the hall's own schema, kept on its disk,
 * and in effect from the next start. What does not fit changes nothing.
 */
import { overlay } from '../config/overlay.ts';
import type { Config, ConfigFault, ConfigResult } from '../config.ts';
import { configurationHash, type OfficeConfiguration } from '../contract/office.ts';
import { readKept, writeKept, type Kept } from './kept.ts';

/** The hall's file with an office's configuration over it; with nothing over it when it is left out. */
export type ReadConfig = (office?: OfficeConfiguration) => ConfigResult;
export type Fault = { path: string; why: string };

export class Office {
  readonly #stateFolder: string;
  readonly #read: ReadConfig;
  #kept: Kept;
  /** why the kept one is not in effect, though it is the newest */
  readonly unfit: Fault | null;
  /** version that this run began with; null: the file alone */
  readonly inEffect: number | null;

  constructor(
    stateFolder: string,
    read: ReadConfig,
    kept: Kept,
    inEffect: number | null,
    unfit: Fault | null,
  ) {
    this.#stateFolder = stateFolder;
    this.#read = read;
    this.#kept = kept;
    this.inEffect = inEffect;
    this.unfit = unfit;
  }

  get kept(): Kept {
    return this.#kept;
  }

  /** A newer one than this run began with is on the disk, and fits. */
  get waits(): boolean {
    const { taken } = this.#kept;
    return taken !== null && taken.version !== this.inEffect && this.unfit === null;
  }

  /** What this hall would be with it: what of it is left out, or its first fault. */
  check(configuration: OfficeConfiguration): { leftOut: string[] } | { fault: Fault } {
    const alone = this.#read();
    if (!alone.ok) return { fault: firstOf(alone.faults) };
    const over = this.#read(configuration);
    return over.ok
      ? { leftOut: overlay(alone.config, configuration).leftOut }
      : { fault: firstOf(over.faults) };
  }

  /** Keeps it; on disk when it returns. Throws the disk's error. */
  keep(change: Partial<Kept>): void {
    const kept = { ...this.#kept, ...change };
    writeKept(this.#stateFolder, kept);
    this.#kept = kept;
  }
}

/** The configuration to run with: the file, with what is kept of an office over it where that fits. */
export function openOffice(
  stateFolder: string,
  read: ReadConfig,
): { ok: true; config: Config; office: Office; damaged?: string } | { ok: false; faults: ConfigFault[] } {
  const alone = read();
  if (!alone.ok) return alone;
  const { kept, damaged } = readKept(stateFolder);
  const hurt = damaged === undefined ? {} : { damaged };
  const { taken } = kept;
  const open = (config: Config, inEffect: number | null, unfit: Fault | null) => ({
    ok: true as const,
    config,
    office: new Office(stateFolder, read, kept, inEffect, unfit),
    ...hurt,
  });
  if (!taken) return open(alone.config, null, null);
  const over = read(taken.configuration);
  return over.ok ? open(over.config, taken.version, null) : open(alone.config, null, firstOf(over.faults));
}

/** Whether two are the same, however they were written. */
export function isSame(kept: { version: number; sha256: string }, version: number, of: OfficeConfiguration) {
  return kept.version === version && kept.sha256 === configurationHash(of);
}

function firstOf(faults: ConfigFault[]): Fault {
  const [first] = faults;
  return { path: first?.path ?? '', why: first?.message ?? 'does not fit' };
}
