-- `count_session`, `count_sessions` and what takes settings have long replaced them: nobody calls them.
DROP FUNCTION apply_sessions(
  uuid[], uuid[], bigint[], integer[], integer[], integer[], integer[], integer[], integer[],
  integer[]);
DROP FUNCTION apply_session(
  uuid, uuid, bigint, integer, integer, integer[], integer[], integer[], integer[], integer[]);
DROP FUNCTION apply_settings(uuid, bigint, bigint, text, integer, integer, integer[]);
