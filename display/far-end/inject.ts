/** What every part of the page is given by it. */
import { inject, type InjectionKey } from 'vue';
import type { Feed } from './feed.ts';

/** `ended`: to be called when the server says that nobody is signed in; `timeZone`: of whoever looks. */
export type Session = { feed: Feed; ended(): void; timeZone: string };
export const session: InjectionKey<Session> = Symbol('session');

/** Only inside the page. */
export function useSession(): Session {
  const given = inject(session);
  if (!given) throw new Error('outside the page');
  return given;
}
