-- Only where the engine has partitions by range (not CockroachDB). Events lie by the month in which they came, by the server's
-- clock: a hall whose clock is wrong makes no strange months. Ratings lie by the month of their day. What has no month of its
-- own lies in …_rest, where a database from before has all of it at first; central/keeping/partitions.ts makes the months.
-- That (agent_id, epoch, seq) comes once is held by the locked row of `streams`: a key must have the partition's column.

ALTER TABLE events RENAME TO events_rest;
ALTER TABLE events_rest ALTER COLUMN place DROP IDENTITY;
ALTER TABLE events_rest DROP CONSTRAINT events_pkey;
ALTER TABLE events_rest ADD CONSTRAINT events_rest_pkey PRIMARY KEY (agent_id, epoch, seq, received_at);
ALTER INDEX events_of_appointments RENAME TO events_rest_of_appointments;
-- PostgreSQL before 17 gives partitions no identity of their own.
CREATE SEQUENCE events_place;
SELECT setval('events_place', (SELECT coalesce(max(place), 0) + 1 FROM events_rest), false);
ALTER TABLE events_rest ALTER COLUMN place SET DEFAULT nextval('events_place');
CREATE TABLE events (LIKE events_rest INCLUDING DEFAULTS) PARTITION BY RANGE (received_at);
ALTER TABLE events ADD CONSTRAINT events_pkey PRIMARY KEY (agent_id, epoch, seq, received_at);
CREATE INDEX events_of_appointments ON events (agent_id, subject, place) WHERE type LIKE 'hall.appointment.%';
ALTER TABLE events ATTACH PARTITION events_rest DEFAULT;

ALTER TABLE ratings RENAME TO ratings_rest;
ALTER TABLE ratings_rest ALTER COLUMN place DROP IDENTITY;
ALTER TABLE ratings_rest DROP CONSTRAINT ratings_pkey;
ALTER TABLE ratings_rest ADD CONSTRAINT ratings_rest_pkey PRIMARY KEY (agent_id, epoch, seq, day);
ALTER INDEX ratings_by_hall_and_day RENAME TO ratings_rest_by_hall_and_day;
ALTER INDEX ratings_latest RENAME TO ratings_rest_latest;
ALTER INDEX ratings_by_session RENAME TO ratings_rest_by_session;
CREATE SEQUENCE ratings_place;
SELECT setval('ratings_place', (SELECT coalesce(max(place), 0) + 1 FROM ratings_rest), false);
ALTER TABLE ratings_rest ALTER COLUMN place SET DEFAULT nextval('ratings_place');
CREATE TABLE ratings (LIKE ratings_rest INCLUDING DEFAULTS INCLUDING CONSTRAINTS) PARTITION BY RANGE (day);
ALTER TABLE ratings ADD CONSTRAINT ratings_pkey PRIMARY KEY (agent_id, epoch, seq, day);
CREATE INDEX ratings_by_hall_and_day ON ratings (hall, day);
CREATE INDEX ratings_latest ON ratings (place DESC);
CREATE INDEX ratings_by_session ON ratings (agent_id, session);
ALTER TABLE ratings ATTACH PARTITION ratings_rest DEFAULT;
