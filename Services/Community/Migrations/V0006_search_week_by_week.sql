-- Each post's words include the week that it is of, as `~2957`: no text has such a word. So the newest
-- matches are found by the index alone, week by week, however many older ones there are.
ALTER TABLE posts DROP COLUMN search;
ALTER TABLE posts ADD COLUMN search tsvector NOT NULL GENERATED ALWAYS AS (
  setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('english', content), 'B')
  || array_to_tsvector(ARRAY[
    '~' || floor(extract(epoch FROM created_at AT TIME ZONE 'UTC') / 604800)::bigint::text])
) STORED;
ALTER TABLE posts ALTER COLUMN search SET STORAGE EXTERNAL;
CREATE INDEX posts_search ON posts USING gin (search) WITH (fastupdate = off)
  WHERE NOT is_hidden AND NOT is_deleted;

-- The newest posts that match and were written by then, for a reader; of any category where NULL.
--
-- The first step looks at one week, each further one at twice as many as the one before. Each is
-- planned for its words, since how often they occur decides which index is good.
CREATE FUNCTION newest_matches(
  words tsquery, reader uuid, of_category integer, by_then timestamptz, at_most integer
) RETURNS TABLE (post_id uuid, post_words tsvector) LANGUAGE plpgsql STABLE AS $$
DECLARE
  oldest bigint;
  week bigint := floor(extract(epoch FROM by_then) / 604800);
  weeks bigint := 1;
  step_rows integer;
  missing integer := at_most;
BEGIN
  -- Nothing but words like "the": nothing is found, as by @@.
  IF numnode(words) = 0 THEN RETURN; END IF;
  SELECT floor(extract(epoch FROM min(created_at)) / 604800) INTO oldest
  FROM posts WHERE NOT is_hidden AND NOT is_deleted;
  WHILE missing > 0 AND week >= oldest LOOP
    RETURN QUERY EXECUTE
      'SELECT p.id, p.search FROM posts p
      WHERE NOT p.is_hidden AND NOT p.is_deleted AND p.search @@ $1 AND p.created_at <= $2
        AND ($3 IS NULL OR p.category = $3) AND NOT EXISTS (
          SELECT FROM blocks b
          WHERE b.blocker_id = $4 AND b.blocked_id = p.user_id AND b.is_blocked)
      ORDER BY p.created_at DESC, p.id DESC LIMIT $5'
    USING
      words && (
        SELECT string_agg('''~' || one || '''', '|')::tsquery
        FROM generate_series(greatest(week - weeks + 1, oldest), week) AS one),
      by_then, of_category, reader, missing;
    GET DIAGNOSTICS step_rows = ROW_COUNT;
    missing := missing - step_rows;
    week := week - weeks;
    weeks := weeks * 2;
  END LOOP;
END $$;
