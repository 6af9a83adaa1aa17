"""A GET tells which version of a thing it is, and who has that already gets it no second time."""
import pytest
from focal import assert_problem

READS = ["/api/v1/auth/me", "/streaks", "/focus-logs", "/api/v1/quotes/today"]
DOCUMENTS = ["/openapi.json", "/.well-known/jwks.json"]


@pytest.mark.parametrize("path", READS + DOCUMENTS)
def test_what_has_not_changed_is_not_sent_again(path, user):
    first = user.http.get(path)
    tag = first.headers["etag"]
    assert tag.startswith('"') and tag.endswith('"') and len(tag) > 8
    for header in [tag, f"W/{tag}", f'"other", {tag}', "*"]:
        second = user.http.get(path, headers={"If-None-Match": header})
        assert second.status_code == 304 and not second.content
        assert second.headers["etag"] == tag
        assert "content-type" not in second.headers
        for name in ["x-request-id", "x-content-type-options"]:
            assert name in second.headers
        assert second.headers.get("cache-control") == first.headers.get("cache-control")


@pytest.mark.parametrize("path", READS + DOCUMENTS)
def test_head_tells_the_same_without_a_body(path, user):
    whole, head = user.http.get(path), user.http.head(path)
    assert head.status_code == 200 and not head.content
    for name in ["etag", "content-type", "content-length"]:
        assert head.headers[name] == whole.headers[name], name
    known = user.http.head(path, headers={"If-None-Match": whole.headers["etag"]})
    assert known.status_code == 304


def test_a_change_is_another_version(user):
    before = user.http.get("/focus-logs").headers["etag"]
    user.log()
    answer = user.http.get("/focus-logs", headers={"If-None-Match": before})
    assert answer.status_code == 200 and len(answer.json()["items"]) == 1
    assert answer.headers["etag"] != before


def test_a_version_is_of_its_user(user, other):
    tag = user.http.get("/api/v1/auth/me").headers["etag"]
    assert other.http.get("/api/v1/auth/me", headers={"If-None-Match": tag}).status_code == 200


def test_the_token_is_asked_for_first(user, anyone):
    tag = user.http.get("/api/v1/auth/me").headers["etag"]
    for header in [tag, "*"]:
        assert_problem(anyone.get("/api/v1/auth/me", headers={"If-None-Match": header}), 401)


def test_errors_and_changes_have_no_version(user):
    missing = user.http.get(
        "/api/v1/sessions/01890000-0000-7000-8000-000000000000", headers={"If-None-Match": "*"})
    assert_problem(missing, 404)
    assert "etag" not in missing.headers
    made = user.http.post("/focus-session", json={"duration": 5}, headers={"If-None-Match": "*"})
    assert made.status_code == 201 and "etag" not in made.headers
