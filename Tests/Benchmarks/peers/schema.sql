-- What both peers need, and no more: the same tables, the same users as the benchmark's.
CREATE TABLE users (
  id uuid PRIMARY KEY,
  email text NOT NULL UNIQUE,
  username text NOT NULL,
  timezone text NOT NULL DEFAULT 'UTC',
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE sessions (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES users (id),
  session_type text NOT NULL,
  started_at timestamptz NOT NULL,
  ended_at timestamptz NOT NULL,
  duration_seconds integer NOT NULL,
  note text,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX sessions_by_user ON sessions (user_id, ended_at);
INSERT INTO users (id, email, username)
SELECT ('00000000-0000-7000-8000-' || lpad(number::text, 12, '0'))::uuid,
  'user' || number || '@example.com', 'user' || number
FROM generate_series(0, 63) AS number;
INSERT INTO sessions (id, user_id, session_type, started_at, ended_at, duration_seconds)
SELECT gen_random_uuid(), id, 'work', now() - interval '25 minutes', now(), 1500
FROM users, generate_series(1, 20);
