-- What ranks: the figures of each user in each window of the leaderboards. Windows turn at 00:00
-- UTC; a session counts whole on the day on which it ended, an award on the day on which it came.
CREATE TABLE scores (
  user_id uuid NOT NULL,
  -- 1 a day, 2 a week from Monday, 3 a month, 4 all time.
  span smallint NOT NULL,
  -- The first day of the window, since 1970-01-01; 0 of all time.
  first_day integer NOT NULL,
  -- Timed work only: what was logged by hand ranks nowhere.
  seconds bigint NOT NULL,
  sessions bigint NOT NULL,
  badges bigint NOT NULL,
  points bigint NOT NULL,
  -- The user has opted out, or is gone.
  hidden boolean NOT NULL,
  -- The transaction that changed the row last: how the sorted sets in Redis find what they lack.
  changed bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint,
  PRIMARY KEY (user_id, span, first_day)
);
CREATE INDEX scores_changed ON scores (span, first_day, changed, user_id);
CREATE INDEX scores_by_time ON scores (span, first_day, seconds DESC, user_id DESC)
WHERE seconds > 0 AND NOT hidden;
CREATE INDEX scores_by_badges ON scores (span, first_day, badges DESC, user_id DESC)
WHERE badges > 0 AND NOT hidden;
CREATE INDEX scores_by_points ON scores (span, first_day, points DESC, user_id DESC)
WHERE points > 0 AND NOT hidden;

-- One row, with another name after each crash: PostgreSQL empties an unlogged table then. What the
-- crash took back, Redis may still hold; sets of another epoch are made again.
CREATE UNLOGGED TABLE epochs (
  single boolean PRIMARY KEY DEFAULT true,
  epoch uuid NOT NULL DEFAULT gen_random_uuid()
);

-- Adds to a user's figures in the windows that hold a UTC day. The caller holds the summary.
CREATE FUNCTION add_scores(
  the_user uuid, utc_day integer, its_seconds bigint, its_sessions bigint, its_badges bigint,
  its_points bigint
) RETURNS void LANGUAGE sql AS $$
  INSERT INTO scores (
    user_id, span, first_day, seconds, sessions, badges, points, hidden)
  SELECT the_user, span, first_day, its_seconds, its_sessions, its_badges, its_points,
    opted_out OR deleted
  FROM summaries, (VALUES
    (1, utc_day),
    -- 1970-01-01 was a Thursday.
    (2, utc_day - (utc_day + 3) % 7),
    (3, date_trunc('month', (date '1970-01-01' + utc_day)::timestamp)::date - date '1970-01-01'),
    (4, 0)
  ) AS its_window (span, first_day)
  WHERE summaries.user_id = the_user
  ON CONFLICT (user_id, span, first_day) DO UPDATE SET
    seconds = scores.seconds + excluded.seconds, sessions = scores.sessions + excluded.sessions,
    badges = scores.badges + excluded.badges, points = scores.points + excluded.points,
    hidden = excluded.hidden, changed = excluded.changed
$$;
