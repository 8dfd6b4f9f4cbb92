"""Rows by supabase-py: select, embed, filter, order, count, CSV, RPC, and what is refused."""

from __future__ import annotations

import secrets

import pytest
from postgrest import CountMethod
from postgrest.exceptions import APIError

from contract.conftest import SignIn, data, nobody


async def test_select_filter_order_and_embed(sign_in: SignIn) -> None:
    client = await sign_in("member")
    rows = await data(
        client.table("devices").select("device_id,name,kind,sites(name)").eq("kind", "camera").order("name")
    )
    assert len(rows) >= 8
    assert [row["name"] for row in rows] == sorted(row["name"] for row in rows)
    assert any(row["sites"] and row["sites"]["name"] for row in rows)
    ids = [row["device_id"] for row in rows[:2]]
    some = await data(client.table("devices").select("device_id").in_("device_id", ids))
    assert {row["device_id"] for row in some} == set(ids)


async def test_count_and_range(sign_in: SignIn) -> None:
    client = await sign_in("member")
    counted = await client.table("devices").select("device_id", count=CountMethod.exact).range(0, 1).execute()
    assert len(counted.data) == 2
    assert counted.count is not None
    assert counted.count > 2


async def test_csv(sign_in: SignIn) -> None:
    client = await sign_in("member")
    text = await data(client.table("companies").select("name").csv())
    assert str(text).splitlines()[0] == "name"


async def test_a_row_is_made_changed_and_refused_by_its_role(sign_in: SignIn) -> None:
    name = f"Contract {secrets.token_hex(4)}"
    member, viewer = await sign_in("member"), await sign_in("viewer")
    made = await data(member.rpc("save_experiment", {"p_name": name, "p_python_code": "print(1)"}))
    key = made["experiment_id"]
    changed = await data(member.table("experiments").update({"description": "words"}).eq("experiment_id", key))
    assert changed[0]["description"] == "words"
    seen = await data(viewer.table("experiments").select("name").eq("experiment_id", key))
    assert seen == [{"name": name}]
    with pytest.raises(APIError) as refused:
        await viewer.rpc("save_experiment", {"p_name": name, "p_python_code": "print(1)"}).execute()
    assert refused.value.code == "L0002"
    await member.rpc("save_experiment", {"p_experiment_id": key, "p_archived": True}).execute()


async def test_another_company_sees_nothing_of_it(sign_in: SignIn) -> None:
    member, other = await sign_in("member"), await sign_in("other")
    (own,) = await data(member.table("companies").select("company_id"))
    for table in ("devices", "sites", "experiments", "device_wake_payloads", "trial_current", "audit_log"):
        found = await data(other.table(table).select("company_id").eq("company_id", own["company_id"]))
        assert found == [], table


async def test_nobody_reads_nothing() -> None:
    client = await nobody()
    with pytest.raises(APIError) as refused:
        await client.table("devices").select("device_id").execute()
    assert refused.value.code == "42501"


async def test_a_super_admin_switches_the_company_and_back(sign_in: SignIn) -> None:
    client, other = await sign_in("super"), await sign_in("other")
    home = await data(client.rpc("get_active_company_id"))
    (away,) = await data(other.table("companies").select("company_id"))
    await client.rpc("set_active_company_context", {"p_company_id": away["company_id"]}).execute()
    try:
        seen = await data(client.table("devices").select("company_id"))
        assert {row["company_id"] for row in seen} <= {away["company_id"]}
        assert await data(client.rpc("get_active_company_id")) == away["company_id"]
    finally:
        await client.rpc("set_active_company_context", {"p_company_id": home}).execute()
    assert await data(client.rpc("get_active_company_id")) == home
