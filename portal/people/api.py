"""People as JSON: the directory, one colleague, oneself. Read only."""

from __future__ import annotations

from typing import Any

from flask import abort
from pydantic import BaseModel, Field

from portal.base import clock
from portal.base.access import LARGEST_ID, load, me, signed_in
from portal.base.api import Api, KeysetQuery
from portal.people import policy, queries
from portal.people.models import Person
from portal.people.queries import StaffLine

api = Api("people", __name__)


class PeopleQuery(KeysetQuery):
    """Whom to list."""

    typed: str | None = Field(
        None, max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$",
        description="name, pinyin, initials or staff number, as far as typed",
    )  # fmt: skip
    unit: int | None = Field(None, ge=1, le=LARGEST_ID, description="in this unit or below it")


class PersonPath(BaseModel):
    """Whose card."""

    person_id: int


class PersonLine(BaseModel):
    """A colleague in the list."""

    id: int
    staff_no: str
    name: str
    unit_id: int | None
    unit: str | None
    title: str | None


class PeopleOut(BaseModel):
    """A part of the list; `next` is handed back as `after` for the part that follows."""

    people: list[PersonLine]
    next: str | None


class PersonOut(BaseModel):
    """The card of a colleague, with what the asker may read of it."""

    id: int
    staff_no: str
    name: str
    units: list[str]
    title: str
    since: str | None = None
    last_day: str | None = None
    contract: str | None = None
    phone: str | None = None
    email: str | None = None
    birth_date: str | None = None


class GrantOut(BaseModel):
    """A role held over a unit; without one, over the whole house."""

    role: str
    unit_id: int | None


class MeOut(PersonOut):
    """Oneself, with what one may do."""

    roles: list[GrantOut]
    scopes: list[str]


def line_json(line: StaffLine) -> dict[str, Any]:
    return {
        "id": line.id,
        "staff_no": line.staff_no,
        "name": line.name,
        "unit_id": line.unit_id,
        "unit": line.unit,
        "title": line.title,
    }


def person_json(person: Person) -> dict[str, Any]:
    """The card: each group of fields only for those who may read it."""
    groups = policy.groups(me, person)
    card = queries.card(person.id, person.place, clock.today())
    answer: dict[str, Any] = {
        "id": person.id,
        "staff_no": card.staff_no if card else "",
        "name": person.name,
        "units": list(card.units) if card else [],
        "title": card.title if card else "",
    }
    if "service" in groups and card is not None:
        answer |= {
            "since": card.since.isoformat() if card.since else None,
            "last_day": card.until.isoformat() if card.until else None,
            "contract": card.contract,
        }
    if "contact" in groups:
        answer |= {"phone": person.phone, "email": person.email}
    if "birthday" in groups:
        born = person.birth_date
        answer |= {"birth_date": born.isoformat() if born else None}
    return answer


@api.get("/", who=signed_in, scope="people:read", responses={"200": PeopleOut})
def index(query: PeopleQuery) -> dict[str, Any]:
    """Everybody in service, in reading order

    Found by name, pinyin, initials or staff number; by unit.
    """
    after = None
    if query.after:
        number, dot, key = query.after.partition(".")
        if not dot or not (number.isascii() and number.isdigit()) or len(number) > 18:
            abort(400, "after")
        after = (key.replace("\0", ""), int(number))
    found = queries.directory(
        clock.today(),
        typed=(query.typed or "").strip(),
        unit_ids=[query.unit] if query.unit else None,
        after=after,
        limit=query.limit,
    )
    people = found[: query.limit]
    last = f"{people[-1].id}.{people[-1].sort_key}" if len(found) > query.limit else None
    return {"people": [line_json(line) for line in people], "next": last}


@api.get("/me", who=signed_in, scope="people:read", responses={"200": MeOut})
def myself() -> dict[str, Any]:
    """Oneself: card, roles, and the scopes of this token."""
    person = load(Person, me.id, see=policy.may_see)
    roles = sorted(me.grants, key=lambda grant: (grant.role, grant.unit_id or 0))
    return person_json(person) | {
        "roles": [{"role": str(grant.role), "unit_id": grant.unit_id} for grant in roles],
        "scopes": sorted(me.scopes or ()),
    }


@api.get("/<int:person_id>", who=signed_in, scope="people:read", responses={"200": PersonOut})
def show(path: PersonPath) -> dict[str, Any]:
    """The card of a colleague."""
    return person_json(load(Person, path.person_id, see=policy.may_see))
