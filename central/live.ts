/** The far end's page, live: a snapshot when it connects, then a change when something has been committed. */
import type { Server as HttpServer } from 'node:http';
import { Server } from 'socket.io';
import type { Access } from './access.ts';
import type { Agents } from './agents.ts';
import type { Database } from './database.ts';
import {
  hallRows,
  latestAlarms,
  latestRatings,
  latestTickets,
  type AlarmRow,
  type HallRow,
  type RatingRow,
  type TicketRow,
} from './overview.ts';
import type { Receiver } from './receiver.ts';

const RATINGS_SHOWN = 40;
const TICKETS_SHOWN = 20;
const ALARMS_SHOWN = 20;
/** Commits within this time share one change: hundreds a second must not become hundreds of pictures. */
const GATHER_MS = 200;

/** `halls`: in a snapshot all, in a change those of the agents that changed. The lists are always the whole list. */
export type View = {
  time: string;
  halls: HallRow[];
  ratings: RatingRow[];
  tickets: TicketRow[];
  alarms: AlarmRow[];
};

/** Serves `/live` on `http` until closed. */
export class Live {
  readonly #io: Server;
  readonly #database: Database;
  readonly #agents: Agents;
  readonly #receiver: () => Receiver;
  readonly #clock: () => Date;
  readonly #changed = new Set<string>();
  #timer: NodeJS.Timeout | null = null;
  #sending: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(
    http: HttpServer,
    database: Database,
    agents: Agents,
    receiver: () => Receiver,
    access: Access,
    clock: () => Date,
  ) {
    this.#database = database;
    this.#agents = agents;
    this.#receiver = receiver;
    this.#clock = clock;
    this.#io = new Server(http, {
      path: '/live',
      serveClient: true,
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
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      const agents = [...this.#changed];
      this.#changed.clear();
      // When the database fails the page keeps what it has; the next commit brings it up to date.
      this.#sending = this.#sending
        .then(async () => void this.#io.emit('change', await this.#view(agents)))
        .catch(() => undefined);
    }, GATHER_MS);
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
    await this.#sending;
    this.#io.disconnectSockets(true);
    this.#io.engine.close();
  }

  async #view(agents?: string[]): Promise<View> {
    const presence = (id: string) => this.#receiver().presence(id);
    const some = agents && agents.length <= 10;
    const halls = some
      ? (await Promise.all(agents.map((id) => hallRows(this.#database, this.#agents, presence, id)))).flat()
      : await hallRows(this.#database, this.#agents, presence);
    return {
      time: this.#clock().toISOString(),
      halls,
      ratings: await latestRatings(this.#database, RATINGS_SHOWN),
      tickets: await latestTickets(this.#database, TICKETS_SHOWN),
      alarms: await latestAlarms(this.#database, ALARMS_SHOWN),
    };
  }
}
