"""Journals: written freely or about a session, for their owner only."""
from concurrent.futures import ThreadPoolExecutor

import pytest
from database import sql
from focal import PASSWORD, assert_problem, fields_of

JOURNALS = "/api/v1/journals"
NOBODY = "01890000-0000-7000-8000-000000000000"
SPELLINGS = ["/journals{}", "/journals{}/", "/api/journals{}", "/api/journals{}/"]
CANONICAL = ["/api/v1/journals{}", "/api/v1/journals{}/"]


def write(user, content="today", **fields):
    answer = user.http.post(JOURNALS, json={"content": content} | fields)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_journal_is_written_read_edited_and_deleted(user):
    text = "  verbatim \u00e9\U0001f600 \n"
    journal = write(user, text)
    assert journal["user_id"] == user.id and journal["content"] == text
    assert journal["is_final"] is False and "session_id" not in journal
    path = f"{JOURNALS}/{journal['id']}"
    assert user.get(path) == journal
    answer = user.http.put(path, json={"content": "better"})
    assert answer.status_code == 200, answer.text
    edited = answer.json()
    assert edited["updated_at"] >= journal["updated_at"]
    assert edited == journal | {"content": "better", "updated_at": edited["updated_at"]}
    assert user.get(JOURNALS) == {"items": [edited]}
    assert user.http.delete(path).status_code == 204
    for answer in [user.http.get(path), user.http.delete(path), user.http.put(path, json={"content": "x"})]:
        assert_problem(answer, 404)
    assert user.get(JOURNALS) == {"items": []}


def test_the_seed_s_paths_at_every_spelling(user):
    for spelling in SPELLINGS + CANONICAL:
        for path in ["/create", ""]:
            answer = user.http.post(spelling.format(path), json={"content": spelling})
            assert answer.status_code == 201, f"{spelling} {path} {answer.text}"
        one = spelling.format("/" + answer.json()["id"])
        assert user.get(spelling.format(""))["items"][0] == user.get(one) == answer.json()
        assert user.http.put(one, json={"content": "better"}).json()["content"] == "better"
        assert user.http.delete(one).status_code == 204


@pytest.mark.parametrize("field", ["session", "session_id", "sessionId"])
def test_what_is_tied_to_a_session_is_final(field, user):
    session = user.log()
    journal = write(user, "it went well", **{field: session["id"]})
    assert journal["session_id"] == session["id"] and journal["is_final"] is True
    path = f"{JOURNALS}/{journal['id']}"

    def assert_final():
        assert_problem(user.http.put(path, json={"content": "no"}), 403, "final")
        assert_problem(user.http.delete(path), 403, "final")
        assert user.get(path) == journal

    assert_final()
    assert user.http.delete(f"/api/v1/sessions/{session['id']}").status_code == 204
    assert_final()


def test_an_active_session_may_have_a_journal(user):
    session = user.http.post("/sessions/start").json()
    assert write(user, session=session["id"])["session_id"] == session["id"]


def test_the_session_has_to_be_one_s_own(user, other):
    for id in [other.log()["id"], NOBODY, "x"]:
        for field in ["session", "session_id"]:
            answer = user.http.post(JOURNALS, json={"content": "mine", field: id})
            assert_problem(answer, 404, "no_session")
    assert user.get(JOURNALS)["items"] == []


def test_no_session_may_be_said_by_null(user):
    assert write(user, session=None)["is_final"] is False


def test_of_others_nothing_is_found(user, other):
    for fields in [{}, {"session": user.log()["id"]}]:
        path = f"{JOURNALS}/{write(user, **fields)['id']}"
        assert_problem(other.http.get(path), 404)
        assert_problem(other.http.put(path, json={"content": "mine"}), 404)
        assert_problem(other.http.delete(path), 404)
    assert other.get(JOURNALS)["items"] == []
    for id in [NOBODY, "x"]:
        assert_problem(user.http.get(f"{JOURNALS}/{id}"), 404)


@pytest.mark.parametrize("body", [
    {}, {"content": ""}, {"content": "x" * 20001}, {"content": "nul \0"}, {"content": None}])
def test_a_journal_that_breaks_a_rule(body, user):
    problem = assert_problem(user.http.post(JOURNALS, json=body), 422)
    assert fields_of(problem) == {"content"}
    journal = write(user)
    assert_problem(user.http.put(f"{JOURNALS}/{journal['id']}", json=body), 422)
    assert user.get(JOURNALS)["items"] == [journal]


def test_20000_characters_are_the_most(user):
    assert len(write(user, "\u00e9" * 20000)["content"]) == 20000


def test_pages_neither_skip_nor_repeat(user):
    for number in range(5):
        write(user, str(number))
    first = user.get(JOURNALS, limit=2)
    write(user, "late")
    rest, cursor = [], first["next_cursor"]
    while cursor:
        page = user.get(JOURNALS, limit=2, cursor=cursor)
        rest += page["items"]
        cursor = page.get("next_cursor")
    assert [journal["content"] for journal in first["items"] + rest] == list("43210")
    assert_problem(user.http.get(f"{JOURNALS}?cursor=x"), 422)


def test_edits_and_a_deletion_at_once_leave_nothing(user):
    path = f"{JOURNALS}/{write(user)['id']}"

    def race(number):
        if number == 50:
            return user.http.delete(path).status_code
        return user.http.put(path, json={"content": str(number)}).status_code

    with ThreadPoolExecutor(100) as pool:
        codes = list(pool.map(race, range(100)))
    assert codes[50] == 204 and set(codes) <= {200, 204, 404}
    assert_problem(user.http.get(path), 404)
    assert user.get(JOURNALS)["items"] == []


def test_nobody_keeps_a_journal_without_a_token(anyone):
    for method, path in [("GET", ""), ("POST", ""), ("POST", "/create"), ("GET", f"/{NOBODY}"),
                         ("PUT", f"/{NOBODY}"), ("DELETE", f"/{NOBODY}")]:
        assert_problem(anyone.request(method, "/journals" + path), 401)

def test_a_deleted_account_leaves_no_journal(user):
    write(user)
    write(user, session=user.log()["id"])
    answer = user.http.request("DELETE", "/api/v1/auth/me", json={"password": PASSWORD})
    assert answer.status_code == 204, answer.text
    assert sql("SELECT count(*) FROM quotes.journals WHERE user_id = :'id'", id=user.id) == ["0"]
