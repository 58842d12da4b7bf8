/** The statements of the fleet. `now()` is the database's, so that servers whose clocks differ agree. */

/** A server that has not been seen for so long is gone, ms. */
export const GONE_MS = 15_000;
const GONE = `interval '${GONE_MS} milliseconds'`;

/** A server of the same name is this one before it started anew; with $2, all are. */
export const END_LEFTOVERS = `
  UPDATE connections SET connected = false, since = (SELECT seen_at FROM servers s WHERE s.id = server)
  WHERE connected AND server IN (SELECT id FROM servers WHERE name = $1 OR $2::boolean)`;
export const FORGET_LEFTOVERS = 'DELETE FROM servers WHERE name = $1 OR $2::boolean';
export const ENTER = 'INSERT INTO servers (id, name) VALUES ($1, $2) ON CONFLICT DO NOTHING';
export const LEAVE = 'DELETE FROM servers WHERE id = $1';
export const BEAT = 'UPDATE servers SET seen_at = now() WHERE id = $1 RETURNING id';

export const BURY = `DELETE FROM servers WHERE id = $1 AND seen_at <= now() - ${GONE} RETURNING seen_at AS "seenAt"`;
export const END_CONNECTIONS =
  'UPDATE connections SET connected = false, since = $2 WHERE server = $1 AND connected';

/** All running servers but this one, each with what it has told since it was last heard. */
export const HEAR = `
  SELECT s.id AS server, s.name, s.seen_at AS "seenAt", s.seen_at > now() - ${GONE} AS living, c.number, c.told
  FROM servers s
  LEFT JOIN changes c ON c.server = s.id AND c.at > now() - interval '30 seconds'
    AND c.number > coalesce(($2::jsonb ->> s.id)::bigint, 0)
  WHERE s.id <> $1 ORDER BY s.id, c.number`;
export const TELL = 'INSERT INTO changes (server, number, told) VALUES ($1, $2, $3::jsonb)';
export const CLEAN_CHANGES = `DELETE FROM changes WHERE at < now() - interval '1 minute'`;

export const CONNECTIONS = `
  SELECT agent_id AS "agentId", server, connected, since, end_epoch AS "endEpoch", end_seq AS "endSeq"
  FROM connections WHERE server <> $1`;
/** In the order of the agents, so that two servers that write at once never wait for each other in a ring. */
export const WRITE_CONNECTIONS = `
  INSERT INTO connections (agent_id, server, connected, since, end_epoch, end_seq)
  SELECT agent_id, $1, connected, since, end_epoch, end_seq
  FROM jsonb_to_recordset($2::jsonb)
    AS row(agent_id text, connected boolean, since timestamptz, end_epoch text, end_seq bigint)
  ORDER BY agent_id
  ON CONFLICT (agent_id, server) DO UPDATE SET connected = excluded.connected, since = excluded.since,
    end_epoch = excluded.end_epoch, end_seq = excluded.end_seq`;
/** Where the agent was before is of no more use: it is or was here later. */
export const FORGET_OLDER = `
  DELETE FROM connections WHERE server <> $1 AND NOT connected
    AND agent_id IN (SELECT jsonb_array_elements_text($2::jsonb))`;
/** A server that broke off between its going and the end of its agents; who was here last long ago. */
export const CLEAN_CONNECTIONS = `
  DELETE FROM connections WHERE NOT EXISTS (SELECT FROM servers s WHERE s.id = server)
    AND (connected OR since < now() - interval '30 days')`;
