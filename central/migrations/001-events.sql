-- What has arrived, and what is read from it. A seq fits in bigint for ever; a hall makes some 50,000 a day.

CREATE TABLE agents (
  agent_id   text PRIMARY KEY,
  region     text NOT NULL,
  token_hash text NOT NULL,
  added_at   timestamptz NOT NULL DEFAULT now()
);

-- One row an agent and epoch: how far its events are here. Locked while a batch is taken.
CREATE TABLE streams (
  agent_id    text NOT NULL,
  epoch       text NOT NULL,
  through     bigint NOT NULL DEFAULT 0,
  last_hash   text NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (agent_id, epoch)
);

CREATE TABLE events (
  agent_id    text NOT NULL,
  epoch       text NOT NULL,
  seq         bigint NOT NULL,
  -- the order in which this server took them; the next page of an export starts behind it
  place       bigint GENERATED ALWAYS AS IDENTITY,
  hall        text NOT NULL,
  region      text NOT NULL,
  type        text NOT NULL,
  subject     text NOT NULL,
  time        timestamptz NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(),
  event       jsonb NOT NULL,
  PRIMARY KEY (agent_id, epoch, seq)
);

-- The agent's history and ours do not fit together: something was changed, removed or set back.
CREATE TABLE chain_alarms (
  agent_id text NOT NULL,
  epoch    text NOT NULL,
  seq      bigint NOT NULL,
  kind     text NOT NULL, -- prev-differs: taken, but not linked to the one before; other-history: refused
  at       timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (agent_id, epoch, seq, kind)
);

CREATE TABLE halls (
  hall           text NOT NULL,
  agent_id       text NOT NULL,
  region         text NOT NULL,
  epoch          text NOT NULL,
  -- the hall's local day and offset from UTC as its latest event has them
  day            date NOT NULL,
  offset_minutes integer NOT NULL,
  last_event_at  timestamptz NOT NULL,
  PRIMARY KEY (hall, agent_id)
);

CREATE TABLE tickets (
  agent_id       text NOT NULL,
  epoch          text NOT NULL,
  ticket_id      text NOT NULL,
  hall           text NOT NULL,
  number         text NOT NULL,
  service        text NOT NULL,
  day            date NOT NULL,
  state          text NOT NULL,
  "window"       integer,
  reserved_at    timestamptz,
  called_at      timestamptz,
  started_at     timestamptz,
  finished_at    timestamptz,
  changed_at     timestamptz NOT NULL,
  changed_seq    bigint NOT NULL,
  offset_minutes integer NOT NULL,
  PRIMARY KEY (agent_id, epoch, ticket_id)
);
CREATE INDEX tickets_by_hall_and_day ON tickets (hall, day);
CREATE INDEX tickets_latest ON tickets (changed_at DESC);

CREATE TABLE ratings (
  agent_id        text NOT NULL,
  epoch           text NOT NULL,
  seq             bigint NOT NULL,
  place           bigint GENERATED ALWAYS AS IDENTITY,
  hall            text NOT NULL,
  region          text NOT NULL,
  day             date NOT NULL,
  session         bigint NOT NULL,
  ticket_id       text NOT NULL,
  number          text NOT NULL,
  service         text NOT NULL,
  stage           text NOT NULL,
  "window"        integer NOT NULL,
  staff           text NOT NULL,
  level           integer NOT NULL CHECK (level BETWEEN 1 AND 5),
  source          text NOT NULL,
  device_serial   text,
  device_boot     text,
  device_seq      bigint,
  prompted_at     timestamptz NOT NULL,
  pressed_at      timestamptz NOT NULL,
  offset_minutes  integer NOT NULL,
  clock_offset_ms double precision NOT NULL,
  flags           text[] NOT NULL,
  PRIMARY KEY (agent_id, epoch, seq)
);
CREATE INDEX ratings_by_hall_and_day ON ratings (hall, day);
CREATE INDEX ratings_latest ON ratings (place DESC);
