-- Who is shown, as auth last told it. Of a deleted account only the mark is left.
CREATE TABLE users (
  user_id uuid PRIMARY KEY,
  username text NOT NULL,
  image text,
  -- The version of the account.
  version bigint NOT NULL,
  deleted boolean NOT NULL DEFAULT false
);

-- Who blocks whom, as community last told it. Rows stay, for their version.
CREATE TABLE blocks (
  blocker_id uuid NOT NULL,
  blocked_id uuid NOT NULL,
  blocked boolean NOT NULL,
  version bigint NOT NULL,
  PRIMARY KEY (blocker_id, blocked_id)
);
CREATE INDEX blocks_of_blocked ON blocks (blocked_id);

-- One for each two users: the unique index decides which of two first messages makes it.
CREATE TABLE conversations (
  id uuid PRIMARY KEY,
  user1_id uuid NOT NULL,
  user2_id uuid NOT NULL,
  -- How many messages each has sent.
  user1_sent bigint NOT NULL,
  user2_sent bigint NOT NULL,
  -- How many of the other one's messages each has read: these only grow.
  user1_read bigint NOT NULL DEFAULT 0,
  user2_read bigint NOT NULL DEFAULT 0,
  -- Never goes back while messages are added.
  last_message_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  CHECK (user1_id < user2_id AND user1_read <= user2_sent AND user2_read <= user1_sent),
  CONSTRAINT conversations_one_a_pair UNIQUE (user1_id, user2_id)
);
CREATE INDEX conversations_of_user1 ON conversations (user1_id, last_message_at DESC, id DESC);
CREATE INDEX conversations_of_user2 ON conversations (user2_id, last_message_at DESC, id DESC);

CREATE TABLE messages (
  conversation_id uuid NOT NULL REFERENCES conversations ON DELETE CASCADE,
  -- Made by message_id: sorts by `number`.
  id uuid NOT NULL,
  -- The how-manieth of the conversation, and of its sender in it.
  number bigint NOT NULL,
  ordinal bigint NOT NULL,
  sender_id uuid NOT NULL,
  content text NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (conversation_id, id)
);

-- What a user was told. `number` counts up by one for each user, in the order of arrival.
CREATE TABLE notifications (
  user_id uuid NOT NULL,
  number bigint NOT NULL,
  id uuid NOT NULL UNIQUE,
  -- As in events.proto.
  kind smallint NOT NULL,
  text text NOT NULL,
  subject_id text,
  actor_id uuid,
  is_read boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (user_id, number)
);
CREATE INDEX notifications_unread ON notifications (user_id, number) WHERE NOT is_read;
CREATE INDEX notifications_of_actor ON notifications (actor_id) WHERE actor_id IS NOT NULL;

-- How far a user's notifications have counted, and which kinds the user does not want.
CREATE TABLE inboxes (
  user_id uuid PRIMARY KEY,
  last_number bigint NOT NULL DEFAULT 0,
  -- Bit n: the kind n of events.proto.
  muted integer NOT NULL DEFAULT 0
);

-- Which notifications have come, whatever became of them: a second one changes nothing.
CREATE TABLE taken_notifications (
  id uuid PRIMARY KEY,
  taken_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX taken_notifications_oldest ON taken_notifications (taken_at);

-- A UUIDv7 whose bits after the time are the position in the conversation: as times never go back
-- there, ids sort in the order of sending, also within a millisecond. 44 bits are random.
CREATE FUNCTION message_id(at timestamptz, number bigint, random uuid) RETURNS uuid
LANGUAGE sql IMMUTABLE AS $$
  SELECT (
    lpad(to_hex(floor(extract(epoch FROM at) * 1000)::bigint), 12, '0')
    || '7' || lpad(to_hex(number >> 18 & 4095), 3, '0')
    || to_hex(8 | (number >> 16 & 3)) || lpad(to_hex(number & 65535), 4, '0')
    || right(random::text, 11)
  )::uuid
$$;

-- Called with each notification that somebody is told for the first time, in the transaction that
-- brings it; also with kinds that the user does not want to see listed. For what has to go out with
-- it: a later migration may replace the body.
CREATE FUNCTION notification_applied(
  notification uuid, told uuid, about integer, words text, subject text, actor uuid,
  raised_at timestamptz
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
END $$;

-- Called when an account is erased, in that transaction. A later migration may replace the body.
CREATE FUNCTION user_erased(gone uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
END $$;

-- Tells a user something, once; returns whether it is listed now. The newest thousand are kept.
CREATE FUNCTION apply_notification(
  notification uuid, told uuid, about integer, words text, subject text, actor uuid,
  raised_at timestamptz
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  is_gone boolean;
  place bigint;
  is_muted boolean;
BEGIN
  -- Locked, so that the account's deletion comes wholly before or wholly after.
  SELECT deleted INTO is_gone FROM users WHERE user_id = told FOR SHARE;
  IF is_gone THEN RETURN false; END IF;
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

-- Erases a user: what the user wrote, was told, and caused others to be told. What others wrote to
-- the user stays theirs, in a conversation with nobody; without such it goes too.
CREATE FUNCTION erase_user(gone uuid, newest bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  -- First, and locked: what comes later finds the mark, what came before is seen below.
  INSERT INTO users (user_id, username, version, deleted) VALUES (gone, '', newest, true)
  ON CONFLICT (user_id) DO UPDATE SET
    username = '', image = NULL, version = newest, deleted = true;
  DELETE FROM messages USING conversations
  WHERE (user1_id = gone OR user2_id = gone) AND conversation_id = conversations.id
    AND sender_id = gone;
  DELETE FROM conversations
  WHERE (user1_id = gone OR user2_id = gone)
    AND NOT EXISTS (SELECT FROM messages WHERE conversation_id = conversations.id);
  UPDATE conversations SET
    user1_read = CASE WHEN user1_id = gone THEN user1_read ELSE user2_sent END,
    user2_read = CASE WHEN user2_id = gone THEN user2_read ELSE user1_sent END,
    last_message_at =
      (SELECT max(created_at) FROM messages WHERE conversation_id = conversations.id)
  WHERE user1_id = gone OR user2_id = gone;
  DELETE FROM notifications WHERE user_id = gone OR actor_id = gone;
  DELETE FROM inboxes WHERE user_id = gone;
  DELETE FROM blocks WHERE blocker_id = gone OR blocked_id = gone;
  PERFORM user_erased(gone);
END $$;
