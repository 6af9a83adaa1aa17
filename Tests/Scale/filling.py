"""Fills the schemas of all services with the traces of many users; see fill/."""
import os
import subprocess
import time
from pathlib import Path

HERE = Path(__file__).parent
SHARE = float(os.environ.get("FOCAL_SCALE_SHARE") or 1)
AMOUNTS = {
    name: max(1, int(amount * SHARE)) for name, amount in {
        "users": 10_000, "sessions": 1_000_000, "posts": 100_000, "conversations": 100_000}.items()}


class Database:
    """The system's PostgreSQL, as its owner."""

    def __init__(self, url):
        self._url = url

    def run(self, *arguments, **variables):
        command = ["psql", "-qXAt", "-v", "ON_ERROR_STOP=1", self._url]
        for name, value in variables.items():
            command += ["-v", f"{name}={value}"]
        done = subprocess.run([*command, *arguments], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    def ask(self, text):
        return self.run("-c", text)

    def is_filled(self):
        return bool(self.ask("SELECT 1 FROM pg_tables WHERE tablename = 'filled' AND schemaname = 'scale'"))

    def fill(self):
        """The password of all is that of the latest user."""
        started = time.monotonic()
        [password] = self.ask(
            "SELECT password_hash FROM auth.users ORDER BY created_at DESC LIMIT 1")
        for path in sorted(HERE.glob("fill/[0-9]_*.sql")):
            self.run("-f", str(path), hash=password, **AMOUNTS)
            print(f"{path.name}: {time.monotonic() - started:.0f} s", flush=True)
        for table in self.growing_tables():
            self.ask(f"VACUUM ANALYZE {table}")
        self.ask("CREATE TABLE scale.filled AS SELECT now()")

    def growing_tables(self, rows_min=0):
        """All tables of services, or those of so many rows: what is smaller is not worth an index."""
        return self.ask(
            "SELECT nspname || '.' || relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace"
            " WHERE relkind = 'r' AND nspname IN ('auth', 'sessions', 'gamification', 'community',"
            f" 'messaging', 'quotes') AND reltuples >= {rows_min or -1}")

    def differences(self):
        """Between what was filled, and what gamification's own functions make of it."""
        return self.run("-f", str(HERE / "fill/verify.sql"))

    def people(self, numbers):
        listed = ",".join(map(str, numbers))
        rows = self.ask(
            f"SELECT number, id, email FROM scale.people WHERE number IN ({listed}) ORDER BY number")
        return [row.split("|") for row in rows]
