"""What holds on every route: who may call it, from where, with what."""
import httpx
import pytest
from focal import URL, User, assert_problem, client

DOCUMENT = httpx.get(f"{URL}/openapi.json", timeout=20).json()
ORIGIN = URL.rstrip("/")


def routes(**wanted):
    for path, verbs in DOCUMENT["paths"].items():
        for verb, operation in verbs.items():
            if "{" not in path and all(operation.get(k.replace("_", "-")) == v for k, v in wanted.items()):
                yield verb.upper(), path, operation


CHANGES = [(verb, path) for verb, path, operation in routes() if verb != "GET" and operation["security"]]


def by_cookie(user):
    http = client()
    http.headers["Cookie"] = f"token={user.tokens['access_token']}"
    return http


@pytest.mark.parametrize("headers", [
    {}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"},
    {"Sec-Fetch-Site": "same-site", "Origin": ORIGIN}])
def test_a_change_by_cookie_from_elsewhere_is_refused_everywhere(headers, user):
    http = by_cookie(user)
    for verb, path in CHANGES:
        answer = http.request(verb, path, headers=headers)
        assert_problem(answer, 403, "cross_site")


@pytest.mark.parametrize("headers", [
    {"Origin": ORIGIN}, {"Sec-Fetch-Site": "same-origin"}, {"Origin": "https://app.example"}])
def test_a_change_by_cookie_from_here_is_taken(headers, user):
    answer = by_cookie(user).post("/focus-session", json={"duration": 5}, headers=headers)
    assert answer.status_code == 201, answer.text


def test_a_bearer_token_needs_no_origin_and_beats_the_cookie(user, other):
    headers = {"Cookie": f"token={other.tokens['access_token']}", "Origin": "https://evil.example"}
    answer = user.http.post("/focus-session", json={"duration": 5}, headers=headers)
    assert answer.status_code == 201
    assert len(user.logs()) == 1 and not other.logs()


def test_a_read_by_cookie_needs_no_origin(user):
    assert by_cookie(user).get("/focus-metrics").status_code == 200


@pytest.mark.parametrize("role", ["admin", "moderator"])
def test_roles_are_asked_for(role, user):
    found = list(routes(x_role=role))
    assert found or role == "moderator"
    for verb, path, _ in found:
        assert_problem(user.http.request(verb, path), 403, f"not_{role}")


def test_every_answer_has_its_headers(user):
    for verb, path, operation in routes():
        if verb == "GET":
            answer = user.http.get(path)
            assert answer.headers["x-request-id"] and answer.headers["x-content-type-options"] == "nosniff"
            if operation["security"] and "x-role" not in operation:
                assert answer.status_code >= 400 or answer.headers["cache-control"] == "private, no-store"
                # A WebSocket that cannot be opened is refused before its limit is asked.
                assert answer.status_code == 426 or "ratelimit" in answer.headers and "ratelimit-policy" in answer.headers


@pytest.mark.parametrize("verb, path", [
    (v, p) for v, p, o in routes() if v in ("POST", "PUT", "PATCH") and o["security"] and "x-role" not in o])
def test_bodies_are_of_the_types_that_are_taken(verb, path, user):
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "image/svg+xml"]:
        answer = user.http.request(verb, path, content=b"{}", headers={"Content-Type": kind})
        assert_problem(answer, 415, "unsupported_media_type")


def test_a_body_may_have_a_mebibyte_and_no_more(user):
    for count, status in [(1 << 20, 422), ((1 << 20) + 1, 413)]:
        body = b'{"note":"' + b"x" * (count - 11) + b'"}'
        answer = user.http.post(
            "/focus-session", content=body, headers={"Content-Type": "application/json"})
        assert_problem(answer, status)


def test_an_image_may_have_two(user):
    upload = [(v, p) for v, p, o in routes() if "image/png" in o.get("requestBody", {}).get("content", {})]
    for verb, path in upload:
        png = {"Content-Type": "image/png"}
        assert_problem(user.http.request(verb, path, content=b"", headers=png), 422)
        assert_problem(user.http.request(verb, path, content=b"x", headers={}), 415)
        assert_problem(user.http.request(verb, path, content=b"{}", headers={
            "Content-Type": "application/json"}), 415)
        assert_problem(user.http.request(verb, path, content=b"x" * (2 << 20), headers=png), 422)
        assert_problem(user.http.request(verb, path, content=b"x" * ((2 << 20) + 1), headers=png), 413)


def test_a_reading_token_changes_nothing():
    user = User()
    made = user.http.post("/api/v1/auth/tokens", json={"name": "reader", "scope": "read"})
    assert made.status_code == 201, made.text
    reader = client(Authorization=f"Bearer {made.json()['token']}")
    assert reader.get("/focus-metrics").status_code == 200
    for verb, path in CHANGES:
        if not path.endswith("/ws/ticket"):  # A ticket is for reading.
            assert_problem(reader.request(verb, path), 403)
