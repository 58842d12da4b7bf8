/** Where one stands on the page, kept in its address (`#time/371000000000/hub-1`): the browser's back button leads out again. */
import { onScopeDispose, ref, type Ref } from 'vue';

export const SECTIONS = [
  'halls',
  'comparison',
  'latest',
  'time',
  'ratings',
  'opinions',
  'exports',
  'alarms',
  'down',
] as const;
export type Section = (typeof SECTIONS)[number];
/** `region`: 12 digits, undefined for all; `agent`: the one hall that is looked at. */
export type Place = { section: Section; region: string | undefined; agent: string | undefined };

/** Reads an address; what makes no sense in it is left out. */
export function placeOf(hash: string): Place {
  const [section = '', region = '', agent = ''] = hash.replace(/^#/, '').split('/');
  return {
    section: SECTIONS.find((name) => name === section) ?? 'halls',
    region: /^\d{12}$/.test(region) ? region : undefined,
    agent: /^[a-z0-9][a-z0-9-]{0,62}$/.test(agent) ? agent : undefined,
  };
}

/** The address of a place. */
export function hashOf({ section, region, agent }: Place): string {
  if (agent) return `#${section}/${region ?? '-'}/${agent}`;
  return region ? `#${section}/${region}` : `#${section}`;
}

/** The place that the address names, as long as somebody looks. */
export function usePlace(): Ref<Place> {
  const place = ref(placeOf(location.hash));
  const read = (): void => void (place.value = placeOf(location.hash));
  addEventListener('hashchange', read);
  onScopeDispose(() => removeEventListener('hashchange', read));
  return place;
}

const LEVELS = [2, 4, 6, 9, 12];

/** The regions around this one, largest first, itself last: `371002000000` → 37…, 3710…, 371002…. */
export function regionsAround(region: string | undefined): string[] {
  if (!region) return [];
  const around = LEVELS.map((digits) => region.slice(0, digits).padEnd(12, '0'));
  return around.filter((code, at) => code !== around[at - 1] && !/^0+$/.test(code));
}

/** Whether there are no smaller regions in this one. */
export function isSmallest(region: string | undefined): boolean {
  return region !== undefined && !region.endsWith('000');
}
