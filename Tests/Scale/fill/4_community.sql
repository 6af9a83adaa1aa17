-- Posts with their words, comments and likes; a few are read by everybody.
SELECT setseed(0.125);
SET search_path = community, scale;

-- Words as languages have them: the low numbers are in most texts, those from 5000 in a few.
CREATE FUNCTION scale.word(number integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN number < 8
    THEN (ARRAY['focus', 'session', 'morning', 'streak', 'break', 'timer', 'study', 'deep'])[number + 1]
    ELSE 'w' || translate(to_hex(number * 7919), '0123456789', 'ghjkmnpqrs') END
$$;

-- `seed` makes it another one for each row.
CREATE FUNCTION scale.text(words integer, seed integer) RETURNS text LANGUAGE sql VOLATILE AS $$
  SELECT string_agg(scale.word(floor(CASE WHEN random() < 0.99 THEN 5000 * power(random(), 3)
    ELSE 5000 + 20000 * random() END)::integer), ' ')
  FROM generate_series(1, words) WHERE seed IS NOT NULL
$$;

CREATE TABLE scale.posts AS
SELECT number, scale.id(created_at, 'post ' || number) AS id, created_at,
  scale.skewed(:users) AS author, 1 + floor(random() * 6)::integer AS category
FROM (
  SELECT number, date_trunc('milliseconds', now() - random() * interval '1000 days') AS created_at
  FROM generate_series(0, :posts - 1) AS number
) AS drawn;
CREATE UNIQUE INDEX ON scale.posts (number);
ANALYZE scale.posts;

INSERT INTO post_likes (post_id, user_id)
SELECT DISTINCT post.id, person.id
FROM (
  SELECT scale.skewed(:posts) AS post, floor(random() * :users)::integer AS person
  FROM generate_series(1, 5 * :posts)
) AS click
JOIN scale.posts AS post ON post.number = click.post
JOIN scale.people AS person ON person.number = click.person;

-- Comments at depth 0, three a post, and a reply to each second of them.
CREATE TABLE scale.comments AS
SELECT drawn.number, scale.id(at, 'comment ' || drawn.number) AS id, post.id AS post_id, at,
  person.id AS user_id, scale.text(12, drawn.number) AS content
FROM (
  SELECT number, scale.skewed(:posts) AS post, scale.skewed(:users) AS person, random() AS delay
  FROM generate_series(1, 3 * :posts) AS number
) AS drawn
JOIN scale.posts AS post ON post.number = drawn.post
JOIN scale.people AS person ON person.number = drawn.person
CROSS JOIN LATERAL (
  SELECT date_trunc('milliseconds', post.created_at + delay * (now() - post.created_at)) AS at) AS time;

CALL drop_indexes('comments');
INSERT INTO comments (
  id, post_id, user_id, root_id, depth, content, thread_replies, thread_bytes, created_at,
  updated_at)
SELECT id, post_id, user_id, id, 0, content, number % 2,
  octet_length(content) * (1 + number % 2), at, at
FROM scale.comments ORDER BY at;
INSERT INTO comments (
  id, post_id, user_id, parent_id, root_id, depth, content, created_at, updated_at)
SELECT scale.id(at, 'reply ' || number), post_id, user_id, id, id, 1, content, at, at
FROM scale.comments WHERE number % 2 = 1 ORDER BY at;
CALL make_indexes();

CALL drop_indexes('posts');
INSERT INTO posts (
  id, user_id, title, content, category, likes, comment_count, created_at, updated_at, version)
SELECT post.id, person.id, scale.text(6, post.number), scale.text(60, post.number), category,
  coalesce(liked.amount, 0), coalesce(answered.amount, 0), post.created_at, post.created_at, 1
FROM scale.posts AS post JOIN scale.people AS person ON person.number = author
LEFT JOIN (SELECT post_id, count(*) AS amount FROM post_likes GROUP BY post_id) AS liked
  ON liked.post_id = post.id
LEFT JOIN (SELECT post_id, count(*) AS amount FROM comments GROUP BY post_id) AS answered
  ON answered.post_id = post.id
ORDER BY post.created_at;
CALL make_indexes();

-- Each blocks one of those who write most.
INSERT INTO blocks (blocker_id, blocked_id, is_blocked, version, changed_at)
SELECT blocker.id, blocked.id, true, 1, now()
FROM scale.people AS blocker JOIN scale.people AS blocked ON blocked.number = blocker.number % 7
WHERE blocker.number % 10 = 9;
INSERT INTO messaging.blocks (blocker_id, blocked_id, blocked, version)
SELECT blocker_id, blocked_id, is_blocked, version FROM blocks;

INSERT INTO gamification.posts (user_id, post_id, version, title, created_ms, gone)
SELECT user_id, id, 1, title, scale.ms(created_at), false FROM posts;
UPDATE gamification.summaries SET posts = amount
FROM (SELECT user_id, count(*) AS amount FROM posts GROUP BY user_id) AS written
WHERE written.user_id = summaries.user_id;
