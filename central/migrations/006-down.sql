-- What goes down to halls, and what they have said of it.

-- The newest word of a hall on each thing: `configuration` (subject: its version), `in-effect`, `notice` (subject: its id), `surge`,
-- `waits`. Kept while events are taken, so that it stands also when the events themselves are no longer kept.
CREATE TABLE hall_said (
  agent_id text NOT NULL,
  what     text NOT NULL CHECK (what IN ('configuration', 'in-effect', 'notice', 'surge', 'waits')),
  subject  text NOT NULL,
  hall     text NOT NULL,
  type     text NOT NULL,
  data     jsonb NOT NULL,
  at       timestamptz NOT NULL,
  PRIMARY KEY (agent_id, what, subject)
);

-- A notice as the office wrote it; how it stands in each hall is known to the outbox and hall_said. Not of one agent: a reference table.
CREATE TABLE notices (
  id           text PRIMARY KEY,
  text         jsonb NOT NULL,
  places       jsonb NOT NULL,
  shown_from   timestamptz NOT NULL,
  shown_until  timestamptz NOT NULL,
  -- who it was for, as it was asked: {regions} or {agents}
  target       jsonb NOT NULL,
  posted_at    timestamptz NOT NULL,
  withdrawn_at timestamptz
);
