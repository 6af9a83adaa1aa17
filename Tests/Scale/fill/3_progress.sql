-- What gamification makes of the sessions, by sets. `verify.sql` compares it with what its own
-- functions make of the same.
SET search_path = gamification, scale;

INSERT INTO summaries (user_id, timezone, settings_version, username)
SELECT id, timezone, 1, username FROM people;

INSERT INTO counted_sessions (
  user_id, session_id, version, kind, source, dates, day_seconds, seconds, sessions, hours, end_ms)
SELECT user_id, scale.id(ends_at, 'session ' || number), 1, kind, source,
  ARRAY[local_day - date '1970-01-01'], ARRAY[86400], ARRAY[seconds], ARRAY[1],
  array_fill(0, ARRAY[hour]) || seconds || array_fill(0, ARRAY[23 - hour]), scale.ms(ends_at)
FROM sessions ORDER BY ends_at;

SELECT format(
  'INSERT INTO days SELECT user_id, local_day, 86400, count(*),
    coalesce(sum(seconds) FILTER (WHERE kind = 1), 0),
    coalesce(sum(seconds) FILTER (WHERE kind = 2), 0),
    count(*) FILTER (WHERE kind = 1), count(*) FILTER (WHERE kind = 2), ARRAY[%s], 0
  FROM sessions GROUP BY user_id, local_day ORDER BY local_day, user_id',
  string_agg(
    format('coalesce(sum(seconds) FILTER (WHERE kind = 1 AND hour = %s), 0)', hour), ', '
    ORDER BY hour))
FROM generate_series(0, 23) AS hour \gexec

UPDATE summaries SET work_seconds = its_seconds, work_sessions = its_sessions
FROM (
  SELECT user_id, sum(least(work_seconds, day_seconds)) AS its_seconds,
    sum(work_sessions) AS its_sessions
  FROM days GROUP BY user_id
) AS total
WHERE total.user_id = summaries.user_id;

CALL drop_indexes('scores');
INSERT INTO scores (user_id, span, first_day, seconds, sessions, badges, points, hidden)
SELECT user_id, span, first_day, sum(seconds), count(*), 0, 0, false
FROM (SELECT user_id, seconds, (scale.ms(ends_at) / 86400000)::integer AS day FROM sessions
  WHERE kind = 1 AND source = 1) AS timed
CROSS JOIN LATERAL (VALUES
  (1, day), (2, day - (day + 3) % 7),
  (3, date_trunc('month', (date '1970-01-01' + day)::timestamp)::date - date '1970-01-01'), (4, 0)
) AS its_window (span, first_day)
GROUP BY user_id, span, first_day ORDER BY first_day, user_id;
CALL make_indexes();

ANALYZE days;
ANALYZE summaries;
ANALYZE scores;
ANALYZE counted_sessions;

-- Streaks and badges by its own functions, user by user. What they would tell the users is put where
-- it belongs before anybody delivers it.
BEGIN;
SELECT count(*) FROM (
  SELECT settle_streak(user_id), settle_badges(user_id) FROM summaries OFFSET 0
) AS settled;

INSERT INTO messaging.notifications (user_id, number, id, kind, text, subject_id, created_at)
SELECT user_id, row_number() OVER (PARTITION BY user_id ORDER BY badge_id),
  award_id(user_id, badge_id), 1, 'Badge earned: ' || name, badge_id::text, now()
FROM awards JOIN badges USING (badge_id);
INSERT INTO messaging.inboxes (user_id, last_number)
SELECT user_id, count(*) FROM messaging.notifications GROUP BY user_id;
INSERT INTO messaging.taken_notifications (id) SELECT id FROM messaging.notifications;
DELETE FROM outbox;
COMMIT;
