"""The protocol by hand: what a client would hide."""

from __future__ import annotations

import asyncio
import json
import random
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import jwt
import psycopg
import pytest
import websockets

from gateway_api.listeners import raw
from gateway_api.world import Person, World


def person_token(world: World, person: Person, ttl_s: int = 600) -> str:
    """A token of a person, made with the gateway's own key, so that its end can be chosen."""
    key = Path(world.settings["LICS_JWT_PRIVATE_KEY_FILE"]).read_bytes()
    claims = {
        "sub": str(person.user_id),
        "role": "authenticated",
        "aud": "authenticated",
        "exp": int(time.time()) + ttl_s,
    }
    return jwt.encode(claims, key, algorithm="ES256")


@pytest.mark.parametrize(
    ("query", "status", "message"),
    [
        ("", 401, "API key is missing"),
        ("?apikey=nonsense", 401, "The token provided is not a valid JWT"),
        ("?apikey=EXPIRED", 401, "Token has expired"),
        ("?apikey=FOREIGN", 401, "Failed to validate JWT signature"),
        ("?apikey=ROLELESS", 401, "Fields `role` and `exp` are required in JWT"),
    ],
)
async def test_the_upgrade_is_refused_with_the_reason(world: World, query: str, status: int, message: str) -> None:
    foreign = jwt.encode(
        {"role": "anon", "exp": time.time() + 60}, "another secret, also thirty-two bytes", algorithm="HS256"
    )
    roleless = jwt.encode({"exp": time.time() + 60}, world.secret, algorithm="HS256")
    for name, value in (("EXPIRED", world.key("anon", -5)), ("FOREIGN", foreign), ("ROLELESS", roleless)):
        query = query.replace(name, value)
    with pytest.raises(websockets.InvalidStatus) as refused:
        await websockets.connect(world.url.replace("http", "ws") + "/realtime/v1/websocket" + query)
    assert refused.value.response.status_code == status
    assert json.loads(refused.value.response.body or b"") == {"error": message}


async def test_without_a_version_frames_are_objects_with_a_ref(world: World) -> None:
    url = f"{world.url.replace('http', 'ws')}/realtime/v1/websocket?apikey={world.service_key}"
    async with websockets.connect(url) as socket:
        await socket.send('{"topic":"phoenix","event":"heartbeat","payload":{},"ref":null}')
        reply = json.loads(await socket.recv())
        assert (reply["event"], reply["payload"], reply["ref"]) == ("phx_reply", {"status": "ok", "response": {}}, None)
        topic = f"realtime:company:{world.company_a}"
        join = {
            "topic": topic,
            "event": "phx_join",
            "payload": {"config": {"private": "true", "broadcast": None}},
            "ref": "1",
        }
        await socket.send(json.dumps(join))
        assert json.loads(await socket.recv())["payload"]["status"] == "ok"
        await asyncio.to_thread(world.send, topic.removeprefix("realtime:"), "e", '{"n": 1}')
        pushed = json.loads(await socket.recv())
        assert pushed["ref"] is None
        assert (pushed["topic"], pushed["event"], pushed["payload"]["event"]) == (topic, "broadcast", "e")
        assert pushed["payload"]["payload"]["n"] == 1


async def test_refused_joins_say_why(world: World) -> None:
    token = person_token(world, world.member_a)
    async with raw(world) as socket:
        for topic, use in (
            (f"company:{world.company_b}", token),
            (f"company:{world.company_a}", None),
            ("company:nonsense", token),
            ("__control", token),
        ):
            reply = await socket.join(topic, use)
            assert reply["response"]["reason"] == (
                f"Unauthorized: You do not have permissions to read from this Channel topic: {topic}"
            )
        assert (
            "InvalidJWTToken: Token has expired"
            in (await socket.join("x", person_token(world, world.member_a, -5)))["response"]["reason"]
        )
        assert (await socket.join("x", "nonsense"))["response"]["reason"].startswith("MalformedJWT")
        assert (await socket.join("", token))["response"]["reason"].startswith("TopicNameRequired")
        await socket.send("realtime:never", "broadcast", {"event": "e"})
        assert (await socket.until("phx_reply"))[4]["response"] == {"reason": "unmatched topic"}


async def test_hostile_frames_change_nothing(world: World) -> None:
    async with raw(world) as socket:
        hostile: list[str | bytes] = [
            "",
            "nonsense",
            "[]",
            "{}",
            "[1,2,3,4,5]",
            '[null,null,"x","phx_join"]',
            b"",
            b"\x03\xff\xff",
            b"\x09" * 40,
        ]
        for frame in hostile:
            await socket.socket.send(frame)
        await socket.send("realtime:x", "phx_join", {"config": {"postgres_changes": "x" * 100}})
        assert (await socket.until("phx_reply"))[4]["status"] == "error"
        await socket.send("phoenix", "heartbeat", {})
        assert (await socket.until("phx_reply"))[4]["status"] == "ok"


