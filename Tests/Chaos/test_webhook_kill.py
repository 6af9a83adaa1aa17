"""SIGKILL of the messaging service: what was to be delivered to webhooks still is."""
import os
import signal
import time

import pytest
from focal import User
from test_kill import find
from webhooks import HOOKS, Receiver, create, notify, settled, verify

pytestmark = pytest.mark.skipif(
    "FOCAL_SUPERVISOR_PID" not in os.environ, reason="needs the supervisor's pid")


def test_deliveries_survive_the_messaging_service():
    user, sender = User(), User()
    with Receiver([503] * 5) as receiver:
        hook = create(user, receiver.url)
        for number in range(5):
            notify(sender, user, f"number {number}")
        receiver.wait(1)
        os.kill(find("focal-messaging"), signal.SIGKILL)
        deadline = time.monotonic() + 10
        while user.http.get(HOOKS).status_code != 200:
            assert time.monotonic() < deadline, "it did not come back"
            time.sleep(0.02)
        # Of what was on its way nobody knows whether it arrived: it is sent again after its lease.
        items = settled(user, hook, "delivered", seconds=60)
        assert len(items) == 5
        bodies = [verify(request, hook["secret"]) for request in receiver.requests]
        assert {body["id"] for body in bodies} == {item["id"] for item in items}
