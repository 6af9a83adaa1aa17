-- Tickets that open one WebSocket each: browsers have no header for a token there.
CREATE TABLE tickets (
  -- SHA-256 of the ticket's bytes.
  hash bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
  -- With what it was made: who is signed out holds no ticket either.
  device_id uuid REFERENCES devices ON DELETE CASCADE,
  api_token_id uuid REFERENCES api_tokens ON DELETE CASCADE,
  expires_at timestamptz NOT NULL,
  CHECK (num_nonnulls(device_id, api_token_id) = 1)
);

CREATE INDEX tickets_by_device ON tickets (device_id) WHERE device_id IS NOT NULL;
CREATE INDEX tickets_by_api_token ON tickets (api_token_id) WHERE api_token_id IS NOT NULL;
CREATE INDEX tickets_by_expiry ON tickets (expires_at);
