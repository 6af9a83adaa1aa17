"""What users are told: by messages and by the community, as they wish, once each."""
from concurrent.futures import ThreadPoolExecutor

import pytest
from focal import User, assert_problem, fields_of
from test_direct_messages import NOBODY, send

NOTIFICATIONS = "/api/v1/notifications"
PREFERENCES = f"{NOTIFICATIONS}/preferences"
KINDS = {"badge_awarded", "reply", "like", "message", "timer_done", "room_invitation"}


def notifications(user, **query):
    return user.get(NOTIFICATIONS, **query)["items"]


def read(user, **body):
    answer = user.http.post(f"{NOTIFICATIONS}/read", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["unread_count"]


def prefer(user, **kinds):
    answer = user.http.put(PREFERENCES, json=kinds)
    assert answer.status_code == 200, answer.text
    return answer.json()


def kinds_by_others(user):
    """Without the badges, which one may earn by writing a post."""
    return [told["kind"] for told in notifications(user) if told["kind"] != "badge_awarded"]


def a_post(user):
    answer = user.http.post("/api/v1/community/posts", json={
        "title": "News", "content": "Something happened.", "category": "general"})
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_message_notifies_its_receiver(user, other):
    sent = send(user, other)
    [told] = notifications(other)
    assert told["kind"] == "message" and told["subject_id"] == sent["id"]
    assert user.tokens["user"]["username"] in told["text"] and "hello" not in told["text"]
    assert not told["is_read"] and told["created_at"] == sent["created_at"]
    assert notifications(user) == []


def test_a_reply_and_a_like_notify_the_author(user, other):
    post = a_post(user)
    path = f"/api/v1/community/posts/{post['id']}"
    assert other.http.post(f"{path}/comments", json={"content": "Well said."}).status_code == 201
    for _ in range(3):
        assert other.http.put(f"{path}/like").status_code == 200
    assert sorted(kinds_by_others(user)) == ["like", "reply"]
    assert notifications(other) == []


def test_a_hundred_likes_at_once_notify_once(user, other):
    path = f"/api/v1/community/posts/{a_post(user)['id']}/like"
    with ThreadPoolExecutor(100) as pool:
        list(pool.map(lambda _: other.http.put(path), range(100)))
    assert kinds_by_others(user) == ["like"]


def test_an_awarded_badge_is_told_once(user):
    user.log()
    told = [item for item in notifications(user) if item["kind"] == "badge_awarded"]
    assert told and len({item["subject_id"] for item in told}) == len(told)
    for item in told:
        answer = user.http.post("/api/v1/badges/user", json={"badge_id": item["subject_id"]})
        assert answer.status_code == 200, answer.text  # Awarded before.
    assert [item for item in notifications(user) if item["kind"] == "badge_awarded"] == told


def test_all_kinds_are_wanted_until_one_is_not(user, other):
    assert user.get(PREFERENCES) == {kind: True for kind in KINDS}
    assert prefer(other, message=False) == {kind: kind != "message" for kind in KINDS}
    assert prefer(other, like=False)["message"] is False
    send(user, other)
    assert notifications(other) == []
    assert prefer(other, message=True) == {kind: kind != "like" for kind in KINDS}
    assert other.get(PREFERENCES)["like"] is False
    assert notifications(other) == []
    send(user, other)
    assert len(notifications(other)) == 1
    assert user.get(PREFERENCES) == {kind: True for kind in KINDS}


def test_preferences_are_checked(user):
    assert_problem(user.http.put(PREFERENCES, json={"message": "no"}), 400)
    assert_problem(user.http.put(PREFERENCES, json={"mail": True}), 400)


def test_whom_one_blocks_tells_nothing(user, other):
    post = a_post(user)
    assert user.http.put(f"/api/v1/blocks/{other.id}").status_code < 300
    other.http.put(f"/api/v1/community/posts/{post['id']}/like")
    assert kinds_by_others(user) == []


def test_reading_by_id_and_up_to_one(user, other):
    for number in range(5):
        send(user, other, str(number))
    third = User()
    send(user, third)
    listed = notifications(other)
    assert read(other, ids=[listed[0]["id"], notifications(third)[0]["id"], NOBODY]) == 4
    assert read(other, up_to_id=listed[3]["id"]) == 2
    assert read(other, up_to_id=listed[4]["id"]) == 2
    left = [told["id"] for told in notifications(other, unread="true")]
    assert left == [listed[1]["id"], listed[2]["id"]]
    assert len(notifications(other, unread="false")) == 3
    assert [told["is_read"] for told in notifications(other)] == [True, False, False, True, True]
    assert read(other) == 0
    assert len(notifications(third, unread="true")) == 1


def test_reading_up_to_what_is_not_there(user, other):
    send(user, other)
    [told] = notifications(other)
    for id in [NOBODY, "x", told["id"]]:
        assert_problem(user.http.post(f"{NOTIFICATIONS}/read", json={"up_to_id": id}), 404)
    problem = assert_problem(
        user.http.post(f"{NOTIFICATIONS}/read", json={"ids": [NOBODY] * 101}), 422)
    assert fields_of(problem) == {"ids"}
    assert read(user) == 0 and len(notifications(other, unread="true")) == 1


def test_what_arrives_while_one_reads_stays_unread(user, other):
    send(user, other)
    first = notifications(other)[0]["id"]

    def race(number):
        return send(user, other, str(number)) if number % 2 else read(other, up_to_id=first)

    with ThreadPoolExecutor(100) as pool:
        list(pool.map(race, range(100)))
    assert read(other, up_to_id=first) == 50


def test_pages_neither_skip_nor_repeat(user, other):
    for number in range(5):
        send(user, other, str(number))
    all_of_them = notifications(other)
    first = other.get(NOTIFICATIONS, limit=2)
    send(user, other, "late")
    rest, cursor = [], first["next_cursor"]
    while cursor:
        page = other.get(NOTIFICATIONS, limit=2, cursor=cursor)
        rest += page["items"]
        cursor = page.get("next_cursor")
    assert first["items"] + rest == all_of_them
    assert_problem(other.http.get(f"{NOTIFICATIONS}?cursor=!"), 422)
    assert_problem(other.http.get(f"{NOTIFICATIONS}?limit=0"), 422)


@pytest.mark.parametrize("method, path", [
    ("GET", ""), ("POST", "/read"), ("GET", "/preferences"), ("PUT", "/preferences")])
def test_nobody_is_told_anything_without_a_token(method, path, anyone):
    assert_problem(anyone.request(method, NOTIFICATIONS + path), 401)
