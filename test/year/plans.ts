/** What lies ahead, soonest first; of two at the same time the one that was planned first. A binary heap. */
export type Plan = { at: number; order: number; run: (at: number) => void };

export class Plans {
  readonly #heap: Plan[] = [];
  #order = 0;

  add(at: number, run: Plan['run']): void {
    const heap = this.#heap;
    let child = heap.length;
    heap.push({ at, order: this.#order++, run });
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!this.#sooner(child, parent)) return;
      this.#swap(child, parent);
      child = parent;
    }
  }

  /** Takes the soonest out; undefined when nothing is left. */
  next(): Plan | undefined {
    const heap = this.#heap;
    if (heap.length > 1) this.#swap(0, heap.length - 1);
    const next = heap.pop();
    let parent = 0;
    for (;;) {
      let least = parent;
      for (const child of [2 * parent + 1, 2 * parent + 2])
        if (child < heap.length && this.#sooner(child, least)) least = child;
      if (least === parent) return next;
      this.#swap(parent, least);
      parent = least;
    }
  }

  #sooner(one: number, other: number): boolean {
    const [a, b] = [this.#heap[one] as Plan, this.#heap[other] as Plan];
    return a.at < b.at || (a.at === b.at && a.order < b.order);
  }

  #swap(one: number, other: number): void {
    const kept = this.#heap[one] as Plan;
    this.#heap[one] = this.#heap[other] as Plan;
    this.#heap[other] = kept;
  }
}
