-- What users show of themselves, and what badges are measured by.
ALTER TABLE summaries
  -- NULL until the account is known.
  ADD COLUMN username text,
  ADD COLUMN image text,
  -- Not to be seen on leaderboards.
  ADD COLUMN opted_out boolean NOT NULL DEFAULT false,
  -- Days of the longest streak there ever was.
  ADD COLUMN longest_streak integer NOT NULL DEFAULT 0,
  -- Posts that are neither deleted nor hidden.
  ADD COLUMN posts bigint NOT NULL DEFAULT 0,
  -- Seconds on the project that has the most.
  ADD COLUMN project_seconds bigint NOT NULL DEFAULT 0;

ALTER TABLE counted_sessions
  -- Milliseconds since the epoch; 0 where the session is gone.
  ADD COLUMN end_ms bigint NOT NULL DEFAULT 0,
  ADD COLUMN project_id uuid;

-- For timelines, and for what was done on which project.
CREATE INDEX counted_sessions_ends ON counted_sessions (user_id, end_ms DESC, session_id DESC)
WHERE end_ms > 0;

CREATE TABLE outbox (
  id uuid PRIMARY KEY,
  topic text NOT NULL,
  payload bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- What can be earned. The criteria are data: {"kind": "total_sessions", "value": 10}.
CREATE TABLE badges (
  badge_id uuid PRIMARY KEY,
  -- In the order in which they are listed.
  place integer GENERATED ALWAYS AS IDENTITY UNIQUE,
  name text NOT NULL,
  description text NOT NULL,
  -- 1 sessions, 2 time, 3 streak, 4 social.
  category smallint NOT NULL,
  criteria jsonb NOT NULL,
  points integer NOT NULL,
  -- What the picture shows, and in which colour.
  symbol text NOT NULL DEFAULT 'star',
  colour text NOT NULL DEFAULT '#8a6d3b',
  -- 1 total_sessions, 2 total_focus_time, 3 streak_days, 4 community_posts, 5 project_time.
  kind smallint NOT NULL GENERATED ALWAYS AS (
    CASE criteria ->> 'kind'
      WHEN 'total_sessions' THEN 1 WHEN 'total_focus_time' THEN 2 WHEN 'streak_days' THEN 3
      WHEN 'community_posts' THEN 4 WHEN 'project_time' THEN 5
    END) STORED,
  -- In the unit of the summary's column: of time, seconds; the criteria speak of minutes.
  requirement bigint NOT NULL GENERATED ALWAYS AS (
    (criteria ->> 'value')::bigint
    * CASE WHEN criteria ->> 'kind' IN ('total_focus_time', 'project_time') THEN 60 ELSE 1 END
  ) STORED
);
CREATE UNIQUE INDEX badges_name ON badges (lower(name));
CREATE INDEX badges_requirement ON badges (kind, requirement);

-- Who has earned what. It stands as long as it is deserved: always what the summary says.
CREATE TABLE awards (
  user_id uuid NOT NULL,
  badge_id uuid NOT NULL,
  -- Milliseconds since the epoch.
  awarded_ms bigint NOT NULL,
  PRIMARY KEY (user_id, badge_id)
);
CREATE INDEX awards_times ON awards (user_id, awarded_ms DESC, badge_id DESC);

-- The newest known state of each post.
CREATE TABLE posts (
  user_id uuid NOT NULL,
  post_id uuid NOT NULL,
  version bigint NOT NULL,
  title text NOT NULL,
  created_ms bigint NOT NULL,
  gone boolean NOT NULL,
  PRIMARY KEY (user_id, post_id)
);
CREATE INDEX posts_times ON posts (user_id, created_ms DESC, post_id DESC) WHERE NOT gone;

-- The newest known state of each project; of a deleted one, neither name nor owner's eyes.
CREATE TABLE projects (
  project_id uuid PRIMARY KEY,
  owner_id uuid NOT NULL,
  version bigint NOT NULL,
  name text NOT NULL,
  is_public boolean NOT NULL,
  created_ms bigint NOT NULL,
  gone boolean NOT NULL
);
CREATE INDEX projects_times ON projects (owner_id, created_ms DESC, project_id DESC)
WHERE NOT gone;

-- The newest known state of each time entry; `end_ms` is 0 where it is gone.
CREATE TABLE entries (
  user_id uuid NOT NULL,
  entry_id uuid NOT NULL,
  version bigint NOT NULL,
  project_id uuid,
  start_ms bigint NOT NULL,
  end_ms bigint NOT NULL,
  PRIMARY KEY (user_id, entry_id)
);
CREATE INDEX entries_ends ON entries (user_id, end_ms DESC, entry_id DESC) WHERE end_ms > 0;

-- Seconds of each user on each project: work sessions and time entries.
CREATE TABLE project_times (
  user_id uuid NOT NULL,
  project_id uuid NOT NULL,
  seconds bigint NOT NULL,
  PRIMARY KEY (user_id, project_id)
);
