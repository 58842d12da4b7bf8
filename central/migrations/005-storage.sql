-- Keys that spread by hall, and figures rolled up, so that a year of many halls is summed from its months.

-- Databases that spread a table by the first column of its key (YugabyteDB) had one place for all days.
ALTER TABLE tallies DROP CONSTRAINT tallies_pkey;
ALTER TABLE tallies ADD CONSTRAINT tallies_pkey PRIMARY KEY (agent_id, part, day, hall, hour, service, "window", staff);
ALTER TABLE outbox DROP CONSTRAINT outbox_pkey;
ALTER TABLE outbox ADD CONSTRAINT outbox_pkey PRIMARY KEY (agent_id, id);
CREATE INDEX outbox_by_id ON outbox (id);

-- Sums of the parts of 003, counted together with them. service: a day of one service; month, month-hour, month-service: the
-- same for a month, which `day` names by its first.
ALTER TABLE tallies DROP CONSTRAINT tallies_part_check;
ALTER TABLE tallies ADD CONSTRAINT tallies_part_check
  CHECK (part IN ('day', 'hour', 'place', 'service', 'month', 'month-hour', 'month-service'));

INSERT INTO tallies (agent_id, hall, part, day, hour, service, "window", staff, tickets, called, served, missed, cancelled,
                     asked, lapsed, ratings, waited, waited_sum, waited_max, at_window, at_window_sum, at_window_max)
SELECT agent_id, hall, sum_of, CASE sum_of WHEN 'service' THEN day ELSE date_trunc('month', day)::date END, hour, service, 0, '',
       sum(tickets), sum(called), sum(served), sum(missed), sum(cancelled), sum(asked), sum(lapsed),
       ARRAY[sum(ratings[1]), sum(ratings[2]), sum(ratings[3]), sum(ratings[4]), sum(ratings[5])]::integer[],
       ARRAY[sum(waited[1]), sum(waited[2]), sum(waited[3]), sum(waited[4]), sum(waited[5]), sum(waited[6]),
         sum(waited[7]), sum(waited[8]), sum(waited[9]), sum(waited[10])]::integer[],
       sum(waited_sum), max(waited_max),
       ARRAY[sum(at_window[1]), sum(at_window[2]), sum(at_window[3]), sum(at_window[4]), sum(at_window[5]),
         sum(at_window[6]), sum(at_window[7]), sum(at_window[8]), sum(at_window[9]), sum(at_window[10])]::integer[],
       sum(at_window_sum), max(at_window_max)
FROM tallies
JOIN (VALUES ('day', 'month'), ('hour', 'month-hour'), ('place', 'service'), ('place', 'month-service')) AS kind (part_of, sum_of)
  ON part = part_of
GROUP BY agent_id, hall, sum_of, 4, hour, service;

-- Which days of a month there are figures for, which the hall has closed, and which of those do not fit: a bit a day, the first
-- of the month the lowest.
CREATE TABLE hall_months (
  agent_id  text NOT NULL,
  hall      text NOT NULL,
  month     date NOT NULL,
  days      integer NOT NULL,
  closed    integer NOT NULL,
  differing integer NOT NULL,
  PRIMARY KEY (agent_id, month, hall)
);
CREATE INDEX hall_months_by_month ON hall_months (month);
INSERT INTO hall_months (agent_id, hall, month, days, closed, differing)
SELECT agent_id, hall, date_trunc('month', day)::date, bit_or(days), bit_or(closed), bit_or(differing)
FROM (
  SELECT agent_id, hall, day, 1 << (extract(day FROM day)::integer - 1) AS days, 0 AS closed, 0 AS differing
  FROM tallies WHERE part = 'day'
  UNION ALL
  SELECT agent_id, hall, day, 0, 1 << (extract(day FROM day)::integer - 1),
         CASE WHEN fits = false THEN 1 << (extract(day FROM day)::integer - 1) ELSE 0 END
  FROM day_closings) AS known
GROUP BY 1, 2, 3;
CREATE INDEX day_closings_differing ON day_closings (day) WHERE fits = false;

-- What the keeping of old rows did last; one row a task. A reference table: it belongs to no agent.
CREATE TABLE keeping_runs (
  task   text PRIMARY KEY,
  at     timestamptz NOT NULL,
  result jsonb NOT NULL
);
