"""Focus Mate: every route of the design, at its own path under /api/v1."""
from datetime import datetime, timedelta

import pytest
from database import give_role
from focal import PASSWORD, UTC, User, an_email, assert_problem, client, fields_of, rfc3339

V1 = "/api/v1"
NOBODY = "01890000-0000-7000-8000-000000000000"
#: All 43 but the socket; `{}` stands for an id.
PROTECTED = [
    ("GET", "/auth/profile/{}"), ("PUT", "/auth/profile/{}"),
    ("POST", "/rooms/"), ("GET", "/rooms/"), ("GET", "/rooms/{}"), ("PUT", "/rooms/{}"),
    ("DELETE", "/rooms/{}"), ("GET", "/timer/{}"), ("POST", "/timer/{}/start"),
    ("POST", "/timer/{}/pause"), ("POST", "/timer/{}/reset"), ("POST", "/timer/{}/complete"),
    ("POST", "/participants/join"), ("POST", "/participants/leave"), ("GET", "/participants/{}"),
    ("PUT", "/participants/{}/status"), ("POST", "/stats/session"), ("GET", "/stats/user/{}"),
    ("POST", "/achievements/"), ("GET", "/achievements/"), ("GET", "/achievements/category/streak"),
    ("GET", "/achievements/user/{}"), ("GET", "/achievements/user/{}/progress"),
    ("POST", "/achievements/user/{}/check"), ("POST", "/community/posts"),
    ("GET", "/community/posts"), ("GET", "/community/posts/{}"), ("PUT", "/community/posts/{}"),
    ("DELETE", "/community/posts/{}"), ("POST", "/community/posts/{}/like"),
    ("POST", "/community/posts/{}/comments"), ("GET", "/community/posts/{}/comments"),
    ("PUT", "/community/comments/{}"), ("DELETE", "/community/comments/{}"),
    ("POST", "/community/comments/{}/like"), ("POST", "/messages/send"),
    ("GET", "/messages/conversations"), ("GET", "/messages/conversations/{}"),
    ("POST", "/messages/conversations/{}/read"), ("GET", "/messages/unread-count")]


def call(user, method, path, status, /, **body):
    answer = user.http.request(method, V1 + path, json=body or None)
    assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
    return answer.json() if answer.content else None


def refused(user, method, path, status, /, **body):
    return assert_problem(user.http.request(method, V1 + path, json=body or None), status)


# Accounts


def test_registering_and_logging_in(anyone):
    fields = {"email": an_email(), "username": f"mate_{an_email()[5:17]}", "password": PASSWORD}
    answer = anyone.post(f"{V1}/auth/register", json=fields)
    assert answer.status_code == 201 and answer.json()["user"]["username"] == fields["username"]
    login = {"email": fields["email"], "password": PASSWORD}
    answer = anyone.post(f"{V1}/auth/login", json=login)
    assert answer.status_code == 200 and answer.json()["token_type"] == "bearer"
    assert_problem(anyone.post(f"{V1}/auth/register", json=fields), 409)
    assert_problem(anyone.post(f"{V1}/auth/login", json=login | {"password": "wrong one"}), 401)
    assert_problem(anyone.post(f"{V1}/auth/register", json={"email": an_email()}), 422)


def test_a_profile_and_its_totals(user, other):
    path = f"/auth/profile/{user.id}"
    changed = call(user, "PUT", path, 200, username=f"mate_{user.id[-12:]}", bio="I focus.")
    assert changed["bio"] == "I focus."
    call(user, "POST", "/stats/session", 201, duration_minutes=25, session_type="work")
    seen = call(other, "GET", path, 200)
    assert seen["username"] == f"mate_{user.id[-12:]}" and seen["bio"] == "I focus."
    assert seen["total_focus_time"] == 25 and seen["total_sessions"] == 1
    assert "email" not in seen
    refused(other, "PUT", path, 403, bio="You focus.")
    refused(other, "GET", f"/auth/profile/{NOBODY}", 404)
    refused(user, "PUT", path, 422, username="x")


# Rooms, their timers, who is in them


