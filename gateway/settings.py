"""Settings from the environment (`LICS_*`), see docs/ARCHITECTURE.md."""

from __future__ import annotations

import os
import subprocess
from functools import lru_cache
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What the gateway needs to know. Durations in seconds, sizes in bytes."""

    model_config = SettingsConfigDict(env_prefix="LICS_", extra="ignore")

    api_url: str = "http://127.0.0.1:54321"
    gateway_host: str = "127.0.0.1"
    gateway_port: int = 54324
    gateway_db_url: str
    jwt_secret: str = Field(min_length=32)
    gateway_only: Literal["seeds"] | None = None
    """`seeds`: beside a Supabase project; only `/api`, with tokens that the project signed (`jwks_url`)."""
    jwks_url: str | None = None
    jwt_private_key_file: Path = Path()
    storage_dir: Path = Path()
    jwt_expiry_s: int = Field(default=3600, ge=300, le=604800)
    anon_key: str | None = None
    """Sent as `apikey` with what the seeds' routes ask PostgREST; whose right counts is the caller's own token."""
    publishable_key: str | None = None
    """`sb_publishable_…`, an alias of the anon key."""
    secret_key: str | None = None
    """`sb_secret_…`, an alias of the service key."""
    password_min_length: int = 8
    sign_in_burst: int = 10
    """Wrong passwords in a row from one address for one e-mail; one more each `sign_in_refill_s`."""
    sign_in_refill_s: float = 20.0
    db_pool_size: int = 10
    upload_max_bytes: int = 52_428_800
    """For buckets that set no limit of their own."""
    realtime_max_sockets: int = 2000
    realtime_join_error_delay_s: float = 0.5
    """A refused join is answered late, which slows a client that asks again and again."""
    realtime_recheck_s: float = 300.0
    """How often the right to a private topic is asked again while a channel is open."""
    realtime_public_broadcast: bool = False
    """Whether clients may broadcast on public channels. Anyone with the anon key could then speak on any of them."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """Each of the two forms has what it needs."""
        if self.gateway_only is not None and not self.jwks_url:
            raise ValueError("LICS_GATEWAY_ONLY needs LICS_JWKS_URL: whose tokens are taken?")
        if self.gateway_only is None and Path() in {self.jwt_private_key_file, self.storage_dir}:
            raise ValueError("LICS_JWT_PRIVATE_KEY_FILE and LICS_STORAGE_DIR are needed")
        return self

    @property
    def issuer(self) -> str:
        """`iss` of people's tokens."""
        return f"{self.api_url.rstrip('/')}/auth/v1"


@lru_cache
def commit() -> str:
    """The commit this process runs: LICS_COMMIT, else git's word, else `unknown`."""
    if named := os.environ.get("LICS_COMMIT"):
        return named
    try:
        asked = subprocess.run(
            ["git", "rev-parse", "--short=12", "HEAD"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return asked.stdout.strip()
