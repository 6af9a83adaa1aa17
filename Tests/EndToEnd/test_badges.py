"""Badges and achievements: one engine in two views, awarded by themselves, once under any race."""
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from database import give_role
from focal import User, assert_problem, client, fields_of, hours_after, local_midnight

FIRST_FOCUS = "0193a000-0000-7000-8000-000000000001"
FIVE_SESSIONS = "0193a000-0000-7000-8000-000000000002"
FIRST_HOUR = "0193a000-0000-7000-8000-000000000009"


def badges(user):
    return {badge["id"]: badge for badge in user.get("/badges/user")["items"]}


def earned(user):
    return {badge for badge, fields in badges(user).items() if fields["awarded_at"]}


def test_all_badges_are_listed_with_progress(user):
    listed = user.get("/badges/user")["items"]
    assert len(listed) >= 20
    for badge in listed:
        assert badge["name"] and badge["description"]
        assert badge["awarded_at"] is None
        assert badge["progress"] == 0 and badge["progress_value"] == 0
        assert badge["criteria"]["value"] == badge["requirement_value"] > 0
        assert badge["criteria"]["kind"] in {
            "total_sessions", "total_focus_time", "streak_days", "community_posts", "project_time"}


def test_badges_are_awarded_by_themselves(user):
    user.log(30)
    mine = badges(user)
    assert mine[FIRST_FOCUS]["awarded_at"].endswith("Z")
    assert mine[FIRST_FOCUS]["progress"] == 1
    assert mine[FIVE_SESSIONS]["awarded_at"] is None
    assert mine[FIVE_SESSIONS]["progress"] == pytest.approx(0.2)
    assert mine[FIVE_SESSIONS]["progress_value"] == 1
    assert mine[FIRST_HOUR]["progress"] == pytest.approx(0.5)
    assert mine[FIRST_HOUR]["progress_value"] == 30
    shown = user.metrics()["badges"]
    assert [badge["id"] for badge in shown] == [FIRST_FOCUS]
    assert shown[0]["name"] == mine[FIRST_FOCUS]["name"]


def test_progress_and_awards_follow_the_sessions(user):
    logged = user.log(61)
    assert earned(user) == {FIRST_FOCUS, FIRST_HOUR}
    edited = user.http.patch(f"/api/v1/sessions/{logged['id']}", json={"duration_minutes": 6})
    assert edited.status_code == 200
    assert earned(user) == {FIRST_FOCUS}
    assert badges(user)[FIRST_HOUR]["progress"] == pytest.approx(0.1)
    assert user.http.delete(f"/api/v1/sessions/{logged['id']}").status_code == 204
    assert earned(user) == set()
    assert user.metrics()["badges"] == []
    user.log(61)
    assert earned(user) == {FIRST_FOCUS, FIRST_HOUR}


def test_claiming_a_badge(user):
    problem = assert_problem(
        user.http.post("/badges/user", json={"badge_id": FIRST_FOCUS}), 422, "not_reached")
    assert problem["errors"][0]["field"] == "badge_id"
    user.log(5)
    for _ in range(2):
        answer = user.http.post("/badges/user", json={"badge_id": FIRST_FOCUS})
        assert answer.status_code in (200, 201)
        assert answer.json()["id"] == FIRST_FOCUS and answer.json()["awarded_at"]
    assert_problem(user.http.post("/badges/user", json={"badge_id": str(uuid.uuid4())}), 404)
    assert_problem(user.http.post("/badges/user", json={}), 422)
    assert_problem(client().post("/badges/user", json={"badge_id": FIRST_FOCUS}), 401)


