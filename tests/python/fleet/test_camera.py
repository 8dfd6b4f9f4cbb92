"""The simulated camera behaves as the firmware does."""

import base64
import datetime as dt
from typing import Any

from lics.fleet.camera import Broker, Camera
from lics.fleet.faults import Faults
from lics.fleet.sdcard import SdCard
from lics.fleet.wire import Dialect

from .conftest import Peer, Peers

MAC = "02A1B2C3D4E5"
WAKE = "9:00PM"


def small(seed: int, caption: str, at: dt.datetime) -> bytes:
    """A file of 5 chunks, the last one shorter."""
    return b"\xff\xd8\xff" + f"{seed} {caption} {at}".encode().ljust(4200, b".") + b"\xff\xd9"


class Server:
    """Answers a camera as the specification says, holding what arrived."""

    def __init__(self, *, list_first: bool = False) -> None:
        self.files: dict[str, dict[int, bytes]] = {}
        self.counts: dict[str, int] = {}
        self.list_first = list_first
        self.captures = 0
        self.complete: list[str] = []

    async def __call__(self, peer: Peer, topic: str, body: dict[str, Any]) -> None:
        base, leaf = topic.rsplit("/", 1)
        if leaf == "status":
            if body.get("pending_list") and self.list_first:
                await peer.say(f"{base}/cmd", send_all_pending=True)
            elif not self.captures:
                self.captures += 1
                await peer.say(f"{base}/cmd", capture_image=True)
        elif "chunk_id" in body:
            payload = body["payload"]
            data = bytes(payload) if isinstance(payload, list) else base64.b64decode(payload)
            self.files.setdefault(body["image_name"], {})[body["chunk_id"]] = data
            await self._judge(peer, base, body["image_name"])
        elif "image_name" in body:
            fresh = body["image_name"] not in self.counts
            self.counts[body["image_name"]] = body.get("total_chunk_count") or body["total_chunks_count"]
            if fresh:
                await peer.say(f"{base}/cmd", send_image=body["image_name"])
        else:
            await peer.say(f"{base}/cmd", next_wake=WAKE)

    async def _judge(self, peer: Peer, base: str, name: str) -> None:
        have = self.files[name]
        if len(have) < self.counts[name] or name in self.complete:
            return
        self.complete.append(name)
        if self.list_first and not self.captures:
            await peer.say(f"{base}/ack", image_name=name, ACK_OK=True)
            if len(self.complete) == len(self.counts):
                waiting = peer.messages("status")[-1]["pendingImg"]
                if len(self.complete) == waiting:
                    self.captures += 1
                    await peer.say(f"{base}/cmd", capture_image=True)
        else:
            await peer.say(f"{base}/ack", image_name=name, ACK_OK={"next_wake_time": WAKE})

    def bytes_of(self, name: str) -> bytes:
        return b"".join(data for _, data in sorted(self.files[name].items()))


def camera(broker: Broker, **options: Any) -> Camera:
    return Camera(broker, MAC, photographer=small, patience_s=options.pop("patience_s", 5.0), **options)


async def test_a_wake_brings_the_picture_and_ends_with_the_final_ack(broker: Broker, peer: Peers) -> None:
    one, server = camera(broker, dialect=Dialect()), Server()
    kept: dict[str, bytes] = {}
    async with peer(f"ESP32CAM/{MAC}", server) as listening:
        one.card.delete = _remembering(one.card, kept)  # type: ignore[method-assign]
        wake = await one.wake()
        assert wake.outcome == "complete"
        assert wake.next_wake == WAKE
        assert wake.stored == wake.captured == ["image_1.jpg"]
        assert server.bytes_of("image_1.jpg") == kept["image_1.jpg"]
        assert one.card.names() == []
        assert [body["chunk_id"] for body in listening.messages("data", "chunk_id")] == [0, 1, 2, 3, 4]
        assert listening.messages("status")[0]["pendingImg"] == 0


async def test_every_dialect_names_one_camera_and_carries_the_same_bytes(broker: Broker, peer: Peers) -> None:
    dialects = [
        Dialect(prefix="device", mac_form="colons", first_chunk_id=1, bytes_as_array=True, nested_sensors=False),
        Dialect(mac_form="dashes", lists_names=False, hello_alive="1", loose_time=True, qos=0),
        Dialect(mac_form="lower", time_field="captured_at", count_field="total_chunks_count", hello_alive="true"),
    ]
    for dialect in dialects:
        one, server = camera(broker, dialect=dialect), Server()
        kept: dict[str, bytes] = {}
        one.card.delete = _remembering(one.card, kept)  # type: ignore[method-assign]
        async with peer(f"{dialect.prefix}/{dialect.topic_id(MAC)}", server) as listening:
            wake = await one.wake()
            assert wake.outcome == "complete", dialect
            assert server.bytes_of("image_1.jpg") == kept["image_1.jpg"]
            ids = [body["device_id"] for _, body in listening.heard]
            assert {name.replace(":", "").replace("-", "").upper() for name in ids} == {MAC}


