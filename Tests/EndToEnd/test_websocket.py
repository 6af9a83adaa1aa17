"""Who may open a WebSocket, by what, and what a client may say over it."""
import json
import os
import time
from pathlib import Path

import jwt
import pytest
from database import ROOT, sql
from focal import URL, User, an_address, assert_problem, client
from live import Gateway, Socket, follow, headers_of
from test_rooms import UNKNOWN, eventually, join, leave, make_room
from websockets.exceptions import InvalidStatus

TICKET = "/api/v1/ws/ticket"
OWN = "/api/v1/ws"
HANDSHAKE = {
    "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
APP = "https://app.example"  # In CORS_ORIGINS of the tests.


def ticket_of(user):
    answer = user.http.post(TICKET)
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert body["expires_in"] == 30 and set(body) == {"ticket", "expires_in"}
    return body["ticket"]


def refused(path, headers, status, code=None):
    """The problem that comes instead of an upgrade."""
    with pytest.raises(InvalidStatus) as caught:
        Socket(path, {"X-Forwarded-For": an_address()} | headers)
    response = caught.value.response
    assert response.status_code == status, response.body
    assert response.headers["content-type"].split(";")[0] == "application/problem+json"
    problem = json.loads(response.body)
    assert problem["status"] == status and (code is None or problem["code"] == code), problem
    return response


def cookie(user):
    return {"Cookie": f"token={user.tokens['access_token']}"}


# MARK: By what

def test_a_token_opens_ones_own_socket(user):
    with follow(user) as socket:
        first = socket.next()
        assert first["type"] == "user_state" and first["seq"] > 0
        assert first["data"] == {"unread_messages": 0, "unread_notifications": 0}
        assert "room_id" not in first and first["server_time"].endswith("Z")
    for path in ["/ws", "/api/ws", "/api/v1/ws/"]:
        with Socket(path, headers_of(user)) as socket:
            assert socket.next()["type"] == "user_state"


def test_a_room_is_followed_at_each_path(user):
    room = make_room(user)
    for path in ["/api/v1/ws", "/api/ws", "/ws"]:
        with Socket(f"{path}/{room['id']}", headers_of(user)) as socket:
            assert socket.next()["type"] == "room_state"


def test_without_a_token_nothing_opens(user):
    assert refused(OWN, {}, 401, "no_token").headers["www-authenticate"].startswith("Bearer")
    refused(OWN, {"Authorization": "Bearer nonsense"}, 401, "invalid_token")
    refused(OWN + "?ticket=nonsense", {}, 401, "invalid_ticket")
    refused(OWN + "?token=" + user.tokens["access_token"], {}, 400, "malformed")


def test_a_ticket_opens_one_socket(user):
    ticket = ticket_of(user)
    with Socket(f"{OWN}?ticket={ticket}", {}) as socket:
        assert socket.next()["type"] == "user_state"
    refused(f"{OWN}?ticket={ticket}", {}, 401, "invalid_ticket")
    assert sql("SELECT count(*) FROM auth.tickets t JOIN auth.devices d ON d.id = t.device_id "
               "WHERE d.user_id = :'id'", id=user.id) == ["0"]


def test_a_ticket_is_no_token(user):
    ticket = ticket_of(user)
    http = client(Authorization=f"Bearer {ticket}")
    assert_problem(http.get("/api/v1/auth/me"), 401)
    rows = sql("SELECT row_to_json(t) FROM auth.tickets t")
    assert not any(ticket in row for row in rows)


def test_a_request_that_is_no_handshake_spends_no_ticket(user, anyone):
    ticket = ticket_of(user)
    answer = anyone.get(f"{OWN}?ticket={ticket}")
    assert_problem(answer, 426)
    with Socket(f"{OWN}?ticket={ticket}", {}):
        pass


def test_a_ticket_ends_with_its_device(user):
    ticket = ticket_of(user)
    assert user.http.post("/api/v1/auth/logout").status_code in (200, 204)
    refused(f"{OWN}?ticket={ticket}", {}, 401, "invalid_ticket")


def test_a_token_that_only_reads_makes_a_ticket(user):
    token = user.http.post(
        "/api/v1/auth/tokens", json={"name": "script", "scope": "read"}).json()["token"]
    http = client(Authorization=f"Bearer {token}")
    room = make_room(user)
    with Socket(f"/api/v1/ws/{room['id']}?ticket={http.post(TICKET).json()['ticket']}", {}) as one:
        assert one.next()["type"] == "room_state"
        one.say("status", status="idle")
        assert one.until("error")["data"]["code"] == "read_only"
    with Socket(OWN, {"Authorization": f"Bearer {token}"}) as two:
        assert two.next()["type"] == "user_state"


def test_a_cookie_works_from_pages_of_ones_own_origin_only(user):
    host = URL.split("://")[1]
    for origin in [f"http://{host}", APP]:
        with Socket(OWN, cookie(user) | {"Origin": origin}) as socket:
            assert socket.next()["type"] == "user_state"
    for headers in [{"Origin": "https://evil.example"}, {}, {"Sec-Fetch-Site": "cross-site"}]:
        refused(OWN, cookie(user) | headers, 403, "cross_site")


# MARK: The handshake

@pytest.mark.parametrize("change, status", [
    ({"Upgrade": "h2c"}, 426), ({"Connection": "keep-alive"}, 426),
    ({"Sec-WebSocket-Version": "8"}, 426), ({"Sec-WebSocket-Key": "short"}, 400),
    ({"Sec-WebSocket-Key": None}, 400), ({"Sec-WebSocket-Extensions": "a;;"}, 400)])
def test_what_is_no_handshake_is_refused(user, change, status):
    headers = {name: value for name, value in (HANDSHAKE | change).items() if value is not None}
    answer = user.http.get(OWN, headers=headers)
    assert_problem(answer, status)
    if status == 426:
        assert answer.headers["sec-websocket-version"] == "13"
        assert answer.headers["upgrade"] == "websocket"


def test_other_methods_are_not_taken(user):
    assert user.http.post(OWN).headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("query", ["since=x", "since=-1", "since=1&since=2", "other=1"])
def test_a_bad_query_is_refused(user, query):
    refused(f"{OWN}?{query}", headers_of(user), 400, "malformed")


# MARK: Rooms

def test_only_who_is_in_a_room_follows_it(user, other):
    room, hidden = make_room(user), make_room(user, visibility="private")
    refused(f"/api/v1/ws/{room['id']}", headers_of(other), 403, "not_participant")
    for name in [hidden["id"], UNKNOWN, "nonsense"]:
        refused(f"/api/v1/ws/{name}", headers_of(other), 404)
    join(other, room)
    with follow(other, room) as socket:
        assert socket.next()["type"] == "room_state"
    leave(other, room)
    refused(f"/api/v1/ws/{room['id']}", headers_of(other), 403, "not_participant")


def test_sockets_are_counted(user):
    with Gateway(WEBSOCKETS_PER_USER_MAX=3, WEBSOCKETS_MAX=4) as gateway:
        mine = [follow(user, url=gateway.url) for _ in range(3)]
        with pytest.raises(InvalidStatus) as caught:
            follow(user, url=gateway.url)
        assert caught.value.response.status_code == 429
        assert int(caught.value.response.headers["retry-after"]) > 0
        with follow(User(), url=gateway.url):
            with pytest.raises(InvalidStatus) as caught:
                follow(User(), url=gateway.url)
            assert caught.value.response.status_code == 503
        assert gateway.metric("websocket_connections") >= 3
        for socket in mine:
            socket.connection.close()
        eventually(lambda: gateway.metric("websocket_connections") == 0)
        with follow(user, url=gateway.url) as socket:
            assert socket.next()["type"] == "user_state"


# MARK: What clients say

def test_a_ping_is_answered(user):
    with follow(user) as socket:
        socket.next()
        socket.say("ping")
        pong = socket.next()
        assert pong["type"] == "pong" and "seq" not in pong


@pytest.mark.parametrize("text", [
    "", "ping", "[]", "{}", '{"type":1}', '{"type":"dance"}', '{"type":"ping","other":1}',
    '{"type":"ping","type":"ping"}', '{"type":"status"}', '{"type":"status","data":{"status":"away"}}',
    '{"type":"status","data":{}}', '{"type":"ping"} x', "[" * 100])
def test_what_is_not_understood_is_an_error(user, text):
    room = make_room(user)
    with follow(user, room) as socket:
        socket.next()
        socket.connection.send(text)
        error = socket.next()
        assert error["type"] == "error" and error["data"]["code"] and error["data"]["message"]
        assert "seq" not in error
        assert socket.is_silent()


def test_a_status_is_said_in_a_room_only(user):
    with follow(user) as socket:
        socket.next()
        socket.say("status", status="idle")
        assert socket.next()["data"]["code"] == "no_room"


def test_a_status_reaches_everybody(user, other):
    room = make_room(user)
    join(other, room)
    with follow(user, room) as mine, follow(other, room) as theirs:
        theirs.say("status", status="idle")
        for socket in [mine, theirs]:
            seen = socket.until("participant_status", status="idle")
            assert seen["data"]["user_id"] == other.id and seen["room_id"] == room["id"]
        theirs.say("status", status="active")
        mine.until("participant_status", status="active")


def test_who_talks_too_much_is_closed(user):
    with follow(user) as socket:
        for _ in range(200):
            try:
                socket.say("ping")
            except Exception:
                break
        assert socket.close_code() == 1008


@pytest.mark.parametrize("send, code", [
    (lambda socket: socket.send(b"binary"), 1003),
    (lambda socket: socket.send("x" * 65537), 1009),
    (lambda socket: raw(socket, b"\x81\x82\0\0\0\0\xff\xfe"), 1007),
    (lambda socket: raw(socket, b"\x81\x02hi"), 1002),
    (lambda socket: raw(socket, b"\x83\x80\0\0\0\0"), 1002),
    (lambda socket: raw(socket, b"\xf1\x80\0\0\0\0"), 1002),
    (lambda socket: raw(socket, b"\x80\x80\0\0\0\0"), 1002),
    (lambda socket: raw(socket, b"\x09\x80\0\0\0\0"), 1002)])
def test_bad_frames_get_their_close_code(user, send, code):
    with follow(user) as socket:
        socket.next()
        send(socket.connection)
        assert socket.close_code() == code


def raw(connection, frame):
    connection.socket.sendall(frame)


# MARK: The end of a token

def closes_within_a_second(socket, code, change):
    socket.next()
    change()
    start = time.monotonic()
    assert socket.close_code() == code
    assert time.monotonic() - start < 1


def test_logging_out_closes_the_devices_sockets(user):
    second = client()
    tokens = second.post(
        "/api/v1/auth/login", json={"email": user.email, "password": user.password}).json()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    with Socket(OWN, headers) as theirs, follow(user) as mine:
        mine.next()
        closes_within_a_second(
            theirs, 4401, lambda: second.post("/api/v1/auth/logout", headers=headers))
        # Still open. A second snapshot may come, where the store of events had paused.
        mine.say("ping")
        mine.until("pong")


def test_a_socket_ends_with_its_token(user):
    state = Path(ROOT, os.environ.get("FOCAL_STATE_DIR") or ".focal")
    token = user.tokens["access_token"]
    claims = jwt.decode(token, options={"verify_signature": False}) | {"exp": int(time.time()) + 2}
    headers = {name: value for name, value in jwt.get_unverified_header(token).items() if name == "kid"}
    key = (state / "secrets/jwt_private_key.pem").read_text()
    short = jwt.encode(claims, key, "EdDSA", headers=headers)
    with Socket(OWN, {"Authorization": f"Bearer {short}"}) as socket:
        assert socket.next()["type"] == "user_state"
        assert socket.close_code() == 4401
    assert -0.1 < time.time() - claims["exp"] < 1
    refused(OWN, {"Authorization": f"Bearer {short}"}, 401, "invalid_token")


def test_deleting_an_api_token_closes_its_sockets(user):
    token = user.http.post(
        "/api/v1/auth/tokens", json={"name": "script", "scope": "read"}).json()
    with Socket(OWN, {"Authorization": f"Bearer {token['token']}"}) as socket:
        closes_within_a_second(
            socket, 4401, lambda: user.http.delete(f"/api/v1/auth/tokens/{token['id']}"))
    refused(OWN, {"Authorization": f"Bearer {token['token']}"}, 401)


def test_deleting_the_account_closes_all_sockets(user):
    room = make_room(user)
    with follow(user) as own, follow(user, room) as socket:
        own.next()
        answer = user.http.request("DELETE", "/api/v1/auth/me", json={"password": user.password})
        assert answer.status_code == 204, answer.text
        assert own.close_code(1) == 4401
        assert socket.close_code(1) in (4401, 4403)
