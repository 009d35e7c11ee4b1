"""Telling people: a row in the same transaction as what it tells about. Nothing is sent here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any, cast

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import Table, exists, insert, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from portal.base import clock
from portal.base.access import Viewer
from portal.base.db import session
from portal.base.errors import Refused
from portal.notify.models import (
    LONGEST_KEY,
    LONGEST_LINK,
    LONGEST_WHY,
    Delivery,
    DeliveryState,
    Notice,
    Preference,
)
from portal.notify.queries import kinds, template_of
from portal.people.models import Person

CHUNK = 500
Plain = str | int


def tell(
    person_id: int,
    *,
    kind: str,
    key: str,
    link: str | None = None,
    why: str = "",
    not_before: datetime | None = None,
    params: Mapping[str, Plain] | None = None,
) -> bool:
    """Tell a person something, once for ever per `key`. Answers whether it was new.

    `kind` names the words (templates/<room>/mail/<name>.txt), `params` fill them: plain values,
    since they are read again much later. Raises ValueError for what no template could say.
    """
    row = _row(
        person_id=person_id,
        kind=kind,
        key=key,
        link=link,
        why=why,
        not_before=not_before,
        params=params,
    )
    return bool(_keep([row]))


def tell_many(rows: Iterable[Mapping[str, Any]]) -> int:
    """`tell` for many, set-based: each row holds `person_id` and the keywords of `tell`.

    Answers how many were new.
    """
    made = (_row(**row) for row in rows)
    return sum(_keep(chunk) for chunk in _chunks(made))


def _chunks(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def _row(
    *,
    person_id: int,
    kind: str,
    key: str,
    link: str | None = None,
    why: str = "",
    not_before: datetime | None = None,
    params: Mapping[str, Plain] | None = None,
) -> dict[str, Any]:
    template_of(kind)
    values = dict(params or {})
    if not 0 < len(key) <= LONGEST_KEY:
        raise ValueError(f"the key of a notice has 1 to {LONGEST_KEY} characters")
    if link is not None and (not link.startswith("/") or link[1:2] in {"/", "\\"}):
        raise ValueError("the link of a notice is a path of this portal")
    if len(link or "") > LONGEST_LINK or len(why) > LONGEST_WHY:
        raise ValueError("the link or the reason of a notice is too long")
    if not all(isinstance(value, str | int) for value in values.values()):
        raise ValueError("the params of a notice are plain text and whole numbers")
    now = clock.now()
    return {
        "person_id": person_id,
        "kind": kind,
        "key": key,
        "link": link,
        "why": why,
        "params": values,
        "not_before": not_before or now,
        "created_at": now,
    }


def _keep(rows: Sequence[dict[str, Any]]) -> int:
    """Store notices that are new, and their deliveries. Answers how many were new."""
    connection = session().connection()
    new = list(connection.scalars(_new_notices(connection.dialect.name), list(rows)))
    if new and current_app.config["SUNHOME"].mail_server:
        _send_by_mail(new)
    return len(new)


@cache
def _new_notices(dialect: str) -> Any:
    make = sqlite.insert if dialect == "sqlite" else postgresql.insert
    table = cast(Table, Notice.__table__)
    return make(table).on_conflict_do_nothing(index_elements=["key"]).returning(table.c.id)


def _send_by_mail(notice_ids: Sequence[int]) -> None:
    """Put mail on its way for those who have an address and have not switched this kind off."""
    wanted = (
        select(
            Notice.id,
            literal("mail"),
            literal(DeliveryState.PENDING.value),
            literal(0),
            Notice.not_before,
            literal(""),
        )
        .join(Person, Person.id == Notice.person_id)
        .where(Notice.id.in_(notice_ids), Person.email.is_not(None), ~switched_off())
    )
    columns = ["notice_id", "channel", "state", "attempts", "due_at", "last_error"]
    session().execute(insert(Delivery).from_select(columns, wanted))


def switched_off() -> Any:
    """The condition that the person of a Notice does not want its kind mailed."""
    return exists(
        select(Preference.kind).where(
            Preference.person_id == Notice.person_id,
            Preference.kind == Notice.kind,
            Preference.mail.is_(False),
        )
    )


def read(notice: Notice) -> None:
    """The person has read it."""
    notice.read_at = notice.read_at or clock.now()


def read_all(by: Viewer) -> int:
    """The person has seen all that is in their inbox. Answers how many were new to them."""
    now = clock.now()
    done = session().execute(
        update(Notice)
        .where(Notice.person_id == by.id, Notice.read_at.is_(None), Notice.not_before <= now)
        .values(read_at=now)
        .returning(Notice.id)
        .execution_options(synchronize_session=False)
    )
    return len(done.all())


def choose_mail(by: Viewer, *, mail: Collection[str]) -> None:
    """Have these kinds of notice mailed to me as well, and no others. Raises Refused."""
    known = set(kinds())
    if not set(mail) <= known:
        raise Refused(_("请从列出的里面选。"), "mail")
    rows = {
        row.kind: row
        for row in session().scalars(select(Preference).where(Preference.person_id == by.id))
    }
    for kind in known:
        wanted = kind in mail
        if kind in rows:
            rows[kind].mail = wanted
        elif not wanted:
            session().add(Preference(person_id=by.id, kind=kind, mail=False))
    session().flush()
