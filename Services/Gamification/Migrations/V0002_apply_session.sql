-- The sums of two lists of 24 hours. Written out, it is part of the plan of its statement: a
-- subquery over unnest() costs several times as much.
CREATE FUNCTION add_hours(a bigint[], b bigint[]) RETURNS bigint[] LANGUAGE sql IMMUTABLE AS $$
  SELECT ARRAY[
    a[1] + b[1], a[2] + b[2], a[3] + b[3], a[4] + b[4], a[5] + b[5], a[6] + b[6],
    a[7] + b[7], a[8] + b[8], a[9] + b[9], a[10] + b[10], a[11] + b[11], a[12] + b[12],
    a[13] + b[13], a[14] + b[14], a[15] + b[15], a[16] + b[16], a[17] + b[17], a[18] + b[18],
    a[19] + b[19], a[20] + b[20], a[21] + b[21], a[22] + b[22], a[23] + b[23], a[24] + b[24]
  ]
$$;

-- Adds one share of a session to a user's day. Returns by how much the day's work has grown, capped
-- at the day's length. The caller holds the user's summary.
CREATE FUNCTION add_share(
  the_user uuid, the_date integer, kind integer, length integer, share_seconds integer,
  share_sessions integer, share_hours integer[]
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  -- Zero for the kind that the share is not of.
  work bigint := CASE WHEN kind = 1 THEN share_seconds ELSE 0 END;
  works bigint := CASE WHEN kind = 1 THEN share_sessions ELSE 0 END;
  its_growth bigint;
BEGIN
  INSERT INTO days VALUES (
    the_user, date '1970-01-01' + the_date, length, 1, work, share_seconds - work, works,
    share_sessions - works,
    CASE WHEN kind = 1 THEN share_hours::bigint[] ELSE array_fill(0::bigint, ARRAY[24]) END,
    least(work, length))
  ON CONFLICT (user_id, date) DO UPDATE SET
    -- A date may have had several lengths, by several zones: the longest counts.
    day_seconds = greatest(days.day_seconds, excluded.day_seconds),
    shares = days.shares + 1,
    work_seconds = days.work_seconds + excluded.work_seconds,
    break_seconds = days.break_seconds + excluded.break_seconds,
    work_sessions = days.work_sessions + excluded.work_sessions,
    break_sessions = days.break_sessions + excluded.break_sessions,
    work_by_hour = add_hours(days.work_by_hour, excluded.work_by_hour),
    growth = least(
        days.work_seconds + excluded.work_seconds,
        greatest(days.day_seconds, excluded.day_seconds))
      - least(days.work_seconds, days.day_seconds)
  RETURNING growth INTO its_growth;
  RETURN its_growth;
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

-- Counts the states of several sessions, none of the same user as another, each of one share; the
-- lists are equally long, `hours` has 24 entries for each. Returns the places (from 1) of those
-- that are not counted because they or newer ones are already.
--
-- One transaction and three statements for all: most of the cost of a small change is what stands
-- around it. What is new is counted at once, the rest one by one.
CREATE FUNCTION apply_sessions(
  users uuid[], ids uuid[], versions bigint[], kinds integer[], sources integer[],
  dates integer[], lengths integer[], seconds integer[], counts integer[], hours integer[]
) RETURNS integer[] LANGUAGE plpgsql
-- Planned once: planning the statement below for each batch would cost more than running it. By the
-- keys, however small the tables are when it is planned.
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off
AS $$
DECLARE
  held uuid[];
  living uuid[];
  added uuid[];
  stale integer[] := '{}';
BEGIN
  -- In the order of users: no two batches wait for each other.
  SELECT array_agg(user_id), array_agg(user_id) FILTER (WHERE NOT deleted) INTO held, living
  FROM (
    SELECT user_id, deleted FROM summaries WHERE user_id = ANY (users) ORDER BY user_id FOR UPDATE
  ) AS summary;
  IF held IS NULL OR cardinality(held) < cardinality(users) THEN
    INSERT INTO summaries (user_id)
    SELECT new FROM unnest(users) AS missing (new) WHERE new = ANY (held) IS NOT true ORDER BY new
    ON CONFLICT (user_id) DO NOTHING;
    SELECT array_agg(user_id) FILTER (WHERE NOT deleted) INTO living
    FROM (
      SELECT user_id, deleted FROM summaries WHERE user_id = ANY (users) ORDER BY user_id FOR UPDATE
    ) AS summary;
  END IF;

  WITH event AS (
    SELECT * FROM unnest(users, ids, versions, kinds, sources, dates, lengths, seconds, counts)
      WITH ORDINALITY
      AS event (the_user, id, version, kind, source, date, length, seconds, count, place)
  ), counted AS (
    INSERT INTO counted_sessions
    SELECT the_user, id, event.version, kind, source, ARRAY[date], ARRAY[length],
      ARRAY[event.seconds], ARRAY[count], hours[place * 24 - 23:place * 24]
    FROM event WHERE the_user = ANY (living)
    ON CONFLICT (user_id, session_id) DO NOTHING
    RETURNING *
  ), share AS (
    SELECT user_id, date '1970-01-01' + counted.dates[1] AS its_date,
      counted.day_seconds[1] AS length, kind = 1 AS is_work,
      counted.seconds[1]::bigint AS its_seconds, counted.sessions[1]::bigint AS its_count,
      counted.hours AS its_hours
    FROM counted
  ), day AS (
    INSERT INTO days
    SELECT user_id, its_date, length, 1,
      CASE WHEN is_work THEN its_seconds ELSE 0 END, CASE WHEN is_work THEN 0 ELSE its_seconds END,
      CASE WHEN is_work THEN its_count ELSE 0 END, CASE WHEN is_work THEN 0 ELSE its_count END,
      CASE WHEN is_work THEN its_hours::bigint[] ELSE array_fill(0::bigint, ARRAY[24]) END,
      CASE WHEN is_work THEN least(its_seconds, length) ELSE 0 END
    FROM share
    ON CONFLICT (user_id, date) DO UPDATE SET
      day_seconds = greatest(days.day_seconds, excluded.day_seconds),
      shares = days.shares + 1,
      work_seconds = days.work_seconds + excluded.work_seconds,
      break_seconds = days.break_seconds + excluded.break_seconds,
      work_sessions = days.work_sessions + excluded.work_sessions,
      break_sessions = days.break_sessions + excluded.break_sessions,
      work_by_hour = add_hours(days.work_by_hour, excluded.work_by_hour),
      growth = least(
          days.work_seconds + excluded.work_seconds,
          greatest(days.day_seconds, excluded.day_seconds))
        - least(days.work_seconds, days.day_seconds)
    RETURNING user_id, growth
  ), changed AS (
    UPDATE summaries SET
      work_seconds = summaries.work_seconds + day.growth,
      work_sessions = summaries.work_sessions + CASE WHEN is_work THEN its_count ELSE 0 END,
      version = DEFAULT
    FROM day JOIN share USING (user_id)
    WHERE summaries.user_id = day.user_id
    RETURNING day.user_id
  )
  SELECT coalesce(array_agg(user_id), '{}') INTO added FROM changed;
  IF cardinality(added) = cardinality(users) THEN RETURN stale; END IF;

  FOR place IN 1..cardinality(users) LOOP
    IF users[place] <> ALL (added) AND NOT apply_session(
      users[place], ids[place], versions[place], kinds[place], sources[place],
      dates[place:place], lengths[place:place], seconds[place:place], counts[place:place],
      hours[place * 24 - 23:place * 24])
    THEN
      stale := stale || place;
    END IF;
  END LOOP;
  RETURN stale;
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
