"""The timer of one user, and the log of what is completed."""
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from focal import UTC, assert_problem, rfc3339


def now():
    return datetime.now(UTC)


def test_of_a_hundred_parallel_starts_one_wins(user):
    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(lambda _: user.http.post("/sessions/start"), range(100)))
    started = [answer for answer in answers if answer.status_code == 201]
    assert len(started) == 1
    for answer in answers:
        if answer is not started[0]:
            assert_problem(answer, 409)
    assert user.get("/sessions/active")["id"] == started[0].json()["id"]


def test_paused_time_never_counts(user):
    started = user.http.post("/sessions/start", json={"session_type": "work", "note": "deep"}).json()
    assert started["status"] == "running" and started["is_active"] and started["source"] == "timer"
    assert user.http.post("/sessions/pause").json()["status"] == "paused"
    time.sleep(2.1)  # The pause itself: nothing to wait for.
    assert user.http.post("/sessions/resume").json()["status"] == "running"
    stopped = user.http.post("/sessions/stop").json()
    assert stopped["status"] == "completed" and not stopped["is_active"]
    assert stopped["paused_seconds"] >= 2
    assert stopped["duration_seconds"] <= 1
    assert stopped["note"] == "deep"
    assert stopped["end_time"] == stopped["completed_at"]


def test_a_second_start_is_a_conflict(user):
    assert user.http.post("/sessions/start").status_code == 201
    assert_problem(user.http.post("/sessions/start"), 409)
    assert user.http.post("/sessions/stop").status_code == 200
    assert user.http.post("/sessions/start").status_code == 201


def test_without_an_active_session(user):
    assert_problem(user.http.get("/sessions/active"), 404)
    for action in ["pause", "resume", "stop"]:
        assert_problem(user.http.post(f"/sessions/{action}"), 409)


def test_repeated_pause_and_resume_change_nothing(user):
    user.http.post("/sessions/start")
    for action, status in [("pause", "paused"), ("pause", "paused"), ("resume", "running"),
                           ("resume", "running")]:
        answer = user.http.post(f"/sessions/{action}")
        assert answer.status_code == 200 and answer.json()["status"] == status


def test_a_logged_session_shows_what_was_logged(user):
    ended = now() - timedelta(hours=2)
    logged = user.log(25.5, ended, note="  verbatim \u00e9\U0001f600 ")
    assert logged["user_id"] == user.id
    assert logged["session_type"] == "work"
    assert logged["source"] == "manual"
    assert logged["status"] == "completed"
    assert logged["duration_seconds"] == 1530
    assert logged["duration_minutes"] == 25.5
    assert logged["completed_at"] == rfc3339(ended)
    assert logged["start_time"] == rfc3339(ended - timedelta(seconds=1530))
    assert logged["note"] == "  verbatim \u00e9\U0001f600 "
    assert user.get(f"/api/v1/sessions/{logged['id']}") == logged
    assert user.logs() == [logged]


def test_the_two_paths_take_the_union_of_their_fields(user):
    for path in ["/focus-session", "/api/v1/stats/session"]:
        for body in [
                {"duration": 5}, {"duration_minutes": 5}, {"duration_seconds": 300},
                {"durationSeconds": 300}, {"duration": 5, "timestamp": rfc3339(now())},
                {"duration": 5, "completed_at": rfc3339(now())},
                {"duration": 5, "userId": user.id}, {"duration": 5, "session_type": "work"}]:
            answer = user.http.post(path, json=body)
            assert answer.status_code == 201, f"{body}: {answer.text}"
            assert answer.json()["duration_seconds"] == 300


@pytest.mark.parametrize("name", ["duration", "duration_minutes", "durationMinutes"])
def test_a_mistake_is_told_by_the_name_that_was_sent(user, name):
    problem = assert_problem(user.http.post("/focus-session", json={name: -5}), 422)
    assert [error["field"] for error in problem["errors"]] == [name]


def test_a_session_names_a_room_only_of_who_was_there(user, other):
    room = other.http.post("/api/v1/rooms/", json={"name": "Deep work"}).json()["id"]

    def log(who, room_id):
        return who.http.post("/api/v1/stats/session", json={"duration_minutes": 5, "room_id": room_id})

    assert log(other, room.upper()).json()["room_id"] == room
    for stranger in [room, str(uuid.uuid4())]:
        problem = assert_problem(log(user, stranger), 422)
        assert [(error["field"], error["code"]) for error in problem["errors"]] == [("room_id", "unknown")]
    assert user.logs() == []
    user.http.post("/api/v1/participants/join", json={"room_id": room})
    assert log(user, room).status_code == 201


def test_any_offset_of_a_timestamp_is_taken(user):
    ended = now().replace(microsecond=123000) - timedelta(hours=3)
    for text in [
            ended.strftime("%Y-%m-%dT%H:%M:%S.123Z"), ended.strftime("%Y-%m-%dT%H:%M:%S.123+00:00"),
            (ended + timedelta(hours=5, minutes=30)).strftime("%Y-%m-%dT%H:%M:%S.123+05:30")]:
        answer = user.http.post("/focus-session", json={"duration": 1, "timestamp": text})
        assert answer.status_code == 201, answer.text
        assert answer.json()["end_time"] == rfc3339(ended)


def test_nobody_logs_for_another(user, other):
    answer = user.http.post("/focus-session", json={"duration": 5, "userId": other.id})
    assert_problem(answer, 403)


@pytest.mark.parametrize("body", [
    {}, {"duration": 0}, {"duration": -1}, {"duration": 1440.01}, {"duration_seconds": 86401},
    {"duration": 5, "timestamp": "2999-01-01T00:00:00Z"}, {"duration": 5, "timestamp": "yesterday"},
    {"duration": 5, "session_type": "nap"}, {"duration": 5, "note": "x" * 100_000},
    {"duration": 5, "note": "nul \0"}])
