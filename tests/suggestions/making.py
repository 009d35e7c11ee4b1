"""Making suggestions for the tests."""

from __future__ import annotations

from typing import Any

from portal.base.access import Viewer
from portal.people.queries import viewer_of_person
from portal.suggestions import rules
from portal.suggestions.models import Kind, Status, Suggestion

FAULT: dict[str, Any] = {
    "title": "夜班后半夜没有热水",
    "what": "凌晨两点以后，三楼茶水间的热水器就停了。",
    "topic": "workplace",
    "spot": "太原三楼茶水间",
}
IDEA: dict[str, Any] = {
    "title": "知识库首页放上今天的新资费",
    "what": "每天早上由知识库管理员把当天生效的资费放到首页。",
    "topic": "knowledge",
    "effect": "每通电话少查一次，客户少等半分钟。",
}


def as_viewer(member: Any) -> Viewer:
    """The member of the cast as somebody who asks."""
    found = viewer_of_person(member.id)
    assert found is not None, member
    return found


def send(member: Any, kind: Kind = Kind.WOODPECKER, **changes: Any) -> Suggestion:
    """A suggestion of this member, inside the caller's transaction."""
    said = FAULT if kind is Kind.WOODPECKER else IDEA
    return rules.send(as_viewer(member), kind=kind, **{**said, **changes})


def answer(
    member: Any,
    suggestion: Suggestion,
    status: Status,
    reason: str = "已经请后勤来看。",
    **more: Any,
) -> None:
    rules.answer(as_viewer(member), suggestion, status=status, reason=reason, **more)
