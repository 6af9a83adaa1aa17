"""What who follows a room is told: everything, in order, once; and what ends it."""
import time

import pytest
from focal import User
from live import Gateway, Socket, follow, headers_of
from stores import redis
from test_room_timer import SHORT, control
from test_rooms import eventually, join, leave, make_room, people

#: The tests' own system has less (`ROOM_GRACE_SECONDS`).
GRACE_SECONDS_MAX = 40


@pytest.fixture(scope="module")
def second():
    with Gateway() as gateway:
        yield gateway


def test_a_room_is_seen_first(user, other):
    room = make_room(user, work_duration=50)
    join(other, room)
    with follow(user, room) as socket:
        state = socket.next()
        assert state["type"] == "room_state" and state["room_id"] == room["id"]
        assert state["data"]["room"]["id"] == room["id"]
        assert state["data"]["timer"]["status"] == "IDLE"
        assert state["data"]["timer"]["duration_seconds"] == 3000
        assert [one["user_id"] for one in state["data"]["participants"]] == [user.id, other.id]
        assert "invite_code" not in state["data"]["room"]


def test_a_private_rooms_code_is_not_told(user):
    room = make_room(user, visibility="private")
    assert room["invite_code"]
    with follow(user, room) as socket:
        assert room["invite_code"] not in str(socket.next())


def test_events_come_in_order_with_their_numbers(user, second):
    room = make_room(user)
    with follow(user, room) as here, follow(user, room, url=second.url) as there:
        seq = here.next()["seq"]
        assert there.next()["seq"] == seq
        for action in ["start", "pause", "start", "reset"]:
            told = control(user, room, action)
            one, two = here.next(), there.next()
            assert one == two
            assert one["type"] == "timer_update" and one["seq"] == (seq := seq + 1)
            assert one["data"]["version"] == told["version"]
            assert one["data"]["status"] == told["status"]


def test_nothing_that_changes_nothing_is_told(user):
    room = make_room(user)
    with follow(user, room) as socket:
        socket.next()
        control(user, room, "pause")
        control(user, room, "reset")
        assert socket.is_silent()


def test_people_come_and_go(user, other):
    room = make_room(user)
    with follow(user, room) as socket:
        socket.next()
        join(other, room)
        joined = socket.next()
        assert joined["type"] == "participant_joined" and joined["data"]["user_id"] == other.id
        leave(other, room)
        left = socket.next()
        assert left["type"] == "participant_left" and left["data"]["user_id"] == other.id
        assert left["seq"] == joined["seq"] + 1


def test_a_phase_that_ends_by_itself_is_told(user):
    room = make_room(user, work_duration=SHORT)
    with follow(user, room) as socket, follow(user) as own:
        socket.next()
        own.next()
        control(user, room, "start")
        assert socket.next()["data"]["status"] == "RUNNING"
        done = socket.until("session_completed")
        assert done["data"]["room_id"] == room["id"] and done["data"]["duration_seconds"] == 3
        assert own.until("session_completed")["data"]["room_id"] == room["id"]


def test_who_comes_back_gets_what_was_missed(user, second):
    room = make_room(user)
    with follow(user, room) as socket:
        seq = socket.next()["seq"]
        control(user, room, "start")
        known = socket.next()["seq"]
        assert known == seq + 1
    for action in ["pause", "start", "pause"]:
        control(user, room, action)
    for url in [None, second.url]:
        options = {"url": url} if url else {}
        with follow(user, room, since=known, **options) as socket:
            missed = [socket.next() for _ in range(3)]
            assert [one["seq"] for one in missed] == [known + 1, known + 2, known + 3]
            assert [one["data"]["status"] for one in missed] == ["PAUSED", "RUNNING", "PAUSED"]
            assert socket.is_silent()


def test_who_was_away_too_long_gets_a_snapshot(user):
    room = make_room(user)
    for _ in range(150):
        control(user, room, "start")
        control(user, room, "pause")
    for since in [0, 1, 9999999]:
        with follow(user, room, since=since) as socket:
            assert socket.next()["type"] == "room_state"


def test_ones_own_events_go_on_where_they_were_left(user, other):
    with follow(user) as socket:
        seq = socket.next()["seq"]
    send = {"receiver_id": user.id, "content": "hello"}
    assert other.http.post("/api/v1/messages/send", json=send).status_code == 201
    with follow(user, since=seq) as socket:
        seen = socket.until("message_received")
        assert seen["data"]["content"] == "hello" and seen["seq"] > seq


def test_who_leaves_is_told_and_closed(user, other, second):
    room = make_room(user)
    join(other, room)
    with follow(other, room) as here, follow(other, room, url=second.url) as there:
        here.next(), there.next()
        leave(other, room)
        for socket in [here, there]:
            assert socket.until("participant_left")["data"]["user_id"] == other.id
            assert socket.close_code(1) == 4403


