"""A working life: being known, hired, assigned, leaving, coming back."""

from __future__ import annotations

from datetime import date, timedelta

from flask_babel import gettext as _
from sqlalchemy import select, text, update

from portal.base import clock, history, pinyin
from portal.base.db import session
from portal.base.errors import Refused
from portal.base.history import known_on
from portal.people.models import (
    Credential,
    Employment,
    Person,
    Position,
    Role,
    RoleGrant,
    Term,
    Unit,
)
from portal.people.queries import is_empty
from portal.people.rules.keys import end_sessions, set_first_password
from portal.people.rules.roles import give_role


def add_person(*, name: str, **facts: object) -> Person:
    """Make a human being known to the house. `facts`: other columns of Person."""
    person = Person(name=name, **readings(name), **facts)
    session().add(person)
    session().flush()
    return person


def readings(name: str) -> dict[str, str]:
    """The stored keys by which a name is sorted and found."""
    return {
        "sort_key": pinyin.sort_key(name),
        "search_key": pinyin.search_key(name),
        "initials": pinyin.initials(name),
    }


def hire(
    person: Person,
    *,
    staff_no: str,
    since: date,
    contract: str | None = None,
    batch_id: int | None = None,
) -> Employment:
    """Begin a period of service. A person who comes back gets a second one. Raises Refused."""
    taken = session().scalar(select(Employment.id).where(Employment.staff_no == staff_no))
    if taken is not None:
        raise Refused(_("工号 %(staff_no)s 已经有人用了。", staff_no=staff_no), "staff_no")
    still = select(Term.id).join(Employment, Employment.id == Term.employment_id)
    still = still.where(
        Employment.person_id == person.id,
        known_on(Term, None),
        Term.valid_to.is_(None) | (Term.valid_to > since),
    )
    if session().scalar(still.limit(1)) is not None:
        raise Refused(_("这个人在那一天还在职，不能再入职一次。"), "since")
    employment = Employment(person_id=person.id, staff_no=staff_no, batch_id=batch_id)
    session().add(employment)
    session().flush()
    session().add(
        Term(employment_id=employment.id, contract=contract, valid_from=since, batch_id=batch_id)
    )
    session().flush()
    return employment


def assign(
    employment: Employment,
    *,
    unit: Unit,
    title: str,
    since: date,
    grade: str | None = None,
    shift: str | None = None,
    superior: Employment | None = None,
    change: str | None = None,
    document_no: str | None = None,
    batch_id: int | None = None,
) -> Position:
    """Put somebody in a unit with a title from a day on; the position before ends that day.

    Positions already decided for a later day stay: this one then ends where they begin.
    """
    known = (
        session()
        .scalars(
            select(Position)
            .where(Position.employment_id == employment.id, known_on(Position, None))
            .order_by(Position.valid_from)
        )
        .all()
    )
    until = None
    for row in known:
        if row.valid_from > since:
            until = row.valid_from if until is None else min(until, row.valid_from)
        elif row.valid_to is None or row.valid_to > since:
            until = row.valid_to if row.valid_to is not None else until
            shortened = history.end(row, since)
            if shortened is not None:
                session().add(shortened)
    position = Position(
        employment_id=employment.id,
        unit_id=unit.id,
        title=title,
        grade=grade,
        shift=shift,
        superior_id=superior.id if superior else None,
        change=change,
        document_no=document_no,
        valid_from=since,
        valid_to=until,
        batch_id=batch_id,
    )
    session().add(position)
    session().flush()
    return position


def leave(employment: Employment, *, last_day: date) -> None:
    """End a period of service after its last day. When that is not in the future, the account
    closes this minute. Raises Refused when the last day lies before the first.
    """
    gone = last_day + timedelta(days=1)
    term = (
        session()
        .scalars(
            select(Term)
            .where(Term.employment_id == employment.id, known_on(Term, None))
            .order_by(Term.valid_from.desc())
        )
        .first()
    )
    if term is None or last_day < term.valid_from:
        raise Refused(_("最后一天不能早于入职的那一天。"), "last_day")
    if term.valid_to is not None and term.valid_to <= clock.today():
        raise Refused(_("这位同事已经离职了。"), "last_day", status=409)
    facts: list[Term | Position] = [term]
    facts += (
        session()
        .scalars(
            select(Position).where(
                Position.employment_id == employment.id,
                known_on(Position, None),
                (Position.valid_to.is_(None)) | (Position.valid_to > gone),
            )
        )
        .all()
    )
    for fact in facts:
        shortened = history.end(fact, gone)
        if shortened is not None:
            session().add(shortened)
    session().execute(
        update(RoleGrant)
        .where(
            RoleGrant.person_id == employment.person_id,
            RoleGrant.valid_from <= gone,
            (RoleGrant.valid_to.is_(None)) | (RoleGrant.valid_to > gone),
        )
        .values(valid_to=gone)
    )
    if last_day <= clock.today():
        close_account(employment.person_id)
    session().flush()


def close_account(person_id: int) -> None:
    """Close the account this minute: no session or token of theirs opens anything any more."""
    end_sessions(person_id)
    session().execute(
        update(Credential).where(Credential.person_id == person_id).values(disabled_at=clock.now())
    )


def create_first_administrator(*, name: str, staff_no: str, password: str) -> Person:
    """The first account of an empty portal. Raises Refused once anybody is there."""
    if session().get_bind().dialect.name == "postgresql":  # SQLite lets one write at a time
        session().execute(text("LOCK TABLE person IN SHARE ROW EXCLUSIVE MODE"))
    if not is_empty():
        raise Refused(_("这里已经有人了，请用自己的账号登录。"), status=409)
    person = add_person(name=name)
    hire(person, staff_no=staff_no, since=clock.today())
    set_first_password(person.id, password, must_change=False)
    for role in (Role.ADMINISTRATOR, Role.HR):
        give_role(None, person, role=role)
    return person