def a_room(user, **fields):
    return call(user, "POST", "/rooms/", 201, **{"name": "Library"} | fields)


def test_a_room(user, other):
    room = a_room(user)
    assert (room["work_duration"], room["break_duration"]) == (25, 5)
    assert room["auto_start_break"] is False and room["is_active"] and room["host_id"] == user.id
    path = f"/rooms/{room['id']}"
    assert call(other, "GET", path, 200)["name"] == "Library"
    assert room["id"] in {one["id"] for one in other.get(f"{V1}/rooms/", limit=100)["items"]}
    changed = call(
        user, "PUT", path, 200, name="Attic", work_duration=50, break_duration=10,
        auto_start_break=True)
    assert (changed["name"], changed["work_duration"], changed["break_duration"]) == ("Attic", 50, 10)
    found = other.get(f"{V1}/rooms/", q="attic", limit=100)["items"]
    assert room["id"] in {one["id"] for one in found}
    refused(other, "PUT", path, 403, name="Mine")
    refused(other, "DELETE", path, 403)
    call(user, "DELETE", path, 204)
    assert room["id"] not in {one["id"] for one in other.get(f"{V1}/rooms/", limit=100)["items"]}


def test_rooms_that_cannot_be(user):
    for fields, field in [
            ({"work_duration": 25}, "name"), ({"name": "x", "work_duration": 0}, "work_duration"),
            ({"name": "x", "break_duration": 481}, "break_duration")]:
        problem = refused(user, "POST", "/rooms/", 422, **fields)
        assert field in fields_of(problem)
    for method in ["GET", "DELETE"]:
        refused(user, method, f"/rooms/{NOBODY}", 404)
        refused(user, method, "/rooms/42", 404)
    refused(user, "PUT", f"/rooms/{NOBODY}", 404, name="x")


def test_a_timer_from_idle_to_completed(user, other):
    room = a_room(user)["id"]
    timer = call(user, "GET", f"/timer/{room}", 200)
    assert (timer["status"], timer["phase"], timer["remaining_seconds"]) == ("IDLE", "WORK", 1500)
    timer = call(user, "POST", f"/timer/{room}/start", 200)
    assert timer["status"] == "RUNNING" and timer["started_at"] and timer["ends_at"]
    assert call(other, "GET", f"/timer/{room}", 200)["status"] == "RUNNING"
    for action in ["start", "pause", "reset", "complete"]:
        refused(other, "POST", f"/timer/{room}/{action}", 403)
    timer = call(user, "POST", f"/timer/{room}/pause", 200)
    assert timer["status"] == "PAUSED" and 1400 < timer["remaining_seconds"] <= 1500
    call(user, "POST", f"/timer/{room}/start", 200)
    timer = call(user, "POST", f"/timer/{room}/complete", 200)
    assert timer["status"] == "COMPLETED"
    timer = call(user, "POST", f"/timer/{room}/start", 200)
    assert (timer["status"], timer["phase"]) == ("RUNNING", "BREAK")
    timer = call(user, "POST", f"/timer/{room}/reset", 200)
    assert (timer["status"], timer["phase"], timer["remaining_seconds"]) == ("IDLE", "WORK", 1500)
    refused(user, "GET", f"/timer/{NOBODY}", 404)
    refused(user, "POST", f"/timer/{NOBODY}/start", 404)


def test_participants_come_and_go(user, other):
    room = a_room(user)["id"]
    joined = call(other, "POST", "/participants/join", 200, room_id=room)
    assert joined["user_id"] == other.id and joined["status"] == "active"
    assert call(other, "POST", "/participants/join", 200, room_id=room)["id"] == joined["id"]
    there = {one["user_id"] for one in user.get(f"{V1}/participants/{room}")["items"]}
    assert there == {user.id, other.id}
    path = f"/participants/{joined['id']}/status"
    assert call(other, "PUT", path, 200, status="idle")["status"] == "idle"
    refused(other, "PUT", path, 422, status="asleep")
    answer = user.http.put(V1 + path, json={"status": "active"})
    assert answer.status_code in (403, 404)
    call(other, "POST", "/participants/leave", 200, room_id=room)
    there = {one["user_id"] for one in user.get(f"{V1}/participants/{room}")["items"]}
    assert there == {user.id}
    refused(user, "POST", "/participants/join", 404, room_id=NOBODY)
    refused(user, "GET", f"/participants/{NOBODY}", 404)
    refused(user, "POST", "/participants/join", 422)


