-- Gives what is left of accounts whose deletion was acknowledged; nothing may be.
SELECT 'account ' || user_id || ' is still in ' || place FROM (
  SELECT id AS user_id, 'auth.users' AS place FROM auth.users
  UNION ALL SELECT user_id, 'sessions.sessions' FROM sessions.sessions
  UNION ALL SELECT user_id, 'sessions.time_entries' FROM sessions.time_entries
  UNION ALL SELECT user_id, 'gamification.counted_sessions' FROM gamification.counted_sessions
  UNION ALL SELECT user_id, 'gamification.days' FROM gamification.days
  UNION ALL SELECT user_id, 'gamification.entries' FROM gamification.entries
  UNION ALL SELECT user_id, 'gamification.awards' FROM gamification.awards
  UNION ALL SELECT sender_id, 'messaging.messages' FROM messaging.messages
  UNION ALL SELECT user_id, 'messaging.notifications' FROM messaging.notifications
  UNION ALL SELECT user_id, 'quotes.journals' FROM quotes.journals
) AS traces
WHERE user_id = ANY(string_to_array(:'gone', ',')::uuid[]);
