"""Projects: who sees them, who belongs to them, who books on them."""
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from focal import UTC, User, assert_problem, fields_of, rfc3339

PROJECTS = "/api/v1/projects"


def a_project(user, name="Thesis", **fields):
    answer = user.http.post(PROJECTS, json={"name": name} | fields)
    assert answer.status_code == 201, answer.text
    return answer.json()


def add(owner, project, member, role="contributor"):
    answer = owner.http.post(
        f"{PROJECTS}/{project['id']}/members", json={"user_id": member.id, "role": role})
    assert answer.status_code == 201, answer.text
    return answer.json()


def pages(user, path, **query):
    """The items of all pages, two by two."""
    items, cursor = [], None
    while True:
        page = user.get(path, limit=2, **query, **({"cursor": cursor} if cursor else {}))
        items += page["items"]
        cursor = page.get("next_cursor")
        if not cursor:
            return items


def test_a_project_shows_what_was_written(user):
    made = a_project(user, "  Th\u00e8se \U0001f600 ", description="to be done")
    assert made["name"] == "  Th\u00e8se \U0001f600 "
    assert made["description"] == "to be done"
    assert made["owner_id"] == user.id
    assert made["visibility"] == "private"
    assert made["role"] == "owner"
    assert made["total_seconds"] == 0
    assert made["created_at"] == made["updated_at"]
    assert user.get(f"{PROJECTS}/{made['id']}") == made
    assert user.get("/projects")["items"] == [made]


@pytest.mark.parametrize("body, field", [
    ({}, "name"), ({"name": ""}, "name"), ({"name": "x" * 201}, "name"), ({"name": None}, "name"),
    ({"name": "nul \0"}, "name"), ({"name": "a", "description": "x" * 5001}, "description"),
    ({"name": "a", "visibility": "secret"}, "visibility")])
def test_a_project_that_breaks_a_rule(body, field, user):
    assert field in fields_of(assert_problem(user.http.post(PROJECTS, json=body), 422))
    assert user.get(PROJECTS)["items"] == []


def test_a_project_is_changed_by_its_owner(user):
    made = a_project(user, description="old")
    path = f"{PROJECTS}/{made['id']}"
    answer = user.http.patch(path, json={"name": "Book", "visibility": "public", "description": ""})
    assert answer.status_code == 200, answer.text
    changed = answer.json()
    assert changed["name"] == "Book" and changed["visibility"] == "public"
    assert changed.get("description") is None
    assert changed["updated_at"] >= made["updated_at"] and changed["created_at"] == made["created_at"]
    assert user.get(path) == changed
    assert user.http.patch(path, json={}).json() == changed
    assert_problem(user.http.patch(path, json={"name": ""}), 422)
    assert_problem(user.http.patch(path, json={"owner_id": user.id}), 400)


def test_a_private_project_is_nothing_to_strangers(user, other):
    path = f"{PROJECTS}/{a_project(user)['id']}"
    assert_problem(other.http.get(path), 404)
    assert_problem(other.http.patch(path, json={"name": "Mine"}), 404)
    assert_problem(other.http.delete(path), 404)
    assert_problem(other.http.get(f"{path}/members"), 404)
    assert_problem(other.http.post(f"{path}/members", json={"user_id": other.id}), 404)
    assert_problem(other.http.patch(f"{path}/members/{user.id}", json={"role": "viewer"}), 404)
    assert_problem(other.http.delete(f"{path}/members/{user.id}"), 404)
    assert_problem(other.http.delete(f"{path}/members/{other.id}"), 404)
    identity = path.rsplit("/", 1)[1]
    assert other.get("/projects")["items"] == []
    public = other.get("/projects", visibility="public", limit=100)["items"]
    assert identity not in {project["id"] for project in public}
    for route in ["/time-entries/start", "/sessions/start"]:
        assert_problem(other.http.post(route, json={"project_id": identity}), 404)
    assert_problem(
        other.http.post("/focus-session", json={"duration": 5, "project_id": identity}), 404)


def test_a_public_project_is_seen_and_nothing_more(user, other):
    made = a_project(user, visibility="public")
    path = f"{PROJECTS}/{made['id']}"
    seen = other.get(path)
    assert seen["role"] is None
    assert seen == made | {"role": None}
    public = other.get(PROJECTS, visibility="public", limit=100)["items"]
    assert made["id"] in {project["id"] for project in public}
    assert other.get(PROJECTS)["items"] == []
    assert_problem(other.http.patch(path, json={"name": "Mine"}), 403)
    assert_problem(other.http.delete(path), 403)
    assert_problem(other.http.post(f"{path}/members", json={"user_id": other.id}), 403)
    body = {"duration": 5, "project_id": made["id"]}
    assert_problem(other.http.post("/focus-session", json=body), 403)


