"""The description of the API is whole, valid, and true."""
import re

import httpx
import jsonschema
import pytest
from focal import URL, User, client
from openapi_spec_validator import OpenAPIV31SpecValidator

DOCUMENT = httpx.get(f"{URL}/openapi.json", timeout=20).json()

#: The contract's routes, canonical and aliases; `live` ones (sockets) are another matter.
ROUTES = """
POST /api/v1/auth/register /register /user/register /auth/register /auth/signup /users/register
POST /api/v1/auth/login /login /user/login /auth/login /users/login
POST /api/v1/auth/refresh
POST /api/v1/auth/logout /user/logout
POST /api/v1/auth/logout-all
GET /api/v1/auth/me /users/me
DELETE /api/v1/auth/me
GET /api/v1/auth/profile/{}
PUT /api/v1/auth/profile/{}
PATCH /api/v1/auth/profile/{}
POST /api/v1/auth/password/change
POST /api/v1/auth/password/forgot
POST /api/v1/auth/password/reset
POST /api/v1/auth/email/verify
POST /api/v1/auth/email/resend
GET /api/v1/auth/sessions
DELETE /api/v1/auth/sessions
GET /api/v1/auth/sessions/{}
DELETE /api/v1/auth/sessions/{}
POST /api/v1/auth/tokens
GET /api/v1/auth/tokens
GET /api/v1/auth/tokens/{}
DELETE /api/v1/auth/tokens/{}
POST /api/v1/auth/totp/enable
POST /api/v1/auth/totp/confirm
POST /api/v1/auth/totp/disable
PUT /api/v1/auth/avatar
GET /api/v1/auth/avatar
GET /api/v1/auth/export
GET /api/v1/admin/users
PATCH /api/v1/admin/users/{}
POST /api/v1/sessions/start /sessions/start
POST /api/v1/sessions/pause /sessions/pause
POST /api/v1/sessions/resume /sessions/resume
POST /api/v1/sessions/stop /sessions/stop
GET /api/v1/sessions/active /sessions/active
GET /api/v1/sessions/history /sessions/history
POST /api/v1/stats/session /focus-session /stats/session
GET /api/v1/sessions/{}
PATCH /api/v1/sessions/{}
DELETE /api/v1/sessions/{}
GET /api/v1/sessions/logs /focus-logs
POST /api/v1/rooms /rooms
GET /api/v1/rooms /rooms
GET /api/v1/rooms/{} /rooms/{}
PUT /api/v1/rooms/{} /rooms/{}
DELETE /api/v1/rooms/{} /rooms/{}
GET /api/v1/timer/{} /timer/{}
POST /api/v1/timer/{}/start /timer/{}/start
POST /api/v1/timer/{}/pause /timer/{}/pause
POST /api/v1/timer/{}/reset /timer/{}/reset
POST /api/v1/timer/{}/complete /timer/{}/complete
POST /api/v1/timer/{}/skip /timer/{}/skip
POST /api/v1/participants/join /participants/join
POST /api/v1/participants/leave /participants/leave
GET /api/v1/participants/{} /participants/{}
PUT /api/v1/participants/{}/status /participants/{}/status
POST /api/v1/projects /projects
GET /api/v1/projects /projects
GET /api/v1/projects/{} /projects/{}
PATCH /api/v1/projects/{} /projects/{}
DELETE /api/v1/projects/{} /projects/{}
GET /api/v1/projects/{}/members
POST /api/v1/projects/{}/members
PATCH /api/v1/projects/{}/members/{}
DELETE /api/v1/projects/{}/members/{}
POST /api/v1/time-entries /time-entries
GET /api/v1/time-entries /time-entries
POST /api/v1/time-entries/start
POST /api/v1/time-entries/stop
GET /api/v1/time-entries/{}
PATCH /api/v1/time-entries/{}
DELETE /api/v1/time-entries/{}
GET /api/v1/activity
GET /api/v1/focus-metrics /focus-metrics
GET /api/v1/stats/user/{} /stats/user/{}
GET /api/v1/analytics/heatmap
GET /api/v1/analytics/distribution
GET /api/v1/streaks /streaks
POST /api/v1/badges/user
GET /api/v1/badges/user
POST /api/v1/achievements
GET /api/v1/achievements
GET /api/v1/achievements/category/{}
GET /api/v1/achievements/user/{}
GET /api/v1/achievements/user/{}/progress
POST /api/v1/achievements/user/{}/check
GET /api/v1/leaderboard /leaderboard
GET /leaderboard-overall
GET /leaderboard-today
GET /api/v1/timeline
POST /api/v1/community/posts
GET /api/v1/community/posts
GET /api/v1/community/posts/{}
PUT /api/v1/community/posts/{}
DELETE /api/v1/community/posts/{}
POST /api/v1/community/posts/{}/like
PUT /api/v1/community/posts/{}/like
DELETE /api/v1/community/posts/{}/like
POST /api/v1/community/posts/{}/comments
GET /api/v1/community/posts/{}/comments
PUT /api/v1/community/comments/{}
DELETE /api/v1/community/comments/{}
POST /api/v1/community/reports
GET /api/v1/admin/reports
GET /api/v1/blocks
PUT /api/v1/blocks/{}
DELETE /api/v1/blocks/{}
POST /api/v1/messages/send
GET /api/v1/messages/conversations
GET /api/v1/messages/conversations/{}
POST /api/v1/messages/conversations/{}/read
GET /api/v1/messages/unread-count
GET /api/v1/notifications
POST /api/v1/notifications/read
GET /api/v1/notifications/preferences
PUT /api/v1/notifications/preferences
GET /api/v1/webhooks
POST /api/v1/webhooks
DELETE /api/v1/webhooks/{}
GET /api/v1/webhooks/{}/deliveries
GET /api/v1/quotes/today /quotes/today
GET /api/v1/admin/quotes
POST /api/v1/admin/quotes
DELETE /api/v1/admin/quotes/{}
POST /api/v1/journals /journals/create
GET /api/v1/journals
GET /api/v1/journals/{}
PUT /api/v1/journals/{}
DELETE /api/v1/journals/{}
GET /health
GET /ready
GET /openapi.json
GET /docs
GET /
GET /.well-known/jwks.json
""".strip().split("\n")
OWN = "gateway"


