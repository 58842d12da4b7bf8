/** Cells that wait for their device most of the time: more of them run at the same time than the runner lets. */
export type Cells = Readonly<Record<string, () => Promise<void>>>;

/**
 * The same cells; the first one that is asked for starts them all, `atOnce` at a time, those that `wait` longest first: a
 * computer that starts all of them at the same moment would answer their devices too late.
 */
export function sideBySide(cells: Cells, { atOnce = 30, wait = [] as readonly string[] } = {}): Cells {
  let started: Map<string, Promise<void>> | undefined;
  const start = () => {
    const queue: (() => Promise<void>)[] = [];
    const ends = new Map<string, Promise<void>>();
    for (const name of new Set([...wait, ...Object.keys(cells)])) {
      const end = new Promise<void>((resolve, reject) => {
        queue.push(async () => cells[name]?.().then(resolve, reject));
      });
      // Its own test tells; until then nobody may hold it for unhandled.
      end.catch(() => {});
      ends.set(name, end);
    }
    const work = async () => {
      for (let next = queue.shift(); next; next = queue.shift()) await next();
    };
    for (let at = 0; at < atOnce; at++) void work();
    return ends;
  };
  return Object.fromEntries(
    Object.keys(cells).map((name) => [name, () => (started ??= start()).get(name) ?? Promise.resolve()]),
  );
}
