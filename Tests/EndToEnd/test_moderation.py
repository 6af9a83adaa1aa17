"""Reports, what moderators decide about them, and blocked users."""
from concurrent.futures import ThreadPoolExecutor

import pytest
from database import give_role
from focal import User, assert_problem, fields_of
from test_community import COMMENTS, NOBODY, POSTS, a_word, at_once, comment, ids, pages, post

REPORTS = "/api/v1/community/reports"
DECISIONS = "/api/v1/admin/reports"
BLOCKS = "/api/v1/blocks"
REPORTS_THAT_HIDE = 5


@pytest.fixture(scope="module")
def crowd():
    with ThreadPoolExecutor(10) as pool:
        return list(pool.map(lambda _: User(), range(REPORTS_THAT_HIDE)))


@pytest.fixture(scope="module", params=["moderator", "admin"])
def moderator(request):
    return give_role(User(), request.param)


def report(user, reason="spam", **thing):
    return user.http.post(REPORTS, json={"reason": reason} | thing)


def reports_of(moderator, thing, status="open"):
    found = pages(moderator, DECISIONS, status=status, limit=100)
    return [item for item in found if thing["id"] in (item.get("post_id"), item.get("comment_id"))]


def decide(moderator, report, decision):
    answer = moderator.http.patch(f"{DECISIONS}/{report['id']}", json={"decision": decision})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_five_reports_hide_a_post_until_a_moderator_decides(user, crowd, moderator):
    word = a_word()
    written = post(user, title=word)
    path = f"{POSTS}/{written['id']}"
    reader = crowd[0]
    for number, reporter in enumerate(crowd, 1):
        assert reader.http.get(path).status_code == 200
        answer = report(reporter, post_id=written["id"])
        assert answer.status_code == 201, answer.text
        assert answer.json()["status"] == "open"
    assert_problem(reader.http.get(path), 404)
    assert_problem(reader.http.post(f"{path}/like"), 404)
    assert reader.get(POSTS, q=word)["items"] == []
    assert written["id"] not in ids(reader.get(POSTS, limit=100)["items"])
    # Its author and moderators still see it, and that it is hidden.
    for someone in [user, moderator]:
        assert someone.get(path)["is_hidden"] is True
    open_reports = reports_of(moderator, written)
    assert len(open_reports) == REPORTS_THAT_HIDE
    first = open_reports[0]
    assert first["reporter_id"] == crowd[0].id and first["reason"] == "spam"
    assert first["author_id"] == user.id and first["title"] == word
    assert first["is_hidden"] is True and first["open_reports"] == REPORTS_THAT_HIDE
    decided = decide(moderator, first, "restore")
    assert decided["status"] == "restored" and decided["decided_by"] == moderator.id
    assert decided["is_hidden"] is False and decided["open_reports"] == 0
    assert reader.get(path)["is_hidden"] is False
    assert ids(reader.get(POSTS, q=word)["items"]) == [written["id"]]
    assert reports_of(moderator, written) == []
    assert len(reports_of(moderator, written, "restored")) == REPORTS_THAT_HIDE


def test_a_moderator_hides_a_comment_and_shows_it_again(user, other, moderator):
    written = post(user)
    root = comment(user, written, "insults")
    reply = comment(other, written, "an answer", parent=root)
    assert report(other, comment_id=root["id"]).status_code == 201
    path = f"{POSTS}/{written['id']}"
    reported = reports_of(moderator, root)[0]
    assert reported["content"] == "insults" and reported.get("title") is None
    assert decide(moderator, reported, "hide")["is_hidden"] is True
    tree = other.get(f"{path}/comments")["items"]
    assert tree[0]["is_deleted"] is True and tree[0]["content"] == ""
    assert ids(tree[0]["replies"]) == [reply["id"]]
    assert other.get(path)["comment_count"] == 1
    assert_problem(other.http.post(f"{COMMENTS}/{root['id']}/like"), 404)
    # A decision may be changed.
    assert decide(moderator, reported, "restore")["is_hidden"] is False
    assert other.get(f"{path}/comments")["items"][0]["content"] == "insults"
    assert other.get(path)["comment_count"] == 2


def test_dismissing_leaves_all_as_it_is(user, other, moderator):
    written = post(user)
    report(other, post_id=written["id"])
    decided = decide(moderator, reports_of(moderator, written)[0], "dismiss")
    assert decided["status"] == "dismissed" and decided["is_hidden"] is False
    assert other.http.get(f"{POSTS}/{written['id']}").status_code == 200
    assert_problem(report(other, post_id=written["id"]), 409, "already_reported")


def test_one_report_by_one_user(user, other, moderator):
    written = post(user)
    answers = at_once(100, lambda _: report(other, post_id=written["id"]))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 99
    assert len(reports_of(moderator, written)) == 1
    assert other.http.get(f"{POSTS}/{written['id']}").status_code == 200


