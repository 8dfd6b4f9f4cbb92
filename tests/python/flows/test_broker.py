"""Who may connect, and what a connection may do: accounts, topics, enrolment."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any

import aiomqtt
import orjson
import pytest

from flows.conftest import Cameras
from flows.device import CAPTURE, Answer, Device, broker_client, connected
from flows.lab import Account, Database, Lab, Person, Stack, until
from flows.photo import photo
from flows.test_times import WAKE_TIME

EFFECT_WITHIN_S = 2.0


async def refused(stack: Stack, account: Account) -> bool:
    """Whether the broker turns this account away."""
    try:
        async with broker_client(stack, account, f"knock-{time.monotonic_ns()}"):
            return False
    except aiomqtt.MqttError:
        return True


async def own_account(db: Database, mac: str) -> Account:
    """A broker account of the camera itself, as mapping makes it."""
    password = await db.value(
        """
        select private.create_camera_account(d.company_id, d.device_id, d.device_mac)
        from public.devices as d where d.device_mac = %s
        """,
        mac,
    )
    return Account(mac, password)


@pytest.mark.parametrize("port", ["mqtt_port", "mqtt_enrol_port"])
@pytest.mark.parametrize("account", [Account("", ""), Account("nobody", "nothing"), Account("edge", "edge")])
async def test_nobody_connects_without_an_account(stack: Stack, port: str, account: Account) -> None:
    with pytest.raises(aiomqtt.MqttError):
        async with aiomqtt.Client(
            stack.mqtt_host,
            getattr(stack, port),
            username=account.user or None,
            password=account.password or None,
        ):
            pass


@pytest.mark.usefixtures("camera")
async def test_a_wrong_password_is_refused(stack: Stack, lab: Lab) -> None:
    assert await refused(stack, Account(lab.fleet.user, "wrong"))
    assert not await refused(stack, lab.fleet)


async def test_a_new_account_works_within_two_seconds(stack: Stack, lab: Lab, db: Database) -> None:
    mac = lab.new_mac()
    account = await own_account(db, mac)
    began = time.monotonic()

    async def accepted() -> bool:
        return not await refused(stack, account)

    await until(accepted, "the account works", EFFECT_WITHIN_S)
    assert time.monotonic() - began < EFFECT_WITHIN_S
    async with connected(stack, db, account, mac, topic_id=mac.lower()) as camera:
        await camera.wake(photo())


async def test_a_revoked_account_is_dropped_within_two_seconds_and_stays_out(
    stack: Stack, lab: Lab, db: Database, person: Person
) -> None:
    mac = lab.new_mac()
    account = await own_account(db, mac)
    async with connected(stack, db, account, mac) as camera:
        await camera.hello()
        await camera.told(CAPTURE)
        device_id = (await camera.device())["device_id"]
        await person.call("revoke_device", p_device_id=str(device_id))
        async with asyncio.timeout(EFFECT_WITHIN_S):
            with pytest.raises(aiomqtt.MqttError):
                await camera.dropped()
    assert await refused(stack, account)


async def test_a_device_cannot_speak_for_another_nor_as_the_server(
    stack: Stack, lab: Lab, db: Database, cameras: Cameras
) -> None:
    mac = lab.new_mac()
    account = await own_account(db, mac)
    async with cameras() as other, connected(stack, db, account, mac) as camera:
        leaves = ("status", "data", "cmd", "ack")
        foreign = [f"{prefix}/{other.mac}/{leaf}" for prefix in ("device", "ESP32CAM") for leaf in leaves]
        foreign += [f"ESP32CAM/{mac}/cmd", f"ESP32CAM/{mac}/ack", f"devices/{mac}/data", f"enrol/device/{mac}/status"]
        for topic in foreign:
            await camera.client.publish(topic, orjson.dumps({"status": "Alive", "capture_image": True}), qos=1)
        # behind all of them on the same connection: its own word, which arrives
        await camera.hello()
        await camera.told(CAPTURE)
        assert await other.unheard() == []
        assert other.heard == []
        assert await other.dead_letters() == []
        assert (await other.device())["last_seen_at"] is None
        assert await camera.unheard() == []


async def test_a_device_hears_nothing_that_is_for_another(
    stack: Stack, lab: Lab, db: Database, cameras: Cameras
) -> None:
    mac = lab.new_mac()
    account = await own_account(db, mac)
    async with cameras() as other, connected(stack, db, account, mac) as camera:
        for topic in ("#", "ESP32CAM/#", "+/+/cmd", f"ESP32CAM/{other.mac}/cmd", f"ESP32CAM/{other.mac}/ack", "$SYS/#"):
            with contextlib.suppress(aiomqtt.MqttError):
                await camera.client.subscribe(topic, qos=1)
        await other.wake(photo())
        await camera.hello()
        await camera.told(CAPTURE)
        assert [answer for answer in camera.heard if answer != CAPTURE] == []


async def test_the_fleet_account_of_one_company_is_no_account_of_another(
    lab: Lab, db: Database, camera: Device
) -> None:
    foreign = await db.value(
        "select device_mac from public.devices where company_id <> %s and kind = 'camera' limit 1", lab.company_id
    )
    before = await db.value("select last_seen_at from public.devices where device_mac = %s", foreign)
    await camera.client.publish(f"ESP32CAM/{foreign}/status", b'{"status":"Alive"}', qos=1)
    await camera.hello()
    await camera.told(CAPTURE)
    assert await db.value("select last_seen_at from public.devices where device_mac = %s", foreign) == before


def enrolling(stack: Stack, db: Database, mac: str, **more: Any) -> contextlib.AbstractAsyncContextManager[Device]:
    """A camera with the account that every camera has before it is mapped; its client id is its id in topics."""
    account = Account(stack.mqtt_enrol_user, stack.mqtt_enrol_password)
    client_id = more.get("topic_id", mac)
    return connected(stack, db, account, mac, port=stack.mqtt_enrol_port, client_id=client_id, **more)


@pytest.mark.parametrize("prefix", ["device", "ESP32CAM"])
async def test_an_unknown_camera_becomes_pending_and_hears_only_a_sleep(
    stack: Stack, lab: Lab, db: Database, person: Person, prefix: str
) -> None:
    mac = lab.unknown_mac()
    spelled = ":".join(mac[start : start + 2] for start in range(0, 12, 2)).lower()
    async with enrolling(stack, db, mac, prefix=prefix, topic_id=spelled) as camera:
        for battery in (3.9, 3.8):
            await camera.hello(battery_voltage=battery, pendingImg=4)
            assert WAKE_TIME.match(await camera.sleep())
        assert len(camera.heard) == 2
    (pending,) = [row for row in await person.call("list_pending_devices") if row["device_mac"] == mac]
    assert (pending["battery_voltage"], pending["wifi_rssi"], pending["firmware_version"]) == (3.8, -63, "3.5.0")
    assert pending["seen_on_enrolment_at"] is not None
    assert await db.value("select count(*) from public.devices where device_mac = %s", mac) == 0
    assert await db.value("select company_id from private.device_directory where device_mac = %s", mac) is None


@pytest.mark.parametrize("kind", ["TEST-", "SYSTEM:", "VIRTUAL:"])
async def test_an_id_that_is_no_mac_on_purpose_is_kept_in_upper_case(
    stack: Stack, lab: Lab, db: Database, kind: str
) -> None:
    mac = f"{kind}{lab.unknown_mac()}"
    async with enrolling(stack, db, mac, topic_id=mac.lower()) as camera:
        await camera.hello()
        await camera.sleep()
    assert await db.value("select count(*) from private.device_directory where device_mac = %s", mac) == 1


async def test_two_unknown_cameras_at_once_are_two_pending_rows(stack: Stack, lab: Lab, db: Database) -> None:
    macs = [lab.unknown_mac(), lab.unknown_mac()]
    async with enrolling(stack, db, macs[0]) as first, enrolling(stack, db, macs[1]) as second:
        await asyncio.gather(first.hello(), second.hello())
        await asyncio.gather(first.sleep(), second.sleep())
    assert await db.value("select count(*) from private.device_directory where device_mac = any(%s)", macs) == 2


async def test_an_unknown_camera_may_publish_nothing_but_its_hello(
    stack: Stack, lab: Lab, db: Database, cameras: Cameras
) -> None:
    mac = lab.unknown_mac()
    async with cameras() as mapped, enrolling(stack, db, mac) as camera:
        for leaf in ("data", "cmd", "ack"):
            await camera.say(leaf, **photo().metadata())
        for topic in (f"../ESP32CAM/{mapped.mac}/status", f"ESP32CAM/{mapped.mac}/data", "devices/x/data"):
            await camera.client.publish(topic, b'{"temperature":1}', qos=1)
        await camera.hello()
        await camera.sleep()
        topics = await db.rows("select topic from private.mqtt_dead_letters where topic like %s", f"%{mac}%")
        assert topics == []
        assert await mapped.payloads() == []


async def test_an_unknown_camera_hears_no_other_ones_answers(stack: Stack, lab: Lab, db: Database) -> None:
    first, second = lab.unknown_mac(), lab.unknown_mac()
    async with enrolling(stack, db, first) as eavesdropper, enrolling(stack, db, second) as camera:
        for topic in ("#", "+/+/cmd", f"ESP32CAM/{second}/cmd"):
            await eavesdropper.client.subscribe(topic, qos=1)
        await camera.hello()
        await camera.sleep()
        await eavesdropper.hello()
        await eavesdropper.sleep()
        assert len(eavesdropper.heard) == 1


@pytest.mark.parametrize("written", ["A4CF12D0E3", "G4CF12D0E39B", "camera-1", "A4CF12D0E39B00"])
async def test_an_id_that_is_no_mac_is_never_provisioned(stack: Stack, db: Database, written: str) -> None:
    letters = "select reason from private.mqtt_dead_letters where topic = %s"
    before = len(await db.rows(letters, f"enrol/ESP32CAM/{written}/status"))
    async with enrolling(stack, db, written) as camera:
        await camera.hello()

        async def kept() -> list[dict[str, Any]]:
            return (await db.rows(letters, f"enrol/ESP32CAM/{written}/status"))[before:]

        (letter,) = await until(kept, "the dead letter")
        assert letter["reason"] == "bad_topic"
        assert camera.heard == []
    known = "select device_mac from private.device_directory where device_mac ilike %s"
    assert await db.rows(known, f"%{written}%") == []


async def test_from_unknown_to_mapped_to_a_full_wake_with_its_own_account(
    stack: Stack, lab: Lab, db: Database, person: Person
) -> None:
    mac = lab.unknown_mac()
    async with enrolling(stack, db, mac) as camera:
        await camera.hello()
        await camera.sleep()
    site = str(lab.site_id)
    made = await person.call(
        "map_device", p_device_mac=mac.lower(), p_site_id=site, p_name="New", p_wake_schedule_cron=lab.schedule
    )
    assert made["device_mac"] == made["mqtt_user"] == mac
    assert mac not in [row["device_mac"] for row in await person.call("list_pending_devices")]
    account = Account(made["mqtt_user"], made["mqtt_password"])
    async with connected(stack, db, account, mac) as camera:
        picture = photo()
        await camera.wake(picture)
        shown = await person.rows(f"device_images?device_id=eq.{made['device_id']}")
        assert [(row["image_name"], row["status"]) for row in shown] == [(picture.name, "complete")]


async def test_a_mapped_camera_on_the_enrolment_listener_is_sent_to_sleep_with_an_alert(
    stack: Stack, lab: Lab, db: Database
) -> None:
    mac = lab.new_mac()
    async with enrolling(stack, db, mac) as camera:
        await camera.hello()
        await camera.sleep()
        await camera.hello()
        await camera.sleep()
        (alert,) = await camera.alerts("use_own_account")
        assert (alert["severity"], alert["occurrence_count"]) == ("warning", 2)
        assert await camera.payloads() == []
        assert Answer("cmd", {"capture_image": True}) not in camera.heard