def test_lists_are_the_callers_and_paged(user, other):
    mine = [a_project(user, f"Project {number}")["id"] for number in range(5)]
    theirs = a_project(other)
    add(other, theirs, user, "viewer")
    assert [project["id"] for project in pages(user, PROJECTS)] == [theirs["id"], *mine[::-1]]
    user.http.patch(f"{PROJECTS}/{mine[2]}", json={"visibility": "public"})
    private = [project["id"] for project in pages(user, PROJECTS, visibility="private")]
    assert private == [theirs["id"], mine[4], mine[3], mine[1], mine[0]]
    assert_problem(user.http.get(PROJECTS, params={"cursor": "nonsense"}), 422)
    assert_problem(user.http.get(PROJECTS, params={"limit": 101}), 422)


def test_members_come_and_go(user, other):
    project = a_project(user)
    path = f"{PROJECTS}/{project['id']}"
    added = add(user, project, other)
    assert added["project_id"] == project["id"] and added["user_id"] == other.id
    assert added["username"] == other.tokens["user"]["username"]
    assert added["role"] == "contributor"
    members = other.get(f"{path}/members")["items"]
    assert [(member["user_id"], member["role"]) for member in members] == [
        (user.id, "owner"), (other.id, "contributor")]
    assert members[0]["username"] == user.tokens["user"]["username"]
    assert other.get(path)["role"] == "contributor"
    answer = user.http.patch(f"{path}/members/{other.id}", json={"role": "viewer"})
    assert answer.status_code == 200 and answer.json()["role"] == "viewer", answer.text
    assert other.get(path)["role"] == "viewer"
    alias = path.removeprefix("/api/v1")
    answer = user.http.patch(f"{alias}/members/{other.id}", json={"role": "viewer"})
    assert answer.status_code == 200, answer.text
    assert_problem(other.http.patch(path, json={"name": "Mine"}), 403)
    assert_problem(other.http.delete(path), 403)
    assert_problem(other.http.patch(f"{path}/members/{other.id}", json={"role": "contributor"}), 403)
    assert_problem(other.http.delete(f"{path}/members/{user.id}"), 403)
    assert user.http.delete(f"{path}/members/{other.id}").status_code == 204
    assert_problem(other.http.get(path), 404)
    assert_problem(user.http.delete(f"{path}/members/{other.id}"), 404)


def test_a_member_is_added_by_email(user, other):
    project = a_project(user)
    path = f"{PROJECTS}/{project['id']}/members"
    answer = user.http.post(path, json={"email": other.email.upper(), "role": "viewer"})
    assert answer.status_code == 201, answer.text
    assert answer.json()["user_id"] == other.id
    assert_problem(user.http.post(path, json={"email": "nobody@example.com"}), 404)
    assert_problem(user.http.post(path, json={"email": "nobody"}), 422)
    assert_problem(user.http.post(path, json={}), 422)
    assert_problem(user.http.post(path, json={"email": other.email, "user_id": other.id}), 422)


def test_a_member_leaves(user, other):
    project = a_project(user)
    add(user, project, other)
    path = f"{PROJECTS}/{project['id']}"
    assert other.http.delete(f"{path}/members/{other.id}").status_code == 204
    assert_problem(other.http.get(path), 404)


def test_members_that_cannot_be(user, other):
    project = a_project(user)
    path = f"{PROJECTS}/{project['id']}/members"
    add(user, project, other)
    assert_problem(user.http.post(path, json={"user_id": other.id}), 409, "already_member")
    assert_problem(user.http.post(path, json={"user_id": user.id}), 409, "already_member")
    stranger = "01890000-0000-7000-8000-000000000000"
    assert_problem(user.http.post(path, json={"user_id": stranger}), 404)
    assert_problem(user.http.post(path, json={"user_id": "42"}), 422)
    for role in ["owner", "admin"]:
        assert_problem(user.http.post(path, json={"user_id": other.id, "role": role}), 422)
        assert_problem(user.http.patch(f"{path}/{other.id}", json={"role": role}), 422)
    assert_problem(user.http.patch(f"{path}/{other.id}", json={}), 422)
    assert_problem(user.http.patch(f"{path}/{stranger}", json={"role": "viewer"}), 404)


def test_the_owner_stays(user, other):
    project = a_project(user)
    path = f"{PROJECTS}/{project['id']}/members/{user.id}"
    assert_problem(user.http.delete(path), 409, "owner_stays")
    assert_problem(user.http.patch(path, json={"role": "viewer"}), 409, "owner_stays")
    assert user.get(f"{PROJECTS}/{project['id']}")["role"] == "owner"


