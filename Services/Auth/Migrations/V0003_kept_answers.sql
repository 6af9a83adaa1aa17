-- The answers of requests that carried an Idempotency-Key (deploy/docs/decisions/0006).
CREATE TABLE kept_answers (
  -- Caller, route and key, hashed with the key itself.
  id bytea PRIMARY KEY CHECK (octet_length(id) = 32),
  fingerprint bytea NOT NULL CHECK (octet_length(fingerprint) = 32),
  -- Who runs the request, and until when it may.
  reservation uuid NOT NULL,
  leased_until timestamptz NOT NULL,
  -- NULL until it has ended. Sealed with the request's own content: nobody else can read it.
  answer bytea CHECK (octet_length(answer) BETWEEN 1 AND 262144),
  expires_at timestamptz NOT NULL
);

CREATE INDEX kept_answers_by_expiry ON kept_answers (expires_at);
