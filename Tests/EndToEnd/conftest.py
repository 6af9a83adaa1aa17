import time

import pytest
from focal import User, client


@pytest.fixture
def user():
    return User()


@pytest.fixture
def other():
    return User()


@pytest.fixture
def anyone():
    return client()


@pytest.fixture(scope="session", autouse=True)
def spent_refresh_token():
    """A refresh token that was spent when the tests began: at their end its grace is over."""
    user = User()
    spent = user.tokens["refresh_token"]
    answer = user.http.post("/api/v1/auth/refresh", json={"refresh_token": spent})
    assert answer.status_code == 200, answer.text
    return {"spent": spent, "next": answer.json()["refresh_token"], "at": time.monotonic()}
