-- Several replicas sweep the outbox, and some consumers answer later.
ALTER TABLE outbox
  -- A sweep has claimed the row then.
  ADD COLUMN attempted_at timestamptz,
  -- Consumers that have taken it, of an event that others have not; those for which it is dead too.
  ADD COLUMN taken text[],
  -- How often a consumer could not apply it.
  ADD COLUMN failures int NOT NULL DEFAULT 0,
  -- Given up by a consumer: the row stays until somebody has looked.
  ADD COLUMN dead_at timestamptz,
  ADD COLUMN dead_reason text;
