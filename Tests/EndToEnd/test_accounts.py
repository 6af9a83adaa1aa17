"""Registering, logging in, profiles."""
import statistics
import time

import pytest
from focal import PASSWORD, User, an_email, assert_problem, client, fields_of


def register(**fields):
    return client().post(
        "/api/v1/auth/register", json={"email": an_email(), "password": PASSWORD} | fields)


def test_the_answer_shows_the_account():
    answer = register(username="ann-" + an_email()[5:15], name="  Ann  ", timezone="Europe/Berlin")
    assert answer.status_code == 201, answer.text
    user = answer.json()["user"]
    assert user["name"] == "  Ann  "  # Verbatim, untrimmed.
    assert user["timezone"] == "Europe/Berlin"
    assert user["role"] == "user"
    assert user["day_start_hour"] == 0
    assert user["week_start"] == "monday"
    assert user["total_focus_time"] == 0 and user["total_sessions"] == 0
    assert user["email_verified"] is False and user["totp_enabled"] is False
    assert user["created_at"].endswith("Z")
    assert "password" not in answer.text.replace(PASSWORD, "")


def test_a_username_is_made_from_the_email():
    assert len(register().json()["user"]["username"]) >= 3


def test_camel_case_is_taken_too(user):
    answer = user.http.patch(f"/api/v1/auth/profile/{user.id}", json={"dayStartHour": 3})
    assert answer.status_code == 200, answer.text
    assert answer.json()["day_start_hour"] == 3


@pytest.mark.parametrize("fields, refused", [
    ({"password": "seven77"}, "password"),
    ({"password": "x" * 129}, "password"),
    ({"email": "nobody"}, "email"),
    ({"email": "a@b@c"}, "email"),
    ({"email": "x" * 250 + "@example.com"}, "email"),
    ({"username": "ab"}, "username"),
    ({"image": "http://example.com/a.png"}, "image"),
    ({"image": "https://example.com/" + "a" * 2048}, "image"),
    ({"timezone": "Mars/Olympus"}, "timezone"),
    ({"name": "nul \0 inside"}, "name"),
])
def test_a_field_that_breaks_a_rule(fields, refused):
    assert refused in fields_of(assert_problem(register(**fields), 422))


def test_missing_fields_are_all_named(anyone):
    problem = assert_problem(anyone.post("/register", json={}), 422)
    assert fields_of(problem) == {"email", "password"}


def test_an_email_is_unique_without_regard_to_case():
    email = an_email()
    assert register(email=email).status_code == 201
    assert_problem(register(email=email.upper()), 409)


def test_a_username_is_unique():
    name = "name-" + an_email()[5:17]
    assert register(username=name).status_code == 201
    assert_problem(register(username=name), 409)


def test_parallel_registrations_of_one_email_make_one_account():
    from concurrent.futures import ThreadPoolExecutor
    email = an_email()
    with ThreadPoolExecutor(8) as pool:
        codes = sorted(pool.map(lambda _: register(email=email).status_code, range(8)))
    assert codes == [201] + [409] * 7


def test_logging_in_without_regard_to_the_emails_case(user, anyone):
    answer = anyone.post(
        "/login", json={"email": user.email.upper(), "password": user.password})
    assert answer.status_code == 200


def test_wrong_email_and_wrong_password_look_alike(user, anyone):
    wrong_password = assert_problem(
        anyone.post("/login", json={"email": user.email, "password": "wrong password"}), 401)
    wrong_email = assert_problem(
        anyone.post("/login", json={"email": an_email(), "password": "wrong password"}), 401)
    for problem in (wrong_password, wrong_email):
        del problem["request_id"]
    assert wrong_password == wrong_email


def test_wrong_email_and_wrong_password_take_the_same_time(user):
    def seconds(email):
        http = client()
        http.get("/health")
        times = []
        for _ in range(9):
            started = time.perf_counter()
            http.post("/login", json={"email": email, "password": "wrong password"})
            times.append(time.perf_counter() - started)
        return statistics.median(times)

    known, unknown = seconds(user.email), seconds(an_email())
    assert max(known, unknown) / min(known, unknown) < 1.6, (known, unknown)


def test_me_shows_the_totals(user):
    user.log(25)
    user.log(5.5)
    user.log(10, session_type="break")
    me = user.get("/users/me")
    assert me["total_sessions"] == 2
    assert me["total_focus_time"] == pytest.approx(30.5)


def test_others_see_public_fields_only(user, other):
    user.log(30)
    profile = other.get(f"/api/v1/auth/profile/{user.id}")
    assert profile["username"] and profile["total_focus_time"] == 30
    for private in ["email", "role", "timezone", "email_verified", "week_start"]:
        assert private not in profile
    assert user.get(f"/api/v1/auth/profile/{user.id}")["email"] == user.email


def test_a_profile_is_changed_by_its_owner_alone(user, other):
    for method in ["PUT", "PATCH"]:
        answer = user.http.request(
            method, f"/api/v1/auth/profile/{user.id}", json={"bio": f"by {method}"})
        assert answer.status_code == 200, answer.text
        assert answer.json()["bio"] == f"by {method}"
        assert_problem(
            other.http.request(method, f"/api/v1/auth/profile/{user.id}", json={"bio": "x"}), 403)


@pytest.mark.parametrize("fields", [
    {"week_start": "tuesday"}, {"day_start_hour": 24}, {"day_start_hour": -1},
    {"timezone": "Nowhere"}, {"image": "javascript:alert(1)"}])
def test_a_profile_takes_valid_values_only(fields, user):
    problem = assert_problem(user.http.patch(f"/api/v1/auth/profile/{user.id}", json=fields), 422)
    assert fields_of(problem) == set(fields)


def test_an_unknown_profile_is_not_found(user):
    assert_problem(user.http.get("/api/v1/auth/profile/01890000-0000-7000-8000-000000000000"), 404)
    assert_problem(user.http.get("/api/v1/auth/profile/42"), 404)


def test_a_taken_username_is_a_conflict(user, other):
    name = user.get("/users/me")["username"]
    assert_problem(
        other.http.patch(f"/api/v1/auth/profile/{other.id}", json={"username": name}), 409)


def test_users_are_apart():
    first, second = User(), User()
    first.log(25)
    assert second.logs() == []
    assert second.metrics()["daily"]["total_seconds"] == 0
