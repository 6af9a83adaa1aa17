-- Logs several completed sessions, each with its event; the lists are equally long. Returns the
-- sessions that were logged: not those whose user has other settings by now, or is gone.
--
-- One transaction and one statement for all: most of the cost of a small change is what stands
-- around it.
CREATE FUNCTION log_sessions(
  ids uuid[], users uuid[], rooms uuid[], projects uuid[], kinds integer[], sources integer[],
  start_times timestamptz[], end_times timestamptz[], starts bigint[], ends bigint[], notes text[],
  zones text[], day_start_hours integer[], dates integer[], creation_times timestamptz[],
  settings_versions bigint[], events uuid[], topics text[], payloads bytea[]
) RETURNS uuid[] LANGUAGE plpgsql
-- Planned once: planning it for each batch would cost more than running it. By the keys, however
-- small the tables are when it is planned.
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off
AS $$
DECLARE
  logged uuid[];
BEGIN
  WITH offered AS (
    SELECT * FROM unnest(
      ids, users, rooms, projects, kinds, sources, start_times, end_times, starts, ends, notes,
      zones, day_start_hours, dates, creation_times, settings_versions, events, topics, payloads
    ) AS offered (
      id, of_user, room, project, kind, source, start_time, end_time, starts_at, ends_at, note,
      zone, day_start_hour, date, created_at, settings_version, event, topic, payload)
  ), known AS (
    SELECT offered.* FROM offered JOIN user_settings
      ON user_id = of_user AND version = settings_version AND NOT deleted
  ), added AS (
    INSERT INTO sessions (
      id, user_id, room_id, project_id, kind, source, status, start_time, end_time, segments, note,
      timezone, day_start_hour, local_date, version, created_at)
    SELECT id, of_user, room, project, kind, source, 3, start_time, end_time,
      ARRAY[starts_at, ends_at], note, zone, day_start_hour, date '1970-01-01' + date, 1, created_at
    FROM known
  ), told AS (
    INSERT INTO outbox (id, topic, payload) SELECT event, topic, payload FROM known
  )
  SELECT coalesce(array_agg(id), '{}') INTO logged FROM known;
  RETURN logged;
END $$;
