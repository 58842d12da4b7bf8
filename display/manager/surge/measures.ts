/** The form of a surge: what is filled in, what becomes of it, and what is wrong with it. Pure. */
import type { Measures, SurgeState } from './calls.ts';

export type Form = {
  /** HH:mm, empty: as usual */
  extendUntil: string;
  /** `window service` of everything that a window takes besides */
  given: string[];
  noticeZh: string;
  noticeEn: string;
};
export const pair = (window: number, service: string): string => `${window} ${service}`;

export function formOf(measures: Measures | null): Form {
  return {
    extendUntil: measures?.extendUntil ?? '',
    given: (measures?.windows ?? []).flatMap(({ window, services }) =>
      services.map((service) => pair(window, service)),
    ),
    noticeZh: measures?.notice?.zh ?? '',
    noticeEn: measures?.notice?.en ?? '',
  };
}

/** Services that a window takes without the surge that holds: what it takes now, less what the surge gives. */
export function usualServices({ current, windows }: SurgeState, window: number): string[] {
  const given = (current?.measures.windows ?? [])
    .filter((one) => one.window === window)
    .flatMap(({ services }) => services);
  return windows.find(({ number }) => number === window)?.services.filter((id) => !given.includes(id)) ?? [];
}

/** Windows in their order; of an empty form an object without measures. */
export function measuresOf({ extendUntil, given, noticeZh, noticeEn }: Form): Measures {
  const windows = new Map<number, string[]>();
  for (const one of given) {
    const at = one.indexOf(' ');
    const window = Number(one.slice(0, at));
    windows.set(window, [...(windows.get(window) ?? []), one.slice(at + 1)]);
  }
  const zh = noticeZh.trim();
  const en = noticeEn.trim();
  return {
    ...(extendUntil ? { extendUntil } : {}),
    ...(windows.size > 0
      ? {
          windows: [...windows].sort(([a], [b]) => a - b).map(([window, services]) => ({ window, services })),
        }
      : {}),
    ...(zh && en ? { notice: { zh, en } } : {}),
  };
}

/** What keeps it from being sent; `closes` and `now` are HH:mm, `closes` null where no closing is published. */
export function faultOf(
  form: Form,
  closes: string | null,
  now: string,
): 'nothing' | 'noticeBoth' | 'extendWrong' | null {
  if ((form.noticeZh.trim() === '') !== (form.noticeEn.trim() === '')) return 'noticeBoth';
  if (form.extendUntil && (closes === null || form.extendUntil <= closes || form.extendUntil <= now))
    return 'extendWrong';
  return Object.keys(measuresOf(form)).length === 0 ? 'nothing' : null;
}
