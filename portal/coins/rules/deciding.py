"""Deciding what somebody else asked: once, as it is stored, and never by a party to it."""

from __future__ import annotations

from flask_babel import gettext as _

from portal.base import clock
from portal.base.access import Viewer
from portal.base.db import session
from portal.base.errors import Refused
from portal.base.forms import clean
from portal.coins import policy
from portal.coins.models import LONGEST_ANSWER, Asked, AwardRequest, RequestState, WithdrawalRequest
from portal.coins.policy import IsRequest
from portal.people.models import Person
from portal.people.queries import holders

SHORTEST_ANSWER = 2
Request = AwardRequest | WithdrawalRequest


def lock(asked: Request, version: int) -> None:
    """Nobody else decides it until the end of this transaction.

    `version`: what the one who decides has seen. Raises Refused (409) where it has moved since.
    """
    session().refresh(asked, with_for_update=True)
    if not asked.is_waiting:
        raise Refused(_told_decided(asked), status=409)
    if asked.version != version:
        raise Refused(_("刚刚有人先处理过了。请看看现在的情况，再决定。"), status=409)


def _told_decided(asked: Asked) -> str:
    """What has become of it, in words."""
    if asked.decided_by_id is None:
        told = {
            RequestState.RECALLED: _("发起人已经收回，不用再处理了。"),
            RequestState.LAPSED: _("已经过期，金币退回了预算。需要的话，请发起人再发一次。"),
        }
        return str(told[RequestState(asked.state)])
    name = session().get_one(Person, asked.decided_by_id).name
    if asked.state == RequestState.APPROVED:
        return str(_("%(name)s 已经同意了，不用再处理。", name=name))
    return str(_("%(name)s 已经退回了，不用再处理。", name=name))


def check_decider(by: Viewer, asked: IsRequest) -> None:
    """Raises Refused (403) for a party to it, and for those who do not answer for the unit."""
    if policy.is_party(by, asked):
        raise Refused(_("和自己有关的，要请别人来复核。"), status=403)
    if not policy.answers_for(by, asked):
        raise Refused(_("这个单位不归你管，请它的上级或人力资源部来复核。"), status=403)


def check_answer(answer: str) -> str:
    """The words that go with a refusal. Raises Refused where there are none."""
    words = clean(answer)
    if not SHORTEST_ANSWER <= len(words) <= LONGEST_ANSWER:
        raise Refused(_("请写一句为什么，发起人会看到。"), "answer")
    return words


def decide(asked: Asked, state: RequestState, by: Viewer | None, answer: str = "") -> None:
    """Write down how it ended. `by`: who decided; None for what was recalled, or lapsed."""
    asked.state = state
    asked.version += 1
    asked.decided_at = clock.now()
    asked.decided_by_id = by.id if by else None
    asked.answer = answer
    session().flush()


def deciders(asked: IsRequest) -> list[int]:
    """Who is told that it waits: the nearest leader above and HR, without those who are a party.

    Raises Refused where there is nobody: it would wait in vain.
    """
    place, parties = asked.place, {asked.by_id, asked.giver_id, *asked.people}
    found: set[int] = set()
    for role, units in (("leader", place[1:]), ("hr", place)):
        for start in range(len(units) + 1):
            others = set(holders(role, units[start:], clock.today())) - parties
            if others:
                found |= others
                break
    if not found:
        raise Refused(
            _("现在没有别人能复核：请先让人力资源部给上级领导或人事专员授权。"), status=409
        )
    return sorted(found)
