-- The sessions of a filled system (make scale) once more, in a table a month: what that would look like. Changes nothing
-- of the system's; prints the plans and sizes that deploy/docs/scaling.md tells of.
--   FOCAL_SCALE_STATE=/some/folder deploy/scripts/scale; then with that system running: psql "$(cat …/secrets/database_url)" -f this
SET search_path = partitions, scale;
DROP SCHEMA IF EXISTS partitions CASCADE;
CREATE SCHEMA partitions;

-- Active ones apart: they have no end yet, and one a user is a unique index of theirs alone.
CREATE TABLE sessions (LIKE sessions.sessions INCLUDING DEFAULTS INCLUDING CONSTRAINTS) PARTITION BY LIST (status);
CREATE TABLE sessions_active PARTITION OF sessions FOR VALUES IN (1, 2);
CREATE UNIQUE INDEX ON sessions_active (id);
CREATE UNIQUE INDEX ON sessions_active (user_id);
CREATE TABLE sessions_done PARTITION OF sessions FOR VALUES IN (3) PARTITION BY RANGE (end_time);
CREATE INDEX ON sessions_done (user_id, end_time DESC, id DESC);
CREATE INDEX ON sessions_done (id);
SELECT format(
  'CREATE TABLE sessions_%s PARTITION OF sessions_done FOR VALUES FROM (%L) TO (%L)',
  to_char(month, 'YYYY_MM'), month, month + interval '1 month')
FROM generate_series(
  (SELECT date_trunc('month', min(end_time)) FROM sessions.sessions), now(), interval '1 month') AS month \gexec
\timing on
INSERT INTO sessions SELECT * FROM sessions.sessions;
\timing off
ANALYZE sessions;

SELECT 'one table' AS of, pg_size_pretty(pg_table_size('sessions.sessions')) AS rows,
  pg_size_pretty(pg_indexes_size('sessions.sessions')) AS indexes, 1 AS tables
UNION ALL
SELECT 'a table a month, all', pg_size_pretty(sum(pg_table_size(relid))), pg_size_pretty(sum(pg_indexes_size(relid))),
  count(*) FILTER (WHERE isleaf)
FROM pg_partition_tree('sessions')
UNION ALL
SELECT 'its newest three', pg_size_pretty(sum(pg_table_size(relid))), pg_size_pretty(sum(pg_indexes_size(relid))), 3
FROM (SELECT relid FROM pg_partition_tree('sessions_done') WHERE isleaf ORDER BY relid::regclass::text DESC LIMIT 3)
  AS newest;

SELECT id AS one FROM people WHERE number = 100 \gset
SELECT id AS session FROM sessions WHERE user_id = :'one' LIMIT 1 \gset
\echo '--- the newest page of a user'
EXPLAIN (ANALYZE, BUFFERS, COSTS off, TIMING off, SUMMARY off)
SELECT id FROM sessions WHERE user_id = :'one' AND status = 3 ORDER BY end_time DESC, id DESC LIMIT 20;
\echo '--- a month of it'
EXPLAIN (ANALYZE, BUFFERS, COSTS off, TIMING off, SUMMARY off)
SELECT id FROM sessions WHERE user_id = :'one' AND status = 3 AND end_time >= now() - interval '30 days'
ORDER BY end_time DESC, id DESC LIMIT 20;
\echo '--- one by its id'
EXPLAIN (ANALYZE, BUFFERS, COSTS off, TIMING off, SUMMARY off)
SELECT id FROM sessions WHERE id = :'session' AND user_id = :'one';
\echo '--- the same in one table'
EXPLAIN (ANALYZE, BUFFERS, COSTS off, TIMING off, SUMMARY off)
SELECT id FROM sessions.sessions WHERE user_id = :'one' AND status = 3 ORDER BY end_time DESC, id DESC LIMIT 20;
EXPLAIN (ANALYZE, BUFFERS, COSTS off, TIMING off, SUMMARY off)
SELECT id FROM sessions.sessions WHERE id = :'session' AND user_id = :'one';
DROP SCHEMA partitions CASCADE;
