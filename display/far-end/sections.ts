/** The parts of the page; each is loaded when it is opened. All are given the `place` where one stands. */
import { defineAsyncComponent, type Component } from 'vue';
import type { Section } from './place.ts';

export const sections: Record<Section, Component> = {
  halls: defineAsyncComponent(() => import('./halls/HallsSection.vue')),
  comparison: defineAsyncComponent(() => import('./comparison/ComparisonSection.vue')),
  latest: defineAsyncComponent(() => import('./latest/LatestSection.vue')),
  time: defineAsyncComponent(() => import('./time/TimeSection.vue')),
  ratings: defineAsyncComponent(() => import('./ledgers/RatingsSection.vue')),
  opinions: defineAsyncComponent(() => import('./ledgers/OpinionsSection.vue')),
  exports: defineAsyncComponent(() => import('./rating-exports/RatingExportsSection.vue')),
  alarms: defineAsyncComponent(() => import('./alarms/AlarmsSection.vue')),
  down: defineAsyncComponent(() => import('./down/DownSection.vue')),
};
