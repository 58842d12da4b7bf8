/** Who takes numbers and gives them back: persons by their keyed hash, only those with a cancelled ticket lately. */
export type RealNameRules = {
  /** so many cancellations within so many days by one person are flagged (take and cancel, 黄牛倒号) */
  takeAndCancel: { times: number; days: number };
};

export type PeopleState = {
  /** hash → local times of cancelled tickets, oldest first, within `takeAndCancel.days` */
  cancelled: Record<string, string[]>;
};

export function noPeople(): PeopleState {
  return { cancelled: {} };
}
