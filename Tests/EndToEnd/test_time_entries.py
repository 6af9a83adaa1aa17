"""Time that is booked by its start and its end, and what it adds up to."""
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from focal import UTC, User, assert_problem, fields_of, local_midnight, rfc3339

ENTRIES = "/api/v1/time-entries"
HOUR = timedelta(hours=1)


def now():
    return datetime.now(UTC)


def book(user, start, end=None, **fields):
    body = {"start_time": rfc3339(start)} | fields
    if end is not None:
        body["end_time"] = rfc3339(end)
    return user.http.post(ENTRIES, json=body)


def booked(user, start, end=None, **fields):
    answer = book(user, start, end, **fields)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_an_entry_shows_what_was_booked(user):
    start = now() - 3 * HOUR
    entry = booked(user, start, start + timedelta(seconds=90), description=" reading\u00e9 ")
    assert entry["user_id"] == user.id
    assert entry["start_time"] == rfc3339(start)
    assert entry["end_time"] == rfc3339(start + timedelta(seconds=90))
    assert entry["duration_seconds"] == 90
    assert entry["is_running"] is False
    assert entry["source"] == "manual"
    assert entry["description"] == " reading\u00e9 "
    assert entry.get("project_id") is None
    assert user.get(f"{ENTRIES}/{entry['id']}") == entry
    assert user.get("/time-entries")["items"] == [entry]


def test_an_entry_without_an_end_runs(user):
    entry = booked(user, now() - timedelta(minutes=5))
    assert entry["is_running"] and entry.get("end_time") is None and entry["source"] == "timer"
    assert 300 <= entry["duration_seconds"] <= 310
    assert_problem(book(user, now() - HOUR), 409, "already_running")
    stopped = user.http.post("/time-entries/stop").json()
    assert stopped["id"] == entry["id"] and not stopped["is_running"]
    assert 300 <= stopped["duration_seconds"] <= 310


@pytest.mark.parametrize("fields, field", [
    ({}, "start_time"), ({"start_time": "yesterday"}, "start_time"),
    ({"start_time": "2999-01-01T00:00:00Z"}, "start_time"),
    ({"start_time": "1999-12-31T00:00:00Z"}, "start_time"),
    ({"start_time": "2026-01-02T10:00:00Z", "end_time": "2026-01-02T10:00:00Z"}, "end_time"),
    ({"start_time": "2026-01-02T10:00:00Z", "end_time": "2026-01-02T09:00:00Z"}, "end_time"),
    ({"start_time": "2026-01-02T10:00:00Z", "end_time": "2026-01-03T10:00:01Z"}, "end_time"),
    ({"start_time": "2026-01-02T10:00:00Z", "end_time": "2999-01-01T00:00:00Z"}, "end_time"),
    ({"start_time": "2026-01-02T10:00:00Z", "project_id": "42"}, "project_id"),
    ({"start_time": "2026-01-02T10:00:00Z", "description": "x" * 2001}, "description")])
def test_an_entry_that_breaks_a_rule(fields, field, user):
    assert field in fields_of(assert_problem(user.http.post(ENTRIES, json=fields), 422))
    assert user.get(ENTRIES)["items"] == []


def test_unknown_fields_are_refused(user):
    body = {"start_time": rfc3339(now() - HOUR), "endtime": rfc3339(now())}
    assert_problem(user.http.post(ENTRIES, json=body), 400)


