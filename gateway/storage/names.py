"""Which names an object or bucket may have. Files on disk never carry these names."""

from __future__ import annotations

import re

from gateway.problems import ApiError
from gateway.storage.answers import refusal

_BUCKET = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\- ]{0,99}")
_KEY = re.compile(r"[\w/!\-.*'() &$@=;:+,?]+", re.ASCII)


def object_name(name: str) -> str:
    """The name, checked. Raises ApiError."""
    parts = name.split("/")
    if not _KEY.fullmatch(name) or len(name) > 1024 or "" in parts or "." in parts or ".." in parts:
        raise _invalid(name)
    return name


def is_object_name(name: str) -> bool:
    """Whether object_name would accept it."""
    try:
        object_name(name)
    except ApiError:
        return False
    return True


def bucket_name(name: str) -> str:
    """The bucket's name, checked. Raises ApiError."""
    if not _BUCKET.fullmatch(name):
        raise refusal(400, "InvalidRequest", "Bucket name invalid", "InvalidBucketName")
    return name


def _invalid(name: str) -> ApiError:
    return refusal(400, "InvalidKey", f"Invalid key: {name[:200]}", "InvalidKey")
