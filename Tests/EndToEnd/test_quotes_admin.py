"""What admins do with the quotes: neither today nor history changes."""
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from database import give_role, sql
from focal import User, assert_problem, fields_of

QUOTES = "/api/v1/admin/quotes"
NOBODY = "01890000-0000-7000-8000-000000000000"


@pytest.fixture(scope="module")
def admin():
    return give_role(User(), "admin")


def a_text():
    return f"Patience {uuid.uuid4().hex}."


def add(admin, **fields):
    answer = admin.http.post(QUOTES, json={"text": a_text()} | fields)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_quote_is_added_listed_and_deleted(admin, anyone):
    today = anyone.get("/quotes/today").json()
    quote = add(admin, author="Somebody", source="A book")
    assert quote["author"] == "Somebody" and quote["source"] == "A book"
    assert uuid.UUID(quote["id"]).version == 7
    assert admin.get(QUOTES)["items"][0] == quote
    assert anyone.get("/quotes/today").json() == today
    assert admin.http.delete(f"{QUOTES}/{quote['id']}").status_code == 204
    assert quote["id"] not in {item["id"] for item in admin.get(QUOTES, limit=100)["items"]}
    assert_problem(admin.http.delete(f"{QUOTES}/{quote['id']}"), 404)


def test_deleting_the_quote_of_the_day_leaves_the_day_as_it_is(admin, anyone):
    today = anyone.get("/quotes/today").json()
    history = sql("SELECT date, quote_id, cycle FROM quotes.days ORDER BY date")
    try:
        assert admin.http.delete(f"{QUOTES}/{today['id']}").status_code == 204
        assert anyone.get("/quotes/today").json() == today
        assert sql("SELECT date, quote_id, cycle FROM quotes.days ORDER BY date") == history
    finally:
        sql("UPDATE quotes.quotes SET deleted_at = NULL WHERE id = :'id'", id=today["id"])


def test_pages_list_each_quote_once(admin):
    seen, cursor = [], {}
    while True:
        page = admin.get(QUOTES, limit=100, **cursor)
        seen += [item["id"] for item in page["items"]]
        if not page.get("next_cursor"):
            break
        cursor = {"cursor": page["next_cursor"]}
    assert len(seen) == len(set(seen)) >= 366
    assert_problem(admin.http.get(f"{QUOTES}?cursor=x"), 422)


def test_a_text_is_there_once(admin):
    text = a_text()
    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(lambda _: admin.http.post(QUOTES, json={"text": text}), range(100)))
    made = [answer for answer in answers if answer.status_code == 201]
    assert len(made) == 1
    for answer in answers:
        if answer is not made[0]:
            assert_problem(answer, 409)
    assert admin.http.delete(f"{QUOTES}/{made[0].json()['id']}").status_code == 204
    again = add(admin, text=text)
    assert again["id"] != made[0].json()["id"]
    admin.http.delete(f"{QUOTES}/{again['id']}")


@pytest.mark.parametrize("body, field", [
    ({}, "text"), ({"text": ""}, "text"), ({"text": "x" * 1001}, "text"),
    ({"text": "x", "author": ""}, "author"), ({"text": "x", "source": "x" * 201}, "source")])
def test_a_quote_that_breaks_a_rule(body, field, admin):
    assert fields_of(assert_problem(admin.http.post(QUOTES, json=body), 422)) == {field}


def test_only_admins_may(user, anyone):
    moderator = give_role(User(), "moderator")
    for method, path in [("GET", ""), ("POST", ""), ("DELETE", f"/{NOBODY}")]:
        assert_problem(anyone.request(method, QUOTES + path), 401)
        for caller in [user, moderator]:
            body = {"json": {"text": "x"}} if method == "POST" else {}
            assert_problem(caller.http.request(method, QUOTES + path, **body), 403)
