"""Two-factor login by an authenticator (RFC 6238) and recovery codes."""
import base64
import collections
import hashlib
import hmac
import struct
import time
import urllib.parse

import pytest
from database import sql
from focal import User, assert_problem, client, fields_of
from races import at_once

AUTH = "/api/v1/auth"
STEP_SECONDS = 30


def code_of(secret, offset=0):
    """What an authenticator shows, so many steps from now."""
    counter = struct.pack(">q", int(time.time()) // STEP_SECONDS + offset)
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    start = digest[-1] & 15
    number = struct.unpack(">I", digest[start:start + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**6:06}"


def enroll(user):
    answer = user.http.post(f"{AUTH}/totp/enable")
    assert answer.status_code == 200, answer.text
    return answer.json()


def confirm(user, code):
    return user.http.post(f"{AUTH}/totp/confirm", json={"code": code})


def login(user, code=None, http=None):
    body = {"email": user.email, "password": user.password}
    return (http or client()).post(
        f"{AUTH}/login", json=body | ({"totp_code": code} if code is not None else {}))


class Guarded(User):
    """A user whose login wants a code. The code of the last step is spent."""

    def __init__(self):
        super().__init__()
        # All codes of a test belong to one step: it must not end meanwhile.
        left = STEP_SECONDS - time.time() % STEP_SECONDS
        if left < 5:
            time.sleep(left + 0.05)
        self.secret = enroll(self)["secret"]
        answer = confirm(self, code_of(self.secret, -1))
        assert answer.status_code == 200, answer.text
        self.recovery_codes = answer.json()["recovery_codes"]


@pytest.fixture
def guarded():
    return Guarded()


def test_the_authenticator_learns_a_secret(user):
    enrolment = enroll(user)
    assert len(base64.b32decode(enrolment["secret"])) == 20
    url = urllib.parse.urlsplit(enrolment["otpauth_url"])
    query = dict(urllib.parse.parse_qsl(url.query))
    assert (url.scheme, url.netloc) == ("otpauth", "totp")
    assert urllib.parse.unquote(url.path) == f"/Focal:{user.email}"
    assert query["secret"] == enrolment["secret"] and query["issuer"] == "Focal"
    # Nothing has changed yet.
    assert login(user).status_code == 200
    assert user.get(f"{AUTH}/me")["totp_enabled"] is False


def test_confirming_turns_it_on(guarded):
    assert guarded.get(f"{AUTH}/me")["totp_enabled"] is True
    assert len(set(guarded.recovery_codes)) == 10
    assert_problem(login(guarded), 401, "totp_required")
    assert_problem(login(guarded, ""), 401, "totp_required")
    answer = login(guarded, code_of(guarded.secret))
    assert answer.status_code == 200
    assert answer.json()["user"]["totp_enabled"] is True


def test_a_wrong_password_says_nothing_of_codes(guarded):
    guarded.password = "not my password"
    assert_problem(login(guarded), 401, "invalid_credentials")
    assert_problem(login(guarded, code_of(guarded.secret)), 401, "invalid_credentials")


def test_a_wrong_code_confirms_nothing(user):
    assert_problem(confirm(user, "123456"), 409, "totp_not_enabled")
    secret = enroll(user)["secret"]
    wrong = f"{(int(code_of(secret)) + 500_000) % 10**6:06}"
    problem = assert_problem(confirm(user, wrong), 422)
    assert fields_of(problem) == {"code"}
    assert login(user).status_code == 200


def test_a_new_secret_replaces_one_that_was_not_confirmed(user):
    first, second = enroll(user)["secret"], enroll(user)["secret"]
    assert first != second
    assert_problem(confirm(user, code_of(first)), 422)
    assert confirm(user, code_of(second)).status_code == 200
    assert_problem(user.http.post(f"{AUTH}/totp/enable"), 409, "totp_enabled")
    assert_problem(confirm(user, code_of(second, 1)), 409, "totp_enabled")


def test_the_window_is_one_step_wide(guarded):
    for offset in (-3, 3):
        assert_problem(login(guarded, code_of(guarded.secret, offset)), 401, "invalid_totp_code")
    assert login(guarded, code_of(guarded.secret, 1)).status_code == 200


def test_a_code_is_good_once(guarded):
    code = code_of(guarded.secret)
    assert login(guarded, code).status_code == 200
    assert_problem(login(guarded, code), 401, "invalid_totp_code")
    # Nor are those before it, since whoever watches may have seen them.
    assert_problem(login(guarded, code_of(guarded.secret, -1)), 401, "invalid_totp_code")


def test_a_code_is_good_once_for_all_at_once(guarded):
    code = code_of(guarded.secret)
    answers = at_once(8, lambda http: login(guarded, code, http).status_code)
    assert collections.Counter(answers) == {200: 1, 401: 7}


def test_a_recovery_code_is_good_once(guarded):
    code = guarded.recovery_codes[0]
    assert login(guarded, code.upper().replace("-", " ")).status_code == 200
    assert_problem(login(guarded, code), 401, "invalid_totp_code")
    assert login(guarded, guarded.recovery_codes[1]).status_code == 200


def test_a_recovery_code_is_good_once_for_all_at_once(guarded):
    code = guarded.recovery_codes[0]
    answers = at_once(100, lambda http: login(guarded, code, http).status_code)
    counts = collections.Counter(answers)
    # Ten tries are looked at, the others are told to wait (429), or that all are hashing (503).
    assert counts[200] == 1 and set(counts) <= {200, 401, 429, 503}, counts


def test_recovery_codes_are_stored_as_hashes(guarded):
    rows = sql("SELECT encode(hash, 'hex') FROM auth.recovery_codes WHERE user_id = :'id'",
               id=guarded.id)
    plain = [code.replace("-", "") for code in guarded.recovery_codes]
    assert sorted(rows) == sorted(hashlib.sha256(code.encode()).hexdigest() for code in plain)


def test_guessing_is_stopped(guarded):
    for _ in range(10):
        assert login(guarded, "000000").status_code == 401
    answer = login(guarded, code_of(guarded.secret))
    assert_problem(answer, 429, "rate_limited")
    assert int(answer.headers["retry-after"]) > 60
    assert guarded.http.get(f"{AUTH}/me").status_code == 200


def test_it_is_turned_off_by_the_password(guarded):
    path = f"{AUTH}/totp/disable"
    assert_problem(guarded.http.post(path, json={"password": "wrong"}), 403, "wrong_password")
    assert fields_of(assert_problem(guarded.http.post(path, json={}), 422)) == {"password", "code"}
    assert guarded.http.post(path, json={"password": guarded.password}).status_code == 200
    assert login(guarded).status_code == 200
    assert_problem(guarded.http.post(path, json={"password": guarded.password}), 409)
    # And on again, with a new secret.
    secret = enroll(guarded)["secret"]
    assert secret != guarded.secret
    assert confirm(guarded, code_of(secret)).status_code == 200


@pytest.mark.parametrize("recovery", [False, True])
def test_it_is_turned_off_by_a_code(guarded, recovery):
    path = f"{AUTH}/totp/disable"
    assert_problem(guarded.http.post(path, json={"code": "000000"}), 403, "wrong_code")
    code = guarded.recovery_codes[3] if recovery else code_of(guarded.secret)
    assert guarded.http.post(path, json={"code": code}).status_code == 200
    assert login(guarded).status_code == 200


def test_who_is_signed_in_stays_so(guarded):
    answer = client().post(
        f"{AUTH}/refresh", json={"refresh_token": guarded.tokens["refresh_token"]})
    assert answer.status_code == 200
