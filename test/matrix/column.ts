/** The matrix device × fault: one column a device; every cell is a test, or a reason why it cannot happen. */
import { describe, expect, it } from 'vitest';
import type { FaultOptions } from '../../firmware-sim/index.ts';
import { allFaults, type Column } from './table.ts';

/** A simulated device, as far as a column asks it. */
type Simulated = {
  setFault: (name: string, on: boolean, options?: FaultOptions) => Promise<unknown>;
  close: () => Promise<void>;
};

/**
 * Runs a column: `tests` has one for each cell that can happen; cells that cannot are refused by the device itself. `start` makes
 * one device, to ask it. Tests run at the same time: each has its own device.
 */
export function runColumn(
  { device, cells }: Column,
  start: () => Promise<Simulated>,
  tests: Readonly<Record<string, () => Promise<void>>>,
): void {
  describe(`${device} under`, () => {
    const happens = allFaults.filter((fault) => 'holds' in (cells[fault] ?? {}));
    const cannot = allFaults.filter((fault) => 'cannot' in (cells[fault] ?? {}));

    it('every fault there is: each has a cell, and each cell that can happen a test', () => {
      expect(Object.keys(cells).toSorted()).toEqual([...allFaults].toSorted());
      expect(Object.keys(tests).toSorted()).toEqual([...happens].toSorted());
    });

    it('no other fault: the device refuses what cannot happen', async () => {
      const simulated = await start();
      try {
        for (const fault of cannot)
          await expect(simulated.setFault(fault, true), fault).rejects.toThrow(`has no fault "${fault}"`);
      } finally {
        await simulated.close();
      }
    });

    for (const fault of happens) {
      const cell = cells[fault];
      const test = tests[fault];
      if (cell && 'holds' in cell && test) it.concurrent(`${fault}: ${cell.holds}`, test, 40_000);
    }
  });
}
