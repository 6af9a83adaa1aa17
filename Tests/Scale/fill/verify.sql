-- Gives the differences between what was filled by sets, and what gamification's own functions make
-- of the same sessions of some users, who do nothing in other tests; none is right. Leaves nothing
-- behind.
SET search_path = gamification;
BEGIN;
CREATE TEMPORARY TABLE samples ON COMMIT DROP AS
SELECT id AS user_id, gen_random_uuid() AS twin FROM scale.people
WHERE number IN (51, 501) OR number % 2503 = 6;

INSERT INTO summaries (user_id, timezone, settings_version, username)
SELECT twin, timezone, 1, 'twin' FROM samples JOIN summaries USING (user_id);

SELECT count(*) AS counted FROM (
  SELECT (count_session(
    twin, session_id, version, kind, source, end_ms, project_id, dates, day_seconds, seconds,
    counted_sessions.sessions, hours)).counted
  FROM samples JOIN counted_sessions USING (user_id) WHERE end_ms > 0
  ORDER BY md5(session_id::text) OFFSET 0
) AS counting \gset

CREATE FUNCTION pg_temp.differences(name text, columns text) RETURNS SETOF text
LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY EXECUTE format(
    'SELECT %1$L || '' '' || row_to_json(difference)::text FROM (
      (SELECT samples.user_id, %2$s FROM %1$I JOIN samples ON samples.user_id = %1$I.user_id
      EXCEPT ALL SELECT samples.user_id, %2$s FROM %1$I JOIN samples ON twin = %1$I.user_id)
      UNION ALL
      (SELECT samples.user_id, %2$s FROM %1$I JOIN samples ON twin = %1$I.user_id
      EXCEPT ALL SELECT samples.user_id, %2$s FROM %1$I JOIN samples ON samples.user_id = %1$I.user_id)
    ) AS difference LIMIT 10', name, columns);
END $$;
SELECT pg_temp.differences('days', 'date, day_seconds, shares, work_seconds, break_seconds,
  days.work_sessions, break_sessions, work_by_hour');
SELECT pg_temp.differences('summaries', 'work_seconds, work_sessions, longest_streak');
SELECT pg_temp.differences('scores', 'span, first_day, seconds, sessions, badges, points, hidden');
SELECT pg_temp.differences('awards', 'badge_id');
ROLLBACK;
