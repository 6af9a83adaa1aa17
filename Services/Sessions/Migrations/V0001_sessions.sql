-- Focus sessions. Times that the clock needs exactly are milliseconds since the epoch.
CREATE TABLE sessions (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL,
  room_id uuid,
  project_id uuid,
  -- 1 work, 2 break.
  kind smallint NOT NULL,
  -- 1 timer, 2 manual, 3 import.
  source smallint NOT NULL,
  -- 1 running, 2 paused, 3 completed.
  status smallint NOT NULL,
  start_time timestamptz NOT NULL,
  end_time timestamptz,
  -- Since when the clock runs.
  running_since timestamptz,
  -- The stretches in which the clock ran: start, end, start, end …, in milliseconds.
  segments bigint[] NOT NULL,
  note text,
  -- Whose days the session counts for: the user's settings when it was made.
  timezone text NOT NULL,
  day_start_hour smallint NOT NULL,
  -- The local day on which it counts.
  local_date date NOT NULL,
  version bigint NOT NULL,
  created_at timestamptz NOT NULL,
  -- One constraint, not several: PostgreSQL parses each again for each statement.
  CHECK (
    (status = 1) = (running_since IS NOT NULL) AND (status = 3) = (end_time IS NOT NULL)
    AND kind IN (1, 2) AND source IN (1, 2, 3) AND (end_time IS NULL OR end_time >= start_time))
);

-- Decides races: one active session a user.
CREATE UNIQUE INDEX sessions_one_active ON sessions (user_id) WHERE status <> 3;

-- The pages of history and logs.
CREATE INDEX sessions_newest ON sessions (user_id, end_time DESC, id DESC) WHERE status = 3;

-- What of a user's settings is needed here, as auth last told it.
CREATE TABLE user_settings (
  user_id uuid PRIMARY KEY,
  timezone text NOT NULL,
  day_start_hour smallint NOT NULL,
  forbid_overlap boolean NOT NULL,
  -- The version of the account that the settings are of.
  version bigint NOT NULL,
  -- The account is gone: nothing is taken for it any more.
  deleted boolean NOT NULL
);

-- Events that some consumer has not taken yet: rows go when all have.
CREATE TABLE outbox (
  id uuid PRIMARY KEY,
  topic text NOT NULL,
  payload bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
