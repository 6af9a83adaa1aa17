"""SIGKILL while two users write each other: what was acknowledged is there, once, in order, and counted."""
import os
import signal
import threading
import time

import pytest
from focal import User, assert_problem
from test_kill import HEALED_WITHIN_SECONDS, find

MESSAGES = "/api/v1/messages"

pytestmark = pytest.mark.skipif(
    "FOCAL_SUPERVISOR_PID" not in os.environ, reason="needs the supervisor's pid")


class Sender:
    """Sends numbered messages without a pause, and keeps what was acknowledged."""

    def __init__(self, user, receiver):
        self._user, self._receiver = user, receiver
        self._thread = threading.Thread(target=self._run)
        self._stop = threading.Event()
        self.acknowledged = {}
        self.refusals = []

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def wait_for(self, count):
        target = len(self.acknowledged) + count
        deadline = time.monotonic() + HEALED_WITHIN_SECONDS
        while len(self.acknowledged) < target:
            assert time.monotonic() < deadline, f"not healed: {[a.text for a in self.refusals[-3:]]}"
            time.sleep(0.005)

    def _run(self):
        number = 0
        while not self._stop.is_set():
            number += 1
            body = {"receiver_id": self._receiver.id, "content": str(number)}
            answer = self._user.http.post(f"{MESSAGES}/send", json=body)
            if answer.status_code == 201:
                self.acknowledged[answer.json()["id"]] = number
            else:
                self.refusals.append(answer)
                time.sleep(0.005)


def all_items(user, path, of=lambda page: page):
    items, cursor = [], {}
    while True:
        page = of(user.get(path, limit=100, **cursor))
        items += page["items"]
        if not page.get("next_cursor"):
            return items
        cursor = {"cursor": page["next_cursor"]}


@pytest.mark.parametrize("executable", ["focal-messaging", "postgres"])
def test_what_was_acknowledged_is_there_once(executable):
    ada, bob = User(), User()
    before = find(executable)
    with Sender(ada, bob) as from_ada, Sender(bob, ada) as from_bob:
        from_ada.wait_for(20)
        from_bob.wait_for(20)
        os.kill(before, signal.SIGKILL)
        from_ada.wait_for(20)
        from_bob.wait_for(20)
    for answer in from_ada.refusals + from_bob.refusals:
        assert_problem(answer, 503)

    [conversation] = ada.get(f"{MESSAGES}/conversations")["items"]
    path = f"{MESSAGES}/conversations/{conversation['id']}"
    messages = all_items(ada, path, lambda page: page["messages"])
    assert messages == all_items(bob, path, lambda page: page["messages"])
    ids = [message["id"] for message in messages]
    assert ids == sorted(set(ids), reverse=True)
    for user, other, sender in [(ada, bob, from_ada), (bob, ada, from_bob)]:
        mine = [message for message in reversed(messages) if message["sender_id"] == user.id]
        numbers = [int(message["content"]) for message in mine]
        # A refused one may be there too: nobody knew what became of it. None is there twice.
        assert numbers == sorted(set(numbers))
        assert sender.acknowledged.items() <= {
            (message["id"], int(message["content"])) for message in mine}
        assert other.get(f"{MESSAGES}/unread-count")["unread_count"] == len(mine)
        told = [item["subject_id"] for item in all_items(other, "/api/v1/notifications")]
        newest = [message["id"] for message in reversed(mine)]
        assert told == newest[:len(told)] and len(told) == min(len(mine), 1000)
