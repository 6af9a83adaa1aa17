-- As before; besides, who has deleted the account tells nobody anything any more: an event may come
-- late, and its text has a name in it.
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
  RETURN true;
END $$;
