"""Suggestions for programs: the same rules and policies as the pages."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from flask_babel import gettext as _
from pydantic import BaseModel, BeforeValidator, Field, StrictInt

from portal.base.access import load, me
from portal.base.api import Api, Body, KeysetQuery
from portal.base.forms import CONTROL, clean
from portal.suggestions import policy, queries, rules
from portal.suggestions.models import (
    MOST_MORE,
    MOST_REASON,
    MOST_SINCE,
    MOST_SPOT,
    MOST_TITLE,
    MOST_WHAT,
    Kind,
    Status,
    Suggestion,
)
from portal.suggestions.policy import signed_in
from portal.suggestions.queries import Line

api = Api("suggestions", __name__)


def _text(value: object) -> object:
    """Cleaned as the forms clean it. Raises ValueError for control characters."""
    if not isinstance(value, str):
        return value
    cleaned = clean(value.replace("\r\n", "\n").replace("\r", "\n"))
    if CONTROL.search(cleaned):
        raise ValueError(_("这里有看不见的控制字符，请删去后再试。"))
    return cleaned


def _line(value: object) -> object:
    text = _text(value)
    return re.sub(r"\s+", " ", text) if isinstance(text, str) else text


Long = Annotated[str, BeforeValidator(_text)]
Short = Annotated[str, BeforeValidator(_line)]


class ListQuery(KeysetQuery):
    """Which suggestions, and words of their titles."""

    which: Literal["all", "open", "overdue", "adopted", "mine", "queue", "working"] = "all"
    q: str = Field("", max_length=100, description="Words of the title")


class SuggestionPath(BaseModel):
    suggestion_id: int


class SuggestionBody(Body):
    """A fault (`woodpecker`: with `spot`) or an idea (`golden_finger`: with `effect`)."""

    kind: Kind
    title: Short = Field(min_length=1, max_length=MOST_TITLE)
    what: Long = Field(min_length=1, max_length=MOST_WHAT, description="What is wrong, or to do")
    topic: Short = Field(min_length=1, max_length=30, description="workplace, tools, shifts, …")
    spot: Short | None = Field(None, max_length=MOST_SPOT, description="Where")
    since: Short | None = Field(None, max_length=MOST_SINCE, description="Since when")
    cost: Long | None = Field(None, max_length=MOST_MORE, description="What it costs")
    effect: Long | None = Field(None, max_length=MOST_MORE, description="What will be better")


class AnswerBody(Body):
    """Where it stands now, and why. Adopting it pays the topic's reward to its author, once."""

    status: Literal["answered", "in_work", "adopted", "done", "declined"]
    reason: Long = Field(min_length=1, max_length=MOST_REASON)
    step: StrictInt | None = Field(
        None, ge=1, le=2**31 - 1, description="The `step` you have seen: 409 if it moved since"
    )


class SuggestionOut(BaseModel):
    """One suggestion in a list."""

    id: int
    kind: str
    title: str
    status: str
    author: str
    owner: str
    answer_due_on: str
    overdue: bool
    sent_at: str
    reward_coins: int | None


class SuggestionsOut(BaseModel):
    suggestions: list[SuggestionOut]
    next: str | None


class StepOut(BaseModel):
    """A line of the history."""

    step: int
    from_status: str | None
    to_status: str
    by: str
    owner: str
    reason: str
    at: str


class WholeOut(SuggestionOut):
    """A suggestion with its text and its history."""

    what: str
    spot: str | None
    since: str | None
    cost: str | None
    effect: str | None
    topic: str
    unit: str | None
    step: int
    first_answered_at: str | None
    closed_at: str | None
    closing_reason: str | None
    content_hash: str
    history: list[StepOut]


def line_json(line: Line) -> dict[str, Any]:
    return {
        "id": line.id,
        "kind": line.kind.value,
        "title": line.title,
        "status": line.status.value,
        "author": line.author,
        "owner": line.owner,
        "answer_due_on": line.answer_due_on.isoformat(),
        "overdue": line.is_overdue,
        "sent_at": line.sent_at.isoformat(),
        "reward_coins": line.reward_coins,
    }


def whole_json(suggestion: Suggestion) -> dict[str, Any]:
    around = queries.around(suggestion.id)
    names = (
        "id", "kind", "title", "status", "what", "spot", "since", "cost", "effect", "step",
        "reward_coins", "closing_reason", "content_hash",
    )  # fmt: skip
    moments = ("sent_at", "first_answered_at", "closed_at", "answer_due_on")
    answer = {name: getattr(suggestion, name) for name in names}
    for name in moments:
        value = getattr(suggestion, name)
        answer[name] = value.isoformat() if value else None
    return answer | {
        "author": around.author,
        "owner": around.owner,
        "unit": around.unit,
        "topic": around.topic_key,
        "overdue": suggestion.is_overdue,
        "history": [
            {
                "step": step.step,
                "from_status": step.from_status.value if step.from_status else None,
                "to_status": step.to_status.value,
                "by": step.by,
                "owner": step.owner,
                "reason": step.reason,
                "at": step.at.isoformat(),
            }
            for step in queries.steps(suggestion.id)
        ],
    }


@api.get("/", who=signed_in, scope="suggestions:read", responses={"200": SuggestionsOut})
def suggestions(query: ListQuery) -> Any:
    """Suggestions: all, or by where they stand and whose they are; by words of their titles"""
    lines, further = queries.listed(
        me, query.which, typed=query.q, after=query.after, limit=query.limit
    )
    return {"suggestions": [line_json(line) for line in lines], "next": further}


@api.get(
    "/<int:suggestion_id>", who=signed_in, scope="suggestions:read", responses={"200": WholeOut}
)
def suggestion(path: SuggestionPath) -> Any:
    """One suggestion with its history"""
    return whole_json(load(Suggestion, path.suggestion_id, see=policy.may_see))


@api.post("/", who=signed_in, scope="suggestions:write", keyed=True, responses={"201": WholeOut})
def send(body: SuggestionBody) -> Any:
    """Suggest something; the answer names its owner and the day of the first answer"""
    return whole_json(rules.send(me, **body.model_dump(exclude={"kind"}), kind=body.kind)), 201


@api.post(
    "/<int:suggestion_id>/answers",
    who=signed_in,
    scope="suggestions:write",
    keyed=True,
    responses={"201": WholeOut},
)
def answer(path: SuggestionPath, body: AnswerBody) -> Any:
    """Answer as its owner, HR of its place or the general manager"""
    found = load(Suggestion, path.suggestion_id, see=policy.may_see, may=policy.may_answer)
    rules.answer(me, found, status=Status(body.status), reason=body.reason, step=body.step)
    return whole_json(found), 201
