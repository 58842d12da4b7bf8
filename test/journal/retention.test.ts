import { expect, test } from 'vitest';
import { verifyJournal } from '../../kiosk-agent/journal/verify.ts';
import { newFolder, openIn } from './folder.ts';
import { drafts } from './records.ts';

const NOW = '2026-11-23T12:00:00+08:00';
const LAST_YEAR = '2025-11-23T12:00:00+08:00';
const clock = () => new Date(NOW);

async function withRecords() {
  const place = newFolder();
  const { journal } = await openIn(place.folder, { clock });
  await journal.append(drafts(2500, 1, LAST_YEAR)).durable;
  await journal.append(drafts(10, 2501, NOW)).durable;
  return { ...place, journal };
}

test('what is old, acknowledged and in the snapshot goes, the rest stays, and the chain can still be verified', async () => {
  const { journal, file, folder } = await withRecords();
  await journal.setCursor('central', 2510);
  await journal.saveSnapshot(2505, 1, {});
  expect(await journal.retain({ keepDays: 30, links: ['central'] })).toEqual({ removed: 2500 });
  expect((await journal.read(0, 1))[0]?.seq).toBe(2501);
  expect(await journal.stat()).toMatchObject({ firstSeq: 2501, lastSeq: 2510 });
  expect(verifyJournal(file)).toMatchObject({ ok: true, epoch: journal.epoch, first: 2501, last: 2510 });
  await journal.close();
  const again = (await openIn(folder)).journal;
  await again.append(drafts(1, 2511)).durable;
  expect(verifyJournal(file)).toMatchObject({ ok: true, first: 2501, last: 2511 });
});

test('nothing goes that a named link has not acknowledged', async () => {
  const { journal } = await withRecords();
  await journal.saveSnapshot(2510, 1, {});
  await journal.setCursor('central', 2510);
  expect(await journal.retain({ keepDays: 30, links: ['central', 'archive'] })).toEqual({ removed: 0 });
  await journal.setCursor('archive', 7);
  expect(await journal.retain({ keepDays: 30, links: ['central', 'archive'] })).toEqual({ removed: 7 });
});

test('nothing goes that is needed to rebuild the state, and nothing at all without a snapshot', async () => {
  const { journal } = await withRecords();
  expect(await journal.retain({ keepDays: 30, links: [] })).toEqual({ removed: 0 });
  await journal.saveSnapshot(1200, 1, {});
  expect(await journal.retain({ keepDays: 30, links: [] })).toEqual({ removed: 1200 });
  const other = await journal.replay(
    2,
    () => undefined,
    () => undefined,
  );
  expect(other).toEqual({ snapshot: null, events: 1310, complete: false });
});

test('nothing younger goes than the number of days', async () => {
  const { journal } = await withRecords();
  await journal.saveSnapshot(2510, 1, {});
  expect(await journal.retain({ keepDays: 366, links: [] })).toEqual({ removed: 0 });
});
