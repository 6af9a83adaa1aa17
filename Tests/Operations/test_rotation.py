"""Keys and secrets change under load, by the runbook's steps: no request fails, nobody is signed out."""
import asyncio
import base64
import contextlib
import json
import os
import re
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from chaos.caller import Broken, Connection, wait_until_ready
from chaos.ledger import Ledger
from chaos.people import System, address
from keeper import Keeper
from story import BINARIES
from supervisor.private import Supervisor, private_environment
from webhooks import Receiver, verify

pytestmark = pytest.mark.skipif(
    not (BINARIES / "focal-gateway").exists(), reason="needs built executables")

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


@pytest.fixture(scope="module")
def system():
    with tempfile.TemporaryDirectory(prefix="focal-rotation-") as state:
        os.chmod(state, 0o755)  # The store's own user has to reach its folder.
        secrets = Path(state, "secrets")
        secrets.mkdir(mode=0o700)
        for name in ("rpc", "totp", "webhook"):
            (secrets / name).write_text(os.urandom(32).hex())
            (secrets / f"{name}_other").write_text("")
        environment = os.environ | private_environment(state, str(BINARIES), REPLICAS) | {
            "RATE_LIMIT_SCALE": "10000", "TRUSTED_PROXIES": "127.0.0.1", "RPC_SECRET": "",
            "RPC_SECRET_FILE": str(secrets / "rpc"), "RPC_OTHER_SECRET_FILE": str(secrets / "rpc_other"),
            "TOTP_KEY_FILE": str(secrets / "totp"), "TOTP_OTHER_KEY_FILE": str(secrets / "totp_other"),
            "WEBHOOK_KEY_FILE": str(secrets / "webhook"), "WEBHOOK_OTHER_KEY_FILE": str(secrets / "webhook_other"),
            "WEBHOOK_ALLOW_PRIVATE": "true"}
        with Supervisor(environment) as supervisor:
            yield Rolling(environment, supervisor.pid)


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


def test_the_signing_key_changes(system):
    asyncio.run(change_signing_key(system))


async def change_signing_key(system):
    private, public = system.secrets / "jwt_private_key.pem", system.secrets / "jwt_public_keys.pem"
    user = await system.register()
    old_key = key_id(user["access_token"])
    old_public = public.read_text()
    new_private = openssl("genpkey", "-algorithm", "ed25519")
    new_public = openssl("pkey", "-pubout", stdin=new_private)
    async with load(system, user):
        public.write_text(old_public + new_public)
        await system.restart("gateway")
        private.write_text(new_private)
        await system.restart("auth")
        shown = [key["kid"] for key in (await system.ask("GET", "/.well-known/jwks.json")).json["keys"]]
        assert len(shown) == 2 and old_key in shown
        other = await system.register()
        assert key_id(other["access_token"]) in shown and key_id(other["access_token"]) != old_key
        for token in (user["access_token"], other["access_token"]):
            assert (await system.ask("GET", "/api/v1/auth/me", token=token)).status == 200
    # Once the last old token has expired. Here sooner: then who has one refreshes.
    public.write_text(new_public)
    await system.restart("gateway")
    assert (await system.ask("GET", "/api/v1/auth/me", token=user["access_token"])).status == 401
    assert (await system.ask("GET", "/api/v1/auth/me", token=other["access_token"])).status == 200
    refreshed = await system.ask("POST", "/api/v1/auth/refresh", {"refresh_token": user["refresh_token"]})
    assert refreshed.status == 200 and key_id(refreshed.json["access_token"]) != old_key


def test_the_secret_between_processes_changes(system):
    asyncio.run(change_secret(system))


async def change_secret(system):
    secret, other = system.secrets / "rpc", system.secrets / "rpc_other"
    user = await system.register()
    old, new = secret.read_text(), os.urandom(32).hex()
    async with load(system, user):
        for first, second in [(old, new), (new, old), (new, "")]:
            secret.write_text(first)
            other.write_text(second)
            # All gateways have changed before any service has.
            await system.restart("gateway")
            await system.restart(*SERVICES)
    assert (await system.ask("GET", "/ready")).status == 200


def test_the_key_of_authenticators_changes(system):
    asyncio.run(change_authenticators_key(system))


async def change_authenticators_key(system):
    chaos_system = System(system.port, Ledger())
    keeper = Keeper(chaos_system)
    await keeper.settle()
    await change_key(system, "totp", "auth")
    await keeper.return_to(chaos_system)


def test_the_key_of_webhooks_changes(system):
    with Receiver() as receiver:
        asyncio.run(change_webhooks_key(system, receiver))


async def change_webhooks_key(system, receiver):
    user, other = await system.register(), await system.register()
    made = await system.ask("POST", "/api/v1/webhooks", {
        "url": receiver.url, "events": ["message"]}, user["access_token"])
    assert made.status == 201, made.body
    await change_key(system, "webhook", "messaging")
    sent = await system.ask("POST", "/api/v1/messages/send", {
        "receiver_id": user["user"]["id"], "content": "hello"}, other["access_token"])
    assert sent.status == 201, sent.body
    verify((await asyncio.to_thread(receiver.wait, 1))[0], made.json["secret"])


async def change_key(system, name, service):
    """Of what a service seals: the three rounds."""
    key, other = system.secrets / name, system.secrets / f"{name}_other"
    old, new = key.read_text(), os.urandom(32).hex()
    for first, second in [(old, new), (new, old)]:
        key.write_text(first)
        other.write_text(second)
        await system.restart(service)
    assert await system.metrics(service, rf"^{name}_secrets_to_seal (\d+)") == ["0"] * REPLICAS
    other.write_text("")
    await system.restart(service)


def key_id(token):
    head = token.split(".")[0]
    return json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["kid"]


def openssl(*arguments, stdin=None):
    return subprocess.run(
        ["openssl", *arguments], input=stdin, check=True, capture_output=True, text=True).stdout
