/** The parts of the manager's page; each is loaded when it is opened. */
import { defineAsyncComponent, type Component } from 'vue';
import type { StaffView } from '../../kiosk-agent/contract/live.ts';

/** What every section is given; it emits `ended` when the hub says that nobody is signed in any longer. */
export type SectionProps = {
  view: StaffView;
  /** ms (hub's time) since when nothing comes from the hub; null while connected */
  cutSince: number | null;
  /** the staff number of the one who has signed in; null for a program's token */
  staff: string | null;
};

export const SECTIONS = ['live', 'numbers', 'ratings', 'opinions', 'callbacks', 'trace', 'surge'] as const;
export type SectionName = (typeof SECTIONS)[number];

export const sections: Record<SectionName, Component> = {
  live: defineAsyncComponent(() => import('./live/LiveSection.vue')),
  numbers: defineAsyncComponent(() => import('./numbers/NumbersSection.vue')),
  ratings: defineAsyncComponent(() => import('./ratings/RatingsSection.vue')),
  opinions: defineAsyncComponent(() => import('./opinions/OpinionsSection.vue')),
  callbacks: defineAsyncComponent(() => import('./callbacks/CallbacksSection.vue')),
  trace: defineAsyncComponent(() => import('./trace/TraceSection.vue')),
  surge: defineAsyncComponent(() => import('./surge/SurgeSection.vue')),
};

/** The section that an address names (`#numbers`); the first one for anything else. */
export function sectionOf(hash: string): SectionName {
  return SECTIONS.find((name) => hash === `#${name}`) ?? 'live';
}
