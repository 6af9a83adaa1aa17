-- What was counted before there were badges: measured once, as if it were counted now. When a
-- session ended is not known of these; the noon of its last day stands for it.
UPDATE counted_sessions SET end_ms = dates[cardinality(dates)] * 86400000::bigint + 43200000
WHERE dates <> '{}';

-- The accounts are asked for again, for what they show.
UPDATE summaries SET settings_version = 0 WHERE NOT deleted;

DO $$
DECLARE
  its_user uuid;
BEGIN
  FOR its_user IN SELECT user_id FROM summaries WHERE NOT deleted LOOP
    PERFORM rank_session(user_id, kind, source, end_ms, sum_of(seconds), 1)
    FROM counted_sessions WHERE user_id = its_user;
    PERFORM settle_streak(its_user);
    PERFORM settle_badges(its_user);
  END LOOP;
END $$;
