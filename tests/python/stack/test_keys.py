"""Keys and tokens of the stack."""

import base64
import json

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from lics.stack.keys import KEY_LIFE_S, api_key, es256_public_jwk, jwks, new_es256_pem, oct_jwk

SECRET = "0123456789abcdef" * 2


def test_public_jwk_verifies_what_the_private_key_signed() -> None:
    pem = new_es256_pem()
    jwk = es256_public_jwk(pem)
    token = jwt.encode({"sub": "a"}, pem, algorithm="ES256", headers={"kid": jwk["kid"]})
    keys = jwt.PyJWKSet.from_json(jwks(jwk))
    assert jwt.decode(token, keys[jwk["kid"]].key, algorithms=["ES256"]) == {"sub": "a"}


def test_public_jwk_holds_no_private_part_and_its_kid_follows_from_the_key() -> None:
    pem = new_es256_pem()
    assert set(es256_public_jwk(pem)) == {"kty", "crv", "x", "y", "alg", "use", "kid"}
    assert es256_public_jwk(pem)["kid"] == es256_public_jwk(pem)["kid"]
    assert es256_public_jwk(pem)["kid"] != es256_public_jwk(new_es256_pem())["kid"]


def test_another_kind_of_key_is_refused() -> None:
    pem = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(TypeError):
        es256_public_jwk(pem.decode())


def test_oct_jwk_holds_the_bytes_of_the_text() -> None:
    jwk = oct_jwk(SECRET, "device-1")
    assert base64.urlsafe_b64decode(jwk["k"] + "=" * (-len(jwk["k"]) % 4)) == SECRET.encode()
    assert jwk["kid"] == "device-1"
    assert "kid" not in oct_jwk(SECRET)


def test_api_key_names_its_role_for_ten_years() -> None:
    claims = jwt.decode(api_key("anon", SECRET, now=1_790_000_000), SECRET, algorithms=["HS256"])
    assert claims == {"role": "anon", "iss": "lics", "iat": 1_790_000_000, "exp": 1_790_000_000 + KEY_LIFE_S}


def test_key_set_is_json() -> None:
    assert [key["kty"] for key in json.loads(jwks(es256_public_jwk(new_es256_pem()), oct_jwk(SECRET)))["keys"]] == [
        "EC",
        "oct",
    ]
