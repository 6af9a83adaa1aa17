-- No table here has CHECKs: PostgreSQL parses them again for each statement, which was half of the
-- cost of counting a session, and nobody but the functions of V0002 writes these rows.

-- One row a user: settings, totals of all time, and the version that caches are checked against.
CREATE TABLE summaries (
  user_id uuid PRIMARY KEY,
  -- NULL until the settings are known: sessions may be counted before.
  timezone text,
  -- 0 to 23.
  day_start_hour smallint NOT NULL DEFAULT 0,
  -- 1 Monday, 2 Sunday.
  week_start smallint NOT NULL DEFAULT 1,
  -- The version of the account that the settings are of.
  settings_version bigint NOT NULL DEFAULT 0,
  -- Days that break no streak (a change of zone cut them short), since 1970-01-01.
  excused integer[] NOT NULL DEFAULT '{}',
  -- Seconds of work, no day holding more than its length.
  work_seconds bigint NOT NULL DEFAULT 0,
  work_sessions bigint NOT NULL DEFAULT 0,
  -- Another number with each change of anything that metrics show. Random, not counted: a crash may
  -- take the last changes back, and what was cached of them must not pass for what follows.
  version bigint NOT NULL DEFAULT (random() * 9e15)::bigint,
  -- The account is gone: nothing is counted any more.
  deleted boolean NOT NULL DEFAULT false
) WITH (fillfactor = 50);

-- The newest known state of each session; a deleted one stays, without shares, for its version.
CREATE TABLE counted_sessions (
  user_id uuid NOT NULL,
  session_id uuid NOT NULL,
  version bigint NOT NULL,
  -- 1 work, 2 break.
  kind smallint NOT NULL,
  -- 1 timer, 2 manual, 3 import.
  source smallint NOT NULL,
  -- The session's shares: equally long lists, `hours` with 24 entries for each date. Dates are days
  -- since 1970-01-01.
  dates integer[] NOT NULL,
  day_seconds integer[] NOT NULL,
  seconds integer[] NOT NULL,
  sessions integer[] NOT NULL,
  hours integer[] NOT NULL,
  PRIMARY KEY (user_id, session_id)
);

-- What the sessions of a user add up to on each local day.
CREATE TABLE days (
  user_id uuid NOT NULL,
  date date NOT NULL,
  -- The real length of the day.
  day_seconds integer NOT NULL,
  -- How many sessions have a share in the day.
  shares bigint NOT NULL,
  work_seconds bigint NOT NULL,
  break_seconds bigint NOT NULL,
  work_sessions bigint NOT NULL,
  break_sessions bigint NOT NULL,
  -- 24 sums of work.
  work_by_hour bigint[] NOT NULL,
  -- By how much the work, capped at the day's length, grew with the last share that was added: what
  -- RETURNING gives to the statement that adds one.
  growth bigint NOT NULL,
  PRIMARY KEY (user_id, date)
) WITH (fillfactor = 50);
