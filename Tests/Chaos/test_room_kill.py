"""SIGKILL of the sessions service while a room's phase runs: it ends when it was to end, once."""
import os
import signal
import time
from datetime import datetime

import pytest
from focal import User, assert_problem
from test_kill import HEALED_WITHIN_SECONDS, find

pytestmark = pytest.mark.skipif(
    "FOCAL_SUPERVISOR_PID" not in os.environ, reason="needs the supervisor's pid")


def eventually(condition, seconds):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it never came about"
        time.sleep(0.02)
    return value


def kill_sessions():
    before = find("focal-sessions")
    if before:
        os.kill(before, signal.SIGKILL)
    return eventually(lambda: (now := find("focal-sessions")) != before and now, HEALED_WITHIN_SECONDS)


def a_room_of_two(**fields):
    host, guest = User(), User()
    room = host.http.post("/api/v1/rooms", json={"name": "x", "work_duration": 0.05} | fields).json()
    answer = guest.http.post("/api/v1/participants/join", json={"room_id": room["id"]})
    assert answer.status_code == 200, answer.text
    return host, guest, room


def of_room(user, room):
    answer = user.http.get("/focus-logs")
    if answer.status_code != 200:
        assert_problem(answer, 503)  # The service is being started again.
        return []
    return [session for session in answer.json()["items"] if session.get("room_id") == room["id"]]


def test_a_phase_survives_its_process():
    host, guest, room = a_room_of_two()
    started = host.http.post(f"/api/v1/timer/{room['id']}/start").json()
    kill_sessions()
    # Nobody calls on the room.
    for user in [host, guest]:
        session, = eventually(lambda: of_room(user, room), HEALED_WITHIN_SECONDS)
        assert session["start_time"] == started["started_at"]
        assert session["end_time"] == started["ends_at"]
        assert session["duration_seconds"] == 3
    kill_sessions()
    for user in [host, guest]:
        eventually(lambda: of_room(user, room), HEALED_WITHIN_SECONDS)
        assert len(of_room(user, room)) == 1
        eventually(lambda: user.metrics()["daily"]["sessions"] == 1, HEALED_WITHIN_SECONDS)
        assert user.get("/users/me")["total_sessions"] == 1


def test_phases_that_were_missed_are_caught_up_with_their_own_times():
    host, guest, room = a_room_of_two(break_duration=0.05, auto_start_break=True)
    path = f"/api/v1/timer/{room['id']}"
    started = host.http.post(f"{path}/start").json()
    # The process stands still until both phases have run out, and never wakes up.
    os.kill(find("focal-sessions"), signal.SIGSTOP)
    eventually(lambda: time.time() > instant(started["ends_at"]) + 3, 10)
    kill_sessions()
    seen = eventually(lambda: answered(host, path), HEALED_WITHIN_SECONDS)
    assert (seen["phase"], seen["status"]) == ("BREAK", "COMPLETED")
    assert seen["started_at"] == started["ends_at"]
    for user in [host, guest]:
        session, = eventually(lambda: of_room(user, room), HEALED_WITHIN_SECONDS)
        assert session["end_time"] == started["ends_at"]


def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def answered(user, path):
    answer = user.http.get(path)
    return answer.json() if answer.status_code == 200 else None