def test_a_room_that_is_closed_closes_its_sockets(user, other):
    room = make_room(user)
    join(other, room)
    with follow(user, room) as mine, follow(other, room) as theirs:
        mine.next(), theirs.next()
        assert user.http.delete(f"/api/v1/rooms/{room['id']}").status_code == 204
        assert mine.close_code(1) == 4403 and theirs.close_code(1) == 4403


def test_a_gateway_that_ends_says_so_with_everything_told(user):
    room = make_room(user)
    with Gateway() as gateway:
        with follow(user, room) as elsewhere, follow(user, room, url=gateway.url) as socket:
            elsewhere.next(), socket.next()
            control(user, room, "start")
            # Nobody who changes something waits until it is told; now it is.
            elsewhere.until("timer_update")
            gateway.stop()
            assert socket.until("timer_update")["data"]["status"] == "RUNNING"
            assert socket.close_code() == 1001
        assert gateway.wait() == 0


def test_presence_follows_the_sockets(user, other, second):
    room = make_room(user)
    join(other, room)
    with follow(user, room) as socket:
        socket.next()
        with follow(other, room), follow(other, room, url=second.url):
            pass
        # The grace has not passed: nobody is told anything.
        assert socket.is_silent()
        assert {one["status"] for one in people(user, room)} == {"active"}


def test_who_has_no_socket_for_the_grace_is_idle_and_their_time_goes_on(user, other, second):
    room = make_room(user)
    join(other, room)
    control(user, room, "start")
    with follow(user, room) as socket:
        socket.next()
        with follow(other, room, url=second.url) as theirs:
            theirs.next()
            began = time.monotonic()
        gone = socket.until("participant_status", timeout=GRACE_SECONDS_MAX, status="idle")
        assert gone["data"]["user_id"] == other.id
        assert time.monotonic() - began > 1
        with follow(other, room) as theirs:
            seen = theirs.next()["data"]["participants"]
            assert [one["status"] for one in seen] == ["active", "active"]
            back = socket.next()
            assert (back["type"], back["seq"]) == ("participant_status", gone["seq"] + 1)
            assert back["data"]["status"] == "active"
        control(user, room, "complete")
    (mine,), (theirs,) = user.logs(), other.logs()
    assert theirs["duration_seconds"] == mine["duration_seconds"] > 0


def test_who_says_that_they_are_idle_stays_so(user, other):
    room = make_room(user)
    join(other, room)
    with follow(user, room) as socket:
        socket.next()
        with follow(other, room) as theirs:
            theirs.next()
            theirs.say("status", status="idle")
            assert socket.next()["data"]["status"] == "idle"
        with follow(other, room) as theirs:
            seen = theirs.next()["data"]["participants"]
            assert [one["status"] for one in seen] == ["active", "idle"]
        assert socket.is_silent()


def test_a_slow_reader_is_dropped_and_nobody_else(user, other):
    """Who does not read fills its queue; the others get everything."""
    room = make_room(user)
    join(other, room)
    with Gateway() as gateway, follow(user, room, url=gateway.url) as fast:
        slow = Socket(
            f"/api/v1/ws/{room['id']}", headers_of(other), gateway.url, compression=None, max_queue=1)
        seq = fast.next()["seq"]
        before = gateway.metric("websocket_dropped_total")
        sent = 0
        while gateway.metric("websocket_dropped_total") == before:
            assert sent < 40000
            for _ in range(50):
                control(user, room, "start")
                control(user, room, "pause")
                sent += 2
                for _ in range(2):
                    message = fast.next()
                    assert message["seq"] == (seq := seq + 1)
        assert slow.close_code() in (1013, 1006)


def test_redis_may_forget_everything(user, second):
    """Sockets stay, and nothing is lost or told twice."""
    room = make_room(user)
    with follow(user, room) as here, follow(user, room, url=second.url) as there:
        here.next(), there.next()
        control(user, room, "start")
        redis("FLUSHALL")
        control(user, room, "pause")
        for socket in [here, there]:
            assert [socket.next()["data"]["status"] for _ in range(2)] == ["RUNNING", "PAUSED"]
            assert socket.is_silent()


def test_redis_may_be_away_for_a_while(user):
    """What happened meanwhile is caught up with."""
    room = make_room(user)
    with follow(user, room) as socket:
        seq = socket.next()["seq"]
        redis("CLIENT", "KILL", "TYPE", "pubsub")
        for action in ["start", "pause"]:
            control(user, room, action)
        told = [socket.next() for _ in range(2)]
        assert [one["seq"] for one in told] == [seq + 1, seq + 2]
        start = time.monotonic()
        eventually(lambda: socket.is_silent())
        assert time.monotonic() - start < 5


def test_many_users_follow_at_once():
    host = User()
    room = make_room(host)
    others = [User() for _ in range(5)]
    for other in others:
        join(other, room)
    sockets = [follow(one, room) for one in [host, *others]]
    states = [socket.next() for socket in sockets]
    control(host, room, "start")
    for socket, state in zip(sockets, states):
        assert socket.until("timer_update")["seq"] >= state["seq"]
        socket.connection.close()
