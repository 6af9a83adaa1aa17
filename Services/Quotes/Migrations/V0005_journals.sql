-- Who has journals, or had an account: a row's lock orders the user's writing and the account's
-- deletion, and its mark says that nothing is taken any more.
CREATE TABLE journal_owners (
  user_id uuid PRIMARY KEY,
  deleted boolean NOT NULL
);

CREATE TABLE journals (
  -- UUIDv7: the newest is the highest.
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL,
  content text NOT NULL,
  -- What is tied to a session is final, whatever becomes of the session.
  session_id uuid,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX journals_newest ON journals (user_id, id DESC);

-- Erases a user's journals. The mark comes first: what waited for it is seen by the deletion.
CREATE FUNCTION erase_user(gone uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO journal_owners (user_id, deleted) VALUES (gone, true)
  ON CONFLICT (user_id) DO UPDATE SET deleted = true;
  DELETE FROM journals WHERE user_id = gone;
END $$;
