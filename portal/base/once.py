"""Request keys: the same request sent twice is done once and answered alike.

A form carries its key from the moment it is drawn; an API client sends `Idempotency-Key`. The key
is stored in the same transaction as the deed, for ever, with a hash of the content.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from functools import cache
from typing import Any, cast

from flask import g, request
from flask_babel import gettext as _
from sqlalchemy import CheckConstraint, String, Table, Text, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from portal.base import clock
from portal.base.db import AnySelect, Base, fetch, session
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


TABLE = cast(Table, RequestKey.__table__)


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
    used for something else. An equal request that is under way is waited for.
    """
    row = {
        "key": key,
        "person_id": person_id,
        "action": f"{request.method} {request.path}",
        "content_hash": content_hash(),
        "status": 0,
        "created_at": clock.now(),
    }
    connection = session().connection()
    if connection.execute(_new(connection.dialect.name), row).first() is not None:
        g.request_key = key
        return
    [known] = fetch(_known(), of_key=key)
    if all(getattr(known, name) == row[name] for name in ("person_id", "action", "content_hash")):
        raise Replayed(known.status, known.location, known.body)
    raise Refused(_("这份表单已经提交过，内容不一样。请重新打开页面再填。"), status=409)


def remember(status: int, location: str | None, body: str | None) -> None:
    """Keep the answer beside the key claimed by this request, if it claimed one."""
    key: str | None = g.pop("request_key", None)
    if key is not None:
        answer = {"of_key": key, "status": status, "location": location, "body": body}
        session().connection().execute(_answered(), answer)


@cache
def _new(dialect: str) -> Any:
    make = sqlite.insert if dialect == "sqlite" else postgresql.insert
    return make(TABLE).on_conflict_do_nothing().returning(TABLE.c.key)


@cache
def _known() -> AnySelect:
    return select(TABLE).where(TABLE.c.key == bindparam("of_key"))


@cache
def _answered() -> Any:
    values: dict[str, Any] = {name: bindparam(name) for name in ("status", "location", "body")}
    return update(TABLE).where(TABLE.c.key == bindparam("of_key")).values(values)
