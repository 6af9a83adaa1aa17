-- Completed sessions of three years, each within one hour of its user's day; none in the future.
-- Like all that follows they are put in as they come about, in the order of time: what belongs
-- together lies apart.
SELECT setseed(0.25);

CREATE TABLE scale.sessions AS
SELECT drawn.number, person.id AS user_id, timezone, kind, source, seconds, local_day, hour,
  ends_at - seconds * interval '1 s' AS starts_at, ends_at
FROM (
  SELECT number, scale.skewed(:users) AS person_number,
    CASE WHEN random() < 0.85 THEN 1 ELSE 2 END AS kind,
    CASE WHEN random() < 0.7 THEN 1 ELSE 2 END AS source,
    300 + floor(random() * 1201)::integer AS seconds,
    floor(random() * 1095)::integer AS days_ago,
    6 + floor(random() * 16)::integer AS hour,
    floor(random() * 2000)::integer AS offset_seconds
  FROM generate_series(1, :sessions) AS number
) AS drawn
JOIN scale.people AS person ON person.number = person_number
CROSS JOIN LATERAL (
  SELECT (now() AT TIME ZONE timezone)::date - days_ago
    -- Those of this day that would not have ended yet belong to the day before.
    - CASE WHEN days_ago = 0 AND hour >= extract(hour FROM now() AT TIME ZONE timezone)
      THEN 1 ELSE 0 END AS local_day
) AS day
CROSS JOIN LATERAL (
  SELECT (local_day::timestamp + hour * interval '1 h'
    + (offset_seconds + seconds) * interval '1 s') AT TIME ZONE timezone AS ends_at
) AS ending;

INSERT INTO sessions.sessions (
  id, user_id, kind, source, status, start_time, end_time, segments, timezone, day_start_hour,
  local_date, version, created_at)
SELECT scale.id(ends_at, 'session ' || number), user_id, kind, source, 3, starts_at, ends_at,
  ARRAY[scale.ms(starts_at), scale.ms(ends_at)], timezone, 0, local_day, 1, ends_at
FROM scale.sessions ORDER BY ends_at;
