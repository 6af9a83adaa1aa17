-- Adds one share of a session to a user's day. Returns by how much the day's work has grown, capped
-- at the day's length. The caller holds the user's summary.
CREATE FUNCTION add_share(
  the_user uuid, the_date integer, kind integer, length integer, share_seconds integer,
  share_sessions integer, share_hours integer[]
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  its_date date := date '1970-01-01' + the_date;
  -- Zero for the kind that the share is not of.
  work bigint := CASE WHEN kind = 1 THEN share_seconds ELSE 0 END;
  works bigint := CASE WHEN kind = 1 THEN share_sessions ELSE 0 END;
  growth bigint;
BEGIN
  UPDATE days SET
    -- A date may have had several lengths, by several zones: the longest counts.
    day_seconds = greatest(days.day_seconds, length),
    shares = days.shares + 1,
    work_seconds = days.work_seconds + work,
    break_seconds = days.break_seconds + share_seconds - work,
    work_sessions = days.work_sessions + works,
    break_sessions = days.break_sessions + share_sessions - works,
    work_by_hour = CASE WHEN kind = 1 THEN ARRAY(
      SELECT a + b FROM unnest(days.work_by_hour, share_hours) AS hour (a, b)
    ) ELSE days.work_by_hour END
  FROM days AS old
  WHERE days.user_id = the_user AND days.date = its_date
    AND old.user_id = the_user AND old.date = its_date
  RETURNING least(days.work_seconds, days.day_seconds) - least(old.work_seconds, old.day_seconds)
  INTO growth;
  IF FOUND THEN RETURN growth; END IF;

  INSERT INTO days VALUES (
    the_user, its_date, length, 1, work, share_seconds - work, works, share_sessions - works,
    CASE WHEN kind = 1 THEN share_hours::bigint[] ELSE array_fill(0::bigint, ARRAY[24]) END);
  RETURN least(work, length);
END $$;

-- Takes one share of a session out of a user's day; the session's row has its new state already.
-- Returns by how much the day's work has grown: never more than 0.
CREATE FUNCTION remove_share(
  the_user uuid, the_date integer, kind integer, length integer, share_seconds integer,
  share_sessions integer, share_hours integer[]
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  its_date date := date '1970-01-01' + the_date;
  work bigint := CASE WHEN kind = 1 THEN share_seconds ELSE 0 END;
  works bigint := CASE WHEN kind = 1 THEN share_sessions ELSE 0 END;
  old days%ROWTYPE;
  longest integer;
BEGIN
  SELECT * INTO STRICT old FROM days WHERE user_id = the_user AND date = its_date;
  IF old.shares = 1 THEN
    DELETE FROM days WHERE user_id = the_user AND date = its_date;
    RETURN -least(old.work_seconds, old.day_seconds);
  END IF;

  longest := old.day_seconds;
  IF longest = length THEN
    SELECT coalesce(max(share.length), longest) INTO longest
    FROM counted_sessions c, unnest(c.dates, c.day_seconds) AS share (date, length)
    WHERE c.user_id = the_user AND the_date = ANY (c.dates) AND share.date = the_date;
  END IF;
  UPDATE days SET
    day_seconds = longest,
    shares = old.shares - 1,
    work_seconds = old.work_seconds - work,
    break_seconds = old.break_seconds - share_seconds + work,
    work_sessions = old.work_sessions - works,
    break_sessions = old.break_sessions - share_sessions + works,
    work_by_hour = CASE WHEN kind = 1 THEN ARRAY(
      SELECT a - b FROM unnest(old.work_by_hour, share_hours) AS hour (a, b)
    ) ELSE old.work_by_hour END
  WHERE user_id = the_user AND date = its_date;
  RETURN least(old.work_seconds - work, longest) - least(old.work_seconds, old.day_seconds);
END $$;

-- Counts the state of a session; returns false where this or a newer one is counted already. No
-- dates: the session is gone.
CREATE FUNCTION apply_session(
  the_user uuid, the_session uuid, new_version bigint, new_kind integer, new_source integer,
  new_dates integer[], new_day_seconds integer[], new_seconds integer[], new_sessions integer[],
  new_hours integer[]
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  gone boolean;
  old counted_sessions%ROWTYPE;
  seconds_change bigint := 0;
  sessions_change bigint := 0;
  share integer;
BEGIN
  -- The summary's lock makes the events of one user come one after the other.
  SELECT deleted INTO gone FROM summaries WHERE user_id = the_user FOR UPDATE;
  IF NOT FOUND THEN
    INSERT INTO summaries (user_id) VALUES (the_user) ON CONFLICT (user_id) DO NOTHING;
    SELECT deleted INTO gone FROM summaries WHERE user_id = the_user FOR UPDATE;
  END IF;
  IF gone THEN RETURN false; END IF;

  INSERT INTO counted_sessions VALUES (
    the_user, the_session, new_version, new_kind, new_source, new_dates, new_day_seconds,
    new_seconds, new_sessions, new_hours)
  ON CONFLICT (user_id, session_id) DO NOTHING;
  IF NOT FOUND THEN
    SELECT * INTO STRICT old FROM counted_sessions
    WHERE user_id = the_user AND session_id = the_session;
    IF old.version >= new_version THEN RETURN false; END IF;
    UPDATE counted_sessions SET
      version = new_version, kind = new_kind, source = new_source, dates = new_dates,
      day_seconds = new_day_seconds, seconds = new_seconds, sessions = new_sessions,
      hours = new_hours
    WHERE user_id = the_user AND session_id = the_session;
    IF (old.kind, old.dates, old.day_seconds, old.seconds, old.sessions, old.hours)
      = (new_kind::smallint, new_dates, new_day_seconds, new_seconds, new_sessions, new_hours)
    THEN
      RETURN true;
    END IF;
    FOR share IN 1..cardinality(old.dates) LOOP
      seconds_change := seconds_change + remove_share(
        the_user, old.dates[share], old.kind, old.day_seconds[share], old.seconds[share],
        old.sessions[share], old.hours[share * 24 - 23:share * 24]);
      IF old.kind = 1 THEN sessions_change := sessions_change - old.sessions[share]; END IF;
    END LOOP;
  END IF;

  FOR share IN 1..cardinality(new_dates) LOOP
    seconds_change := seconds_change + add_share(
      the_user, new_dates[share], new_kind, new_day_seconds[share], new_seconds[share],
      new_sessions[share], new_hours[share * 24 - 23:share * 24]);
    IF new_kind = 1 THEN sessions_change := sessions_change + new_sessions[share]; END IF;
  END LOOP;

  UPDATE summaries SET
    work_seconds = work_seconds + seconds_change, work_sessions = work_sessions + sessions_change,
    version = DEFAULT
  WHERE user_id = the_user;
  RETURN true;
END $$;

-- Takes a user's settings of a newer version. `new_excused` was computed against the settings of
-- `known_version`: where they are others by now, nothing happens, and false is returned.
CREATE FUNCTION apply_settings(
  the_user uuid, known_version bigint, new_version bigint, new_timezone text,
  new_day_start_hour integer, new_week_start integer, new_excused integer[]
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO summaries (
    user_id, timezone, day_start_hour, week_start, settings_version, excused)
  VALUES (
    the_user, new_timezone, new_day_start_hour, new_week_start, new_version, new_excused)
  ON CONFLICT (user_id) DO UPDATE SET
    timezone = new_timezone, day_start_hour = new_day_start_hour, week_start = new_week_start,
    settings_version = new_version, excused = summaries.excused || new_excused,
    version = DEFAULT
  WHERE summaries.settings_version = known_version AND known_version < new_version
    AND NOT summaries.deleted;
  RETURN FOUND;
END $$;

-- Erases what is known of a user, but for the mark that the account is gone.
CREATE FUNCTION erase_user(the_user uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO summaries (user_id, deleted) VALUES (the_user, true)
  ON CONFLICT (user_id) DO UPDATE SET
    timezone = NULL, day_start_hour = 0, week_start = 1, excused = '{}', work_seconds = 0,
    work_sessions = 0, version = DEFAULT, deleted = true;
  DELETE FROM days WHERE user_id = the_user;
  DELETE FROM counted_sessions WHERE user_id = the_user;
END $$;
