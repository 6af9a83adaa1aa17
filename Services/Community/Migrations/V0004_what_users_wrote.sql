-- Exports go through what a user has written, page by page.
DROP INDEX posts_author;
CREATE INDEX posts_author ON posts (user_id, id);
DROP INDEX comments_author;
CREATE INDEX comments_author ON comments (user_id, id);
DROP INDEX post_likes_user;
CREATE INDEX post_likes_user ON post_likes (user_id, post_id);
DROP INDEX comment_likes_user;
CREATE INDEX comment_likes_user ON comment_likes (user_id, comment_id);
DROP INDEX reports_reporter;
CREATE INDEX reports_reporter ON reports (reporter_id, id);
