"""SIGKILL of messaging between a commit and its publication: what users follow arrives, once."""
import collections
import os
import signal
import time

import pytest
from focal import User
from follower import Subscriber
from test_kill import HEALED_WITHIN_SECONDS, find
from test_kill_messages import Sender
from webhooks import Receiver, create, deliveries, verify

pytestmark = pytest.mark.skipif(
    "FOCAL_SUPERVISOR_PID" not in os.environ, reason="needs the supervisor's pid")

#: A row that nobody has handed over waits this long for the sweep, and longer where it was tried.
ARRIVES_WITHIN_SECONDS = 30


def heal(user):
    deadline = time.monotonic() + HEALED_WITHIN_SECONDS
    while user.http.get("/api/v1/messages/unread-count").status_code != 200:
        assert time.monotonic() < deadline, "it did not come back"
        time.sleep(0.02)


def test_what_could_not_be_published_arrives_once():
    user, sender = User(), User()
    with Subscriber(user) as mine:
        redis = find("redis-server")
        os.kill(redis, signal.SIGSTOP)
        try:
            answer = sender.http.post(
                "/api/v1/messages/send", json={"receiver_id": user.id, "content": "hello"})
            assert answer.status_code == 201, answer.text
            os.kill(find("focal-messaging"), signal.SIGKILL)
        finally:
            os.kill(redis, signal.SIGCONT)
        mine.wait_for("message_received", seconds=ARRIVES_WITHIN_SECONDS)
        mine.wait_for("notification", seconds=ARRIVES_WITHIN_SECONDS)
        heal(user)
        # What comes after it has come: a second publication would have come before.
        last = sender.http.post(
            "/api/v1/messages/send", json={"receiver_id": user.id, "content": "last"})
        assert last.status_code == 201, last.text
        messages = mine.wait_for("message_received", 2)
        assert [event["data"]["content"] for event in messages] == ["hello", "last"]
        assert len(mine.wait_for("notification", 2)) == 2


def test_messages_arrive_once_while_messaging_is_killed():
    user, sender = User(), User()
    with Subscriber(user) as mine:
        with Sender(sender, user) as sending:
            for _ in range(3):
                sending.wait_for(30)
                os.kill(find("focal-messaging"), signal.SIGKILL)
            sending.wait_for(30)
        wanted = set(sending.acknowledged)
        deadline = time.monotonic() + ARRIVES_WITHIN_SECONDS
        while not wanted <= (seen := {e["data"]["id"] for e in mine.of("message_received")}):
            assert time.monotonic() < deadline, f"{len(wanted - seen)} of {len(wanted)} missing"
            time.sleep(0.05)
        counts = collections.Counter(e["data"]["id"] for e in mine.of("message_received"))
        assert set(counts.values()) == {1}
        numbers = [event["seq"] for event in mine.events]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_completed_sessions_are_told_once_while_messaging_is_killed():
    user = User()
    with Receiver() as receiver, Subscriber(user) as mine:
        hook = create(user, receiver.url, events=["session_completed"])
        logged = []
        for _ in range(2):
            logged += [user.log(1)["id"] for _ in range(8)]
            os.kill(find("focal-messaging"), signal.SIGKILL)
            logged += [user.log(1)["id"] for _ in range(4)]
            heal(user)
        mine.wait_for("session_completed", len(logged), seconds=60)
        # What was on its way when its process was killed waits for its lease, and the others for it.
        deadline = time.monotonic() + 60
        while True:
            items = deliveries(user, hook, limit=100)
            if sum(item["status"] == "delivered" for item in items) == len(logged):
                break
            assert time.monotonic() < deadline, items
            time.sleep(0.1)
        # Each has one delivery; one whose sender was killed may have been posted twice.
        assert sorted(item["session_id"] for item in items) == sorted(logged)
        bodies = [verify(request, hook["secret"]) for request in receiver.requests]
        assert {body["session"]["session_id"] for body in bodies} == set(logged)
        counts = collections.Counter(
            event["data"]["session_id"] for event in mine.of("session_completed"))
        assert counts == {session: 1 for session in logged}
