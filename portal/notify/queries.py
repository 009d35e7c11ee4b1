"""Reading notices: how many are new, the inbox, and the words of one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Protocol

from flask import current_app
from jinja2 import Template, TemplateError, TemplateNotFound
from sqlalchemy import bindparam, func, select, tuple_

from portal.base import clock
from portal.base.access import Viewer
from portal.base.db import AnyRow, AnySelect, UtcDateTime, fetch, session
from portal.notify.models import Delivery, DeliveryState, Notice, Preference
from portal.people.models import Person

MOST_COUNTED = 100
KIND = re.compile(r"([a-z_]+)\.([a-z_]+)")


def unread(person_id: int) -> int:
    """How many notices wait to be read; counted up to 100."""
    found: int = fetch(_unread(), person_id=person_id, now=clock.now())[0][0]
    return found


@cache
def _unread() -> AnySelect:
    waiting = (
        select(Notice.id)
        .where(
            Notice.person_id == bindparam("person_id"),
            Notice.read_at.is_(None),
            Notice.not_before <= bindparam("now", type_=UtcDateTime),
        )
        .limit(MOST_COUNTED)
        .subquery()
    )
    return select(func.count()).select_from(waiting)


def visible_to(viewer: Viewer) -> AnySelect:
    """The notices this viewer may see: their own, from the moment each is meant for."""
    return _for(viewer.id)


def _for(person_id: int) -> AnySelect:
    return select(Notice).where(Notice.person_id == person_id, Notice.not_before <= clock.now())


def inbox(
    person_id: int,
    after: tuple[datetime, int] | None = None,
    limit: int = 25,
    *,
    unread_only: bool = False,
) -> list[Notice]:
    """A person's notices, newest first, keyset-paged: `limit` rows and one more."""
    statement = (
        _for(person_id).order_by(Notice.not_before.desc(), Notice.id.desc()).limit(limit + 1)
    )
    if unread_only:
        statement = statement.where(Notice.read_at.is_(None))
    if after is not None:
        statement = statement.where(tuple_(Notice.not_before, Notice.id) < after)
    return list(session().scalars(statement))


# ---- on the way out -------------------------------------------------------------------------

LATE = timedelta(minutes=5)


def _due_since() -> datetime | None:
    return session().scalar(select(func.min(Delivery.due_at)))


def mail_is_due() -> bool:
    """Some delivery can be taken up now."""
    since = _due_since()
    return since is not None and since <= clock.now()


def mail_flows() -> str | None:
    """For /readyz: None, or that mail which is due lies untouched: nobody delivers.

    Mail that a server refused waits for its next try and is not meant here.
    """
    since = _due_since() if current_app.config["SUNHOME"].mail_server else None
    if since is not None and since < clock.now() - LATE:
        return f"mail due since {since:%Y-%m-%d %H:%M} UTC is not being delivered"
    return None


def deliveries(
    states: Sequence[DeliveryState], after: int | None = None, limit: int = 25
) -> list[AnyRow]:
    """The delivery log, newest first, keyset-paged: (Delivery, kind, name of the person)."""
    statement = (
        select(Delivery, Notice.kind, Person.name)
        .join(Notice, Notice.id == Delivery.notice_id)
        .join(Person, Person.id == Notice.person_id)
        .where(Delivery.state.in_(states))
        .order_by(Delivery.id.desc())
        .limit(limit + 1)
    )
    if after is not None:
        statement = statement.where(Delivery.id < after)
    return list(session().execute(statement))


def dead_letters() -> int:
    """How many deliveries were given up; counted up to 100."""
    dead = (
        select(Delivery.id)
        .where(Delivery.state == DeliveryState.DEAD)
        .limit(MOST_COUNTED)
        .subquery()
    )
    return session().scalar(select(func.count()).select_from(dead)) or 0


def kinds_not_mailed(person_id: int) -> set[str]:
    """The kinds that this person has switched off for mail."""
    return set(
        session().scalars(
            select(Preference.kind).where(
                Preference.person_id == person_id, Preference.mail.is_(False)
            )
        )
    )


# ---- words ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Letter:
    """A notice in the words of one language.

    why: why this person is told this. about: what notices of this kind are about, in a few words.
    """

    title: str
    text: str
    why: str
    about: str


def template_of(kind: str) -> Template:
    """The words of a kind: "coins.awarded" is templates/coins/mail/awarded.txt.

    Raises ValueError when nobody has written them.
    """
    match = KIND.fullmatch(kind)
    if match is None:
        raise ValueError(f"“{kind}” is no kind of notice")
    try:
        return current_app.jinja_env.get_template(f"{match[1]}/mail/{match[2]}.txt")
    except TemplateNotFound as error:
        raise ValueError(f"nobody has written the words of “{kind}”") from error


class Wordable(Protocol):
    """A Notice, or what was taken of one for delivery."""

    @property
    def kind(self) -> str: ...

    @property
    def params(self) -> dict[str, Any]: ...

    @property
    def why(self) -> str: ...


def worded(notice: Wordable) -> Letter:
    """The notice in the language in force here.

    One that was written for other words (of another version) is still shown, as what it is about.
    """
    try:
        template = template_of(notice.kind)
        module = template.make_module({**notice.params, "why": notice.why})
        title, _newline, text = str(module).strip().partition("\n")
    except UNFIT:
        return Letter(about(notice.kind), "", notice.why, about(notice.kind))
    return Letter(
        title=title.strip(),
        text=text.strip(),
        why=str(getattr(module, "reason", "") or notice.why),
        about=str(getattr(module, "about", "") or title).strip(),
    )


UNFIT = (TemplateError, ValueError, TypeError, LookupError, ArithmeticError)
"""What goes wrong when words and params do not fit each other."""


def about(kind: str) -> str:
    """What notices of a kind are about, in a few words; the kind itself where nobody says.

    The words begin with it, so they are read only so far: there are no params to fill the rest.
    """
    try:
        template = template_of(kind)
    except ValueError:
        return kind
    context = template.new_context()
    with suppress(*UNFIT):
        for _piece in template.root_render_func(context):
            if "about" in context.vars:
                break
    return str(context.vars.get("about") or kind)


def kinds() -> Sequence[str]:
    """All kinds of notice that this portal can word, by room."""
    found = current_app.jinja_env.list_templates(
        filter_func=lambda name: bool(re.fullmatch(r"[a-z_]+/mail/[a-z_]+\.txt", name))
    )
    return sorted(name.removesuffix(".txt").replace("/mail/", ".") for name in found)
