"""One request is found by its id in the log of every process that it passed; secrets are found in none."""
import json
import os
import time
import uuid
from pathlib import Path

import pytest
from focal import PASSWORD, User, an_email, client
from live import Socket, headers_of
from logfields import OF_EVERY_LINE, documented
from mailbox import mailed_token
from test_totp import Guarded, code_of, login
from webhooks import HOOKS, Receiver

WRITTEN_WITHIN_SECONDS = 5.0
#: Of each log, from its end.
LINES_MAX = 20_000
PROCESSES = ["gateway", "auth", "sessions", "gamification", "community", "messaging", "quotes"]
AUTH = "/api/v1/auth"

pytestmark = pytest.mark.skipif(
    os.environ.get("LOG_LEVEL") != "debug", reason="needs the system's logs, in full")


def log_of(process):
    return Path(os.environ["FOCAL_STATE_DIR"], "log", f"{process}.log")


def lines_with(process, request_id):
    """The log lines of a request; waits until there are some."""
    deadline = time.monotonic() + WRITTEN_WITHIN_SECONDS
    while True:
        with open(log_of(process)) as log:
            found = [json.loads(line) for line in log if request_id in line]
        if found:
            return found
        assert time.monotonic() < deadline, f"{process} has logged nothing of {request_id}"
        time.sleep(0.01)


def a_request_id():
    return f"seen-{uuid.uuid4().hex}"


def test_a_session_is_followed_through_every_process(user):
    request_id = a_request_id()
    answer = user.http.post(
        "/focus-session", json={"duration": 1}, headers={"X-Request-Id": request_id})
    assert answer.status_code == 201
    assert answer.headers["x-request-id"] == request_id
    for process in ["gateway", "sessions", "gamification"]:
        lines = lines_with(process, request_id)
        assert {line["request_id"] for line in lines} == {request_id}


def test_a_login_is_followed_through_every_process(user):
    request_id = a_request_id()
    answer = client().post(
        "/login", json={"email": user.email, "password": user.password},
        headers={"X-Request-Id": request_id})
    assert answer.status_code == 200
    for process in ["gateway", "auth", "gamification"]:
        lines_with(process, request_id)


@pytest.mark.parametrize("method, path, body, passed", [
    ("POST", "/api/v1/community/posts", {"title": "t", "content": "c", "category": "study"}, ["community"]),
    ("POST", "/api/v1/messages/send", {"receiver_id": None, "content": "c"}, ["messaging"]),
    ("GET", "/api/v1/quotes/today", None, ["quotes"]),
    ("GET", "/focus-metrics", None, ["gamification"]),
    ("POST", "/api/v1/rooms", {"name": "n"}, ["sessions"]),
    ("GET", "/api/v1/nowhere", None, []),
])
def test_a_request_is_followed(user, other, method, path, body, passed):
    request_id = a_request_id()
    if body and "receiver_id" in body:
        body = body | {"receiver_id": other.id}
    user.http.request(method, path, json=body, headers={"X-Request-Id": request_id})
    for process in ["gateway", *passed]:
        lines_with(process, request_id)


def test_every_field_is_on_the_page(user):
    user.log(1)
    fields = documented()
    for process in PROCESSES:
        lines = log_of(process).read_text(errors="replace").splitlines()[-LINES_MAX:]
        # What a crash writes is no line of the log's; tests that kill leave some.
        entries = [json.loads(line) for line in lines if line.startswith("{")]
        assert entries
        for entry in entries:
            assert list(entry)[:len(OF_EVERY_LINE)] == OF_EVERY_LINE
            assert entry["service"] == process
            for name, value in entry.items():
                assert name in fields, entry
                assert isinstance(value, fields[name]), entry


def test_no_log_has_a_secret():
    """All that a user may send or get of the kind, good and bad."""
    secrets = {}
    user = Guarded()
    secrets |= {"authenticator": user.secret, "recovery code": user.recovery_codes[0]}
    password = f"{PASSWORD} {uuid.uuid4().hex}"
    email = an_email()
    plain = User(email=email, password=password)
    secrets |= {
        "email": email, "another's email": user.email, "password": password, "wrong password": password + "x",
        "access token": plain.tokens["access_token"], "refresh token": plain.tokens["refresh_token"]}
    request_id = a_request_id()
    answer = plain.http.post(
        "/login", json={"email": email, "password": password + "x"}, headers={"X-Request-Id": request_id})
    assert answer.status_code == 401
    lines_with("auth", request_id)

    code = code_of(user.secret)
    assert login(user, code).status_code == 200
    assert login(user, user.recovery_codes[0]).status_code == 200
    token = plain.http.post(f"{AUTH}/tokens", json={"name": "a script", "scope": "write"}).json()["token"]
    secrets["API token"] = token
    assert client(Authorization=f"Bearer {token}").get(f"{AUTH}/me").status_code == 200
    client(Authorization=f"Bearer {token[:-1]}").get(f"{AUTH}/me")
    ticket = plain.http.post("/api/v1/ws/ticket").json()["ticket"]
    secrets["ticket"] = ticket
    with Socket(f"/api/v1/ws?ticket={ticket}", {}) as live:
        live.until("user_state")
    with Socket("/api/v1/ws", headers_of(plain)) as live, Receiver() as receiver:
        hook = plain.http.post(
            HOOKS, json={"url": f"{receiver.url}?key={uuid.uuid4().hex}", "events": ["session_completed"]}).json()
        secrets |= {"webhook's secret": hook["secret"], "webhook's URL": hook["url"]}
        note = f"my diary {uuid.uuid4().hex}"
        secrets["note"] = note
        plain.log(1, note=note)
        live.until("session_completed")
        receiver.wait(1)
    client().post(f"{AUTH}/password/forgot", json={"email": email})
    secrets["reset token"] = mailed_token(email, "new password")
    secrets["new password"] = f"another {uuid.uuid4().hex}"
    answer = client().post(
        f"{AUTH}/password/reset", json={"token": secrets["reset token"], "new_password": secrets["new password"]})
    assert answer.status_code == 200, answer.text

    # The code of six digits may stand in any number: it is looked for as a word of its own.
    logs = {path.name: path.read_text(errors="replace") for path in log_of("gateway").parent.iterdir()}
    found = [(what, log) for what, secret in secrets.items() for log, text in logs.items() if secret in text]
    assert found == []
    assert [log for log, text in logs.items() if f'"{code}"' in text or f" {code} " in text] == []
