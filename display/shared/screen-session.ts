/** The right of a public screen to act: on the hub's own PC it is given, elsewhere it comes with a link, once. */
import { session, type Trouble } from '../api.ts';

/**
 * Sees to this browser's right to be `screen`: a token in the link (`/kiosk#token=…`), a session that stands, or a
 * request for one. Returns what went wrong, null when all is well.
 */
export async function screenSession(screen: 'kiosk' | 'window' | 'board'): Promise<Trouble | null> {
  const fromLink = new URLSearchParams(location.hash.slice(1)).get('token');
  if (fromLink) {
    // Once is enough; a token does not stay in the address line of a public machine.
    history.replaceState(history.state, '', location.pathname + location.search);
    const answer = await session.begin({ token: fromLink });
    return answer.ok ? null : answer.trouble;
  }
  if ((await session.current()).ok) return null;
  const answer = await session.begin({ screen });
  return answer.ok ? null : answer.trouble;
}
