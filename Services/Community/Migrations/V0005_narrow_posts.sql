-- Texts and their words out of the way: a search reads the short rows of all matches, and the words of
-- only those that it ranks.
ALTER TABLE posts SET (toast_tuple_target = 128);
ALTER TABLE posts ALTER COLUMN search SET STORAGE EXTERNAL;
