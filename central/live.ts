/** The far end's page, live: a snapshot when it connects, then a change when something has been committed. */
import type { Server as HttpServer } from 'node:http';
import { Server } from 'socket.io';
import type { FarEndView } from '../kiosk-agent/contract/far-end.ts';
import type { Access } from './access.ts';
import { summaryOf, type HallBoard } from './board.ts';
import type { Database } from './database.ts';
import { latestAlarms, latestRatings, latestTickets } from './overview.ts';

const RATINGS_SHOWN = 40;
const TICKETS_SHOWN = 20;
const ALARMS_SHOWN = 20;
/** Commits within this time share one change: hundreds a second must not become hundreds of pictures. */
const GATHER_MS = 200;

/** More agents than this in one change: the page asks for its halls anew. */
const HALLS_TOLD = 20;

/** Serves `/live` on `http` until closed. */
export class Live {
  readonly #io: Server;
  readonly #database: Database;
  readonly #board: HallBoard;
  readonly #clock: () => Date;
  readonly #changed = new Set<string>();
  #changedAll = false;
  #timer: NodeJS.Timeout | null = null;
  #sending: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(http: HttpServer, database: Database, board: HallBoard, access: Access, clock: () => Date) {
    this.#database = database;
    this.#board = board;
    this.#clock = clock;
    this.#io = new Server(http, {
      path: '/live',
      serveClient: false,
      destroyUpgrade: false,
      maxHttpBufferSize: 1024,
      allowRequest: (request, done) => done(null, access.mayLook(request)),
    });
    this.#io.on('connection', (socket) => {
      this.#sending = this.#sending.then(async () => {
        socket.emit('snapshot', await this.#view());
      });
      this.#sending = this.#sending.catch(() => void socket.disconnect(true));
    });
  }

  /** Something of this agent was committed, or it came or went. */
  changed(agentId: string): void {
    if (this.#closed || this.#io.engine.clientsCount === 0) return;
    this.#changed.add(agentId);
    this.#tellSoon();
  }

  /** Perhaps something of every agent. */
  changedAll(): void {
    if (this.#closed || this.#io.engine.clientsCount === 0) return;
    this.#changedAll = true;
    this.#tellSoon();
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
    await this.#sending;
    this.#io.disconnectSockets(true);
    this.#io.engine.close();
  }

  #tellSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      const agents = this.#changedAll ? undefined : [...this.#changed];
      this.#changed.clear();
      this.#changedAll = false;
      // When the database fails the page keeps what it has; the next commit brings it up to date.
      this.#sending = this.#sending
        .then(async () => void this.#io.emit('change', await this.#view(agents)))
        .catch(() => undefined);
    }, GATHER_MS);
  }

  async #view(agents?: string[]): Promise<FarEndView> {
    const all = await this.#board.rows();
    const told = agents && agents.length <= HALLS_TOLD ? new Set(agents) : null;
    return {
      time: this.#clock().toISOString(),
      summary: summaryOf(all),
      halls: told && all.filter((row) => told.has(row.agentId)),
      ratings: await latestRatings(this.#database, RATINGS_SHOWN),
      tickets: await latestTickets(this.#database, TICKETS_SHOWN),
      alarms: await latestAlarms(this.#database, ALARMS_SHOWN),
    };
  }
}
