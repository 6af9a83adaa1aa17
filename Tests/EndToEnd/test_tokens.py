"""Access tokens, refresh tokens, devices, the cookie."""
import os
import time

import jwt
import pytest
from focal import assert_problem, client

WITHIN_SECONDS = 1.0


def bearer(token):
    return client(Authorization=f"Bearer {token}")


def assert_refused_within_a_second(http):
    deadline = time.monotonic() + WITHIN_SECONDS
    while http.get("/api/v1/auth/me").status_code != 401:
        assert time.monotonic() < deadline, "the token is still taken"
    assert_problem(http.get("/api/v1/auth/me"), 401)


@pytest.fixture(scope="module")
def signing_key():
    path = os.path.join(os.environ.get("FOCAL_STATE_DIR", ".focal"), "secrets/jwt_private_key.pem")
    if not os.path.exists(path):
        pytest.skip("the system's key is not ours to read")
    with open(path) as file:
        return file.read()


def resign(user, key, algorithm="EdDSA", header=(), **claims):
    token = user.tokens["access_token"]
    payload = jwt.decode(token, options={"verify_signature": False}) | claims
    payload = {name: value for name, value in payload.items() if value is not None}
    kid = jwt.get_unverified_header(token).get("kid")
    headers = ({"kid": kid} if kid else {}) | dict(header)
    return jwt.encode(payload, key, algorithm=algorithm, headers=headers)


def test_a_token_carries_the_claims_of_the_contract(user):
    token = user.tokens["access_token"]
    assert jwt.get_unverified_header(token)["alg"] == "EdDSA"
    claims = jwt.decode(token, options={"verify_signature": False})
    assert {"iss", "aud", "exp", "nbf", "iat", "sub", "sid", "jti"} <= set(claims)
    assert claims["sub"] == user.id


def test_a_token_resigned_unchanged_is_taken(user, signing_key):
    """The control of the tests below."""
    assert bearer(resign(user, signing_key)).get("/users/me").status_code == 200


@pytest.mark.parametrize("claims", [
    {"exp": 1}, {"exp": None}, {"nbf": 4102444800}, {"iat": 4102444800}, {"iss": "somebody"},
    {"aud": "somebody"}, {"aud": None}, {"iss": None}, {"sub": None}, {"sid": None}, {"jti": None},
    {"sub": 42}, {"exp": "tomorrow"}])
def test_a_token_with_a_wrong_claim_is_refused(claims, user, signing_key):
    assert_problem(bearer(resign(user, signing_key, **claims)).get("/users/me"), 401)


