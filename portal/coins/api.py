"""Coins as JSON: awards, the own statement, a unit's budget."""

from __future__ import annotations

from datetime import date, timedelta
from http import HTTPStatus
from typing import Annotated, Any, Literal

from flask import request
from flask_babel import gettext as _
from pydantic import BaseModel, Field, StrictInt, StrictStr

from portal.base import clock
from portal.base.access import LARGEST_ID, load, me, signed_in
from portal.base.api import Api, Body, Problem
from portal.base.errors import Refused
from portal.coins import policy, queries, rules
from portal.coins.models import Award, AwardRequest
from portal.coins.queries import Line, Span
from portal.people.queries import by_staff_no, by_staff_nos
from portal.roster.queries import shift_today

api = Api("coins", __name__)
MOST_TEAMS = 100
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
    kind: str
    value: str | None
    reason: str
    happened_on: date
    withdrawn: bool
    state: str = Field(description="given or withdrawn")
    by: str


class ThanksBody(Body):
    """Thanks: whom (by staff number), how many coins, and what for."""

    person: StrictStr = Field(max_length=30, pattern=CONTROL)
    amount: StrictInt = Field(description="coins out of your own allowance")
    reason: StrictStr = Field(
        max_length=300, pattern=CONTROL, description="what happened and what it meant"
    )


class AllowanceOut(BaseModel):
    """What you may thank with this month."""

    period: str
    number: int
    left: int
    most_each: int


class RequestOut(BaseModel):
    """An award that waits for a second pair of eyes, or waited."""

    request_id: int
    state: str = Field(description="waiting, approved, refused, recalled or lapsed")
    amount: int
    head_count: int
    total: int
    value: str
    reason: str
    happened_on: date
    lapses_at: str
    by: str
    decided_by: str | None
    answer: str
    award_id: int | None = Field(description="the award, once it is approved")


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


class BoardsQuery(BaseModel):
    """Which board of which period; `after` is what `next` said."""

    show: Literal["teams", "values", "mates"] = "mates"
    span: Literal["month", "quarter"] = "month"
    before: bool = Field(False, description="the month or quarter before this one")
    after: str | None = Field(None, pattern=r"^[0-9]{1,15}\.[0-9]{1,15}$")


class BoardLineOut(BaseModel):
    """A line of a board: a team, a value, or a colleague of your own team."""

    name: str
    amount: float


class BoardOut(BaseModel):
    """A board. amount: coins per head of a team, how often a value was seen, coins of a person."""

    show: str
    period: str
    lines: list[BoardLineOut]
    next: str | None


class AwardPath(BaseModel):
    award_id: int


class RequestPath(BaseModel):
    request_id: int


def award_json(award_id: int) -> dict[str, Any]:
    line = queries.award_line(award_id)
    return {
        "id": line.id,
        "amount": line.amount,
        "head_count": line.head_count,
        "total": line.total,
        "kind": line.kind,
        "value": line.value,
        "reason": line.words,
        "happened_on": line.happened_on.isoformat(),
        "withdrawn": line.withdrawn,
        "state": "withdrawn" if line.withdrawn else "given",
        "by": line.by,
    }


def request_json(request_id: int) -> dict[str, Any]:
    line = queries.request_line(request_id)
    return {
        "request_id": line.id,
        "state": str(line.state),
        "amount": line.amount,
        "head_count": line.head_count,
        "total": line.total,
        "value": line.value,
        "reason": line.words,
        "happened_on": line.happened_on.isoformat(),
        "lapses_at": line.lapses_at.isoformat(),
        "by": line.by,
        "decided_by": line.decided_by,
        "answer": line.answer,
        "award_id": line.award_id,
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
    responses={"201": AwardOut, "202": RequestOut, "409": Problem, "422": Problem},
)
def give(body: AwardBody) -> tuple[dict[str, Any], int]:
    """Award coins to colleagues from this month's budget of your unit.

    202 where the house wants somebody else to look at it first: the coins are set aside, and
    `/requests/<request_id>` says how it stands.
    """
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
    if award.waits:
        return request_json(award.id), HTTPStatus.ACCEPTED
    return award_json(award.id), HTTPStatus.CREATED


@api.post(
    "/thanks",
    who=signed_in,
    scope="coins:write",
    keyed=True,
    responses={"201": AwardOut, "409": Problem, "422": Problem},
)
def thank(body: ThanksBody) -> tuple[dict[str, Any], int]:
    """Thank a colleague with coins from your own allowance of the month."""
    found = by_staff_no(body.person)
    if found is None:
        raise Refused(_("没有找到在职的同事：%(staff_nos)s。", staff_nos=body.person), "person")
    given = rules.thank(
        me,
        person_id=found.id,
        amount=body.amount,
        reason=body.reason,
        key=request.headers["Idempotency-Key"],
    )
    return award_json(given.id), HTTPStatus.CREATED


@api.get("/allowance", who=signed_in, scope="coins:read", responses={"200": AllowanceOut})
def allowance() -> dict[str, Any]:
    """What you may thank colleagues with this month, and how much of it one of them may get."""
    own = queries.allowance(me.id)
    return {
        "period": queries.quota_month(),
        "number": own.number,
        "left": own.left,
        "most_each": own.most_each,
    }


@api.get("/awards/<int:award_id>", who=signed_in, scope="coins:read", responses={"200": AwardOut})
def award(path: AwardPath) -> dict[str, Any]:
    """One award that you gave, received or answer for."""
    return award_json(load(Award, path.award_id, see=policy.may_see).id)


@api.get(
    "/requests/<int:request_id>", who=signed_in, scope="coins:read", responses={"200": RequestOut}
)
def award_request(path: RequestPath) -> dict[str, Any]:
    """An award that waits for a second pair of eyes: how it stands."""
    return request_json(load(AwardRequest, path.request_id, see=policy.may_see_request).id)


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
    today = shift_today()
    found = queries.budget(units[0].id, today)
    return {
        "unit_id": units[0].id,
        "unit": units[0].name,
        "period": queries.month_of(today),
        "funded": found.funded,
        "given": found.given,
        "left": found.left,
    }


@api.get("/boards", who=signed_in, scope="coins:read", responses={"200": BoardOut})
def boards(query: BoardsQuery) -> dict[str, Any]:
    """A board by month or quarter. Whoever has left the boards is on none of them."""
    period = queries.period_of(clock.today(), Span(query.span))
    if query.before:
        period = queries.period_of(period.first - timedelta(days=1), Span(query.span))
    rest: str | None = None
    if query.show == "teams":
        after = tuple(int(part) for part in query.after.split(".")) if query.after else None
        found = queries.teams(period, (after[0], after[1]) if after else None, MOST_TEAMS)
        lines: list[tuple[str, float]] = [
            (line.name, line.per_head / 100) for line in found[:MOST_TEAMS]
        ]
        if len(found) > MOST_TEAMS:
            rest = f"{found[MOST_TEAMS - 1].per_head}.{found[MOST_TEAMS - 1].unit_id}"
    elif query.show == "values":
        lines = [(value, count) for value, count in queries.values(period).items()]
    else:
        team = me.place[0] if me.place else None
        lines = [(line.name, line.coins) for line in queries.mates(team, period)]
    return {
        "show": query.show,
        "period": period.key,
        "lines": [{"name": name, "amount": amount} for name, amount in lines],
        "next": rest,
    }
