/**
 * `npm run bench:nation`: a day of 3,000 halls with 38,000 windows, some 4 million events, through the link into PostgreSQL by
 * the far end's own process, beside a bare receiver in the same run; then all agents come back in the same second.
 * Options for smaller runs: --halls N --windows N --events N --bare N --servers N --backlog N. JSON in test/artefacts/nation.json.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { replayNation } from './nation/replay.ts';

const { values } = parseArgs({
  options: {
    halls: { type: 'string', default: '3000' },
    windows: { type: 'string' },
    events: { type: 'string', default: '4000000' },
    bare: { type: 'string' },
    servers: { type: 'string', default: '1' },
    backlog: { type: 'string', default: '20' },
  },
});
const halls = Number(values.halls);
const events = Number(values.events);
const result = await replayNation({
  halls,
  windows: Number(values.windows ?? Math.round((halls * 38) / 3)),
  events,
  bareEvents: Number(values.bare ?? Math.min(events, 400_000)),
  servers: Number(values.servers),
  backlog: Number(values.backlog),
  say: (line) => console.log(line),
});
const text = [
  `${result.halls} halls, ${result.windows} windows, ${cpus().length} processors, ${values.servers} server(s)`,
  ...Object.entries(result.settings).map(([name, value]) => `${name} = ${value}`),
  ...result.replays.map((row) => JSON.stringify(row)),
  `events/s of the far end ÷ the bare receiver: ${result.ratio}`,
  ...result.reconnects.map((row) => JSON.stringify(row)),
  result.faults.length === 0
    ? 'nothing lost, nothing twice, every figure fits'
    : result.faults.slice(0, 20).join('\n'),
].join('\n');
console.table(result.replays);
console.table(result.reconnects);
console.log(text);
const artefacts = join(import.meta.dirname, '..', 'artefacts');
mkdirSync(artefacts, { recursive: true });
writeFileSync(join(artefacts, 'nation.json'), `${JSON.stringify(result, null, 2)}\n`);
writeFileSync(join(artefacts, 'nation.txt'), `${text}\n`);
process.exit(result.faults.length === 0 ? 0 : 1);
