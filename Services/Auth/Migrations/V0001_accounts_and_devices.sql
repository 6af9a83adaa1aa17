-- Times are the service's clock, so that one clock decides about all of a request.

CREATE TABLE users (
  id uuid PRIMARY KEY,
  email text NOT NULL,
  -- In lower case: unique without regard to case.
  email_key text NOT NULL CONSTRAINT users_email_unique UNIQUE,
  username text NOT NULL,
  username_key text NOT NULL CONSTRAINT users_username_unique UNIQUE,
  -- A PHC string.
  password_hash text NOT NULL,
  name text,
  image text,
  bio text,
  role text NOT NULL DEFAULT 'user' CHECK (role IN ('user', 'moderator', 'admin')),
  timezone text NOT NULL,
  day_start_hour smallint NOT NULL DEFAULT 0 CHECK (day_start_hour BETWEEN 0 AND 23),
  week_start text NOT NULL DEFAULT 'monday' CHECK (week_start IN ('monday', 'sunday')),
  leaderboard_opt_out boolean NOT NULL DEFAULT false,
  forbid_overlap boolean NOT NULL DEFAULT false,
  -- Counts up by one for each change.
  version bigint NOT NULL DEFAULT 1 CHECK (version > 0),
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);

-- Signed-in devices; the id is the `sid` of their access tokens.
CREATE TABLE devices (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
  user_agent text NOT NULL,
  ip text NOT NULL,
  created_at timestamptz NOT NULL,
  last_seen_at timestamptz NOT NULL,
  -- When the last of its access tokens expires: until then a revocation has to be remembered.
  access_expires_at timestamptz NOT NULL,
  -- When the last of its refresh tokens expires, and the device is signed out by itself.
  expires_at timestamptz NOT NULL
);

CREATE INDEX devices_by_user ON devices (user_id, id);

-- Spent tokens stay until they expire, so that reuse is seen.
CREATE TABLE refresh_tokens (
  -- SHA-256 of the token's bytes.
  hash bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
  device_id uuid NOT NULL REFERENCES devices ON DELETE CASCADE,
  expires_at timestamptz NOT NULL,
  spent_at timestamptz
);

CREATE INDEX refresh_tokens_by_device ON refresh_tokens (device_id);

-- Devices that were signed out while an access token of theirs had not expired.
CREATE TABLE revocations (
  device_id uuid PRIMARY KEY,
  -- The transaction that wrote the row: readers page by it (Domain/RevocationPosition.swift).
  transaction bigint NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
  expires_at timestamptz NOT NULL
);

CREATE INDEX revocations_in_order ON revocations (transaction, device_id);

CREATE TABLE outbox (
  id uuid PRIMARY KEY,
  topic text NOT NULL,
  payload bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
