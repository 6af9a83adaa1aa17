-- The key of a webhook's signatures, sealed: then `secret` is empty. Those of before are sealed by the
-- service, which alone knows the key.
ALTER TABLE webhooks ADD COLUMN sealed bytea,
  ADD CONSTRAINT webhooks_one_secret CHECK ((secret = '') = (sealed IS NOT NULL));
CREATE INDEX webhooks_plain ON webhooks (id) WHERE sealed IS NULL;

-- As the one that takes no sealed secret, which the version before calls.
CREATE FUNCTION add_webhook(
  new_id uuid, owner uuid, address text, kinds integer, key text, sealed_key bytea, at timestamptz,
  most integer
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  -- One after the other for each user: the count below then sees them all.
  PERFORM pg_advisory_xact_lock(hashtextextended('webhooks of ' || owner::text, 0));
  IF EXISTS (SELECT FROM users WHERE user_id = owner AND deleted)
    OR (SELECT count(*) FROM webhooks WHERE user_id = owner) >= most THEN
    RETURN false;
  END IF;
  INSERT INTO webhooks (id, user_id, url, events, secret, sealed, created_at)
  VALUES (new_id, owner, address, kinds, key, sealed_key, at);
  RETURN true;
END $$;
