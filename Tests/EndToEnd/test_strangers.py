"""Who brings API tokens and tickets that are none: refused by their address, before auth is asked again."""
import os

import pytest

from focal import User, an_address, assert_problem, client
from live import Gateway, Socket, headers_of

ME = "/api/v1/auth/me"
TOKENS = "/api/v1/auth/tokens"
OWN = "/api/v1/ws"
#: Of the class `read`, so scaled: 600 in a minute.
FAILURES_MAX = 6


@pytest.fixture(scope="module")
def gateway():
    with Gateway(RATE_LIMIT_SCALE="0.01") as gateway:
        yield gateway


def ended_token(user):
    """Its checksum is good: only auth knows that it is none."""
    made = user.http.post(TOKENS, json={"name": "a script", "scope": "read"}).json()
    assert user.http.delete(f"{TOKENS}/{made['id']}").status_code == 204
    return made["token"]


def ask(gateway, token, address):
    with client(**{"X-Forwarded-For": address, "Authorization": f"Bearer {token}"}) as http:
        return http.get(f"{gateway.url}{ME}")


def test_tokens_that_are_none_are_asked_for_so_often(gateway):
    user = User()
    token, address = ended_token(user), an_address()
    for _ in range(FAILURES_MAX):
        assert_problem(ask(gateway, token, address), 401, "invalid_token")
    before = gateway.metric("rpc_client_call_duration_seconds_count")
    for _ in range(20):
        answer = ask(gateway, token, address)
        assert_problem(answer, 429, "rate_limited")
        assert int(answer.headers["retry-after"]) >= 1
    # Beside revocations, which are read all the time.
    assert gateway.metric("rpc_client_call_duration_seconds_count") - before < 20
    # Nobody else is held up, nor a token that says by itself who it is for.
    assert_problem(ask(gateway, token, an_address()), 401, "invalid_token")
    assert ask(gateway, user.tokens["access_token"], address).status_code == 200


def test_tickets_that_are_none_count_too(gateway):
    address = an_address()
    statuses = []
    for _ in range(FAILURES_MAX + 3):
        with pytest.raises(Exception) as refused:
            Socket(f"{OWN}?ticket={'A' * 43}", {"X-Forwarded-For": address}, gateway.url)
        statuses.append(refused.value.response.status_code)
    assert statuses == [401] * FAILURES_MAX + [429] * 3
    with Socket(OWN, headers_of(User()), gateway.url):
        pass


def test_addresses_of_one_ipv6_network_count_together(gateway):
    """Of the class `login`, scaled, one is left in a minute."""
    def login(address):
        with client(**{"X-Forwarded-For": address}) as http:
            return http.post(
                f"{gateway.url}/login", json={"email": "nobody@example.com", "password": "wrong"}).status_code

    network, other = (f"2001:db8:{os.urandom(2).hex()}:{os.urandom(2).hex()}" for _ in range(2))
    assert [login(f"{network}::{host}") for host in ("1", "2", "ffff:1")] == [401, 429, 429]
    assert login(f"{other}::1") == 401
