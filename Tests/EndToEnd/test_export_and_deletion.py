"""Taking one's data along, and leaving."""
import collections
import time

import pytest
from database import sql
from focal import User, assert_problem, client
from races import at_once

AUTH = "/api/v1/auth"
WITHIN_SECONDS = 1.0


def export(user):
    """All of it, page by page: kinds and the objects of each."""
    kinds, cursor = collections.defaultdict(list), None
    while True:
        page = user.get(f"{AUTH}/export", **({"cursor": cursor} if cursor else {}))
        for item in page["items"]:
            kinds[item["kind"]].append(item["data"])
        cursor = page.get("next_cursor")
        if not cursor:
            return kinds


def leave(user, password=None):
    return user.http.request(
        "DELETE", f"{AUTH}/me", json={"password": password or user.password})


def test_the_export_has_the_account_and_what_belongs_to_it(user):
    token = user.http.post(f"{AUTH}/tokens", json={"name": "mine", "scope": "read"}).json()
    user.http.patch(f"{AUTH}/profile/{user.id}", json={"bio": "\u00fc \"quoted\"\nline"})
    kinds = export(user)
    account = kinds["account"][0]
    assert account["email"] == user.email and account["bio"] == "\u00fc \"quoted\"\nline"
    assert len(kinds["device"]) == 1
    assert [item["id"] for item in kinds["api_token"]] == [token["id"]]
    text = user.http.get(f"{AUTH}/export").text
    assert "argon2" not in text and token["token"] not in text


def test_the_export_has_what_the_services_keep(user):
    session = user.log(25, note="exported")
    kinds = export(user)
    assert [item["id"] for item in kinds["session"]] == [session["id"]]
    assert kinds["session"][0]["note"] == "exported"


def test_a_large_export_comes_in_pages(user):
    note = "x" * 900
    for _ in range(60):
        user.log(1, note=note)
    # The services' pages have 50 rows; nothing is skipped or repeated between them.
    ids = [item["id"] for item in export(user)["session"]]
    assert len(ids) == 60 == len(set(ids))


def test_the_export_is_one_s_own(user, other, anyone):
    other.log(25)
    assert "session" not in export(user)
    assert_problem(anyone.get(f"{AUTH}/export"), 401)
    for cursor in ["nonsense", "99-", "-1-", "1-99.x", "0-0.x"]:
        answer = user.http.get(f"{AUTH}/export", params={"cursor": cursor})
        assert answer.status_code in (400, 422), f"{cursor}: {answer.status_code} {answer.text}"


def test_leaving_takes_the_password(user, anyone):
    assert_problem(leave(user, "not my password"), 403, "wrong_password")
    assert_problem(user.http.delete(f"{AUTH}/me"), 422)
    assert_problem(user.http.delete(f"{AUTH}/me", params={"password": user.password}), 400)
    assert_problem(anyone.request("DELETE", f"{AUTH}/me", json={"password": "x" * 8}), 401)
    assert user.get(f"{AUTH}/me")["id"] == user.id


def test_who_has_left_is_out_at_once(user):
    token = user.http.post(f"{AUTH}/tokens", json={"name": "x", "scope": "write"}).json()
    script = client(Authorization=f"Bearer {token['token']}")
    assert script.get(f"{AUTH}/me").status_code == 200
    assert leave(user).status_code == 204
    body = {"email": user.email, "password": user.password}
    assert_problem(client().post(f"{AUTH}/login", json=body), 401, "invalid_credentials")
    answer = client().post(
        f"{AUTH}/refresh", json={"refresh_token": user.tokens["refresh_token"]})
    assert_problem(answer, 401)
    deadline = time.monotonic() + WITHIN_SECONDS
    for http in (user.http, script):
        while http.get(f"{AUTH}/me").status_code != 401:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def make(user, path, **fields):
    answer = user.http.post(path, json=fields)
    assert answer.status_code == 201, f"{path}: {answer.status_code} {answer.text}"
    return answer.json()


def test_leaving_erases_everywhere(user, other):
    user.log(25, note="gone")
    make(user, "/api/v1/rooms", name="gone")
    project = make(user, "/api/v1/projects", name="gone")
    make(user, "/api/v1/time-entries", project_id=project["id"],
         start_time="2026-01-01T10:00:00Z", end_time="2026-01-01T11:00:00Z")
    post = make(user, "/api/v1/community/posts", title="gone", content="x", category="general")
    make(user, f"/api/v1/community/posts/{post['id']}/comments", content="gone")
    make(user, "/api/v1/journals", content="gone")
    make(user, "/api/v1/messages/send", receiver_id=other.id, content="hello")
    kinds = export(user)
    assert {"account", "device", "session", "room", "project", "time_entry", "post", "comment",
            "journal", "message"} <= set(kinds), set(kinds)
    assert leave(user).status_code == 204
    assert_problem(other.http.get(f"{AUTH}/profile/{user.id}"), 404)
    deadline = time.monotonic() + 5
    while rows_of(user.id):
        assert time.monotonic() < deadline, rows_of(user.id)
        time.sleep(0.05)


#: Rows that stay, and say only that the user is gone, so that nothing comes back; of scores: that
#: the user ranks no more, with no figures; of projects: that they are gone, without a name.
TOMBSTONES = {
    "sessions.user_settings", "gamification.summaries", "gamification.scores",
    "gamification.projects", "community.known_users", "messaging.users", "quotes.journal_owners"}


def rows_of(user_id):
    """The tables that hold rows of a user, by their columns user_id, owner_id and the like."""
    columns = sql("""
        SELECT table_schema || '.' || table_name, column_name FROM information_schema.columns
        JOIN information_schema.tables USING (table_schema, table_name)
        WHERE table_type = 'BASE TABLE' AND data_type = 'uuid'
          AND table_schema IN
            ('auth', 'sessions', 'gamification', 'community', 'messaging', 'quotes')
          AND (column_name IN ('user_id', 'owner_id', 'host_id', 'author_id', 'sender_id')
            OR table_schema || '.' || table_name = 'auth.users' AND column_name = 'id')""")
    found = {}
    for table, column in (line.split("|") for line in columns):
        if table in TOMBSTONES:
            continue
        count = int(sql(f"SELECT count(*) FROM {table} WHERE {column} = :'id'", id=user_id)[0])
        if count:
            found[f"{table}.{column}"] = count
    return found


def test_the_email_is_free_again(user):
    user.log(25)
    assert leave(user).status_code == 204
    again = User(email=user.email)
    assert again.id != user.id
    assert again.logs() == [] and again.get(f"{AUTH}/me")["total_sessions"] == 0


def test_what_is_logged_after_leaving_is_refused(user):
    """The access token may live on for a second: nothing that it does is kept."""
    user.log(5)
    assert leave(user).status_code == 204
    answer = user.http.post("/focus-session", json={"duration": 5})
    assert answer.status_code in (401, 404), answer.text


def test_of_parallel_leavings_all_end_well(user):
    headers = {"Authorization": user.http.headers["Authorization"]}

    def call(http):
        return http.request(
            "DELETE", f"{AUTH}/me", json={"password": user.password}, headers=headers).status_code

    codes = collections.Counter(at_once(8, call))
    assert codes[204] == 1 and set(codes) <= {204, 401, 403, 409}, codes
