"""Redis lets in who knows its password; a process that has a wrong one says so, and goes on when it is mended."""
import json
import socket
import time
from urllib.parse import urlsplit

import httpx
from live import Gateway
from stores import redis, redis_url

SECONDS_MAX = 20


def test_nobody_is_let_in_without_the_password():
    parts = urlsplit(redis_url())
    with socket.create_connection((parts.hostname, parts.port), 5) as link:
        link.sendall(b"DBSIZE\r\n")
        assert link.recv(64).startswith(b"-NOAUTH ")


def test_a_wrong_password_is_told_and_can_be_mended():
    parts = urlsplit(redis_url())
    right, wrong = "the right one: a/b@c", "another password"
    redis("ACL", "SETUSER", "gateway", "on", f">{right}", "+@all", "~*", "&*")
    url = f"redis://gateway:the%20right%20one%3A%20a%2Fb%40c@{parts.hostname}:{parts.port}/0"
    try:
        with Gateway(REDIS_URL=url) as gateway:
            redis("ACL", "SETUSER", "gateway", "resetpass", f">{wrong}")
            redis("CLIENT", "KILL", "USER", "gateway")
            wait_for(gateway, "refused")
            lines = [json.loads(line) for line in gateway.log().splitlines()]
            told = [line for line in lines if line["message"] == "redis refuses this process"]
            # One connection for commands, one for channels.
            assert 1 <= len(told) <= 2 and {line["level"] for line in told} == {"error"}
            assert all(line["reason"].startswith("WRONGPASS") for line in told)
            assert right not in gateway.log() and "%40c" not in gateway.log()
            redis("ACL", "SETUSER", "gateway", f">{right}")
            wait_for(gateway, "ok")
    finally:
        redis("ACL", "DELUSER", "gateway")


def wait_for(gateway, status):
    deadline = time.monotonic() + SECONDS_MAX
    while True:
        answer = httpx.get(f"{gateway.url}/ready")
        if answer.json()["checks"]["redis"]["status"] == status:
            assert (answer.status_code == 200) == (status == "ok")
            return
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.05)
