/** Keys that devices have taken against ratings given and ignored: each exactly once. */
import { type Compared, times } from './compare.ts';
import { type ArrivedEvent, ofType } from './events.ts';
import type { Ledger, Press } from './ledger.ts';

type Rating = {
  seq: number;
  what: string;
  session: number | null;
  level: number | null;
  keyRaw: string | null;
  device: { serial: string; boot: string; seq: number } | null;
};

/** Two rows: evaluators that number their presses, and keys on shared lines, which nobody numbers. */
export function comparePresses(done: Ledger, events: readonly ArrivedEvent[], notes: string[]): Compared[] {
  const ratings: Rating[] = [
    ...ofType(events, 'hall.rating.given').map((event) => ({ ...event.data, seq: event.seq, what: 'given' })),
    ...ofType(events, 'hall.rating.ignored').map((event) => ({
      ...event.data,
      seq: event.seq,
      what: `ignored (${event.data.why})`,
    })),
  ].sort((a, b) => a.seq - b.seq);
  const made = done.presses.filter(({ taken }) => taken !== 'refused');
  const onLines = new Set(made.filter(({ identity }) => identity === null).map(({ hubDevice }) => hubDevice));
  return [
    numbered(
      made.filter(({ identity }) => identity !== null),
      ratings.filter(({ device }) => !onLines.has(device?.serial ?? '')),
      done,
      notes,
    ),
    onSharedLines(
      made.filter(({ identity }) => identity === null),
      ratings.filter(({ device }) => onLines.has(device?.serial ?? '')),
      notes,
    ),
  ];
}

/** The device counts its presses from 1 since it has power, and so does the ledger. */
function numbered(
  presses: readonly Press[],
  ratings: readonly Rating[],
  done: Ledger,
  notes: string[],
): Compared {
  const sentences: string[] = [];
  const nameOf = (serial: string, boot: string, seq: number) => `press ${seq} of ${serial} (boot ${boot})`;
  const arrived = new Map<string, Rating[]>();
  for (const rating of ratings) {
    if (!rating.device) {
      sentences.push(`seq ${rating.seq}: a rating was ${rating.what} that came from no key of this day`);
      continue;
    }
    const name = nameOf(rating.device.serial, rating.device.boot, rating.device.seq);
    arrived.set(name, [...(arrived.get(name) ?? []), rating]);
  }
  const counts = new Map<string, number>();
  for (const press of presses) {
    const { serial, boot } = press.identity ?? { serial: '', boot: '' };
    const seq = (counts.get(`${serial}/${boot}`) ?? 0) + 1;
    counts.set(`${serial}/${boot}`, seq);
    const name = nameOf(serial, boot, seq);
    const said = `${name}, key ${press.keyRaw} at ${press.device}, ${press.time}`;
    const there = arrived.get(name) ?? [];
    arrived.delete(name);
    const [one] = there;
    if (there.length > 1)
      sentences.push(
        `${said}: arrived ${times(there.length)} (seq ${there.map((each) => each.seq).join(', ')})`,
      );
    if (one) sentences.push(...wrongOf(press, one).map((wrong) => `${said}: ${wrong}`));
    else if (mayBeLost(press, seq, presses, done))
      notes.push(`${said}: lost with the device's power, as its page says.`);
    else sentences.push(`${said}: taken by the device, never arrived`);
  }
  for (const [name, there] of arrived)
    sentences.push(
      `${name}: arrived (seq ${there.map((each) => each.seq).join(', ')}), but nobody here pressed it`,
    );
  return { what: 'presses of evaluators', done: presses.length, arrived: ratings.length, sentences };
}

function wrongOf(press: Press, rating: Rating): string[] {
  const wrong: string[] = [];
  if (rating.keyRaw !== press.keyRaw) wrong.push(`arrived as key ${rating.keyRaw}`);
  if (press.level !== null && rating.level !== press.level) wrong.push(`arrived as level ${rating.level}`);
  if (press.session !== undefined && rating.session !== press.session)
    wrong.push(`pressed in evaluation ${press.session ?? 'none'}, arrived in ${rating.session ?? 'none'}`);
  return wrong;
}

/** Presses that were in the device's memory when its power went are gone: the last ones of that boot. */
function mayBeLost(
  { identity }: Press,
  seq: number,
  presses: readonly Press[],
  { memoryLost }: Ledger,
): boolean {
  const lost = memoryLost.find(({ serial, boot }) => serial === identity?.serial && boot === identity.boot);
  if (!lost) return false;
  const all = presses.filter(
    (each) => each.identity?.serial === lost.serial && each.identity.boot === lost.boot,
  );
  return seq > all.length - lost.waiting;
}

/**
 * No number tells them apart: as many as were pressed, and in the same order. A hub that ends between writing a key down and
 * answering it hears it again when it is back, and cannot know: once more, as ignored, is what the protocol leaves open.
 */
function onSharedLines(presses: readonly Press[], ratings: readonly Rating[], notes: string[]): Compared {
  const sentences: string[] = [];
  for (const id of new Set(presses.map(({ hubDevice }) => hubDevice))) {
    const pressed = presses.filter(({ hubDevice }) => hubDevice === id);
    const there = ratings.filter(({ device }) => device?.serial === id);
    const keys = new Set([...pressed, ...there].map(({ keyRaw }) => keyRaw));
    for (const key of keys) {
      const ofKey = pressed.filter(({ keyRaw }) => keyRaw === key);
      const thereOfKey = there.filter(({ keyRaw }) => keyRaw === key);
      const more = thereOfKey.length - ofKey.length;
      const heardAgain = ofKey.filter(({ restarted }) => restarted).length;
      const ignored = thereOfKey.filter(({ what }) => what !== 'given').length;
      if (more > 0 && more <= Math.min(heardAgain, ignored))
        notes.push(
          `key ${key} of ${id}: arrived ${times(more)} more, ignored, because the hub was started again before it had answered; the key has no number.`,
        );
      else if (more !== 0)
        sentences.push(
          `key ${key} of ${id}: done ${times(ofKey.length)}, arrived ${times(thereOfKey.length)} (seq ${thereOfKey.map(({ seq }) => seq).join(', ')})`,
        );
    }
    const order = (list: readonly { keyRaw: string | null }[]) => list.map(({ keyRaw }) => keyRaw).join(' ');
    if (sentences.length === 0 && pressed.length === there.length && order(pressed) !== order(there))
      sentences.push(`${id}: keys were pressed as ${order(pressed)} and arrived as ${order(there)}`);
  }
  return { what: 'keys of evaluators on lines', done: presses.length, arrived: ratings.length, sentences };
}
