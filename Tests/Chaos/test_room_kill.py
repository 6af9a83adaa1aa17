"""SIGKILL of the sessions service while a room's phase runs: it ends when it was to end, once."""
import os
import signal
import time
from datetime import datetime

import pytest
from database import sql
from focal import User, assert_problem, client
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


def test_a_phase_survives_a_kill_at_its_last_second():
    host, guest, room = a_room_of_two(break_duration=0.05, auto_start_break=True)
    started = host.http.post(f"/api/v1/timer/{room['id']}/start").json()
    # All clients are gone.
    for user in [host, guest]:
        user.http.close()
    eventually(lambda: time.time() > instant(started["ends_at"]) - 0.5, 10)
    kill_sessions()
    # Nobody calls before the break is over as well.
    eventually(lambda: time.time() > instant(started["ends_at"]) + 3.2, 10)
    for user in [host, guest]:
        return_of(user)
        session, = eventually(lambda: of_room(user, room), HEALED_WITHIN_SECONDS)
        assert (session["start_time"], session["end_time"]) == (
            started["started_at"], started["ends_at"])
        assert (session["duration_seconds"], session["source"]) == (3, "timer")
    seen = eventually(lambda: answered(host, f"/api/v1/timer/{room['id']}"), HEALED_WITHIN_SECONDS)
    assert (seen["phase"], seen["status"], seen["cycle"]) == ("BREAK", "COMPLETED", 1)
    assert seen["started_at"] == started["ends_at"]
    for user in [host, guest]:
        daily = eventually(lambda: counted(user), HEALED_WITHIN_SECONDS)
        assert (daily["sessions"], daily["total_seconds"]) == (1, 3)
        assert user.streak()["current"] == 1
        me = user.get("/leaderboard", window="today")["me"]
        assert (me["sessions"], me["total_seconds"]) == (1, 3)
        notices = [
            notice for notice in user.get("/api/v1/notifications")["items"]
            if notice["kind"] == "timer_done"]
        assert [notice["subject_id"] for notice in notices] == [room["id"]]
    # Who joined, the start, both phases with the timer after each; or after both, if it took so long.
    told = sql("SELECT live_seq FROM sessions.rooms WHERE id = :'id'", id=room["id"])
    assert told in (["6"], ["5"])


def return_of(user):
    """Connects somebody again whose client was closed."""
    user.http = client()
    user.use(user.tokens)


def counted(user):
    """The metrics of today once they have a session."""
    answer = user.http.get("/focus-metrics")
    if answer.status_code != 200:
        assert_problem(answer, 503)
        return None
    daily = answer.json()["daily"]
    return daily if daily["sessions"] else None


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
