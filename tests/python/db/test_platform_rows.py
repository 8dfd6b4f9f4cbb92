"""Our policies on the platform's tables: images in storage.objects, messages in realtime.messages."""

import psycopg
import pytest

from db.people import BY_NAME, Connection, Identity, acting, key

READERS = ("viewer", "member", "admin", "other_admin", "super", "super_switched", "deactivated")


@pytest.fixture
def images(connection: Connection) -> None:
    """An image of each company, one outside of every company, and one in another bucket."""
    connection.execute(
        "insert into storage.buckets (id, name) values ('images', 'images'), ('x', 'x') on conflict do nothing"
    )
    for company in ("a", "b"):
        for bucket in ("images", "x"):
            connection.execute(
                "insert into storage.objects (bucket_id, name) values (%s, %s) on conflict do nothing",
                [bucket, f"{key(company)}/photo.jpg"],
            )
    connection.execute(
        "insert into storage.objects (bucket_id, name) values ('images', 'x.jpg') on conflict do nothing"
    )


@pytest.mark.usefixtures("images")
@pytest.mark.parametrize("who", [*READERS, "anon"])
def test_people_see_the_images_of_their_active_company(connection: Connection, who: str) -> None:
    identity = BY_NAME[who]
    with acting(connection, identity):
        seen = connection.execute("select bucket_id, name from storage.objects").fetchall()
    assert seen == ([("images", f"{key(identity.active)}/photo.jpg")] if identity.active else [])


@pytest.mark.usefixtures("images")
@pytest.mark.parametrize("who", [*READERS, "anon"])
def test_people_write_no_images(connection: Connection, who: str) -> None:
    """The handler writes them, with the service key."""
    identity = BY_NAME[who]
    name = f"{key(identity.active or 'a')}/new.jpg"
    with pytest.raises(psycopg.errors.InsufficientPrivilege), acting(connection, identity):
        connection.execute("insert into storage.objects (bucket_id, name) values ('images', %s)", [name])
    with acting(connection, identity):
        assert connection.execute("update storage.objects set name = name").rowcount == 0


def _may_join(connection: Connection, who: Identity, topic: str) -> bool:
    """What the live engine asks at a join: a probe row, read as the user, with the topic set."""
    with connection.transaction(force_rollback=True):
        connection.execute(
            "insert into realtime.messages (topic, extension, event, private) values (%s, 'broadcast', 'probe', true)",
            [topic],
        )
        with acting(connection, who):
            connection.execute("select set_config('realtime.topic', %s, true)", [topic])
            row = connection.execute("select count(*) from realtime.messages where topic = %s", [topic]).fetchone()
    assert row is not None
    return bool(row[0])


@pytest.mark.parametrize("company", ["a", "b"])
@pytest.mark.parametrize("who", READERS)
def test_people_join_the_topics_of_their_active_company(connection: Connection, who: str, company: str) -> None:
    identity = BY_NAME[who]
    allowed = identity.active == company
    assert _may_join(connection, identity, f"company:{key(company)}") is allowed
    assert _may_join(connection, identity, f"deployment:{key(company, 'deployment')}") is allowed


@pytest.mark.parametrize("topic", ["__control", "company:", "company:x", "deployment:%", "site:1", "", "company:*"])
def test_nobody_joins_what_is_no_topic(connection: Connection, topic: str) -> None:
    assert not _may_join(connection, BY_NAME["admin"], topic)
    assert not _may_join(connection, BY_NAME["super_switched"], topic)


@pytest.mark.parametrize("who", ["viewer", "admin", "super"])
def test_people_broadcast_nothing(connection: Connection, who: str) -> None:
    """Only the database speaks: a person cannot forge an event."""
    topic = f"company:{key(BY_NAME[who].active or 'a')}"
    with pytest.raises(psycopg.errors.InsufficientPrivilege), acting(connection, BY_NAME[who]):
        connection.execute(
            "insert into realtime.messages (topic, extension, event, private) values (%s, 'broadcast', 'x', true)",
            [topic],
        )
