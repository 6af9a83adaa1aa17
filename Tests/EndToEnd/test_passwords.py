"""Changing, forgetting and resetting a password; confirming the email."""
import collections
import statistics
import time

import pytest
from database import sql
from focal import User, an_email, assert_problem, client, fields_of
from mailbox import mailed_token, mails_to, wait_for_mails
from races import at_once

AUTH = "/api/v1/auth"
NEW = "a completely new password"
WITHIN_SECONDS = 1.0


def login(email, password, http=None):
    return (http or client()).post(f"{AUTH}/login", json={"email": email, "password": password})


def another_device(user):
    http = client()
    answer = login(user.email, user.password, http)
    assert answer.status_code == 200, answer.text
    http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    http.refresh_token = answer.json()["refresh_token"]
    return http


def assert_signed_out(http):
    deadline = time.monotonic() + WITHIN_SECONDS
    while http.get(f"{AUTH}/me").status_code != 401:
        assert time.monotonic() < deadline, "the token is still taken"
    answer = client().post(f"{AUTH}/refresh", json={"refresh_token": http.refresh_token})
    assert_problem(answer, 401)


def change(user, current, new, http=None):
    return (http or user.http).post(
        f"{AUTH}/password/change", json={"current_password": current, "new_password": new})


def forgot(email):
    answer = client().post(f"{AUTH}/password/forgot", json={"email": email})
    assert answer.status_code == 200, answer.text
    return answer


def reset(token, password=NEW, http=None):
    return (http or client()).post(
        f"{AUTH}/password/reset", json={"token": token, "new_password": password})


def test_changing_it_signs_the_other_devices_out(user):
    other = another_device(user)
    answer = change(user, user.password, NEW)
    assert answer.status_code == 200 and answer.json()["message"]
    assert_signed_out(other)
    assert user.http.get(f"{AUTH}/me").status_code == 200
    assert_problem(login(user.email, user.password), 401)
    assert login(user.email, NEW).status_code == 200


def test_changing_it_takes_the_current_one(user, anyone):
    assert_problem(change(user, "not my password", NEW), 403, "wrong_password")
    assert_problem(change(user, user.password, NEW, anyone), 401)
    problem = assert_problem(change(user, user.password, "short"), 422)
    assert fields_of(problem) == {"new_password"}
    problem = assert_problem(user.http.post(f"{AUTH}/password/change", json={}), 422)
    assert fields_of(problem) == {"current_password", "new_password"}
    assert login(user.email, user.password).status_code == 200


def test_of_parallel_changes_one_wins(user):
    headers = {"Authorization": user.http.headers["Authorization"]}
    codes = collections.Counter()
    passwords = iter([f"password number {number}" for number in range(10)])

    def call(http):
        http.headers.update(headers)
        return change(user, user.password, next(passwords), http).status_code

    codes.update(at_once(10, call))
    assert codes == {200: 1, 403: 9}
    assert_problem(login(user.email, user.password), 401)


def test_a_forgotten_password_is_reset_by_mail(user):
    device = another_device(user)
    forgot(user.email.upper())
    token = mailed_token(user.email, "new password")
    assert reset(token).status_code == 200
    assert_signed_out(device)
    deadline = time.monotonic() + WITHIN_SECONDS
    while user.http.get(f"{AUTH}/me").status_code != 401:
        assert time.monotonic() < deadline
    assert_problem(login(user.email, user.password), 401)
    answer = login(user.email, NEW)
    assert answer.status_code == 200
    assert answer.json()["user"]["email_verified"] is True  # Whoever reads the mails has it.
    assert_problem(reset(token, "yet another password"), 422, "invalid_token")


def test_a_reset_token_is_good_once_for_all_at_once(user):
    forgot(user.email)
    token = mailed_token(user.email, "new password")
    answers = at_once(100, lambda http: reset(token, NEW, http))
    codes = collections.Counter(answer.status_code for answer in answers)
    # What waits too long for a hash is told to come again (503); nobody else gets in.
    assert codes[200] == 1 and codes[200] + codes[422] + codes[503] == 100, codes
    assert login(user.email, NEW).status_code == 200


def test_a_second_mail_ends_the_first_once_it_is_used(user):
    forgot(user.email)
    first = mailed_token(user.email, "new password")
    forgot(user.email)
    second = mailed_token(user.email, "new password", count=2)
    assert first != second
    assert reset(second).status_code == 200
    assert_problem(reset(first), 422, "invalid_token")


