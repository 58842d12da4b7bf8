/** `hall-central rating-export check` and `write`. */
import type { Command } from 'commander';
import { BadConfiguration, readConfiguration } from '../configuration.ts';
import { openDatabase } from '../database.ts';
import { withLease } from '../lease.ts';
import { collect } from './collect.ts';
import { writeFiles } from './files.ts';
import { faultsOf, gapsOf } from './findings.ts';
import { loadExports } from './load.ts';
import { begin } from './push.ts';
import { faultLine, readProfile } from './read-profile.ts';

const LEASE_MS = 60_000;

/** Adds them; `databaseUrl` is asked when a command runs. */
export function addRatingExportCommands(program: Command, databaseUrl: () => string | undefined): void {
  const group = program.command('rating-export').description('ratings for the regions (好差评)');
  group
    .command('check <profile>')
    .description(
      'checks a profile (a file, or generic, zhejiang, fujian, anhui); exit 3 with file, line and path',
    )
    .action((profile: string) => {
      const found = readProfile(profile, process.cwd());
      const faults = found.ok ? faultsOf(found.read) : found.faults;
      if (!found.ok || faults.length > 0) throw new BadConfiguration(faults.map(faultLine).join('\n'));
      console.log(`${found.read.file}: no mistakes`);
      for (const gap of gapsOf(found.read.profile)) console.log(`- ${gap}`);
    });
  group
    .command('write')
    .description(
      'writes what is due into numbered files, never twice; not beside a running server with its own database',
    )
    .requiredOption('--export <id>', 'which of the configured exports')
    .requiredOption('--out <dir>', 'folder for the files')
    .requiredOption('--state <dir>', 'the folder of the server')
    .option('--config <file>', 'its configuration (YAML); else central.yaml in --state')
    .action(async (options: { export: string; out: string; state: string; config?: string }) => {
      const { ratingExports } = readConfiguration(options.state, options.config);
      const list = loadExports(ratingExports, options.state, process.env);
      const wanted = list.find(({ id }) => id === options.export);
      if (!wanted) throw new BadConfiguration(`ratingExports has no export ${options.export}`);
      if (wanted.settings.url !== undefined)
        throw new BadConfiguration(`the export ${wanted.id} has a url and is pushed; for files leave it out`);
      const database = await openDatabase(options.state, databaseUrl());
      try {
        const holder = `rating-export write ${process.pid}`;
        const now = () => new Date();
        const leased = await withLease(
          database,
          `rating-export:${wanted.id}`,
          holder,
          LEASE_MS,
          now,
          async (lost) => {
            await begin(database, wanted);
            await collect(database, wanted, now, lost);
            return writeFiles(database, wanted, options.out, now());
          },
        );
        if (!leased.ran)
          throw new Error(`${leased.heldBy} works on the export ${wanted.id}; try again in a minute`);
        for (const { name, records, sha256 } of leased.value) console.log(`${name} ${records} ${sha256}`);
      } finally {
        await database.close();
      }
    });
}
