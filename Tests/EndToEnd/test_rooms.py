"""Rooms, and who is in them."""
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from focal import User, assert_problem, fields_of

UNKNOWN = "01890000-0000-7000-8000-000000000000"
LIMIT_SECONDS = 10


def make_room(host, **fields):
    answer = host.http.post("/api/v1/rooms/", json={"name": "Deep work"} | fields)
    assert answer.status_code == 201, answer.text
    return answer.json()


def join(user, room, **fields):
    answer = user.http.post("/api/v1/participants/join", json={"room_id": room["id"]} | fields)
    assert answer.status_code == 200, answer.text
    return answer.json()


def leave(user, room):
    answer = user.http.post("/api/v1/participants/leave", json={"room_id": room["id"]})
    assert answer.status_code == 200, answer.text


def people(user, room, **query):
    return user.get(f"/api/v1/participants/{room['id']}", **query)["items"]


def eventually(condition, seconds=LIMIT_SECONDS):
    """Waits until the condition gives something that holds."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it never came about"
        time.sleep(0.02)
    return value


def test_a_room_has_what_was_asked_for(user):
    room = make_room(user, work_duration=50, break_duration=7.5, auto_start_break=True)
    assert room["host_id"] == user.id
    assert (room["work_duration"], room["break_duration"]) == (50, 7.5)
    assert (room["long_break_duration"], room["long_break_every"]) == (15, 4)
    assert room["auto_start_break"] and room["is_active"]
    assert room["visibility"] == "public" and "invite_code" not in room
    assert room["participant_count"] == 1
    assert room["created_at"] == room["updated_at"]
    assert user.get(f"/api/v1/rooms/{room['id']}") == room


def test_a_room_is_a_pomodoro_by_default(user):
    room = make_room(user)
    assert (room["work_duration"], room["break_duration"]) == (25, 5)
    assert not room["auto_start_break"]


@pytest.mark.parametrize("body, field", [
    ({}, "name"), ({"name": ""}, "name"), ({"name": "x" * 101}, "name"),
    ({"name": "x", "work_duration": 0.04}, "work_duration"),
    ({"name": "x", "work_duration": 481}, "work_duration"),
    ({"name": "x", "break_duration": -1}, "break_duration"),
    ({"name": "x", "long_break_every": 0}, "long_break_every"),
    ({"name": "x", "visibility": "secret"}, "visibility")])
def test_a_room_that_breaks_a_rule(body, field, user):
    assert field in fields_of(assert_problem(user.http.post("/api/v1/rooms", json=body), 422))


def test_an_unknown_field_is_refused(user):
    assert_problem(user.http.post("/api/v1/rooms", json={"name": "x", "colour": "red"}), 400)


@pytest.mark.parametrize("identity", [UNKNOWN, "42", "%00"])
def test_an_unknown_or_malformed_room_is_not_found(identity, user):
    for path in [f"/api/v1/rooms/{identity}", f"/api/v1/timer/{identity}",
                 f"/api/v1/participants/{identity}"]:
        assert_problem(user.http.get(path), 404)
    assert_problem(user.http.post(f"/api/v1/timer/{identity}/start"), 404)
    assert_problem(user.http.put(f"/api/v1/rooms/{identity}", json={"name": "x"}), 404)
    assert_problem(user.http.delete(f"/api/v1/rooms/{identity}"), 404)


def test_the_list_has_active_public_rooms(user, other):
    tag = f"tag-{user.id}"
    rooms = [make_room(user, name=f"{tag} 100% {number}") for number in range(5)]
    make_room(user, name=f"{tag} hidden", visibility="private")
    closed = make_room(user, name=f"{tag} closed")
    assert user.http.delete(f"/api/v1/rooms/{closed['id']}").status_code == 204
    newest_first = [room["id"] for room in rooms][::-1]

    assert [room["id"] for room in other.get("/api/v1/rooms", q=tag)["items"]] == newest_first
    assert len(other.get("/api/v1/rooms/", q=f"{tag.upper()} 100% 3")["items"]) == 1
    assert other.get("/api/v1/rooms", q=f"{tag}_")["items"] == []
    seen, cursor = [], None
    while True:
        query = {"q": tag, "limit": 2} | ({"cursor": cursor} if cursor else {})
        page = other.get("/api/v1/rooms", **query)
        seen += [room["id"] for room in page["items"]]
        cursor = page.get("next_cursor")
        if not cursor:
            break
        make_room(user, name=f"{tag} later")
    assert seen == newest_first
    assert_problem(other.http.get("/api/v1/rooms", params={"cursor": "nonsense"}), 422)
    assert_problem(other.http.get("/api/v1/rooms", params={"limit": 101}), 422)


def test_ones_own_rooms_are_listed_with_the_private_ones(user, other):
    hidden, open_one = make_room(user, visibility="private"), make_room(user)
    make_room(other)
    mine = user.get("/api/v1/rooms", mine="true")["items"]
    assert [room["id"] for room in mine] == [open_one["id"], hidden["id"]]
    leave(user, hidden)
    assert len(user.get("/api/v1/rooms", mine="true")["items"]) == 1


def test_only_the_host_changes_a_room(user, other):
    room = make_room(user)
    path = f"/api/v1/rooms/{room['id']}"
    join(other, room)
    assert_problem(other.http.put(path, json={"name": "mine"}), 403)
    assert_problem(other.http.delete(path), 403)
    answer = user.http.put(path, json={"name": "Thesis", "work_duration": 30})
    assert answer.status_code == 200, answer.text
    changed = answer.json()
    assert changed["name"] == "Thesis" and changed["work_duration"] == 30
    assert changed["break_duration"] == 5
    assert changed["version"] > room["version"]
    assert other.get(path)["name"] == "Thesis"
    assert_problem(user.http.put(path, json={"work_duration": 0}), 422)


def test_a_closed_room_is_over(user, other):
    room = make_room(user)
    join(other, room)
    path = f"/api/v1/rooms/{room['id']}"
    assert user.http.delete(path).status_code == 204
    assert user.http.delete(path).status_code == 204
    closed = other.get(path)
    assert not closed["is_active"] and closed["participant_count"] == 0
    assert people(user, room) == []
    assert_problem(user.http.post(f"/api/v1/timer/{room['id']}/start"), 409, "room_closed")
    assert_problem(user.http.put(path, json={"name": "again"}), 409, "room_closed")
    answer = other.http.post("/api/v1/participants/join", json={"room_id": room["id"]})
    assert_problem(answer, 409, "room_closed")


def test_a_private_room_is_hidden_from_who_has_no_code(user, other):
    room = make_room(user, visibility="private")
    code = room["invite_code"]
    assert len(code) >= 8
    path = f"/api/v1/rooms/{room['id']}"
    for hidden in [path, f"/api/v1/timer/{room['id']}", f"/api/v1/participants/{room['id']}"]:
        assert_problem(other.http.get(hidden), 404)
        assert_problem(other.http.get(hidden, params={"invite_code": "wrong"}), 404)
        assert other.http.get(hidden, params={"invite_code": code}).status_code == 200
    assert_problem(other.http.put(path, json={"name": "x"}), 404)
    assert_problem(other.http.delete(path), 404)
    assert_problem(other.http.post(f"/api/v1/timer/{room['id']}/start"), 404)
    for body in [{}, {"invite_code": "wrong"}]:
        answer = other.http.post("/api/v1/participants/join", json={"room_id": room["id"]} | body)
        assert_problem(answer, 404)
    assert_problem(
        other.http.post("/api/v1/participants/leave", json={"room_id": room["id"]}), 404)

    join(other, room, invite_code=code)
    assert "invite_code" not in other.get(path)
    assert user.get(path)["invite_code"] == code
    assert_problem(other.http.post(f"/api/v1/timer/{room['id']}/start"), 403)
    assert user.http.post(f"/api/v1/timer/{room['id']}/start").status_code == 200
    leave(other, room)
    assert_problem(other.http.get(path), 404)


def test_a_new_code_replaces_the_old_one(user, other):
    room = make_room(user, visibility="private")
    path = f"/api/v1/rooms/{room['id']}"
    renewed = user.http.post(f"{path}/invite-code").json()
    assert renewed["invite_code"] != room["invite_code"]
    query = {"invite_code": room["invite_code"]}
    assert_problem(other.http.get(path, params=query), 404)
    join(other, room, invite_code=renewed["invite_code"])
    assert_problem(other.http.post(f"{path}/invite-code"), 403)
    assert "invite_code" not in user.http.put(path, json={"visibility": "public"}).json()
    assert_problem(user.http.post(f"{path}/invite-code"), 409)
    assert user.http.put(path, json={"visibility": "private"}).json()["invite_code"]


def test_who_is_invited_needs_no_code(user, other):
    room = make_room(user, visibility="private")
    path = f"/api/v1/rooms/{room['id']}/invitations"
    answer = user.http.post(path, json={"user_id": other.id})
    assert answer.status_code == 201, answer.text
    assert answer.json()["user_id"] == other.id
    assert user.http.post(path, json={"user_id": other.id}).json() == answer.json()
    join(other, room)
    third = User()
    assert_problem(third.http.post(path, json={"user_id": third.id}), 404)
    assert_problem(other.http.post(path, json={"user_id": third.id}), 403)
    assert_problem(user.http.post(path, json={"user_id": UNKNOWN}), 404)
    assert_problem(user.http.post(path, json={"user_id": "42"}), 422)


def test_who_is_invited_is_told_once(user, other):
    room = make_room(user, name="Thesis", visibility="private")
    path = f"/api/v1/rooms/{room['id']}/invitations"
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(
            lambda _: user.http.post(path, json={"user_id": other.id}), range(20)))
    assert {answer.status_code for answer in answers} == {201}
    told, = [notice for notice in other.get("/api/v1/notifications")["items"]
             if notice["kind"] == "room_invitation"]
    assert told["subject_id"] == room["id"]
    assert "Thesis" in told["text"] and user.get("/users/me")["username"] in told["text"]
    assert room["invite_code"] not in told["text"]


def test_joining_and_leaving(user, other):
    room = make_room(user)
    first = join(other, room)
    assert first["user_id"] == other.id and first["status"] == "active" and not first["is_host"]
    assert first["username"] == other.get("/users/me")["username"]
    assert join(other, room) == first
    here = people(user, room)
    assert [person["user_id"] for person in here] == [user.id, other.id]
    assert [person["is_host"] for person in here] == [True, False]
    assert user.get(f"/api/v1/rooms/{room['id']}")["participant_count"] == 2
    page = user.get(f"/api/v1/participants/{room['id']}", limit=1)
    assert [person["user_id"] for person in page["items"]] == [user.id]
    page = user.get(f"/api/v1/participants/{room['id']}", limit=1, cursor=page["next_cursor"])
    assert [person["user_id"] for person in page["items"]] == [other.id]
    assert "next_cursor" not in page

    leave(other, room)
    leave(other, room)
    assert [person["user_id"] for person in people(user, room)] == [user.id]
    assert user.get(f"/api/v1/rooms/{room['id']}")["participant_count"] == 1


def test_everybody_sets_their_own_status(user, other):
    room = make_room(user)
    own = join(other, room)
    path = f"/api/v1/participants/{own['id']}/status"
    answer = other.http.put(path, json={"status": "idle"})
    assert answer.status_code == 200 and answer.json()["status"] == "idle"
    assert [person["status"] for person in people(user, room)] == ["active", "idle"]
    assert_problem(user.http.put(path, json={"status": "active"}), 403)
    assert_problem(other.http.put(path, json={"status": "asleep"}), 422)
    assert_problem(other.http.put(path, json={}), 422)
    for unknown in [UNKNOWN, "42"]:
        assert_problem(
            other.http.put(f"/api/v1/participants/{unknown}/status", json={"status": "idle"}), 404)
    hidden = make_room(user, visibility="private")
    theirs = people(user, hidden)[0]["id"]
    assert_problem(
        other.http.put(f"/api/v1/participants/{theirs}/status", json={"status": "idle"}), 404)


def test_the_hosts_leaving_hands_over(user, other):
    room = make_room(user)
    third = User()
    join(other, room)
    join(third, room)
    leave(user, room)
    assert third.get(f"/api/v1/rooms/{room['id']}")["host_id"] == other.id
    assert [person["is_host"] for person in people(third, room)] == [True, False]
    assert_problem(user.http.post(f"/api/v1/timer/{room['id']}/start"), 403)
    assert other.http.post(f"/api/v1/timer/{room['id']}/start").status_code == 200
    join(user, room)
    assert_problem(user.http.post(f"/api/v1/timer/{room['id']}/start"), 403)
    for person in [other, third, user]:
        leave(person, room)
    newcomer = User()
    assert join(newcomer, room)["is_host"]
    assert newcomer.http.post(f"/api/v1/timer/{room['id']}/pause").status_code == 200


def test_a_deleted_user_leaves_all_rooms(user, other):
    led, joined, alone = make_room(user), make_room(other), make_room(user)
    join(other, led)
    join(user, joined)
    answer = user.http.request("DELETE", "/api/v1/auth/me", json={"password": user.password})
    assert answer.status_code == 204, answer.text

    assert eventually(lambda: other.get(f"/api/v1/rooms/{led['id']}")["host_id"] == other.id)
    assert eventually(lambda: len(people(other, joined)) == 1)
    eventually(lambda: other.http.get(f"/api/v1/rooms/{alone['id']}").status_code == 404)
    assert user.id not in str(people(other, led))


def test_a_hundred_joins_at_once(user):
    room = make_room(user)
    others = [User() for _ in range(5)]
    with ThreadPoolExecutor(100) as pool:
        joined = list(pool.map(lambda number: join(others[number % 5], room), range(100)))
    assert len({person["id"] for person in joined}) == 5
    assert len(people(user, room)) == 6
    assert user.get(f"/api/v1/rooms/{room['id']}")["participant_count"] == 6
    with ThreadPoolExecutor(100) as pool:
        list(pool.map(lambda number: leave(others[number % 5], room), range(100)))
    assert user.get(f"/api/v1/rooms/{room['id']}")["participant_count"] == 1


def test_a_host_has_a_hundred_rooms_at_the_most(user):
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(
            lambda number: user.http.post("/api/v1/rooms", json={"name": f"{number}"}), range(110)))
    made = [answer.json() for answer in answers if answer.status_code == 201]
    assert len(made) == 100
    for answer in answers:
        if answer.status_code != 201:
            assert_problem(answer, 409, "too_many_rooms")
    user.http.delete(f"/api/v1/rooms/{made[0]['id']}")
    make_room(user)


@pytest.mark.parametrize("prefix", ["", "/api", "/api/v1"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_every_spelling_of_every_path(prefix, slash, user, other):
    def call(method, path, status=200, **arguments):
        answer = user.http.request(method, f"{prefix}{path}{slash}", **arguments)
        assert answer.status_code == status, f"{answer.url}: {answer.text}"
        return answer.json() if answer.content else None

    room = call("POST", "/rooms", 201, json={"name": "x", "visibility": "private"})["id"]
    call("GET", "/rooms")
    call("GET", f"/rooms/{room}")
    call("PUT", f"/rooms/{room}", json={"name": "y"})
    call("POST", f"/rooms/{room}/invite-code")
    call("POST", f"/rooms/{room}/invitations", 201, json={"user_id": other.id})
    call("GET", f"/timer/{room}")
    for action in ["start", "pause", "reset", "complete", "skip"]:
        call("POST", f"/timer/{room}/{action}")
    own = call("POST", "/participants/join", json={"room_id": room})["id"]
    call("GET", f"/participants/{room}")
    call("PUT", f"/participants/{own}/status", json={"status": "idle"})
    call("POST", "/participants/leave", json={"room_id": room})
    call("POST", "/participants/join", json={"roomId": room})
    call("DELETE", f"/rooms/{room}", 204)


@pytest.mark.parametrize("method, path", [
    ("POST", "/api/v1/rooms"), ("GET", "/api/v1/rooms"), ("GET", f"/api/v1/rooms/{UNKNOWN}"),
    ("PUT", f"/api/v1/rooms/{UNKNOWN}"), ("DELETE", f"/api/v1/rooms/{UNKNOWN}"),
    ("GET", f"/api/v1/timer/{UNKNOWN}"), ("POST", f"/api/v1/timer/{UNKNOWN}/start"),
    ("POST", "/api/v1/participants/join"), ("POST", "/api/v1/participants/leave"),
    ("GET", f"/api/v1/participants/{UNKNOWN}"),
    ("PUT", f"/api/v1/participants/{UNKNOWN}/status")])
def test_rooms_are_for_who_is_signed_in(method, path, anyone):
    assert_problem(anyone.request(method, path), 401)
