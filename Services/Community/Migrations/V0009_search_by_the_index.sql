-- The newest posts of those weeks that match, strictly before a post; of any category where NULL.
--
-- Always by the index of words, by one plan: of a word that is rare the planner's statistics tell
-- nothing, and it would rather go through all posts by their time.
CREATE FUNCTION matches_of_weeks(
  words tsquery, first_week bigint, last_week bigint, reader uuid, of_category integer,
  before_time timestamptz, before_id uuid, at_most integer
) RETURNS TABLE (post_id uuid, post_words tsvector) LANGUAGE plpgsql STABLE
SET enable_seqscan = off SET enable_indexscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  words_and_weeks tsquery := words && (
    SELECT string_agg('''~' || week || '''', '|')::tsquery
    FROM generate_series(first_week, last_week) AS week);
BEGIN
  RETURN QUERY SELECT p.id, p.search FROM posts p
    WHERE NOT p.is_hidden AND NOT p.is_deleted AND p.search @@ words_and_weeks
      AND (p.created_at, p.id) < (before_time, before_id)
      AND (of_category IS NULL OR p.category = of_category)
      AND p.user_id NOT IN (
        SELECT b.blocked_id FROM blocks b WHERE b.blocker_id = reader AND b.is_blocked)
    ORDER BY p.created_at DESC, p.id DESC LIMIT at_most;
END $$;

-- The newest posts that match, strictly before a post, for a reader; of any category where NULL.
--
-- The first step looks at one week, each further one at as many as should have the rest, going by
-- those before: a search reads about what it gives, however many posts there are, and have the words.
CREATE FUNCTION newest_matches(
  words tsquery, reader uuid, of_category integer, before_time timestamptz, before_id uuid,
  at_most integer
) RETURNS TABLE (post_id uuid, post_words tsvector) LANGUAGE plpgsql STABLE AS $$
DECLARE
  -- In weeks, with fractions: the first of them has only begun.
  newest float8 := extract(epoch FROM least(before_time, now())) / 604800;
  oldest bigint;
  week bigint := floor(extract(epoch FROM before_time) / 604800);
  weeks bigint := 1;
  found_in_step integer;
  found integer := 0;
  scattered tsquery;
BEGIN
  -- Nothing but words like "the": nothing is found, as by @@.
  IF numnode(words) = 0 THEN RETURN; END IF;
  -- The index knows no order of words: where two of many texts seldom meet, a phrase would be looked
  -- for in all of them. So it is in the newest 1,000 that have its words.
  IF words::text ~ '<(-|[0-9]+)>' AND words::text !~ '!' THEN
    scattered := regexp_replace(words::text, '<(-|[0-9]+)>', '&', 'g');
    RETURN QUERY SELECT * FROM newest_matches(
      scattered, reader, of_category, before_time, before_id, 1000) AS one
    WHERE one.post_words @@ words LIMIT at_most;
    RETURN;
  END IF;
  SELECT floor(extract(epoch FROM min(created_at)) / 604800) INTO oldest
  FROM posts WHERE NOT is_hidden AND NOT is_deleted;
  WHILE found < at_most AND week >= oldest LOOP
    RETURN QUERY SELECT * FROM matches_of_weeks(
      words, greatest(week - weeks + 1, oldest), week, reader, of_category, before_time, before_id,
      at_most - found);
    GET DIAGNOSTICS found_in_step = ROW_COUNT;
    found := found + found_in_step;
    week := week - weeks;
    weeks := ceil(
      greatest(newest - week - 1, 0.1) * least(8, 1.2 * (at_most - found) / greatest(found, 1)));
  END LOOP;
END $$;
