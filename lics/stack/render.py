"""Configuration files: the templates of `deploy/`, filled in and written to the stack's directory."""

import os
import string
from collections.abc import Mapping
from pathlib import Path

from lics.stack import settings as known
from lics.stack.envfile import write_private
from lics.stack.keys import es256_public_jwk, jwks, new_es256_pem, oct_jwk
from lics.stack.paths import Paths

IPV6 = Path("/proc/net/if_inet6")
"""There where the machine speaks IPv6."""


class Template(string.Template):
    """`@{name}` is filled in; `$` stays what it is to nginx."""

    delimiter = "@"


def configuration(paths: Paths, settings: Mapping[str, str]) -> None:
    """Write keys and every program's configuration. Same settings, same files."""
    _keys(paths, settings)
    values = {**settings, "home": str(paths.home), **_as_root(), **_tls(settings), "console": str(paths.console)}
    for template, target in (
        ("nginx.conf.template", paths.nginx / "nginx.conf"),
        ("nginx-cors.conf", paths.nginx / "cors.conf"),
        ("mosquitto.conf.template", paths.broker / "mosquitto.conf"),
        ("mosquitto-enrol.conf.template", paths.broker / "enrol.conf"),
        ("postgrest.conf.template", paths.run / "postgrest.conf"),
    ):
        text = (paths.root / "deploy" / template).read_text()
        write_private(target, Template(text).substitute(values))


def _as_root() -> dict[str, str]:
    """Both would give root's rights up for a user that may not enter a checkout below /root."""
    root = os.geteuid() == 0
    return {"nginx_user": "user root;" if root else "", "mosquitto_user": "user root" if root else ""}


def _tls(settings: Mapping[str, str]) -> dict[str, str]:
    """Listeners for everybody beside the plain ones, where a certificate is named: HTTPS, MQTT, enrolment."""
    certificate, key = settings.get("LICS_TLS_CERT"), settings.get("LICS_TLS_KEY")
    if not certificate or not key:
        return {"https": "", "mqtts": "", "enrol_mqtts": ""}
    https = settings.get("LICS_TLS_HTTPS_PORT", "443")
    lines = [
        f"listen {https} ssl http2;",
        *([f"listen [::]:{https} ssl http2;"] if IPV6.exists() else []),
        f"ssl_certificate {certificate};",
        f"ssl_certificate_key {key};",
        "ssl_protocols TLSv1.2 TLSv1.3;",
        "ssl_session_cache shared:tls:10m;",
        "ssl_session_tickets off;",
    ]

    def listener(port: str) -> str:
        return f"\n# TLS, for devices\nlistener {port}\ncertfile {certificate}\nkeyfile {key}\ntls_version tlsv1.2\n"

    return {
        "https": "".join(f"        {line}\n" for line in lines),
        "mqtts": listener(settings.get("LICS_TLS_MQTT_PORT", "8883")),
        "enrol_mqtts": listener(settings.get("LICS_TLS_ENROL_PORT", "8885")),
    }


def _keys(paths: Paths, settings: Mapping[str, str]) -> None:
    pem_file = paths.keys / "es256.pem"
    if not pem_file.exists():
        write_private(pem_file, new_es256_pem())
    public = es256_public_jwk(pem_file.read_text())
    write_private(
        paths.keys / "jwks.json",
        jwks(
            public, oct_jwk(settings["LICS_JWT_SECRET"]), oct_jwk(settings["LICS_DEVICE_JWT_SECRET"], known.DEVICE_KID)
        ),
    )
    write_private(paths.keys / "public_jwks.json", jwks(public))
