"""What site days, wakes and images must be, in plain Python: the rules of the specification, and nothing of SQL.

Times are aware datetimes in UTC. Cron is cronsim's business, so the zones used with it are those it is right for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from cronsim import CronSim

DAY = timedelta(days=1)
TOLERANCE = timedelta(minutes=60)


def local_date(at: datetime, zone: str) -> date:
    """The date on the wall."""
    return at.astimezone(ZoneInfo(zone)).date()


def midnight(on: date, zone: str) -> datetime:
    """When a local date begins."""
    return datetime(on.year, on.month, on.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


@cache
def slots(cron: str | None, on: date, zone: str) -> tuple[datetime, ...]:
    """The instants a schedule names on a local date."""
    if cron is None:
        return ()
    start, end = midnight(on, zone), midnight(on + DAY, zone)
    found = []
    for at in CronSim(cron, (start - DAY).astimezone(ZoneInfo(zone))):
        if at.astimezone(UTC) >= end:
            break
        found.append(at.astimezone(UTC))
    return tuple(sorted({at for at in found if at >= start}))


@dataclass
class Site:
    """A place; `ends` is the last date of its program."""

    zone: str
    ends: date | None = None
    opened_until: date | None = None


@dataclass
class Change:
    """A queued schedule: for a date, as asked for at a time."""

    cron: str | None
    effective: date
    requested: datetime
    applied: bool = False
    superseded: bool = False


@dataclass
class Camera:
    """A camera, where it is and since when."""

    name: str
    site: int | None
    cron: str | None
    mapped_at: datetime | None = None
    changes: list[Change] = field(default_factory=list)


@dataclass
class Share:
    """A camera's part in a day: its slots in [start, until) and the kept ones; `expected` is their frozen count."""

    cron: str | None
    start: datetime
    until: datetime
    expected: int
    kept: set[datetime] = field(default_factory=set)

    def covers(self, at: datetime) -> bool:
        """Whether a slot is one of them."""
        return self.start <= at < self.until or at in self.kept


@dataclass
class SiteDay:
    """One local date of one site."""

    site: int
    date: date
    start: datetime
    end: datetime
    status: str = "pending"
    shares: dict[str, Share] = field(default_factory=dict)

    @property
    def expected(self) -> int:
        """The day's expected wakes."""
        return sum(share.expected for share in self.shares.values())


@dataclass
class Photo:
    """An image and its transfer. Identity: camera, name, capture time as sent."""

    camera: str
    name: str
    key: str
    captured: datetime
    chunks: int
    created: datetime
    metadata: datetime
    active: datetime
    status: str = "receiving"
    transfer: str = "open"
    have: set[int] = field(default_factory=set)

    @property
    def whole(self) -> bool:
        """Whether every chunk is here."""
        return len(self.have) == self.chunks


@dataclass
class Wake:
    """A payload: one capture."""

    camera: str
    key: str
    photo: Photo | None
    day: SiteDay
    index: int | None
    slot: datetime | None
    overage: bool
    status: str
    retries: int = 0
    resent: datetime | None = None


