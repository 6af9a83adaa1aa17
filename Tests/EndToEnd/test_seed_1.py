"""Promodoro: every route of the design, at its own path, with the cookie `token`."""
from datetime import datetime, timedelta

import pytest
from focal import PASSWORD, UTC, User, an_email, assert_problem, client, fields_of, rfc3339

#: The design's base is `/api`; both are served.
BASES = ["", "/api"]
GET = ["/focus-metrics", "/focus-logs", "/leaderboard-overall", "/leaderboard-today"]
#: What a page of the same site sends with each request that changes something.
SAME_SITE = {"Sec-Fetch-Site": "same-origin"}


def account():
    return {
        "name": "Ada Lovelace", "image": "https://images.example/ada.png", "email": an_email(),
        "password": PASSWORD}


def signed_in(base="/api"):
    """A browser that has registered and logged in: it has the cookie and nothing else."""
    http = client()
    fields = account()
    answer = http.post(f"{base}/user/register", json=fields)
    assert answer.status_code == 201, answer.text
    answer = http.post(
        f"{base}/user/login", json={"email": fields["email"], "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    keep_cookie(http, answer)
    http.user_id = answer.json()["user"]["id"]
    return http


def keep_cookie(http, answer):
    """Sends the cookie back although the tests' server speaks plain HTTP."""
    value = answer.headers["set-cookie"].split(";")[0]
    http.cookies.clear()
    http.headers["Cookie"] = value


@pytest.mark.parametrize("base", BASES)
def test_a_day_with_the_cookie(base):
    http = signed_in(base)
    timestamp = rfc3339(datetime.now(UTC) - timedelta(minutes=1))
    answer = http.post(
        f"{base}/focus-session", headers=SAME_SITE,
        json={"duration": 25, "timestamp": timestamp, "userId": http.user_id})
    assert answer.status_code == 201, answer.text
    session = answer.json()
    assert session["user_id"] == http.user_id and session["completed_at"] == timestamp
    assert session["duration_minutes"] == 25
    metrics = http.get(f"{base}/focus-metrics").json()
    assert metrics["weekly"]["sessions"] == 1 and metrics["streak"]["current"] <= 1
    assert metrics["badges"]
    assert http.get(f"{base}/focus-logs").json()["items"] == [session]
    answer = http.post(f"{base}/user/logout", headers=SAME_SITE)
    assert answer.status_code == 204
    assert "token=" in answer.headers["set-cookie"] and "max-age=0" in answer.headers["set-cookie"].lower()


def test_registering_answers_what_was_given(anyone):
    fields = account()
    body = anyone.post("/api/user/register", json=fields).json()
    for name in ["name", "image", "email"]:
        assert body["user"][name] == fields[name]
    assert "password" not in body["user"]
    assert body["token"] == body["access_token"]


def test_the_login_sets_a_guarded_cookie(user, anyone):
    answer = anyone.post("/api/user/login", json={"email": user.email, "password": user.password})
    attributes = [part.strip().lower() for part in answer.headers["set-cookie"].split(";")]
    assert attributes[0].startswith("token=")
    assert "httponly" in attributes and "samesite=lax" in attributes
    assert answer.json()["token"]


@pytest.mark.parametrize("path, window", [
    ("/leaderboard-overall", "overall"), ("/leaderboard-today", "today")])
def test_the_boards_rank_timed_sessions(path, window):
    http = signed_in()
    assert http.post("/api/sessions/start", headers=SAME_SITE).status_code == 201
    assert http.post("/api/sessions/stop", headers=SAME_SITE).status_code == 200
    board = http.get(f"/api{path}").json()
    assert board["by"] == "time" and board["window"] == window
    assert board["me"]["user_id"] == http.user_id
    ranks = [standing["rank"] for standing in board["items"]]
    assert ranks == sorted(ranks)


def test_nobody_logs_for_another():
    http = signed_in()
    body = {"duration": 25, "userId": User().id}
    assert_problem(http.post("/api/focus-session", json=body, headers=SAME_SITE), 403)
    assert http.get("/api/focus-logs").json()["items"] == []


def test_another_site_changes_nothing():
    http = signed_in()
    for headers in [{}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}]:
        assert_problem(http.post("/api/focus-session", json={"duration": 25}, headers=headers), 403)
        assert_problem(http.post("/api/user/logout", headers=headers), 403)
    assert http.get("/api/focus-logs").json()["items"] == []


def test_registering_that_fails(anyone):
    fields = account()
    assert anyone.post("/api/user/register", json=fields).status_code == 201
    again = fields | {"email": fields["email"].upper()}
    assert_problem(anyone.post("/api/user/register", json=again), 409)
    for name in ["email", "password"]:
        body = {key: value for key, value in account().items() if key != name}
        problem = assert_problem(anyone.post("/api/user/register", json=body), 422)
        assert name in fields_of(problem)
    body = account() | {"image": "javascript:alert(1)"}
    assert "image" in fields_of(assert_problem(anyone.post("/api/user/register", json=body), 422))


def test_a_wrong_login_sets_no_cookie(user, anyone):
    answer = anyone.post("/api/user/login", json={"email": user.email, "password": "wrong one"})
    assert_problem(answer, 401)
    assert "set-cookie" not in answer.headers


def test_a_session_that_breaks_a_rule():
    http = signed_in()
    for body in [{}, {"duration": 0}, {"duration": 25, "timestamp": "2999-01-01T00:00:00Z"}]:
        assert_problem(http.post("/api/focus-session", json=body, headers=SAME_SITE), 422)


def test_without_a_cookie(anyone):
    for base in BASES:
        for path in GET:
            assert_problem(anyone.get(base + path), 401)
        assert_problem(anyone.post(f"{base}/focus-session", json={"duration": 25}), 401)
        assert_problem(anyone.post(f"{base}/user/logout"), 401)
    anyone.headers["Cookie"] = "token=nonsense"
    assert_problem(anyone.get("/api/focus-metrics"), 401)
