"""Events by stream: Redis flushed or killed, their consumer killed or stopped; each has its effect once.

A completed session reaches messaging by its stream. What came of it is visible at the user's webhook.
"""
import json
import os
import signal
import time

import pytest
from focal import User
from stores import redis
from test_feed_kill import heal
from test_kill import find
from webhooks import Receiver, create, deliveries

pytestmark = pytest.mark.skipif(
    "FOCAL_SUPERVISOR_PID" not in os.environ, reason="needs the supervisor's pid")

SESSIONS = 30
#: The sweep looks each second; a delivery that broke off is tried again after its lease.
SETTLED_WITHIN_SECONDS = 60


def log(user):
    """One session, however often it takes; the key makes a second attempt harmless. None where nobody knows."""
    headers = {"Idempotency-Key": os.urandom(16).hex()}
    deadline = time.monotonic() + 20
    while True:
        answer = user.http.post(
            "/focus-session", json={"duration": 1}, headers=headers)
        if answer.status_code == 201:
            return answer.json()["id"]
        if answer.status_code == 409 and answer.json()["code"] == "outcome_unknown":
            return None
        assert answer.status_code in (503, 504), answer.text
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.02)


def heard(receiver):
    with receiver.lock:
        bodies = [json.loads(body) for _, _, body in receiver.requests]
    assert {body["event"] for body in bodies} <= {"session_completed"}
    return [body["session"]["session_id"] for body in bodies]


def run(trouble):
    """Logs sessions, and makes trouble after a third of them and after two."""
    user = User()
    with Receiver() as receiver:
        hook = create(user, receiver.url, events=["session_completed"])
        acknowledged = []
        for number in range(SESSIONS):
            acknowledged.append(log(user))
            if number in (SESSIONS // 3, 2 * SESSIONS // 3):
                trouble()
        # Of one whose process was killed nobody knows whether it is there: then it is told too.
        logged = {session["id"] for session in user.logs()}
        assert logged >= set(acknowledged) - {None} and len(logged) <= SESSIONS
        deadline = time.monotonic() + SETTLED_WITHIN_SECONDS
        while set(heard(receiver)) != logged:
            missing = logged - set(heard(receiver))
            assert time.monotonic() < deadline, f"{len(missing)} of {len(logged)} were not told"
            time.sleep(0.05)
        # Each has one delivery, though that may have been attempted more than once.
        heal(user)
        items = deliveries(user, hook, limit=100)
        assert len(items) == len(logged)
        assert len({item["id"] for item in items}) == len(logged)


def test_redis_is_flushed():
    run(lambda: redis("FLUSHALL"))


def test_redis_is_killed():
    run(lambda: os.kill(find("redis-server"), signal.SIGKILL))


def test_the_consumer_is_killed():
    run(lambda: os.kill(find("focal-messaging"), signal.SIGKILL))


def test_the_consumer_is_stopped_for_a_while_and_redis_flushed():
    pids = []

    def trouble():
        if pids:
            os.kill(pids.pop(), signal.SIGCONT)
        else:
            pids.append(find("focal-messaging"))
            os.kill(pids[0], signal.SIGSTOP)
            redis("FLUSHALL")

    try:
        run(trouble)
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def test_the_producer_is_killed():
    run(lambda: os.kill(find("focal-sessions"), signal.SIGKILL))
