"""The real functions, driven as the edge, pg_cron and people drive them; and what the database then holds."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import psycopg

from sessions.model import Camera, Photo, Site

COMPANY = uuid.UUID("a0000000-0000-4000-8000-000000000001")
PERSON = uuid.UUID("a0000000-0000-4000-8000-000000000003")
BYTES_A_CHUNK = 5


def stamp(at: datetime) -> str:
    """As a device sends it."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def chunk(photo: Photo, number: int) -> bytes:
    """Five bytes of a photograph that no other photograph has."""
    body = bytearray(f"{photo.name}{photo.key}".encode() * 2)[number : number + BYTES_A_CHUNK]
    if number == 0:
        body[:3] = b"\xff\xd8\xff"
    if number == photo.chunks - 1:
        body[-2:] = b"\xff\xd9"
    return bytes(body)


class World:
    """One company in a database, within one transaction; every call says when it happens."""

    def __init__(self, connection: psycopg.Connection[tuple[Any, ...]], sites: Sequence[Site]) -> None:
        self.connection = connection
        self.site_ids = [uuid.uuid4() for _ in sites]
        self.run("insert into companies (company_id, name) values (%s, 'Model')", COMPANY)
        self.run("insert into auth.users (id, email) values (%s, 'model@lab.example')", PERSON)
        self.run(
            "insert into users (user_id, company_id, email, role, is_super_admin)"
            " values (%s, %s, 'model@lab.example', 'admin', true)",
            PERSON, COMPANY,
        )  # fmt: skip
        for number, (site_id, site) in enumerate(zip(self.site_ids, sites, strict=True)):
            self.run(
                """
                with program as (
                    insert into pilot_programs (company_id, program_name, start_date, end_date)
                    values (%s, %s, '2020-01-01', %s) returning company_id, program_id)
                insert into sites (company_id, site_id, program_id, name, timezone)
                select company_id, %s, program_id, %s, %s from program
                """,
                COMPANY, f"program {number}", site.ends, site_id, f"site {number}", site.zone,
            )  # fmt: skip

    def run(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Rows of a statement; none where it has none."""
        cursor = self.connection.execute(query.encode(), parameters)
        return cursor.fetchall() if cursor.description else []

    def one(self, query: str, *parameters: object) -> Any:
        """The first column of the first row."""
        return self.run(query, *parameters)[0][0]

    def add_camera(self, camera: Camera) -> None:
        """A camera that has always been where it is."""
        self.run(
            "insert into devices (company_id, device_mac, name, kind, site_id, wake_schedule_cron)"
            " values (%s, %s, %s, 'camera', %s, %s)",
            COMPANY, camera.name, camera.name, None if camera.site is None else self.site_ids[camera.site], camera.cron,
        )  # fmt: skip

    def device_id(self, camera: str) -> uuid.UUID:
        """Key of a camera."""
        return uuid.UUID(str(self.one("select device_id from devices where device_mac = %s", camera)))

    def image_id(self, photo: Photo) -> uuid.UUID:
        """Key of an image."""
        return uuid.UUID(
            str(
                self.one(
                    "select image_id from device_images join devices using (company_id, device_id)"
                    " where device_mac = %s and image_name = %s and capture_key = %s",
                    photo.camera, photo.name, photo.key,
                )
            )
        )  # fmt: skip

    # A camera's messages

    def _words(self, mac: str) -> dict[str, Any]:
        return {"prefix": "ESP32CAM", "topic_id": mac, "mac": mac}

    def hello(self, mac: str, now: datetime) -> None:
        """A HELLO without backlog."""
        item = {**self._words(mac), "pending_count": 0, "battery_voltage": 3.9}
        assert self.run("select * from private.ingest_hellos(%s::jsonb, %s)", json.dumps([item]), now) == []

    def telemetry(self, mac: str, captured: datetime, now: datetime) -> list[tuple[Any, ...]]:
        """Sensor values without an image; the refusals."""
        item = {**self._words(mac), "captured_at": stamp(captured), "capture_key": stamp(captured)}
        item |= {"timestamp_source": "device", "temperature": 21.5}
        return self.run("select reason from private.ingest_metadata(%s::jsonb, %s)", json.dumps([item]), now)

    def metadata(self, photo: Photo, now: datetime) -> list[tuple[Any, ...]]:
        """An image announced; the refusals."""
        item = {**self._words(photo.camera), "image_name": photo.name, "capture_key": photo.key}
        item |= {"captured_at": stamp(photo.captured), "timestamp_source": "device", "temperature": 21.5}
        item |= {"total_chunk_count": photo.chunks, "image_size": photo.chunks * BYTES_A_CHUNK, "max_chunk_size": 5}
        return self.run("select reason from private.ingest_metadata(%s::jsonb, %s)", json.dumps([item]), now)

    def chunks(self, photo: Photo, ids: Iterable[int], now: datetime) -> None:
        """Some chunks in the order given."""
        order = list(ids)
        same = [photo.camera] * len(order)
        self.run(
            "select * from private.ingest_chunks("
            "%s::text[], %s::text[], %s::text[], %s::text[], %s::int[], %s::bytea[], %s)",
            same, ["ESP32CAM"] * len(order), same, [photo.name] * len(order), order, [chunk(photo, i) for i in order],
            now,
        )  # fmt: skip

    def store(self, now: datetime) -> None:
        """What the edge does with whole images."""
        query = "select image_id::text, object_path from private.claim_assembled_images(100, '1 minute', %s)"
        items = [{"image_id": image_id, "image_url": path} for image_id, path in self.run(query, now)]
        assert self.run("select * from private.complete_images(%s::jsonb, %s)", json.dumps(items), now) == []

    # People and jobs

    def as_person(self, query: str, *parameters: object) -> Any:
        """A call of an RPC by a super admin of the company."""
        claims = json.dumps({"sub": str(PERSON), "role": "authenticated"})
        self.run("select set_config('request.jwt.claims', %s, true)", claims)
        answer = self.one(query, *parameters)
        self.run("select set_config('request.jwt.claims', '', true)")
        return answer

    def tick(self, now: datetime) -> None:
        """The minute's jobs: none of them has an error."""
        for job in ("public.fn_end_of_day_locker_all", "public.fn_midnight_session_opener_all"):
            answer = self.one(f"select {job}(%s)", now)
            assert answer["error_count"] == 0, answer
        assert "error" not in json.dumps(self.one("select private.run_due(%s)", now))

    # What is there

    def days(self) -> dict[tuple[int, Any], tuple[Any, ...]]:
        """Site number and date → status, bounds, expected and the four counters."""
        rows = self.run(
            "select site_id, session_date, status, starts_at, ends_at, expected_wake_count, completed_wake_count,"
            " failed_wake_count, pending_wake_count, extra_wake_count from site_device_sessions"
        )
        return {(self.site_ids.index(row[0]), row[1]): row[2:] for row in rows}

    def unexplained(self) -> list[tuple[Any, ...]]:
        """Cameras' shares of days whose expected count is not the number of slots that analytics lists for them."""
        return self.run(
            """
            with slot as (
                select n.session_id, n.device_id, count(*) as slots
                from (
                    select array_agg(company_id) as company_ids, array_agg(session_id) as session_ids
                    from site_device_sessions
                ) as s, private.slots_of_days(s.company_ids, s.session_ids) as n
                group by n.session_id, n.device_id
            )
            select session_id, device_id, sd.expected_wake_count, n.slots
            from site_session_devices as sd
            left join slot as n using (session_id, device_id)
            where sd.expected_wake_count <> coalesce(n.slots, 0)
            """
        )

    def wakes(self) -> dict[tuple[str, str, str], tuple[Any, ...]]:
        """Camera, image name, capture → what its payload, image, observation and session say of it."""
        rows = self.run(
            """
            select
                d.device_mac, coalesce(i.image_name, ''), p.capture_key, s.session_date, p.site_id, p.overage_flag,
                p.slot_at, p.payload_status, p.image_status, i.status, i.retry_count, i.resent_received_at,
                p.resent_received_at, o.observation_id is not null,
                (i.site_device_session_id, i.site_id, i.program_id, i.device_id, i.captured_at)
                    is distinct from (p.site_device_session_id, p.site_id, p.program_id, p.device_id, p.captured_at)
                or (o.site_device_session_id, o.site_id, o.program_id, o.device_id, o.observed_at, o.payload_id)
                    is distinct from
                    (p.site_device_session_id, p.site_id, p.program_id, p.device_id, p.captured_at, p.payload_id),
                (s.site_id, s.program_id) = (p.site_id, p.program_id)
            from device_wake_payloads as p
            join devices as d on d.company_id = p.company_id and d.device_id = p.device_id
            join site_device_sessions as s on s.company_id = p.company_id and s.session_id = p.site_device_session_id
            left join device_images as i on i.company_id = p.company_id and i.image_id = p.image_id
            left join petri_observations as o on o.company_id = p.company_id and o.image_id = p.image_id
            """
        )
        found = {row[:3]: row[3:] for row in rows}
        assert len(found) == len(rows)
        return found
