-- Commands for agents, kept until they are answered or past their deadline. `place` is their order.

CREATE TABLE outbox (
  id          text PRIMARY KEY,
  place       bigint GENERATED ALWAYS AS IDENTITY,
  agent_id    text NOT NULL,
  -- the wish that it was put here for: the same key again is the same command
  key         text NOT NULL,
  name        text NOT NULL,
  -- what it is about, such as an appointment's code
  subject     text NOT NULL,
  data        jsonb NOT NULL,
  deadline    timestamptz NOT NULL,
  queued_at   timestamptz NOT NULL,
  state       text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'delivered', 'refused', 'expired')),
  -- how often the agent has said that it failed; nothing was done then
  failures    integer NOT NULL DEFAULT 0,
  refused     text,
  why         text,
  answered_at timestamptz,
  UNIQUE (agent_id, key)
);
CREATE INDEX outbox_queued ON outbox (agent_id, place) WHERE state = 'queued';
CREATE INDEX outbox_by_subject ON outbox (agent_id, name, subject, place);

-- What became of an appointment, by its code.
CREATE INDEX events_of_appointments ON events (agent_id, subject, place) WHERE type LIKE 'hall.appointment.%';
