/** Notices that the central office has put up for a kind of screen. Pure. */
import type { Bilingual, PublicView } from '../kiosk-agent/contract/live.ts';
import type { NoticePlace } from '../kiosk-agent/contract/office.ts';

export function postedAt(view: PublicView | null | undefined, place: NoticePlace): Bilingual[] {
  return (view?.day.notices ?? []).filter(({ where }) => where.includes(place)).map(({ text }) => text);
}
