"""Keys and secrets change under load, by the runbook's steps: no request fails, nobody is signed out."""
import asyncio
import base64
import json
import os
import subprocess
import tempfile
from pathlib import Path

import pytest
from chaos.database import Database
from chaos.ledger import Ledger
from chaos.people import System
from keeper import Keeper
from rolling import REPLICAS, SERVICES, Rolling, load
from story import BINARIES
from supervisor.private import Supervisor, private_environment
from webhooks import Receiver, verify

pytestmark = pytest.mark.skipif(
    not (BINARIES / "focal-gateway").exists(), reason="needs built executables")


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


def test_all_secrets_change_at_once():
    """They have leaked: stopped, forgotten, started. The owner's password changes while it runs."""
    with tempfile.TemporaryDirectory(prefix="focal-leaked-") as state:
        os.chmod(state, 0o755)
        environment = os.environ | private_environment(state, str(BINARIES)) | {"TRUSTED_PROXIES": "127.0.0.1"}
        secrets = Path(state, "secrets")
        with Supervisor(environment) as supervisor:
            system = Rolling(environment, supervisor.pid)
            user = asyncio.run(system.register())
            password = os.urandom(32).hex()
            asyncio.run(Database(state).ask(f"ALTER ROLE focal PASSWORD '{password}'"))
            (secrets / "postgres_password").write_text(password)
        for pattern in ("rpc_secret", "jwt_*", "*_database_password"):
            for path in secrets.glob(pattern):
                path.unlink()
        with Supervisor(environment):
            asyncio.run(come_back(system, user))


async def come_back(system, user):
    assert (await system.ask("GET", "/api/v1/auth/me", token=user["access_token"])).status == 401
    refreshed = await system.ask("POST", "/api/v1/auth/refresh", {"refresh_token": user["refresh_token"]})
    assert refreshed.status == 200, refreshed.body
    token = refreshed.json["access_token"]
    assert (await system.ask("POST", "/focus-session", {"duration": 1}, token=token)).status == 201


def key_id(token):
    head = token.split(".")[0]
    return json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["kid"]


def openssl(*arguments, stdin=None):
    return subprocess.run(
        ["openssl", *arguments], input=stdin, check=True, capture_output=True, text=True).stdout