def operations():
    for path, verbs in DOCUMENT.get("paths", {}).items():
        for verb, operation in verbs.items():
            yield verb.upper(), path, operation


def resolved(value):
    while "$ref" in value:
        node = DOCUMENT
        for part in value["$ref"][2:].split("/"):
            node = node[part]
        value = node
    return value


def named(operation):
    return operation["operationId"]


def test_it_is_valid():
    errors = list(OpenAPIV31SpecValidator(DOCUMENT).iter_errors())
    assert not errors, errors[:3]


@pytest.mark.parametrize("line", ROUTES)
def test_every_route_of_the_contract_is_there(line):
    verb, *paths = line.split(" ")
    known = {(verb, re.sub(r"\{[^}]*\}", "{}", path)) for verb, path, _ in operations()}
    for path in paths:
        assert (verb, path) in known, f"{verb} {path}"


def test_what_is_described_is_served(anyone):
    for verb, path, operation in operations():
        answer = anyone.request(verb, re.sub(r"\{[^}]*\}", "x", path))
        assert answer.status_code not in (405, 501), f"{verb} {path}: {answer.status_code}"
        if operation["security"]:
            assert answer.status_code == 401, f"{verb} {path}: {answer.status_code}"
        else:
            assert answer.status_code not in (401, 403), f"{verb} {path}: {answer.status_code}"


def test_every_operation_is_told_in_full():
    for verb, path, operation in operations():
        place = f"{verb} {path}"
        assert operation["summary"] and operation["tags"], place
        if operation["tags"] == [OWN]:
            continue
        assert {"class", "limit", "window_seconds"} <= operation["x-rate-limit"].keys(), place
        statuses = set(operation["responses"])
        assert {"400", "429", "500", "503", "504"} <= statuses, place
        assert not operation["security"] or {"401", "403"} <= statuses, place
        headers = {resolved(one)["name"] for one in operation.get("parameters", [])}
        assert verb != "POST" or "Idempotency-Key" in headers, place
        assert verb != "GET" or "If-None-Match" in headers, place
        for status, reference in operation["responses"].items():
            response = resolved(reference)
            assert response["description"], place
            if int(status) >= 400:
                media = response["content"]["application/problem+json"]
                assert media["schema"] == {"$ref": "#/components/schemas/Problem"}, place
                assert media["example"]["status"] == int(status), place


def test_operations_have_names_of_their_own():
    names = [named(operation) for _, _, operation in operations()]
    assert len(names) == len(set(names))


