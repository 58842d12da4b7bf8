/**
 * What the page of a capture must hold, for a person to check: `node test/replay/expect.ts CAPTURE [PAGE.yaml]`. The page (default
 * the one beside the capture, if there is one) says what the host did of itself; the answer is written to standard output.
 */
import { existsSync, readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import { reportLines } from '../../firmware-sim/replay/report.ts';
import { playToAgent, type Expectation } from './play.ts';

const [file = '', given] = process.argv.slice(2);
const pageFile = given ?? file.replace(/\.ndjson$/, '.yaml');
const page: Omit<Expectation, 'told'> = existsSync(pageFile)
  ? (parse(readFileSync(pageFile, 'utf8')) as Expectation)
  : { about: 'what happened, in words' };
const { report, told } = await playToAgent(file, page);
process.stderr.write(`${reportLines(report).join('\n')}\n`);
process.stdout.write(stringify({ ...page, told }, { lineWidth: 0 }));