async def test_missing_chunks_are_sent_again_in_the_cameras_own_base(broker: Broker, peer: Peers) -> None:
    one = camera(broker, dialect=Dialect(first_chunk_id=1), faults=Faults(lost=0.6), seed=3)
    server = Server()

    async def asking(peer: Peer, topic: str, body: dict[str, Any]) -> None:
        """Asks for what is missing each time the camera has sent what it wanted to."""
        await server(peer, topic, body)
        name = body.get("image_name")
        if name and "chunk_id" in body and name not in server.complete:
            missing = [number for number in range(1, 6) if number not in server.files[name]]
            await peer.say(f"ESP32CAM/{MAC}/ack", image_name=name, missing_chunks=missing)

    async with peer(f"ESP32CAM/{MAC}", asking):
        wake = await one.wake()
    assert wake.outcome == "complete"
    assert wake.missing_asked >= 1
    assert sorted(server.files["image_1.jpg"]) == [1, 2, 3, 4, 5]


async def test_a_queue_is_offered_oldest_first_and_each_file_stays_until_it_is_named(
    broker: Broker, peer: Peers
) -> None:
    one, server = camera(broker, dialect=Dialect()), Server(list_first=True)
    for _ in range(3):
        await one.capture()
    async with peer(f"ESP32CAM/{MAC}", server) as listening:
        wake = await one.wake()
        assert listening.messages("status")[0]["pending_list"] == ["image_1.jpg", "image_2.jpg", "image_3.jpg"]
    assert wake.outcome == "complete"
    assert wake.stored == ["image_1.jpg", "image_2.jpg", "image_3.jpg", "image_4.jpg"]
    assert one.card.names() == []


async def test_a_camera_without_a_list_offers_queued_files_before_it_takes_a_new_one(
    broker: Broker, peer: Peers
) -> None:
    one = camera(broker, dialect=Dialect(lists_names=False))
    await one.capture()
    async with peer(f"ESP32CAM/{MAC}", Server()) as listening:
        wake = await one.wake()
        assert listening.messages("status")[0]["pending_count"] == 1
    assert wake.stored == ["image_1.jpg"]
    assert wake.captured == []


async def test_without_send_image_it_sleeps_and_keeps_the_picture(broker: Broker, peer: Peers) -> None:
    one = camera(broker, dialect=Dialect(), patience_s=1.5)

    async def capture_only(peer: Peer, topic: str, _body: dict[str, Any]) -> None:
        if topic.endswith("status"):
            await peer.say(f"ESP32CAM/{MAC}/cmd", capture_image=True)

    async with peer(f"ESP32CAM/{MAC}", capture_only) as listening:
        wake = await one.wake()
        assert listening.messages("data", "chunk_id") == []
    assert wake.outcome == "silent"
    assert one.card.names() == ["image_1.jpg"]


async def test_a_restart_in_mid_transfer_says_hello_again_with_the_picture_queued(broker: Broker, peer: Peers) -> None:
    one, server = camera(broker, dialect=Dialect(), faults=Faults(restart=1.0)), Server()

    async def resuming(peer: Peer, topic: str, body: dict[str, Any]) -> None:
        await server(peer, topic, body)
        if topic.endswith("status") and body["pendingImg"]:
            name = body["pending_list"][0]
            missing = [number for number in range(5) if number not in server.files.get(name, {})]
            await peer.say(f"ESP32CAM/{MAC}/ack", image_name=name, missing_chunks=missing)

    async with peer(f"ESP32CAM/{MAC}", resuming) as listening:
        wake = await one.wake()
        assert [body["pendingImg"] for body in listening.messages("status")] == [0, 1]
    assert wake.restarts == 1
    assert wake.outcome == "complete"


async def test_a_broken_camera_brings_readings_alone(broker: Broker, peer: Peers) -> None:
    one = camera(broker, dialect=Dialect(), faults=Faults(camera_broken=1.0))
    async with peer(f"ESP32CAM/{MAC}", Server()) as listening:
        wake = await one.wake()
        assert set(listening.messages("data")[0]) >= {"captured_at", "temperature"}
    assert wake.outcome == "slept"


async def test_repeats_shuffles_and_doubles_still_make_the_picture(broker: Broker, peer: Peers) -> None:
    faults = Faults(doubled=0.5, shuffled=1.0, hello_twice=1.0, metadata_twice=1.0)
    one, server = camera(broker, dialect=Dialect(), faults=faults), Server()
    async with peer(f"ESP32CAM/{MAC}", server) as listening:
        wake = await one.wake()
        assert len(listening.messages("status")) == 2
        assert len(listening.messages("data", "total_chunk_count")) == 2
    assert wake.outcome == "complete"


def _remembering(card: SdCard, kept: dict[str, bytes]) -> Any:
    delete = card.delete

    def remember(name: str) -> bool:
        picture = card.get(name)
        if picture is not None:
            kept[name] = picture.data
        return delete(name)

    return remember
