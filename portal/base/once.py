"""Request keys: the same request sent twice is done once and answered alike.

A form carries its key from the moment it is drawn; an API client sends `Idempotency-Key`. The key
is stored in the same transaction as the deed, for ever, with a hash of the content.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from flask import g, request
from flask_babel import gettext as _
from sqlalchemy import CheckConstraint, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.base import clock
from portal.base.db import Base, session
from portal.base.errors import Refused, Replayed

LONGEST = 200


class RequestKey(Base):
    """A request that was carried out, so that it is never carried out again."""

    __tablename__ = "request_key"
    __table_args__ = (CheckConstraint(f"length(key) <= {LONGEST}", name="key_length"),)

    key: Mapped[str] = mapped_column(String(LONGEST), primary_key=True)
    person_id: Mapped[int | None]
    action: Mapped[str] = mapped_column(String(300))
    content_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    location: Mapped[str | None] = mapped_column(Text)
    body: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


def new_key() -> str:
    return secrets.token_urlsafe(18)


def content_hash() -> str:
    """A hash of what was sent, without the two tokens that differ from draw to draw."""
    digest = hashlib.sha256()
    if request.mimetype == "application/json":
        digest.update(request.get_data())
    for name, value in sorted(request.form.items(multi=True)):
        if name not in {"csrf_token", "request_key"}:
            digest.update(f"{name}\0{value}\0".encode("utf-8", "surrogatepass"))
    for name, file in sorted(request.files.items(multi=True)):
        digest.update(f"{name}\0{file.filename}\0".encode("utf-8", "surrogatepass"))
        while block := file.stream.read(65536):
            digest.update(block)
        file.stream.seek(0)
    return digest.hexdigest()


def claim(key: str, person_id: int | None) -> None:
    """Take `key` for this request.

    Raises Replayed when this very request was carried out before, Refused (409) when the key was
    used for something else.
    """
    hashed = content_hash()
    action = f"{request.method} {request.path}"
    known = session().get(RequestKey, key)
    if known is not None:
        if (known.person_id, known.action, known.content_hash) == (person_id, action, hashed):
            raise Replayed(known.status, known.location, known.body)
        raise Refused(_("这份表单已经提交过，内容不一样。请重新打开页面再填。"), status=409)
    g.request_key = RequestKey(
        key=key, person_id=person_id, action=action, content_hash=hashed, status=0
    )
    session().add(g.request_key)
    session().flush()


def remember(status: int, location: str | None, body: str | None) -> None:
    """Keep the answer beside the key claimed by this request, if it claimed one."""
    row: RequestKey | None = g.pop("request_key", None)
    if row is not None:
        row.status, row.location, row.body = status, location, body
