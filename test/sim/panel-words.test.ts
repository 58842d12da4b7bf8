/** The panel's words for faults: every fault of every device has them, and a place on its card. */
import { describe, expect, it } from 'vitest';
import * as faults from '../../firmware-sim/faults/faults.ts';
import { faultOption, groupedFaults } from '../../firmware-sim/panel/fault-kinds.js';
import { faultNames } from '../../firmware-sim/panel/fault-names.js';

const lists: [string, readonly string[]][] = Object.entries(faults).flatMap(([name, value]) =>
  Array.isArray(value) ? [[name, value]] : [],
);
const words = faultNames;

describe('the words for faults', () => {
  it.each(lists)('are there in Chinese and English for all of %s', (_list, names) => {
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) {
      expect(words[name]?.[0], name).toMatch(/[\u4e00-\u9fff]/);
      expect(words[name]?.[1], name).toMatch(/^[A-Za-z -]+$/);
    }
  });

  it('differ within a device', () => {
    for (const [list, names] of lists)
      expect(new Set(names.map((name) => words[name]?.[0])).size, list).toBe(names.length);
  });

  it('stand in a group each, once', () => {
    for (const [list, names] of lists) {
      const grouped = groupedFaults(names);
      expect(grouped.flatMap((group) => group.names).toSorted(), list).toEqual([...names].toSorted());
    }
    const groups = groupedFaults(faults.printerFaults);
    expect(groups.map(({ zh }) => zh)).toEqual(['线缆', '数据', '设备本身', '纸张与机芯']);
    expect(groupedFaults(['on-fire'])[0]?.names).toEqual(['on-fire']);
  });

  it('come with what a fault can be told', () => {
    expect(faultOption('evaluator', 'lost-frames')).toMatchObject({ name: 'rate' });
    expect(faultOption('printer', 'paper-out-after-bytes')).toMatchObject({ name: 'bytes' });
    expect(faultOption('evaluator', 'stuck-key')?.choices?.length).toBe(5);
    expect(faultOption('keypad', 'stuck-key')?.choices?.length).toBe(10);
    // A printer is slow in one way only.
    expect(faultOption('printer', 'slow')).toBe(undefined);
    expect(faultOption('printer', 'on-fire')).toBe(undefined);
  });
});