async def test_leaving_and_joining_again_end_the_former_membership(world: World) -> None:
    topic = f"company:{world.company_a}"
    async with raw(world, world.service_key) as socket:
        assert (await socket.join(topic, None))["status"] == "ok"
        first = socket.frames[-1][0]
        assert (await socket.join(topic, None))["status"] == "ok"
        closed = next(frame for frame in socket.frames if frame[3] == "phx_close")
        assert closed[:2] == [first, first]
        await socket.send("realtime:" + topic, "phx_leave", {}, "2")
        assert (await socket.until("phx_close"))[1] == "2"
        async with raw(world, world.service_key) as other:
            await other.join(topic, None)
            await asyncio.to_thread(world.send, topic, "late")
            await other.until("broadcast")  # what the first were to hear, it would have heard before its next answer
        await socket.send("phoenix", "heartbeat", {})
        await socket.until("phx_reply")
        assert not [frame for frame in socket.frames if frame[3] == "broadcast"]


async def test_equal_bindings_have_equal_numbers_and_come_back_in_order(world: World) -> None:
    bindings = [
        {"event": "*", "schema": "public", "table": "devices"},
        {"event": "INSERT", "schema": "public", "table": "sites", "filter": "name=eq.x"},
    ]
    async with raw(world) as socket:
        one = (await socket.join("a", None, private=False, postgres_changes=bindings))["response"]["postgres_changes"]
        two = (await socket.join("b", None, private=False, postgres_changes=bindings[::-1]))["response"][
            "postgres_changes"
        ]
        assert [{key: value for key, value in row.items() if key != "id"} for row in one] == bindings
        assert one == two[::-1]
        assert all(isinstance(row["id"], int) and row["id"] for row in one)


async def test_a_token_that_ends_closes_its_channel(world: World) -> None:
    topic = f"company:{world.company_a}"
    async with raw(world) as socket:
        assert (await socket.join(topic, person_token(world, world.member_a, 2)))["status"] == "ok"
        said = await socket.until("system")
        assert said[4]["message"].startswith("Token has expired")
        assert (await socket.until("phx_close"))[2] == "realtime:" + topic


async def test_a_fresh_token_keeps_a_channel_and_a_foreign_one_closes_it(world: World) -> None:
    topic = f"company:{world.company_a}"
    async with raw(world) as socket, raw(world) as twin:
        first = person_token(world, world.member_a, 2)
        for one in (socket, twin):
            await one.join(topic, first)
        await socket.send(
            "realtime:" + topic, "access_token", {"access_token": person_token(world, world.member_a)}, "1"
        )
        await twin.until("phx_close")  # the first token has ended
        await asyncio.to_thread(world.send, topic, "still")
        assert (await socket.until("broadcast"))[4]["event"] == "still"
        await socket.send(
            "realtime:" + topic, "access_token", {"access_token": person_token(world, world.member_b)}, "1"
        )
        assert "Unauthorized" in (await socket.until("system"))[4]["message"]
        await socket.until("phx_close")


async def test_switching_the_company_closes_the_former_topics_before_anything_follows(world: World) -> None:
    former, chosen = f"company:{world.company_a}", f"company:{world.company_b}"
    token = person_token(world, world.super_a)
    async with raw(world) as socket, raw(world) as bystander:
        assert (await socket.join(former, token))["status"] == "ok"
        assert (await bystander.join(former, person_token(world, world.member_a)))["status"] == "ok"
        claims = json.dumps({"sub": str(world.super_a.user_id), "role": "authenticated"})
        await asyncio.to_thread(
            world.sql,
            "select set_config('request.jwt.claims', %s, false), public.set_active_company_context(%s),"
            " realtime.send('{}', 'after', %s, true)",
            claims,
            world.company_b,
            former,
        )
        assert (await bystander.until("broadcast"))[4]["event"] == "after"
        assert "Unauthorized" in (await socket.until("system"))[4]["message"]
        await socket.until("phx_close")
        assert (await socket.join(chosen, token))["status"] == "ok"
        await asyncio.to_thread(world.send, chosen, "there")
        assert (await socket.until("broadcast"))[4]["event"] == "there"
        assert "after" not in [frame[4].get("event") for frame in socket.frames]
    world.sql("delete from public.user_active_company_context where user_id = %s", world.super_a.user_id)


async def test_clients_cannot_speak_on_public_topics_or_on_private_ones_they_may_not_write(world: World) -> None:
    private = f"company:{world.company_a}"
    async with raw(world) as speaker, raw(world) as listener:
        token = person_token(world, world.member_a)
        for socket in (speaker, listener):
            await socket.join("lobby", token, private=False, broadcast={"ack": True, "self": True})
            await socket.join(private, token, broadcast={"ack": True, "self": True})
        for topic in ("lobby", private):
            await speaker.send(
                "realtime:" + topic, "broadcast", {"type": "broadcast", "event": "spam", "payload": {}}, "1"
            )
        await asyncio.to_thread(world.send, private, "end")
        for socket in (speaker, listener):
            assert (await socket.until("broadcast"))[4]["event"] == "end"


