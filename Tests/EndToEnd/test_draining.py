"""Who is told to stop leaves the balancers first, then stops."""
import time

import httpx
import pytest
from focal import User
from live import Gateway, follow


@pytest.fixture
def leaving():
    with Gateway(DRAIN_SECONDS=2) as gateway:
        yield gateway


def test_a_gateway_serves_on_while_balancers_leave(leaving):
    user = User()
    with follow(user, url=leaving.url) as socket, httpx.Client(base_url=leaving.url) as http:
        socket.until("user_state")
        assert http.get("/ready").status_code == 200
        assert "connection" not in http.get("/quotes/today").headers
        leaving.stop()
        stopped_at = time.monotonic()
        while (ready := http.get("/ready")).status_code == 200:
            assert time.monotonic() < stopped_at + 1, "it is still ready"
        assert ready.status_code == 503 and ready.json()["status"] == "draining"
        # What is sent is answered, by connections that are new each time.
        for _ in range(3):
            answer = http.post(
                "/focus-session", json={"duration": 25},
                headers={"Authorization": user.http.headers["Authorization"]})
            assert answer.status_code == 201, answer.text
            assert answer.headers["connection"] == "close"
        socket.say("ping")
        while socket.next()["type"] != "pong":
            pass
        assert socket.close_code() == 1001
    assert leaving.wait() == 0
    assert 1.9 < time.monotonic() - stopped_at < 10
