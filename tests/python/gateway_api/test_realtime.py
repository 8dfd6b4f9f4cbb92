"""Broadcasts from the database, as both clients hear them."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import httpx

from gateway_api.listeners import Heard, js_listener, py_listener
from gateway_api.world import World


async def test_members_hear_their_company_and_others_are_refused(world: World) -> None:
    topic, other = f"company:{world.company_a}", f"company:{world.company_b}"
    async with contextlib.AsyncExitStack() as stack:
        py_a, _ = await stack.enter_async_context(py_listener(world, world.member_a, topic))
        py_b, _ = await stack.enter_async_context(py_listener(world, world.member_b, topic, other))
        js_a = await stack.enter_async_context(js_listener(world, world.member_a, TOPICS=topic))
        js_b = await stack.enter_async_context(js_listener(world, world.member_b, TOPICS=f"{topic},{other}"))
        for heard in (py_a, js_a):
            await heard.state("SUBSCRIBED", topic)
        for heard in (py_b, js_b):
            await heard.state("SUBSCRIBED", other)
        refused = await js_b.state("CHANNEL_ERROR", topic)
        assert "Unauthorized: You do not have permissions to read from this Channel topic" in refused[0]["error"]
        await py_b.state("CHANNEL_ERROR", topic)
        world.send(topic, "device_update", '{"table": "devices", "rows": [{"a": 1}]}')
        world.send(other, "end")
        for heard in (py_a, js_a):
            got = (await heard.event("device_update"))[0]["payload"]
            assert got["rows"] == [{"a": 1}]
        for heard in (py_b, js_b):
            await heard.event("end")
            assert heard.events() == ["end"]


async def test_a_broadcast_of_a_transaction_comes_after_its_commit_and_never_after_a_rollback(world: World) -> None:
    topic = f"company:{world.company_a}"
    async with py_listener(world, world.member_a, topic) as (heard, _):
        await heard.state("SUBSCRIBED")
        world.sql(
            "do $$ begin perform realtime.send('{}', 'undone', '"
            + topic
            + "'); raise exception 'x'; exception when others then end $$"
        )
        world.sql("select realtime.send('{}', 'one', %s), realtime.send('{}', 'two', %s)", topic, topic)
        await heard.event("two")
        assert heard.events() == ["one", "two"]


async def test_both_clients_hear_on_after_the_gateway_was_restarted(world: World) -> None:
    topic = f"company:{world.company_a}"
    async with (
        py_listener(world, world.member_a, topic) as (py, _),
        js_listener(world, world.member_a, TOPICS=topic) as js,
    ):
        listeners: tuple[Heard, ...] = (py, js)
        for heard in listeners:
            await heard.state("SUBSCRIBED")
        await asyncio.to_thread(world.gateway.stop)
        await asyncio.to_thread(world.gateway.start)
        for heard in listeners:
            await heard.state("SUBSCRIBED", times=2)
        world.send(topic, "after")
        for heard in listeners:
            await heard.event("after")


async def test_both_clients_hear_on_after_the_database_connection_was_cut(world: World) -> None:
    topic = f"company:{world.company_a}"
    async with (
        py_listener(world, world.member_a, topic) as (py, _),
        js_listener(world, world.member_a, TOPICS=topic) as js,
    ):
        for heard in (py, js):
            await heard.state("SUBSCRIBED")
        world.sql("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'gateway-pump'")
        for heard in (py, js):
            await heard.state("SUBSCRIBED", times=2)
        world.send(topic, "after")
        for heard in (py, js):
            await heard.event("after")


async def test_signing_out_closes_private_channels_in_js_terms(world: World) -> None:
    person, topic = world.person(world.company_a), f"company:{world.company_a}"
    async with py_listener(world, person, topic) as (heard, supabase):
        await heard.state("SUBSCRIBED")
        await supabase.realtime.set_auth(world.anon_key)
        await heard.state("CLOSED")
        world.send(topic, "late")
        assert "late" not in heard.events()


async def test_joins_with_bindings_of_postgres_changes_are_answered_as_hosted_does(world: World) -> None:
    async with js_listener(world, world.member_a, CHANGES="1") as heard:
        await heard.state("SUBSCRIBED")
        said = await heard.until(lambda line: "system" in line)
        assert said[0]["system"]["message"] == "Subscribed to PostgreSQL"


def broadcast(world: World, token: str, path: str, body: Any) -> httpx.Response:
    return httpx.post(f"{world.url}/realtime/v1/api/broadcast{path}", json=body, headers={"apikey": token})


async def test_the_service_broadcasts_over_rest_and_people_do_not(world: World) -> None:
    topic = f"company:{world.company_a}"
    token = world.sign_in(world.member_a)["access_token"]
    messages = {"messages": [{"topic": topic, "event": "rest", "payload": {"n": 1}, "private": True}]}
    async with py_listener(world, world.member_a, topic) as (heard, _):
        await heard.state("SUBSCRIBED")
        for key, path in ((token, ""), (world.anon_key, "")):
            assert broadcast(world, key, path, messages).status_code == 403
        assert broadcast(world, token, "/public/events/e", {}).status_code == 403
        assert broadcast(world, world.service_key, "/__control/events/reauthorize?private=true", {}).status_code == 403
        assert broadcast(world, "nonsense", "", messages).status_code == 401
        assert broadcast(world, world.service_key, "", {"messages": "x"}).status_code == 422
        sent = broadcast(world, world.service_key, "", messages)
        assert (sent.status_code, sent.content) == (202, b"")
        assert broadcast(world, world.service_key, f"/{topic}/events/one?private=true", {"n": 2}).status_code == 202
        await heard.event("one")
        assert [line["payload"]["n"] for line in heard.lines if "event" in line] == [1, 2]
