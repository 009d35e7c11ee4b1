"""Coins as JSON: awards, the own statement, a unit's budget."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import Annotated, Any

from flask import request
from flask_babel import gettext as _
from pydantic import BaseModel, Field, StrictInt, StrictStr

from portal.base import clock
from portal.base.access import LARGEST_ID, load, me, signed_in
from portal.base.api import Api, Body, Problem
from portal.base.errors import Refused
from portal.coins import policy, queries, rules
from portal.coins.models import Award
from portal.coins.queries import Line
from portal.people.queries import by_staff_nos

api = Api("coins", __name__)
CONTROL = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"


class AwardBody(Body):
    """An award: whom (by staff number), how many coins each, and for what."""

    people: list[Annotated[StrictStr, Field(max_length=30, pattern=CONTROL)]] = Field(
        min_length=1, max_length=2000
    )
    amount: StrictInt = Field(description="coins for each")
    value: StrictStr = Field(max_length=12)
    reason: StrictStr = Field(max_length=300, pattern=CONTROL, description="fact and behaviour")
    unit_id: StrictInt | None = Field(None, ge=1, le=LARGEST_ID, description="whose budget")
    happened_on: date | None = None


class AwardOut(BaseModel):
    """An award."""

    id: int
    amount: int
    head_count: int
    total: int
    value: str
    reason: str
    happened_on: date
    withdrawn: bool
    by: str


class EntryOut(BaseModel):
    """An entry of a statement."""

    id: int
    reason: str
    amount: int
    balance_before: int
    balance_after: int
    happened_on: date
    entered_at: str
    award_id: int | None


class StatementOut(BaseModel):
    """The own coins; `next` is handed back as `after` for the page that follows."""

    balance: int
    entries: list[EntryOut]
    next: int | None


class BudgetOut(BaseModel):
    """What a unit may still give this month."""

    unit_id: int
    unit: str
    period: str
    funded: int
    given: int
    left: int


class DigestOut(BaseModel):
    """A seal over the whole ledger: `root` is made of the root before it, and of the others."""

    day: date
    through: int = Field(description="the newest entry there was")
    entries: int
    leaves: int = Field(description="how many accounts had grown")
    tree: str
    root: str


class DigestsOut(BaseModel):
    """The notice board, the newest first; `next` is handed back as `after`."""

    digests: list[DigestOut]
    next: int | None


class StatementQuery(BaseModel):
    """How the statement is paged."""

    after: int | None = Field(None, ge=1, le=LARGEST_ID)
    limit: int = Field(25, ge=1, le=100)


class BudgetQuery(BaseModel):
    """Which unit; without it the first that you lead."""

    unit_id: int | None = Field(None, ge=1, le=LARGEST_ID)


class AwardPath(BaseModel):
    award_id: int


def award_json(award_id: int) -> dict[str, Any]:
    line = queries.award_line(award_id)
    return {
        "id": line.id,
        "amount": line.amount,
        "head_count": line.head_count,
        "total": line.total,
        "value": line.value,
        "reason": line.words,
        "happened_on": line.happened_on.isoformat(),
        "withdrawn": line.withdrawn,
        "by": line.by,
    }


def entry_json(line: Line) -> dict[str, Any]:
    return {
        "id": line.id,
        "reason": str(line.reason),
        "amount": line.amount,
        "balance_before": line.balance_before,
        "balance_after": line.balance_after,
        "happened_on": line.happened_on.isoformat(),
        "entered_at": line.entered_at.isoformat(),
        "award_id": line.award_id,
    }


@api.post(
    "/awards",
    who=policy.may_open_budget,
    scope="coins:write",
    keyed=True,
    responses={"201": AwardOut, "409": Problem, "422": Problem},
)
def give(body: AwardBody) -> tuple[dict[str, Any], int]:
    """Award coins to colleagues from this month's budget of your unit."""
    known = by_staff_nos(body.people)
    unknown = [staff_no for staff_no in body.people if staff_no not in known]
    if unknown:
        raise Refused(
            _("没有找到在职的同事：%(staff_nos)s。", staff_nos="、".join(unknown[:5])), "people"
        )
    award = rules.award(
        me,
        people=[known[staff_no].id for staff_no in body.people],
        amount=body.amount,
        value=body.value,
        reason=body.reason,
        unit_id=body.unit_id,
        happened_on=body.happened_on,
        key=request.headers["Idempotency-Key"],
    )
    return award_json(award.id), HTTPStatus.CREATED


@api.get("/awards/<int:award_id>", who=signed_in, scope="coins:read", responses={"200": AwardOut})
def award(path: AwardPath) -> dict[str, Any]:
    """One award that you gave, received or answer for."""
    return award_json(load(Award, path.award_id, see=policy.may_see).id)


@api.get("/statement", who=signed_in, scope="coins:read", responses={"200": StatementOut})
def statement(query: StatementQuery) -> dict[str, Any]:
    """Your own coins, entry by entry, newest first."""
    wallet = queries.wallet_with_months(me.id)
    found = (
        queries.statement(wallet.account_id, query.after, query.limit) if wallet.account_id else []
    )
    lines = found[: query.limit]
    return {
        "balance": wallet.balance,
        "entries": [entry_json(line) for line in lines],
        "next": lines[-1].seq if len(found) > query.limit else None,
    }


@api.get("/digests", who=signed_in, scope="coins:read", responses={"200": DigestsOut})
def digests(query: StatementQuery) -> dict[str, Any]:
    """The digests on the notice board, newest first. Keep them: they show what was changed."""
    found = queries.digests(query.after, query.limit)
    shown = found[: query.limit]
    return {
        "digests": [
            {
                "day": each.day.isoformat(),
                "through": each.through_id,
                "entries": each.entries,
                "leaves": each.leaves,
                "tree": each.tree,
                "root": each.root,
            }
            for each in shown
        ],
        "next": shown[-1].id if len(found) > query.limit else None,
    }


@api.get("/budget", who=policy.may_open_budget, scope="coins:read", responses={"200": BudgetOut})
def budget(query: BudgetQuery) -> dict[str, Any]:
    """This month's budget of a unit that you lead."""
    units = [unit for unit in queries.units_led(me) if query.unit_id in {None, unit.id}]
    if not units:
        raise Refused(_("没有这个班组，或不归你带。"), "unit_id", status=404)
    today = clock.today()
    found = queries.budget(units[0].id, today)
    return {
        "unit_id": units[0].id,
        "unit": units[0].name,
        "period": queries.month_of(today),
        "funded": found.funded,
        "given": found.given,
        "left": found.left,
    }
