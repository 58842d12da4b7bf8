/** One hand at a device: what is done to it, is done one after the other. */
export type Locks = ReturnType<typeof createLocks>;

export function createLocks() {
  const last = new Map<string, Promise<unknown>>();
  /** Runs `task` when everything before it at `name` is done, also when that failed. */
  return function alone<T>(name: string, task: () => Promise<T>): Promise<T> {
    const run = (last.get(name) ?? Promise.resolve()).then(task, task);
    last.set(
      name,
      run.catch(() => {}),
    );
    return run;
  };
}
