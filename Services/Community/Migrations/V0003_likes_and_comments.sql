-- Likes a post, or no longer does (`wanted`), or the other of the two where that is NULL. Returns
-- no row where there is no such post or user.
--
-- The post's lock makes its likes come one after the other: each sees what the one before has done,
-- so that the count is that of the rows, and two toggles at once are two.
CREATE FUNCTION like_post(
  of_post uuid, by_user uuid, wanted boolean, event uuid, event_topic text, event_payload bytea
) RETURNS TABLE (is_liked boolean, is_new boolean, like_count integer) LANGUAGE plpgsql AS $$
DECLARE
  had boolean;
BEGIN
  -- Shared: an account that is being erased gets no further likes.
  PERFORM FROM known_users WHERE user_id = by_user AND NOT deleted FOR SHARE;
  IF NOT FOUND THEN RETURN; END IF;
  SELECT likes INTO like_count FROM posts
    WHERE id = of_post AND NOT is_deleted AND NOT is_hidden FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN; END IF;
  had := EXISTS (SELECT FROM post_likes WHERE post_id = of_post AND user_id = by_user);
  is_liked := coalesce(wanted, NOT had);
  is_new := is_liked AND NOT had;
  IF is_new THEN
    INSERT INTO post_likes (post_id, user_id) VALUES (of_post, by_user);
    like_count := like_count + 1;
    IF event IS NOT NULL THEN
      INSERT INTO outbox (id, topic, payload) VALUES (event, event_topic, event_payload);
    END IF;
  ELSIF had AND NOT is_liked THEN
    DELETE FROM post_likes WHERE post_id = of_post AND user_id = by_user;
    like_count := like_count - 1;
  END IF;
  IF is_liked <> had THEN
    UPDATE posts SET likes = like_count WHERE id = of_post;
  END IF;
  RETURN NEXT;
END $$;

-- The same of a comment.
CREATE FUNCTION like_comment(
  of_comment uuid, by_user uuid, wanted boolean, event uuid, event_topic text, event_payload bytea
) RETURNS TABLE (is_liked boolean, is_new boolean, like_count integer) LANGUAGE plpgsql AS $$
DECLARE
  had boolean;
BEGIN
  PERFORM FROM known_users WHERE user_id = by_user AND NOT deleted FOR SHARE;
  IF NOT FOUND THEN RETURN; END IF;
  SELECT likes INTO like_count FROM comments
    WHERE id = of_comment AND NOT is_deleted AND NOT is_hidden FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN; END IF;
  had := EXISTS (SELECT FROM comment_likes WHERE comment_id = of_comment AND user_id = by_user);
  is_liked := coalesce(wanted, NOT had);
  is_new := is_liked AND NOT had;
  IF is_new THEN
    INSERT INTO comment_likes (comment_id, user_id) VALUES (of_comment, by_user);
    like_count := like_count + 1;
    IF event IS NOT NULL THEN
      INSERT INTO outbox (id, topic, payload) VALUES (event, event_topic, event_payload);
    END IF;
  ELSIF had AND NOT is_liked THEN
    DELETE FROM comment_likes WHERE comment_id = of_comment AND user_id = by_user;
    like_count := like_count - 1;
  END IF;
  IF is_liked <> had THEN
    UPDATE comments SET likes = like_count WHERE id = of_comment;
  END IF;
  RETURN NEXT;
END $$;

-- Adds a comment to a post, or to the thread of `root` below `parent`. Returns `added`, or why not:
-- `no_user`, `no_parent`, `full` (the thread has as many replies or bytes as it may), `no_post`.
--
-- Locks in this order, as everything here does: users, comments, posts.
CREATE FUNCTION add_comment(
  new_id uuid, of_post uuid, by_user uuid, parent uuid, root uuid, new_depth integer,
  new_content text, at_time timestamptz, replies_max integer, bytes_max integer, event uuid,
  event_topic text, event_payload bytea
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  size integer := octet_length(new_content);
BEGIN
  PERFORM FROM known_users WHERE user_id = by_user AND NOT deleted FOR SHARE;
  IF NOT FOUND THEN RETURN 'no_user'; END IF;
  IF parent IS NOT NULL THEN
    PERFORM FROM comments
      WHERE id = parent AND post_id = of_post AND NOT is_deleted AND NOT is_hidden;
    IF NOT FOUND THEN RETURN 'no_parent'; END IF;
    UPDATE comments SET thread_replies = thread_replies + 1, thread_bytes = thread_bytes + size
      WHERE id = root AND thread_replies < replies_max AND thread_bytes + size <= bytes_max;
    IF NOT FOUND THEN RETURN 'full'; END IF;
  END IF;
  UPDATE posts SET comment_count = comment_count + 1
    WHERE id = of_post AND NOT is_deleted AND NOT is_hidden;
  IF NOT FOUND THEN
    -- Undoes what the thread was counted up by.
    IF parent IS NOT NULL THEN
      UPDATE comments SET thread_replies = thread_replies - 1, thread_bytes = thread_bytes - size
        WHERE id = root;
    END IF;
    RETURN 'no_post';
  END IF;
  INSERT INTO comments (
    id, post_id, user_id, parent_id, root_id, depth, content, thread_bytes, created_at, updated_at)
  VALUES (
    new_id, of_post, by_user, parent, coalesce(root, new_id), new_depth, new_content,
    CASE WHEN parent IS NULL THEN size ELSE 0 END, at_time, at_time);
  IF event IS NOT NULL THEN
    INSERT INTO outbox (id, topic, payload) VALUES (event, event_topic, event_payload);
  END IF;
  RETURN 'added';
END $$;

-- Erases what a user has written, liked, reported and blocked, and marks that there will be no more.
-- Posts go; comments stay as empty ones for the replies below them.
CREATE FUNCTION erase_user(gone uuid, gone_version bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO known_users (user_id, username, version, deleted)
    VALUES (gone, '', gone_version, true)
    ON CONFLICT (user_id) DO UPDATE
      SET username = '', image = NULL, version = gone_version, deleted = true;

  WITH unliked AS (DELETE FROM comment_likes WHERE user_id = gone RETURNING comment_id)
  UPDATE comments SET likes = likes - 1 FROM unliked WHERE id = comment_id;

  WITH emptied AS (
    UPDATE comments SET content = '', user_id = NULL, is_deleted = true
      FROM (SELECT id, is_deleted AS was_deleted FROM comments WHERE user_id = gone FOR UPDATE) own
      WHERE comments.id = own.id
      RETURNING post_id, was_deleted OR is_hidden AS was_gone
  ), counted AS (
    SELECT post_id, count(*) AS amount FROM emptied WHERE NOT was_gone GROUP BY post_id
  )
  UPDATE posts SET comment_count = comment_count - amount FROM counted WHERE id = post_id;

  WITH unliked AS (DELETE FROM post_likes WHERE user_id = gone RETURNING post_id)
  UPDATE posts SET likes = likes - 1 FROM unliked WHERE id = post_id;

  UPDATE posts SET
    title = '', content = '', user_id = NULL, is_deleted = true, version = version + 1
    WHERE user_id = gone;

  DELETE FROM reports WHERE reporter_id = gone;
  DELETE FROM blocks WHERE blocker_id = gone OR blocked_id = gone;
END $$;
