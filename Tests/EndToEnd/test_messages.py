"""What every message obeys, whatever its route: JSON, headers, CORS, limits, the wire."""
import json
import os
import re
import socket
from urllib.parse import urlsplit

import pytest
from focal import URL, assert_problem, client, fields_of

ORIGIN = "https://app.example"


def post(user, text, content_type="application/json"):
    content = text if isinstance(text, bytes) else text.encode()
    return user.http.post("/focus-session", content=content, headers={"Content-Type": content_type})


@pytest.mark.parametrize("text", [
    "", "{", "[]", "null", "25", '"x"', '{"duration":5}x', '{"duration":5,}', "{'duration':5}",
    '{"duration":"5"}', '{"duration":true}', '{"duration":[5]}', '{"duration":NaN}', '{"duration":05}',
    '{"duration":+5}', '{"duration":5,"duration":6}', '{"duration":5,"note":7}',
    '{"duration":5,"note":"\\ud800"}', '{"duration":5,"note":"a\nb"}', '{"duration":5} {}',
    b'{"duration":5,"note":"\xff"}', '{"duration":5,"note":' + "[" * 40 + "]" * 40 + "}",
    '{"duration":5,"duration_minutes":5}', '{"durationSeconds":5,"duration_seconds":5}'])
def test_malformed_json_is_refused(text, user):
    answer = post(user, text)
    assert_problem(answer, 422 if text == "" else 400)  # Without a body its fields are missing.
    assert user.logs() == []


def test_an_unknown_field_is_named(user):
    problem = assert_problem(post(user, '{"durration":5}'), 400)
    assert "durration" in json.dumps(problem)


def test_a_wrong_type_is_named(user):
    problem = assert_problem(post(user, '{"duration":"5"}'), 400)
    assert "duration" in json.dumps(problem)


def test_broken_rules_are_collected(user):
    problem = assert_problem(post(user, '{"duration":-1,"timestamp":"x","session_type":"nap"}'), 422)
    assert len(fields_of(problem)) == 3 and "session_type" in fields_of(problem)
    for error in problem["errors"]:
        assert error["code"] and error["message"]


def test_other_content_types_are_refused(user):
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "application/xml"]:
        assert_problem(post(user, '{"duration":5}', content_type), 415)
    assert post(user, '{"duration":5}', "application/json; charset=utf-8").status_code == 201


def test_a_body_over_a_mebibyte_is_refused(user):
    assert_problem(post(user, '{"note":"' + "x" * (1 << 20) + '"}'), 413)


def test_every_answer_carries_the_common_headers(user, anyone):
    identities = set()
    for answer in [
            user.http.get("/focus-metrics"), user.http.post("/focus-session", json={"duration": 1}),
            anyone.get("/focus-metrics"), anyone.get("/nothing"), anyone.get("/health"),
            user.http.post("/focus-session", content=b"{")]:
        identities.add(answer.headers["x-request-id"])
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "server" not in answer.headers or "/" not in answer.headers["server"]
    assert len(identities) == 6


def test_personal_answers_are_not_cached(user):
    for path in ["/focus-metrics", "/users/me", "/focus-logs"]:
        assert user.http.get(path).headers["cache-control"] == "private, no-store"


def test_the_trace_goes_on(user):
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    answer = user.http.get(
        "/users/me", headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
    assert answer.headers["traceparent"].split("-")[1] == trace


def test_head_is_get_without_a_body(user):
    answer = user.http.head("/users/me")
    assert answer.status_code == 200 and answer.content == b""
    assert int(answer.headers["content-length"]) == len(user.http.get("/users/me").content)


def test_a_known_origin_is_allowed(user):
    answer = client().options("/focus-session", headers={
        "Origin": ORIGIN, "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type"})
    assert answer.status_code in (200, 204)
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "authorization" in answer.headers["access-control-allow-headers"].lower()
    answer = user.http.get("/focus-metrics", headers={"Origin": ORIGIN})
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "origin" in answer.headers["vary"].lower()
    refused = client().get("/focus-metrics", headers={"Origin": ORIGIN})
    assert refused.headers["access-control-allow-origin"] == ORIGIN  # The page may read why.


def test_an_unknown_origin_is_not_allowed(user):
    answer = user.http.get("/focus-metrics", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in answer.headers


def test_answers_tell_the_rate_limit(user):
    for answer in [user.http.get("/focus-metrics"), user.http.post("/focus-session", json={"duration": 1})]:
        assert answer.headers["ratelimit"] and answer.headers["ratelimit-policy"]


def test_a_limit_that_is_spent(anyone):
    """Login is the tightest class of a public route; without fields it costs no hash."""
    limit = int(10 * float(os.environ.get("RATE_LIMIT_SCALE", "1")))
    for count in range(limit * 2):
        answer = anyone.post("/login", json={})
        if answer.status_code == 429:
            break
        assert answer.status_code == 422
    assert count >= limit // 2
    assert_problem(answer, 429)
    assert int(answer.headers["retry-after"]) >= 1
    assert client().post("/login", json={}).status_code == 422  # Another address, another limit.
    assert anyone.get("/health").status_code == 200


# Below here: what no client library would send.

def exchange(data, answers=1):
    """Sends bytes; gives the answers' heads and bodies."""
    address = urlsplit(URL)
    found = []
    with socket.create_connection((address.hostname, address.port), 10) as connection:
        connection.sendall(data)
        reader = connection.makefile("rb")
        for _ in range(answers):
            status = int(reader.readline().split()[1])
            headers = {}
            while (line := reader.readline().strip()):
                name, value = line.decode().split(":", 1)
                headers[name.lower()] = value.strip()
            found.append((status, headers, reader.read(int(headers.get("content-length", 0)))))
        if found[-1][1].get("connection") == "close":
            assert reader.read(1) == b""
    return found


@pytest.mark.parametrize("data", [
    b"GET /health HTTP/1.1\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
    b"GET  /health HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /health HTTP/1.1\nHost: a\n\n",
    b"GET /health HTTP/1.1\r\nHost : a\r\n\r\n",
    b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
    b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
    b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: +2\r\n\r\n{}",
    b"POST /login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    b"POST /login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n"])
def test_what_could_smuggle_is_refused_and_closed(data):
    (status, headers, body), = exchange(data)
    assert status == 400
    assert headers["content-type"].startswith("application/problem+json")
    assert headers["connection"] == "close"
    assert headers["x-request-id"] == json.loads(body)["request_id"]
    assert headers["x-content-type-options"] == "nosniff"


def test_pipelined_requests_are_answered_in_order():
    paths = ["/health", "/nothing", "/quotes/today", "/focus-metrics"] * 5
    data = "".join(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n" for path in paths).encode()
    statuses = [status for status, _, _ in exchange(data, len(paths))]
    assert statuses == [200, 404, 200, 401] * 5


def test_a_chunked_body_is_taken(user):
    token = user.tokens["access_token"]
    head = (
        f"POST /focus-session HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n"
        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n").encode()
    (status, _, body), = exchange(head + b"7\r\n{\"durat\r\n8\r\nion\": 5}\r\n0\r\n\r\n")
    assert status == 201, body


def test_metrics_count_by_route_pattern_never_by_path(user):
    port = os.environ.get("GATEWAY_ADMIN_PORT", "9100")
    user.http.get(f"/api/v1/auth/profile/{user.id}")
    text = client().get(f"http://127.0.0.1:{port}/metrics").text
    assert re.search(r'http_requests_total\{[^}]*route="/api/v1/auth/profile/\{user_id\}"', text)
    assert user.id not in text
