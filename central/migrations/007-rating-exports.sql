-- Ratings on their way to the regions. What an export wants of a rating is copied here when it is read from the events, and stays
-- until the region has answered; the events may be dropped after that.

-- Reference table: how an export stands, one row an export, whichever server works on it.
CREATE TABLE rating_exports (
  export_id      text PRIMARY KEY,
  -- of the profile that the incomplete ones were tried with
  profile_hash   text NOT NULL,
  -- tries in a row that got no answer, and when the next one is due
  failures       integer NOT NULL DEFAULT 0,
  next_try_at    timestamptz,
  last_answer    text,
  last_answer_at timestamptz,
  last_answered  boolean,
  sent           bigint NOT NULL DEFAULT 0,
  sent_defaults  bigint NOT NULL DEFAULT 0,
  files          integer NOT NULL DEFAULT 0
);

-- How far an export has read a stream. A stream's events are committed in the order of their seq, so nothing is behind this that
-- was not seen; an order over all streams (events.place) has gaps that fill later.
CREATE TABLE rating_export_cursors (
  agent_id  text NOT NULL,
  export_id text NOT NULL,
  epoch     text NOT NULL,
  seq       bigint NOT NULL,
  -- time of that event: what is due later than this is not known to be unrated
  at        timestamptz,
  PRIMARY KEY (agent_id, export_id, epoch)
);

CREATE TABLE rating_export_records (
  agent_id     text NOT NULL,
  export_id    text NOT NULL,
  epoch        text NOT NULL,
  session      bigint NOT NULL,
  kind         text NOT NULL CHECK (kind IN ('first', 'second', 'default')),
  seq          bigint NOT NULL,
  service      text NOT NULL,
  rated_at     timestamptz NOT NULL,
  -- what the event said, and the visitor's reason
  rating       jsonb NOT NULL,
  reason       jsonb,
  state        text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'refused', 'incomplete', 'left-out')),
  -- not before; null: not before an appeal is decided
  due_at       timestamptz,
  -- JSON as it was sent the first time, its fields in their order: every further try is the same
  record       text,
  tries        integer NOT NULL DEFAULT 0,
  next_try_at  timestamptz,
  missing      jsonb,
  answer       text,
  receipt      text,
  answered_at  timestamptz,
  -- an appeal against it was upheld after it had gone
  upheld_later boolean NOT NULL DEFAULT false,
  file         integer,
  PRIMARY KEY (agent_id, export_id, epoch, session, kind)
);
-- in the order in which they go
CREATE INDEX rating_export_waiting ON rating_export_records (export_id, due_at, agent_id, epoch, seq) WHERE state = 'waiting';
CREATE INDEX rating_export_stuck ON rating_export_records (export_id, state, rated_at) WHERE state IN ('refused', 'incomplete');
CREATE INDEX rating_export_sent ON rating_export_records (answered_at) WHERE state IN ('sent', 'left-out');
