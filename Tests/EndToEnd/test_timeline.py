"""Timelines: what a user did, in order; of others, only what is public."""
import uuid

from focal import User, assert_problem, client, hours_after, local_midnight


def kinds(timeline):
    return [entry["kind"] for entry in timeline["items"]]


def test_the_newest_comes_first(user):
    user.log(5)
    user.log(10)
    answer = user.get("/api/v1/timeline")
    assert sorted(kinds(answer)) == ["badge_awarded", "session_completed", "session_completed"]
    times = [entry["created_at"] for entry in answer["items"]]
    assert times == sorted(times, reverse=True)
    for entry in answer["items"]:
        assert entry["user_id"] == user.id and entry["id"] and entry["subject_id"] and entry["text"]
    assert {entry["text"] for entry in answer["items"] if entry["kind"] == "session_completed"} == {
        "Focused for 5 minutes", "Focused for 10 minutes"}


def test_what_is_gone_is_gone_from_the_timeline(user):
    logged = user.log(5)
    assert user.http.delete(f"/api/v1/sessions/{logged['id']}").status_code == 204
    assert kinds(user.get("/timeline")) == []


def test_pages_neither_skip_nor_repeat():
    user = User(timezone="UTC")
    for days_ago in range(12):
        user.log(5, hours_after(local_midnight("UTC", days_ago + 1), 12))
    whole = user.get("/timeline", limit=100)
    assert whole.get("next_cursor") is None
    paged, cursor = [], None
    while True:
        page = user.get("/timeline", limit=3, **({"cursor": cursor} if cursor else {}))
        paged += page["items"]
        cursor = page.get("next_cursor")
        if len(paged) == 3:
            user.log(1)  # What is added meanwhile moves nothing.
        if not cursor:
            break
    seen = [entry["id"] for entry in paged]
    assert len(seen) == len(set(seen))
    # Badges may have come with the session that was added.
    before = [entry["id"] for entry in whole["items"]]
    assert [one for one in seen if one in before] == before


def test_others_see_only_what_is_public(user, other):
    user.log(5)
    mine = user.get("/timeline", user_id=user.id)
    assert set(kinds(mine)) == {"badge_awarded", "session_completed"}
    theirs = other.get("/timeline", user_id=user.id)
    assert set(kinds(theirs)) == {"badge_awarded"}


def test_private_projects_leak_nowhere(user, other):
    secret, known = f"secret {uuid.uuid4().hex}", f"known {uuid.uuid4().hex}"
    for name, visibility in ((secret, "private"), (known, "public")):
        made = user.http.post("/api/v1/projects", json={"name": name, "visibility": visibility})
        assert made.status_code == 201, made.text
        booked = user.http.post("/api/v1/time-entries", json={
            "project_id": made.json()["id"], "start_time": "2026-01-05T09:00:00Z",
            "end_time": "2026-01-05T10:00:00Z" if name == secret else "2026-01-05T11:00:00Z"})
        assert booked.status_code == 201, booked.text
    own = user.http.get("/api/v1/timeline", params={"limit": 100}).text
    assert secret in own and known in own
    theirs = other.http.get("/api/v1/timeline", params={"user_id": user.id, "limit": 100}).text
    assert secret not in theirs and known in theirs


def test_sad_paths(user):
    assert_problem(client().get("/timeline"), 401)
    assert_problem(user.http.get("/timeline", params={"user_id": str(uuid.uuid4())}), 404)
    assert_problem(user.http.get("/timeline", params={"user_id": "x"}), 422)
    assert_problem(user.http.get("/timeline", params={"cursor": "x"}), 422)
    assert_problem(user.http.get("/timeline", params={"limit": 0}), 422)
