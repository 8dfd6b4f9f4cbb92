"""The ceiling of the client library: an aiomqtt subscriber that receives QoS 1 messages and does nothing with them."""

from __future__ import annotations

import argparse
import os
import sys

import aiomqtt
import uvloop


async def receive(options: argparse.Namespace) -> None:
    """Count ``--count`` messages; print ``ready`` when subscribed and ``done`` at the end."""
    async with aiomqtt.Client(
        options.host,
        options.port,
        username=options.username,
        password=os.environ[options.password_env],
        identifier="bench-noop",
        protocol=aiomqtt.ProtocolVersion.V5,
    ) as client:
        await client.subscribe(options.topic, qos=1)
        print("ready", flush=True)
        received = 0
        async for _message in client.messages:
            received += 1
            if received >= options.count:
                break
    print("done", flush=True)


def main() -> int:
    """Parse the options and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--username", required=True)
    parser.add_argument("--password-env", default="LICS_EDGE_MQTT_PASSWORD")
    parser.add_argument("--topic", default="devices/+/data")
    parser.add_argument("--count", type=int, required=True)
    uvloop.run(receive(parser.parse_args()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
