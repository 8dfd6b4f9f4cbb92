"""Images as supabase-py and plain HTTP see them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from storage3.exceptions import StorageApiError

from gateway_api.world import PASSWORD, Person, World
from supabase import AsyncClient, acreate_client

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 20 + b"\xff\xd9"
OPTIONS: Any = {"content-type": "image/jpeg"}


async def service(world: World) -> Any:
    return (await acreate_client(world.url, world.service_key)).storage.from_("images")


async def signed_in(world: World, person: Person) -> AsyncClient:
    supabase = await acreate_client(world.url, world.anon_key)
    await supabase.auth.sign_in_with_password({"email": person.email, "password": PASSWORD})
    return supabase


async def fetch(url: str) -> httpx.Response:
    async with httpx.AsyncClient() as http:
        return await http.get(url)


def new_name(company_id: UUID) -> str:
    return f"{company_id}/{uuid4().hex}.jpg"


def stored(world: World) -> set[Path]:
    return {path for path in world.gateway.storage.rglob("*") if path.is_file()}


async def test_a_member_reads_what_the_handler_uploaded(world: World) -> None:
    name = new_name(world.company_a)
    await (await service(world)).upload(name, JPEG, OPTIONS)
    images = (await signed_in(world, world.member_a)).storage.from_("images")
    assert await images.download(name) == JPEG
    assert await images.exists(name)
    about = await images.info(name)
    assert (about["size"], about["content_type"], about["name"]) == (len(JPEG), "image/jpeg", name)
    url = (await images.create_signed_url(name, 60))["signedUrl"]
    assert url is not None
    answer = await fetch(url)
    assert (answer.content, answer.headers["content-type"]) == (JPEG, "image/jpeg")
    many = await images.create_signed_urls([name, "absent.jpg"], 60)
    assert (await fetch(str(many[0]["signedURL"]))).content == JPEG
    assert many[1]["error"]
    listed = await images.list(str(world.company_a), {"limit": 1000})
    assert name.rpartition("/")[2] in {row["name"] for row in listed}
    top = await images.list()
    assert [(row["name"], row["id"]) for row in top] == [(str(world.company_a), None)]


async def test_another_company_cannot_read_list_or_sign_it(world: World) -> None:
    name = new_name(world.company_a)
    await (await service(world)).upload(name, JPEG, OPTIONS)
    images = (await signed_in(world, world.member_b)).storage.from_("images")
    for attempt in (images.download(name), images.create_signed_url(name, 60), images.info(name)):
        with pytest.raises(StorageApiError) as refused:
            await attempt
        assert (refused.value.status, refused.value.message) == ("404", "Object not found")
    assert not await images.exists(name)
    assert (await images.create_signed_urls([name], 60))[0]["signedURL"] is None
    assert await images.list(str(world.company_a)) == []
    assert await images.remove([name]) == []
    assert await (await service(world)).download(name) == JPEG


async def test_nobody_but_the_handler_writes(world: World) -> None:
    before = stored(world)
    for person in (world.member_a, world.member_b):
        images = (await signed_in(world, person)).storage.from_("images")
        with pytest.raises(StorageApiError) as refused:
            await images.upload(new_name(world.company_a), JPEG, OPTIONS)
        assert (refused.value.status, refused.value.code) == ("403", "Unauthorized")
    anonymous = (await acreate_client(world.url, world.anon_key)).storage.from_("images")
    with pytest.raises(StorageApiError):
        await anonymous.upload(new_name(world.company_a), JPEG, OPTIONS)
    name = new_name(world.company_a)
    await (await service(world)).upload(name, JPEG, OPTIONS)
    member = (await signed_in(world, world.member_a)).storage.from_("images")
    assert await member.remove([name]) == []
    with pytest.raises(StorageApiError):
        await member.update(name, b"changed", OPTIONS)
    assert await member.download(name) == JPEG
    assert len(stored(world)) == len(before) + 1  # refused uploads leave no bytes


async def test_a_name_is_written_once_unless_asked_otherwise(world: World) -> None:
    images, name = await service(world), new_name(world.company_a)
    await images.upload(name, JPEG, OPTIONS)
    before = stored(world)
    with pytest.raises(StorageApiError) as twice:
        await images.upload(name, b"other", OPTIONS)
    assert (twice.value.status, twice.value.code) == ("409", "Duplicate")
    assert await images.download(name) == JPEG
    await images.upload(name, b"second", {**OPTIONS, "upsert": "true"})
    assert await images.download(name) == b"second"
    await images.update(name, b"third", OPTIONS)
    assert await images.download(name) == b"third"
    assert len(stored(world)) == len(before)  # the replaced bytes are gone
    removed = await images.remove([name])
    assert [row["name"] for row in removed] == [name]
    assert len(stored(world)) == len(before) - 1
    assert not await images.exists(name)


async def test_many_handlers_writing_one_name_at_once_all_succeed_and_one_file_stays(world: World) -> None:
    images, name, before = await service(world), new_name(world.company_a), stored(world)
    bodies = [f"{number}".encode() * 1000 for number in range(12)]
    await asyncio.gather(*[images.upload(name, body, {**OPTIONS, "upsert": "true"}) for body in bodies])
    assert await images.download(name) in bodies
    assert len(stored(world)) == len(before) + 1


async def test_reading_while_it_is_replaced_always_gives_a_whole_file(world: World) -> None:
    images, name = await service(world), new_name(world.company_a)
    await images.upload(name, b"0" * 5000, OPTIONS)

    async def replace() -> None:
        for number in range(1, 10):
            await images.update(name, f"{number}".encode() * 5000, OPTIONS)

    async def read() -> set[bytes]:
        return {(await images.download(name)) for _ in range(30)}

    _, *seen = await asyncio.gather(replace(), read(), read())
    assert all(len(body) == 5000 and len(set(body)) == 1 for body in set().union(*seen))


def call(world: World, method: str, path: str, **more: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {world.service_key}", **more.pop("headers", {})}
    return httpx.request(method, f"{world.url}/storage/v1/{path}", headers=headers, **more)


def test_limits_and_bad_names_are_refused_in_json(world: World) -> None:
    jpeg = {"Content-Type": "image/jpeg"}
    name = f"object/images/{new_name(world.company_a)}"
    cases = [
        (call(world, "POST", name, content=b"x", headers={"Content-Type": "text/html"}), "415"),
        (call(world, "POST", name, content=b"x" * 5_300_000, headers=jpeg), "413"),
        (call(world, "POST", name, content=b"x" * 60_000_000, headers=jpeg), "413"),
        (call(world, "POST", "object/images/a/%2e%2e/b.jpg", content=b"x", headers=jpeg), "400"),
        (call(world, "POST", "object/images//a.jpg", content=b"x", headers=jpeg), "400"),
        (call(world, "POST", "object/images/a%00b.jpg", content=b"x", headers=jpeg), "400"),
        (call(world, "POST", f"object/images/{'a' * 1100}", content=b"x", headers=jpeg), "400"),
        (call(world, "POST", "object/absent/a.jpg", content=b"x", headers=jpeg), "404"),
        (call(world, "GET", "object/images/absent.jpg"), "404"),
        (call(world, "POST", "object/sign/images/absent.jpg", json={"expiresIn": "60"}), "404"),
        (call(world, "POST", "object/sign/images/a.jpg", json={"expiresIn": -1}), "400"),
        (call(world, "POST", "object/list/images", json={"limit": 100_000}), "400"),
        (call(world, "POST", "object/list/images", content=b"nonsense"), "400"),
        (call(world, "DELETE", "object/images", json={"prefixes": []}), "400"),
        (call(world, "GET", "object/images/a.jpg", headers={"Authorization": "Bearer nonsense"}), "400"),
    ]
    for answer, status in cases:
        assert answer.status_code == 400, answer.text
        assert answer.json()["statusCode"] == status, answer.text
        assert {"error", "message", "code"} <= set(answer.json())


def test_a_signed_url_opens_its_object_alone_and_for_its_time(world: World) -> None:
    one, two = new_name(world.company_a), new_name(world.company_a)
    for name in (one, two):
        call(world, "POST", f"object/images/{name}", content=JPEG, headers={"Content-Type": "image/jpeg"})
    url = call(world, "POST", f"object/sign/images/{one}", json={"expiresIn": "60"}).json()["signedURL"]
    assert httpx.get(f"{world.url}/storage/v1{url}").content == JPEG
    assert httpx.get(f"{world.url}/storage/v1{url.replace(one, two)}").json()["error"] == "InvalidSignature"
    assert (
        httpx.get(f"{world.url}/storage/v1/object/sign/images/{one}?token={world.service_key}").json()["error"]
        == "InvalidJWT"
    )
    assert (
        httpx.put(
            f"{world.url}/storage/v1/object/upload/sign{url.removeprefix('/object/sign')}", content=b"x"
        ).status_code
        == 400
    )
    named = httpx.get(f"{world.url}/storage/v1{url}&download=leaf 1.jpg")
    assert named.headers["content-disposition"] == "attachment; filename*=UTF-8''leaf%201.jpg"


def test_a_signed_upload_url_writes_its_object(world: World) -> None:
    name = new_name(world.company_a)
    url = call(world, "POST", f"object/upload/sign/images/{name}").json()["url"]
    assert (
        httpx.put(f"{world.url}/storage/v1{url}", content=JPEG, headers={"Content-Type": "image/jpeg"}).status_code
        == 200
    )
    assert call(world, "GET", f"object/images/{name}").content == JPEG


def test_what_is_sent_can_be_cached_and_cannot_run(world: World) -> None:
    name = new_name(world.company_a)
    call(
        world,
        "POST",
        f"object/images/{name}",
        content=JPEG,
        headers={"Content-Type": "image/jpeg", "Cache-Control": "max-age=31536000"},
    )
    got = call(world, "GET", f"object/authenticated/images/{name}")
    assert got.headers["cache-control"] == "max-age=31536000"
    assert got.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in got.headers["content-security-policy"]
    assert (
        call(world, "GET", f"object/images/{name}", headers={"If-None-Match": got.headers["etag"]}).status_code == 304
    )
    head = call(world, "HEAD", f"object/images/{name}")
    assert (head.status_code, head.headers["content-length"], head.content) == (200, str(len(JPEG)), b"")
    part = call(world, "GET", f"object/images/{name}", headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, JPEG[:4])


def test_rows_are_not_deleted_behind_the_bytes(world: World) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="Use the Storage API"):
        world.sql("delete from storage.objects")


async def test_a_bucket_lives_from_creation_to_deletion(world: World) -> None:
    storage = (await acreate_client(world.url, world.service_key)).storage
    name = f"b{uuid4().hex[:8]}"
    await storage.create_bucket(name, options={"public": True})
    assert (await storage.get_bucket(name)).public
    await storage.from_(name).upload("a/b.txt", b"hello")
    assert (await fetch(f"{world.url}/storage/v1/object/public/{name}/a/b.txt")).content == b"hello"
    assert (await fetch(f"{world.url}/storage/v1/object/public/images/a/b.txt")).status_code == 400
    with pytest.raises(StorageApiError):
        await storage.delete_bucket(name)
    await storage.empty_bucket(name)
    await storage.delete_bucket(name)
    assert name not in {bucket.id for bucket in await storage.list_buckets()}
    people = (await signed_in(world, world.member_a)).storage
    assert await people.list_buckets() == []


def test_large_files_pass_through_the_disk_and_odd_types_become_bytes(world: World) -> None:
    bucket, big = f"b{uuid4().hex[:8]}", bytes(range(256)) * 20_000
    assert call(world, "POST", "bucket", json={"name": bucket}).status_code == 200
    odd = {"Content-Type": b"b\xf6se/\xfc"}
    puts = (
        call(world, "POST", f"object/{bucket}/raw", content=big, headers=odd),
        call(world, "POST", f"object/{bucket}/form", files={"file": ("big.bin", big)}),
    )
    for put in puts:
        assert put.status_code == 200, put.text
        got = call(world, "GET", "object/" + put.json()["Key"])
        assert got.content == big
        assert got.headers["content-type"] == "application/octet-stream"
    call(world, "POST", f"bucket/{bucket}/empty")
    assert call(world, "DELETE", f"bucket/{bucket}").status_code == 200
