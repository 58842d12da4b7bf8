/** The board's sound as its page sees it: what is being announced, what troubles it, and each call's fate on its way to the hub. */
import { onScopeDispose, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from 'vue';
import type { PlayedReport } from '../../kiosk-agent/contract/announcements.ts';
import type { CallView, PublicView } from '../../kiosk-agent/contract/live.ts';
import { call as ask, freshKey } from '../api.ts';
import { serverNow } from '../clock.ts';
import { spokenCall } from '../format.ts';
import { screenSession } from '../shared/screen-session.ts';
import { announcements } from './announcements.ts';
import { clipsFor } from './clips.ts';
import { reportsTo } from './reports.ts';
import { openVoice, type Sentence, type Voice } from './voice.ts';

/** What the address says: `/board?sound=off&speech=zh,en&name=east`. */
export type SoundWish = { sound: boolean; english: boolean; name: string | null };

export type Sound = {
  /** the call that is being said; it stands large as long as that takes */
  announcing: ShallowRef<CallView | null>;
  /** null for a board that is to be silent */
  voice: Voice | null;
  busy(): boolean;
};

/** A call stands large for so long even where it is shown only, ms. */
const shownAtLeastMs = 6_000;
const keptUnder = 'hall.board.reports';
const nameUnder = 'hall.board.name';

export function useSound(
  view: ComputedRef<PublicView | null> | Ref<PublicView | null>,
  wish: SoundWish,
): Sound {
  const announcing = shallowRef<CallView | null>(null);
  const voice = wish.sound ? openVoice() : null;
  // Asked for at the start: a link with a token is good once.
  if (wish.sound) void screenSession('board');
  const reports = wish.sound ? reportsTo({ send, askRight, ...keptReports }) : null;
  const screen = wish.name ?? ownName();
  const spool = announcements({
    now: serverNow,
    stillCalled: (call) => isCalled(view.value, call),
    async announce(call) {
      announcing.value = call;
      const shown = new Promise((resolve) => setTimeout(resolve, shownAtLeastMs));
      const zh = sentence(call, 'zh');
      const said = await voice?.say(wish.english ? [zh, zh, sentence(call, 'en')] : [zh, zh]);
      await shown;
      announcing.value = null;
      return said ?? { how: 'silent' };
    },
    told({ call, how, why, startedAt, endedAt }) {
      reports?.add({
        ticketId: call.ticketId,
        call: call.call,
        window: call.window,
        screen,
        how,
        startedAt: new Date(startedAt).toISOString(),
        endedAt: new Date(endedAt).toISOString(),
        ...(why ? { why } : {}),
      });
    },
  });
  function sentence(call: CallView, language: 'zh' | 'en'): Sentence {
    const template = view.value?.hall.speech[language] ?? '';
    return {
      language,
      text: spokenCall(template, call.number, call.window, language),
      clips: clipsFor(language, call.number, call.window),
    };
  }
  // Each list as it comes: two that come together must not hide a call between them.
  watch(
    () => view.value?.calls,
    (calls) => calls && spool.heard(calls),
    { flush: 'sync', immediate: true },
  );
  onScopeDispose(() => {
    spool.close();
    voice?.close();
    reports?.close();
  });
  return { announcing, voice, busy: () => spool.busy() };
}

export function isCalled(view: PublicView | null, call: CallView): boolean {
  const ticket = view?.windows[call.window]?.ticket;
  return ticket?.ticketId === call.ticketId && ticket.state === 'called';
}

const send = (report: PlayedReport) => ask<void>('POST', '/calls/played', report);
const askRight = async (): Promise<boolean> => (await screenSession('board')) === null;

/** Over a reload in the browser's own store; a browser that has none, or a full one, keeps them in memory only. */
const keptReports = {
  load(): PlayedReport[] {
    try {
      const kept: unknown = JSON.parse(localStorage.getItem(keptUnder) ?? '[]');
      return Array.isArray(kept) ? (kept as PlayedReport[]) : [];
    } catch {
      return [];
    }
  },
  keep(reports: PlayedReport[]): void {
    try {
      localStorage.setItem(keptUnder, JSON.stringify(reports));
    } catch {
      // They are still in memory.
    }
  },
};

/** The name that this browser has drawn for itself, so that two boards of a hall are told apart. */
function ownName(): string {
  try {
    const known = localStorage.getItem(nameUnder);
    if (known && /^[0-9A-Za-z-]{1,36}$/.test(known)) return known;
    const name = `board-${freshKey().slice(0, 8)}`;
    localStorage.setItem(nameUnder, name);
    return name;
  } catch {
    return `board-${freshKey().slice(0, 8)}`;
  }
}
