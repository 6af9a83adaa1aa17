-- Accounts, as auth has them, and as each service knows them. Numbered from 0; the low numbers do
-- most of everything.
SELECT setseed(0.5);
DROP SCHEMA IF EXISTS scale CASCADE;
CREATE SCHEMA scale;

-- A UUIDv7 of that moment, the same for the same salt.
CREATE FUNCTION scale.id(at timestamptz, salt text) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
  SELECT (
    lpad(to_hex(floor(extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7'
    || substr(md5(salt), 1, 3) || '8' || substr(md5(salt), 4, 15))::uuid
$$;

-- The milliseconds of a moment.
CREATE FUNCTION scale.ms(at timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT floor(extract(epoch FROM at) * 1000)::bigint
$$;

-- A number below `count`, the low ones more often: the lowest of ten thousand once in a hundred.
CREATE FUNCTION scale.skewed(count integer) RETURNS integer LANGUAGE sql VOLATILE AS $$
  SELECT floor(count * power(random(), 2))::integer
$$;

-- A table takes many rows faster without its indexes: they are made again, as they were, in the end.
CREATE TABLE scale.indexes (definition text NOT NULL);
CREATE PROCEDURE scale.drop_indexes(the_table regclass) LANGUAGE plpgsql AS $$
DECLARE
  its_index regclass;
BEGIN
  FOR its_index IN
    SELECT indexrelid FROM pg_index WHERE indrelid = the_table AND NOT indisunique
  LOOP
    INSERT INTO scale.indexes VALUES (pg_get_indexdef(its_index));
    EXECUTE 'DROP INDEX ' || its_index;
  END LOOP;
END $$;
CREATE PROCEDURE scale.make_indexes() LANGUAGE plpgsql AS $$
DECLARE
  its_definition text;
BEGIN
  FOR its_definition IN DELETE FROM scale.indexes RETURNING definition LOOP
    EXECUTE its_definition;
  END LOOP;
END $$;

-- Zones without summer time, so that each local day has 86,400 s.
CREATE TABLE scale.people AS
SELECT number, scale.id(created_at, 'user ' || number) AS id, 'scale-' || number AS username,
  'user-' || number || '@scale.example' AS email,
  (ARRAY['UTC', 'Asia/Tokyo', 'Asia/Kolkata', 'America/Phoenix'])[number % 4 + 1] AS timezone,
  created_at
FROM generate_series(0, :users - 1) AS number,
  LATERAL (SELECT date_trunc('milliseconds', now() - interval '1100 days' + number * interval '1 s')
    AS created_at) AS made;
CREATE UNIQUE INDEX ON scale.people (number);
CREATE UNIQUE INDEX ON scale.people (id);
ANALYZE scale.people;

INSERT INTO auth.users (
  id, email, email_key, username, username_key, password_hash, timezone, created_at, updated_at)
SELECT id, email, email, username, username, :'hash', timezone, created_at, created_at
FROM scale.people;

INSERT INTO sessions.user_settings (
  user_id, timezone, day_start_hour, forbid_overlap, version, deleted, username)
SELECT id, timezone, 0, false, 1, false, username FROM scale.people;

INSERT INTO community.known_users (user_id, username, version, deleted)
SELECT id, username, 1, false FROM scale.people;

INSERT INTO messaging.users (user_id, username, version) SELECT id, username, 1 FROM scale.people;
