/** A scenario file with mistakes: each is named with its place, and nothing is played. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readScenario, scenarioFaultLines } from '../../firmware-sim/scenario/read-scenario.ts';
import { ROOT } from '../harness/programs.ts';

const good = `scenario: 1
name: Test
from: '09:00'
until: '10:00'
services:
  transfer: { takes: { least: 2m, most: 5m } }
arrivals:
  - { from: '09:00', until: '10:00', perHour: 30 }
windows:
  1: { staff: '2001' }
`;
const lines = (source: string): string[] => {
  const read = readScenario(source);
  return read.ok ? [] : scenarioFaultLines('day.yaml', read.faults);
};

it('reads times of the day and durations as seconds', () => {
  const read = readScenario(`${good}outages:\n  - { at: '09:30:30', cable: central, for: 1.5h }\n`);
  expect(read.ok && read.scenario).toMatchObject({
    from: 32_400,
    until: 36_000,
    services: { transfer: { share: 1, takes: { least: 120, most: 300 } } },
    outages: [{ at: 34_230, for: 5400 }],
  });
});

const shipped = join(ROOT, 'halls', 'scenarios');
it.each(readdirSync(shipped))('ships %s without a fault', (file) => {
  expect(lines(readFileSync(join(shipped, file), 'utf8'))).toEqual([]);
});

describe('names file, line and path of', () => {
  const cases: [what: string, source: string, line: string][] = [
    ['a missing section', good.replace(/windows:\n.*\n/, ''), 'day.yaml:1:1: windows: '],
    [
      'a word that is no setting',
      `${good}tempo: 3\n`,
      'day.yaml:11:1: tempo: is no setting; see docs/scenarios.md',
    ],
    [
      'a time without quotes that YAML reads as a number',
      good.replace("'09:00'\nuntil", '900\nuntil'),
      'day.yaml:3:1: from: ',
    ],
    [
      'a wrong time of the day',
      good.replace("'10:00'\nservices", "'25:00'\nservices"),
      'day.yaml:4:1: until: a time of the day as 08:30',
    ],
    [
      'a day that ends before it begins',
      good.replace("until: '10:00'\ns", "until: '08:00'\ns"),
      'day.yaml:4:1: until: the day ends before it begins',
    ],
    [
      'a duration without a unit',
      good.replace('most: 5m', 'most: 5'),
      'day.yaml:6:15: services.transfer.takes',
    ],
    ['a least that is more than the most', good.replace('least: 2m', 'least: 9m'), 'day.yaml:6:'],
    [
      'arrivals that are counted twice',
      good.replace('perHour: 30', 'perHour: 30, total: 4'),
      'day.yaml:8:5: arrivals.0: either perHour or total',
    ],
    [
      'arrivals outside the day',
      good.replace("- { from: '09:00'", "- { from: '08:00'"),
      'day.yaml:8:7: arrivals.0.from: is outside the day',
    ],
    [
      'a service that nobody described',
      good.replace('perHour: 30', 'total: 3, services: { mortgage: 1 }'),
      'day.yaml:8:60: arrivals.0.services.mortgage: is not among the services',
    ],
    [
      'a window without its clerk',
      good.replace("{ staff: '2001' }", '{ by: desk }'),
      'day.yaml:10:3: windows.1.staff: who works there?',
    ],
    [
      'a clerk at two windows',
      `${good}  2: { staff: '2001' }\n`,
      'day.yaml:11:8: windows.2.staff: is at window 1 already',
    ],
    [
      'a break outside the opening',
      good.replace("'2001' }", "'2001', breaks: [{ from: '08:00', until: '09:10' }] }"),
      'day.yaml:10:32: windows.1.breaks.0: breaks stand in order',
    ],
    ['a share above 1', `${good}screen: 20\n`, 'day.yaml:11:1: screen: a share is 0 to 1'],
    [
      'a fault outside the day',
      `${good}faults:\n  - { at: '11:00', device: printer-1, fault: paper-out }\n`,
      'day.yaml:12:7: faults.0.at: is outside the day',
    ],
    [
      'a level that there is not',
      `${good}ratings: { levels: { 6: 1 } }\n`,
      'day.yaml:11:22: ratings.levels.6',
    ],
    ['no YAML at all', `${good}  - [\n`, 'day.yaml:11:'],
    ['the same key twice', `${good}name: Again\n`, 'day.yaml:11:1: '],
  ];
  it.each(cases)('%s', (_what, source, line) => {
    expect(lines(source).join('\n')).toContain(line);
  });
});

it('names all mistakes at once', () => {
  const found = lines(good.replace('scenario: 1', 'scenario: 2').replace('least: 2m', 'least: soon'));
  expect(found.map((line) => line.split(': ')[0])).toEqual(['day.yaml:1:1', 'day.yaml:6:24']);
});

it('is not unfolded without end by a file that refers to itself', () => {
  const bomb = [
    'a: &a [x,x,x,x,x,x,x,x,x,x]',
    ...'bcdefghi'
      .split('')
      .map((name, at) => `${name}: &${name} [${Array(10).fill(`*${'abcdefgh'[at]}`).join(',')}]`),
  ].join('\n');
  expect(lines(bomb)).toHaveLength(1);
});
