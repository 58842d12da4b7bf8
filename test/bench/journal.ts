/**
 * What a durable record costs, beside the least that any program on this disk could pay: `write` + `fdatasync` of the same bytes.
 * Both are measured in the same run, in turns. Run alone: `node test/bench/journal.ts`; absolute figures move with the disk, ratios stay.
 */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openJournal } from '../../kiosk-agent/journal/journal.ts';
import type { Journal } from '../../kiosk-agent/journal/journal.ts';
import { draft } from '../journal/records.ts';

export type JournalFigures = {
  name: string;
  writers: number;
  p50Us: number;
  p99Us: number;
  recordsPerS: number;
  /** journal ÷ raw, by p50 */
  timesRaw: number;
  flushesPerRecord: number;
};

const ROUNDS = 5;
const PER_ROUND = { alone: 300, together: 6400 };
const WRITERS = 64;

type Round = { latenciesUs: number[]; seconds: number; records: number; flushes: number };

/** Medians of five interleaved rounds. `folder` must lie on the disk that is to be measured. */
export async function benchJournal(
  folder = tmpdir(),
): Promise<{ recordBytes: number; figures: JournalFigures[] }> {
  const place = mkdtempSync(join(folder, 'hall-bench-journal-'));
  const { journal } = await openJournal({
    folder: join(place, 'journal'),
    agentId: 'hub-1',
    hall: 'weihai-01',
    region: '371000000000',
  });
  const raw = openSync(join(place, 'raw'), 'a');
  try {
    const [sample] = await journal.append([draft(0)]).durable;
    const record = Buffer.from(`${JSON.stringify(sample)}\n`);
    const variants = [
      {
        name: 'raw write + fdatasync',
        writers: 1,
        rounds: [] as Round[],
        run: () => rawRound(raw, record, PER_ROUND.alone, 1),
      },
      {
        name: 'journal',
        writers: 1,
        rounds: [] as Round[],
        run: () => journalRound(journal, PER_ROUND.alone, 1),
      },
      {
        name: 'raw, 64 records a flush',
        writers: WRITERS,
        rounds: [] as Round[],
        run: () => rawRound(raw, record, PER_ROUND.together, WRITERS),
      },
      {
        name: 'journal',
        writers: WRITERS,
        rounds: [] as Round[],
        run: () => journalRound(journal, PER_ROUND.together, WRITERS),
      },
    ];
    for (const variant of variants) await variant.run();
    for (let round = 0; round < ROUNDS; round += 1)
      for (const variant of variants) variant.rounds.push(await variant.run());
    const figures = variants.map(({ name, writers, rounds }) => summary(name, writers, rounds));
    for (const figure of figures) {
      const limit = figures.find((other) => other.writers === figure.writers)!;
      figure.timesRaw = Number((figure.p50Us / limit.p50Us).toFixed(2));
    }
    return { recordBytes: record.length, figures };
  } finally {
    closeSync(raw);
    await journal.close();
    rmSync(place, { recursive: true });
  }
}

/** Each of a group waits for the whole group: one write for all their bytes, then the flush. */
async function rawRound(file: number, record: Buffer, records: number, group: number): Promise<Round> {
  const bytes = Buffer.concat(Array.from({ length: group }, () => record));
  const latenciesUs: number[] = [];
  const begin = performance.now();
  for (let done = 0; done < records; done += group) {
    const start = performance.now();
    writeSync(file, bytes);
    fdatasyncSync(file);
    latenciesUs.push((performance.now() - start) * 1000);
  }
  return { latenciesUs, seconds: (performance.now() - begin) / 1000, records, flushes: records / group };
}

/** Each writer waits until its record is on disk before it appends the next, as the evaluators of a hall do. */
async function journalRound(journal: Journal, records: number, writers: number): Promise<Round> {
  const before = (await journal.stat()).commits!;
  const latenciesUs: number[] = [];
  const begin = performance.now();
  await Promise.all(
    Array.from({ length: writers }, async () => {
      for (let done = 0; done < records / writers; done += 1) {
        const start = performance.now();
        await journal.append([draft(done)]).durable;
        latenciesUs.push((performance.now() - start) * 1000);
      }
    }),
  );
  const seconds = (performance.now() - begin) / 1000;
  return { latenciesUs, seconds, records, flushes: (await journal.stat()).commits! - before };
}

function summary(name: string, writers: number, rounds: Round[]): JournalFigures {
  const middle = (of: (round: Round) => number) => quantile(rounds.map(of), 0.5);
  return {
    name,
    writers,
    p50Us: Math.round(middle((round) => quantile(round.latenciesUs, 0.5))),
    p99Us: Math.round(middle((round) => quantile(round.latenciesUs, 0.99))),
    recordsPerS: Math.round(middle((round) => round.records / round.seconds)),
    timesRaw: 1,
    flushesPerRecord: Number(middle((round) => round.flushes / round.records).toFixed(4)),
  };
}

function quantile(values: number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
}

if (import.meta.main) {
  const result = await benchJournal(process.argv[2]);
  console.log(`${result.recordBytes} bytes a record, medians of ${ROUNDS} rounds`);
  console.table(result.figures);
  console.log(JSON.stringify(result));
}
