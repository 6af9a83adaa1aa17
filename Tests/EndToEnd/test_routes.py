"""Every route and alias of the first version, at each of its spellings."""
import pytest
from focal import PASSWORD, User, an_email, assert_problem, client

#: Aliases are served as written, with and without a trailing slash and the prefix /api.
SPELLINGS = ["{}", "{}/", "/api{}", "/api{}/"]
REGISTER = ["/register", "/user/register", "/auth/register", "/auth/signup", "/users/register"]
LOGIN = ["/login", "/user/login", "/auth/login", "/users/login"]
GET = [
    "/users/me", "/sessions/history", "/focus-logs", "/focus-metrics", "/streaks", "/quotes/today"]
CANONICAL_GET = [
    "/auth/me", "/auth/sessions", "/sessions/history", "/sessions/logs", "/focus-metrics", "/streaks",
    "/quotes/today"]
PROTECTED = [
    ("GET", "/api/v1/auth/me"), ("GET", "/users/me"), ("GET", "/api/v1/auth/sessions"),
    ("POST", "/api/v1/auth/logout"), ("POST", "/api/v1/auth/logout-all"), ("POST", "/user/logout"),
    ("GET", "/api/v1/auth/profile/01890000-0000-7000-8000-000000000000"),
    ("POST", "/focus-session"), ("POST", "/api/v1/stats/session"), ("GET", "/focus-logs"),
    ("POST", "/sessions/start"), ("POST", "/sessions/pause"), ("POST", "/sessions/resume"),
    ("POST", "/sessions/stop"), ("GET", "/sessions/active"), ("GET", "/sessions/history"),
    ("GET", "/api/v1/sessions/01890000-0000-7000-8000-000000000000"),
    ("PATCH", "/api/v1/sessions/01890000-0000-7000-8000-000000000000"),
    ("DELETE", "/api/v1/sessions/01890000-0000-7000-8000-000000000000"),
    ("GET", "/focus-metrics"), ("GET", "/streaks"),
    ("GET", "/stats/user/01890000-0000-7000-8000-000000000000"),
]


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("path", REGISTER)
def test_registering_at_every_path(path, spelling, anyone):
    email = an_email()
    answer = anyone.post(spelling.format(path), json={"email": email, "password": PASSWORD})
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert body["user"]["email"] == email
    assert body["access_token"] and body["refresh_token"]
    assert_seed_names(path, body)


def test_signing_up_is_registering(anyone):
    answer = anyone.post(
        "/api/v1/auth/signup", json={"email": an_email(), "password": PASSWORD})
    assert answer.status_code == 201, answer.text
    assert answer.json()["access_token"]


@pytest.mark.parametrize("path", LOGIN)
def test_logging_in_at_every_path(path, user):
    for spelling in SPELLINGS:
        answer = client().post(
            spelling.format(path), json={"email": user.email, "password": user.password})
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert body["token_type"] == "bearer"
        assert 0 < body["expires_in"] <= 24 * 3600
        assert body["user"]["id"] == user.id
        assert_seed_names(path, body)
        assert ("token=" in answer.headers.get("set-cookie", "")) == (path == "/user/login")


def assert_seed_names(path, body):
    root = path.split("/")[1]
    if root in ("login", "register", "user"):
        assert body["token"] == body["access_token"]
    if root == "users":
        assert body["access"] == body["access_token"]
        assert body["refresh"] == body["refresh_token"]


@pytest.mark.parametrize("path", GET)
def test_reading_at_every_alias(path, user):
    user.log()
    for spelling in SPELLINGS:
        answer = user.http.get(spelling.format(path))
        assert answer.status_code == 200, f"{answer.url}: {answer.text}"


@pytest.mark.parametrize("path", CANONICAL_GET)
def test_reading_at_every_canonical_path(path, user):
    for slash in ["", "/"]:
        answer = user.http.get(f"/api/v1{path}{slash}")
        assert answer.status_code == 200, f"{answer.url}: {answer.text}"


def test_statistics_at_every_path(user):
    for path in ["/api/v1/stats/user/", "/stats/user/", "/api/stats/user/"]:
        assert user.get(path + user.id, days=30)["days"] == 30


@pytest.mark.parametrize("path", ["/focus-session", "/stats/session"])
def test_logging_a_session_at_every_path(path, user):
    for spelling in SPELLINGS + ["/api/v1/stats/session"]:
        answer = user.http.post(spelling.format(path), json={"duration_minutes": 5})
        assert answer.status_code == 201, f"{answer.url}: {answer.text}"
    assert user.metrics()["daily"]["sessions"] == 5


def test_a_session_at_every_spelling_of_the_timer_paths(user):
    for prefix in ["", "/api", "/api/v1"]:
        for slash in ["", "/"]:
            for action, status in [("start", 201), ("pause", 200), ("resume", 200), ("stop", 200)]:
                answer = user.http.post(f"{prefix}/sessions/{action}{slash}")
                assert answer.status_code == status, f"{answer.url}: {answer.text}"
                if action != "stop":
                    active = user.get(f"{prefix}/sessions/active{slash}")
                    assert active["id"] == answer.json()["id"]


@pytest.mark.parametrize("path", ["/api/v1/auth/logout", "/user/logout", "/api/user/logout/"])
def test_logging_out_at_every_path(path, user):
    assert user.http.post(path).status_code == 204


@pytest.mark.parametrize("method, path", PROTECTED)
def test_a_route_is_protected_unless_it_is_public(method, path, anyone):
    assert_problem(anyone.request(method, path), 401)


@pytest.mark.parametrize("path", ["/health", "/ready", "/openapi.json", "/.well-known/jwks.json"])
def test_public_routes_of_the_gateway(path, anyone):
    answer = anyone.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/json")


def test_ready_names_every_dependency(anyone):
    checks = anyone.get("/ready").json()["checks"]
    for name in ["auth", "sessions", "gamification", "quotes", "redis"]:
        assert checks[name]["status"] == "ok", checks
        assert checks[name]["latency_ms"] >= 0


def test_openapi_describes_the_routes(anyone):
    document = anyone.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    for method, path in [
            ("post", "/api/v1/auth/register"), ("post", "/api/v1/auth/login"),
            ("post", "/api/v1/stats/session"), ("get", "/api/v1/focus-metrics"),
            ("get", "/api/v1/streaks"), ("get", "/api/v1/quotes/today")]:
        assert method in document["paths"][path]


def test_the_quote_of_the_day_is_everyones(anyone):
    quotes = [anyone.get("/quotes/today").json() for _ in range(3)] + [User().get("/quotes/today")]
    assert len({quote["id"] for quote in quotes}) == 1
    assert quotes[0]["text"] and quotes[0]["date"]


def test_an_unknown_path_is_not_found(user):
    assert_problem(user.http.get("/api/v1/nothing"), 404)
    assert_problem(user.http.get("/focus-metrics/more"), 404)


@pytest.mark.parametrize("method, path, allowed", [
    ("PUT", "/focus-session", "POST"), ("DELETE", "/focus-metrics", "GET"),
    ("GET", "/login", "POST"), ("POST", "/streaks/", "GET")])
def test_a_wrong_method_is_told_the_right_ones(method, path, allowed, user):
    answer = user.http.request(method, path)
    assert_problem(answer, 405)
    assert allowed in [name.strip() for name in answer.headers["allow"].split(",")]
