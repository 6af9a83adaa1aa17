"""FocusHub: every route of the design, at its own path, with its own field names."""
from datetime import datetime, timedelta

import pytest
from focal import PASSWORD, UTC, User, an_email, assert_problem, client, fields_of, rfc3339

PROTECTED = [
    ("POST", "/projects"), ("GET", "/projects"), ("POST", "/time-entries"), ("GET", "/time-entries"),
    ("GET", "/leaderboard"), ("GET", "/timeline"), ("GET", "/activity"), ("GET", "/badges/user")]


@pytest.fixture
def maker():
    """Signed up and logged in at the design's paths."""
    http = client()
    fields = {"email": an_email(), "password": PASSWORD, "username": f"maker_{an_email()[5:17]}"}
    answer = http.post("/auth/signup", json=fields)
    assert answer.status_code == 201, answer.text
    http.user_id = answer.json()["user"]["id"]
    assert answer.json()["user"]["username"] == fields["username"]
    assert answer.json()["user"]["role"] == "user"
    answer = http.post("/auth/login", json={"email": fields["email"], "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return http


def make(http, path, **fields):
    answer = http.post(path, json=fields)
    assert answer.status_code == 201, f"{path}: {answer.text}"
    return answer.json()


def test_time_on_a_project(maker):
    project = make(maker, "/projects", name="Thesis", description="Chapter 1")
    assert project["visibility"] == "private" and project["owner_id"] == maker.user_id
    end = datetime.now(UTC)
    entry = make(
        maker, "/time-entries", projectId=project["id"], startTime=rfc3339(end - timedelta(hours=2)),
        endTime=rfc3339(end))
    assert entry["duration_seconds"] == 7200 and entry["project_id"] == project["id"]
    running = make(
        maker, "/time-entries", projectId=project["id"], startTime=rfc3339(end))
    assert running["is_running"] and running.get("end_time") is None
    listed = maker.get("/time-entries").json()["items"]
    assert {item["id"] for item in listed} == {entry["id"], running["id"]}
    assert maker.get("/projects").json()["items"][0]["total_seconds"] == 7200
    activity = maker.get("/activity").json()
    assert activity["total_seconds"] == 7200
    assert activity["by_project"] == [
        {"project_id": project["id"], "name": "Thesis", "seconds": 7200}]
    assert {action["kind"] for action in activity["recent"]} == {"project_created", "time_logged"}


def test_ten_hours_on_a_project_earn_a_badge(maker):
    badges = [badge for badge in maker.get("/badges/user").json()["items"]
              if badge["criteria"]["kind"] == "project_time"]
    badge = min(badges, key=lambda badge: badge["requirement_value"])
    assert badge["requirement_value"] == 600 and badge["awarded_at"] is None
    project = make(maker, "/projects", name="Thesis")
    end = datetime.now(UTC) - timedelta(hours=1)
    make(maker, "/time-entries", projectId=project["id"], endTime=rfc3339(end),
         startTime=rfc3339(end - timedelta(hours=10)))
    earned = {badge["id"]: badge for badge in maker.get("/badges/user").json()["items"]}
    assert earned[badge["id"]]["awarded_at"]
    kinds = [entry["kind"] for entry in maker.get("/timeline").json()["items"]]
    assert "badge_awarded" in kinds


def test_the_timeline_tells_what_was_done_in_order(maker, other):
    secret = make(maker, "/projects", name="Secret")
    shown = make(maker, "/projects", name="Shown", visibility="public")
    own = maker.get("/timeline").json()["items"]
    created = [entry["subject_id"] for entry in own if entry["kind"] == "project_created"]
    assert created == [shown["id"], secret["id"]]
    seen = other.get("/timeline", user_id=maker.user_id)["items"]
    subjects = {entry["subject_id"] for entry in seen}
    assert shown["id"] in subjects and secret["id"] not in subjects


def test_visibility_and_members(maker, other):
    secret = make(maker, "/projects", name="Secret")
    shown = make(maker, "/projects", name="Shown", visibility="public")
    assert_problem(other.http.get(f"/projects/{secret['id']}"), 404)
    assert other.get(f"/projects/{shown['id']}")["role"] is None
    member = make(maker, f"/projects/{secret['id']}/members", userId=other.id)
    assert member["role"] == "contributor"
    assert other.get(f"/projects/{secret['id']}")["role"] == "contributor"
    entry = other.http.post("/time-entries/start", json={"projectId": secret["id"]})
    assert entry.status_code == 201


@pytest.mark.parametrize("by", ["time", "badges"])
def test_the_leaderboard_ranks_by_time_or_badges(by, maker):
    assert maker.post("/sessions/start").status_code == 201
    assert maker.post("/sessions/stop").status_code == 200
    board = maker.get("/leaderboard", params={"by": by}).json()
    assert board["by"] == by and board["me"]["user_id"] == maker.user_id


def test_a_profile_shows_contributions(maker, other):
    profile = other.get(f"/api/v1/auth/profile/{maker.user_id}")
    assert profile["username"].startswith("maker_") and profile["total_sessions"] == 0
    assert "email" not in profile


def test_what_breaks_a_rule(maker):
    assert "name" in fields_of(assert_problem(maker.post("/projects", json={}), 422))
    bad = {"name": "x", "visibility": "secret"}
    assert "visibility" in fields_of(assert_problem(maker.post("/projects", json=bad), 422))
    now = rfc3339(datetime.now(UTC))
    for fields, field in [
            ({}, "start_time"), ({"startTime": "now"}, "startTime"),
            ({"startTime": now, "endTime": "2000-01-01T00:00:00Z"}, "end_time")]:
        assert field in fields_of(assert_problem(maker.post("/time-entries", json=fields), 422))
    assert_problem(maker.post("/projects", json={"name": "x", "ownerId": maker.user_id}), 400)
    unknown = {"startTime": now, "projectId": "01890000-0000-7000-8000-000000000000"}
    assert_problem(maker.post("/time-entries", json=unknown), 404)
    assert_problem(maker.get("/leaderboard", params={"by": "luck"}), 422)


def test_one_entry_runs(maker):
    now = rfc3339(datetime.now(UTC))
    assert maker.post("/time-entries", json={"startTime": now}).status_code == 201
    assert_problem(maker.post("/time-entries", json={"startTime": now}), 409)


def test_a_username_is_one_users(user, anyone):
    fields = {
        "email": an_email(), "password": PASSWORD, "username": user.tokens["user"]["username"]}
    assert_problem(anyone.post("/auth/signup", json=fields), 409)
    fields = {"email": user.email, "password": PASSWORD}
    assert_problem(anyone.post("/auth/signup", json=fields), 409)
    assert_problem(anyone.post("/auth/login", json=fields | {"password": "wrong one"}), 401)


@pytest.mark.parametrize("method, path", PROTECTED)
def test_without_a_token(method, path, anyone):
    assert_problem(anyone.request(method, path), 401)


def test_entries_and_projects_of_others(maker, other):
    project = make(maker, "/projects", name="Thesis")
    entry = make(maker, "/time-entries", startTime=rfc3339(datetime.now(UTC)))
    for path in [f"/projects/{project['id']}", f"/time-entries/{entry['id']}"]:
        assert_problem(other.http.get(path), 404)
        assert_problem(other.http.patch(path, json={}), 404)
        assert_problem(other.http.delete(path), 404)
    assert User().get("/projects")["items"] == []