def test_a_token_of_another_algorithm_is_refused(user, signing_key):
    claims = jwt.decode(user.tokens["access_token"], options={"verify_signature": False})
    public = os.path.join(os.environ["FOCAL_STATE_DIR"], "secrets/jwt_public_keys.pem")
    none = jwt.encode(claims, None, algorithm="none")
    assert_problem(bearer(none).get("/users/me"), 401)
    import base64, hashlib, hmac, json  # PyJWT refuses to sign with a public key; an attacker does not.
    encode = lambda data: base64.urlsafe_b64encode(data).rstrip(b"=")
    head = encode(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
    text = head + b"." + encode(json.dumps(claims).encode())
    with open(public, "rb") as key:
        forged = text + b"." + encode(hmac.new(key.read(), text, hashlib.sha256).digest())
    assert_problem(bearer(forged.decode()).get("/users/me"), 401)


@pytest.mark.parametrize("change", [
    lambda token: token[:-1],
    lambda token: token + "A",
    lambda token: token.replace(".", "", 1),
    lambda token: token.rsplit(".", 1)[0] + ".",
    lambda token: "." .join([token.split(".")[0], token.split(".")[1][:-2] + "AA", token.split(".")[2]]),
    lambda token: "-",
    lambda token: "x" * 5000])
def test_a_changed_token_is_refused(change, user):
    http = bearer(change(user.tokens["access_token"]))
    assert_problem(http.get("/users/me"), 401)


def test_other_schemes_are_refused(user):
    http = client(Authorization="Basic " + user.tokens["access_token"])
    assert_problem(http.get("/users/me"), 401)


def test_refreshing_rotates_the_token(user):
    answer = user.http.post(
        "/api/v1/auth/refresh", json={"refresh_token": user.tokens["refresh_token"]})
    assert answer.status_code == 200, answer.text
    tokens = answer.json()
    assert tokens["refresh_token"] != user.tokens["refresh_token"]
    assert bearer(tokens["access_token"]).get("/users/me").json()["id"] == user.id


def test_a_second_tab_may_refresh_with_the_same_token(user):
    spent = {"refresh_token": user.tokens["refresh_token"]}
    for _ in range(2):
        answer = client().post("/api/v1/auth/refresh", json=spent)
        assert answer.status_code == 200, answer.text
        assert bearer(answer.json()["access_token"]).get("/users/me").status_code == 200


@pytest.mark.parametrize("token", ["", "nonsense", "x" * 200])
def test_an_unknown_refresh_token_is_refused(token, anyone):
    answer = anyone.post("/api/v1/auth/refresh", json={"refresh_token": token})
    assert_problem(answer, 422 if token == "" and answer.status_code == 422 else 401)


def test_an_access_token_refreshes_nothing(user, anyone):
    answer = anyone.post(
        "/api/v1/auth/refresh", json={"refresh_token": user.tokens["access_token"][:256]})
    assert_problem(answer, 401)


def test_logging_out_acts_within_a_second(user):
    assert user.http.get("/users/me").status_code == 200
    assert user.http.post("/api/v1/auth/logout").status_code == 204
    assert_refused_within_a_second(user.http)
    answer = client().post(
        "/api/v1/auth/refresh", json={"refresh_token": user.tokens["refresh_token"]})
    assert_problem(answer, 401)


def second_device(user):
    answer = client(**{"User-Agent": "second device"}).post(
        "/login", json={"email": user.email, "password": user.password})
    assert answer.status_code == 200
    return bearer(answer.json()["access_token"])


def test_logging_out_leaves_the_other_devices_alone(user):
    second = second_device(user)
    assert user.http.post("/api/v1/auth/logout").status_code == 204
    assert_refused_within_a_second(user.http)
    assert second.get("/users/me").status_code == 200


def test_logging_out_everywhere(user):
    second = second_device(user)
    assert user.http.post("/api/v1/auth/logout-all").status_code == 204
    assert_refused_within_a_second(user.http)
    assert_refused_within_a_second(second)


def test_a_device_is_listed_and_revocable(user, other):
    second = second_device(user)
    devices = user.get("/api/v1/auth/sessions")["items"]
    assert len(devices) == 2
    current = [device for device in devices if device["current"]]
    sid = jwt.decode(user.tokens["access_token"], options={"verify_signature": False})["sid"]
    assert [device["id"] for device in current] == [sid]
    away = next(device for device in devices if not device["current"])
    assert away["user_agent"] == "second device"
    path = f"/api/v1/auth/sessions/{away['id']}"
    assert user.get(path) == away
    assert_problem(other.http.get(path), 404)
    assert_problem(other.http.delete(path), 404)
    assert user.http.delete(path).status_code == 204
    assert_refused_within_a_second(second)
    assert user.http.get("/users/me").status_code == 200
    assert_problem(user.http.delete(path), 404)


def test_all_devices_are_revocable_at_once(user):
    second = second_device(user)
    assert user.http.delete("/api/v1/auth/sessions").status_code == 204
    assert_refused_within_a_second(user.http)
    assert_refused_within_a_second(second)


@pytest.fixture
def cookie(user):
    http = client()
    answer = http.post("/user/login", json={"email": user.email, "password": user.password})
    attributes = [part.strip().lower() for part in answer.headers["set-cookie"].split(";")]
    assert attributes[0].startswith("token=")
    assert {"httponly", "samesite=lax", "path=/"} <= set(attributes)
    assert "secure" not in attributes  # Plain HTTP: a browser would drop it.
    http.cookies.clear()
    http.headers["Cookie"] = "token=" + answer.json()["token"]
    return http


def test_the_cookie_reads(cookie):
    assert cookie.get("/focus-metrics").status_code == 200


def test_the_cookie_changes_nothing_for_another_site(cookie):
    body = {"duration": 5}
    assert_problem(cookie.post("/focus-session", json=body), 403)
    for headers in [
            {"Origin": "https://evil.example"}, {"Origin": "null"},
            {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}]:
        assert_problem(cookie.post("/focus-session", json=body, headers=headers), 403)


def test_the_cookie_changes_for_its_own_site(cookie):
    origin = str(cookie.base_url).rstrip("/")
    for headers in [{"Origin": origin}, {"Sec-Fetch-Site": "same-origin"}]:
        answer = cookie.post("/focus-session", json={"duration": 5}, headers=headers)
        assert answer.status_code == 201, answer.text


def test_logging_out_clears_the_cookie(cookie):
    answer = cookie.post("/user/logout", headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 204
    cleared = answer.headers["set-cookie"].lower()
    assert cleared.startswith("token=;") and ("max-age=0" in cleared or "1970" in cleared)
    assert_refused_within_a_second(cookie)


def test_public_keys_verify_the_tokens(user, anyone):
    keys = jwt.PyJWKSet.from_dict(anyone.get("/.well-known/jwks.json").json())
    kid = jwt.get_unverified_header(user.tokens["access_token"]).get("kid")
    key = keys[kid] if kid else keys.keys[0]
    claims = jwt.decode(
        user.tokens["access_token"], key, algorithms=["EdDSA"], options={"verify_aud": False})
    assert claims["sub"] == user.id


def test_a_cookie_is_secure_where_a_trusted_proxy_has_tls(user):
    """TRUSTED_PROXIES has the tests' own address."""
    def cookie(**headers):
        answer = client(**headers).post(
            "/user/login", json={"email": user.email, "password": user.password})
        assert answer.status_code == 200
        return answer.headers["set-cookie"]

    assert "; Secure" in cookie(**{"X-Forwarded-Proto": "https"})
    assert "; Secure" not in cookie(**{"X-Forwarded-Proto": "http"})
    assert "; Secure" not in cookie()
    for given in (cookie(), cookie(**{"X-Forwarded-Proto": "https"})):
        assert "HttpOnly" in given and "SameSite=Lax" in given
