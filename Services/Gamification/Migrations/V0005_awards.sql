-- A field of a protobuf message: its tag and length, then the text. Lengths up to 16,383.
CREATE FUNCTION wire_text(field integer, value text) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
  SELECT set_byte('\x00'::bytea, 0, field * 8 + 2)
    || CASE WHEN octet_length(value) < 128 THEN set_byte('\x00'::bytea, 0, octet_length(value))
      ELSE set_byte('\x00'::bytea, 0, 128 + octet_length(value) % 128)
        || set_byte('\x00'::bytea, 0, octet_length(value) / 128)
      END
    || convert_to(value, 'UTF8')
$$;

-- The same of a number that is not negative.
CREATE FUNCTION wire_number(field integer, value bigint) RETURNS bytea LANGUAGE plpgsql IMMUTABLE
AS $$
DECLARE
  bytes bytea := set_byte('\x00'::bytea, 0, field * 8);
  rest bigint := value;
BEGIN
  WHILE rest >= 128 LOOP
    bytes := bytes || set_byte('\x00'::bytea, 0, (128 + rest % 128)::integer);
    rest := rest / 128;
  END LOOP;
  RETURN bytes || set_byte('\x00'::bytea, 0, rest::integer);
END $$;

-- The id of an award in timelines, and of the notification of it: the same however often it comes.
CREATE FUNCTION award_id(the_user uuid, the_badge uuid) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
  SELECT md5('award ' || the_user || ' ' || the_badge)::uuid
$$;

-- Whether a badge's requirement lies between two measures of a kind.
CREATE FUNCTION crosses(its_kind integer, before bigint, after bigint) RETURNS boolean
LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM badges
    WHERE kind = its_kind AND requirement > least(before, after)
      AND requirement <= greatest(before, after))
$$;

-- Gives the user the badges that are deserved and has none besides. The caller holds the summary.
-- Returns the outbox's rows that tell of new ones; each award tells once, though it be lost and
-- won again.
CREATE FUNCTION settle_badges(the_user uuid) RETURNS uuid[] LANGUAGE plpgsql AS $$
DECLARE
  now_ms bigint := floor(extract(epoch FROM clock_timestamp()) * 1000);
  is_changed boolean := false;
  award record;
  told uuid[] := '{}';
BEGIN
  FOR award IN
    DELETE FROM awards USING badges, measures
    WHERE awards.user_id = the_user AND badges.badge_id = awards.badge_id
      AND measures.user_id = the_user AND measures.kind = badges.kind AND value < requirement
    RETURNING badges.points, awards.awarded_ms
  LOOP
    is_changed := true;
    PERFORM add_scores(the_user, (award.awarded_ms / 86400000)::integer, 0, 0, -1, -award.points);
  END LOOP;

  FOR award IN
    WITH won AS (
      INSERT INTO awards
      SELECT the_user, badge_id, now_ms FROM badges JOIN measures USING (kind)
      WHERE measures.user_id = the_user AND value >= requirement
      ON CONFLICT (user_id, badge_id) DO NOTHING
      RETURNING badge_id
    )
    SELECT badge_id, name, points, award_id(the_user, badge_id) AS id
    FROM won JOIN badges USING (badge_id) ORDER BY place
  LOOP
    is_changed := true;
    PERFORM add_scores(the_user, (now_ms / 86400000)::integer, 0, 0, 1, award.points);
    -- focal.events.v1.NotificationRaised.
    INSERT INTO outbox (id, topic, payload) VALUES (
      award.id, 'notification.raised',
      wire_text(1, award.id::text) || wire_text(2, the_user::text) || wire_number(3, 1)
        || wire_text(4, 'Badge earned: ' || award.name) || wire_text(5, award.badge_id::text)
        || wire_number(7, now_ms))
    ON CONFLICT (id) DO NOTHING;
    told := told || award.id;
  END LOOP;

  IF is_changed THEN UPDATE summaries SET version = DEFAULT WHERE user_id = the_user; END IF;
  RETURN told;
END $$;

-- What each kind of badge is measured by.
CREATE VIEW measures AS
SELECT user_id, kind, value
FROM summaries, LATERAL (VALUES
  (1, work_sessions), (2, work_seconds), (3, longest_streak::bigint), (4, posts),
  (5, project_seconds)
) AS measure (kind, value)
WHERE NOT deleted;

-- Days of the longest streak, by the rule of Domain/StreakRule.
CREATE FUNCTION longest_streak(the_user uuid, excused integer[]) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  day integer;
  last integer;
  missed integer;
  run integer := 0;
  used integer := 0;
  longest integer := 0;
BEGIN
  FOR day IN
    SELECT date - date '1970-01-01' FROM days
    WHERE user_id = the_user AND work_sessions > 0 ORDER BY date
  LOOP
    missed := day - last - 1;
    IF missed > 0 AND excused <> '{}' THEN
      missed := missed - (
        SELECT count(DISTINCT one) FROM unnest(excused) AS one WHERE one > last AND one < day);
    END IF;
    -- A freeze for each seven days, two at the most in a row.
    IF missed <= least(2, run / 7 - used) THEN
      run := run + 1;
      used := used + missed;
    ELSE
      run := 1;
      used := 0;
    END IF;
    longest := greatest(longest, run);
    last := day;
  END LOOP;
  RETURN longest;
END $$;

-- The same, kept in the summary; true where a badge's requirement was crossed.
CREATE FUNCTION settle_streak(the_user uuid) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  before integer;
  after integer;
  excused_days integer[];
BEGIN
  SELECT longest_streak, excused INTO before, excused_days FROM summaries WHERE user_id = the_user;
  after := longest_streak(the_user, excused_days);
  IF after = before THEN RETURN false; END IF;
  UPDATE summaries SET longest_streak = after WHERE user_id = the_user;
  RETURN crosses(3, before, after);
END $$;

-- Books time on a project; true where a badge's requirement was crossed.
CREATE FUNCTION book_project(the_user uuid, the_project uuid, its_seconds bigint) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  before bigint;
  after bigint;
BEGIN
  IF the_project IS NULL OR its_seconds = 0 THEN RETURN false; END IF;
  INSERT INTO project_times VALUES (the_user, the_project, its_seconds)
  ON CONFLICT (user_id, project_id) DO UPDATE SET
    seconds = project_times.seconds + excluded.seconds;
  SELECT project_seconds INTO before FROM summaries WHERE user_id = the_user;
  SELECT max(seconds) INTO after FROM project_times WHERE user_id = the_user;
  IF after = before THEN RETURN false; END IF;
  UPDATE summaries SET project_seconds = after WHERE user_id = the_user;
  RETURN crosses(5, before, after);
END $$;

-- Makes sure that the user has a row, and holds it until the transaction's end; true where the
-- account is gone.
CREATE FUNCTION hold_summary(the_user uuid) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  gone boolean;
BEGIN
  SELECT deleted INTO gone FROM summaries WHERE user_id = the_user FOR UPDATE;
  IF NOT FOUND THEN
    INSERT INTO summaries (user_id) VALUES (the_user) ON CONFLICT (user_id) DO NOTHING;
    SELECT deleted INTO gone FROM summaries WHERE user_id = the_user FOR UPDATE;
  END IF;
  RETURN gone;
END $$;

-- Checks all of a user's milestones; returns as `settle_badges` does.
CREATE FUNCTION check_badges(the_user uuid) RETURNS uuid[] LANGUAGE plpgsql AS $$
BEGIN
  IF hold_summary(the_user) THEN RETURN '{}'; END IF;
  RETURN settle_badges(the_user);
END $$;
