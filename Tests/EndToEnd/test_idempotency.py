"""A POST with an Idempotency-Key takes effect once, and each further one gets the first one's answer."""
import os
import signal
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from focal import PASSWORD, User, an_email, assert_problem, client
from stores import redis


def a_key():
    return {"Idempotency-Key": str(uuid.uuid4())}


def log(user, key, **body):
    return user.http.post("/focus-session", json={"duration": 5} | body, headers=key)


def test_a_second_request_gets_the_first_ones_answer(user):
    key = a_key()
    first, second = log(user, key), log(user, key)
    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert second.headers["cache-control"] == first.headers["cache-control"]
    assert second.headers["x-request-id"] != first.headers["x-request-id"]
    assert len(user.logs()) == 1


def test_without_a_key_each_request_counts(user):
    assert log(user, {}).json()["id"] != log(user, {}).json()["id"]
    assert len(user.logs()) == 2


def test_another_body_is_refused(user):
    key = a_key()
    assert log(user, key).status_code == 201
    assert_problem(log(user, key, note="other"), 409, "key_reused")
    assert len(user.logs()) == 1


def test_a_key_is_of_its_user_and_its_route(user, other):
    key = a_key()
    assert log(user, key).status_code == 201
    assert log(other, key).status_code == 201
    assert user.http.post("/sessions/start", headers=key).status_code == 201
    assert len(user.logs()) == len(other.logs()) == 1


def test_errors_are_answers_too(user):
    key = a_key()
    first = user.http.post("/sessions/stop", headers=key)
    assert_problem(first, 409)
    assert user.http.post("/sessions/start").status_code == 201
    second = user.http.post("/sessions/stop", headers=key)
    assert second.status_code == 409 and second.content == first.content
    assert user.http.post("/sessions/stop", headers=a_key()).status_code == 200


def test_a_request_that_was_never_run_does_not_take_the_key(user):
    key = a_key()
    assert_problem(user.http.post("/focus-session", json={"duration": -5}, headers=key), 422)
    assert_problem(user.http.post("/focus-session", json={"nothing": 1}, headers=key), 400)
    assert log(user, key).status_code == 201


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "é".encode()])
def test_a_key_is_visible_ascii(user, key):
    answer = user.http.post("/focus-session", json={"duration": 5}, headers={"Idempotency-Key": key})
    assert_problem(answer, 400, "bad_idempotency_key")


def test_the_longest_key(user):
    assert log(user, {"Idempotency-Key": "~" * 255}).status_code == 201


def test_other_methods_have_no_keys(user):
    key = a_key()
    assert user.http.get("/focus-metrics", headers=key).status_code == 200
    assert user.http.patch(
        f"/api/v1/auth/profile/{user.id}", json={"bio": "x"}, headers=key).status_code == 200


def test_registering_twice_makes_one_account():
    body = {"email": an_email(), "password": PASSWORD}
    somebody, key = client(), a_key()
    first = somebody.post("/api/v1/auth/register", json=body, headers=key)
    second = somebody.post("/api/v1/auth/register", json=body, headers=key)
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    # From another address it is another request.
    assert_problem(client().post("/api/v1/auth/register", json=body, headers=key), 409)


def test_the_cookie_is_part_of_the_answer(user):
    body, key, somebody = {"email": user.email, "password": user.password}, a_key(), client()
    first = somebody.post("/user/login", json=body, headers=key)
    second = somebody.post("/user/login", json=body, headers=key)
    assert first.headers["set-cookie"] == second.headers["set-cookie"]


def test_a_wrong_password_is_not_remembered(user):
    somebody, key = client(), a_key()
    wrong = {"email": user.email, "password": "wrong horse battery"}
    assert_problem(somebody.post("/login", json=wrong, headers=key), 401)
    right = wrong | {"password": user.password}
    assert somebody.post("/login", json=right, headers=key).status_code == 200


def test_an_empty_answer_is_repeated(user):
    key = a_key()
    answer = user.http.post("/api/v1/auth/logout", headers=key)
    assert answer.status_code == 204 and not answer.content


def test_a_hundred_at_once_are_one(user):
    key = a_key()
    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(lambda _: log(user, key), range(100)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1
    assert len(user.logs()) == 1


def test_an_emptied_redis_forgets_nothing(user):
    key = a_key()
    first = log(user, key)
    redis("FLUSHALL")
    assert log(user, key).content == first.content
    assert len(user.logs()) == 1


def test_a_killed_redis_forgets_nothing(user):
    key = a_key()
    first = log(user, key)
    info = redis("INFO", "server").decode()
    os.kill(int(info.split("process_id:")[1].split()[0]), signal.SIGKILL)
    assert log(user, key).content == first.content
    assert len(user.logs()) == 1
    deadline = time.monotonic() + 30
    while user.http.get("/ready").status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_client_that_went_away_comes_back_for_the_answer(user):
    """However early it hangs up, the second request neither repeats the first nor loses it."""
    import httpx
    for wait in [0.001, 0.003, 0.01]:
        key = a_key()
        try:
            user.http.post(
                "/focus-session", json={"duration": 5, "note": str(wait)}, headers=key,
                timeout=httpx.Timeout(20, read=wait))
        except httpx.ReadTimeout:
            pass
        assert log(user, key, note=str(wait)).status_code == 201
    assert len(user.logs()) == 3
