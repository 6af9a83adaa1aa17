"""Webhooks: notifications posted to a server of the user's, signed, tried again, with a log."""
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from database import sql
from focal import assert_problem, fields_of
from webhooks import HOOKS, Receiver, create, deliveries, notify, settled, verify

KINDS = [
    "badge_awarded", "reply", "like", "message", "timer_done", "room_invitation",
    "session_completed"]


def test_a_notification_is_delivered_and_signed(user, other):
    with Receiver() as receiver:
        hook = create(user, receiver.url)
        assert hook["events"] == ["message"]
        assert len(hook["secret"]) >= 32
        notify(other, user)
        request = receiver.wait(1)[0]
        body = verify(request, hook["secret"])
        assert request[0] == "/hook"
        assert request[1]["Content-Type"] == "application/json"
        assert request[1]["Focal-Event"] == body["event"] == "message"
        assert request[1]["Focal-Delivery"] == body["id"]
        listed = user.get("/api/v1/notifications")["items"][0]
        assert body["notification"]["id"] == listed["id"]
        assert body["notification"]["text"] == listed["text"]
        delivery = settled(user, hook, "delivered")[0]
        assert delivery["id"] == body["id"]
        assert delivery["notification_id"] == listed["id"]
        assert delivery["status_code"] == 200
        assert delivery["attempts"] == 1
        assert "next_attempt_at" not in delivery


def test_a_secret_is_sealed_in_the_database(user):
    hook = create(user, "https://example.com/hook", secret="a secret of one's own")
    row = "".join(sql(
        "SELECT webhooks::text || encode(sealed, 'escape') FROM messaging.webhooks WHERE id = :'id'",
        id=hook["id"]))
    assert "example.com/hook" in row and "a secret of" not in row


def test_a_completed_session_is_delivered_once(user):
    with Receiver() as receiver:
        hook = create(user, receiver.url, events=["session_completed"])
        quiet = create(user, receiver.url, events=["badge_awarded"], secret="another one's secret")
        logged = user.log(25)
        request = receiver.wait_for("session_completed")
        body = verify(request, hook["secret"])
        assert body["event"] == "session_completed" and "notification" not in body
        session = body["session"]
        assert session["session_id"] == logged["id"]
        assert session["session_type"] == "work" and session["duration_minutes"] == 25
        assert session["end_time"] == logged["end_time"] == body["created_at"]
        [delivery] = settled(user, hook, "delivered")
        assert delivery["event"] == "session_completed"
        assert delivery["session_id"] == logged["id"] and "notification_id" not in delivery
        # Edits and deletions are no completions; the next session is.
        path = f"/api/v1/sessions/{logged['id']}"
        assert user.http.patch(path, json={"duration_minutes": 10}).status_code == 200
        assert user.http.delete(path).status_code in (200, 204)
        last = user.log(5)
        deadline = time.monotonic() + 15
        while len(items := deliveries(user, hook)) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert [item["session_id"] for item in items] == [last["id"], logged["id"]]
        assert all(item["event"] == "badge_awarded" for item in deliveries(user, quiet))


def test_a_failed_delivery_is_sent_again(user, other):
    with Receiver([500, 302]) as receiver:
        hook = create(user, receiver.url, secret="a secret of one's own")
        assert hook["secret"] == "a secret of one's own"
        notify(other, user)
        requests = receiver.wait(3)
        bodies = [verify(request, hook["secret"]) for request in requests]
        assert bodies[0] == bodies[1] == bodies[2]
        delivery = settled(user, hook, "delivered")[0]
        assert delivery["attempts"] == 3
        time.sleep(1.2)
        assert len(receiver.requests) == 3


def test_a_receiver_that_is_gone_is_given_up(user, other):
    with Receiver([410]) as receiver:
        hook = create(user, receiver.url)
        notify(other, user)
        delivery = settled(user, hook, "failed")[0]
        assert delivery["status_code"] == 410
        assert delivery["attempts"] == 1


def test_a_receiver_that_is_away_is_tried_again(user, other):
    with Receiver() as receiver:
        url = receiver.url
    hook = create(user, url)
    notify(other, user)
    deadline = time.monotonic() + 15
    while not any("error" in item for item in deliveries(user, hook)):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    delivery = deliveries(user, hook)[0]
    assert delivery["error"] == "unreachable"
    assert delivery["status"] == "pending"
    assert delivery["next_attempt_at"] > delivery["attempted_at"]