@pytest.mark.parametrize("token", ["", "nonsense", "A" * 43, "A" * 300])
def test_an_invented_token_resets_nothing(token):
    problem = assert_problem(reset(token), 422)
    assert "token" in fields_of(problem)


def test_a_token_is_good_for_an_hour_and_stored_as_a_hash(user):
    forgot(user.email)
    token = mailed_token(user.email, "new password")
    rows = sql("SELECT encode(hash, 'hex'), expires_at - created_at FROM auth.mail_tokens"
               " WHERE user_id = :'id' AND kind = 'reset_password'", id=user.id)
    assert len(rows) == 1 and rows[0].endswith("|01:00:00") and token not in rows[0]
    sql("UPDATE auth.mail_tokens SET expires_at = now() WHERE user_id = :'id'", id=user.id)
    assert_problem(reset(token), 422, "invalid_token")


def test_a_token_serves_its_own_purpose_only(user, anyone):
    confirms = mailed_token(user.email, "Confirm")
    assert_problem(reset(confirms), 422, "invalid_token")
    forgot(user.email)
    resets = mailed_token(user.email, "new password")
    answer = anyone.post(f"{AUTH}/email/verify", json={"token": resets})
    assert_problem(answer, 422, "invalid_token")


def test_forgot_does_not_tell_whether_there_is_an_account(user):
    known, unknown = forgot(user.email), forgot(an_email())
    assert known.json() == unknown.json()
    nobody = an_email()
    forgot(nobody)
    wait_for_mails(user.email, "new password")
    assert mails_to(nobody) == []


def test_forgot_takes_the_same_time_for_everybody(user):
    def seconds(email):
        http = client()
        http.get("/health")
        times = []
        for _ in range(25):
            started = time.perf_counter()
            http.post(f"{AUTH}/password/forgot", json={"email": email})
            times.append(time.perf_counter() - started)
        return statistics.median(times)

    known, unknown = seconds(user.email), seconds(an_email())
    assert max(known, unknown) / min(known, unknown) < 2, (known, unknown)


def test_nobody_fills_another_s_mailbox(user):
    for _ in range(8):
        forgot(user.email)
    wait_for_mails(user.email, "new password", count=5)
    deadline = time.monotonic() + 5
    while int(sql("SELECT count(*) FROM auth.mails WHERE user_id = :'id'", id=user.id)[0]):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert len([m for m in mails_to(user.email) if "new password" in m["Subject"]]) == 5


def test_registering_sends_the_mail_that_confirms_the_email(user, anyone):
    assert user.get(f"{AUTH}/me")["email_verified"] is False
    token = mailed_token(user.email, "Confirm")
    assert anyone.post(f"{AUTH}/email/verify", json={"token": token}).status_code == 200
    assert user.get(f"{AUTH}/me")["email_verified"] is True
    answer = anyone.post(f"{AUTH}/email/verify", json={"token": token})
    assert_problem(answer, 422, "invalid_token")


def test_the_mail_that_confirms_is_sent_again(user, anyone):
    mailed_token(user.email, "Confirm")
    assert user.http.post(f"{AUTH}/email/resend").status_code == 200
    token = mailed_token(user.email, "Confirm", count=2)
    assert anyone.post(f"{AUTH}/email/verify", json={"token": token}).status_code == 200
    assert "already" in user.http.post(f"{AUTH}/email/resend").json()["message"]
    assert_problem(anyone.post(f"{AUTH}/email/resend"), 401)


def test_a_login_that_races_a_reset_is_signed_out(user):
    """Whoever signs in with the old password while it is reset holds nothing afterwards."""
    forgot(user.email)
    token = mailed_token(user.email, "new password")

    def call(http):
        if next(turn) == 0:
            return reset(token, NEW, http)
        return login(user.email, user.password, http)

    turn = iter(range(12))
    answers = at_once(12, call)
    time.sleep(WITHIN_SECONDS)
    for answer in answers:
        if answer.status_code == 200 and "access_token" in answer.json():
            http = client(Authorization=f"Bearer {answer.json()['access_token']}")
            assert http.get(f"{AUTH}/me").status_code == 401
