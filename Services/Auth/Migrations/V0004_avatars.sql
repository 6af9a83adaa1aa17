-- Pictures that lie in the object store. A user's own is the one that `users.image` names; a row that
-- none names is a picture being stored, or one to be removed.
CREATE TABLE avatars (
  id uuid PRIMARY KEY,
  -- Null once the account is gone.
  user_id uuid REFERENCES users ON DELETE SET NULL,
  content_type text NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX avatars_by_user ON avatars (user_id);
CREATE INDEX avatars_by_age ON avatars (created_at);