# Sessions and statistics


def test_sessions_are_recorded_and_summed(user, other):
    completed = rfc3339(datetime.now(UTC) - timedelta(minutes=1))
    session = call(
        user, "POST", "/stats/session", 201, session_type="work", duration_minutes=25,
        completed_at=completed)
    assert session["duration_minutes"] == 25 and session["completed_at"] == completed
    call(user, "POST", "/stats/session", 201, session_type="break", duration_minutes=5)
    old = rfc3339(datetime.now(UTC) - timedelta(days=20))
    call(user, "POST", "/stats/session", 201, session_type="work", duration_minutes=35, completed_at=old)
    for days, minutes, sessions in [(7, 25, 1), (30, 60, 2), (90, 60, 2)]:
        stats = user.get(f"{V1}/stats/user/{user.id}", days=days)
        assert (stats["total_focus_time"], stats["total_sessions"]) == (minutes, sessions)
        assert stats["average_session_duration"] == minutes / sessions
        assert len(stats["daily"]) == days
    refused(other, "GET", f"/stats/user/{user.id}", 403)
    for query in [{"days": 0}, {"days": 367}, {"days": "all"}]:
        assert_problem(user.http.get(f"{V1}/stats/user/{user.id}", params=query), 422)
    for fields in [{}, {"duration_minutes": 0}, {"duration_minutes": 5, "session_type": "nap"}]:
        refused(user, "POST", "/stats/session", 422, **fields)


# Achievements


def test_achievements_are_unlocked_once(user, other):
    listed = call(user, "GET", "/achievements/", 200)["items"]
    assert {one["category"] for one in listed} == {"sessions", "time", "streak", "social"}
    some = call(user, "GET", "/achievements/category/sessions", 200)["items"]
    assert some and all(one["category"] == "sessions" for one in some)
    assert call(user, "GET", f"/achievements/user/{user.id}", 200)["items"] == []
    call(user, "POST", "/stats/session", 201, duration_minutes=30)
    for _ in range(2):
        call(user, "POST", f"/achievements/user/{user.id}/check", 200)
        unlocked = call(other, "GET", f"/achievements/user/{user.id}", 200)["items"]
        assert len(unlocked) == 1 and unlocked[0]["unlocked_at"]
    progress = call(user, "GET", f"/achievements/user/{user.id}/progress", 200)["items"]
    assert len(progress) == len(listed)
    refused(other, "GET", f"/achievements/user/{user.id}/progress", 403)
    refused(other, "POST", f"/achievements/user/{user.id}/check", 403)
    answer = user.http.get(f"{V1}/achievements/category/luck")
    assert_problem(answer, answer.status_code)
    assert answer.status_code in (404, 422)


def test_creating_an_achievement_is_the_admins(user):
    fields = {
        "name": "Night owl", "description": "Focus for a long time.", "category": "time",
        "requirement_type": "total_focus_time", "requirement_value": 9_999_999, "points": 50}
    refused(user, "POST", "/achievements/", 403, **fields)
    admin = give_role(User(), "admin")
    made = call(admin, "POST", "/achievements/", 201, **fields)
    assert fields.items() <= made.items()
    refused(admin, "POST", "/achievements/", 422, **fields | {"category": "luck"})


# Posts, comments, messages


