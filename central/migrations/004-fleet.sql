-- Several servers on one database. All of these are reference tables: small, of no agent's history, whole on every node where
-- tables are spread. All times are the database's, so that servers whose clocks differ agree; `since` alone is a server's own.

-- Who does what only one may do at a time. `turn` grows with each taking: who lost it cannot prolong or give back another's.
CREATE TABLE leases (
  name   text PRIMARY KEY,
  holder text NOT NULL,
  turn   bigint NOT NULL,
  until  timestamptz NOT NULL
);

-- One row a running server. One that is not seen for a while counts as gone.
CREATE TABLE servers (
  id         text PRIMARY KEY,
  -- host:port; a server that starts anew under a name takes the place of the one before
  name       text NOT NULL,
  started_at timestamptz NOT NULL DEFAULT now(),
  seen_at    timestamptz NOT NULL DEFAULT now()
);

-- Which agent is connected where, or was last, and where its log ended when it connected.
CREATE TABLE connections (
  agent_id  text NOT NULL,
  server    text NOT NULL,
  connected boolean NOT NULL,
  since     timestamptz NOT NULL,
  end_epoch text,
  end_seq   bigint,
  PRIMARY KEY (agent_id, server)
);

-- What a server tells the others, gathered: whose events it took, who came and went, for whom it has a command. Kept a minute.
CREATE TABLE changes (
  server text NOT NULL,
  number bigint NOT NULL,
  at     timestamptz NOT NULL DEFAULT now(),
  told   jsonb NOT NULL,
  PRIMARY KEY (server, number)
);

-- What the tokens of viewers and of the booking service hash to, and where the tokens themselves were written.
CREATE TABLE tokens (
  name    text PRIMARY KEY,
  hash    text NOT NULL,
  made_at timestamptz NOT NULL DEFAULT now(),
  made_in text NOT NULL
);
