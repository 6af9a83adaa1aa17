-- A deleted quote stays for the days that it was shown on, and is chosen for no further one.
ALTER TABLE quotes ADD COLUMN deleted_at timestamptz;

-- The text of a deleted quote may be added again.
CREATE UNIQUE INDEX quotes_one_a_text ON quotes (text) WHERE deleted_at IS NULL;
ALTER TABLE quotes DROP CONSTRAINT quotes_text_key;

-- The pages of the admins' list.
CREATE INDEX quotes_newest ON quotes (created_at DESC, id DESC) WHERE deleted_at IS NULL;
