"""User B on every route that names a thing, with the ids of A's things: 403 and 404 only, or what A shows to all."""
import re

import httpx
import pytest
from focal import URL, User
from test_websocket import HANDSHAKE

DOCUMENT = httpx.get(f"{URL}/openapi.json", timeout=20).json()
OPERATIONS = [
    (verb.upper(), path, operation) for path, verbs in DOCUMENT["paths"].items()
    for verb, operation in verbs.items() if "{" in path and operation["security"]]

#: What A shows to everybody, or what B may do about A: it changes nothing of A's.
OPEN = {
    ("GET", "/api/v1/auth/profile/{user_id}"),
    ("GET", "/api/v1/community/posts/{post_id}"), ("GET", "/api/v1/community/posts/{post_id}/comments"),
    ("POST", "/api/v1/community/posts/{post_id}/comments"),
    ("POST", "/api/v1/community/posts/{post_id}/like"), ("PUT", "/api/v1/community/posts/{post_id}/like"),
    ("DELETE", "/api/v1/community/posts/{post_id}/like"),
    ("POST", "/api/v1/community/comments/{comment_id}/like"),
    ("PUT", "/api/v1/community/comments/{comment_id}/like"),
    ("DELETE", "/api/v1/community/comments/{comment_id}/like"),
    ("PUT", "/api/v1/blocks/{user_id}"), ("DELETE", "/api/v1/blocks/{user_id}"),
    ("GET", "/api/v1/achievements/user/{user_id}"),
    ("GET", "/api/v1/achievements/category/{category}"),
}


def canonical(path, operation):
    return operation.get("x-alias-of", path)


def make(user, path, body=None, **names):
    answer = user.http.post(path, json=body if body is not None else {})
    assert answer.status_code in (200, 201), f"{path}: {answer.status_code} {answer.text}"
    return answer.json()


def device_of(user):
    return user.get("/api/v1/auth/sessions")["items"][0]["id"]


@pytest.fixture(scope="module")
def things():
    """A, B, and for each start of a path the id of a thing of A's that B has no business with."""
    a, b, c = User(), User(), User()
    project = make(a, "/api/v1/projects", {"name": "secret", "visibility": "private"})["id"]
    post = make(a, "/api/v1/community/posts", {
        "title": "hello", "content": "all", "category": "general"})["id"]
    room = make(a, "/api/v1/rooms", {"name": "secret", "visibility": "private"})
    sent = make(a, "/api/v1/messages/send", {"receiver_id": c.id, "content": "between us"})
    participants = a.get(f"/api/v1/participants/{room['id']}")
    participants = participants.get("items", participants)
    ids = {
        "/api/v1/sessions/": a.log()["id"],
        "/api/v1/auth/sessions/": device_of(a),
        "/api/v1/auth/tokens/": make(
            a, "/api/v1/auth/tokens", {"name": "mine", "scope": "read"})["id"],
        "/api/v1/auth/profile/": a.id, "/api/v1/stats/user/": a.id,
        "/api/v1/achievements/user/": a.id, "/api/v1/blocks/": a.id, "/api/v1/admin/users/": a.id,
        "/api/v1/projects/": project,
        "/api/v1/time-entries/": make(a, "/api/v1/time-entries/start", {})["id"],
        "/api/v1/rooms/": room["id"], "/api/v1/timer/": room["id"], "/api/v1/ws/": room["id"],
        "/api/v1/participants/": room["id"], "/api/v1/participants/*/status": participants[0]["id"],
        "/api/v1/community/posts/": post,
        "/api/v1/community/comments/": make(
            a, f"/api/v1/community/posts/{post}/comments", {"content": "first"})["id"],
        "/api/v1/messages/conversations/": sent["conversation_id"],
        "/api/v1/webhooks/": make(a, "/api/v1/webhooks", {
            "url": "https://example.com/hook", "events": ["badge_awarded"]})["id"],
        "/api/v1/journals/": make(a, "/api/v1/journals", {"content": "dear diary"})["id"],
        "/api/v1/admin/reports/": post, "/api/v1/admin/quotes/": a.id,
        "/api/v1/achievements/category/": "time",
    }
    return a, b, ids


