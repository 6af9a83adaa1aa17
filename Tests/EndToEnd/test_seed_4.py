"""FocusFlow: every route of the design, at its own path, with its trailing slash."""
from datetime import datetime

import pytest
from focal import PASSWORD, UTC, an_email, assert_problem, client, fields_of

PROTECTED = [
    ("GET", "/api/users/me/"), ("POST", "/api/sessions/start/"), ("POST", "/api/sessions/stop/"),
    ("GET", "/api/sessions/active/"), ("GET", "/api/sessions/history/"),
    ("POST", "/api/journals/create/"), ("GET", "/api/journals/"),
    ("GET", "/api/journals/01890000-0000-7000-8000-000000000000/"),
    ("PUT", "/api/journals/01890000-0000-7000-8000-000000000000/"),
    ("DELETE", "/api/journals/01890000-0000-7000-8000-000000000000/")]


@pytest.fixture
def writer():
    """Registered and logged in at the design's paths, with its `access` token."""
    http = client()
    account = {"email": an_email(), "password": PASSWORD}
    answer = http.post("/api/users/register/", json=account)
    assert answer.status_code == 201, answer.text
    answer = http.post("/api/users/login/", json=account)
    assert answer.status_code == 200, answer.text
    tokens = answer.json()
    assert tokens["access"] == tokens["access_token"] and tokens["refresh"] == tokens["refresh_token"]
    http.headers["Authorization"] = f"Bearer {tokens['access']}"
    http.email = account["email"]
    return http


def create(http, **fields):
    answer = http.post("/api/journals/create/", json=fields)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_session_and_its_reflection(writer):
    me = writer.get("/api/users/me/").json()
    assert me["email"] == writer.email
    assert_problem(writer.get("/api/sessions/active/"), 404)
    started = writer.post("/api/sessions/start/")
    assert started.status_code == 201, started.text
    session = started.json()
    assert session["is_active"] and session.get("end_time") is None
    assert session["start_time"] and session["created_at"]
    active = writer.get("/api/sessions/active/").json()
    assert active["id"] == session["id"]
    stopped = writer.post("/api/sessions/stop/").json()
    assert not stopped["is_active"] and stopped["end_time"]
    history = writer.get("/api/sessions/history/").json()["items"]
    assert [item["id"] for item in history] == [session["id"]]

    final = create(writer, content="It went well.", session=session["id"])
    assert final["session_id"] == session["id"] and final["is_final"]
    path = f"/api/journals/{final['id']}/"
    assert writer.get(path).json() == final
    assert_problem(writer.put(path, json={"content": "Or did it?"}), 403)
    assert_problem(writer.delete(path), 403)
    assert writer.get(path).json() == final


def test_a_free_journal_is_edited_and_deleted(writer):
    journal = create(writer, content="A thought.")
    path = f"/api/journals/{journal['id']}/"
    answer = writer.put(path, json={"content": "A better thought."})
    assert answer.status_code == 200 and answer.json()["content"] == "A better thought."
    assert [item["id"] for item in writer.get("/api/journals/").json()["items"]] == [journal["id"]]
    assert writer.delete(path).status_code == 204
    assert_problem(writer.get(path), 404)
    assert writer.get("/api/journals/").json()["items"] == []


def test_one_session_is_active(writer):
    assert writer.post("/api/sessions/start/").status_code == 201
    assert_problem(writer.post("/api/sessions/start/"), 409)
    assert writer.post("/api/sessions/stop/").status_code == 200
    assert_problem(writer.post("/api/sessions/stop/"), 409)


def test_journals_are_their_owners(writer, other):
    journal = create(writer, content="Mine.")
    path = f"/api/journals/{journal['id']}/"
    assert_problem(other.http.get(path), 404)
    assert_problem(other.http.put(path, json={"content": "Yours."}), 404)
    assert_problem(other.http.delete(path), 404)
    assert other.get("/api/journals/")["items"] == []
    session = writer.post("/api/sessions/start/").json()["id"]
    answer = other.http.post("/api/journals/create/", json={"content": "x", "session": session})
    assert answer.status_code in (404, 422), answer.text
    assert_problem(answer, answer.status_code)


def test_journals_that_break_a_rule(writer):
    for body in [{}, {"content": ""}, {"content": "x" * 20_001}]:
        problem = assert_problem(writer.post("/api/journals/create/", json=body), 422)
        assert "content" in fields_of(problem)
    journal = create(writer, content="A thought.")
    assert_problem(writer.put(f"/api/journals/{journal['id']}/", json={"content": ""}), 422)
    assert_problem(writer.get("/api/journals/42/"), 404)


def test_the_quote_of_the_day_is_everybodys(writer, anyone):
    quote = anyone.get("/api/quotes/today/").json()
    assert quote["text"] and quote["date"] == str(datetime.now(UTC).date())
    assert all(writer.get("/api/quotes/today/").json() == quote for _ in range(3))


def test_registering_that_fails(anyone):
    account = {"email": an_email(), "password": "8 chars!"}
    assert anyone.post("/api/users/register/", json=account).status_code == 201
    assert_problem(anyone.post("/api/users/register/", json=account), 409)
    short = {"email": an_email(), "password": "7 chars"}
    problem = assert_problem(anyone.post("/api/users/register/", json=short), 422)
    assert "password" in fields_of(problem)
    wrong = account | {"password": "wrong one"}
    assert_problem(anyone.post("/api/users/login/", json=wrong), 401)


@pytest.mark.parametrize("method, path", PROTECTED)
def test_without_a_token(method, path, anyone):
    body = {"content": "x"} if method in ("POST", "PUT") and "journals" in path else None
    assert_problem(anyone.request(method, path, json=body), 401)
