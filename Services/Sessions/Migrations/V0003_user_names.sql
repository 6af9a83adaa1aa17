-- How users are shown to others: in rooms, and among the members of projects. Null until auth has
-- told it, and again once the account is gone.
ALTER TABLE user_settings ADD COLUMN username text, ADD COLUMN image text;