def examples():
    for verb, path, operation in operations():
        parts = [("body", operation.get("requestBody", {}))]
        parts += [(status, resolved(one)) for status, one in operation["responses"].items()]
        for part, holder in parts:
            for kind, media in holder.get("content", {}).items():
                if "json" in kind:
                    yield f"{verb} {path} {part}", media


def test_every_json_body_has_an_example_that_is_true():
    for place, media in examples():
        assert "example" in media or "503" in place, place
        schema = media["schema"] | {"components": DOCUMENT["components"]}
        validator = jsonschema.Draft202012Validator(
            schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
        errors = [error.message for error in validator.iter_errors(media.get("example", {}))]
        assert not errors, f"{place}: {errors[:3]}"


# MARK: Limits on every field

def unbounded(schema, place, seen=()):
    """What of a request may be as long or as large as it likes."""
    if "$ref" in schema:
        if schema["$ref"] in seen:
            return
        seen, schema = (*seen, schema["$ref"]), resolved(schema)
    for part in schema.get("anyOf", []) + schema.get("allOf", []):
        yield from unbounded(part, place, seen)
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if "string" in types and "enum" not in schema:
        if not {"maxLength", "x-max-bytes"} & schema.keys() and schema.get("format") not in ("date", "date-time"):
            yield f"{place}: a string of any length"
    if {"integer", "number"} & set(types):
        least = schema.get("minimum", schema.get("exclusiveMinimum"))
        if least is None or "maximum" not in schema:
            yield f"{place}: a number of any size"
    if "array" in types:
        if "maxItems" not in schema:
            yield f"{place}: a list of any length"
        yield from unbounded(schema["items"], place + "[]", seen)
    if "object" in types:
        if not {"properties", "x-max-bytes", "maxProperties"} & schema.keys():
            yield f"{place}: an object of any size"
        for name, field in schema.get("properties", {}).items():
            yield from unbounded(field, f"{place}.{name}", seen)
        if isinstance(schema.get("additionalProperties"), dict) and "maxProperties" not in schema:
            yield f"{place}: a map of any size"


def test_every_field_of_a_request_has_its_limit():
    found = []
    for verb, path, operation in operations():
        if "x-alias-of" in operation:
            continue
        for parameter in map(resolved, operation.get("parameters", [])):
            if parameter["name"] == "If-None-Match":
                continue  # Bounded with the head; what it names is compared, never kept.
            found += unbounded(parameter["schema"], f"{verb} {path} {parameter['name']}")
        for media in operation.get("requestBody", {}).get("content", {}).values():
            found += unbounded(media["schema"], f"{verb} {path}")
    assert not found, "\n".join(sorted(set(found)))


# MARK: Rates

def test_rates_are_those_that_hold(user, anyone):
    import os
    scale = float(os.environ.get("RATE_LIMIT_SCALE", "1"))
    for http, verb, path in [
            (user.http, "GET", "/focus-metrics"), (user.http, "POST", "/focus-session"),
            (anyone, "POST", "/login"), (anyone, "POST", "/register"),
            (anyone, "POST", "/api/v1/auth/password/forgot")]:
        rate = DOCUMENT["paths"][path][verb.lower()]["x-rate-limit"]
        policy = http.request(verb, path, json={} if verb == "POST" else None).headers[
            "ratelimit-policy"]
        assert policy == (f'"{rate["class"]}";q={int(rate["limit"] * scale)}'
                          f';w={rate["window_seconds"]}')


# MARK: Pages

@pytest.mark.parametrize("path", ["/", "/docs"])
def test_pages_need_nothing_from_elsewhere(path, anyone):
    page = anyone.get(path)
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'") and "http" not in policy
    assert "unsafe" not in policy
    assert not re.search(r"(?:https?:)?//[a-z]", page.text)
    links = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    # An icon that is empty, so that no browser asks for one.
    links.remove("data:,")
    for link in links:
        answer = anyone.get(link)
        assert answer.status_code == 200, link
        assert not re.search(r"https?://", answer.text) or link == "/openapi.json"
    assert not re.search(r"<script>|onclick=|style=", page.text)


def test_pages_are_kept(anyone):
    for path in ["/", "/docs", "/web/docs.js", "/web/style.css"]:
        tag = anyone.get(path).headers["etag"]
        assert anyone.get(path, headers={"If-None-Match": tag}).status_code == 304


def test_anyone_may_ask_with_a_bad_token():
    """A public route does not look at tokens."""
    somebody = client(Authorization="Bearer nonsense")
    assert somebody.get("/openapi.json").status_code == 200
    assert User().http.get("/docs").status_code == 200
