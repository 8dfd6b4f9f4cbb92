"""From a camera's chunks to an object in the store, and what happens while the store is away."""

import base64
import datetime as dt
import hashlib
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from db.scratch import ROOT, Cluster, run_psql

from edge.conftest import Database, Handlers, Mosquitto, free_port, until
from lics.fleet import pictures
from lics.stack.keys import api_key, jwks, new_es256_pem, oct_jwk

SIGNED_WITH = "a key of the tests only, long enough for HS256"
CHUNK_BYTES = 1024


@dataclass
class Gateway:
    """The real gateway on the scratch database."""

    environment: dict[str, str]
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.process = subprocess.Popen([sys.executable, "-m", "gateway"], env=self.environment)
        until(self._answers, "the gateway answers")

    def _answers(self) -> bool:
        try:
            httpx.get(f"{self.url}/storage/v1/bucket", timeout=2)
        except httpx.HTTPError:
            return False
        return True


@pytest.fixture
def gateway(cluster: tuple[Cluster, str], tmp_path: Path) -> Iterator[Gateway]:
    """Not started yet."""
    pem = new_es256_pem()
    (tmp_path / "es256.pem").write_text(pem)
    (tmp_path / "jwks.json").write_text(jwks(oct_jwk(SIGNED_WITH)))
    (tmp_path / "storage").mkdir()
    run_psql(cluster[1], ROOT / "seed" / "buckets.sql")
    port = free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("LICS_")},
        "LICS_GATEWAY_DB_URL": cluster[0].url("edge", "gateway"),
        "LICS_GATEWAY_PORT": str(port),
        "LICS_JWT_SECRET": SIGNED_WITH,
        "LICS_JWT_PRIVATE_KEY_FILE": str(tmp_path / "es256.pem"),
        "LICS_JWKS_FILE": str(tmp_path / "jwks.json"),
        "LICS_STORAGE_DIR": str(tmp_path / "storage"),
        "LICS_API_URL": f"http://127.0.0.1:{port}",
    }
    made = Gateway(environment, port)
    yield made
    if made.process is not None:
        made.process.terminate()
        made.process.wait(15)


def chunks(name: str, picture: bytes, first: int) -> list[dict[str, Any]]:
    """All chunks, in both encodings by turns."""
    parts = [picture[start : start + CHUNK_BYTES] for start in range(0, len(picture), CHUNK_BYTES)]
    return [
        {
            "image_name": name,
            "chunk_id": number,
            "payload": list(part) if number % 2 else base64.b64encode(part).decode(),
        }
        for number, part in enumerate(parts, first)
    ]


@pytest.mark.parametrize("dialect", [("ESP32CAM", 0), ("device", 1)])
def test_a_picture_waits_for_the_store_and_is_acknowledged_when_it_is_there(
    broker: Mosquitto, database: Database, handlers: Handlers, gateway: Gateway, dialect: tuple[str, int]
) -> None:
    prefix, first = dialect
    mac = database.camera()
    service_key = api_key("service_role", SIGNED_WITH)
    handler = handlers(broker, LICS_API_URL=gateway.url, LICS_SERVICE_KEY=service_key)
    handler.start()
    picture = pictures.draw(first, "test", dt.datetime.now(dt.UTC))
    pieces = chunks("image_1.jpg", picture, first)
    random.Random(first).shuffle(pieces)
    metadata = {
        "device_id": mac, "captured_at": dt.datetime.now(dt.UTC).isoformat(), "image_name": "image_1.jpg",
        "image_size": len(picture), "max_chunks_size": CHUNK_BYTES, "total_chunks_count": len(pieces),
        "sensor_data": {"temperature": 0},
    }  # fmt: skip
    topic = f"{prefix}/{mac.lower()}"
    with broker.listener(f"{topic}/#") as heard:

        def answered(key: str) -> bool:
            return any(key in body for where, body in heard() if not where.endswith(("/data", "/status")))

        broker.publish(f"{topic}/status", {"status": "Alive", "pendingImg": 0})
        until(lambda: answered("capture_image"), "capture_image")
        broker.publish(f"{topic}/data", metadata)
        until(lambda: answered("send_image"), "send_image")
        broker.publish(f"{topic}/data", *pieces[5:], metadata, *pieces[:9])
        until(lambda: handler.metric("lics_edge_images_failed_total") == 1, "the upload failed")
        assert not answered("ACK_OK")
        gateway.start()
        # As if the minute of its lease had passed.
        assert database.rows("update private.image_transfers set claimed_until = now() returning 1") == [(1,)]
        until(lambda: answered("ACK_OK"), "ACK_OK")
    ((status, url, sha256),) = database.rows(
        "select i.status, i.image_url, i.sha256 from public.device_images as i"
        " join public.devices as d on d.device_id = i.device_id where d.device_mac = %s",
        mac,
    )
    assert (status, sha256) == ("complete", hashlib.sha256(picture).hexdigest())
    stored = httpx.get(
        f"{gateway.url}/storage/v1/object/images/{url}", headers={"authorization": f"Bearer {service_key}"}
    )
    assert stored.content == picture
    database.connection.execute("delete from private.image_transfers")


def test_a_picture_that_the_store_will_never_take_fails_and_is_not_tried_again(
    broker: Mosquitto, database: Database, handlers: Handlers, gateway: Gateway
) -> None:
    mac = database.camera()
    gateway.environment["LICS_UPLOAD_MAX_BYTES"] = "1000"
    gateway.start()
    database.connection.execute("update storage.buckets set file_size_limit = null")
    handler = handlers(broker, LICS_API_URL=gateway.url, LICS_SERVICE_KEY=api_key("service_role", SIGNED_WITH))
    handler.start()
    picture = pictures.draw(1, "test", dt.datetime.now(dt.UTC))
    pieces = chunks("image_1.jpg", picture, 0)
    metadata = {
        "device_id": mac, "captured_at": dt.datetime.now(dt.UTC).isoformat(), "image_name": "image_1.jpg",
        "image_size": len(picture), "max_chunks_size": CHUNK_BYTES, "total_chunks_count": len(pieces),
    }  # fmt: skip
    topic = f"ESP32CAM/{mac}"
    with broker.listener(f"{topic}/cmd") as heard:
        broker.publish(f"{topic}/status", {"status": "Alive", "pendingImg": 0})
        until(lambda: any("capture_image" in body for _, body in heard()), "capture_image")
        broker.publish(f"{topic}/data", metadata, *pieces)
        until(lambda: any("next_wake" in body for _, body in heard()), "the camera is sent to sleep")
    assert database.rows(
        "select i.status, i.error_code, t.state, t.claim_attempts from public.device_images as i"
        " join private.image_transfers as t using (company_id, image_id)"
        " join public.devices as d on d.device_id = i.device_id where d.device_mac = %s",
        mac,
    ) == [("failed", "too_large", "failed", 1)]
    database.connection.execute("delete from private.image_transfers")
    database.connection.execute("update storage.buckets set file_size_limit = 5242880")
