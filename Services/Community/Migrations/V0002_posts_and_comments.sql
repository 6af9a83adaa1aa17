-- What is known here of users, as auth last told it.
CREATE TABLE known_users (
  user_id uuid PRIMARY KEY,
  username text NOT NULL,
  image text,
  -- The version of the account that this is of.
  version bigint NOT NULL,
  -- The account is gone: nothing is taken for it any more.
  deleted boolean NOT NULL
);

CREATE TABLE posts (
  id uuid PRIMARY KEY,
  -- NULL where the account is gone; its posts are deleted and empty then.
  user_id uuid,
  title text NOT NULL,
  content text NOT NULL,
  -- 1 general, 2 study, 3 work, 4 motivation, 5 help, 6 showcase.
  category smallint NOT NULL,
  likes integer NOT NULL DEFAULT 0,
  -- Comments that are neither deleted nor hidden.
  comment_count integer NOT NULL DEFAULT 0,
  is_hidden boolean NOT NULL DEFAULT false,
  is_deleted boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  edited_at timestamptz,
  version bigint NOT NULL,
  -- Likes against age, in millionths: ten times the likes make up for 45,000 s.
  hot bigint NOT NULL GENERATED ALWAYS AS (floor(1000000 * (
    log(greatest(likes, 1)::float8)
    + extract(epoch FROM created_at AT TIME ZONE 'UTC')::float8 / 45000))::bigint) STORED,
  search tsvector NOT NULL GENERATED ALWAYS AS (
    setweight(to_tsvector('english', title), 'A')
    || setweight(to_tsvector('english', content), 'B')) STORED,
  CHECK (likes >= 0 AND comment_count >= 0 AND category BETWEEN 1 AND 6)
);

-- The pages of each order, with and without a category.
CREATE INDEX posts_new ON posts (created_at DESC, id DESC) WHERE NOT is_hidden AND NOT is_deleted;
CREATE INDEX posts_top ON posts (likes DESC, id DESC) WHERE NOT is_hidden AND NOT is_deleted;
CREATE INDEX posts_hot ON posts (hot DESC, id DESC) WHERE NOT is_hidden AND NOT is_deleted;
CREATE INDEX posts_category_new ON posts (category, created_at DESC, id DESC)
  WHERE NOT is_hidden AND NOT is_deleted;
CREATE INDEX posts_category_top ON posts (category, likes DESC, id DESC)
  WHERE NOT is_hidden AND NOT is_deleted;
CREATE INDEX posts_category_hot ON posts (category, hot DESC, id DESC)
  WHERE NOT is_hidden AND NOT is_deleted;
-- No pending list: a search should not pay for the posts that came before it.
CREATE INDEX posts_search ON posts USING gin (search) WITH (fastupdate = off)
  WHERE NOT is_hidden AND NOT is_deleted;
CREATE INDEX posts_author ON posts (user_id);

CREATE TABLE comments (
  id uuid PRIMARY KEY,
  post_id uuid NOT NULL,
  -- NULL where the account is gone; the comment is deleted and empty then.
  user_id uuid,
  parent_id uuid,
  -- The comment at depth 0 above this one: itself where this is one.
  root_id uuid NOT NULL,
  depth smallint NOT NULL,
  content text NOT NULL,
  likes integer NOT NULL DEFAULT 0,
  is_hidden boolean NOT NULL DEFAULT false,
  is_deleted boolean NOT NULL DEFAULT false,
  -- Of a comment at depth 0: the replies below it, and the bytes of all with its own.
  thread_replies integer NOT NULL DEFAULT 0,
  thread_bytes integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CHECK (likes >= 0 AND depth BETWEEN 0 AND 8 AND (depth = 0) = (parent_id IS NULL))
);

CREATE INDEX comments_roots ON comments (post_id, created_at, id) WHERE depth = 0;
CREATE INDEX comments_threads ON comments (root_id, created_at, id) WHERE depth > 0;
CREATE INDEX comments_author ON comments (user_id);

-- The keys decide races: one like of one thing by one user.
CREATE TABLE post_likes (
  post_id uuid NOT NULL,
  user_id uuid NOT NULL,
  PRIMARY KEY (post_id, user_id)
);
CREATE INDEX post_likes_user ON post_likes (user_id);

CREATE TABLE comment_likes (
  comment_id uuid NOT NULL,
  user_id uuid NOT NULL,
  PRIMARY KEY (comment_id, user_id)
);
CREATE INDEX comment_likes_user ON comment_likes (user_id);

CREATE TABLE reports (
  id uuid PRIMARY KEY,
  post_id uuid,
  comment_id uuid,
  reporter_id uuid NOT NULL,
  reason text NOT NULL,
  -- 1 open, 2 hidden, 3 restored, 4 dismissed.
  status smallint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  decided_at timestamptz,
  decided_by uuid,
  CHECK (num_nonnulls(post_id, comment_id) = 1 AND (status = 1) = (decided_at IS NULL))
);

-- One report of one thing by one user.
CREATE UNIQUE INDEX reports_post ON reports (post_id, reporter_id) WHERE post_id IS NOT NULL;
CREATE UNIQUE INDEX reports_comment ON reports (comment_id, reporter_id)
  WHERE comment_id IS NOT NULL;
CREATE INDEX reports_status ON reports (status, created_at, id);
CREATE INDEX reports_reporter ON reports (reporter_id);

-- Who does not want to read whom. The row stays when a block ends, for its version.
CREATE TABLE blocks (
  blocker_id uuid NOT NULL,
  blocked_id uuid NOT NULL,
  is_blocked boolean NOT NULL,
  -- Counts up by one for each change.
  version bigint NOT NULL,
  changed_at timestamptz NOT NULL,
  PRIMARY KEY (blocker_id, blocked_id)
);
CREATE INDEX blocks_latest ON blocks (blocker_id, changed_at DESC, blocked_id DESC)
  WHERE is_blocked;
CREATE INDEX blocks_blocked ON blocks (blocked_id);
