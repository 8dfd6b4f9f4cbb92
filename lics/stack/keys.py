"""Keys and the tokens made of them: pure functions, no files."""

import base64
import hashlib
import json
import time
from typing import Literal

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

KEY_LIFE_S = 10 * 365 * 24 * 3600
"""Anon and service keys last ten years, as hosted's."""

Jwk = dict[str, str]


def b64url(data: bytes) -> str:
    """Base64url without padding, as JWK wants it."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def new_es256_pem() -> str:
    """A new P-256 private key, PKCS 8, PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def es256_public_jwk(pem: str) -> Jwk:
    """The public half of an ES256 key. Its `kid` is the key's thumbprint (RFC 7638): it follows from the key alone."""
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise TypeError("not a P-256 key")
    numbers = key.public_key().public_numbers()
    core = {
        "crv": "P-256",
        "kty": "EC",
        "x": b64url(numbers.x.to_bytes(32, "big")),
        "y": b64url(numbers.y.to_bytes(32, "big")),
    }
    thumbprint = hashlib.sha256(json.dumps(core, sort_keys=True, separators=(",", ":")).encode()).digest()
    return {**core, "alg": "ES256", "use": "sig", "kid": b64url(thumbprint)}


def oct_jwk(secret: str, kid: str | None = None) -> Jwk:
    """An HS256 key as JWK; the secret's bytes are its UTF-8."""
    jwk = {"kty": "oct", "alg": "HS256", "use": "sig", "k": b64url(secret.encode())}
    return {**jwk, "kid": kid} if kid else jwk


def jwks(*keys: Jwk) -> str:
    """A key set as text."""
    return json.dumps({"keys": list(keys)}, indent=2) + "\n"


def api_key(role: Literal["anon", "service_role"], secret: str, now: int | None = None) -> str:
    """A legacy key of Supabase's form: an HS256 token that names a role. `now` in seconds of the epoch."""
    issued = int(time.time()) if now is None else now
    claims = {"role": role, "iss": "lics", "iat": issued, "exp": issued + KEY_LIFE_S}
    return jwt.encode(claims, secret, algorithm="HS256")
