-- Takes the state of a project as before; of an owner who is gone, only that the project is.
CREATE OR REPLACE FUNCTION take_project(
  the_project uuid, the_owner uuid, new_version bigint, new_name text, new_is_public boolean,
  new_created bigint, is_gone boolean
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  hides boolean := hold_summary(the_owner) OR is_gone;
BEGIN
  INSERT INTO projects VALUES (
    the_project, the_owner, new_version, CASE WHEN hides THEN '' ELSE new_name END,
    new_is_public AND NOT hides, new_created, hides)
  ON CONFLICT (project_id) DO UPDATE SET
    owner_id = excluded.owner_id, version = excluded.version, name = excluded.name,
    is_public = excluded.is_public, created_ms = excluded.created_ms, gone = excluded.gone
  WHERE projects.version < excluded.version;
  RETURN FOUND;
END $$;
