-- What a user has not read is counted by an index alone, of the conversations that have any.
CREATE INDEX conversations_unread1 ON conversations (user1_id) INCLUDE (user2_sent, user1_read)
  WHERE user2_sent > user1_read;
CREATE INDEX conversations_unread2 ON conversations (user2_id) INCLUDE (user1_sent, user2_read)
  WHERE user1_sent > user2_read;
-- It does where a vacuum has seen the page.
ALTER TABLE conversations SET (
  autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.02);
