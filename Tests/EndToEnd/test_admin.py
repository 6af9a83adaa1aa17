"""What admins do with users: list, search, ban, give roles; the commands of the operator."""
import collections
import os
import subprocess
import time
import uuid
from pathlib import Path

import pytest
from database import sql
from focal import PASSWORD, User, an_email, assert_problem, client, fields_of
from races import at_once

ROOT = Path(__file__).resolve().parents[2]
USERS = "/api/v1/admin/users"
ME = "/api/v1/auth/me"
WITHIN_SECONDS = 1.0
#: "correct horse battery", cost 5.
BCRYPT_TAIL = "05$abcdefghijklmnopqrstuuD3mHdCr44zlIZ.VZCaYRpfQhXMYnEo."


def script(name, *arguments):
    return subprocess.run(
        [ROOT / "deploy/scripts" / name, *arguments], capture_output=True, text=True)


def refresh(user):
    answer = client().post(
        "/api/v1/auth/refresh", json={"refresh_token": user.tokens["refresh_token"]})
    assert answer.status_code == 200, answer.text
    user.use(answer.json())
    return user


def login(user, **fields):
    return client().post(
        "/api/v1/auth/login", json={"email": user.email, "password": user.password} | fields)


def within_a_second(check):
    deadline = time.monotonic() + WITHIN_SECONDS
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture(scope="module")
def admin():
    user = User()
    done = script("admin", user.email.upper())
    assert done.returncode == 0, done.stderr
    return refresh(user)


def update(admin, user, **fields):
    return admin.http.patch(f"{USERS}/{user.id}", json=fields)


