"""What no route shows: outboxes, and what one service has of another's."""
import asyncio
import os
import subprocess
import time
from pathlib import Path

HERE = Path(__file__).parent


class Database:
    def __init__(self, state=None):
        state = state or os.environ["FOCAL_STATE_DIR"]
        self._url = Path(state, "secrets/database_url").read_text().strip()

    async def wait_until_empty(self, seconds):
        """Until nothing is left in any outbox; what is, where it takes longer."""
        deadline = time.monotonic() + seconds
        while (left := await self._outboxes()) and time.monotonic() < deadline:
            await asyncio.sleep(0.2)
        return left

    async def _outboxes(self):
        schemas = await self.ask(
            "SELECT table_schema FROM information_schema.tables WHERE table_name = 'outbox'")
        query = " UNION ALL ".join(
            f"SELECT '{schema}', topic, count(*), min(created_at) FROM {schema}.outbox GROUP BY topic"
            for schema in schemas)
        return await self.ask(query)

    async def differences(self):
        """Where a service's copy is not what its owner has."""
        return await self.ask((HERE / "differences.sql").read_text())

    async def live_numbers(self):
        """Of each room the number of its last event."""
        rows = await self.ask("SELECT id, live_seq FROM sessions.rooms")
        return {id: int(number) for id, number in (row.split("|") for row in rows)}

    async def traces(self, people):
        """What is left of people who are gone."""
        gone = ",".join(person.id for person in people)
        return await self.ask((HERE / "erasure.sql").read_text(), f"gone={gone}")

    async def ask(self, text, *variables):
        return await asyncio.to_thread(self._run, text, variables)

    def _run(self, text, variables):
        command = ["psql", "-qXAt", "-v", "ON_ERROR_STOP=1"]
        for variable in variables:
            command += ["-v", variable]
        done = subprocess.run(
            [*command, self._url, "-f", "-"], input=text, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout.splitlines()
