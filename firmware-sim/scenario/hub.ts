/** The hub's HTTP as a kiosk, a clerk, a technician and a far end use it (docs/api.md). */
import { z } from 'zod';
import { waitMs } from './day-clock.ts';
import { type Answer, type Caller, codeOf, createCaller, isNotNow, NoAnswer, refusalOf } from './http.ts';

export const hubTokens = z.looseObject({
  kiosk: z.string().min(8),
  clerk: z.string().min(8),
  integrator: z.string().min(8),
  technician: z.string().min(8),
});
export type HubTokens = z.output<typeof hubTokens>;

export const ticketView = z.looseObject({ ticketId: z.string(), number: z.string(), state: z.string() });
export type TicketView = z.output<typeof ticketView>;
export const windowView = z.looseObject({
  window: z.number(),
  state: z.enum(['closed', 'idle', 'called', 'serving', 'paused']),
  staff: z.string().nullable(),
  services: z.array(z.string()),
  ticket: z.looseObject({ ticketId: z.string(), number: z.string(), service: z.string() }).nullable(),
});
export type WindowView = z.output<typeof windowView>;
const queueView = z.looseObject({
  services: z.record(z.string(), z.looseObject({ waiting: z.number() })),
  windows: z.record(z.string(), windowView),
});
const deviceView = z.looseObject({
  id: z.string(),
  kind: z.string(),
  window: z.number().nullable(),
  state: z.string(),
  counters: z.record(z.string(), z.number()),
});
export type HubDevice = z.output<typeof deviceView>;
const health = z.looseObject({ agentId: z.string(), journal: z.looseObject({ lastSeq: z.number() }) });

/** done: the hub has it, also when its first answer was lost. gave-up: nobody answered in time. */
export type WindowAct =
  | { kind: 'done'; view: WindowView }
  | { kind: 'refused'; code: string; why: string }
  | { kind: 'gave-up'; why: string };

export type TicketWish = {
  service: string;
  idempotencyKey: string;
  priority?: string;
  delivery: 'paper' | 'screen';
  language: 'zh' | 'en';
};

export type Hub = ReturnType<typeof createHub>;

/** `base`: the hub's address, as http://127.0.0.1:8480/. */
export function createHub(base: string, tokens: HubTokens, signal: AbortSignal, patienceMs?: number) {
  const as = (token: string): Caller =>
    createCaller({
      base: new URL('api/v1/', base).href,
      token,
      signal,
      ...(patienceMs === undefined ? {} : { patienceMs }),
    });
  const kiosk = as(tokens.kiosk);
  const clerk = as(tokens.clerk);
  const integrator = as(tokens.integrator);
  const technician = as(tokens.technician);

  const view = <T>(schema: z.ZodType<T>, answer: Answer, what: string): T => {
    if (answer.kind === 'lost') throw new NoAnswer(`the hub does not answer (${what}): ${answer.why}`);
    if (!answer.ok) throw new Error(`the hub refuses ${what}: ${refusalOf(answer)}`);
    const parsed = schema.safeParse(answer.body);
    if (parsed.success) return parsed.data;
    throw new Error(`the hub's answer (${what}) is not understood: ${parsed.error.issues[0]?.message}`);
  };

  const look = async (window: number): Promise<WindowView> =>
    view(windowView, await clerk.again('GET', `windows/${window}`), `window ${window}`);

  return {
    kiosk,
    look,
    health: async () => view(health, await kiosk.again('GET', 'health'), 'health'),
    /** Seconds since 1970 when this process of the agent began: its counters count from there. */
    async startedAt(): Promise<number> {
      const text = view(z.string(), await technician.again('GET', 'metrics'), 'metrics');
      return Number(/^process_start_time_seconds (\S+)/m.exec(text)?.[1] ?? NaN);
    },
    queue: async () => view(queueView, await kiosk.again('GET', 'queue'), 'the queue'),
    devices: async () => view(z.array(deviceView), await technician.again('GET', 'devices'), 'devices'),
    /** Whose token it is; throws when it is nobody's. */
    async whoIs(role: 'kiosk' | 'clerk' | 'integrator' | 'technician') {
      const caller = { kiosk, clerk, integrator, technician }[role];
      const who = view(
        z.looseObject({ role: z.string() }),
        await caller.again('GET', 'session'),
        `the token of ${role}`,
      );
      if (who.role !== role) throw new Error(`the token of ${role} is one of ${who.role}`);
    },
    ticket: async (ticketId: string) =>
      view(ticketView, await kiosk.again('GET', `tickets/${ticketId}`), `ticket ${ticketId}`),
    /** One tap: the same key again means the same ticket, so a lost answer is asked for again. */
    take: (wish: TicketWish) => kiosk.again('POST', 'tickets', wish),
    cancel: (ticketId: string) => kiosk.again('DELETE', `tickets/${ticketId}`),
    /**
     * What a clerk does. A lost answer is looked up in the state of the window, which only this clerk changes:
     * `reached` says whether it has been done.
     */
    async act(
      window: number,
      action: string,
      content: Record<string, unknown>,
      reached: (view: WindowView) => boolean,
    ): Promise<WindowAct> {
      const until = Date.now() + clerk.patienceMs;
      for (let lost = false, waitFor = 200; ; waitFor = Math.min(2000, waitFor * 2)) {
        const answer = await clerk.once('POST', `windows/${window}/${action}`, content);
        if (answer.kind === 'answered' && answer.ok) {
          const parsed = windowView.safeParse(answer.body);
          if (parsed.success) return { kind: 'done', view: parsed.data };
          return { kind: 'refused', code: 'not-understood', why: parsed.error.issues[0]?.message ?? '' };
        }
        const notNow = isNotNow(answer);
        lost ||= notNow;
        if (lost) {
          const seen = windowView.safeParse(await clerk.again('GET', `windows/${window}`).then(bodyOf));
          if (seen.success && reached(seen.data)) return { kind: 'done', view: seen.data };
        }
        if (!notNow) return { kind: 'refused', code: codeOf(answer) ?? '', why: refusalOf(answer) };
        if (Date.now() + waitFor > until) return { kind: 'gave-up', why: refusalOf(answer) };
        await waitMs(waitFor, signal);
      }
    },
    /** All events behind `after`, in order of seq. */
    events: (after: number) => allEvents(integrator, 'events', after),
  };
}

const bodyOf = (answer: Answer): unknown => (answer.kind === 'answered' && answer.ok ? answer.body : null);

const PAGE = 1000;
const event = z.looseObject({ seq: z.number() });

/** Reads page after page; throws when one does not come. `path` may carry a query of its own. */
export async function allEvents(caller: Caller, path: string, after: number): Promise<unknown[]> {
  const all: unknown[] = [];
  for (let seen = after; ;) {
    const answer = await caller.again(
      'GET',
      `${path}${path.includes('?') ? '&' : '?'}after=${seen}&limit=${PAGE}`,
    );
    if (answer.kind === 'lost' || !answer.ok)
      throw new Error(`${caller.base}${path} cannot be read: ${refusalOf(answer)}`);
    const page = z.array(event).parse(answer.body);
    all.push(...page);
    const last = page.at(-1)?.seq;
    if (page.length < PAGE || last === undefined || last <= seen) return all;
    seen = last;
  }
}
