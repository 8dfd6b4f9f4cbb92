"""The few HTTP calls of an agent: PostgREST functions, with a token that is renewed in time."""

from __future__ import annotations

import base64
import threading
import time
from typing import Any

import httpx

from agent.errors import ServerAwayError, ServerRefusedError

TIMEOUT_S = 10.0
RENEW_BEFORE_S = 300.0


class Api:
    """Usable from several threads."""

    def __init__(self, backend_url: str, anon_key: str = "", device_api_key: str = "") -> None:
        headers = {"apikey": anon_key} if anon_key else {}
        self._client = httpx.Client(
            base_url=backend_url.rstrip("/") + "/rest/v1/rpc/", headers=headers, timeout=TIMEOUT_S, trust_env=False
        )
        self._key = device_api_key
        self._lock = threading.Lock()
        self._token, self._renew_at = "", 0.0

    def register(self, mac: str, name: str, token: str) -> dict[str, Any]:
        """Make this rig known with an enrolment token; the answer has device_id and device_api_key, once."""
        body = {"p_device_mac": mac, "p_name": name, "p_enrolment_token": token}
        answer: dict[str, Any] = self._post("register_device", body, None)
        return answer

    def pending_work(self) -> dict[str, Any]:
        """Commands that wait and runs that the server believes in."""
        answer: dict[str, Any] = self.call("pending_work", {})
        return answer

    def claim(self, deployment_id: str) -> dict[str, Any]:
        """The script of a run, its parameters and its limits."""
        answer: dict[str, Any] = self.call("claim_deployment", {"p_deployment_id": deployment_id})
        return answer

    def claim_file(self, deployment_id: str, sha256: str) -> bytes:
        """A file that lies beside a run's script."""
        answer = self.call("claim_file", {"p_deployment_id": deployment_id, "p_sha256": sha256})
        return base64.b64decode(str(answer["content_base64"]))

    def call(self, function: str, body: dict[str, Any]) -> Any:
        """A function as this device; a token that is no longer taken is renewed once."""
        try:
            return self._post(function, body, self._bearer())
        except ServerRefusedError as refused:
            if refused.status != 401:
                raise
        with self._lock:
            self._token = ""
        return self._post(function, body, self._bearer())

    def _bearer(self) -> str:
        with self._lock:
            if not self._token or time.monotonic() > self._renew_at:
                answer = self._post("device_auth", {"device_api_key": self._key}, None)
                self._token = str(answer["access_token"])
                lifetime = float(answer.get("expires_in", 3600))
                self._renew_at = time.monotonic() + max(lifetime - RENEW_BEFORE_S, lifetime / 2)
            return self._token

    def _post(self, function: str, body: dict[str, Any], bearer: str | None) -> Any:
        headers = {"authorization": f"Bearer {bearer}"} if bearer else {}
        try:
            answer = self._client.post(function, json=body, headers=headers)
        except httpx.HTTPError as error:
            raise ServerAwayError(f"{function}: {type(error).__name__}") from None
        if answer.status_code >= 500 or answer.status_code == 429:
            raise ServerAwayError(f"{function}: HTTP {answer.status_code}")
        try:
            found = answer.json()
        except ValueError:
            raise ServerAwayError(f"{function}: HTTP {answer.status_code} without JSON") from None
        if answer.status_code >= 400:
            told = found if isinstance(found, dict) else {}
            raise ServerRefusedError(answer.status_code, str(told.get("code", "")), str(told.get("message", function)))
        return found

    def close(self) -> None:
        """End the connections."""
        self._client.close()
