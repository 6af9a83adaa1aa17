"""A service that is gone, or hangs, shows on the gateway's /ready by its name, and so does its return."""
import os
import signal
import time

import httpx
import pytest

from focal import URL
from test_kill import find, recovered

SERVICES = ["auth", "sessions", "gamification", "community", "messaging", "quotes"]
#: A check has a second; the rest is for a slow machine.
SHOWN_WITHIN_SECONDS = 5.0
HEALED_WITHIN_SECONDS = 10.0

pytestmark = pytest.mark.skipif(
    "FOCAL_SUPERVISOR_PID" not in os.environ, reason="needs the supervisor's pid")


def unavailable():
    """The status of /ready, and the services that it misses."""
    answer = httpx.get(f"{URL}/ready", timeout=20)
    checks = answer.json()["checks"]
    return answer.status_code, {name for name in SERVICES if checks[name]["status"] != "ok"}


def wait_for(expected, seconds):
    deadline = time.monotonic() + seconds
    while (seen := unavailable()) != expected:
        assert time.monotonic() < deadline, f"{seen}, not {expected}"


def assert_shown(service):
    """At once, and nobody else with it."""
    wait_for((503, {service}), SHOWN_WITHIN_SECONDS)


def is_well():
    wait_for((200, set()), HEALED_WITHIN_SECONDS)


@pytest.mark.parametrize("service", SERVICES)
def test_a_hanging_service_is_shown(service):
    pid = recovered(f"focal-{service}")
    is_well()
    os.kill(pid, signal.SIGSTOP)
    try:
        assert_shown(service)
    finally:
        os.kill(pid, signal.SIGCONT)
    is_well()


@pytest.mark.parametrize("service", SERVICES)
def test_a_killed_service_is_shown(service):
    killed = recovered(f"focal-{service}")
    is_well()
    # The first two times it may be back before anybody looks; the third time the supervisor waits for half a second.
    for _ in range(3):
        os.kill(killed, signal.SIGKILL)
        at = time.monotonic()
        if unavailable() == (503, {service}):
            break
        while (now := find(f"focal-{service}")) in (None, killed):
            assert time.monotonic() - at < HEALED_WITHIN_SECONDS, "not started again"
        killed = now
    else:
        pytest.fail("it was never shown")
    assert time.monotonic() - at < SHOWN_WITHIN_SECONDS
    is_well()
