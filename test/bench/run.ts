/** `npm run bench`: every measurement, each beside its limit in the same run. Prints tables; JSON in test/artefacts/bench.json. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { benchDevices } from './devices.ts';
import { benchJournal } from './journal.ts';
import { benchPaper } from './paper.ts';
import { benchStatistics } from './statistics.ts';

const results: Record<string, unknown> = {};
for (const [name, bench] of Object.entries({
  journal: benchJournal,
  devices: benchDevices,
  paper: benchPaper,
  statistics: benchStatistics,
})) {
  console.log(`\n${name} …`);
  const result = await bench();
  results[name] = result;
  console.table('figures' in result ? result.figures : result);
}
const artefacts = join(import.meta.dirname, '..', 'artefacts');
mkdirSync(artefacts, { recursive: true });
writeFileSync(join(artefacts, 'bench.json'), `${JSON.stringify(results, null, 2)}\n`);
process.exit(0);
