-- What somebody is told about, and the messages on their way.

-- agent_id and hall are '' for what is of no one hall. An alert with raised_at null has not lasted long enough yet.
CREATE TABLE alerts (
  agent_id     text NOT NULL,
  id           text NOT NULL,
  rule         text NOT NULL,
  kind         text NOT NULL,
  hall         text NOT NULL,
  region       text NOT NULL,
  -- device, day or epoch, where a hall can have several
  subject      text NOT NULL,
  count        double precision,
  since        timestamptz NOT NULL,
  -- of what has happened and does not end: the latest of it
  latest       text,
  last_seen_at timestamptz NOT NULL,
  raised_at    timestamptz,
  resolved_at  timestamptz,
  ended        text CHECK (ended IN ('gone', 'seen', 'lapsed')),
  told_at      timestamptz,
  over_told_at timestamptz,
  seen_at      timestamptz,
  PRIMARY KEY (agent_id, id)
);
CREATE UNIQUE INDEX alerts_open ON alerts (agent_id, rule, hall, subject) WHERE resolved_at IS NULL;
CREATE INDEX alerts_by_end ON alerts (resolved_at);

-- Of no agent: a small table that is the same on every node. One row a message and channel.
CREATE TABLE alert_deliveries (
  id          text PRIMARY KEY,
  channel     text NOT NULL,
  rule        text NOT NULL,
  kind        text NOT NULL,
  region      text NOT NULL,
  phase       text NOT NULL CHECK (phase IN ('raised', 'repeated', 'resolved')),
  alerts      integer NOT NULL,
  message     jsonb NOT NULL,
  queued_at   timestamptz NOT NULL,
  -- not sent before then; a sender moves it on first, so that two servers do not send the same
  next_at     timestamptz NOT NULL,
  tries       integer NOT NULL DEFAULT 0,
  state       text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'answered', 'refused', 'expired')),
  said        text,
  -- the recipients that have not taken it yet; null: all
  left_to     jsonb,
  answered_at timestamptz
);
CREATE INDEX alert_deliveries_queued ON alert_deliveries (next_at) WHERE state = 'queued';
CREATE INDEX alert_deliveries_by_time ON alert_deliveries (queued_at);

-- Of no agent: one row that is locked while the rules are evaluated, so that no two servers do it at once whatever their leases say.
CREATE TABLE alert_round (
  one boolean PRIMARY KEY CHECK (one)
);
INSERT INTO alert_round (one) VALUES (true);
