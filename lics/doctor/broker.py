"""The broker: is it there, does it keep what it was given, does it know the database's accounts?"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg

from lics.doctor.finding import Finding, Patient, ok, skipped, warning, wrong
from lics.stack import health

NEEDED = {
    "persistence": ("true", "what waits for a device is lost when the broker restarts"),
    "autosave_on_changes": ("true", "a killed broker loses up to autosave_interval seconds"),
    "allow_anonymous": ("false", "anybody may connect"),
}
"""Directive → (value, what another one means)."""

QUEUED_AT_LEAST = 100_000


def broker(patient: Patient) -> Iterator[Finding]:
    """By signing in, by its configuration, by its account files."""
    settings = patient.settings
    if trouble := health.check("mosquitto", settings):
        yield wrong(
            "broker",
            f"{settings.get('LICS_MQTT_HOST')}:{settings.get('LICS_MQTT_PORT')}: {trouble}",
            "is Mosquitto running, is the edge's account in its password file? its log says more",
        )
    else:
        yield ok("broker", "takes the edge's account")
        yield _stranger(settings)
    folder = settings.get("LICS_BROKER_DIR")
    if not folder:
        yield skipped("broker_settings", "LICS_BROKER_DIR is not set: the broker's files are not looked at")
        return
    yield from configuration(Path(folder) / "mosquitto.conf")
    yield from accounts(settings, Path(folder))


def _stranger(settings: Mapping[str, str]) -> Finding:
    """A wrong password must be refused."""
    false = {**settings, "LICS_EDGE_MQTT_PASSWORD": "not-the-password"}
    if health.check("mosquitto", false) is None:
        return wrong("broker", "takes any password", "allow_anonymous false and password_file in mosquitto.conf")
    return ok("broker", "refuses a wrong password")


def configuration(file: Path) -> Iterator[Finding]:
    """What mosquitto.conf promises."""
    check = "broker_settings"
    try:
        lines = [line.split(None, 1) for line in file.read_text().splitlines() if line and line[0] not in "# \t"]
    except OSError as error:
        yield skipped(check, f"{file}: {error.strerror}", "run as a user that may read it")
        return
    found = {line[0]: line[1].strip() for line in lines if len(line) == 2}
    bad = [(name, why) for name, (value, why) in NEEDED.items() if found.get(name) != value]
    for name, why in bad:
        yield wrong(check, f"{name} is {found.get(name, 'not set')}: {why}", f"{name} {NEEDED[name][0]}, then restart")
    queued = int(found.get("max_queued_messages", "1000"))
    if 0 < queued < QUEUED_AT_LEAST:
        yield warning(
            check,
            f"max_queued_messages is {queued}: more are dropped while the handler is away",
            f"max_queued_messages {QUEUED_AT_LEAST} or more",
        )
    elif not bad:
        yield ok(check, "keeps messages, no anonymous client")


def accounts(settings: Mapping[str, str], folder: Path) -> Iterator[Finding]:
    """The two files beside what the database says."""
    check = "broker_accounts"
    try:
        with psycopg.connect(settings["LICS_DB_URL"], connect_timeout=5) as connection:
            row: Any = connection.execute(
                "select passwd, acl from private.broker_files(%s, %s)",
                [settings.get("LICS_EDGE_MQTT_USER", "edge"), settings.get("LICS_MQTT_ENROL_USER", "enrol")],
            ).fetchone()
    except psycopg.Error:
        yield skipped(check, "the database does not answer")
        return
    different = []
    for name, meant in zip(("passwd", "acl"), row, strict=True):
        try:
            if (folder / name).read_text() != meant:
                different.append(name)
        except FileNotFoundError:
            different.append(name)
        except OSError as error:
            yield skipped(check, f"{folder / name}: {error.strerror}", "run as a user that may read it")
            return
    if different:
        yield wrong(
            check,
            f"not as in the database: {', '.join(different)}",
            "the edge writes them within 2 s: is it running, with LICS_BROKER_DIR, and may it write there?",
        )
    else:
        yield ok(check, "as in the database")
