"""Configuration files: the templates of `deploy/`, filled in and written to the stack's directory."""

import os
import string
from collections.abc import Mapping

from lics.stack import settings as known
from lics.stack.envfile import write_private
from lics.stack.keys import es256_public_jwk, jwks, new_es256_pem, oct_jwk
from lics.stack.paths import Paths


class Template(string.Template):
    """`@{name}` is filled in; `$` stays what it is to nginx."""

    delimiter = "@"


def configuration(paths: Paths, settings: Mapping[str, str]) -> None:
    """Write keys and every program's configuration. Same settings, same files."""
    _keys(paths, settings)
    values = {**settings, "home": str(paths.home), **_as_root(), "console": str(paths.console)}
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
