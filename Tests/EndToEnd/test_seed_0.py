"""Time Management and Focus Tracker: every route of the design, at its own path."""
from datetime import datetime, timedelta

import pytest
from focal import (
    PASSWORD, UTC, an_email, assert_problem, client, fields_of, rfc3339, zone_at_noon)

PROTECTED = [
    ("POST", "/focus-session"), ("GET", "/focus-metrics"), ("GET", "/streaks"),
    ("POST", "/badges/user"), ("GET", "/badges/user")]


@pytest.fixture
def student():
    """Registered and signed in at the design's paths, with its token."""
    http = client()
    account = {"email": an_email(), "password": PASSWORD, "timezone": zone_at_noon()}
    assert http.post("/register", json=account).status_code == 201
    answer = http.post("/login", json={"email": account["email"], "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    http.headers["Authorization"] = f"Bearer {answer.json()['token']}"
    return http


def test_from_registering_to_the_first_badge(student):
    badges = {badge["id"]: badge for badge in student.get("/badges/user").json()["items"]}
    easiest = min(
        (badge for badge in badges.values() if badge["criteria"]["kind"] == "total_sessions"),
        key=lambda badge: badge["requirement_value"])
    claim = {"badge_id": easiest["id"]}
    assert_problem(student.post("/badges/user", json=claim), 422)
    before = student.get("/streaks").json()
    assert (before["current"], before["longest"], before["active_today"]) == (0, 0, False)

    for _ in range(easiest["requirement_value"]):
        answer = student.post("/focus-session", json={"duration": 25})
        assert answer.status_code == 201 and answer.json()["duration_minutes"] == 25

    metrics = student.get("/focus-metrics").json()
    sessions = easiest["requirement_value"]
    assert metrics["daily"]["sessions"] == metrics["weekly"]["sessions"] == sessions
    assert metrics["daily"]["total_minutes"] == 25 * sessions
    assert sum(metrics["daily"]["by_hour"]) == metrics["daily"]["total_seconds"]
    streak = student.get("/streaks").json()
    assert (streak["current"], streak["longest"], streak["active_today"]) == (1, 1, True)
    answer = student.post("/badges/user", json=claim)
    assert answer.status_code in (200, 201) and answer.json()["awarded_at"], answer.text
    earned = [badge for badge in student.get("/badges/user").json()["items"] if badge["awarded_at"]]
    assert easiest["id"] in {badge["id"] for badge in earned}


def test_the_longest_streak_is_kept(student):
    now = datetime.now(UTC)
    for days in [6, 5, 4, 1, 0]:
        body = {"duration": 10, "timestamp": rfc3339(now - timedelta(days=days))}
        assert student.post("/focus-session", json=body).status_code == 201
    streak = student.get("/streaks").json()
    assert streak["longest"] >= 3 and streak["current"] >= 2


def test_charts_have_their_figures(student):
    student.post("/focus-session", json={"duration": 25})
    year = student.get("/analytics/heatmap").json()
    assert year["max_seconds"] == 1500
    assert student.get("/analytics/distribution").json()["total_seconds"] == 1500


def test_registering_that_fails(anyone):
    account = {"email": an_email(), "password": PASSWORD}
    answer = anyone.post("/register", json=account)
    assert answer.status_code == 201 and answer.json()["token"], answer.text
    assert_problem(anyone.post("/register", json=account), 409)
    for body, field in [
            ({"password": PASSWORD}, "email"), ({"email": an_email()}, "password"),
            ({"email": "nobody", "password": PASSWORD}, "email"),
            ({"email": an_email(), "password": "short"}, "password")]:
        assert field in fields_of(assert_problem(anyone.post("/register", json=body), 422))


def test_a_wrong_login_tells_nothing(user, anyone):
    wrong = assert_problem(anyone.post("/login", json={"email": user.email, "password": "wrong one"}), 401)
    unknown = assert_problem(
        anyone.post("/login", json={"email": an_email(), "password": PASSWORD}), 401)
    assert (wrong["code"], wrong["detail"]) == (unknown["code"], unknown["detail"])


def test_sessions_and_badges_that_break_a_rule(student):
    for body in [{}, {"duration": 0}, {"duration": -25}, {"duration": 1441},
                 {"duration": 25, "timestamp": "2999-01-01T00:00:00Z"}]:
        assert_problem(student.post("/focus-session", json=body), 422)
    assert_problem(student.post("/focus-session", json={"minutes": 25}), 400)
    assert_problem(student.post("/badges/user", json={}), 422)
    unknown = {"badge_id": "01890000-0000-7000-8000-000000000000"}
    assert_problem(student.post("/badges/user", json=unknown), 404)


@pytest.mark.parametrize("method, path", PROTECTED)
def test_all_but_the_door_is_protected(method, path, anyone):
    for headers in [{}, {"Authorization": "Bearer nonsense"}]:
        assert_problem(anyone.request(method, path, headers=headers), 401)