def test_a_hundred_checks_at_once_award_once(user):
    user.log(5)

    def check(number):
        if number % 2:
            return user.http.post(f"/api/v1/achievements/user/{user.id}/check")
        return user.http.post("/badges/user", json={"badge_id": FIRST_FOCUS})

    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(check, range(100)))
    assert {answer.status_code for answer in answers} <= {200, 201}
    assert earned(user) == {FIRST_FOCUS}
    entries = user.get("/timeline")["items"]
    assert [entry["kind"] for entry in entries].count("badge_awarded") == 1
    notifications = user.http.get("/api/v1/notifications")
    if notifications.status_code == 200:
        told = [one for one in notifications.json()["items"] if one["kind"] == "badge_awarded"]
        assert [one["subject_id"] for one in told] == [FIRST_FOCUS]


def test_a_hundred_sessions_at_once_award_once(user):
    with ThreadPoolExecutor(100) as pool:
        list(pool.map(lambda _: user.log(1), range(100)))
    mine = badges(user)
    sessions = [
        badge for badge in mine.values() if badge["criteria"]["kind"] == "total_sessions"]
    assert all((badge["requirement_value"] <= 100) == bool(badge["awarded_at"]) for badge in sessions)
    kinds = [entry["subject_id"] for entry in user.get("/timeline", limit=100)["items"]
             if entry["kind"] == "badge_awarded"]
    assert len(kinds) == len(set(kinds))


def test_achievements_are_listed(user):
    listed = user.get("/api/v1/achievements/")["items"]
    assert len(listed) >= 20
    assert {one["category"] for one in listed} == {"sessions", "time", "streak", "social"}
    for one in listed:
        assert one["points"] > 0 and one["requirement_value"] > 0
        assert one["requirement_type"] and one["name"] and one["description"]
    for category in ("sessions", "time", "streak", "social"):
        some = user.get(f"/api/v1/achievements/category/{category}")["items"]
        assert some == [one for one in listed if one["category"] == category]
    unknown = user.http.get("/api/v1/achievements/category/nonsense")
    assert unknown.status_code in (404, 422)


def test_pages_of_achievements(user):
    listed = user.get("/achievements")["items"]
    paged, cursor = [], None
    while True:
        page = user.get("/achievements", limit=7, **({"cursor": cursor} if cursor else {}))
        paged += page["items"]
        cursor = page.get("next_cursor")
        if not cursor:
            break
        assert len(page["items"]) == 7
    assert paged == listed
    assert user.http.get("/achievements", params={"cursor": "?"}).status_code == 422


def test_what_others_unlocked_is_public_but_progress_is_not(user, other):
    user.log(30)
    path = f"/api/v1/achievements/user/{user.id}"
    unlocked = other.get(path)["items"]
    assert [one["achievement_id"] for one in unlocked] == [FIRST_FOCUS]
    assert unlocked[0]["unlocked_at"] and unlocked[0]["user_id"] == user.id
    assert unlocked[0]["achievement"]["requirement_type"] == "total_sessions"
    assert unlocked[0]["progress_percent"] == 100
    assert_problem(other.http.get(f"{path}/progress"), 403)
    assert_problem(other.http.post(f"{path}/check"), 403)
    progress = {one["achievement_id"]: one for one in user.get(f"{path}/progress")["items"]}
    assert progress[FIRST_HOUR]["unlocked_at"] is None
    assert progress[FIRST_HOUR]["progress"] == 30
    assert progress[FIRST_HOUR]["progress_percent"] == pytest.approx(50)
    checked = user.http.post(f"{path}/check")
    assert checked.status_code == 200
    assert checked.json() == user.http.post(f"{path}/check").json()
    assert_problem(other.http.get(f"/api/v1/achievements/user/{uuid.uuid4()}"), 404)


def test_creating_is_the_admins(user):
    body = {
        "name": f"Test {uuid.uuid4().hex[:8]}", "description": "x", "category": "sessions",
        "requirement_type": "total_sessions", "requirement_value": 3, "points": 5}
    assert_problem(user.http.post("/api/v1/achievements", json=body), 403)
    assert_problem(client().post("/api/v1/achievements", json=body), 401)