def test_reports_that_break_a_rule(user, other):
    written = post(user)
    answered = comment(user, written)
    for body, field in [
            ({}, "post_id"), ({"post_id": written["id"], "comment_id": answered["id"]}, "post_id"),
            ({"post_id": "x"}, "post_id")]:
        assert field in fields_of(assert_problem(report(other, **body), 422))
    for body in [{"post_id": written["id"], "reason": ""}, {"post_id": written["id"], "reason": "r" * 1001}]:
        assert "reason" in fields_of(assert_problem(report(other, **body), 422))
    assert_problem(report(other, post_id=NOBODY), 404)
    assert_problem(report(other, comment_id=NOBODY), 404)
    assert_problem(report(user, post_id=written["id"]), 422)
    assert_problem(report(user, comment_id=answered["id"]), 422)


def test_only_moderators_moderate(user, other, moderator):
    written = post(user)
    answered = comment(user, written)
    assert_problem(other.http.get(DECISIONS), 403)
    reported = report(other, post_id=written["id"]).json()
    answer = other.http.patch(f"{DECISIONS}/{reported['id']}", json={"decision": "hide"})
    assert_problem(answer, 403)
    answer = moderator.http.patch(f"{DECISIONS}/{reported['id']}", json={"decision": "burn"})
    assert_problem(answer, 422)
    assert_problem(
        moderator.http.patch(f"{DECISIONS}/{NOBODY}", json={"decision": "hide"}), 404)
    # What others wrote, a moderator may edit and delete.
    answer = moderator.http.put(f"{COMMENTS}/{answered['id']}", json={"content": "[moderated]"})
    assert answer.status_code == 200, answer.text
    assert moderator.http.delete(f"{COMMENTS}/{answered['id']}").status_code == 204
    path = f"{POSTS}/{written['id']}"
    assert moderator.http.put(path, json={"title": "moderated"}).json()["user_id"] == user.id
    assert moderator.http.delete(path).status_code == 204
    assert_problem(user.http.get(path), 404)


def test_blocked_people_vanish_for_the_blocker(user, other):
    third = User()
    word = a_word()
    theirs = post(other, title=word)
    mine = post(user, title=word)
    root = comment(other, mine, "by the blocked one")
    comment(third, mine, "an answer to it", parent=root)
    kept = comment(third, mine, "by a third one")
    below = comment(other, mine, "a reply by the blocked one", parent=kept)
    answer = user.http.put(f"{BLOCKS}/{other.id}")
    assert answer.status_code == 200, answer.text
    block = answer.json()
    assert block["user_id"] == other.id
    assert block["username"] == other.tokens["user"]["username"]
    assert user.http.put(f"{BLOCKS}/{other.id}").json() == block
    assert user.get(BLOCKS)["items"] == [block]
    assert other.get(BLOCKS)["items"] == []

    assert ids(user.get(POSTS, q=word)["items"]) == [mine["id"]]
    for sort in ["new", "top", "hot"]:
        assert theirs["id"] not in ids(user.get(POSTS, sort=sort, limit=100)["items"])
    assert_problem(user.http.get(f"{POSTS}/{theirs['id']}"), 404)
    assert_problem(user.http.get(f"{POSTS}/{theirs['id']}/comments"), 404)
    tree = user.get(f"{POSTS}/{mine['id']}/comments")["items"]
    assert ids(tree) == [kept["id"]] and tree[0]["replies"] == []
    assert_problem(user.http.post(f"{COMMENTS}/{below['id']}/like"), 404)
    # Others see all of it, and the blocked one notices nothing.
    assert len(third.get(f"{POSTS}/{mine['id']}/comments")["items"]) == 2
    assert other.http.get(f"{POSTS}/{mine['id']}").status_code == 200

    for _ in range(2):
        assert user.http.delete(f"{BLOCKS}/{other.id}").status_code == 204
    assert user.get(BLOCKS)["items"] == []
    assert len(user.get(f"{POSTS}/{mine['id']}/comments")["items"]) == 2
    assert user.http.get(f"{POSTS}/{theirs['id']}").status_code == 200


def test_blocks_that_break_a_rule(user):
    assert_problem(user.http.put(f"{BLOCKS}/{user.id}"), 422)
    assert_problem(user.http.put(f"{BLOCKS}/{user.id.upper()}"), 422)
    assert_problem(user.http.put(f"{BLOCKS}/{NOBODY}"), 404)
    assert user.http.delete(f"{BLOCKS}/{NOBODY}").status_code == 204
    assert_problem(user.http.put(f"{BLOCKS}/nobody"), 404)


def test_blocks_at_once_are_one(user, other):
    answers = at_once(100, lambda number: user.http.request(
        "PUT" if number % 2 else "DELETE", f"{BLOCKS}/{other.id}"))
    assert all(answer.status_code in (200, 204, 409) for answer in answers)
    assert user.http.put(f"{BLOCKS}/{other.id}").status_code == 200
    assert len(user.get(BLOCKS)["items"]) == 1


def test_pages_of_blocks(user, crowd):
    for someone in crowd:
        user.http.put(f"{BLOCKS}/{someone.id}")
    items = pages(user, BLOCKS, limit=2)
    assert [item["user_id"] for item in items] == [someone.id for someone in reversed(crowd)]
