"""Hostile and broken payloads: each ends as a dead letter with its reason, the next good message is stored at once."""

from __future__ import annotations

import time

import orjson
import pytest

from flows.device import CAPTURE, Device, send
from flows.lab import Database, until
from flows.photo import photo

GOOD_WITHIN_S = 1.0

DATA = {
    "words": (b"hello", "not_json"),
    "nothing": (b"", "not_json"),
    "half an object": (b'{"image_name":"a.jpg"', "not_json"),
    "a number": (b"7", "not_object"),
    "null": (b"null", "not_object"),
    "a list": (b'[{"temperature":1}]', "not_object"),
    "NaN": (b'{"temperature":NaN}', "not_finite"),
    "minus infinity": (b'{"temperature":-Infinity}', "not_finite"),
    "infinity by overflow": (b'{"temperature":1e999}', "not_finite"),
    "NUL escaped": (b'{"temperature":1,"location":"a\\u0000b"}', "bad_unicode"),
    "NUL in a key": (b'{"temperature":1,"a\\u0000b":1}', "bad_unicode"),
    "a lone surrogate, escaped": (b'{"temperature":1,"location":"\\ud800"}', "bad_unicode"),
    "a lone surrogate, encoded": (b'{"temperature":1,"location":"\xed\xa0\x80"}', "bad_unicode"),
    "not UTF-8": (b'{"location":"\xff\xfe","temperature":1}', "bad_unicode"),
    "a megabyte": (b'{"temperature":1,"location":"' + b"x" * 1_000_000 + b'"}', "too_large"),
    "a thousand keys": (orjson.dumps({f"k{n}": n for n in range(1000)} | {"temperature": 1}), "too_large"),
    "deep lists": (b'{"temperature":1,"a":' + b"[" * 60 + b"]" * 60 + b"}", "too_deep"),
    "very deep objects": (b'{"a":' * 5000 + b"1" + b"}" * 5000, "too_deep"),
    "an empty object": (b"{}", "missing_field"),
    "no sensor, no image": (b'{"battery_voltage":3.9}', "missing_field"),
    "a name without a count": (b'{"image_name":"a.jpg","temperature":1}', "missing_field"),
    "a count without a name": (b'{"total_chunk_count":4}', "missing_field"),
    "text for a number": (b'{"temperature":"warm"}', "bad_type"),
    "a boolean for a number": (b'{"temperature":true}', "bad_type"),
    "an object for a number": (b'{"temperature":{}}', "bad_type"),
    "sensor_data as text": (b'{"sensor_data":"21","temperature":1}', "bad_type"),
    "a negative count": (b'{"image_name":"a.jpg","total_chunk_count":-1}', "bad_type"),
    "a count of half a chunk": (b'{"image_name":"a.jpg","total_chunk_count":1.5}', "bad_type"),
    "a huge count": (b'{"image_name":"a.jpg","total_chunk_count":99999999999}', "bad_type"),
    "a name of 10,000 letters": (orjson.dumps({"image_name": "a" * 10_000, "total_chunk_count": 1}), "bad_type"),
    "a chunk without a name": (b'{"chunk_id":0,"payload":"AAAA"}', "missing_field"),
    "a chunk without bytes": (b'{"image_name":"a.jpg","chunk_id":0}', "missing_field"),
    "an empty chunk": (b'{"image_name":"a.jpg","chunk_id":0,"payload":""}', "missing_field"),
    "an empty array": (b'{"image_name":"a.jpg","chunk_id":0,"payload":[]}', "missing_field"),
    "no base64": (b'{"image_name":"a.jpg","chunk_id":0,"payload":"***"}', "bad_type"),
    "300 is no byte": (b'{"image_name":"a.jpg","chunk_id":0,"payload":[1,300]}', "bad_type"),
    "a negative byte": (b'{"image_name":"a.jpg","chunk_id":0,"payload":[-1]}', "bad_type"),
    "a negative chunk": (b'{"image_name":"a.jpg","chunk_id":-1,"payload":"AAAA"}', "bad_type"),
    "a chunk with a huge id": (b'{"image_name":"a.jpg","chunk_id":4294967296,"payload":"AAAA"}', "bad_type"),
    "a chunk id in words": (b'{"image_name":"a.jpg","chunk_id":"one","payload":"AAAA"}', "bad_type"),
}

STATUS = {
    "words": (b"awake", "not_json"),
    "a number": (b"1", "not_object"),
    "NaN": (b'{"battery_voltage":NaN}', "not_finite"),
    "NUL": (b'{"status":"Al\\u0000ive"}', "bad_unicode"),
    "deep": (b'{"a":' + b"[" * 60 + b"]" * 60 + b"}", "too_deep"),
    "a megabyte": (b'{"status":"' + b"x" * 1_000_000 + b'"}', "too_large"),
}


async def refused(camera: Device, leaf: str, payload: bytes, reason: str) -> None:
    """The payload is kept with its reason; a photograph announced right after it is stored within a second."""
    picture = photo(chunks=1)
    await camera.publish(leaf, payload)
    began = time.monotonic()
    await camera.announce(picture)
    await until(camera.images, "the good message after it is stored", GOOD_WITHIN_S)
    assert time.monotonic() - began < GOOD_WITHIN_S
    (letter,) = await until(camera.dead_letters, "the dead letter")
    assert letter["reason"] == reason
    assert letter["payload_bytes"] == len(payload)
    assert bytes(letter["payload"]) == payload[:65536]
    assert letter["device_id"] == (await camera.device())["device_id"]
    await camera.told(send(picture.name))
    assert [image["image_name"] for image in await camera.images()] == [picture.name]


@pytest.mark.parametrize(("payload", "reason"), DATA.values(), ids=DATA)
async def test_a_broken_data_message_is_a_dead_letter(camera: Device, payload: bytes, reason: str) -> None:
    await refused(camera, "data", payload, reason)


@pytest.mark.parametrize(("payload", "reason"), STATUS.values(), ids=STATUS)
async def test_a_broken_hello_is_a_dead_letter(camera: Device, payload: bytes, reason: str) -> None:
    await refused(camera, "status", payload, reason)


async def test_a_storm_of_broken_messages_loses_none_and_delays_no_good_one(camera: Device, db: Database) -> None:
    await camera.hello()
    await camera.told(CAPTURE)
    picture = photo(chunks=40)
    await camera.announce(picture)
    await camera.told(send(picture.name))
    storm = [payload for payload, _ in DATA.values() if payload and len(payload) < 10_000]
    for index in range(picture.chunk_count):
        await camera.publish("data", storm[index % len(storm)])
        await camera.stream(picture, [index])
    await camera.final(picture)
    letters = await camera.dead_letters()
    assert len(letters) == picture.chunk_count
    check = "select pg_get_constraintdef(oid) from pg_constraint where conname = 'mqtt_dead_letters_reason_check'"
    known = await db.value(check)
    assert all(f"'{letter['reason']}'" in known for letter in letters)


async def test_names_that_look_like_sql_or_paths_are_only_names(camera: Device) -> None:
    for name in ("'; drop table devices; --.jpg", "../../etc/passwd", "%s%n{0}", "näme 图.jpg", "a/b#+$.jpg"):
        picture = photo(name=name, chunks=1)
        await camera.wake(picture)
        await camera.later(3600)
    images = await camera.images()
    assert len(images) == 5
    assert all(str(image["image_url"]).endswith(f"/{image['sha256']}.jpg") for image in images)
