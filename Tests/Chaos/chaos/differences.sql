-- Gives the differences between what services know of each other and what is so, and between what was
-- counted as it came and what counting it anew makes; none is right. Leaves nothing behind.
\set QUIET on
BEGIN;

-- What gamification has of sessions, posts and entries; sessions, messaging and community of accounts.
SELECT 'session not counted: ' || owned.id || ' ' || owned.version || ' ' || COALESCE(copy.version::text, 'none')
FROM sessions.sessions AS owned
LEFT JOIN gamification.counted_sessions AS copy ON copy.session_id = owned.id AND end_ms > 0
WHERE status = 3 AND copy.version IS DISTINCT FROM owned.version;
SELECT 'session counted that is gone: ' || session_id
FROM gamification.counted_sessions AS copy
WHERE end_ms > 0 AND NOT EXISTS (SELECT FROM sessions.sessions AS owned WHERE owned.id = session_id);
SELECT 'entry not told: ' || owned.id FROM sessions.time_entries AS owned
LEFT JOIN gamification.entries AS copy ON entry_id = owned.id AND end_ms > 0
WHERE end_time IS NOT NULL AND copy.version IS DISTINCT FROM owned.version;
SELECT 'entry that is gone: ' || entry_id FROM gamification.entries
WHERE end_ms > 0 AND NOT EXISTS (SELECT FROM sessions.time_entries WHERE id = entry_id);
SELECT 'post not told: ' || owned.id FROM community.posts AS owned
LEFT JOIN gamification.posts AS copy ON post_id = owned.id
WHERE NOT is_deleted AND (copy.version IS DISTINCT FROM owned.version OR gone);
SELECT 'post that is gone: ' || post_id FROM gamification.posts AS copy
WHERE NOT gone AND NOT EXISTS (SELECT FROM community.posts WHERE id = post_id AND NOT is_deleted);
SELECT 'name not told: ' || told || ' of ' || owned.id
FROM auth.users AS owned JOIN (
  SELECT 'sessions' AS told, user_id, username FROM sessions.user_settings WHERE NOT deleted
  UNION ALL SELECT 'gamification', user_id, username FROM gamification.summaries WHERE NOT deleted
  UNION ALL SELECT 'community', user_id, username FROM community.known_users WHERE NOT deleted
  UNION ALL SELECT 'messaging', user_id, username FROM messaging.users WHERE NOT deleted
) AS copies ON copies.user_id = owned.id
WHERE copies.username IS DISTINCT FROM owned.username;

-- What rows count of others.
SELECT 'comments of post ' || id || ': ' || comment_count FROM community.posts AS post
WHERE comment_count <> (
  SELECT count(*) FROM community.comments WHERE post_id = post.id AND NOT is_deleted AND NOT is_hidden);
SELECT 'likes of post ' || id || ': ' || likes FROM community.posts AS post
WHERE likes <> (SELECT count(*) FROM community.post_likes WHERE post_id = post.id);
SELECT 'messages of conversation ' || id FROM messaging.conversations AS conversation
WHERE (user1_sent, user2_sent) <> (
  SELECT count(*) FILTER (WHERE sender_id = user1_id), count(*) FILTER (WHERE sender_id = user2_id)
  FROM messaging.messages WHERE conversation_id = conversation.id);
SELECT 'posts of ' || user_id || ': ' || posts FROM gamification.summaries AS summary
WHERE posts <> (
  SELECT count(*) FROM gamification.posts WHERE posts.user_id = summary.user_id AND NOT gone);
SELECT 'badge without a notification: ' || badge_id || ' of ' || user_id FROM gamification.awards
WHERE NOT EXISTS (
  SELECT FROM messaging.notifications AS told
  WHERE told.user_id = awards.user_id AND subject_id = badge_id::text)
AND (SELECT count(*) < 1000 FROM messaging.notifications AS told WHERE told.user_id = awards.user_id);

SELECT 'reply without a notification: ' || reply.id FROM community.comments AS reply
JOIN community.posts AS post ON post.id = reply.post_id
LEFT JOIN community.comments AS parent ON parent.id = reply.parent_id
CROSS JOIN LATERAL (
  SELECT CASE WHEN reply.parent_id IS NULL THEN post.user_id ELSE parent.user_id END AS id
) AS receiver
WHERE NOT reply.is_deleted AND receiver.id <> reply.user_id AND NOT EXISTS (
  SELECT FROM messaging.notifications AS told
  WHERE told.user_id = receiver.id AND kind = 2 AND subject_id = reply.id::text)
AND (SELECT count(*) < 1000 FROM messaging.notifications AS told WHERE told.user_id = receiver.id);
SELECT 'like without a notification: ' || post.id || ' by ' || post_likes.user_id
FROM community.post_likes JOIN community.posts AS post ON post.id = post_id
WHERE post.user_id <> post_likes.user_id AND NOT EXISTS (
  SELECT FROM messaging.notifications AS told
  WHERE told.user_id = post.user_id AND kind = 3 AND subject_id = post.id::text
  AND actor_id = post_likes.user_id)
AND (SELECT count(*) < 1000 FROM messaging.notifications AS told WHERE told.user_id = post.user_id);

-- Everybody gets a twin, whose sessions are counted anew, in another order.
SET LOCAL search_path = gamification;
CREATE TEMPORARY TABLE samples ON COMMIT DROP AS
SELECT user_id, gen_random_uuid() AS twin, timezone FROM summaries
WHERE NOT deleted AND timezone IS NOT NULL;
INSERT INTO summaries (user_id, timezone, settings_version, username)
SELECT twin, timezone, 1, 'twin' FROM samples;
SELECT count(*) AS counted FROM (
  SELECT (count_session(
    twin, session_id, version, kind, source, end_ms, project_id, dates, day_seconds, seconds,
    counted_sessions.sessions, hours)).counted
  FROM samples JOIN counted_sessions USING (user_id) WHERE end_ms > 0
  ORDER BY md5(session_id::text) OFFSET 0
) AS counting \gset

CREATE FUNCTION pg_temp.differences(name text, columns text, condition text DEFAULT 'true')
RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY EXECUTE format(
    'WITH counted AS (
      SELECT samples.user_id, %2$s FROM %1$I JOIN samples ON samples.user_id = %1$I.user_id WHERE %3$s
    ), anew AS (
      SELECT samples.user_id, %2$s FROM %1$I JOIN samples ON twin = %1$I.user_id WHERE %3$s
    )
    (SELECT %1$L || '' as it came: '' || row_to_json(difference)::text
      FROM (SELECT * FROM counted EXCEPT ALL SELECT * FROM anew) AS difference LIMIT 10)
    UNION ALL
    (SELECT %1$L || '' anew: '' || row_to_json(difference)::text
      FROM (SELECT * FROM anew EXCEPT ALL SELECT * FROM counted) AS difference LIMIT 10)',
    name, columns, condition);
END $$;
SELECT pg_temp.differences('days', 'date, day_seconds, shares, work_seconds, break_seconds,
  days.work_sessions, break_sessions, work_by_hour', 'shares > 0');
SELECT pg_temp.differences('summaries', 'work_seconds, work_sessions, longest_streak');
SELECT pg_temp.differences('scores', 'span, first_day, seconds, sessions, hidden', 'seconds > 0');
SELECT pg_temp.differences('awards', 'badge_id',
  'badge_id IN (SELECT badge_id FROM badges WHERE kind IN (1, 2, 3))');
ROLLBACK;
