-- `apply_session` and `apply_sessions`, with what badges, leaderboards and timelines are made of.

-- Adds a session to what ranks, or takes it out (`factor` -1). The caller holds the summary.
CREATE FUNCTION rank_session(
  the_user uuid, kind integer, source integer, its_end bigint, its_seconds bigint, factor integer
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF kind = 1 AND source = 1 AND its_end > 0 THEN
    PERFORM add_scores(
      the_user, (its_end / 86400000)::integer, factor * its_seconds, factor, 0, 0);
  END IF;
END $$;

-- The sum of a list, by its few entries.
CREATE FUNCTION sum_of(list integer[]) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(sum(one), 0) FROM unnest(list) AS one
$$;

-- Counts the state of a session. `counted` is false where this or a newer one is counted already;
-- `told` are the outbox's rows of new badges. No dates and no end: the session is gone.
CREATE FUNCTION count_session(
  the_user uuid, the_session uuid, new_version bigint, new_kind integer, new_source integer,
  new_end bigint, new_project uuid, new_dates integer[], new_day_seconds integer[],
  new_seconds integer[], new_sessions integer[], new_hours integer[],
  OUT counted boolean, OUT told uuid[]
) LANGUAGE plpgsql AS $$
DECLARE
  old counted_sessions%ROWTYPE;
  seconds_change bigint := 0;
  sessions_change bigint := 0;
  share integer;
  new_total bigint := sum_of(new_seconds);
BEGIN
  counted := false;
  told := '{}';
  -- The summary's lock makes the events of one user come one after the other.
  IF hold_summary(the_user) THEN RETURN; END IF;

  INSERT INTO counted_sessions VALUES (
    the_user, the_session, new_version, new_kind, new_source, new_dates, new_day_seconds,
    new_seconds, new_sessions, new_hours, new_end, new_project)
  ON CONFLICT (user_id, session_id) DO NOTHING;
  IF NOT FOUND THEN
    SELECT * INTO STRICT old FROM counted_sessions
    WHERE user_id = the_user AND session_id = the_session;
    IF old.version >= new_version THEN RETURN; END IF;
    UPDATE counted_sessions SET
      version = new_version, kind = new_kind, source = new_source, dates = new_dates,
      day_seconds = new_day_seconds, seconds = new_seconds, sessions = new_sessions,
      hours = new_hours, end_ms = new_end, project_id = new_project
    WHERE user_id = the_user AND session_id = the_session;
    FOR share IN 1..cardinality(old.dates) LOOP
      seconds_change := seconds_change + remove_share(
        the_user, old.dates[share], old.kind, old.day_seconds[share], old.seconds[share],
        old.sessions[share], old.hours[share * 24 - 23:share * 24]);
      IF old.kind = 1 THEN sessions_change := sessions_change - old.sessions[share]; END IF;
    END LOOP;
    PERFORM rank_session(
      the_user, old.kind, old.source, old.end_ms, sum_of(old.seconds), -1);
    IF old.kind = 1 THEN
      PERFORM book_project(the_user, old.project_id, -sum_of(old.seconds));
    END IF;
  END IF;
  counted := true;

  FOR share IN 1..cardinality(new_dates) LOOP
    seconds_change := seconds_change + add_share(
      the_user, new_dates[share], new_kind, new_day_seconds[share], new_seconds[share],
      new_sessions[share], new_hours[share * 24 - 23:share * 24]);
    IF new_kind = 1 THEN sessions_change := sessions_change + new_sessions[share]; END IF;
  END LOOP;
  PERFORM rank_session(the_user, new_kind, new_source, new_end, new_total, 1);
  IF new_kind = 1 THEN PERFORM book_project(the_user, new_project, new_total); END IF;

  UPDATE summaries SET
    work_seconds = work_seconds + seconds_change, work_sessions = work_sessions + sessions_change,
    version = DEFAULT
  WHERE user_id = the_user;
  PERFORM settle_streak(the_user);
  told := settle_badges(the_user);
END $$;

-- Counts the states of several sessions, none of the same user as another, each of one share; the
-- lists are equally long, `hours` has 24 entries for each. `stale` are the places (from 1) of those
-- that are not counted because they or newer ones are already; `told` as of `count_session`, and
-- `tellers` the user of each.
--
-- One transaction and three statements for all: most of the cost of a small change is what stands
-- around it. What is new is counted at once, the rest one by one; badges, ranks and projects are
-- touched only where the session can have changed them.
CREATE FUNCTION count_sessions(
  users uuid[], ids uuid[], versions bigint[], kinds integer[], sources integer[], ends bigint[],
  its_projects uuid[], dates integer[], lengths integer[], seconds integer[], counts integer[],
  hours integer[], OUT stale integer[], OUT told uuid[], OUT tellers uuid[]
) LANGUAGE plpgsql
-- Planned once: planning the statement below for each batch would cost more than running it. By the
-- keys, however small the tables are when it is planned.
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off
AS $$
DECLARE
  held uuid[];
  living uuid[];
  added uuid[];
  begun uuid[];
  reached uuid[];
  news uuid[];
  outcome record;
BEGIN
  stale := '{}';
  told := '{}';
  tellers := '{}';
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
    SELECT * FROM unnest(
      users, ids, versions, kinds, sources, ends, its_projects, dates, lengths, seconds, counts)
      WITH ORDINALITY AS event (
        the_user, id, version, kind, source, its_end, project, date, length, seconds, count, place)
  ), counted AS (
    INSERT INTO counted_sessions
    SELECT the_user, id, event.version, kind, source, ARRAY[date], ARRAY[length],
      ARRAY[event.seconds], ARRAY[count], hours[place * 24 - 23:place * 24], its_end, project
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
    RETURNING user_id, growth, work_sessions AS day_sessions
  ), changed AS (
    UPDATE summaries SET
      work_seconds = summaries.work_seconds + day.growth,
      work_sessions = summaries.work_sessions + CASE WHEN is_work THEN its_count ELSE 0 END,
      version = DEFAULT
    FROM day JOIN share USING (user_id)
    WHERE summaries.user_id = day.user_id
    RETURNING day.user_id, is_work,
      is_work AND its_count > 0 AND day_sessions = its_count AS begins_day,
      is_work AND (
        EXISTS (
          SELECT FROM badges WHERE badges.kind = 1
            AND requirement > summaries.work_sessions - its_count
            AND requirement <= summaries.work_sessions)
        OR EXISTS (
          SELECT FROM badges WHERE badges.kind = 2
            AND requirement > summaries.work_seconds - day.growth
            AND requirement <= summaries.work_seconds)) AS reaches
  )
  SELECT coalesce(array_agg(user_id), '{}'),
    coalesce(array_agg(user_id) FILTER (WHERE begins_day), '{}'),
    coalesce(array_agg(user_id) FILTER (WHERE reaches), '{}')
  INTO added, begun, reached FROM changed;

  FOR place IN 1..cardinality(begun) LOOP
    IF settle_streak(begun[place]) THEN reached := reached || begun[place]; END IF;
  END LOOP;
  IF 1 = ANY (sources) OR array_remove(its_projects, NULL) <> '{}' THEN
    FOR place IN 1..cardinality(users) LOOP
      IF kinds[place] = 1 AND users[place] = ANY (added) THEN
        PERFORM rank_session(
          users[place], 1, sources[place], ends[place], seconds[place], 1);
        IF book_project(users[place], its_projects[place], seconds[place]) THEN
          reached := reached || users[place];
        END IF;
      END IF;
    END LOOP;
  END IF;
  FOR place IN 1..cardinality(reached) LOOP
    news := settle_badges(reached[place]);
    told := told || news;
    tellers := tellers || array_fill(reached[place], ARRAY[cardinality(news)]);
  END LOOP;
  IF cardinality(added) = cardinality(users) THEN RETURN; END IF;

  FOR place IN 1..cardinality(users) LOOP
    IF users[place] <> ALL (added) THEN
      SELECT * INTO outcome FROM count_session(
        users[place], ids[place], versions[place], kinds[place], sources[place], ends[place],
        its_projects[place], dates[place:place], lengths[place:place], seconds[place:place],
        counts[place:place], hours[place * 24 - 23:place * 24]);
      told := told || outcome.told;
      tellers := tellers || array_fill(users[place], ARRAY[cardinality(outcome.told)]);
      IF NOT outcome.counted THEN stale := stale || place; END IF;
    END IF;
  END LOOP;
END $$;