def test_a_slow_receiver_holds_up_nobody(user, other):
    with Receiver(delay=5) as slow, Receiver() as quick:
        create(user, slow.url)
        create(user, quick.url)
        for number in range(3):
            notify(other, user, f"number {number}")
        quick.wait(3, seconds=4)
        assert len(slow.requests) == 1


def test_only_the_kinds_that_were_asked_for(user, other):
    with Receiver() as receiver:
        quiet = create(user, receiver.url, events=["reply", "like"])
        hook = create(user, receiver.url, events=KINDS)
        notify(other, user)
        settled(user, hook, "delivered")
        assert deliveries(user, quiet) == []


def test_the_secret_is_shown_once(user):
    hook = create(user, "https://example.com/hook", events=["reply", "like", "reply"])
    assert hook["events"] == ["reply", "like"]
    listed = user.get(HOOKS)["items"]
    assert listed == [{name: value for name, value in hook.items() if name != "secret"}]


def test_a_deleted_webhook_gets_nothing(user, other):
    with Receiver() as receiver:
        hook = create(user, receiver.url)
        assert user.http.delete(f"{HOOKS}/{hook['id']}").status_code == 204
        assert_problem(user.http.delete(f"{HOOKS}/{hook['id']}"), 404)
        assert_problem(user.http.get(f"{HOOKS}/{hook['id']}/deliveries"), 404)
        notify(other, user)
        time.sleep(1.5)
        assert receiver.requests == []


def test_ten_at_the_most(user):
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(
            lambda _: user.http.post(
                HOOKS, json={"url": "https://example.com/", "events": ["like"]}), range(30)))
    assert sorted(answer.status_code for answer in answers) == [201] * 10 + [409] * 20
    first = user.get(HOOKS, limit=7)
    second = user.get(HOOKS, limit=7, cursor=first["next_cursor"])
    assert "next_cursor" not in second
    ids = [hook["id"] for hook in first["items"] + second["items"]]
    assert len(set(ids)) == 10 and ids == sorted(ids, reverse=True)


def test_others_webhooks_are_not_there(user, other):
    hook = create(user, "https://example.com/hook")
    for path in [f"{HOOKS}/{hook['id']}", f"{HOOKS}/01890000-0000-7000-8000-000000000000"]:
        assert_problem(other.http.delete(path), 404)
        assert_problem(other.http.get(f"{path}/deliveries"), 404)
    assert other.get(HOOKS)["items"] == []


def test_only_users(anyone):
    assert_problem(anyone.get(HOOKS), 401)
    assert_problem(anyone.post(HOOKS, json={}), 401)
    assert_problem(anyone.delete(f"{HOOKS}/01890000-0000-7000-8000-000000000000"), 401)


@pytest.mark.parametrize("fields, broken", [
    ({"url": "ftp://example.com/"}, "url"), ({"url": "not a url"}, "url"),
    ({"url": "https://"}, "url"), ({"url": "https://user:secret@example.com/"}, "url"),
    ({"url": "https://exa mple.com/"}, "url"), ({"url": "https://example.com:99999/"}, "url"),
    ({"url": "https://example.com/" + "x" * 2048}, "url"), ({"events": []}, "events"),
    ({"secret": "short"}, "secret"), ({"events": None}, "events"), ({"url": None}, "url"),
])
def test_rules(user, fields, broken):
    body = {"url": "https://example.com/hook", "events": ["message"]} | fields
    body = {name: value for name, value in body.items() if value is not None}
    problem = assert_problem(user.http.post(HOOKS, json=body), 422)
    assert fields_of(problem) == {broken}


def test_the_log_has_pages(user, other):
    with Receiver() as receiver:
        hook = create(user, receiver.url)
        for number in range(5):
            notify(other, user, f"number {number}")
        settled(user, hook, "delivered")
        page = user.get(f"{HOOKS}/{hook['id']}/deliveries", limit=3)
        rest = user.get(f"{HOOKS}/{hook['id']}/deliveries", limit=3, cursor=page["next_cursor"])
        ids = [item["id"] for item in page["items"] + rest["items"]]
        assert len(set(ids)) == 5
        times = [item["created_at"] for item in page["items"] + rest["items"]]
        assert times == sorted(times, reverse=True)


def test_the_end_of_the_account_ends_its_webhooks(user, other):
    with Receiver() as receiver:
        create(user, receiver.url)
        answer = user.http.request("DELETE", "/api/v1/auth/me", json={"password": user.password})
        assert answer.status_code == 204, answer.text
        other.http.post("/api/v1/messages/send", json={"receiver_id": user.id, "content": "hello"})
        time.sleep(1.5)
        assert receiver.requests == []
