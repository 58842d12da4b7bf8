/** What the hub is still to hear of calls that were announced: kept over a cut and a reload, delivered in order, each until it is taken. */
import type { PlayedReport } from '../../kiosk-agent/contract/announcements.ts';
import type { Answer, Trouble } from '../api.ts';

/** A board cut off for a day of calls keeps the latest ones. */
export const reportsMax = 300;
const againAfterMs = [1_000, 5_000, 15_000, 60_000];

export type ReportPost = {
  send(report: PlayedReport): Promise<Answer<unknown>>;
  /** asks for the right to report; false when the hub does not give it */
  askRight(): Promise<boolean>;
  /** what was kept at the last time, and where it is kept now; neither throws */
  load(): PlayedReport[];
  keep(reports: PlayedReport[]): void;
};
export type Reports = {
  add(report: PlayedReport): void;
  waiting(): number;
  close(): void;
};

/** What to do after a delivery that failed: again later, ask for the right first, or leave it: the hub will never take it. */
export function afterRefusal(trouble: Trouble): 'again' | 'ask-right' | 'drop' {
  switch (trouble.code) {
    case 'unreachable':
    case 'unknown':
    case 'stopping':
    case 'internal':
    case 'journal-unwritable':
    case 'too-many-requests':
      return 'again';
    case 'not-signed-in':
    case 'not-allowed':
      return 'ask-right';
    default:
      return 'drop';
  }
}

export function reportsTo(post: ReportPost): Reports {
  let kept = post.load().slice(-reportsMax);
  let delivering = false;
  let failures = 0;
  let closed = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function deliver(): Promise<void> {
    if (delivering || closed) return;
    delivering = true;
    let asked = false;
    for (let next = kept[0]; next && !closed; next = kept[0]) {
      const answer = await post.send(next);
      const then = answer.ok ? 'drop' : afterRefusal(answer.trouble);
      if (then === 'ask-right' && !asked) {
        asked = true;
        if (await post.askRight()) continue;
      }
      if (then !== 'drop') {
        later();
        break;
      }
      failures = 0;
      remove(next);
    }
    delivering = false;
  }
  function later(): void {
    if (closed) return;
    timer = setTimeout(() => void deliver(), againAfterMs[Math.min(failures, againAfterMs.length - 1)]);
    failures++;
  }
  function remove(report: PlayedReport): void {
    kept = kept.filter((one) => one !== report);
    post.keep(kept);
  }

  void deliver();
  return {
    add(report) {
      kept = [...kept, report].slice(-reportsMax);
      post.keep(kept);
      // What waits for its time after a failure goes first.
      if (failures === 0) void deliver();
    },
    waiting: () => kept.length,
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
