"""Keys and tokens: who is calling, and what may be signed.

The algorithm follows from the key, never from the token alone: ES256 for people's tokens (our key pair), HS256 for the
anon and service keys (the shared secret) and, under a key derived from it, for storage's signed URLs.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from gateway.settings import Settings

ROLES = frozenset({"anon", "authenticated", "service_role", "device"})
TokenFault = Literal["malformed", "signature", "expired", "claims"]


class TokenError(Exception):
    """A token that is not accepted. `fault` says why, `late_s` how long ago it expired."""

    def __init__(self, fault: TokenFault, late_s: int = 0) -> None:
        super().__init__(fault)
        self.fault: TokenFault = fault
        self.late_s = late_s


@dataclass(frozen=True, slots=True)
class Caller:
    """A verified token: the role PostgreSQL is to take and the claims its policies read."""

    role: str
    claims: dict[str, Any] = field(hash=False, compare=False)
    exp: float
    """Seconds since 1970; infinite for a secret key."""
    claims_json: str

    @property
    def sub(self) -> str | None:
        """The user's id, when the token names one."""
        sub = self.claims.get("sub")
        return sub if isinstance(sub, str) else None


def _b64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Keys:
    """All keys of the gateway, read once."""

    def __init__(self, settings: Settings) -> None:
        key = load_pem_private_key(Path(settings.jwt_private_key_file).read_bytes(), password=None)
        if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
            raise TypeError("LICS_JWT_PRIVATE_KEY_FILE must hold a P-256 private key")
        self._private = key
        self._public = key.public_key()
        self._secret = settings.jwt_secret
        self._storage_secret = hmac.new(settings.jwt_secret.encode(), b"storage-url", hashlib.sha256).digest()
        self._aliases: dict[str, str] = {}
        if settings.publishable_key:
            self._aliases[settings.publishable_key] = "anon"
        if settings.secret_key:
            self._aliases[settings.secret_key] = "service_role"
        point = self._public.public_numbers()
        core = {
            "crv": "P-256",
            "kty": "EC",
            "x": _b64url(point.x.to_bytes(32, "big")),
            "y": _b64url(point.y.to_bytes(32, "big")),
        }
        # RFC 7638: the key's name follows from the key, so PostgREST's key file and this process agree without asking
        self.kid = _b64url(hashlib.sha256(orjson.dumps(core, option=orjson.OPT_SORT_KEYS)).digest())
        self.jwks = orjson.dumps({"keys": [{**core, "alg": "ES256", "use": "sig", "kid": self.kid}]})
        self._seen: dict[str, Caller] = {}

    def sign_claims(self, claims: dict[str, Any]) -> str:
        """A person's access token."""
        return jwt.encode(claims, self._private, algorithm="ES256", headers={"kid": self.kid})

    def verify(self, token: str) -> Caller:
        """The caller behind an API key or an access token. Raises TokenError."""
        now = time.time()
        if (known := self._seen.get(token)) is not None:
            if known.exp > now:
                return known
            del self._seen[token]
            raise TokenError("expired", int(now - known.exp))
        if alias := self._aliases.get(token):
            caller = Caller(alias, {"role": alias}, float("inf"), f'{{"role":"{alias}"}}')
        else:
            caller = self._decode(token, now)
        # the same few tokens come thousands of times: an ES256 check costs 0.1 ms
        if len(self._seen) >= 4096:
            self._seen.clear()
        self._seen[token] = caller
        return caller

    def _decode(self, token: str, now: float) -> Caller:
        try:
            algorithm = jwt.get_unverified_header(token).get("alg")
        except (jwt.PyJWTError, ValueError) as error:
            raise TokenError("malformed") from error
        options = cast(Any, {"require": ["exp"], "verify_aud": False, "verify_sub": False, "verify_iat": False})
        try:
            if algorithm == "ES256":
                claims = jwt.decode(token, self._public_key(token), algorithms=["ES256"], options=options)
            else:
                claims = jwt.decode(token, self._secret, algorithms=["HS256"], options=options)
        except jwt.ExpiredSignatureError as error:
            unsafe = jwt.decode(token, options=cast(Any, {"verify_signature": False}))
            raise TokenError("expired", int(now - float(unsafe["exp"]))) from error
        except jwt.MissingRequiredClaimError as error:
            raise TokenError("claims") from error
        except (jwt.InvalidSignatureError, jwt.InvalidAlgorithmError) as error:
            raise TokenError("signature") from error
        except (jwt.PyJWTError, ValueError) as error:
            raise TokenError("malformed") from error
        role = claims.get("role")
        if role not in ROLES or (algorithm == "ES256" and role == "service_role"):
            raise TokenError("claims")
        return Caller(role, claims, float(claims["exp"]), orjson.dumps(claims).decode())

    def _public_key(self, token: str) -> EllipticCurvePublicKey:
        """The key that people's tokens must be signed with."""
        del token
        return self._public

    def sign_url(self, url: str, ttl_s: int, **more: Any) -> str:
        """A token that opens one object (`bucket/path`) for ttl_s seconds."""
        now = int(time.time())
        return jwt.encode({"url": url, "iat": now, "exp": now + ttl_s, **more}, self._storage_secret, algorithm="HS256")

    def verify_url(self, token: str) -> dict[str, Any]:
        """What sign_url signed. Raises TokenError."""
        try:
            options = cast(Any, {"require": ["exp", "url"]})
            return jwt.decode(token, self._storage_secret, algorithms=["HS256"], options=options)
        except jwt.ExpiredSignatureError as error:
            raise TokenError("expired") from error
        except jwt.PyJWTError as error:
            raise TokenError("signature") from error


def bearer(header: str | None) -> str | None:
    """The token of an Authorization header."""
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None
