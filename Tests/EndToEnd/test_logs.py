"""One request is found by its id in the log of every process that it passed; secrets are found in none."""
import json
import os
import time
import uuid
from pathlib import Path

import pytest
from focal import PASSWORD, User, an_email, client

WRITTEN_WITHIN_SECONDS = 5.0

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


def test_no_log_has_a_secret():
    password = f"{PASSWORD} {uuid.uuid4().hex}"
    email = an_email()
    user = User(email=email, password=password)
    request_id = a_request_id()
    answer = user.http.post(
        "/login", json={"email": email, "password": password + "x"},
        headers={"X-Request-Id": request_id})
    assert answer.status_code == 401
    lines_with("auth", request_id)
    for log in log_of("gateway").parent.iterdir():
        text = log.read_text(errors="replace")
        for secret in [password, user.tokens["access_token"], user.tokens["refresh_token"]]:
            assert secret not in text, log.name
