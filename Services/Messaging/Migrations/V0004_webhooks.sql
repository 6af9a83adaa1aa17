-- A URL that a user's notifications are posted to.
CREATE TABLE webhooks (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL,
  url text NOT NULL,
  -- Bit n: the kind n of events.proto.
  events integer NOT NULL CHECK (events > 0),
  -- The key of the signatures.
  secret text NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX webhooks_of_user ON webhooks (user_id, id);

-- A notification on its way to a webhook: written with the notification, so that none is lost.
CREATE TABLE webhook_deliveries (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  webhook_id uuid NOT NULL REFERENCES webhooks ON DELETE CASCADE,
  notification_id uuid NOT NULL,
  kind smallint NOT NULL,
  text text NOT NULL,
  subject_id text,
  -- Who caused it: goes with that account, since the text may name it.
  actor_id uuid,
  raised_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  attempts smallint NOT NULL DEFAULT 0,
  -- When it is to be sent; of one that is being sent, when to think that its sender has died. Null
  -- once it is over.
  next_attempt_at timestamptz DEFAULT now(),
  attempted_at timestamptz,
  status_code smallint,
  error text,
  delivered boolean NOT NULL DEFAULT false,
  CONSTRAINT webhook_deliveries_once UNIQUE (webhook_id, notification_id)
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (next_attempt_at, number)
  WHERE next_attempt_at IS NOT NULL;
CREATE INDEX webhook_deliveries_of_webhook ON webhook_deliveries (webhook_id, number);
CREATE INDEX webhook_deliveries_of_actor ON webhook_deliveries (actor_id)
  WHERE actor_id IS NOT NULL;

-- Adds a webhook unless its user has so many already; returns whether it did.
CREATE FUNCTION add_webhook(
  new_id uuid, owner uuid, address text, kinds integer, key text, at timestamptz, most integer
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  -- One after the other for each user: the count below then sees them all.
  PERFORM pg_advisory_xact_lock(hashtextextended('webhooks of ' || owner::text, 0));
  IF EXISTS (SELECT FROM users WHERE user_id = owner AND deleted)
    OR (SELECT count(*) FROM webhooks WHERE user_id = owner) >= most THEN
    RETURN false;
  END IF;
  INSERT INTO webhooks (id, user_id, url, events, secret, created_at)
  VALUES (new_id, owner, address, kinds, key, at);
  RETURN true;
END $$;

-- Each notification goes to the webhooks that want its kind. The log keeps the latest hundred of
-- each webhook, so that one whose receiver is away holds no more than these.
CREATE OR REPLACE FUNCTION notification_applied(
  notification uuid, told uuid, about integer, words text, subject text, actor uuid,
  raised_at timestamptz
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO webhook_deliveries
    (webhook_id, notification_id, kind, text, subject_id, actor_id, raised_at)
  -- Locked: a webhook that is being removed is left out, or takes these with it.
  SELECT id, notification, about, words, subject, actor, notification_applied.raised_at
  FROM webhooks WHERE user_id = told AND events >> about & 1 = 1
  FOR KEY SHARE
  ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN RETURN; END IF;
  DELETE FROM webhook_deliveries USING webhooks
  WHERE webhooks.user_id = told AND webhook_id = webhooks.id AND number <= (
    SELECT number FROM webhook_deliveries latest WHERE latest.webhook_id = webhooks.id
    ORDER BY number DESC OFFSET 100 LIMIT 1);
END $$;

CREATE OR REPLACE FUNCTION user_erased(gone uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM webhooks WHERE user_id = gone;
  DELETE FROM webhook_deliveries WHERE actor_id = gone;
END $$;
