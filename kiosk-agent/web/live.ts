/**
 * The live feed for screens: a snapshot, then changes, and the missing ones again for who asks (`resume`).
 * The view is computed once for all screens of a kind and each sends only the entries that changed.
 */
import { randomBytes } from 'node:crypto';
import type { Server as HttpServer } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import { Server, type Socket } from 'socket.io';
import { z } from 'zod';
import {
  KEYED_SECTIONS,
  LIVE_PATH,
  ROLES,
  VISITOR_SCREENS,
  type Change,
  type PublicView,
  type ResumeAnswer,
  type Role,
  type Snapshot,
  type StaffView,
  type VisitorScreen,
} from '../contract/live.ts';
import { localTime } from '../hall/day.ts';
import { buildOf } from './build.ts';
import { isLoopback, type Access } from './access.ts';
import type { AgentParts } from './parts.ts';
import { managerView, publicView, staffView } from './views.ts';

const handshake = z.object({
  role: z.enum(ROLES),
  token: z.string().max(256).optional(),
  window: z.number().optional(),
  /** kiosk: the agent whose reader and scanner stand at this screen; without it, on the hub's PC: the hub */
  agent: z.string().max(63).optional(),
  /** kiosk: which of that agent's machines it is */
  screen: z.enum(VISITOR_SCREENS).default('kiosk'),
});
const resume = z.object({ run: z.string().max(32), seq: z.int().min(0) });
/** So many changes are kept for screens that come back. */
const KEPT = 500;
/** Changes that come together go out together, ms. Below what an eye sees, enough for a burst of commits. */
const GATHER_MS = 15;

/** One feed: everyone in it sees the same. */
class Feed {
  readonly run = randomBytes(8).toString('hex');
  seq = 0;
  view: PublicView | StaffView;
  readonly changes: Change[] = [];

  constructor(view: PublicView | StaffView) {
    this.view = view;
  }

  /** Takes the new view; returns what differs, or null. */
  advance(view: PublicView | StaffView, time: string): Change | null {
    const set = difference(this.view as unknown as Sections, view as unknown as Sections);
    this.view = view;
    if (!set) return null;
    this.seq += 1;
    const change: Change = { run: this.run, seq: this.seq, time, set };
    this.changes.push(change);
    if (this.changes.length > KEPT) this.changes.shift();
    return change;
  }

  missed(seq: number): Change[] | null {
    if (seq > this.seq) return null;
    const first = this.changes[0]?.seq ?? this.seq + 1;
    return seq + 1 < first ? null : this.changes.slice(seq + 1 - first);
  }
}
type Sections = Record<string, Record<string, unknown>>;

/** What a feed needs of its agent; a satellite relays the hub's view. */
export type LiveParts = Pick<AgentParts, 'clock'> & {
  rules: Pick<AgentParts['rules'], 'timeZone'>;
} & Partial<Pick<AgentParts, 'kioskFeed'>>;
export type LiveViews = {
  public(): PublicView;
  staff(shared: PublicView): StaffView;
  /** missing: as for other staff */
  manager?(staff: StaffView): StaffView;
  /** hears that a view may have changed, until the returned function is called */
  watch(changed: () => void): () => void;
};

/** The views of the hall that this agent keeps. */
export function hallViews(parts: AgentParts): LiveViews {
  return {
    public: () => publicView(parts),
    staff: (shared) => staffView(parts, shared),
    manager: (staff) => managerView(parts, staff),
    watch(changed) {
      parts.executor.on('committed', changed);
      const unwatch = parts.onChange(changed);
      return () => {
        parts.executor.off('committed', changed);
        unwatch();
      };
    },
  };
}

