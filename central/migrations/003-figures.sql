-- Figures over halls and days, ledgers and what is wrong now: counted while events are taken, in the same transaction. All of
-- it can be computed again from `events`: empty these tables and set `counted` to 0, open_day and day_tally to null.

-- How far the figures of a stream are counted; behind `through` the server catches up from the stored events.
ALTER TABLE streams ADD COLUMN counted bigint NOT NULL DEFAULT 0;
-- The hall's day that is open at `counted`, and its count so far, to be compared with the totals that the hall writes when it closes.
ALTER TABLE streams ADD COLUMN open_day date;
ALTER TABLE streams ADD COLUMN day_tally jsonb;

-- day: the hall's whole day; hour: an hour of it; place: a day of one service at one window by one member of staff ('' and 0
-- where an event names none). Arrays: ratings by level from 1, times by the classes of the contract.
CREATE TABLE tallies (
  agent_id   text NOT NULL,
  hall       text NOT NULL,
  part       text NOT NULL CHECK (part IN ('day', 'hour', 'place')),
  day        date NOT NULL,
  hour       integer NOT NULL DEFAULT 0,
  service    text NOT NULL DEFAULT '',
  "window"   integer NOT NULL DEFAULT 0,
  staff      text NOT NULL DEFAULT '',
  tickets    integer NOT NULL,
  called     integer NOT NULL,
  served     integer NOT NULL,
  missed     integer NOT NULL,
  cancelled  integer NOT NULL,
  asked      integer NOT NULL,
  lapsed     integer NOT NULL,
  ratings    integer[] NOT NULL,
  waited     integer[] NOT NULL,
  waited_sum bigint NOT NULL,
  waited_max integer NOT NULL,
  at_window  integer[] NOT NULL,
  at_window_sum bigint NOT NULL,
  at_window_max integer NOT NULL,
  PRIMARY KEY (part, agent_id, hall, day, hour, service, "window", staff)
);
CREATE INDEX tallies_by_day ON tallies (part, day);

-- Days that a hall has closed. fits: its totals are those of the events here; null when this stream has not seen the day open.
CREATE TABLE day_closings (
  agent_id text NOT NULL,
  epoch    text NOT NULL,
  seq      bigint NOT NULL,
  hall     text NOT NULL,
  day      date NOT NULL,
  at       timestamptz NOT NULL,
  fits     boolean,
  PRIMARY KEY (agent_id, epoch, seq)
);
CREATE INDEX day_closings_by_day ON day_closings (day);

-- Who was asked for a rating and by whom, until it is given or lapses: a lapse does not name the staff.
CREATE TABLE open_evaluations (
  agent_id text NOT NULL,
  epoch    text NOT NULL,
  session  bigint NOT NULL,
  staff    text NOT NULL,
  PRIMARY KEY (agent_id, epoch, session)
);

CREATE INDEX ratings_by_session ON ratings (agent_id, session);
CREATE TABLE bad_ratings (
  agent_id       text NOT NULL,
  epoch          text NOT NULL,
  session        bigint NOT NULL,
  hall           text NOT NULL,
  number         text NOT NULL,
  service        text NOT NULL,
  "window"       integer NOT NULL,
  staff          text NOT NULL,
  level          integer NOT NULL,
  given_at       timestamptz NOT NULL,
  offset_minutes integer NOT NULL,
  state          text NOT NULL CHECK (state IN ('open', 'appealed', 'closed')),
  upheld         boolean NOT NULL,
  steps          jsonb NOT NULL,
  due            jsonb NOT NULL,
  reason         jsonb,
  -- the step that the region's clock asks for next, and its last day; null when none is left
  next_step      text,
  next_due       date,
  -- where the clock stands still: the day of the appeal
  clock_day      date,
  PRIMARY KEY (agent_id, epoch, session)
);
CREATE INDEX bad_ratings_open ON bad_ratings (next_due) WHERE state <> 'closed';

CREATE TABLE opinions (
  agent_id       text NOT NULL,
  epoch          text NOT NULL,
  opinion        text NOT NULL,
  hall           text NOT NULL,
  kind           text NOT NULL,
  channel        text NOT NULL,
  text           text NOT NULL,
  "window"       integer,
  filed_at       timestamptz NOT NULL,
  offset_minutes integer NOT NULL,
  due_day        date NOT NULL,
  state          text NOT NULL CHECK (state IN ('filed', 'assigned', 'answered', 'closed')),
  assigned_to    text,
  answer         text,
  outcome        text,
  reopened       integer NOT NULL DEFAULT 0,
  PRIMARY KEY (agent_id, epoch, opinion)
);
CREATE INDEX opinions_open ON opinions (due_day) WHERE state <> 'closed';

CREATE TABLE hall_windows (
  agent_id   text NOT NULL,
  hall       text NOT NULL,
  "window"   integer NOT NULL,
  state      text NOT NULL CHECK (state IN ('open', 'paused', 'closed')),
  day        date NOT NULL,
  changed_at timestamptz NOT NULL,
  PRIMARY KEY (agent_id, hall, "window")
);

CREATE TABLE hall_devices (
  agent_id       text NOT NULL,
  hall           text NOT NULL,
  device         text NOT NULL,
  state          text NOT NULL CHECK (state IN ('ready', 'lost', 'faulted')),
  why            text,
  changed_at     timestamptz NOT NULL,
  offset_minutes integer NOT NULL,
  PRIMARY KEY (agent_id, hall, device)
);
CREATE INDEX hall_devices_down ON hall_devices (agent_id) WHERE state <> 'ready';

CREATE INDEX tickets_in_line ON tickets (agent_id, hall, day) WHERE state IN ('waiting', 'transferred');
