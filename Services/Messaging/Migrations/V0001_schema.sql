CREATE TABLE outbox (
  id uuid PRIMARY KEY,
  topic text NOT NULL,
  payload bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