def test_what_an_admin_adds_is_there_at_once(user, other):
    admin = give_role(User(), "admin")
    with ThreadPoolExecutor(37) as pool:
        list(pool.map(lambda _: user.log(1), range(37)))
    other.log(1)
    shown = user.metrics()
    body = {
        "name": f"Test {uuid.uuid4().hex[:8]}", "description": "37 sessions.", "category": "sessions",
        "requirement_type": "total_sessions", "requirement_value": 37, "points": 5}
    made = admin.http.post("/api/v1/achievements", json=body)
    assert made.status_code == 201, made.text
    badge = made.json()["id"]
    assert {key: made.json()[key] for key in body} == body
    assert badge in earned(user) and badge not in earned(other)
    assert badges(other)[badge]["progress"] == pytest.approx(1 / 37)
    assert badge in {one["id"] for one in user.metrics()["badges"]}
    assert badge not in {one["id"] for one in shown["badges"]}
    alias = admin.http.post("/achievements", json=body | {"name": f"{body['name']} again"})
    assert alias.status_code == 201, alias.text
    again = assert_problem(admin.http.post("/api/v1/achievements", json=body), 409)
    assert again["code"] == "name_taken"
    wrong = body | {"requirement_type": "nonsense", "requirement_value": 0, "category": None}
    assert admin.http.post("/api/v1/achievements", json=wrong).status_code in (400, 422)
    empty = assert_problem(admin.http.post("/api/v1/achievements", json={}), 422)
    assert {"name", "category", "requirement_type", "requirement_value"} <= fields_of(empty)


def test_a_streak_earns_its_badge():
    user = User(timezone="UTC")
    for days_ago in (3, 1, 2):
        user.log(5, hours_after(local_midnight("UTC", days_ago), 12))
    kinds = {
        badge["criteria"]["value"] for badge in badges(user).values()
        if badge["criteria"]["kind"] == "streak_days" and badge["awarded_at"]}
    assert kinds == {3}


def test_every_badge_has_a_picture(user):
    for badge in user.get("/badges/user")["items"][:5]:
        answer = client().get(badge["image_url"])
        assert answer.status_code == 200
        assert answer.headers["content-type"].split(";")[0] == "image/svg+xml"
        assert answer.text.startswith("<svg ") and badge["name"].split("<")[0] in answer.text
        assert "script" not in answer.text
    assert_problem(client().get(f"/api/v1/badges/{uuid.uuid4()}/image"), 404)
    assert_problem(client().get("/api/v1/badges/x/image"), 404)


def test_posts_earn_badges(user, other):
    made = user.http.post("/api/v1/community/posts", json={
        "title": f"Hello {uuid.uuid4().hex}", "content": "x", "category": "general"})
    assert made.status_code == 201, made.text
    hello = "0193a000-0000-7000-8000-000000000017"
    assert earned(user) == {hello}
    seen = other.get("/timeline", user_id=user.id)["items"]
    assert {entry["kind"] for entry in seen} == {"post_created", "badge_awarded"}
    assert any(made.json()["title"] in entry["text"] for entry in seen)
    gone = user.http.delete(f"/api/v1/community/posts/{made.json()['id']}")
    assert gone.status_code == 204, gone.text
    assert earned(user) == set()
    assert other.get("/timeline", user_id=user.id)["items"] == []


def test_time_on_a_project_earns_a_badge(user):
    project = user.http.post(
        "/api/v1/projects", json={"name": "Thesis", "visibility": "private"}).json()["id"]
    deep = "0193a000-0000-7000-8000-00000000000f"
    for day in (5, 6):
        booked = user.http.post("/api/v1/time-entries", json={
            "project_id": project, "start_time": f"2026-01-0{day}T09:00:00Z",
            "end_time": f"2026-01-0{day}T14:00:00Z"})
        assert booked.status_code == 201, booked.text
        assert (deep in earned(user)) == (day == 6)
    assert badges(user)[deep]["progress_value"] == 600
    entry = booked.json()["id"]
    assert user.http.delete(f"/api/v1/time-entries/{entry}").status_code == 204
    assert badges(user)[deep]["progress"] == pytest.approx(0.5)
    assert deep not in earned(user)
