"""Messages between two users: conversations, what was read, who may see and send what."""
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from focal import PASSWORD, User, assert_problem, fields_of

MESSAGES = "/api/v1/messages"
NOBODY = "01890000-0000-7000-8000-000000000000"
#: The paths of the seed, and how they may be spelled.
SPELLINGS = [
    "/messages{}", "/messages{}/", "/api/messages{}", "/api/messages{}/", "/api/v1/messages{}",
    "/api/v1/messages{}/"]


def send(sender, receiver, content="hello"):
    answer = sender.http.post(
        f"{MESSAGES}/send", json={"receiver_id": receiver.id, "content": content})
    assert answer.status_code == 201, answer.text
    return answer.json()


def unread(user):
    return user.get(f"{MESSAGES}/unread-count")["unread_count"]


def conversations(user, **query):
    return user.get(f"{MESSAGES}/conversations", **query)


def conversation(user, id, **query):
    return user.get(f"{MESSAGES}/conversations/{id}", **query)


def read(user, id, **body):
    answer = user.http.post(f"{MESSAGES}/conversations/{id}/read", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_message_makes_the_conversation(user, other):
    sent = send(user, other, "  h\u00e9llo \U0001f600\n")
    assert sent["content"] == "  h\u00e9llo \U0001f600\n"
    assert (sent["sender_id"], sent["receiver_id"]) == (user.id, other.id)
    assert not sent["is_read"] and sent["created_at"].endswith("Z")
    for me, them, count in [(user, other, 0), (other, user, 1)]:
        listed = conversations(me)
        assert "next_cursor" not in listed
        [mine] = listed["items"]
        assert mine["id"] == sent["conversation_id"]
        assert {mine["user1_id"], mine["user2_id"]} == {user.id, other.id}
        assert mine["user1_id"] < mine["user2_id"]
        assert mine["other_user"]["id"] == them.id
        assert mine["other_user"]["username"] == them.tokens["user"]["username"]
        assert mine["last_message"] == sent
        assert mine["last_message_at"] == sent["created_at"] == mine["created_at"]
        assert mine["unread_count"] == count == unread(me)
        assert "messages" not in mine
        assert conversation(me, mine["id"]) == mine | {"messages": {"items": [sent]}}
    answer = send(other, user, "back")
    assert answer["conversation_id"] == sent["conversation_id"]
    assert answer["id"] > sent["id"]


def test_the_seed_s_five_routes_at_every_spelling(user, other):
    for spelling in SPELLINGS:
        body = {"receiverId": other.id, "content": "at " + spelling}
        answer = user.http.post(spelling.format("/send"), json=body)
        assert answer.status_code == 201, f"{spelling} {answer.text}"
        id = answer.json()["conversation_id"]
        one = spelling.format(f"/conversations/{id}")
        assert other.get(spelling.format("/unread-count")) == {"unread_count": 1}
        assert other.get(spelling.format("/conversations"))["items"][0]["id"] == id
        assert other.get(one)["messages"]["items"][0] == answer.json()
        # The seed's call has no body.
        assert other.http.post(spelling.format(f"/conversations/{id}/read")).status_code == 200
        assert other.get(spelling.format("/unread-count")) == {"unread_count": 0}


def test_first_messages_at_once_make_one_conversation(user, other):
    def first(number):
        pair = (user, other) if number % 2 else (other, user)
        return send(*pair, f"first {number}")

    with ThreadPoolExecutor(100) as pool:
        sent = list(pool.map(first, range(100)))
    assert len({message["conversation_id"] for message in sent}) == 1
    assert len({message["id"] for message in sent}) == 100
    assert len(conversations(user)["items"]) == len(conversations(other)["items"]) == 1
    assert (unread(user), unread(other)) == (50, 50)
    items = messages(user, sent[0]["conversation_id"])
    assert {message["id"] for message in items} == {message["id"] for message in sent}


def messages(user, id, limit=30):
    """All of a conversation, page by page."""
    items, cursor = [], {}
    while True:
        page = conversation(user, id, limit=limit, **cursor)["messages"]
        items += page["items"]
        assert len(page["items"]) <= limit
        if not page.get("next_cursor"):
            return items
        cursor = {"cursor": page["next_cursor"]}


def test_pages_of_messages_neither_skip_nor_repeat(user, other):
    sent = [send(user, other, str(number)) for number in range(7)]
    id = sent[0]["conversation_id"]
    first = conversation(user, id, limit=3)["messages"]
    late = send(other, user, "late")
    rest = messages(user, id, limit=2)
    assert [message["content"] for message in rest] == ["late", "6", "5", "4", "3", "2", "1", "0"]
    second = conversation(user, id, limit=3, cursor=first["next_cursor"])["messages"]
    assert [message["content"] for message in first["items"] + second["items"]] == list("654321")
    assert late["id"] == max(message["id"] for message in rest)
    assert_problem(user.http.get(f"{MESSAGES}/conversations/{id}?cursor=x"), 422)
    assert_problem(user.http.get(f"{MESSAGES}/conversations/{id}?limit=101"), 422)


def test_pages_of_conversations(user):
    others = [User() for _ in range(5)]
    for other in others:
        send(other, user)
    send(user, others[0])
    order = [others[0], *reversed(others[1:])]
    found, cursor = [], {}
    while True:
        page = conversations(user, limit=2, **cursor)
        found += page["items"]
        if not page.get("next_cursor"):
            break
        cursor = {"cursor": page["next_cursor"]}
    assert [item["other_user"]["id"] for item in found] == [other.id for other in order]
    assert unread(user) == 5
    assert_problem(user.http.get(f"{MESSAGES}/conversations?cursor=x"), 422)


def test_read_means_up_to_a_message(user, other):
    sent = [send(user, other, str(number)) for number in range(4)]
    id = sent[0]["conversation_id"]
    assert read(other, id, up_to_message_id=sent[1]["id"])["unread_count"] == 2
    assert read(other, id, up_to_message_id=sent[0]["id"])["unread_count"] == 2  # Never back.
    assert unread(other) == 2 and unread(user) == 0
    seen = [message["is_read"] for message in messages(user, id)]
    assert seen == [False, False, True, True]
    send(user, other, "meanwhile")
    assert read(other, id, upToMessageId=sent[3]["id"])["unread_count"] == 1
    assert read(other, id)["unread_count"] == 0
    assert all(message["is_read"] for message in messages(other, id))


def test_what_arrives_while_one_reads_stays_unread(user, other):
    first = send(user, other, "first")
    id = first["conversation_id"]

    def race(number):
        if number % 2:
            return send(user, other, str(number))
        return read(other, id, up_to_message_id=first["id"])

    with ThreadPoolExecutor(100) as pool:
        list(pool.map(race, range(100)))
    assert unread(other) == conversations(other)["items"][0]["unread_count"] == 50
    assert sum(not message["is_read"] for message in messages(other, id)) == 50


def test_only_the_two_see_a_conversation(user, other):
    third = User()
    sent = send(user, other)
    path = f"{MESSAGES}/conversations/{sent['conversation_id']}"
    assert_problem(third.http.get(path), 404)
    assert_problem(third.http.post(path + "/read", json={}), 404)
    assert_problem(third.http.post(path + "/read", json={"up_to_message_id": sent["id"]}), 404)
    assert_problem(third.http.get(f"{MESSAGES}/conversations/{NOBODY}"), 404)
    assert_problem(third.http.get(f"{MESSAGES}/conversations/x"), 404)
    assert conversations(third)["items"] == [] and unread(third) == 0
    assert unread(other) == 1


def test_reading_up_to_what_is_not_there(user, other):
    sent = send(user, other)
    elsewhere = send(user, User())
    path = f"{MESSAGES}/conversations/{sent['conversation_id']}/read"
    for id in [NOBODY, "x", elsewhere["id"]]:
        assert_problem(other.http.post(path, json={"up_to_message_id": id}), 404)
    assert unread(other) == 1


@pytest.mark.parametrize("body, fields", [
    ({"content": ""}, {"content"}), ({"content": "x" * 4001}, {"content"}), ({}, {"content"}),
    ({"content": "nul \0"}, {"content"}), ({"receiver_id": None, "content": "x"}, {"receiver_id"})])
def test_a_message_that_breaks_a_rule(body, fields, user, other):
    problem = assert_problem(
        user.http.post(f"{MESSAGES}/send", json={"receiver_id": other.id} | body), 422)
    assert fields_of(problem) == fields
    assert conversations(user)["items"] == []


def test_4000_characters_are_the_most(user, other):
    content = "\U0001f600" * 4000
    assert send(user, other, content)["content"] == content


def test_no_message_to_oneself(user):
    for id in [user.id, user.id.upper()]:
        body = {"receiver_id": id, "content": "me"}
        problem = assert_problem(user.http.post(f"{MESSAGES}/send", json=body), 422)
        assert fields_of(problem) == {"receiver_id"}


@pytest.mark.parametrize("id", [NOBODY, "x", "01890000-0000-7000-8000-00000000000g"])
def test_a_receiver_who_is_not_there(id, user):
    body = {"receiver_id": id, "content": "hello"}
    assert_problem(user.http.post(f"{MESSAGES}/send", json=body), 404, "no_user")


def test_a_blocked_sender_learns_no_more_than_of_an_unknown_user(user, other):
    sent = send(user, other)
    assert other.http.put(f"/api/v1/blocks/{user.id}").status_code < 300

    def refusal(id):
        body = {"receiver_id": id, "content": "hello"}
        began = time.perf_counter()
        problem = assert_problem(user.http.post(f"{MESSAGES}/send", json=body), 404)
        took = time.perf_counter() - began
        return {key: problem[key] for key in problem if key != "request_id"}, took

    times = {other.id: [], NOBODY: []}
    for _ in range(20):
        for id in times:
            problem, took = refusal(id)
            times[id].append(took)
            assert problem == refusal(NOBODY)[0]
    blocked, unknown = (sorted(took)[5] for took in times.values())
    assert blocked < 3 * unknown and unknown < 3 * blocked, (blocked, unknown)
    assert unread(other) == 1
    assert other.http.delete(f"/api/v1/blocks/{user.id}").status_code < 300
    assert send(user, other)["conversation_id"] == sent["conversation_id"]


def test_nobody_reads_or_writes_without_a_token(anyone):
    for path in ["/conversations", "/unread-count", f"/conversations/{NOBODY}"]:
        assert_problem(anyone.get(MESSAGES + path), 401)
    assert_problem(anyone.post(f"{MESSAGES}/send", json={}), 401)
    assert_problem(anyone.post(f"{MESSAGES}/conversations/{NOBODY}/read"), 401)


def test_a_new_name_is_shown(user, other):
    send(user, other)
    name = "new-" + user.id[-12:]
    user.update(username=name, image="https://example.com/me.png")
    shown = conversations(other)["items"][0]["other_user"]
    assert shown == {"id": user.id, "username": name, "image": "https://example.com/me.png"}

def test_a_deleted_account_leaves_only_what_others_wrote(user, other):
    silent = User()
    send(user, other, "from the one who goes")
    mine = send(other, user, "from the one who stays")
    send(user, silent, "never answered")
    answer = user.http.request("DELETE", "/api/v1/auth/me", json={"password": PASSWORD})
    assert answer.status_code == 204, answer.text
    [left] = conversations(other)["items"]
    assert left["other_user"] == {"id": user.id, "username": ""}
    assert left["last_message"]["id"] == mine["id"] and left["unread_count"] == 0
    assert [message["id"] for message in messages(other, left["id"])] == [mine["id"]]
    assert conversations(silent)["items"] == [] and unread(silent) == 0
    assert other.get("/api/v1/notifications")["items"] == []
    body = {"receiver_id": user.id, "content": "are you there?"}
    assert_problem(other.http.post(f"{MESSAGES}/send", json=body), 404, "no_user")
