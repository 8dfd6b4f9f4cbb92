"""Objects by supabase-py: what a person may read, and what nobody may write."""

from __future__ import annotations

import httpx
import pytest
from storage3.exceptions import StorageApiError

from contract.conftest import SignIn, data, nobody


async def test_buckets_are_private_and_writes_are_the_services(sign_in: SignIn) -> None:
    client = await sign_in("member")
    (own,) = await data(client.table("companies").select("company_id"))
    with pytest.raises(StorageApiError):
        await client.storage.from_("images").upload(f"{own['company_id']}/contract.jpg", b"\xff\xd8\xff\xd9")
    with pytest.raises(StorageApiError):
        await (await nobody()).storage.from_("images").download(f"{own['company_id']}/contract.jpg")


async def test_another_companys_prefix_shows_and_signs_nothing(sign_in: SignIn) -> None:
    member, other = await sign_in("member"), await sign_in("other")
    (own,) = await data(member.table("companies").select("company_id"))
    assert await other.storage.from_("images").list(own["company_id"]) == []
    with pytest.raises(StorageApiError):
        await other.storage.from_("images").create_signed_url(f"{own['company_id']}/{'0' * 64}.jpg", 60)


async def test_a_forged_signature_opens_nothing(sign_in: SignIn) -> None:
    client = await sign_in("member")
    path = "object/sign/images/x/y.jpg?token=e.y.J"
    async with httpx.AsyncClient() as plain:
        answer = await plain.get(f"{str(client.storage_url).rstrip('/')}/{path}")
    assert answer.status_code in {400, 401, 403, 404}
