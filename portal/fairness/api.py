"""Cases and awards by rule as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from flask_babel import gettext as _
from pydantic import BaseModel, Field, StrictInt, StrictStr

from portal.base.access import LARGEST_ID, load, me, signed_in
from portal.base.api import Api, Body, Problem
from portal.base.errors import Refused
from portal.base.forms import CONTROL
from portal.fairness import policy, queries, rules
from portal.fairness.models import Case
from portal.fairness.views.cases import looked

api = Api("fairness", __name__)


class CasePath(BaseModel):
    case_id: int


class CaseOut(BaseModel):
    """A case about coins between two people."""

    id: int
    kind: str
    state: str
    giver: str
    receiver: str
    there: int
    back: int
    due_on: date


class CasesOut(BaseModel):
    """Cases, newest first; `next` is handed back as `after`."""

    cases: list[CaseOut]
    next: int | None


class AnswerOut(BaseModel):
    """What one of the two said."""

    name: str
    words: str


class WholeCaseOut(CaseOut):
    """A case with what was said, and why it was decided so."""

    answers: list[AnswerOut]
    reasons: str | None


class AnswerBody(Body):
    """What you say to it."""

    words: StrictStr = Field(max_length=600)


class DecisionBody(Body):
    """What is decided, and why."""

    state: Literal["cleared", "corrected"]
    reasons: StrictStr = Field(max_length=600)


class DueOut(BaseModel):
    """An award by rule that waits for your look."""

    id: int
    rule: str
    name: str
    occurrence: str
    due_on: date
    amount: int


class DuesOut(BaseModel):
    """Awards that wait, oldest first; `next` is handed back as `after`."""

    due: list[DueOut]
    next: int | None


class DueBody(Body):
    """Which awards are paid, or let be (with a reason)."""

    due: list[Annotated[StrictInt, Field(ge=1, le=LARGEST_ID)]] = Field(
        min_length=1, max_length=200
    )
    act: Literal["approve", "refuse"]
    reasons: StrictStr | None = Field(None, max_length=200)


class DoneOut(BaseModel):
    """How many."""

    count: int


class PageQuery(BaseModel):
    """How a list is paged."""

    after: int | None = Field(None, ge=1, le=LARGEST_ID)
    limit: int = Field(25, ge=1, le=100)


def _plain(words: str, field: str) -> str:
    if CONTROL.search(words):
        raise Refused(_("这里有看不见的控制字符，请删去后再试。"), field)
    return words


def case_json(line: queries.CaseLine) -> dict[str, Any]:
    names = ("id", "kind", "state", "giver", "receiver", "there", "back")
    return {name: getattr(line, name) for name in names} | {"due_on": line.due_on.isoformat()}


@api.get("/cases", who=signed_in, scope="coins:read", responses={"200": CasesOut})
def cases(query: PageQuery) -> dict[str, Any]:
    """The cases that concern you, and those that you may decide."""
    found = queries.cases(me, query.after, query.limit)
    lines = found[: query.limit]
    more = lines[-1].id if len(found) > query.limit else None
    return {"cases": [case_json(line) for line in lines], "next": more}


def _whole(case: Case) -> dict[str, Any]:
    [line] = queries.cases(me, case.id + 1, 1)[:1]
    answers = [{"name": said.name, "words": said.words} for said in queries.answers_of(case.id)]
    return case_json(line) | {"answers": answers, "reasons": case.reasons}


@api.get("/cases/<int:case_id>", who=signed_in, scope="coins:read", responses={"200": WholeCaseOut})
def case(path: CasePath) -> dict[str, Any]:
    """One case with what was said."""
    found = load(Case, path.case_id, see=policy.may_see)
    looked(found)
    return _whole(found)


@api.post(
    "/cases/<int:case_id>/answer",
    who=signed_in,
    scope="coins:write",
    keyed=True,
    responses={"200": WholeCaseOut, "409": Problem, "422": Problem},
)
def answer(path: CasePath, body: AnswerBody) -> dict[str, Any]:
    """Say how it was."""
    found = load(Case, path.case_id, see=policy.may_see, may=policy.may_answer)
    rules.answer(me, found, words=_plain(body.words, "words"))
    return _whole(found)


@api.post(
    "/cases/<int:case_id>/decision",
    who=signed_in,
    scope="coins:write",
    keyed=True,
    responses={"200": WholeCaseOut, "409": Problem, "422": Problem},
)
def decide(path: CasePath, body: DecisionBody) -> dict[str, Any]:
    """Decide a case of people outside your line."""
    found = load(Case, path.case_id, see=policy.may_see, may=policy.may_decide)
    looked(found)
    rules.decide(me, found, state=body.state, reasons=_plain(body.reasons, "reasons"))
    return _whole(found)


@api.get("/due", who=signed_in, scope="coins:read", responses={"200": DuesOut})
def due(query: PageQuery) -> dict[str, Any]:
    """The awards by rule that wait for your look."""
    found = queries.waiting(me, query.after, query.limit)
    lines = found[: query.limit]
    names = ("id", "rule", "name", "occurrence", "amount")
    return {
        "due": [
            {name: getattr(line, name) for name in names} | {"due_on": line.due_on.isoformat()}
            for line in lines
        ],
        "next": lines[-1].id if len(found) > query.limit else None,
    }


@api.post(
    "/due",
    who=signed_in,
    scope="coins:write",
    keyed=True,
    responses={"200": DoneOut, "409": Problem, "422": Problem},
)
def look_over(body: DueBody) -> dict[str, Any]:
    """Pay awards by rule, or let them be."""
    if body.act == "refuse":
        reasons = _plain(body.reasons or "", "reasons")
        return {"count": rules.refuse(me, due_ids=body.due, reasons=reasons)}
    return {"count": rules.approve(me, due_ids=body.due)}
