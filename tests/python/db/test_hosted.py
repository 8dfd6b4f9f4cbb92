"""A hosted project's limits: `supabase db push` alone builds the whole product as its `postgres`, and it works there.

What no test on this machine can show: supautils itself, GoTrue, Storage, Realtime and the pooler of a real project.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from db.pushed import workdir_of
from db.scratch import ROOT, Cluster, ScratchError, dump, push, run_psql, running_cluster

HOSTED = Path(__file__).with_name("hosted.sql")

OLD_GRANTS = "\n".join(
    f"alter default privileges for role postgres in schema public grant all on {kind} to postgres, {others};"
    for kind in ("tables", "sequences", "functions")
    for others in ("anon, authenticated, service_role",)
)
"""What projects made before 2026-10-30 have."""

PLATFORM = """
select n.nspname, 'relation', c.relname::text, c.relkind::text, c.relowner::regrole::text, c.relacl::text,
       c.relrowsecurity::text
  from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
union all
select n.nspname, 'function', p.oid::regprocedure::text, p.prokind::text, p.proowner::regrole::text, p.proacl::text,
       md5(p.prosrc)
  from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace
union all
select n.nspname, 'constraint', k.conname::text, k.contype::text, pg_get_constraintdef(k.oid), null, null
  from pg_constraint as k join pg_namespace as n on n.oid = k.connamespace
union all
select n.nspname, 'schema', n.nspname::text, null, n.nspowner::regrole::text, n.nspacl::text, null
  from pg_namespace as n
"""

POLICIES = "select schemaname || '.' || tablename || ' ' || cmd from pg_policies where schemaname = any(%s) order by 1"
THEIRS = ["auth", "realtime", "storage"]

LOGINS = re.findall(r'psql "\$URL" -c "(create role [^"]+)"', (ROOT / "docs" / "SUPABASE.md").read_text())
"""Step 3 of the page."""

CAMERA = "02A1C5000001"
HELLO = {"prefix": "camera", "topic_id": CAMERA, "mac": CAMERA, "enrolment": False, "pending_count": 0, "raw": {}}


@pytest.fixture(scope="module", params=["new", "before 2026-10-30"])
def project(request: pytest.FixtureRequest) -> Iterator[tuple[Cluster, str]]:
    """An empty project, of either age, and its database."""
    with running_cluster(
        "supabase_admin", "-c shared_preload_libraries=pg_cron -c cron.database_name=project"
    ) as running:
        running.create("project")
        admin = running.url("project", "supabase_admin")
        run_psql(admin, HOSTED, owner_password=running.password)
        if request.param != "new":
            with psycopg.connect(admin) as connection:
                connection.execute(OLD_GRANTS)
        yield running, "project"


def _rows(url: str, query: str, *values: object) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return sorted(connection.execute(query, values or None).fetchall(), key=str)


def _theirs(url: str) -> list[tuple[object, ...]]:
    return [row for row in _rows(url, PLATFORM) if row[0] in THEIRS]


def _ours(url: str) -> str:
    """The definition of our schemas, under one name for the owner, without a bare machine's login of its gateway."""
    kept = [line for line in dump(url).splitlines() if line != "GRANT USAGE ON SCHEMA public TO gateway;"]
    return "\n".join(kept).replace("lics_owner", "postgres")


def test_push_alone_builds_the_product_on_hosted(project: tuple[Cluster, str], built: str, tmp_path: Path) -> None:
    """Same dump as a developer's database, nothing of ours in the platform's schemas but two policies; jobs; a wake."""
    cluster, name = project
    url, admin = cluster.url(name, "postgres"), cluster.url(name, "supabase_admin")
    before = _theirs(admin)
    push(url, workdir_of(tmp_path))
    assert _ours(url) == _ours(built)
    assert _theirs(admin) == before
    assert _rows(admin, POLICIES, THEIRS) == [("realtime.messages SELECT",), ("storage.objects SELECT",)]
    roles = "select rolname from pg_roles where rolname in ('device', 'edge') and not rolcanlogin order by 1"
    assert _rows(admin, roles) == [("device",), ("edge",)]
    assert _rows(admin, "select pg_has_role('authenticator', 'device', 'member')") == [(True,)]
    jobs = _rows(admin, "select jobname, username from cron.job")
    assert ("lics_run_due", "postgres") in jobs

    _seed(url, cluster.password)
    with psycopg.connect(url) as connection:
        for statement in LOGINS:
            connection.execute(statement.replace("'…'", f"'{cluster.password}'").encode())
    with psycopg.connect(cluster.url(name, "edge_handler")) as edge:
        assert edge.execute("select * from private.ingest_hellos(%s)", [json.dumps([HELLO])]).fetchall() == []
        answers = edge.execute("select topic from private.claim_outbox(10, interval '10 s')").fetchall()
    assert answers, "the camera gets an answer"
    with psycopg.connect(cluster.url(name, "gateway")) as gateway:
        gateway.execute("set role authenticated")
        assert gateway.execute("select count(*) from public.devices").fetchone() == (0,)
    live = _rows(admin, "select distinct event from realtime.messages where topic like 'company:%'")
    assert ("device_update",) in live or ("wake_update",) in live, live


def _seed(url: str, password: str) -> None:
    """Reference rows and the demo, as docs/SUPABASE.md says; every secret is the same here."""
    people = ("member", "admin", "viewer", "other", "super")
    variables = {
        **{f"demo_{who}_email": f"{who}@example.org" for who in people},
        **{f"demo_{who}_password": password for who in people},
        "demo_camera_mac": CAMERA,
        "demo_camera_mqtt_password": password,
        "demo_rig_id": "019a0000-0000-7000-8000-00000000d001",
        "demo_rig_key": f"lics_{'1' * 16}_{'2' * 64}",
        "demo_deployment_id": "019a0000-0000-7000-8000-00000000de01",
        "fleet_password": password,
        "fleet_rig_id": "019a0000-0000-7000-8000-00000000d002",
        "fleet_rig_key": f"lics_{'3' * 16}_{'4' * 64}",
        "lab_rig_id": "019a0000-0000-7000-8000-00000000d003",
        "lab_rig_key": f"lics_{'5' * 16}_{'6' * 64}",
        "fleet_deployment_id": "019a0000-0000-7000-8000-00000000de02",
        "edge_mqtt_user": "edge",
        "edge_mqtt_password": password,
        "mqtt_enrol_user": "enrol",
        "mqtt_enrol_password": password,
        "device_jwt_kid": "device-1",
        "device_jwt_secret": password,
    }
    run_psql(url, ROOT / "seed" / "apply.sql", **variables)


@pytest.mark.parametrize(
    "statement",
    [
        "create table auth.ours (i int)",
        "create function realtime.ours() returns int language sql return 1",
        "create index on storage.objects (owner)",
        "alter table storage.objects add column ours int",
        "drop function storage.extension(text)",
        "create policy ours on auth.sessions using (true); drop table auth.sessions cascade",
    ],
)
def test_the_stand_in_refuses_what_hosted_refuses(project: tuple[Cluster, str], statement: str) -> None:
    """Else the test above would prove nothing."""
    cluster, name = project
    with (
        psycopg.connect(cluster.url(name, "postgres")) as connection,
        pytest.raises((psycopg.errors.InsufficientPrivilege, ScratchError)),
    ):
        connection.execute(statement.encode())
