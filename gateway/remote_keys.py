"""Keys of a gateway beside a Supabase project: it signs nothing, and takes what the project signed.

People's tokens are ES256 under a key of the project's JWKS; the legacy anon and service keys HS256 under its secret.
"""

from __future__ import annotations

import time
from typing import Any

import httpx
import jwt
import structlog
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from gateway.settings import Settings
from gateway.tokens import Caller, Keys, TokenError

FETCH_S = 3.0
"""How long the JWKS may take."""
AGAIN_S = 30.0
"""An unknown key makes us ask anew, but not more often than this."""
log = structlog.get_logger("gateway.keys")


class RemoteKeys(Keys):
    """The public keys of `LICS_JWKS_URL`: asked for at the first token, and again when one names an unknown key."""

    def __init__(self, settings: Settings) -> None:
        assert settings.jwks_url is not None
        self._url = settings.jwks_url
        self._secret = settings.jwt_secret
        self._aliases: dict[str, str] = {}
        self._seen: dict[str, Caller] = {}
        self._known: dict[str, EllipticCurvePublicKey] = {}
        self._asked_at = float("-inf")
        self.kid, self.jwks = "", b'{"keys": []}'

    def sign_claims(self, claims: dict[str, Any]) -> str:
        """Never."""
        raise NotImplementedError("the project signs, not this gateway")

    def _public_key(self, token: str) -> EllipticCurvePublicKey:
        kid = str(jwt.get_unverified_header(token).get("kid", ""))
        if kid not in self._known and time.monotonic() - self._asked_at > AGAIN_S:
            self._asked_at = time.monotonic()
            self._fetch()
        try:
            return self._known[kid]
        except KeyError:
            raise TokenError("signature") from None

    def _fetch(self) -> None:
        """What the project publishes now; keys of other kinds are not ours to use."""
        try:
            with httpx.Client(timeout=FETCH_S, follow_redirects=False) as client:
                answer = client.get(self._url)
            keys = jwt.PyJWKSet.from_dict(answer.raise_for_status().json()).keys
        except (httpx.HTTPError, ValueError, jwt.PyJWTError) as error:
            log.warning("the key set cannot be read", error=type(error).__name__)
            return
        self._known = {str(each.key_id): each.key for each in keys if isinstance(each.key, EllipticCurvePublicKey)}
