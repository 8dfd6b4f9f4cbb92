"""Bodies of /auth/v1. Unknown keys are ignored, as GoTrue does."""

from __future__ import annotations

import re
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

_EMAIL = re.compile(r"[^@\s\x00]{1,64}@[^@\s\x00]{1,190}")


def _no_nul(value: str) -> str:
    if "\x00" in value:
        raise ValueError("must not contain NUL")
    return value


def _email(value: str) -> str:
    value = value.strip().lower()
    if not _EMAIL.fullmatch(value):
        raise ValueError("not an e-mail address")
    return value


Text = Annotated[str, StringConstraints(max_length=4096), AfterValidator(_no_nul)]
Email = Annotated[str, AfterValidator(_email)]


class PasswordGrant(BaseModel):
    """token?grant_type=password"""

    email: Text = ""
    password: Text = ""


class RefreshGrant(BaseModel):
    """token?grant_type=refresh_token"""

    refresh_token: Text = ""


class UserChange(BaseModel):
    """PUT /user"""

    email: Email | None = None
    password: Text | None = None
    data: dict[str, Any] | None = None


class AdminUser(BaseModel):
    """POST and PUT /admin/users"""

    id: UUID | None = None
    email: Email | None = None
    password: Text | None = None
    email_confirm: bool | None = None
    user_metadata: dict[str, Any] | None = None
    app_metadata: dict[str, Any] | None = None
    ban_duration: Annotated[str, StringConstraints(max_length=32)] | None = None


class Deletion(BaseModel):
    """DELETE /admin/users/{id}"""

    should_soft_delete: bool = Field(default=False)