async def test_the_service_speaks_in_binary_frames_and_hears_itself_only_if_it_asks(world: World) -> None:
    topic = f"company:{world.company_a}"
    async with raw(world, world.service_key) as own, raw(world, world.service_key) as other:
        await own.join(topic, None, broadcast={"ack": True, "self": False})
        await other.join(topic, None)
        wire = f"realtime:{topic}".encode()
        frame = bytes([3, 1, 1, len(wire), 6, 0, 1]) + b"19" + wire + b'cursor{"x":1}'
        await own.socket.send(frame)
        acknowledged = await own.until("phx_reply")
        assert (acknowledged[1], acknowledged[4]["status"]) == ("9", "ok")
        heard = await other.until("broadcast")
        assert (heard[4]["event"], heard[4]["payload"]) == ("cursor", {"x": 1})
        assert not [frame for frame in own.frames if frame[3] == "broadcast"]


async def test_what_is_delivered_is_what_was_committed(world: World) -> None:
    """Twelve writers at once, one in seven rolls back, some linger: a cursor by sequence would lose rows."""
    topic = f"company:{world.company_a}"
    run = uuid4().hex[:8]

    async def write(writer: int) -> list[str]:
        chance, committed = random.Random(writer), []
        async with await psycopg.AsyncConnection.connect(world.settings["LICS_DB_URL"]) as conn:
            for number in range(40):
                names = [f"{run}-{writer}-{number}-{part}" for part in range(chance.randint(1, 3))]
                for name in names:
                    await conn.execute("select realtime.send('{}', %s, %s, true)", (name, topic))
                    if chance.random() < 0.1:
                        await asyncio.sleep(chance.random() * 0.1)
                if chance.random() < 0.15:
                    await conn.rollback()
                else:
                    await conn.commit()
                    committed += names
        return committed

    async with raw(world, world.service_key) as socket:
        await socket.join(topic, None)
        writing = asyncio.gather(*[write(writer) for writer in range(12)])
        heard: list[str] = []

        async def listen() -> None:
            while "end" not in heard:
                heard.append((await socket.until("broadcast", 60))[4]["event"])

        listening = asyncio.create_task(listen())
        expected = [name for names in await writing for name in names]
        await asyncio.to_thread(world.send, topic, "end")
        await asyncio.wait_for(listening, 20)
    heard.remove("end")
    assert len(heard) == len(set(heard))
    assert set(heard) == set(expected)


async def drain(socket: websockets.ClientConnection, frames: int) -> None:
    for _ in range(frames):
        await socket.recv()


async def test_a_listener_that_cannot_follow_is_closed_and_the_others_miss_nothing(world: World) -> None:
    topic = f"company:{world.company_a}"
    url = f"{world.url.replace('http', 'ws')}/realtime/v1/websocket?apikey={world.service_key}&vsn=2.0.0"
    async with raw(world, world.service_key) as good, websockets.connect(url, max_queue=1, max_size=2**24) as slow:
        await good.join(topic, None)
        await slow.send(json.dumps(["1", "1", "realtime:" + topic, "phx_join", {"config": {"private": True}}]))
        assert json.loads(await slow.recv())[4]["status"] == "ok"
        payload = json.dumps({"filler": "x" * 60_000})
        for number in range(200):  # 12 MB, three times what a socket may owe
            await asyncio.to_thread(world.send, topic, f"n{number}", payload)
        seen: list[Any] = [(await good.until("broadcast"))[4]["event"] for _ in range(200)]
        assert seen == [f"n{number}" for number in range(200)]
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await drain(slow, 200)
        assert closed.value.rcvd is None or closed.value.rcvd.code == 1012


async def test_a_socket_joins_a_hundred_topics_at_most(world: World) -> None:
    async with raw(world, world.service_key) as socket:
        answers = [(await socket.join(f"t{number}", None)) for number in range(101)]
    assert [answer["status"] for answer in answers[:100]] == ["ok"] * 100
    assert answers[100]["response"]["reason"] == "ChannelRateLimitReached: Too many channels"


async def test_messages_older_than_three_days_are_purged_and_younger_ones_stay(world: World) -> None:
    for age in (0, 1, 2, 3, 4):
        world.sql(
            "insert into realtime.messages (topic, extension, event, slot)"
            " values (%s, 'broadcast', 'e', (extract(epoch from now())::bigint / 86400 - %s) %% 5)",
            f"age {age}",
            age,
        )
    world.sql("select gateway.purge(now())")
    left = world.sql("select topic from realtime.messages where topic like 'age %%' order by topic")
    assert [topic for (topic,) in left] == ["age 0", "age 1", "age 2", "age 3"]
