"""Random lives of cameras and sites through the real functions, beside a plain model: after every step they agree."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from sessions.model import Camera, Model, Photo, Site, local_date, midnight, slots
from sessions.world import World, stamp

# Whole and odd offsets, a clock change at 1, 2 and 3 o'clock, none at all.
ZONES = ("America/New_York", "Asia/Tokyo", "Europe/Berlin", "Australia/Sydney", "Asia/Kathmandu", "UTC")
# The day before a clock change somewhere, and a quiet one.
DATES = (
    date(2026, 3, 7),
    date(2026, 3, 28),
    date(2026, 4, 4),
    date(2026, 6, 10),
    date(2026, 10, 24),
    date(2026, 10, 31),
)
CRONS = ("0 8,16 * * *", "0 0 * * *", "30 2 * * *", "0 */2 * * *", "45 11,23 * * *", "*/40 * * * *", "0 12 * * 1-5")
NAMES = ("image_1.jpg", "image_2.jpg")
MACS = ("TEST-CAM-A", "TEST-CAM-B", "TEST-CAM-C")
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
QUIET = timedelta(minutes=6)
"""After this silence every wake is over."""

cameras = st.sampled_from(MACS)
site_numbers = st.integers(0, 2)
crons = st.sampled_from(CRONS)
minutes = st.integers(-15, 15) | st.integers(-75, 75)
FOUND: dict[str, int] = {}
"""How often the paths that matter were taken; a model that never fails an image proves nothing about failures."""


def differences(found: dict[Any, Any], expected: dict[Any, Any]) -> dict[Any, Any]:
    """What differs: key → (found, expected)."""
    keys = found.keys() | expected.keys()
    return {key: (found.get(key), expected.get(key)) for key in keys if found.get(key) != expected.get(key)}


class SiteDays(RuleBasedStateMachine):
    """Three sites, three cameras, and the time."""

    connection: psycopg.Connection[tuple[Any, ...]]

    def __init__(self) -> None:
        super().__init__()
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    @initialize(
        start=st.sampled_from(DATES),
        zones=st.lists(st.sampled_from(ZONES), min_size=3, max_size=3),
        schedules=st.lists(crons, min_size=3, max_size=3),
        places=st.lists(st.sampled_from((0, 0, 1, 2, None)), min_size=3, max_size=3),
    )
    def begin(self, start: date, zones: list[str], schedules: list[str], places: list[int | None]) -> None:
        """Noon of the first date; the third site's program ends on the next one."""
        self.now = datetime(start.year, start.month, start.day, 12, tzinfo=UTC)
        sites = [Site(zone) for zone in zones]
        sites[2].ends = start + timedelta(days=1)
        self.model = Model(sites, {})
        self.world = World(self.connection, sites)
        for mac, cron, place in zip(MACS, schedules, places, strict=True):
            self.model.cameras[mac] = Camera(mac, place, cron)
            self.world.add_camera(self.model.cameras[mac])

    def teardown(self) -> None:
        """Nothing stays."""
        for day in getattr(self, "model", Model([], {})).days.values():
            FOUND[day.status] = FOUND.get(day.status, 0) + 1
        for wake in getattr(self, "model", Model([], {})).wakes:
            for what in (wake.status, "extra" if wake.overage else "planned", "retried" if wake.retries else "once"):
                FOUND[what] = FOUND.get(what, 0) + 1
        self.connection.rollback()

    def _zone(self, camera: Camera) -> str:
        return self.model.sites[camera.site or 0].zone

    # Time

    @rule(hours=st.integers(0, 60), ticks=st.booleans())
    def wait(self, hours: int, ticks: bool) -> None:
        """Some hours; pg_cron runs, or is down."""
        self.now += QUIET + timedelta(hours=hours)
        if ticks:
            self.tick()

    @rule(site=site_numbers, offset=minutes, ticks=st.booleans())
    def wait_for_midnight(self, site: int, offset: int, ticks: bool) -> None:
        """To somewhere near a site's next midnight."""
        zone = self.model.sites[site].zone
        self._wait_until(midnight(local_date(self.now, zone) + timedelta(days=1), zone) + offset * MINUTE, ticks)

    @rule(mac=cameras, offset=minutes)
    def wait_for_slot(self, mac: str, offset: int) -> None:
        """To somewhere near a camera's next slot."""
        camera = self.model.cameras[mac]
        zone = self._zone(camera)
        today = local_date(self.now, zone)
        ahead = [at for n in (0, 1) for at in slots(camera.cron, today + timedelta(days=n), zone) if at > self.now]
        if ahead:
            self._wait_until(ahead[0] + offset * MINUTE, ticks=False)

    def _wait_until(self, at: datetime, ticks: bool) -> None:
        self.now = max(self.now + QUIET, at)
        if ticks:
            self.tick()

    @rule()
    def tick(self) -> None:
        """One minute of pg_cron."""
        self.now += QUIET
        self.world.tick(self.now)
        self.model.locker(self.now)
        self.model.opener(self.now)
        self.model.sweep(self.now)

    # Cameras

    def _photo(self, mac: str, data: st.DataObject) -> Photo:
        """One that is known, or a new one: now, late, or a little early."""
        known = [p for p in self.model.photos if p.camera == mac]
        if known and data.draw(st.sampled_from((True, False)), "known photo"):
            return data.draw(st.sampled_from(known), "photo")
        captured = self._captured(data)
        name = data.draw(st.sampled_from(NAMES), "name")
        new = Photo(mac, name, stamp(captured), captured, data.draw(st.integers(1, 4)), self.now, self.now, self.now)
        return next((p for p in known if (p.name, p.key) == (new.name, new.key)), new)

    def _captured(self, data: st.DataObject) -> datetime:
        late = data.draw(st.sampled_from((0, 0, 0, -2, 40, 600, 1500, 3000, 6000)), "minutes late")
        return self.now.replace(microsecond=0) - late * MINUTE

    def _receivable(self, photo: Photo) -> bool:
        """Known, and the newest of its name: chunks carry no more than the name."""
        same = [p for p in self.model.photos if (p.camera, p.name) == (photo.camera, photo.name)]
        return photo in same and all(p is photo or p.metadata < photo.metadata for p in same)

    def _announce(self, photo: Photo) -> None:
        camera = self.model.cameras[photo.camera]
        refused = self.world.metadata(photo, self.now)
        assert refused == ([] if camera.site is not None else [("unknown_device",)])
        self.model.metadata(camera, photo, self.now)

    def _send(self, photo: Photo, ids: list[int]) -> None:
        self.world.chunks(photo, ids, self.now)
        if self.model.cameras[photo.camera].site is not None:
            self.model.receive(photo, set(ids), self.now)

    def _hello(self, mac: str) -> None:
        self.world.hello(mac, self.now)

    @rule(mac=cameras, data=st.data())
    def chatter(self, mac: str, data: st.DataObject) -> None:
        """One contact: messages in any order, some of them twice."""
        self.now += QUIET
        for _ in range(data.draw(st.integers(1, 6), "messages")):
            self.now += SECOND
            match data.draw(
                st.sampled_from(("hello", "telemetry", "metadata", "metadata", "chunks", "chunks", "store"))
            ):
                case "hello":
                    self._hello(mac)
                case "telemetry":
                    self._telemetry(mac, self._captured(data))
                case "metadata":
                    self._announce(self._photo(mac, data))
                case "chunks":
                    photos = [p for p in self.model.photos if p.camera == mac and self._receivable(p)]
                    if photos:
                        photo = data.draw(st.sampled_from(photos), "photo")
                        self._send(photo, data.draw(st.lists(st.integers(0, photo.chunks - 1), min_size=1), "chunks"))
                case _:
                    self._store()

    def _telemetry(self, mac: str, captured: datetime) -> None:
        camera = self.model.cameras[mac]
        refused = self.world.telemetry(mac, captured, self.now)
        assert refused == ([] if camera.site is not None else [("unknown_device",)])
        known = any(w.camera == mac and w.photo is None and w.key == stamp(captured) for w in self.model.wakes)
        if camera.site is not None and not known:
            self.model.record(camera, None, stamp(captured), captured, self.now)

    def _store(self) -> None:
        self.world.store(self.now)
        self.model.store(self.now)

    @rule(mac=cameras, offset=minutes, data=st.data())
    def full_wake(self, mac: str, offset: int, data: st.DataObject) -> None:
        """Near a slot, as it should be: HELLO, metadata, every chunk in any order, stored; then some of it again."""
        self.now += QUIET
        self.wait_for_slot(mac, offset)
        photo = self._photo(mac, data)
        self._hello(mac)
        self._announce(photo)
        if self._receivable(photo):
            order = data.draw(st.permutations(range(photo.chunks)), "order")
            self._send(photo, order)
            self._store()
            self._send(photo, order[:1])
        self._announce(photo)
        self._store()

    @rule(mac=cameras, sweeps=st.integers(1, 6), late=st.booleans(), data=st.data())
    def lossy_wake(self, mac: str, sweeps: int, late: bool, data: st.DataObject) -> None:
        """Some chunks, then silence: three questions, one repeat, failure; what comes later still counts."""
        photo = self._photo(mac, data)
        camera = self.model.cameras[mac]
        if camera.site is None or photo.status == "complete" or self._is_asked(mac):
            return
        self.now += QUIET
        self._hello(mac)
        self._announce(photo)
        ids = data.draw(st.lists(st.integers(0, photo.chunks - 1), max_size=photo.chunks), "chunks")
        if ids:
            self._send(photo, ids)
        for number in range(sweeps):
            self.now += 16 * SECOND
            self.world.one("select private.run_due(%s)", self.now)
            if number == 4 and photo.transfer == "open":
                self.model.fail(photo)
            self.model.sweep(self.now)
        if late:
            self._send(photo, [n for n in range(photo.chunks) if n not in photo.have] or [0])
            self._store()

    def _is_asked(self, mac: str) -> bool:
        """Whether a person has asked this camera for a photograph: the HELLO would ask for that one too."""
        query = "select count(*) from device_commands where device_id = %s and finished_at is null"
        return bool(self.world.one(query, self.world.device_id(mac)))

    # The handlers by hand

    @rule(data=st.data())
    def complete_by_hand(self, data: st.DataObject) -> None:
        """The seed's handler, twice: one observation."""
        if self.model.photos:
            self.now += SECOND
            photo = data.draw(st.sampled_from(self.model.photos), "photo")
            query = "select fn_image_completion_handler(%s, 'x.jpg', %s)"
            first, second = (self.world.one(query, self.world.image_id(photo), self.now) for _ in range(2))
            assert first["observation_id"] == second["observation_id"]
            self.model.complete(photo, self.now)

    @rule(data=st.data())
    def fail_by_hand(self, data: st.DataObject) -> None:
        """Twice; a complete image stays complete."""
        if self.model.photos:
            self.now += SECOND
            photo = data.draw(st.sampled_from(self.model.photos), "photo")
            for _ in range(2):
                query = "select fn_image_failure_handler(%s, '9', 'by hand', %s)"
                self.world.one(query, self.world.image_id(photo), self.now)
            self.model.fail(photo)

    @rule(mac=cameras, name=st.sampled_from(NAMES), with_url=st.booleans())
    def retry_by_name(self, mac: str, name: str, with_url: bool) -> None:
        """The newest of that name that is not complete; in its own rows and day."""
        photo = self.model.named(mac, name)
        if photo:
            self.now += SECOND
            url = "again.jpg" if with_url else None
            query = "select fn_retry_by_id_handler(%s, %s, %s, %s)"
            answer = self.world.one(query, self.world.device_id(mac), name, url, self.now)
            assert answer["image_id"] == str(self.world.image_id(photo))
            if with_url:
                self.model.complete(photo, self.now, retry=True)
            elif photo.status != "complete":
                self.model.wake_of(photo).retries += 1

    @rule(data=st.data())
    def ask_again(self, data: st.DataObject) -> None:
        """A person asks for a photograph: the camera hears of it at its next HELLO."""
        here = [mac for mac, camera in self.model.cameras.items() if camera.site is not None]
        # One that is whole is taken up at the HELLO without a question, which would need the wake in the model.
        lost = [p for p in self.model.photos if p.camera in here and p.status != "complete" and not p.whole]
        if lost:
            self.now += SECOND
            photo = data.draw(st.sampled_from(lost), "photo")
            self.world.as_person("select request_image_retry(%s, %s)", self.world.image_id(photo), self.now)

    # Plans

    @rule(mac=cameras, cron=crons, days=st.integers(1, 2))
    def change_schedule(self, mac: str, cron: str, days: int) -> None:
        """Queued for a coming midnight."""
        camera = self.model.cameras[mac]
        if camera.site is not None:
            self.now += SECOND
            effective = local_date(self.now, self._zone(camera)) + timedelta(days=days)
            query = "select request_schedule_change(%s, %s, %s, %s)"
            self.world.as_person(query, self.world.device_id(mac), cron, effective, self.now)
            self.model.request_change(camera, cron, effective, self.now)

    @rule(mac=cameras, site=site_numbers, cron=crons)
    def map_camera(self, mac: str, site: int, cron: str) -> None:
        """To another site, back, or to the same one."""
        self.now += SECOND
        query = "select map_device(%s, %s, %s, %s, %s)"
        self.world.as_person(query, mac, self.world.site_ids[site], mac, cron, self.now)
        self.model.map(self.model.cameras[mac], site, cron, self.now)

    @rule(mac=cameras)
    def unmap_camera(self, mac: str) -> None:
        """It leaves; its past stays."""
        self.now += SECOND
        self.world.as_person("select unmap_device(%s, %s)", self.world.device_id(mac), self.now)
        self.model.unmap(self.model.cameras[mac], self.now)

    # What must hold

    @invariant()
    def days_agree(self) -> None:
        """Status, bounds, expected, and the four counters of every day; none counts more than it expected."""
        if not hasattr(self, "model"):
            return
        expected = {
            key: (day.status, day.start, day.end, day.expected, *self.model.counters(day))
            for key, day in self.model.days.items()
        }
        assert not differences(self.world.days(), expected)
        for _, _, _, planned, completed, failed, pending, _ in expected.values():
            assert completed + failed + pending <= planned
        assert self.world.unexplained() == []
        verified = self.world.one("select fn_verify_session_counters(%s)", self.now)
        assert verified["wrong"] == 0
        assert verified["sessions"] == []

    @invariant()
    def wakes_agree(self) -> None:
        """Payload, image, observation and session of every wake."""
        if not hasattr(self, "model"):
            return
        expected = {}
        for wake in self.model.wakes:
            photo = wake.photo
            expected[wake.camera, photo.name if photo else "", wake.key] = (
                wake.day.date, self.world.site_ids[wake.day.site], wake.overage, wake.slot, wake.status,
                photo.status if photo else "none", photo.status if photo else None, wake.retries if photo else None,
                wake.resent, wake.resent, photo is not None and photo.status == "complete",
            )  # fmt: skip
        found = self.world.wakes()
        assert not differences({key: row[:-2] for key, row in found.items()}, expected)
        for (_, name, _), row in found.items():
            has_observation, is_unlinked, in_its_day = row[-3], row[-2], row[-1]
            assert in_its_day
            assert not (has_observation and is_unlinked), name


def test_random_lives_agree_with_the_model(url: str) -> None:
    """Nothing is found that the model does not say."""
    FOUND.clear()
    with psycopg.connect(url) as connection:
        connection.execute("set timezone = 'UTC'")
        connection.commit()
        machine = type("SiteDaysHere", (SiteDays,), {"connection": connection})
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=40,
                phases=(Phase.generate,),
                stateful_step_count=35,
                deadline=None,
                derandomize=True,
                suppress_health_check=list(HealthCheck),
            ),
        )
    seen = {"pending", "in_progress", "locked", "complete", "failed", "extra", "planned", "retried"}
    assert seen <= FOUND.keys(), FOUND
