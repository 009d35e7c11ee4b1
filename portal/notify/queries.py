"""Reading notices: how many are new, the inbox, and the words of one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from jinja2 import Template, TemplateNotFound
from sqlalchemy import func, select, tuple_

from portal.base import clock
from portal.base.access import Viewer
from portal.base.db import AnySelect, session
from portal.notify.models import Notice

MOST_COUNTED = 100
KIND = re.compile(r"([a-z_]+)\.([a-z_]+)")


def unread(person_id: int) -> int:
    """How many notices wait to be read; counted up to 100."""
    waiting = (
        select(Notice.id)
        .where(
            Notice.person_id == person_id,
            Notice.read_at.is_(None),
            Notice.not_before <= clock.now(),
        )
        .limit(MOST_COUNTED)
        .subquery()
    )
    return session().scalar(select(func.count()).select_from(waiting)) or 0


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


def worded(notice: Notice) -> Letter:
    """The notice in the language in force here."""
    try:
        template = template_of(notice.kind)
    except ValueError:  # of a version that is gone
        return Letter(notice.kind, "", notice.why, notice.kind)
    module = template.make_module({**notice.params, "why": notice.why})
    title, _newline, text = str(module).strip().partition("\n")
    return Letter(
        title=title.strip(),
        text=text.strip(),
        why=str(getattr(module, "reason", "") or notice.why),
        about=str(getattr(module, "about", "") or title).strip(),
    )


def kinds() -> Sequence[str]:
    """All kinds of notice that this portal can word, by room."""
    found = current_app.jinja_env.list_templates(
        filter_func=lambda name: bool(re.fullmatch(r"[a-z_]+/mail/[a-z_]+\.txt", name))
    )
    return sorted(name.removesuffix(".txt").replace("/mail/", ".") for name in found)
