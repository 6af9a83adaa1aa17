-- A field of a protobuf message: its tag and length, then the text. Lengths up to 16,383.
CREATE FUNCTION wire_text(field integer, value text) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
  SELECT set_byte('\x00'::bytea, 0, field * 8 + 2)
    || CASE WHEN octet_length(value) < 128 THEN set_byte('\x00'::bytea, 0, octet_length(value))
      ELSE set_byte('\x00'::bytea, 0, 128 + octet_length(value) % 128)
        || set_byte('\x00'::bytea, 0, octet_length(value) / 128)
      END
    || convert_to(value, 'UTF8')
$$;

-- The same of a number that is not negative.
CREATE FUNCTION wire_number(field integer, value bigint) RETURNS bytea LANGUAGE plpgsql IMMUTABLE
AS $$
DECLARE
  bytes bytea := set_byte('\x00'::bytea, 0, field * 8);
  rest bigint := value;
BEGIN
  WHILE rest >= 128 LOOP
    bytes := bytes || set_byte('\x00'::bytea, 0, (128 + rest % 128)::integer);
    rest := rest / 128;
  END LOOP;
  RETURN bytes || set_byte('\x00'::bytea, 0, rest::integer);
END $$;

-- Milliseconds since the epoch, as a field.
CREATE FUNCTION wire_time(field integer, value timestamptz) RETURNS bytea LANGUAGE sql IMMUTABLE
AS $$
  SELECT wire_number(field, greatest(floor(extract(epoch FROM value) * 1000), 0)::bigint)
$$;

-- As before; besides, what is listed is told to who follows: a row of the outbox of the
-- notification's own id, with its focal.events.v1.NotificationRaised.
CREATE OR REPLACE FUNCTION apply_notification(
  notification uuid, told uuid, about integer, words text, subject text, actor uuid,
  raised_at timestamptz
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  place bigint;
  is_muted boolean;
BEGIN
  -- Locked, so that an account's deletion comes wholly before or wholly after.
  PERFORM FROM users WHERE user_id IN (told, actor) ORDER BY user_id FOR SHARE;
  IF EXISTS (SELECT FROM users WHERE user_id IN (told, actor) AND deleted) THEN
    RETURN false;
  END IF;
  INSERT INTO taken_notifications (id) VALUES (notification) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN RETURN false; END IF;
  IF EXISTS (SELECT FROM blocks WHERE blocker_id = told AND blocked_id = actor AND blocked) THEN
    RETURN false;
  END IF;
  PERFORM notification_applied(notification, told, about, words, subject, actor, raised_at);
  INSERT INTO inboxes AS known (user_id, last_number) VALUES (told, 1)
  ON CONFLICT (user_id) DO UPDATE SET
    last_number = known.last_number + (known.muted >> about & 1 = 0)::integer
  RETURNING last_number, muted >> about & 1 = 1 INTO place, is_muted;
  IF is_muted THEN RETURN false; END IF;
  INSERT INTO notifications (user_id, number, id, kind, text, subject_id, actor_id, created_at)
  VALUES (told, place, notification, about, words, subject, actor, raised_at)
  ON CONFLICT (id) DO NOTHING;
  DELETE FROM notifications WHERE user_id = told AND number <= place - 1000;
  INSERT INTO outbox (id, topic, payload) VALUES (
    notification, 'notification.listed',
    wire_text(1, notification::text) || wire_text(2, told::text) || wire_number(3, about)
      || wire_text(4, words) || coalesce(wire_text(5, subject), '')
      || coalesce(wire_text(6, actor::text), '') || wire_time(7, raised_at))
  ON CONFLICT (id) DO NOTHING;
  RETURN true;
END $$;

-- The completed sessions that somebody was told of: a second time nobody is.
CREATE TABLE told_sessions (
  session_id uuid PRIMARY KEY,
  told_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX told_sessions_oldest ON told_sessions (told_at);

-- Tells of a completed session, once: the user's webhooks that want it, and where `payload` is not
-- null, who follows the user. Returns whether it was told now.
CREATE FUNCTION tell_session(
  the_session uuid, its_user uuid, ended_at timestamptz, data text, payload bytea
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  -- Locked, so that the account's deletion comes wholly before or wholly after.
  PERFORM FROM users WHERE user_id = its_user FOR SHARE;
  IF EXISTS (SELECT FROM users WHERE user_id = its_user AND deleted) THEN RETURN false; END IF;
  INSERT INTO told_sessions (session_id) VALUES (the_session) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN RETURN false; END IF;
  IF payload IS NOT NULL THEN
    INSERT INTO outbox (id, topic, payload) VALUES (the_session, 'live.user', payload)
    ON CONFLICT (id) DO NOTHING;
  END IF;
  INSERT INTO webhook_deliveries (webhook_id, notification_id, kind, text, raised_at, data)
  -- Locked: a webhook that is being removed is left out, or takes this with it.
  SELECT id, the_session, 7, '', ended_at, tell_session.data
  FROM webhooks WHERE user_id = its_user AND events >> 7 & 1 = 1
  FOR KEY SHARE
  ON CONFLICT DO NOTHING;
  IF FOUND THEN PERFORM trim_deliveries(its_user); END IF;
  RETURN true;
END $$;

-- The log keeps the latest hundred of each webhook.
CREATE FUNCTION trim_deliveries(its_user uuid) RETURNS void LANGUAGE sql AS $$
  DELETE FROM webhook_deliveries USING webhooks
  WHERE webhooks.user_id = its_user AND webhook_id = webhooks.id AND number <= (
    SELECT number FROM webhook_deliveries latest WHERE latest.webhook_id = webhooks.id
    ORDER BY number DESC OFFSET 100 LIMIT 1)
$$;
