"""The seeds' own design of ingestion: one paho client, one validated INSERT and COMMIT a message.

It writes to a table as the seeds define it (``bench_reference.trial_results``), so that nothing of ours slows it down.
Run as a process: ``python -m bench.reference.seed_ingest``; it ends after ``--count`` messages.
"""

from __future__ import annotations

import argparse
import os
import sys
from datetime import datetime
from typing import Any
from uuid import UUID

import paho.mqtt.client as mqtt
import psycopg
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode
from psycopg.types.json import Jsonb
from pydantic import BaseModel

DDL = """
create schema if not exists bench_reference;
drop table if exists bench_reference.trial_results;
create table bench_reference.trial_results (
    id uuid primary key default gen_random_uuid(),
    deployment_id uuid not null references public.experiment_deployments (deployment_id),
    trial_number integer not null,
    started_at timestamptz not null,
    ended_at timestamptz not null,
    response jsonb,
    reaction_time double precision,
    correct boolean,
    custom_data jsonb
);
create index on bench_reference.trial_results (deployment_id);
"""

INSERT = """
insert into bench_reference.trial_results
    (deployment_id, trial_number, started_at, ended_at, response, reaction_time, correct, custom_data)
values (%s, %s, %s, %s, %s, %s, %s, %s)
"""


class TrialResultCreate(BaseModel):
    """The seeds' payload of a trial; ``reaction_time`` in ms."""

    deployment_id: UUID
    trial_number: int
    started_at: datetime
    ended_at: datetime
    response: dict[str, Any] | None = None
    reaction_time: float | None = None
    correct: bool | None = None
    custom_data: dict[str, Any] | None = None


def main() -> int:
    """Subscribe, store ``--count`` messages one by one, print ``ready`` and ``done``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--username", required=True)
    parser.add_argument("--password-env", default="LICS_EDGE_MQTT_PASSWORD")
    parser.add_argument("--db-env", default="LICS_DB_URL")
    parser.add_argument("--count", type=int, required=True)
    options = parser.parse_args()

    stored = 0
    with psycopg.connect(os.environ[options.db_env]) as connection:
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="bench-seed", protocol=mqtt.MQTTv5)
        client.username_pw_set(options.username, os.environ[options.password_env])

        def on_connect(client: mqtt.Client, _u: object, _f: object, _r: ReasonCode, _p: object) -> None:
            client.subscribe("devices/+/data", qos=1)

        def on_subscribe(*_args: object) -> None:
            print("ready", flush=True)

        def on_message(client: mqtt.Client, _userdata: object, message: mqtt.MQTTMessage) -> None:
            nonlocal stored
            trial = TrialResultCreate.model_validate_json(message.payload)
            connection.execute(
                INSERT,
                (
                    trial.deployment_id,
                    trial.trial_number,
                    trial.started_at,
                    trial.ended_at,
                    Jsonb(trial.response),
                    trial.reaction_time,
                    trial.correct,
                    Jsonb(trial.custom_data),
                ),
            )
            connection.commit()
            stored += 1
            if stored >= options.count:
                client.disconnect()

        client.on_connect = on_connect
        client.on_subscribe = on_subscribe
        client.on_message = on_message
        client.connect(options.host, options.port)
        client.loop_forever()
    print("done", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