def test_of_a_hundred_parallel_additions_one_wins(user, other):
    path = f"{PROJECTS}/{a_project(user)['id']}/members"
    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(
            lambda _: user.http.post(path, json={"user_id": other.id}), range(100)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 99
    assert len(user.get(path)["items"]) == 2


def test_members_are_paged(user):
    project = a_project(user)
    members = [User() for _ in range(4)]
    for member in members:
        add(user, project, member)
    seen = pages(user, f"{PROJECTS}/{project['id']}/members")
    assert [member["user_id"] for member in seen] == [user.id, *(member.id for member in members)]


def test_who_books_on_a_project(user, other):
    project = a_project(user)
    body = {"duration": 10, "project_id": project["id"].upper()}
    assert user.http.post("/focus-session", json=body).json()["project_id"] == project["id"]
    add(user, project, other, "viewer")
    for route, fields in [
            ("/focus-session", {"duration": 5}), ("/sessions/start", {}), ("/time-entries/start", {}),
            ("/time-entries", {"start_time": rfc3339(datetime.now(UTC) - timedelta(hours=1))})]:
        answer = other.http.post(route, json=fields | {"project_id": project["id"]})
        assert_problem(answer, 403, "may_not_book")
    session = other.log(5)
    change = {"project_id": project["id"]}
    assert_problem(other.http.patch(f"/api/v1/sessions/{session['id']}", json=change), 403)
    user.http.patch(f"{PROJECTS}/{project['id']}/members/{other.id}", json={"role": "contributor"})
    answer = other.http.patch(f"/api/v1/sessions/{session['id']}", json=change)
    assert answer.status_code == 200 and answer.json()["project_id"] == project["id"]
    unknown = "01890000-0000-7000-8000-000000000000"
    assert_problem(user.http.post("/focus-session", json={"duration": 5, "project_id": unknown}), 404)
    assert_problem(user.http.post("/focus-session", json={"duration": 5, "project_id": "42"}), 422)


def test_the_total_follows_sessions_and_entries(user, other):
    project = a_project(user)
    path = f"{PROJECTS}/{project['id']}"
    add(user, project, other)

    def total():
        return user.get(path)["total_seconds"]

    ended = datetime.now(UTC) - timedelta(hours=1)
    session = user.log(10, project_id=project["id"])
    other.log(5, project_id=project["id"])
    user.log(7, session_type="break", project_id=project["id"])
    assert total() == 900
    entry = other.http.post("/time-entries", json={
        "project_id": project["id"], "start_time": rfc3339(ended - timedelta(seconds=100)),
        "end_time": rfc3339(ended)}).json()
    assert total() == 1000
    user.http.patch(f"/api/v1/sessions/{session['id']}", json={"duration_seconds": 60})
    assert total() == 460
    other.http.delete(f"/time-entries/{entry['id']}")
    assert total() == 360
    user.http.delete(f"/api/v1/sessions/{session['id']}")
    assert total() == 300
    assert user.get(PROJECTS)["items"][0]["total_seconds"] == 300


def test_a_deleted_project_leaves_what_was_booked(user, other):
    project = a_project(user)
    path = f"{PROJECTS}/{project['id']}"
    add(user, project, other)
    session = user.log(10, project_id=project["id"])
    entry = other.http.post("/time-entries/start", json={"project_id": project["id"]}).json()
    assert user.http.delete(path).status_code == 204
    assert_problem(user.http.get(path), 404)
    assert_problem(user.http.delete(path), 404)
    assert_problem(other.http.get(path), 404)
    assert user.get(PROJECTS)["items"] == [] and other.get(PROJECTS)["items"] == []
    kept = user.get(f"/api/v1/sessions/{session['id']}")
    assert kept == session and kept["project_id"] == project["id"]
    assert user.metrics()["daily"]["total_seconds"] == 600
    assert user.get("/sessions/history", project_id=project["id"])["items"] == [session]
    assert other.http.post("/time-entries/stop").json()["id"] == entry["id"]
    assert_problem(
        user.http.post("/focus-session", json={"duration": 5, "project_id": project["id"]}), 404)


@pytest.mark.parametrize("identity", [
    "42", "01890000-0000-7000-8000-000000000000", "%00", "..%2f..%2fetc%2fpasswd"])
def test_an_unknown_or_malformed_id_is_not_found(identity, user):
    assert_problem(user.http.get(f"{PROJECTS}/{identity}"), 404)
    assert_problem(user.http.get(f"{PROJECTS}/{identity}/members"), 404)


def test_nobody_is_nobody(anyone, user):
    project = a_project(user, visibility="public")
    for path in [PROJECTS, "/projects", f"{PROJECTS}/{project['id']}", "/api/v1/activity"]:
        assert_problem(anyone.get(path), 401)


def test_a_deleted_account_takes_its_projects_along(user, other):
    project = a_project(user, visibility="public")
    add(user, project, other)
    theirs = a_project(other)
    add(other, theirs, user)
    entry = other.http.post("/time-entries/start", json={"project_id": project["id"]}).json()
    gone = user.http.request("DELETE", "/api/v1/auth/me", json={"password": user.password})
    assert gone.status_code == 204, gone.text
    deadline = time.monotonic() + 5
    while other.http.get(f"{PROJECTS}/{project['id']}").status_code != 404:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    members = other.get(f"{PROJECTS}/{theirs['id']}/members")["items"]
    assert [member["user_id"] for member in members] == [other.id]
    assert [one["id"] for one in other.get(PROJECTS)["items"]] == [theirs["id"]]
    assert other.http.post("/time-entries/stop").json()["id"] == entry["id"]
