/** Calls to the hub, each with an end: an answer, a problem with a stable code, or `unreachable`. */
import type {
  Bilingual,
  DeviceView,
  FoundView,
  TicketView,
  WindowView,
  Role,
} from '../kiosk-agent/contract/live.ts';
import type { PaperFault, Priority, RatingLevel } from '../kiosk-agent/contract/events.ts';
import type { ProblemCode } from '../kiosk-agent/contract/problem.ts';

export type TroubleCode = ProblemCode | 'unreachable' | 'unknown';
export type Trouble = { code: TroubleCode; detail: string; facts: Record<string, unknown> };
export type Answer<T> = { ok: true; value: T } | { ok: false; trouble: Trouble };

/** Longer than the hub's own limit for a ticket (5 s). */
const usualLimitMs = 15_000;
/** How long an answer may take beyond the time that the hub was given for its work. */
const marginMs = 10_000;

/** One call under /api/v1; `limitMs`: it counts as unreachable after that. Pages with many calls of their own keep them beside the page. */
export async function call<T>(
  method: string,
  path: string,
  body?: unknown,
  {
    limitMs = usualLimitMs,
    signal,
    headers = {},
  }: { limitMs?: number; signal?: AbortSignal; headers?: Record<string, string> } = {},
): Promise<Answer<T>> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), limitMs);
  const stop = (): void => abort.abort();
  signal?.addEventListener('abort', stop);
  if (signal?.aborted) stop();
  try {
    const response = await fetch(`/api/v1${path}`, {
      method,
      credentials: 'same-origin',
      cache: 'no-store',
      signal: abort.signal,
      headers: {
        ...screenHeader(),
        ...headers,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const text = await response.text();
    const answer: unknown = text === '' ? undefined : parse(text);
    if (response.ok) return { ok: true, value: answer as T };
    return { ok: false, trouble: troubleOf(response.status, answer) };
  } catch (error) {
    return { ok: false, trouble: { code: 'unreachable', detail: String(error), facts: {} } };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}

/** Kiosk, window and board screens have cookies of their own: a clerk in the same browser stays signed in. */
function screenHeader(): Record<string, string> {
  const screen = document.documentElement.dataset.screen;
  return screen === 'kiosk' || screen === 'window' || screen === 'board' ? { 'x-hall-screen': screen } : {};
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A problem document (RFC 9457) as trouble; anything else from a server that is not ours is `unknown` or, from a gateway, `unreachable`. */
export function troubleOf(status: number, answer: unknown): Trouble {
  if (typeof answer === 'object' && answer !== null && 'code' in answer && typeof answer.code === 'string') {
    const {
      code,
      detail,
      type: _type,
      title: _title,
      status: _status,
      ...facts
    } = answer as Record<string, unknown>;
    return { code: code as TroubleCode, detail: typeof detail === 'string' ? detail : '', facts };
  }
  const code = status === 502 || status === 504 ? 'unreachable' : 'unknown';
  return { code, detail: `HTTP ${status}`, facts: {} };
}

export type SessionView = { role: Role; staff?: string };
export type Credentials = { staff: string; pin: string } | { token: string } | { screen: 'kiosk' | 'window' | 'board' };
export const session = {
  current: () => call<SessionView>('GET', '/session'),
  begin: (credentials: Credentials) => call<SessionView>('POST', '/session', credentials),
  end: () => call<void>('DELETE', '/session'),
};

export type TicketRequest = {
  service: string;
  priority?: Priority;
  language: 'zh' | 'en';
  /** screen: without paper, in line at once */
  delivery: 'paper' | 'screen';
  idempotencyKey: string;
};
const ticketPath = (id: string, action = ''): string => `/tickets/${encodeURIComponent(id)}${action}`;
export const tickets = {
  take: (request: TicketRequest) => call<TicketView>('POST', '/tickets', request),
  look: (id: string) => call<TicketView>('GET', ticketPath(id)),
  cancel: (id: string, reason?: string) =>
    call<TicketView>('DELETE', ticketPath(id), reason === undefined ? undefined : { reason }),
  /** did its paper come out? */
  paper: (id: string, out: boolean) => call<TicketView>('POST', ticketPath(id, '/paper'), { out }),
  reprint: (id: string) => call<TicketView>('POST', ticketPath(id, '/reprint'), {}),
  onScreen: (id: string) => call<TicketView>('POST', ticketPath(id, '/on-screen'), {}),
  resume: (id: string) => call<TicketView>('POST', ticketPath(id, '/resume'), {}),
  priority: (id: string, said: { decision: 'confirmed' | 'denied'; reason?: string }) =>
    call<TicketView>('POST', ticketPath(id, '/priority'), said),
};
/** The hall's lists of reasons, by what they are for. */
export const reasonLists = () => call<Record<string, Bilingual[]>>('GET', '/reasons');

export type WindowAction =
  | 'open'
  | 'call-next'
  | 'recall'
  | 'take-back'
  | 'start'
  | 'finish'
  | 'missed'
  | 'transfer'
  | 'park'
  | 'pause'
  | 'resume'
  | 'close'
  | 'call';
export type WindowActionBody = {
  reason?: string;
  service?: string;
  window?: number;
  ticketId?: string;
  comeBack?: boolean;
  /** of a park; without them the hall's rule */
  minutes?: number;
};
export const windows = {
  act: (window: number, action: WindowAction, body: WindowActionBody = {}) =>
    call<WindowView>('POST', `/windows/${window}/${action}`, body),
  rate: (window: number, session: number, level: RatingLevel) =>
    call<unknown>('POST', `/windows/${window}/rate`, { session, level }),
};

/** The one-time notice of a service on the kiosk's paper. */
export const printNotice = (service: string, language: 'zh' | 'en') =>
  call<{ state: 'printed' | 'printing' | 'failed' | 'unconfirmed'; why?: PaperFault }>(
    'POST',
    `/services/${encodeURIComponent(service)}/notice`,
    { language },
  );

/** What the code on a ticket's paper leads to. */
export type MyTicket = Pick<
  TicketView,
  'number' | 'service' | 'state' | 'ahead' | 'waitMinS' | 'waitMaxS' | 'area' | 'window'
> & { mayLeave?: boolean };
/** `key`: what stands behind /t/ on the paper; it lets its holder leave the line and rate. */
const myPath = (key: string, action = ''): string => `/my-ticket/${encodeURIComponent(key)}${action}`;
export const myTicket = {
  look: (key: string) => call<MyTicket>('GET', myPath(key)),
  leave: (key: string) => call<MyTicket>('DELETE', myPath(key)),
  mayRate: (key: string) => call<MyRating>('GET', myPath(key, '/rate')),
  rate: (key: string, level: RatingLevel) => call<MyRating>('POST', myPath(key, '/rate'), { level }),
};
/** The last visit of a ticket; `reason`: where the visitor can say why. */
export type MyRating = { window: number; state: 'not-rated' | 'open' | 'rated' | 'over'; reason?: string };

/** What the one-time code at the window leads to. */
export type ReasonView = {
  number: string;
  window: number;
  options: ({ code: string } & Bilingual)[];
  state: 'open' | 'given' | 'expired';
};
export const reasons = {
  look: (token: string) => call<ReasonView>('GET', `/reason/${encodeURIComponent(token)}`),
  give: (token: string, said: { options: string[]; text?: string }) =>
    call<ReasonView>('POST', `/reason/${encodeURIComponent(token)}`, said),
  /** the code for the companion screen of a window; null while there is none */
  linkAt: (window: number) => call<{ url: string | null }>('GET', `/windows/${window}/reason-link`),
};

export type DeviceTest = 'light' | 'voice' | 'beep' | 'display' | 'print' | 'text' | 'read';
/** `seen`: what was read, in its masked form */
export type TestOutcome = { ok: boolean; why?: string; seen?: string };
export type WireFrame = { at: string; direction: 'in' | 'out'; hex: string; decoded?: unknown };
export type BoundByKey =
  | { bound: FoundView }
  | { bound: null; why: 'nothing-pressed' | 'no-free-port' | 'stopped'; troubles: string[] };
/** A missing field is left as it is, null takes it away. */
export type DeviceSettings = { keyMap?: Record<string, RatingLevel> | null; note?: string | null };
const devicePath = (id: string, action: string): string => `/devices/${encodeURIComponent(id)}/${action}`;
export const devices = {
  /** a card or a code is waited for up to 20 s, a sheet of paper up to 10 s */
  test: (id: string, what: DeviceTest) =>
    call<TestOutcome>('POST', devicePath(id, 'test'), { what }, { limitMs: 20_000 + marginMs }),
  frames: (id: string) => call<WireFrame[]>('GET', devicePath(id, 'frames')),
  found: () => call<{ found: FoundView[]; troubles: string[] }>('GET', '/devices/found'),
  bind: (id: string, key: string) => call<DeviceView>('PUT', devicePath(id, 'binding'), { key }),
  unbind: (id: string) => call<DeviceView>('DELETE', devicePath(id, 'binding')),
  /** Ends with the key that is pressed, after `seconds` [5…120], or by `stopBindByKey`. */
  bindByKey: (id: string, seconds: number) =>
    call<BoundByKey>(
      'POST',
      devicePath(id, 'bind-by-key'),
      { seconds },
      { limitMs: seconds * 1000 + marginMs },
    ),
  stopBindByKey: (id: string) => call<unknown>('DELETE', devicePath(id, 'bind-by-key')),
  /** The raw code of the next key; null when none was pressed in time. */
  learnKey: (id: string, seconds: number, signal: AbortSignal) =>
    call<{ code: string | null }>(
      'POST',
      devicePath(id, 'learn-keys'),
      { seconds },
      { limitMs: seconds * 1000 + marginMs, signal },
    ),
  set: (id: string, settings: DeviceSettings) =>
    call<DeviceView>('PUT', devicePath(id, 'settings'), settings),
};

/**
 * The wire of a device for `seconds` as NDJSON, handed on as it comes. Ends early, without trouble, by `signal`; a
 * connection that breaks is `unreachable`, and what has come by then stands.
 */
export async function capture(
  id: string,
  seconds: number,
  signal: AbortSignal,
  onBytes: (bytes: Uint8Array) => void,
): Promise<Answer<void>> {
  const abort = new AbortController();
  const stop = (): void => abort.abort();
  const timer = setTimeout(stop, seconds * 1000 + marginMs);
  signal.addEventListener('abort', stop);
  try {
    const response = await fetch(`/api/v1${devicePath(id, 'capture')}?seconds=${seconds}`, {
      credentials: 'same-origin',
      cache: 'no-store',
      signal: abort.signal,
    });
    if (!response.ok) return { ok: false, trouble: troubleOf(response.status, parse(await response.text())) };
    const reader = response.body?.getReader();
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read())
      onBytes(part.value);
    return { ok: true, value: undefined };
  } catch (error) {
    if (signal.aborted) return { ok: true, value: undefined };
    return { ok: false, trouble: { code: 'unreachable', detail: String(error), facts: {} } };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

/** A fresh key for one tap. `crypto.randomUUID` is missing on pages served over plain HTTP from another machine. */
export function freshKey(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
