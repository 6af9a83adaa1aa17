-- Takes a user's settings of a newer version, as `apply_settings`, with what the user shows.
CREATE FUNCTION take_settings(
  the_user uuid, known_version bigint, new_version bigint, new_timezone text,
  new_day_start_hour integer, new_week_start integer, new_excused integer[], new_username text,
  new_image text, new_opted_out boolean, OUT taken boolean, OUT told uuid[]
) LANGUAGE plpgsql AS $$
BEGIN
  taken := false;
  told := '{}';
  IF hold_summary(the_user) THEN RETURN; END IF;
  UPDATE summaries SET
    timezone = new_timezone, day_start_hour = new_day_start_hour, week_start = new_week_start,
    settings_version = new_version, excused = excused || new_excused, username = new_username,
    image = new_image, opted_out = new_opted_out, version = DEFAULT
  WHERE user_id = the_user AND settings_version = known_version AND known_version < new_version;
  IF NOT FOUND THEN RETURN; END IF;
  taken := true;
  UPDATE scores SET hidden = new_opted_out, changed = DEFAULT
  WHERE user_id = the_user AND hidden <> new_opted_out;
  IF new_excused <> '{}' AND settle_streak(the_user) THEN told := settle_badges(the_user); END IF;
END $$;

-- Takes the state of a post; `taken` is false where this or a newer one is known.
CREATE FUNCTION take_post(
  the_user uuid, the_post uuid, new_version bigint, new_title text, new_created bigint,
  is_gone boolean, OUT taken boolean, OUT told uuid[]
) LANGUAGE plpgsql AS $$
DECLARE
  old posts%ROWTYPE;
  change integer := CASE WHEN is_gone THEN 0 ELSE 1 END;
BEGIN
  taken := false;
  told := '{}';
  IF hold_summary(the_user) THEN RETURN; END IF;
  SELECT * INTO old FROM posts WHERE user_id = the_user AND post_id = the_post;
  IF FOUND THEN
    IF old.version >= new_version THEN RETURN; END IF;
    IF NOT old.gone THEN change := change - 1; END IF;
  END IF;
  INSERT INTO posts VALUES (
    the_user, the_post, new_version, CASE WHEN is_gone THEN '' ELSE new_title END, new_created,
    is_gone)
  ON CONFLICT (user_id, post_id) DO UPDATE SET
    version = excluded.version, title = excluded.title, created_ms = excluded.created_ms,
    gone = excluded.gone;
  taken := true;
  IF change <> 0 THEN
    UPDATE summaries SET posts = posts + change WHERE user_id = the_user;
    told := settle_badges(the_user);
  END IF;
END $$;

-- The same of a project.
CREATE FUNCTION take_project(
  the_project uuid, the_owner uuid, new_version bigint, new_name text, new_is_public boolean,
  new_created bigint, is_gone boolean
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO projects VALUES (
    the_project, the_owner, new_version, CASE WHEN is_gone THEN '' ELSE new_name END,
    new_is_public, new_created, is_gone)
  ON CONFLICT (project_id) DO UPDATE SET
    owner_id = excluded.owner_id, version = excluded.version, name = excluded.name,
    is_public = excluded.is_public, created_ms = excluded.created_ms, gone = excluded.gone
  WHERE projects.version < excluded.version;
  RETURN FOUND;
END $$;

-- The same of a time entry.
CREATE FUNCTION take_entry(
  the_user uuid, the_entry uuid, new_version bigint, new_project uuid, new_start bigint,
  new_end bigint, is_gone boolean, OUT taken boolean, OUT told uuid[]
) LANGUAGE plpgsql AS $$
DECLARE
  old entries%ROWTYPE;
BEGIN
  taken := false;
  told := '{}';
  IF hold_summary(the_user) THEN RETURN; END IF;
  SELECT * INTO old FROM entries WHERE user_id = the_user AND entry_id = the_entry;
  IF FOUND THEN
    IF old.version >= new_version THEN RETURN; END IF;
    IF old.end_ms > 0 THEN
      PERFORM book_project(
        the_user, old.project_id, -(old.end_ms / 1000 - old.start_ms / 1000));
    END IF;
  END IF;
  INSERT INTO entries VALUES (
    the_user, the_entry, new_version, new_project, new_start,
    CASE WHEN is_gone THEN 0 ELSE new_end END)
  ON CONFLICT (user_id, entry_id) DO UPDATE SET
    version = excluded.version, project_id = excluded.project_id, start_ms = excluded.start_ms,
    end_ms = excluded.end_ms;
  taken := true;
  IF NOT is_gone THEN
    PERFORM book_project(the_user, new_project, new_end / 1000 - new_start / 1000);
  END IF;
  told := settle_badges(the_user);
END $$;

-- Erases what is known of a user, but for the mark that the account is gone.
CREATE OR REPLACE FUNCTION erase_user(the_user uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM hold_summary(the_user);
  UPDATE summaries SET
    timezone = NULL, day_start_hour = 0, week_start = 1, excused = '{}', work_seconds = 0,
    work_sessions = 0, username = NULL, image = NULL, opted_out = false, longest_streak = 0,
    posts = 0, project_seconds = 0, version = DEFAULT, deleted = true
  WHERE user_id = the_user;
  -- Not removed: the sorted sets learn of it from this row.
  UPDATE scores SET
    seconds = 0, sessions = 0, badges = 0, points = 0, hidden = true, changed = DEFAULT
  WHERE user_id = the_user;
  DELETE FROM days WHERE user_id = the_user;
  DELETE FROM counted_sessions WHERE user_id = the_user;
  DELETE FROM awards WHERE user_id = the_user;
  DELETE FROM posts WHERE user_id = the_user;
  DELETE FROM entries WHERE user_id = the_user;
  DELETE FROM project_times WHERE user_id = the_user;
  UPDATE projects SET name = '', is_public = false, gone = true WHERE owner_id = the_user;
END $$;

-- Adds a badge; who has reached it has it at once. Returns null where the name is taken.
--
-- The lock holds up whoever counts: what is counted afterwards knows the badge already.
CREATE FUNCTION add_badge(
  the_badge uuid, its_name text, its_description text, its_category integer, its_criteria jsonb,
  its_points integer, badges_max integer, OUT outcome text, OUT told uuid[]
) LANGUAGE plpgsql AS $$
DECLARE
  winner uuid;
BEGIN
  told := '{}';
  LOCK TABLE summaries IN EXCLUSIVE MODE;
  IF (SELECT count(*) FROM badges) >= badges_max THEN
    outcome := 'full';
    RETURN;
  END IF;
  INSERT INTO badges (badge_id, name, description, category, criteria, points)
  VALUES (the_badge, its_name, its_description, its_category, its_criteria, its_points)
  ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    outcome := 'taken';
    RETURN;
  END IF;
  outcome := 'added';
  FOR winner IN
    SELECT user_id FROM measures JOIN badges USING (kind)
    WHERE badge_id = the_badge AND value >= requirement
  LOOP
    told := told || settle_badges(winner);
  END LOOP;
END $$;
