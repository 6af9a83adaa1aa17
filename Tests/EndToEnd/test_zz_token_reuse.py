"""Last by its name: it needs the grace of a refresh token to be over."""
import time

from focal import assert_problem, client

GRACE_SECONDS = 30


def test_a_spent_refresh_token_signs_the_device_out(spent_refresh_token):
    remaining = spent_refresh_token["at"] + GRACE_SECONDS + 1 - time.monotonic()
    time.sleep(max(remaining, 0))
    for name in ["spent", "next"]:  # The reuse revokes the whole family.
        answer = client().post(
            "/api/v1/auth/refresh", json={"refresh_token": spent_refresh_token[name]})
        assert_problem(answer, 401)