def filled(path, operation, ids):
    form = canonical(path, operation)
    starts = [start for start in ids if re.match(re.escape(start).replace(r"\*", "[^/]*"), form)]
    assert starts, f"{form}: no thing of A's for it; tell this test of one"
    value = ids[max(starts, key=len)]
    return re.sub(r"\{[^}]*\}", value, path)


def a_body(operation):
    if "101" in operation["responses"]:
        return {"headers": HANDSHAKE}
    media = operation.get("requestBody", {}).get("content", {})
    if "application/json" in media:
        example = media["application/json"]["example"]
        # Nobody is made an owner, not even by one.
        return {"json": example | ({"role": "viewer"} if example.get("role") == "owner" else {})}
    for kind in media:
        return {"content": b"\x89PNG", "headers": {"Content-Type": kind}}
    return {}


def view(a, ids):
    """What A sees of A's things."""
    paths = [
        f"/api/v1/sessions/{ids['/api/v1/sessions/']}", f"/api/v1/projects/{ids['/api/v1/projects/']}",
        f"/api/v1/rooms/{ids['/api/v1/rooms/']}", f"/api/v1/journals/{ids['/api/v1/journals/']}",
        f"/api/v1/time-entries/{ids['/api/v1/time-entries/']}", "/api/v1/auth/me",
        "/api/v1/webhooks", "/api/v1/auth/tokens", "/api/v1/messages/unread-count"]
    shown = {}
    for path in paths:
        shown[path] = a.get(path)
        for clock in ["duration_seconds", "duration_minutes", "server_time"]:
            if isinstance(shown[path], dict):
                shown[path].pop(clock, None)
    return shown


def test_nobody_reaches_what_is_anothers(things):
    a, b, ids = things
    before, wrong = view(a, ids), []
    for verb, path, operation in OPERATIONS:
        if (verb, canonical(path, operation)) in OPEN:
            continue
        answer = b.http.request(verb, filled(path, operation, ids), **a_body(operation))
        if answer.status_code not in (403, 404):
            wrong.append(f"{verb} {path}: {answer.status_code} {answer.text[:120]}")
    assert not wrong, "\n".join(wrong)
    assert view(a, ids) == before


def test_what_is_open_shows_nothing_private(things):
    a, b, ids = things
    for verb, path, operation in OPERATIONS:
        if verb == "GET" and (verb, canonical(path, operation)) in OPEN:
            answer = b.http.get(filled(path, operation, ids))
            assert answer.status_code == 200, f"{path}: {answer.text}"
            assert a.email not in answer.text and "secret" not in answer.text, path


@pytest.mark.parametrize("path, field", [
    ("/focus-session", "user_id"), ("/api/v1/stats/session", "userId")])
def test_a_body_cannot_say_who_one_is(path, field, things):
    a, b, _ = things
    before = a.metrics()["daily"]
    answer = b.http.post(path, json={"duration": 5, field: a.id})
    assert answer.status_code == 403, answer.text
    assert a.metrics()["daily"] == before


def test_others_things_are_no_targets_of_fields(things):
    """Ids in bodies: a session, an entry or a journal cannot be hung on what is A's."""
    a, b, ids = things
    for path, body in [
            ("/focus-session", {"duration": 5, "project_id": ids["/api/v1/projects/"]}),
            ("/api/v1/time-entries/start", {"project_id": ids["/api/v1/projects/"]}),
            ("/api/v1/journals", {"content": "x", "session_id": ids["/api/v1/sessions/"]}),
            ("/api/v1/participants/join", {"room_id": ids["/api/v1/rooms/"]})]:
        answer = b.http.post(path, json=body)
        assert answer.status_code in (403, 404, 422), f"{path}: {answer.status_code} {answer.text}"