def test_of_a_hundred_parallel_starts_one_wins(user):
    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(lambda _: user.http.post("/time-entries/start"), range(100)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 99
    for answer in answers:
        if answer.status_code == 409:
            assert_problem(answer, 409, "already_running")
    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(lambda _: user.http.post("/time-entries/stop"), range(100)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 99
    assert len(user.get(ENTRIES)["items"]) == 1


def test_stopping_what_does_not_run(user):
    assert_problem(user.http.post("/time-entries/stop"), 409, "not_running")
    assert user.http.post("/time-entries/start", json={"description": "x"}).status_code == 201
    assert user.http.post("/time-entries/stop").status_code == 200
    assert_problem(user.http.post("/time-entries/stop"), 409, "not_running")


def test_a_forgotten_entry_holds_a_day(user):
    start = now() - 30 * HOUR
    booked(user, start)
    stopped = user.http.post("/time-entries/stop").json()
    assert stopped["duration_seconds"] == 86400
    assert stopped["end_time"] == rfc3339(start + 24 * HOUR)


def test_entries_are_edited(user):
    start = now() - 5 * HOUR
    entry = booked(user, start, start + HOUR, description="old")
    path = f"{ENTRIES}/{entry['id']}"
    answer = user.http.patch(path, json={"end_time": rfc3339(start + 2 * HOUR), "description": ""})
    assert answer.status_code == 200, answer.text
    edited = answer.json()
    assert edited["duration_seconds"] == 7200 and edited.get("description") is None
    assert user.get(path) == edited
    assert user.http.patch(path, json={}).json() == edited
    assert_problem(user.http.patch(path, json={"start_time": rfc3339(start + 2 * HOUR)}), 422)
    assert_problem(user.http.patch(path, json={"project_id": "42"}), 422)
    assert_problem(user.http.patch(path, json={"is_running": True}), 400)
    assert user.get(path) == edited


def test_an_end_ends_a_running_entry(user):
    entry = booked(user, now() - HOUR)
    answer = user.http.patch(
        f"{ENTRIES}/{entry['id']}", json={"end_time": rfc3339(now() - timedelta(minutes=30))})
    assert answer.status_code == 200 and not answer.json()["is_running"]
    assert_problem(user.http.post("/time-entries/stop"), 409)


def test_an_entry_moves_between_projects(user):
    project = user.http.post("/projects", json={"name": "Thesis"}).json()
    entry = booked(user, now() - 2 * HOUR, now() - HOUR, project_id=project["id"])
    assert entry["project_id"] == project["id"]
    path = f"{ENTRIES}/{entry['id']}"
    assert user.get(ENTRIES, project_id=project["id"])["items"] == [entry]
    assert user.http.patch(path, json={"project_id": ""}).json().get("project_id") is None
    assert user.get(ENTRIES, project_id=project["id"])["items"] == []
    assert user.get(f"/projects/{project['id']}")["total_seconds"] == 0
    unknown = "01890000-0000-7000-8000-000000000000"
    assert_problem(user.http.patch(path, json={"project_id": unknown}), 404)


def test_a_deleted_entry_is_gone(user):
    keep, gone = booked(user, now() - 4 * HOUR, now() - 3 * HOUR), booked(
        user, now() - 2 * HOUR, now() - HOUR)
    path = f"{ENTRIES}/{gone['id']}"
    assert user.http.delete(path).status_code == 204
    assert_problem(user.http.get(path), 404)
    assert_problem(user.http.delete(path), 404)
    assert user.get(ENTRIES)["items"] == [keep]
    assert user.get("/activity")["total_seconds"] == 3600


def test_entries_of_others_are_not_found(user, other):
    entry = booked(user, now() - HOUR, now())
    path = f"{ENTRIES}/{entry['id']}"
    assert_problem(other.http.get(path), 404)
    assert_problem(other.http.patch(path, json={"description": "mine"}), 404)
    assert_problem(other.http.delete(path), 404)
    assert other.get(ENTRIES)["items"] == []
    assert user.get(path) == entry


@pytest.mark.parametrize("identity", [
    "42", "01890000-0000-7000-8000-000000000000", "%00", "a" * 300])
def test_an_unknown_or_malformed_id_is_not_found(identity, user):
    assert_problem(user.http.get(f"{ENTRIES}/{identity}"), 404)


def test_pages_never_skip_or_repeat(user):
    base = now() - 20 * HOUR
    ids = [booked(user, base + number // 2 * HOUR, base + 15 * HOUR)["id"] for number in range(7)]
    seen, cursor = [], None
    while True:
        page = user.get(ENTRIES, limit=2, **({"cursor": cursor} if cursor else {}))
        seen += page["items"]
        cursor = page.get("next_cursor")
        if not cursor:
            break
        booked(user, now() - HOUR, now())  # Newer than all: on no later page.
    assert len(seen) == 7 and {entry["id"] for entry in seen} == set(ids)
    starts = [entry["start_time"] for entry in seen]
    assert starts == sorted(starts, reverse=True)


def test_lists_are_filtered_by_start(user):
    base = now().replace(microsecond=0) - timedelta(days=2)
    first = booked(user, base, base + HOUR)
    second = booked(user, base + HOUR, base + 2 * HOUR)

    def ids(**query):
        return [entry["id"] for entry in user.get(ENTRIES, **query)["items"]]

    assert ids() == [second["id"], first["id"]]
    assert ids(**{"from": rfc3339(base + HOUR)}) == [second["id"]]
    assert ids(to=rfc3339(base + HOUR)) == [first["id"]]
    zone = ZoneInfo(user.get("/users/me")["timezone"])
    day = str(base.astimezone(zone).date())
    assert ids(**{"from": day, "to": day}) == [second["id"], first["id"]]
    for query in [{"from": "soon"}, {"to": "late"}, {"limit": 0}, {"cursor": "nonsense"}]:
        assert_problem(user.http.get(ENTRIES, params=query), 422)


def test_overlaps_are_allowed_where_the_user_does_not_mind(user):
    start = now() - 5 * HOUR
    booked(user, start, start + 2 * HOUR)
    booked(user, start + HOUR, start + 3 * HOUR)


def test_half_open_intervals_do_not_overlap(user):
    user.update(forbid_overlap=True)
    day = local_midnight("UTC", days_ago=1)
    booked(user, day + 9 * HOUR, day + 13 * HOUR)
    afternoon = booked(user, day + 13 * HOUR, day + 17 * HOUR)
    for start, end in [(8, 10), (12, 14), (10, 11), (8, 18), (9, 13), (16, 20)]:
        assert_problem(book(user, day + start * HOUR, day + end * HOUR), 409, "overlap")
    booked(user, day + 8 * HOUR, day + 9 * HOUR)
    path = f"{ENTRIES}/{afternoon['id']}"
    change = {"start_time": rfc3339(day + 12 * HOUR)}
    assert_problem(user.http.patch(path, json=change), 409, "overlap")
    assert user.http.patch(path, json={"start_time": rfc3339(day + 14 * HOUR)}).status_code == 200


def test_what_runs_takes_part_in_the_checks(user):
    user.update(forbid_overlap=True)
    base = now() - 5 * HOUR
    booked(user, base)
    assert_problem(book(user, base + HOUR, base + 2 * HOUR), 409, "overlap")
    booked(user, base - HOUR, base)
    # Sessions and entries are one user's time.
    assert_problem(user.http.post("/sessions/start"), 409, "overlap")
    assert_problem(user.http.post("/focus-session", json={"duration": 5}), 409, "overlap")
    user.http.post("/time-entries/stop")
    time.sleep(0.01)  # A session that starts in the millisecond of the end would be fine too.
    assert user.http.post("/sessions/start").status_code == 201
    assert_problem(user.http.post("/time-entries/start"), 409, "overlap")
    assert_problem(book(user, base - 3 * HOUR, base - HOUR / 2), 409, "overlap")


def test_of_overlapping_entries_at_once_one_wins(user):
    user.update(forbid_overlap=True)
    start = now() - 3 * HOUR

    def attempt(number):
        return book(user, start + timedelta(seconds=number), start + 2 * HOUR).status_code

    with ThreadPoolExecutor(100) as pool:
        assert sorted(pool.map(attempt, range(100))) == [201] + [409] * 99
    assert len(user.get(ENTRIES)["items"]) == 1


def test_activity_adds_up(user):
    project = user.http.post("/projects", json={"name": "Thesis"}).json()
    base = now()
    booked(user, base - 2 * HOUR, base - HOUR, project_id=project["id"])
    user.log(10, project_id=project["id"])
    user.log(5)
    user.log(7, session_type="break")
    user.http.post("/time-entries/start")
    activity = user.get("/activity", days=3)
    assert activity["total_seconds"] == 3600 + 600 + 300
    assert activity["by_project"] == [
        {"project_id": project["id"], "name": "Thesis", "seconds": 4200},
        {"project_id": None, "name": None, "seconds": 300}]
    assert len(activity["by_day"]) == 3
    assert sum(day["seconds"] for day in activity["by_day"]) == 4500
    zone = ZoneInfo(user.get("/users/me")["timezone"])
    assert activity["by_day"][-1]["date"] == str(base.astimezone(zone).date())
    kinds = [action["kind"] for action in activity["recent"]]
    assert sorted(kinds) == ["project_created"] + ["session_completed"] * 3 + ["time_logged"]
    for action in activity["recent"]:
        assert action["user_id"] == user.id and action["subject_id"] and action["text"]
    times = [action["created_at"] for action in activity["recent"]]
    assert times == sorted(times, reverse=True)


def test_activity_splits_time_at_local_midnight():
    user = User(timezone="Asia/Kolkata")
    midnight = local_midnight("Asia/Kolkata", days_ago=1)
    booked(user, midnight - timedelta(minutes=20), midnight + timedelta(minutes=10))
    days = {day["date"]: day["seconds"] for day in user.get("/activity", days=7)["by_day"]}
    assert len(days) == 7
    assert days[str(midnight.date())] == 600
    assert days[str((midnight - HOUR).date())] == 1200
    only = user.get("/activity", days=2)
    assert only["total_seconds"] == 600


def test_activity_of_nobody_and_of_strange_days(user):
    activity = user.get("/activity")
    assert activity["total_seconds"] == 0 and len(activity["by_day"]) == 7
    assert activity["by_project"] == [] and activity["recent"] == []
    assert len(user.get("/activity", days=366)["by_day"]) == 366
    for days in [0, 367, "many"]:
        assert_problem(user.http.get("/activity", params={"days": days}), 422)


def test_a_name_is_told_to_those_who_may_see_it(user, other):
    project = user.http.post("/projects", json={"name": "Secret"}).json()
    members = f"/projects/{project['id']}/members"
    user.http.post(members, json={"user_id": other.id})
    other.log(5, project_id=project["id"])
    assert other.get("/activity")["by_project"][0]["name"] == "Secret"
    user.http.delete(f"{members}/{other.id}")
    kept = other.get("/activity")["by_project"]
    assert kept == [{"project_id": project["id"], "name": None, "seconds": 300}]
