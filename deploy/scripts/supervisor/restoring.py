"""Puts back what a backup of one moment holds: the dump, the secrets, the pictures."""
import contextlib
import os
import shutil
import subprocess
from urllib.parse import parse_qs, unquote, urlsplit

#: Run in the dump's own transaction.
AFTERWARDS = os.path.join(os.path.dirname(__file__), "restored.sql")
#: Of the servers themselves, which stay.
SERVERS_OWN = {"postgres_password", "database_url", "redis_password", "redis_url"}


class RestoreFailed(Exception):
    """Nothing was changed; the text says why."""


class Database:
    def __init__(self, url):
        self._url = url

    def restore(self, dump, replaces):
        """In one transaction, after a look at whether anything is in the way."""
        schemas = [line.split()[-2] for line in output("pg_restore", "--list", dump).splitlines()
                   if " SCHEMA - " in line]
        users = self._ask(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename LIKE 'focal\\_%'")
        if users != "0":
            raise RestoreFailed("Focal is running on this database: stop it first")
        there = self._ask(
            f"SELECT string_agg(nspname, ', ') FROM pg_namespace WHERE nspname = ANY ('{{{','.join(schemas)}}}')")
        if there and not replaces:
            raise RestoreFailed(f"the database is not empty ({there}): --replace throws away what is there")
        psql = subprocess.Popen(
            ["psql", "-qXAt", "-v", "ON_ERROR_STOP=1", "-o", os.devnull, self._url], stdin=subprocess.PIPE)
        say(psql, "BEGIN;\n" + "".join(self._prepared(schema) for schema in schemas))
        is_whole = subprocess.run(["pg_restore", "--file", "-", dump], stdout=psql.stdin).returncode == 0
        if is_whole:
            with open(AFTERWARDS) as file:
                say(psql, file.read() + "COMMIT;\n")
        # Without COMMIT the end of the input takes everything back.
        with contextlib.suppress(BrokenPipeError):
            psql.stdin.close()
        if psql.wait() or not is_whole:
            raise RestoreFailed("the dump could not be restored; the database is as it was")
        # Without it the first minutes are slow; nothing else hangs on it.
        subprocess.run(["vacuumdb", "--quiet", "--analyze", "--jobs", "2", "--dbname", self._url])

    @staticmethod
    def _prepared(schema):
        """Roles belong to the server, and no dump holds them. Migrations give them their passwords."""
        role = f"focal_{schema}"
        return f"""
            DROP SCHEMA IF EXISTS {schema} CASCADE;
            DO $$ BEGIN
              IF to_regrole('{role}') IS NULL THEN CREATE ROLE {role} LOGIN; END IF;
              IF NOT pg_has_role('{role}', 'MEMBER') THEN GRANT {role} TO CURRENT_USER; END IF;
            END $$;
            """

    def _ask(self, query):
        return output("psql", "-qXAt", "-c", query, self._url).strip()


def put_secrets(backup, settings, replaces):
    """The tokens, authenticators and roles of the old system work in the new one by its secrets."""
    folder = os.path.join(backup, "secrets")
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        place = settings.credentials.path(name)
        is_there = os.path.exists(place)
        if is_there and (name in SERVERS_OWN or not replaces):
            with open(os.path.join(folder, name), "rb") as old, open(place, "rb") as new:
                if name not in SERVERS_OWN and old.read() != new.read():
                    raise RestoreFailed(f"{place} is another one than the backup's: --replace takes that one's")
            continue
        shutil.copy2(os.path.join(folder, name), place)


def put_pictures(backup, settings):
    folder = os.path.join(backup, "avatars")
    if os.path.isdir(folder):
        shutil.copytree(folder, os.path.join(settings.state, "avatars"), dirs_exist_ok=True)


def flush_redis(url):
    """The password goes by the environment, which the process list does not show."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        database = parse_qs(parts.query).get("db", ["0"])[0]
        command = ["-s", unquote(parts.path), "-n", database]
    else:
        command = ["-h", parts.hostname or "127.0.0.1", "-p", str(parts.port or 6379), "-n", parts.path[1:] or "0"]
    if parts.username:
        command += ["--user", unquote(parts.username)]
    password = {"REDISCLI_AUTH": unquote(parts.password)} if parts.password else {}
    done = subprocess.run(
        ["redis-cli", "-e", *command, "FLUSHDB"], env=os.environ | password, capture_output=True, text=True)
    if done.returncode:
        raise RestoreFailed(f"Redis was not emptied: {done.stderr.strip() or done.stdout.strip()}")


def say(process, text):
    """To one who may have ended: its exit code tells why."""
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(text.encode())
        process.stdin.flush()


def output(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RestoreFailed(done.stderr.strip())
    return done.stdout
