/** The register of traces (痕迹管理): what left the order and why, and whether the log that says so is whole. */
import { Router, type Response } from 'express';
import { z } from 'zod';
import type { HallEvent } from '../contract/events.ts';
import { HallError } from '../contract/problem.ts';
import { REASON_LISTS } from '../config/rules.ts';
import { eventData } from '../contract/events.ts';
import { localDate } from '../contract/words.ts';
import { verifyBeside, type FileVerdict } from '../journal/verify-beside.ts';
import { playbackLink } from '../video.ts';
import type { Access } from './access.ts';
import { daysInLog, spanOfDays } from './day-visits.ts';
import type { AgentParts } from './parts.ts';
import { body } from './problems.ts';

const query = z.object({
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  action: eventData['hall.trace.recorded'].shape.action.optional(),
  window: z.coerce.number().int().min(1).max(999).optional(),
  staff: z.string().min(1).max(16).optional(),
  /** local days, both included */
  from: localDate.optional(),
  through: localDate.optional(),
});

type TraceEvent = Extract<HallEvent, { type: 'hall.trace.recorded' }>;

/** `GET /trace`, `/trace/days`, `/trace/verify`, `/trace/verify/progress`, `/reasons`. */
export function traceRoutes(parts: AgentParts, access: Access): Router {
  const router = Router();
  router.get('/trace', access.allow('manager', 'integrator'), async (request, response) => {
    const { after, limit, action, window, staff, from, through } = body(query, request.query);
    const span =
      from === undefined && through === undefined
        ? { after: 0, through: Infinity }
        : await spanOfDays(parts, from ?? '', through ?? '9999-12-31');
    if (!span) return void response.json({ traces: [], next: null });
    const page = await parts.journal.find(
      'hall.trace.recorded',
      Math.max(after, span.after),
      limit,
      ({ data }) =>
        (action === undefined || data.action === action) &&
        (window === undefined || data.window === window) &&
        (staff === undefined || data.staff === staff),
    );
    const found = page.found.filter(({ event }) => event.seq <= span.through);
    const next = page.next !== null && page.next < span.through ? page.next : null;
    response.json({ traces: found.map(({ event, hash }) => traceView(parts, event, hash)), next });
  });
  router.get('/trace/days', access.allow('manager'), async (_request, response) => {
    response.json({ days: (await daysInLog(parts)).map(({ day }) => day) });
  });

  const check = new LogCheck(parts.journal.folder);
  router.get('/trace/verify', access.allow('manager'), async (_request, response) => {
    response.json(verdictOf(await check.answerTo(response)));
  });
  router.get('/trace/verify/progress', access.allow('manager'), (_request, response) => {
    response.json({ running: check.progress });
  });

  router.get('/reasons', access.allow('clerk', 'manager', 'technician'), (_request, response) => {
    const lists = parts.config.rules.reasons;
    response.json(Object.fromEntries(REASON_LISTS.map((list) => [list, lists[list] ?? []])));
  });
  return router;
}

function traceView({ config }: AgentParts, event: TraceEvent, hash: string): object {
  const { seq, epoch, prev, time, data } = event;
  const { video } = config;
  const link =
    video && data.window !== undefined
      ? playbackLink(video.template, {
          hall: config.hall.id,
          window: data.window,
          camera: video.cameras[String(data.window)],
          at: new Date(time),
          beforeS: video.beforeS,
          afterS: video.afterS,
        })
      : null;
  return { seq, epoch, prev, hash, time, ...data, ...(link && { playback: link.href }) };
}

type Answer =
  | { ok: true; records: number; through: number; hash: string }
  | { ok: false; firstBad: { epoch?: string; seq: number; why: string } };

function verdictOf(verdicts: FileVerdict[]): Answer {
  let records = 0;
  let answer: Answer = { ok: true, records, through: 0, hash: '' };
  for (const { verdict } of verdicts) {
    if (!verdict.ok) return { ok: false, firstBad: { seq: verdict.seq, why: verdict.why } };
    records += verdict.first === 0 ? 0 : verdict.last - verdict.first + 1;
    answer = { ok: true, records, through: verdict.last, hash: verdict.hash };
  }
  return answer;
}

/** One check at a time, shared by all who ask meanwhile; it ends when nobody waits for it any more. */
class LogCheck {
  progress: { records: number; of: number } | null = null;
  readonly #folder: string;
  #running: Promise<FileVerdict[]> | null = null;
  #stop = new AbortController();
  #waiting = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async answerTo(response: Response): Promise<FileVerdict[]> {
    this.#running ??= this.#start();
    this.#waiting += 1;
    response.once('close', () => {
      this.#waiting -= 1;
      if (this.#waiting === 0) this.#stop.abort();
    });
    return this.#running;
  }

  #start(): Promise<FileVerdict[]> {
    this.#stop = new AbortController();
    this.progress = { records: 0, of: 0 };
    const told = (records: number, of: number): void => void (this.progress = { records, of });
    return verifyBeside(this.#folder, told, this.#stop.signal)
      .catch((error: unknown) => {
        throw new HallError('internal', 'The log could not be checked; try again.', {}, error);
      })
      .finally(() => {
        this.progress = null;
        this.#running = null;
      });
  }
}
