-- What people work on together.
CREATE TABLE projects (
  id uuid PRIMARY KEY,
  owner_id uuid NOT NULL,
  name text NOT NULL,
  description text,
  -- 1 public, 2 private.
  visibility smallint NOT NULL CHECK (visibility IN (1, 2)),
  version bigint NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX projects_public ON projects (id DESC) WHERE visibility = 1;
CREATE INDEX projects_owned ON projects (owner_id, created_at DESC);

-- Who belongs to a project; the owner is one of them.
CREATE TABLE project_members (
  project_id uuid NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  user_id uuid NOT NULL,
  -- 1 owner, 2 contributor, 3 viewer.
  role smallint NOT NULL CHECK (role IN (1, 2, 3)),
  created_at timestamptz NOT NULL,
  PRIMARY KEY (project_id, user_id)
);
CREATE UNIQUE INDEX project_members_one_owner ON project_members (project_id) WHERE role = 1;
CREATE INDEX project_members_in_order ON project_members (project_id, created_at, user_id);
CREATE INDEX project_members_newest ON project_members (user_id, project_id DESC);

-- Time that is booked by its start and its end. `project_id` may name a project that is gone: what
-- was booked on it stays. The same goes for sessions.
CREATE TABLE time_entries (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL,
  project_id uuid,
  description text,
  start_time timestamptz NOT NULL,
  -- NULL while the entry runs.
  end_time timestamptz,
  -- 1 timer, 2 manual, 3 import.
  source smallint NOT NULL,
  -- Whose days the entry counts for: the user's settings when it was made.
  timezone text NOT NULL,
  day_start_hour smallint NOT NULL,
  version bigint NOT NULL,
  created_at timestamptz NOT NULL,
  CHECK (source IN (1, 2, 3) AND (end_time IS NULL OR end_time >= start_time))
);
-- Decides races: one running entry a user.
CREATE UNIQUE INDEX time_entries_one_running ON time_entries (user_id) WHERE end_time IS NULL;
CREATE INDEX time_entries_newest ON time_entries (user_id, start_time DESC, id DESC);
CREATE INDEX time_entries_ended ON time_entries (user_id, end_time DESC, id DESC)
  WHERE end_time IS NOT NULL;

-- What a project's time is summed from.
CREATE INDEX time_entries_of_project ON time_entries (project_id) INCLUDE (start_time, end_time)
  WHERE project_id IS NOT NULL AND end_time IS NOT NULL;
CREATE INDEX sessions_of_project ON sessions (project_id)
  WHERE project_id IS NOT NULL AND status = 3 AND kind = 1;

-- How long a session's clock ran, by the stretches in which it did.
CREATE FUNCTION active_milliseconds(segments bigint[]) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(sum(CASE WHEN place % 2 = 0 THEN bound ELSE -bound END), 0)::bigint
  FROM unnest(segments) WITH ORDINALITY AS bounds (bound, place)
$$;

-- What was booked on a project by all: completed work sessions and ended entries, whole seconds
-- each, as they are shown.
CREATE FUNCTION project_seconds(project uuid) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT (
    SELECT coalesce(sum(
      CASE WHEN cardinality(segments) = 2 THEN segments[2] - segments[1]
      ELSE active_milliseconds(segments) END / 1000), 0)
    FROM sessions WHERE project_id = project AND status = 3 AND kind = 1
  )::bigint + (
    SELECT coalesce(sum(floor(extract(epoch FROM end_time - start_time))), 0)
    FROM time_entries WHERE project_id = project AND end_time IS NOT NULL
  )::bigint
$$;