def test_a_session_that_breaks_a_rule(body, user):
    problem = assert_problem(user.http.post("/focus-session", json=body), 422)
    assert problem["errors"]
    assert user.logs() == []


def test_24_hours_are_the_most(user):
    assert user.log(1440)["duration_seconds"] == 86400


def test_sessions_of_others_are_not_found(user, other):
    path = f"/api/v1/sessions/{user.log()['id']}"
    assert_problem(other.http.get(path), 404)
    assert_problem(other.http.patch(path, json={"duration_minutes": 1}), 404)
    assert_problem(other.http.delete(path), 404)
    assert user.http.get(path).status_code == 200


@pytest.mark.parametrize("identity", [
    "42", "01890000-0000-7000-8000-000000000000", "%00", "a" * 300, "..%2f..%2fetc%2fpasswd"])
def test_an_unknown_or_malformed_id_is_not_found(identity, user):
    assert_problem(user.http.get(f"/api/v1/sessions/{identity}"), 404)


def test_editing_a_duration_keeps_the_end(user):
    logged = user.log(25, now() - timedelta(hours=1))
    path = f"/api/v1/sessions/{logged['id']}"
    answer = user.http.patch(path, json={"duration_minutes": 10, "note": "shorter"})
    assert answer.status_code == 200, answer.text
    edited = answer.json()
    assert edited["end_time"] == logged["end_time"]
    assert edited["duration_seconds"] == 600
    assert edited["note"] == "shorter"
    assert user.metrics()["daily"]["total_seconds"] == 600
    assert user.get("/users/me")["total_focus_time"] == 10
    assert_problem(user.http.patch(path, json={"duration_minutes": 0}), 422)
    assert_problem(user.http.patch(path, json={"completed_at": "2999-01-01T00:00:00Z"}), 422)
    assert_problem(user.http.patch(path, json={"status": "running"}), 400)


def test_a_deleted_session_is_gone_everywhere(user):
    keep, gone = user.log(10), user.log(20)
    path = f"/api/v1/sessions/{gone['id']}"
    assert user.http.delete(path).status_code == 204
    assert_problem(user.http.get(path), 404)
    assert_problem(user.http.delete(path), 404)
    assert [item["id"] for item in user.logs()] == [keep["id"]]
    assert user.metrics()["daily"]["total_seconds"] == 600
    assert user.get("/users/me")["total_sessions"] == 1


def test_what_was_acknowledged_is_in_the_next_read(user):
    for count in range(1, 31):
        logged = user.log(1)
        assert user.get("/focus-logs", limit=1)["items"][0]["id"] == logged["id"]
        assert user.metrics()["daily"]["sessions"] == count
        assert user.get(f"/stats/user/{user.id}")["total_sessions"] == count
        assert user.get("/users/me")["total_sessions"] == count


def test_parallel_sessions_are_all_counted(user):
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: user.log(1), range(64)))
    assert user.metrics()["daily"]["sessions"] == 64
    assert user.get("/users/me")["total_focus_time"] == 64


def test_the_log_is_newest_first_and_pages_never_skip_or_repeat(user):
    base = now() - timedelta(hours=5)
    expected = [user.log(1, base + timedelta(minutes=minute))["id"] for minute in range(7)][::-1]
    seen, cursor = [], None
    while True:
        page = user.get("/focus-logs", limit=3, **({"cursor": cursor} if cursor else {}))
        seen += [item["id"] for item in page["items"]]
        cursor = page.get("next_cursor")
        if not cursor:
            break
        user.log(1)  # Newer than all: on no later page.
    assert seen == expected


def test_sessions_that_end_in_the_same_millisecond_are_all_paged(user):
    ended = now() - timedelta(hours=1)
    expected = {user.log(1, ended)["id"] for _ in range(5)}
    seen, cursor = [], None
    while True:
        page = user.get("/focus-logs", limit=2, **({"cursor": cursor} if cursor else {}))
        seen += [item["id"] for item in page["items"]]
        cursor = page.get("next_cursor")
        if not cursor:
            break
    assert len(seen) == 5 and set(seen) == expected


@pytest.mark.parametrize("query", [
    {"limit": 0}, {"limit": 101}, {"limit": "many"}, {"type": "nap"}, {"from": "soon"},
    {"cursor": "nonsense"}])
def test_a_malformed_query_value(query, user):
    assert_problem(user.http.get("/sessions/history", params=query), 422)


def test_history_is_filtered(user):
    base = now().replace(microsecond=0) - timedelta(days=3)
    work = user.log(10, base)
    pause = user.log(5, base + timedelta(hours=1), session_type="break")
    late = user.log(10, base + timedelta(days=1))

    def ids(**query):
        return [item["id"] for item in user.get("/sessions/history", **query)["items"]]

    assert ids() == [late["id"], pause["id"], work["id"]]
    assert ids(type="break") == [pause["id"]]
    assert ids(**{"from": rfc3339(base + timedelta(minutes=1))}) == [late["id"], pause["id"]]
    assert ids(to=rfc3339(base + timedelta(hours=1))) == [work["id"]]


def test_overlaps_are_refused_where_the_user_says_so(user):
    ended = now() - timedelta(hours=1)
    user.log(30, ended)
    user.log(30, ended)
    user.update(forbid_overlap=True)
    body = {"duration": 30, "timestamp": rfc3339(ended - timedelta(minutes=29))}
    assert_problem(user.http.post("/focus-session", json=body), 409)
    user.log(30, ended - timedelta(minutes=30))  # Half-open: it ends as the other starts.