@dataclass
class Model:
    """Everything there is."""

    sites: list[Site]
    cameras: dict[str, Camera]
    days: dict[tuple[int, date], SiteDay] = field(default_factory=dict)
    wakes: list[Wake] = field(default_factory=list)

    # Schedules

    def schedule_on(self, camera: Camera, site: int, on: date, now: datetime) -> str | None:
        """Its schedule on a date: what is in force, or queued; of a past date, what was recorded or changed last."""
        past = on < local_date(now, self.sites[site].zone)
        known: list[tuple[date, int, datetime, str | None]] = [
            (c.effective, 1, c.requested, c.cron)
            for c in camera.changes
            if not c.superseded and c.effective <= on and (past or not c.applied)
        ]
        if past:
            known += [
                (day.date, 0, share.until, share.cron)
                for day in self.days.values()
                if day.date <= on and (share := day.shares.get(camera.name)) and share.until > share.start
            ]
        return max(known, key=lambda k: k[:3])[3] if known else camera.cron

    def request_change(self, camera: Camera, cron: str, effective: date, now: datetime) -> None:
        """The last request for a date replaces the others."""
        for change in camera.changes:
            if change.effective == effective and not change.applied:
                change.superseded = True
        camera.changes.append(Change(cron, effective, now))

    def apply_changes(self, site: int, on: date) -> None:
        """What is due by a date takes effect; the latest date stays."""
        for camera in self.cameras.values():
            if camera.site == site:
                due = [c for c in camera.changes if not c.applied and not c.superseded and c.effective <= on]
                for change in sorted(due, key=lambda c: (c.effective, c.requested)):
                    change.applied = True
                    camera.cron = change.cron

    # Days

    def ensure_day(self, site: int, on: date, now: datetime, evidence: str | None = None) -> SiteDay:
        """The day exists: pending before its time, open during it, locked after it."""
        day = self.days.get((site, on))
        if day and (day.status != "pending" or day.start > now):
            return day
        zone = self.sites[site].zone
        if on == local_date(now, zone):
            self.apply_changes(site, on)
        if day is None:
            day = self.days[site, on] = SiteDay(site, on, midnight(on, zone), midnight(on + DAY, zone))
        ended = self.ended(site, on)
        day.shares = {}
        for camera in self.cameras.values():
            if camera.site != site:
                continue
            start = day.start
            if camera.mapped_at and camera.name != evidence:
                if camera.mapped_at >= day.end:
                    continue
                start = max(start, camera.mapped_at)
            cron = self.schedule_on(camera, site, on, now)
            expected = [] if ended else [at for at in slots(cron, on, zone) if at >= start]
            day.shares[camera.name] = Share(cron, start, day.end, len(expected))
        for wake in self.wakes:  # came before their day
            if wake.day is day and not wake.overage:
                share = day.shares.setdefault(wake.camera, Share(None, day.start, day.start, 0))
                if wake.slot and not (wake.slot in slots(share.cron, on, zone) and share.covers(wake.slot)):
                    share.kept.add(wake.slot)
                    share.expected += 1
        if day.start <= now:
            day.status = "locked" if day.end <= now else "in_progress"
        return day

    def ended(self, site: int, on: date) -> bool:
        """Whether the program is over on that date."""
        ends = self.sites[site].ends
        return ends is not None and ends < on

    def opener(self, now: datetime) -> None:
        """Every active site's day that has begun, and those that were missed."""
        for number, site in enumerate(self.sites):
            today = local_date(now, site.zone)
            on = site.opened_until + DAY if site.opened_until else today
            while on <= today:
                here = [c for c in self.cameras.values() if c.site == number]
                mapped = [c for c in here if on == today or not c.mapped_at or local_date(c.mapped_at, site.zone) <= on]
                if mapped and not self.ended(number, on):
                    self.ensure_day(number, on, now)
                    site.opened_until = on
                on += DAY
            if self.ended(number, today):
                site.opened_until = max(today, site.opened_until or today)

    def locker(self, now: datetime) -> None:
        """Every day that is over."""
        for day in list(self.days.values()):
            if day.end <= now and day.status != "locked":
                self.ensure_day(day.site, day.date, now)
                day.status = "locked"

    # Where a camera is

    def _running(self, site: int, now: datetime) -> SiteDay | None:
        days = [d for d in self.days.values() if d.site == site and d.start <= now < d.end]
        return next((d for d in days if d.status == "in_progress"), None)

    def _taken(self, day: SiteDay, camera: str) -> set[datetime]:
        return {w.slot for w in self.wakes if w.day is day and w.camera == camera and not w.overage and w.slot}

    def _kept(self, day: SiteDay, share: Share, camera: str) -> set[datetime]:
        planned = () if self.ended(day.site, day.date) else slots(share.cron, day.date, self.sites[day.site].zone)
        return share.kept | {at for at in planned if share.covers(at)} | self._taken(day, camera)

    def leave(self, camera: Camera, now: datetime) -> None:
        """What remains of its day is not expected; a slot that has its wake is."""
        day = self._running(camera.site, now) if camera.site is not None else None
        share = day.shares.get(camera.name) if day else None
        if day and share and share.until == day.end:
            share.until = max(now, share.start)
            share.kept = self._kept(day, share, camera.name)
            share.expected = len(share.kept)

    def unmap(self, camera: Camera, now: datetime) -> None:
        """It stands nowhere; what was queued for it is void."""
        self.leave(camera, now)
        camera.site = camera.mapped_at = None
        for change in camera.changes:
            change.superseded |= not change.applied

    def map(self, camera: Camera, site: int, cron: str, now: datetime) -> None:
        """Elsewhere: what remains of the day is expected. At its own site: the schedule waits for midnight."""
        zone = self.sites[site].zone
        if camera.site == site:
            self.ensure_day(site, local_date(now, zone), now)
            if camera.cron != cron:
                self.request_change(camera, cron, local_date(now, zone) + DAY, now)
            return
        self.leave(camera, now)
        camera.site, camera.cron, camera.mapped_at = site, cron, now
        day = self.ensure_day(site, local_date(now, zone), now)
        share = day.shares.get(camera.name)
        if day.status != "in_progress" or (share and share.until == day.end):
            return
        share = share or Share(cron, now, now, 0)
        share.kept = self._kept(day, share, camera.name)
        share.start, share.until, share.cron = now, day.end, cron
        planned = () if self.ended(site, day.date) else slots(cron, day.date, zone)
        share.expected = len({at for at in planned if at >= now} | share.kept)
        day.shares[camera.name] = share

    def site_at(self, camera: Camera, captured: datetime) -> int:
        """Where the camera was at a capture: history keeps its place."""
        assert camera.site is not None
        if camera.mapped_at and captured < camera.mapped_at:
            shares = [(d.shares[camera.name], d.site) for d in self.days.values() if camera.name in d.shares]
            there = [(share.start, site) for share, site in shares if share.start <= captured < share.until]
            if there:
                return max(there)[1]
        return camera.site

    # Wakes

    def place(self, camera: Camera, site: int, captured: datetime, now: datetime) -> tuple[date, datetime | None]:
        """The date and slot of a capture; no slot: an overage of its own date."""
        zone = self.sites[site].zone
        own = local_date(captured, zone)
        for on in (own + DAY, own) if local_date(captured + TOLERANCE, zone) > own else (own,):
            day = self.days.get((site, on))
            share = None
            if day and day.status != "pending":
                share = day.shares.get(camera.name)
                cron = share.cron if share else None
            else:
                cron = self.schedule_on(camera, site, on, now) if camera.site == site else None
            near = [
                at for d in (on - DAY, on, on + DAY) for at in slots(cron, d, zone) if abs(at - captured) <= TOLERANCE
            ]
            slot = min(near, key=lambda at: (abs(at - captured), captured - at), default=None)
            if slot and local_date(slot, zone) == on and (share is None or share.covers(slot)):
                return on, slot
        return own, None

    def record(self, camera: Camera, photo: Photo | None, key: str, captured: datetime, now: datetime) -> None:
        """A new capture is one wake; a second one in its slot is extra."""
        site = self.site_at(camera, captured)
        on, slot = self.place(camera, site, captured, now)
        known = self.days.get((site, on))
        cron = self.schedule_on(camera, site, on, now)
        if known and known.status != "pending":
            cron = known.shares[camera.name].cron if camera.name in known.shares else None
        day = self.ensure_day(site, on, now, camera.name)
        index = slots(cron, on, self.sites[site].zone).index(slot) + 1 if slot else None
        taken = {w.index for w in self.wakes if w.day is day and w.camera == camera.name and not w.overage}
        overage = slot is None or index in taken or self.ended(site, on)
        status = "pending" if photo else "complete"
        self.wakes.append(Wake(camera.name, key, photo, day, index, slot, overage, status))

    def wake_of(self, photo: Photo) -> Wake:
        """The photo's payload."""
        return next(w for w in self.wakes if w.photo is photo)

    @property
    def photos(self) -> list[Photo]:
        """All images."""
        return [w.photo for w in self.wakes if w.photo]

    # Images

    def metadata(self, camera: Camera, sent: Photo, now: datetime) -> None:
        """Announced: new, resumed, or complete already, which changes nothing."""
        if camera.site is None:
            return
        photo = next((p for p in self.photos if (p.camera, p.name, p.key) == (sent.camera, sent.name, sent.key)), None)
        if photo is None:
            self.record(camera, sent, sent.key, sent.captured, now)
            sent.created = sent.metadata = sent.active = now
        elif photo.status != "complete":
            photo.metadata = now
            if photo.transfer == "failed":
                photo.transfer = "assembled" if photo.whole else "open"

    def receive(self, photo: Photo, ids: set[int], now: datetime) -> None:
        """Chunks: only those that were missing matter."""
        if photo.status == "complete" or photo.transfer == "assembled" or ids <= photo.have:
            return
        photo.have |= ids
        photo.active = now
        if photo.whole:
            photo.transfer = "assembled"

    def store(self, now: datetime) -> None:
        """Whole images reach the store."""
        for photo in self.photos:
            if photo.transfer == "assembled":
                self.complete(photo, now)

    def complete(self, photo: Photo, now: datetime, retry: bool = False) -> None:
        """Once; a failed one, or one that came by retry, is marked as sent again."""
        wake = self.wake_of(photo)
        if photo.status != "complete":
            if retry or photo.status == "failed":
                wake.retries += 1
                wake.resent = now
            photo.status, photo.transfer, wake.status = "complete", "complete", "complete"

    def fail(self, photo: Photo) -> None:
        """A complete image stays complete."""
        if photo.status != "complete":
            photo.status, photo.transfer, self.wake_of(photo).status = "failed", "failed", "failed"

    def sweep(self, now: datetime) -> None:
        """Nothing arrived for a day: failed."""
        for photo in self.photos:
            if photo.transfer == "open" and photo.active <= now - DAY:
                self.fail(photo)

    def named(self, camera: str, name: str) -> Photo | None:
        """By name only: the newest that is not complete, else the newest."""
        same = [p for p in self.photos if (p.camera, p.name) == (camera, name)]
        return max(same, key=lambda p: (p.status != "complete", p.captured, p.created), default=None)

    def counters(self, day: SiteDay) -> tuple[int, int, int, int]:
        """completed, failed, pending, extra."""
        here = [w for w in self.wakes if w.day is day]
        planned = [w.status for w in here if not w.overage]
        return planned.count("complete"), planned.count("failed"), planned.count("pending"), len(here) - len(planned)
