"""Personal API tokens: made by their owner in person, good for what their scope says."""
import time
from datetime import datetime, timedelta

import pytest
from database import give_role, sql
from focal import UTC, User, assert_problem, client, fields_of, rfc3339

TOKENS = "/api/v1/auth/tokens"
ME = "/api/v1/auth/me"
WITHIN_SECONDS = 1.0


def make(user, scope="write", **fields):
    answer = user.http.post(TOKENS, json={"name": "script", "scope": scope} | fields)
    assert answer.status_code == 201, answer.text
    return answer.json()


def bearer(token):
    return client(Authorization=f"Bearer {token['token']}")


def assert_refused_within_a_second(http):
    deadline = time.monotonic() + WITHIN_SECONDS
    while http.get(ME).status_code != 401:
        assert time.monotonic() < deadline, "the token is still taken"
        time.sleep(0.01)
    assert_problem(http.get(ME), 401, "invalid_token")


def test_a_token_is_shown_once(user):
    token = make(user, name="  backup  ")
    assert token["token"].startswith("focal_") and token["token"].startswith(token["prefix"])
    assert token["name"] == "  backup  " and token["scope"] == "write"
    listed = user.get(TOKENS)["items"]
    assert [item["id"] for item in listed] == [token["id"]]
    assert "token" not in listed[0] and "token" not in user.get(f"{TOKENS}/{token['id']}")
    assert token["token"] not in user.http.get(TOKENS).text


def test_only_its_hash_is_stored(user):
    token = make(user)
    rows = sql("SELECT row_to_json(t) FROM auth.api_tokens t WHERE user_id = :'id'", id=user.id)
    assert len(rows) == 1 and token["token"] not in rows[0]
    assert token["token"][len(token["prefix"]):] not in rows[0]


def test_a_write_token_reads_and_writes(user):
    http = bearer(make(user, "write"))
    assert http.get(ME).json()["id"] == user.id
    assert http.post("/focus-session", json={"duration": 25}).status_code == 201
    assert user.metrics()["daily"]["sessions"] == 1


def test_a_read_token_only_reads(user):
    http = bearer(make(user, "read"))
    assert http.get("/focus-metrics").status_code == 200
    assert http.head(ME).status_code in (200, 405)
    for call in [
            lambda: http.post("/focus-session", json={"duration": 25}),
            lambda: http.patch(f"/api/v1/auth/profile/{user.id}", json={"bio": "x"}),
            lambda: http.delete("/api/v1/sessions/01890000-0000-7000-8000-000000000000")]:
        assert_problem(call(), 403, "read_only")
    assert user.logs() == []


def test_a_token_touches_no_credentials(user):
    token = make(user)
    http = bearer(token)
    password = {"password": user.password}
    for method, path, body in [
            ("POST", TOKENS, {"name": "more", "scope": "read"}),
            ("GET", TOKENS, None),
            ("GET", f"{TOKENS}/{token['id']}", None),
            ("DELETE", f"{TOKENS}/{token['id']}", None),
            ("POST", "/api/v1/auth/password/change",
             {"current_password": user.password, "new_password": "another password"}),
            ("POST", "/api/v1/auth/email/resend", None),
            ("POST", "/api/v1/auth/totp/enable", None),
            ("POST", "/api/v1/auth/totp/confirm", {"code": "123456"}),
            ("POST", "/api/v1/auth/totp/disable", password),
            ("POST", "/api/v1/auth/logout", None),
            ("POST", "/api/v1/auth/logout-all", None),
            ("DELETE", "/api/v1/auth/me", password)]:
        answer = http.request(method, path, **({"json": body} if body else {}))
        assert_problem(answer, 403, "api_token")
    assert user.http.get(ME).status_code == 200


def test_an_admins_token_is_no_admin(user):
    admin = give_role(user, "admin")
    http = bearer(make(admin))
    assert admin.http.get("/api/v1/admin/users").status_code == 200
    assert_problem(http.get("/api/v1/admin/users"), 403, "not_admin")


def test_deleting_a_token_acts_within_a_second(user):
    token = make(user)
    http = bearer(token)
    assert http.get(ME).status_code == 200
    assert user.http.delete(f"{TOKENS}/{token['id']}").status_code == 204
    assert_refused_within_a_second(http)
    assert_problem(user.http.delete(f"{TOKENS}/{token['id']}"), 404)


def test_a_token_expires(user):
    soon = datetime.now(UTC) + timedelta(seconds=1.5)
    token = make(user, expires_at=rfc3339(soon))
    assert token["expires_at"] == rfc3339(soon)
    http = bearer(token)
    assert http.get(ME).status_code == 200
    while datetime.now(UTC) < soon:
        time.sleep(0.05)
    assert_problem(http.get(ME), 401, "invalid_token")


def test_signing_out_everywhere_leaves_tokens_alone(user):
    http = bearer(make(user))
    assert user.http.post("/api/v1/auth/logout-all").status_code == 204
    time.sleep(WITHIN_SECONDS)
    assert http.get(ME).status_code == 200


@pytest.mark.parametrize("fields, refused", [
    ({"name": ""}, "name"), ({"name": "x" * 101}, "name"), ({"name": None}, "name"),
    ({"scope": "everything"}, "scope"), ({"scope": None}, "scope"),
    ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
])
def test_a_field_that_breaks_a_rule(fields, refused, user):
    body = {"name": "script", "scope": "read"} | fields
    body = {name: value for name, value in body.items() if value is not None}
    problem = assert_problem(user.http.post(TOKENS, json=body), 422)
    assert fields_of(problem) == {refused}


def test_tokens_of_others_are_not_found(user, other):
    token = make(user)
    path = f"{TOKENS}/{token['id']}"
    assert_problem(other.http.get(path), 404)
    assert_problem(other.http.delete(path), 404)
    assert other.get(TOKENS)["items"] == []
    assert bearer(token).get(ME).status_code == 200


def test_pages_neither_skip_nor_repeat(user):
    made = [make(user, name=f"token {number}")["id"] for number in range(5)]
    seen, cursor = [], None
    while True:
        page = user.get(TOKENS, limit=2, **({"cursor": cursor} if cursor else {}))
        seen += [item["id"] for item in page["items"]]
        cursor = page.get("next_cursor")
        if not cursor:
            break
        if len(seen) == 2:
            make(user)
    assert seen == made[::-1]


def test_an_account_has_fifty_at_most(user):
    for _ in range(50):
        make(user)
    answer = user.http.post(TOKENS, json={"name": "one more", "scope": "read"})
    assert_problem(answer, 409, "too_many_tokens")


@pytest.mark.parametrize("change", [
    lambda text: text[:-1], lambda text: text + "A", lambda text: "focal_",
    lambda text: text.replace("focal_", "FOCAL_"), lambda text: text[:20] + "A" + text[21:],
    lambda text: text[::-1]])
def test_a_changed_token_is_refused(change, user):
    token = make(user)
    text = change(token["token"])
    if text != token["token"]:
        assert_problem(client(Authorization=f"Bearer {text}").get(ME), 401, "invalid_token")


def test_a_token_is_no_cookie(user):
    http = client(Cookie=f"token={make(user)['token']}")
    assert_problem(http.get(ME), 401)


def test_its_last_use_is_seen(user):
    token = make(user)
    assert "last_used_at" not in user.get(f"{TOKENS}/{token['id']}")
    assert bearer(token).get(ME).status_code == 200
    assert user.get(f"{TOKENS}/{token['id']}")["last_used_at"]