def test_make_admin_acts_within_a_second():
    user = User()
    assert_problem(user.http.get(USERS), 403, "not_admin")
    done = subprocess.run(
        ["make", "-s", "admin", f"EMAIL={user.email}"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    within_a_second(lambda: user.http.get(ME).status_code == 401)
    refresh(user)
    assert user.get(ME)["role"] == "admin"
    assert user.http.get(USERS).status_code == 200
    assert script("admin", user.email).returncode == 0  # A second time changes nothing.
    time.sleep(WITHIN_SECONDS)
    assert user.http.get(USERS).status_code == 200


def test_make_admin_of_nobody_fails():
    done = script("admin", an_email())
    assert done.returncode != 0 and "Nobody" in done.stderr
    assert script("admin", "' OR true --").returncode != 0
    assert script("admin").returncode == 64


def test_users_are_listed_the_latest_first(admin):
    made = [User() for _ in range(5)][::-1]
    seen, cursor = [], None
    while len(seen) < 5:
        page = admin.get(USERS, limit=2, **({"cursor": cursor} if cursor else {}))
        assert len(page["items"]) == 2
        seen += page["items"]
        cursor = page["next_cursor"]
    assert [item["id"] for item in seen[:5]] == [user.id for user in made]
    first = seen[0]
    assert first["email"] == made[0].email and first["role"] == "user"
    assert first["banned"] is False and first["totp_enabled"] is False
    assert not [name for name in first if "password" in name or "hash" in name]


def test_users_are_found_by_the_beginnings_of_words(admin):
    word = uuid.uuid4().hex[:12]
    user = User(
        email=f"Ann.{word}@Mail-{word}.example.com", username=f"nick-{word}-x", name=f"Zoë {word}")
    for query in [word, word[:8].upper(), user.email, f"ann {word}", f"zoë {word}", f"nick-{word}",
                  f"mail-{word}.example", f"  {word}, ann!  "]:
        found = admin.get(USERS, q=query)["items"]
        assert [item["id"] for item in found] == [user.id], query
    assert admin.get(USERS, q=f"bob {word}")["items"] == []
    assert admin.get(USERS, q=word[1:])["items"] == []
    assert admin.get(USERS, q="' | !x:*\\")["items"] is not None
    assert len(admin.get(USERS, q=" -- ", limit=2)["items"]) == 2


def test_only_admins_do_this(admin, user):
    assert_problem(client().get(USERS), 401)
    assert_problem(user.http.get(USERS), 403, "not_admin")
    assert_problem(update(user, user, role="admin"), 403, "not_admin")
    assert update(admin, user, role="moderator").status_code == 200
    within_a_second(lambda: user.http.get(ME).status_code == 401)
    assert refresh(user).get(ME)["role"] == "moderator"
    assert_problem(user.http.get(USERS), 403, "not_admin")


def test_a_ban_acts_within_a_second(admin, user):
    token = user.http.post("/api/v1/auth/tokens", json={"name": "x", "scope": "read"}).json()
    script_http = client(Authorization=f"Bearer {token['token']}")
    assert script_http.get(ME).status_code == 200
    answer = update(admin, user, banned=True)
    assert answer.status_code == 200 and answer.json()["banned"] is True
    within_a_second(lambda: user.http.get(ME).status_code == 401)
    within_a_second(lambda: script_http.get(ME).status_code == 401)
    assert_problem(login(user), 403, "banned")
    assert_problem(login(user, password="not the password"), 401, "invalid_credentials")
    answer = client().post(
        "/api/v1/auth/refresh", json={"refresh_token": user.tokens["refresh_token"]})
    assert_problem(answer, 401)
    assert admin.get(USERS, q=user.email)["items"][0]["banned"] is True

    assert update(admin, user, banned=False).json()["banned"] is False
    answer = login(user)
    assert answer.status_code == 200
    user.use(answer.json())
    time.sleep(WITHIN_SECONDS)
    assert user.get(ME)["id"] == user.id
    assert script_http.get(ME).status_code == 200


def test_a_login_that_races_a_ban_is_signed_out(admin, user):
    turn = iter(range(12))

    def call(http):
        if next(turn) == 0:
            return update(admin, user, banned=True)
        return http.post(
            "/api/v1/auth/login", json={"email": user.email, "password": user.password})

    answers = at_once(12, call)
    time.sleep(WITHIN_SECONDS)
    for answer in answers:
        if answer.status_code == 200 and "access_token" in answer.json():
            http = client(Authorization=f"Bearer {answer.json()['access_token']}")
            assert http.get(ME).status_code == 401
    assert_problem(login(user), 403, "banned")


def test_a_role_is_taken_away_within_a_second(admin, user):
    assert update(admin, user, role="admin").status_code == 200
    within_a_second(lambda: user.http.get(ME).status_code == 401)
    refresh(user)
    assert user.http.get(USERS).status_code == 200
    assert update(admin, user, role="user").status_code == 200
    within_a_second(lambda: user.http.get(USERS).status_code == 401)
    refresh(user)
    assert_problem(user.http.get(USERS), 403, "not_admin")
    assert user.get(ME)["role"] == "user"


def test_a_device_that_signs_out_after_a_change_of_role_stays_out(admin, user):
    assert update(admin, user, role="moderator").status_code == 200
    within_a_second(lambda: user.http.get(ME).status_code == 401)
    refresh(user)
    assert user.http.post("/api/v1/auth/logout").status_code == 204
    within_a_second(lambda: user.http.get(ME).status_code == 401)


def test_nobody_changes_themselves(admin):
    assert_problem(update(admin, admin, role="user"), 409, "yourself")
    assert_problem(update(admin, admin, banned=True), 409, "yourself")


def test_unknown_users_and_roles(admin, user):
    nobody = "01890000-0000-7000-8000-000000000000"
    assert_problem(admin.http.patch(f"{USERS}/{nobody}", json={"banned": True}), 404)
    assert_problem(admin.http.patch(f"{USERS}/42", json={"banned": True}), 404)
    assert fields_of(assert_problem(update(admin, user, role="king"), 422)) == {"role"}
    assert_problem(update(admin, user, banned="yes"), 400)
    assert update(admin, user).json()["role"] == "user"


def imports(tmp_path, *lines):
    file = tmp_path / "users.csv"
    file.write_text("\n".join(["email,password_hash,name,timezone,created_at", *lines]) + "\n")
    return script("import-users", str(file))


@pytest.mark.parametrize("prefix", ["$2a$", "$2b$", "$2y$"])
def test_an_imported_user_signs_in_with_the_old_password(prefix, tmp_path, admin):
    address = an_email()
    done = imports(
        tmp_path,
        f'{address},{prefix}{BCRYPT_TAIL},"Ann, the first",Europe/Berlin,2024-05-06T07:08:09Z')
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "imported 1 of 1 users"
    wrong = client().post("/login", json={"email": address, "password": "not the password"})
    assert_problem(wrong, 401, "invalid_credentials")
    answer = client().post("/login", json={"email": address, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    user = answer.json()["user"]
    assert user["name"] == "Ann, the first" and user["timezone"] == "Europe/Berlin"
    assert user["created_at"] == "2024-05-06T07:08:09.000Z" and user["username"]
    stored = sql("SELECT password_hash FROM auth.users WHERE id = :'id'", id=user["id"])
    assert stored[0].startswith("$argon2id$")
    assert client().post("/login", json={"email": address, "password": PASSWORD}).status_code == 200
    # The other services know the user as any other.
    http = client(Authorization=f"Bearer {answer.json()['access_token']}")
    assert http.post("/focus-session", json={"duration": 25}).status_code == 201
    assert http.get(ME).json()["total_sessions"] == 1


def test_parallel_first_logins_of_an_imported_user(tmp_path):
    address = an_email()
    assert imports(tmp_path, f"{address},$2b${BCRYPT_TAIL},,,").returncode == 0
    codes = at_once(8, lambda http: http.post(
        "/login", json={"email": address, "password": PASSWORD}).status_code)
    assert collections.Counter(codes) == {200: 8}


def test_importing_again_changes_nothing(tmp_path, user):
    known = f"{user.email.upper()},$2b${BCRYPT_TAIL},,,"
    fresh = f"{an_email()},$2b${BCRYPT_TAIL},,Mars/Olympus,"
    broken = [f"no-address,$2b${BCRYPT_TAIL},,,", f"{an_email()},plain text,,,"]
    assert imports(tmp_path, known, fresh, *broken).stdout.strip() == "imported 1 of 4 users"
    assert imports(tmp_path, known, fresh, *broken).stdout.strip() == "imported 0 of 4 users"
    assert login(user).status_code == 200


def test_a_file_of_another_form_is_refused(tmp_path):
    file = tmp_path / "users.csv"
    file.write_text("mail,hash\n")
    assert script("import-users", str(file)).returncode == 65
    assert script("import-users", str(tmp_path / "none.csv")).returncode == 64
