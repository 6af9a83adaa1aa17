-- The days of a streak by an index alone: in the table each is on a page of its own, a thousand of
-- them for three years. In a column, as one that stays the same leaves updates as cheap as they are.
ALTER TABLE days ADD COLUMN is_active boolean NOT NULL
  GENERATED ALWAYS AS (work_sessions > 0) STORED;
CREATE INDEX days_active ON days (user_id, date) WHERE is_active;
-- The index alone serves for pages that a vacuum has seen.
ALTER TABLE days SET (
  autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.02);
ANALYZE days;

-- As before, by that index.
CREATE OR REPLACE FUNCTION longest_streak(the_user uuid, excused integer[]) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  day integer;
  last integer;
  missed integer;
  run integer := 0;
  used integer := 0;
  longest integer := 0;
BEGIN
  FOR day IN
    SELECT date - date '1970-01-01' FROM days
    WHERE user_id = the_user AND is_active ORDER BY date
  LOOP
    missed := day - last - 1;
    IF missed > 0 AND excused <> '{}' THEN
      missed := missed - (
        SELECT count(DISTINCT one) FROM unnest(excused) AS one WHERE one > last AND one < day);
    END IF;
    -- A freeze for each seven days, two at the most in a row.
    IF missed <= least(2, run / 7 - used) THEN
      run := run + 1;
      used := used + missed;
    ELSE
      run := 1;
      used := 0;
    END IF;
    longest := greatest(longest, run);
    last := day;
  END LOOP;
  RETURN longest;
END $$;