def test_a_post_and_what_is_said_to_it(user, other):
    post = call(
        user, "POST", "/community/posts", 201, title="Tips", content="Put the phone away.",
        category="study")
    path = f"/community/posts/{post['id']}"
    seen = call(other, "GET", path, 200)
    assert seen["username"] == user.tokens["user"]["username"]
    listed = other.get(f"{V1}/community/posts", category="study", limit=100)["items"]
    assert post["id"] in {one["id"] for one in listed}
    changed = call(user, "PUT", path, 200, content="Put both phones away.")
    assert changed["content"] == "Put both phones away." and changed["title"] == "Tips"
    for liked in [True, False]:
        assert call(other, "POST", f"{path}/like", 200) == {"liked": liked, "likes": int(liked)}
    comment = call(other, "POST", f"{path}/comments", 201, content="Thanks!")
    reply = call(
        user, "POST", f"{path}/comments", 201, content="Gladly.", parent_comment_id=comment["id"])
    tree = call(other, "GET", f"{path}/comments", 200)["items"]
    assert [one["id"] for one in tree] == [comment["id"]]
    assert [one["id"] for one in tree[0]["replies"]] == [reply["id"]]
    mine = f"/community/comments/{comment['id']}"
    assert call(other, "PUT", mine, 200, content="Thank you!")["content"] == "Thank you!"
    assert call(user, "POST", f"{mine}/like", 200) == {"liked": True, "likes": 1}
    assert call(user, "GET", path, 200)["comment_count"] == 2
    refused(user, "PUT", mine, 403, content="Mine")
    refused(user, "DELETE", mine, 403)
    refused(other, "PUT", path, 403, title="Mine")
    refused(other, "DELETE", path, 403)
    call(other, "DELETE", mine, 204)
    tree = call(other, "GET", f"{path}/comments", 200)["items"]
    assert tree[0]["is_deleted"] and tree[0]["content"] == "" and tree[0]["replies"]
    call(user, "DELETE", path, 204)
    for reader in [user, other]:
        refused(reader, "GET", path, 404)


def test_posts_are_searched(user, other):
    word = "q" + user.id.replace("-", "")[-11:].translate(str.maketrans("0123456789", "ghjkmnprst"))
    post = call(
        user, "POST", "/community/posts", 201, title=word, content="x", category="general")
    found = other.get(f"{V1}/community/posts", q=word)["items"]
    assert [one["id"] for one in found] == [post["id"]]
    refused(user, "POST", "/community/posts", 422, title="x", content="x", category="gossip")
    refused(user, "POST", f"/community/posts/{NOBODY}/comments", 404, content="x")
    refused(user, "POST", f"/community/comments/{NOBODY}/like", 404)
    refused(user, "POST", f"/community/posts/{NOBODY}/like", 404)


def test_messages_between_two(user, other):
    message = call(user, "POST", "/messages/send", 201, receiver_id=other.id, content="Hello?")
    assert (message["sender_id"], message["is_read"]) == (user.id, False)
    assert call(other, "GET", "/messages/unread-count", 200) == {"unread_count": 1}
    [conversation] = call(other, "GET", "/messages/conversations", 200)["items"]
    assert conversation["id"] == message["conversation_id"]
    assert conversation["unread_count"] == 1 and conversation["last_message"]["content"] == "Hello?"
    path = f"/messages/conversations/{conversation['id']}"
    shown = call(other, "GET", path, 200)["messages"]["items"]
    assert [one["id"] for one in shown] == [message["id"]]
    call(other, "POST", f"{path}/read", 200)
    assert call(other, "GET", "/messages/unread-count", 200) == {"unread_count": 0}
    assert call(user, "GET", path, 200)["messages"]["items"][0]["is_read"]
    refused(user, "POST", "/messages/send", 422, receiver_id=user.id, content="Me?")
    refused(user, "POST", "/messages/send", 422, receiver_id=other.id, content="")
    refused(user, "POST", "/messages/send", 404, receiver_id=NOBODY, content="Anybody?")
    third = User()
    refused(third, "GET", path, 404)
    refused(third, "POST", f"{path}/read", 404)


# The rest


def test_health(anyone):
    assert anyone.get("/health").json()["status"] == "ok"


@pytest.mark.parametrize("method, path", PROTECTED)
def test_without_a_token(method, path, anyone):
    assert_problem(anyone.request(method, V1 + path.format(NOBODY)), 401)


@pytest.mark.parametrize("method, path", [
    (method, path) for method, path in PROTECTED if "{}" in path and method in ("GET", "DELETE")])
def test_a_malformed_id_is_not_found(method, path, user):
    assert_problem(user.http.request(method, V1 + path.format("42")), 404)
