"""PyJWT reads what Focal signs, and signs what Focal reads.

interop.json holds both: the tests here show that `focal` verifies with PyJWT and that `pyjwt` is what
PyJWT makes; JWTInteropTests.swift shows the same from the other side. Both algorithms are
deterministic. Needs PyJWT[crypto].
"""

import json
import pathlib

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

FIXTURE = json.loads((pathlib.Path(__file__).parent / "interop.json").read_text())
SECRET = FIXTURE["secret"]
PRIVATE = Ed25519PrivateKey.from_private_bytes(jwt.utils.base64url_decode(FIXTURE["private_key"]))
SIGNING = {"EdDSA": PRIVATE, "HS256": SECRET}
# The fixture's times lie in the future.
OPTIONS = {"verify_iat": False, "verify_nbf": False, "require": ["exp", "iat", "nbf", "sub", "jti"]}


def verifying_key(algorithm):
    if algorithm == "HS256":
        return SECRET
    key = jwt.PyJWKSet.from_dict(FIXTURE["jwks"]).keys[0]
    assert key.key_id == FIXTURE["kid"]["EdDSA"]
    return key.key


@pytest.mark.parametrize("algorithm", ["EdDSA", "HS256"])
def test_pyjwt_reads_what_focal_signs(algorithm):
    token = FIXTURE["focal"][algorithm]
    assert jwt.get_unverified_header(token) == {
        "alg": algorithm,
        "typ": "JWT",
        "kid": FIXTURE["kid"][algorithm],
    }
    claims = jwt.decode(
        token,
        verifying_key(algorithm),
        algorithms=[algorithm],
        audience="focal-api",
        issuer="focal",
        options=OPTIONS,
    )
    assert claims == FIXTURE["claims"]


@pytest.mark.parametrize("algorithm", ["EdDSA", "HS256"])
def test_pyjwt_signs_what_focal_reads(algorithm):
    token = jwt.encode(
        FIXTURE["claims"],
        SIGNING[algorithm],
        algorithm=algorithm,
        headers={"kid": FIXTURE["kid"][algorithm]},
    )
    assert token == FIXTURE["pyjwt"][algorithm]


def test_wrong_key_is_refused():
    token = FIXTURE["focal"]["HS256"]
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(token, SECRET + "x", algorithms=["HS256"], audience="focal-api", options=OPTIONS)
