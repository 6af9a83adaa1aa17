"""A system of two replicas each, whose processes are restarted one after the other under load."""
import asyncio
import contextlib
import os
import re
import signal
import time
from pathlib import Path

from chaos.caller import Broken, Connection, wait_until_ready
from chaos.people import address

REPLICAS = 2
SERVICES = ["auth", "sessions", "gamification", "community", "messaging", "quotes"]
PASSWORD = "correct horse battery"
READY_SECONDS_MAX = 20


class Rolling:
    """A system of two replicas each, and its secrets."""

    def __init__(self, environment, supervisor):
        self.environment, self._supervisor = environment, supervisor
        self.port = int(environment["PORT"])
        self.secrets = Path(environment["FOCAL_STATE_DIR"], "secrets")

    def processes(self, name):
        children = Path(f"/proc/{self._supervisor}/task/{self._supervisor}/children").read_text()
        found = []
        for pid in children.split():
            with contextlib.suppress(FileNotFoundError):
                if Path(f"/proc/{pid}/comm").read_text().strip() == f"focal-{name}"[:15]:
                    found.append(int(pid))
        return sorted(found)

    async def restart(self, *names):
        """One replica of each, then the other one, each when those before it are ready."""
        ports = [int(port) for name in names
                 for port in self.environment[f"{name.upper()}_ADMIN_PORT"].split(",")]
        old = {name: self.processes(name) for name in names}
        assert all(len(pids) == REPLICAS for pids in old.values()), old
        for replica in range(REPLICAS):
            leaving = [pids[replica] for pids in old.values()]
            for pid in leaving:
                os.kill(pid, signal.SIGTERM)
            deadline = time.monotonic() + READY_SECONDS_MAX
            while any(Path(f"/proc/{pid}").exists() for pid in leaving):
                assert time.monotonic() < deadline, "a process does not end"
                await asyncio.sleep(0.02)
            assert not await wait_until_ready(ports, READY_SECONDS_MAX)
            await self._wait_until_connected(deadline)

    async def _wait_until_connected(self, deadline):
        """Until everybody reaches every replica again: who restarts the next one looks there."""
        for name in ("gateway", *SERVICES):
            while True:
                counts = await self.metrics(name, r"^rpc_client_connections\{.*\} (\d+)")
                if all(int(count) == REPLICAS for count in counts):
                    break
                assert time.monotonic() < deadline, (name, counts)
                await asyncio.sleep(0.05)

    async def metrics(self, name, pattern):
        """What the pattern finds in the metrics of all replicas."""
        found = []
        for port in self.environment[f"{name.upper()}_ADMIN_PORT"].split(","):
            connection = Connection(int(port), {"Connection": "close"})
            text = (await connection.request("GET", "/metrics")).body.decode()
            found += re.findall(pattern, text, re.M)
        return found

    def client(self, token=None):
        headers = {"X-Forwarded-For": address()} | ({"Authorization": f"Bearer {token}"} if token else {})
        return Connection(self.port, headers)

    async def ask(self, method, path, body=None, token=None):
        """On a connection of its own: to either gateway."""
        connection = self.client(token)
        try:
            return await again(connection, method, path, body)
        finally:
            await connection.close()

    async def register(self):
        answer = await self.ask("POST", "/api/v1/auth/register", {
            "email": f"rotation-{os.urandom(8).hex()}@example.com", "password": PASSWORD})
        assert answer.status == 201, answer.body
        return answer.json


async def again(connection, method, path, body=None):
    """A gateway that ends closes the connections that wait for nothing: then on another one."""
    while True:
        try:
            return await connection.request(method, path, body)
        except Broken:
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def load(system, user):
    """Sessions are logged and read by the same token all the time; each answer is a success."""
    answers, is_over = [], []

    async def work():
        connection = system.client(user["access_token"])
        while not is_over:
            for method, path, body in [
                    ("POST", "/focus-session", {"duration": 1}), ("GET", "/api/v1/auth/me", None),
                    ("GET", "/api/v1/messages/unread-count", None)]:
                answer = await again(connection, method, path, body)
                answers.append((answer.status, answer.body[:200]))
            await asyncio.sleep(0.02)
        await connection.close()

    tasks = [asyncio.create_task(work()) for _ in range(4)]
    yield
    is_over.append(True)
    await asyncio.gather(*tasks)
    assert len(answers) > 100
    assert not (failed := [answer for answer in answers if answer[0] >= 300]), (len(failed), failed[:5])