/** Serves the feed on an HTTP server until the returned function is called. */
export function serveLive(
  http: HttpServer,
  parts: LiveParts,
  views: LiveViews,
  access: Access,
  screensFolder: string,
): { close(): Promise<void>; screens(): number } {
  const io = new Server(http, {
    path: LIVE_PATH,
    serveClient: false,
    maxHttpBufferSize: 16 * 1024,
    cors: { origin: false },
  });
  const now = (): string => localTime(parts.clock(), parts.rules.timeZone);
  const shared = views.public();
  const forManager = (staff: StaffView): StaffView => views.manager?.(staff) ?? staff;
  const staff = views.staff(shared);
  const feeds = { public: new Feed(shared), staff: new Feed(staff), manager: new Feed(forManager(staff)) };
  let gathering: NodeJS.Timeout | null = null;

  const tell = (): void => {
    gathering = null;
    const latest = views.public();
    const time = now();
    const forStaff = views.staff(latest);
    for (const [room, view] of [
      ['public', latest],
      ['staff', forStaff],
      ['manager', forManager(forStaff)],
    ] as const) {
      const change = feeds[room].advance(view, time);
      if (change) io.to(room).emit('change', change);
    }
  };
  const gather = (): void => {
    gathering ??= setTimeout(tell, GATHER_MS);
  };
  const unwatch = views.watch(gather);
  // Beside the feed: it is for the visitor who stands there now, and for no screen that comes later.
  const unhear = parts.kioskFeed?.hear(({ agent, screen, event, data }) =>
    io.to(deskOf(agent, screen)).emit(event, data),
  );
  // Waits get shorter by the clock alone, and every screen hears that the hub is alive.
  const pulse = setInterval(gather, 10_000);

  io.use((socket, next) => {
    admit(socket, access, parts.kioskFeed?.agent).then(
      (refusal) => next(refusal ? Object.assign(new Error(refusal), { data: { code: refusal } }) : undefined),
      next,
    );
  });
  io.on('connection', (socket) => {
    const { role, room, desk } = socket.data as Admitted;
    const build = buildOf(screensFolder);
    const snapshot = (): Snapshot => ({
      run: feeds[room].run,
      seq: feeds[room].seq,
      time: now(),
      role,
      view: feeds[room].view,
      ...(build === undefined ? {} : { build }),
    });
    void socket.join(desk === null ? room : [room, desk]);
    socket.emit('snapshot', snapshot());
    socket.on('resume', (asked: unknown, answer: unknown) => {
      if (typeof answer !== 'function') return;
      const parsed = resume.safeParse(asked);
      const missed =
        parsed.success && parsed.data.run === feeds[room].run ? feeds[room].missed(parsed.data.seq) : null;
      (answer as (reply: ResumeAnswer) => void)(missed ? { changes: missed } : { snapshot: snapshot() });
    });
    socket.on('time', (answer: unknown) => {
      if (typeof answer === 'function') (answer as (ms: number) => void)(parts.clock().getTime());
    });
  });

  return {
    screens: () => io.engine.clientsCount,
    async close() {
      unwatch();
      unhear?.();
      clearInterval(pulse);
      if (gathering) clearTimeout(gathering);
      await io.close();
    },
  };
}

/** `desk`: the kiosk or query terminal whose cards and codes it hears. */
type Admitted = { role: Role; room: 'public' | 'staff' | 'manager'; desk: string | null };

function deskOf(agent: string, screen: VisitorScreen): string {
  return `${screen}:${agent}`;
}

/** Puts role and room on the socket; returns the code of a refusal. */
async function admit(socket: Socket, access: Access, own: string | undefined): Promise<string | null> {
  const parsed = handshake.safeParse(socket.handshake.auth);
  if (!parsed.success) return 'bad-request';
  const { role, token, screen } = parsed.data;
  if (role === 'board' || role === 'window' || role === 'kiosk') {
    // A satellite's token hears of its own reader only, whatever it asks for.
    const satellite = (await access.callerOf(socket.request, token))?.agent;
    const agent =
      satellite ??
      parsed.data.agent ??
      (isLoopback(socket.request.socket.remoteAddress ?? '') ? own : undefined);
    const hears = role === 'kiosk' && agent !== undefined && (await access.isKiosk(socket.request, token));
    socket.data = { role, room: 'public', desk: hears ? deskOf(agent, screen) : null } satisfies Admitted;
    return null;
  }
  const caller = await access.callerOf(socket.request, token);
  if (!caller) return 'not-signed-in';
  if (caller.role !== role) return 'not-allowed';
  // A supervisor's feed has what clerks must not see.
  const room = role === 'manager' ? 'manager' : 'staff';
  socket.data = { role, room, desk: null } satisfies Admitted;
  return null;
}

/** Sections that differ: whole, or for keyed sections only their changed entries (null removes). Null: none. */
function difference(before: Sections, after: Sections): Record<string, unknown> | null {
  const set: Record<string, unknown> = {};
  for (const [name, section] of Object.entries(after)) {
    const old = before[name] ?? {};
    if (isDeepStrictEqual(old, section)) continue;
    if (!(KEYED_SECTIONS as readonly string[]).includes(name)) set[name] = section;
    else {
      const entries: Record<string, unknown> = {};
      for (const [key, value] of Object.entries(section))
        if (!isDeepStrictEqual(old[key], value)) entries[key] = value;
      for (const key of Object.keys(old)) if (!(key in section)) entries[key] = null;
      set[name] = entries;
    }
  }
  return Object.keys(set).length > 0 ? set : null;
}
