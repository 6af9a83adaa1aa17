-- Another function of this name, with an id, has replaced it: nobody calls it.
DROP FUNCTION newest_matches(tsquery, uuid, integer, timestamptz, integer);
