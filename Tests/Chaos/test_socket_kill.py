"""SIGKILL of what sockets rely on: they stay open, and are told everything, in order, once it is back."""
import os
import signal
import time

import pytest
from focal import User
from live import Gateway, follow
from test_kill import HEALED_WITHIN_SECONDS, find
from test_room_kill import eventually

pytestmark = pytest.mark.skipif(
    "FOCAL_SUPERVISOR_PID" not in os.environ, reason="needs the supervisor's pid")


def make_room(host):
    answer = host.http.post("/api/v1/rooms", json={"name": "x"})
    assert answer.status_code == 201, answer.text
    return answer.json()


def change(host, room, action):
    """Until it is acknowledged: who is being started again answers 503."""
    path = f"/api/v1/timer/{room['id']}/{action}"
    eventually(lambda: host.http.post(path).status_code == 200, HEALED_WITHIN_SECONDS)


def kill(executable):
    before = find(executable)
    os.kill(before, signal.SIGKILL)
    eventually(lambda: (now := find(executable)) != before and now, HEALED_WITHIN_SECONDS)


@pytest.mark.parametrize("executable", ["focal-sessions", "redis-server", "postgres", "focal-auth"])
def test_sockets_outlive(executable):
    host = User()
    room = make_room(host)
    with Gateway() as second, follow(host, room) as here, follow(host, room, url=second.url) as there:
        seq = here.next()["seq"]
        assert there.next()["seq"] == seq
        change(host, room, "start")
        kill(executable)
        change(host, room, "pause")
        change(host, room, "start")
        for socket in [here, there]:
            told = []
            while not told or told[-1]["seq"] < seq + 3:
                told.append(socket.next(HEALED_WITHIN_SECONDS))
            numbers = [message["seq"] for message in told]
            assert numbers == sorted(set(numbers)), numbers
            if executable != "redis-server":  # Whose loss may take events along: a state replaces them.
                assert numbers == [seq + 1, seq + 2, seq + 3]
            assert told[-1]["type"] in ("timer_update", "room_state")
        eventually(lambda: here.is_silent(), HEALED_WITHIN_SECONDS)


def test_who_was_on_a_gateway_that_died_goes_on_at_another():
    host = User()
    room = make_room(host)
    with Gateway() as second:
        with follow(host, room, url=second.url) as socket:
            seq = socket.next()["seq"]
            change(host, room, "start")
            assert socket.next()["seq"] == seq + 1
            os.kill(second.pid, signal.SIGKILL)
            assert socket.close_code() == 1006
        change(host, room, "pause")
        with follow(host, room, since=seq + 1) as socket:
            assert socket.next()["seq"] == seq + 2


def test_users_go_on_after_redis_was_lost():
    user, other = User(), User()
    with follow(user) as socket:
        first = socket.next()
        kill("redis-server")
        start = time.monotonic()
        send = {"receiver_id": user.id, "content": "hello"}
        eventually(
            lambda: other.http.post("/api/v1/messages/send", json=send).status_code == 201,
            HEALED_WITHIN_SECONDS)
        while True:  # The message, or where Redis has lost it a state that tells of it.
            seen = socket.next(HEALED_WITHIN_SECONDS)
            assert seen["seq"] > first["seq"]
            if seen["type"] == "message_received":
                assert seen["data"]["content"] == "hello"
                break
            if seen["type"] == "user_state" and seen["data"]["unread_messages"] == 1:
                break
        assert time.monotonic() - start < HEALED_WITHIN_SECONDS
