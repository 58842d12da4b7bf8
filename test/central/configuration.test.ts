import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readConfiguration, secretOf } from '../../central/configuration.ts';

const folder = mkdtempSync(join(tmpdir(), 'central-configuration-'));
const file = (text: string): string => {
  const path = join(folder, 'central.yaml');
  writeFileSync(path, text);
  return path;
};

test('without a file every section has its defaults', () => {
  expect(() => readConfiguration(mkdtempSync(join(tmpdir(), 'central-none-')), undefined)).not.toThrow();
});

test('a section that nobody knows is named with its line', () => {
  const path = file('# a comment\nsurprise: {a: 1}\n');
  expect(() => readConfiguration(folder, undefined)).toThrow(`${path}:2: `);
});

test('how long rows are kept is counted in whole months and days, and 0 is for ever', () => {
  expect(readConfiguration(folder, file('keep: {events: 0}\n')).keep).toMatchObject({
    events: 0,
    ratings: 61,
  });
  const path = file('keep:\n  events: 12\n  tickets: -1\n');
  expect(() => readConfiguration(folder, undefined)).toThrow(`${path}:3: keep.tickets: `);
});

test('what several servers need: proxies by number or address, tokens by reference, how to stop', () => {
  const read = (text: string) => readConfiguration(folder, file(text));
  expect(read('behindProxy: 2\n').behindProxy).toBe(2);
  expect(read('behindProxy: [10.0.0.5, 10.1.0.0/16, "fd00::/8"]\n').behindProxy).toHaveLength(3);
  expect(read('stopping: {announceSeconds: 0}\n').stopping).toEqual({
    announceSeconds: 0,
    agentsPerSecond: 500,
  });
  for (const wrong of ['true', '-1', '[]', '[balancer.example]', '[10.0.0.0/33]'])
    expect(() => read(`behindProxy: ${wrong}\n`), wrong).toThrow(/central\.yaml:1: behindProxy/);
  const tokens = 'tokens: {viewer: env:VIEWER, booking: env:BOOKING, operator: env:OPERATOR}\n';
  expect(read(tokens).tokens?.viewer).toBe('env:VIEWER');
  expect(() => read(tokens.replace('env:VIEWER', 'a-token-in-the-file'))).toThrow(/tokens\.viewer/);
});

test('text that is not YAML is named with its place', () => {
  expect(() => readConfiguration(folder, file('a: [1, 2\n'))).toThrow(/central\.yaml: .*line/);
});

test('a named file that is not there is an error, not the defaults', () => {
  expect(() => readConfiguration(folder, join(folder, 'none.yaml'))).toThrow(/none\.yaml/);
});

test('a secret comes from the environment or a file, and a missing one is named', () => {
  writeFileSync(join(folder, 'secret'), 'something long\n');
  expect(secretOf('env:SECRET_HERE', { SECRET_HERE: 'abc' })).toBe('abc');
  expect(secretOf(`file:${join(folder, 'secret')}`, {})).toBe('something long');
  expect(() => secretOf('env:NOT_THERE', {})).toThrow('NOT_THERE');
  expect(() => secretOf(`file:${join(folder, 'nothing')}`, {})).toThrow(/nothing/);
});
