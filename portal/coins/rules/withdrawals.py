"""Taking an award back: within a quarter of an hour by oneself, later when somebody else agrees."""

from __future__ import annotations

from datetime import timedelta

from flask_babel import gettext as _
from sqlalchemy import select

from portal.base import clock
from portal.base.access import Viewer
from portal.base.db import session
from portal.base.errors import Refused
from portal.base.forms import clean
from portal.coins import policy, queries
from portal.coins.models import (
    Account,
    Award,
    Hold,
    Reason,
    RequestState,
    WithdrawalRequest,
)
from portal.coins.rules.deciding import check_answer, check_decider, decide, deciders, lock
from portal.coins.rules.ledger import Short, reverse, transfer
from portal.coins.rules.plans import LONGEST_REASON, SHORTEST_REASON
from portal.coins.rules.writing import Posted
from portal.notify.rules import tell_many
from portal.people.models import Person

TIME_TO_WITHDRAW = timedelta(minutes=15)


def withdraw(by: Viewer, given: Award) -> Posted:
    """Take an own award back within 15 minutes, from everybody who received it.

    Raises Refused: too late, withdrawn before, or when a wallet no longer holds the coins.
    """
    if given.by_id != by.id:
        raise Refused(_("只有发出的人可以撤回。"), status=403)
    if not _is_fresh(given):
        raise Refused(
            _("发出超过 15 分钟，不能自己撤回了。可以写明原因，请上级或人力资源部来撤回。")
        )
    back = _take_back(given, by.id)
    _tell_receivers(given, by.name, "")
    return back


def _is_fresh(given: Award) -> bool:
    return clock.now() - given.transfer.entered_at <= TIME_TO_WITHDRAW


def ask_withdrawal(by: Viewer, given: Award, *, reason: str) -> WithdrawalRequest:
    """Have somebody else decide that an award be taken back. Raises Refused."""
    if not policy.may_ask_withdrawal(by, given):
        raise Refused(_("只有发出的人和人力资源部可以请求撤回。"), status=403)
    words = clean(reason)
    if not SHORTEST_REASON <= len(words) <= LONGEST_REASON:
        raise Refused(
            _(
                "请用 %(least)s 到 %(most)s 个字写下为什么要撤回，收到的人会看到。",
                least=SHORTEST_REASON, most=LONGEST_REASON,
            ),
            "reason",
        )  # fmt: skip
    session().refresh(given, with_for_update=True)  # asked by two at once: one waits
    if given.by_id == by.id and _is_fresh(given):
        raise Refused(_("还在 15 分钟里，你可以自己撤回，不用请别人。"), status=409)
    if queries.is_withdrawn(given.id):
        raise Refused(_("这次表扬已经撤回过了。"), status=409)
    if queries.standing_withdrawal(given.id) is not None:
        raise Refused(_("已经有人请求撤回，正等人决定。"), status=409)
    asked = WithdrawalRequest(award_id=given.id, by_id=by.id, reason=words)
    session().add(asked)
    session().flush()
    told = set(deciders(asked)) | ({given.by_id} - {by.id})
    _tell_parties(asked, "asked", told, by.name, words)
    return asked


def approve_withdrawal(by: Viewer, asked: WithdrawalRequest, *, version: int) -> Posted:
    """Take the award back by a linked transfer, and tell those who received it why.

    Raises Refused: 403 for a party to it, 409 when it was decided or withdrawn before, or when a
    wallet no longer holds the coins; nothing is half done then.
    """
    check_decider(by, asked)
    lock(asked, version)
    back = _take_back(asked.award, by.id)
    decide(asked, RequestState.APPROVED, by)
    _tell_receivers(asked.award, by.name, asked.reason)
    _tell_parties(asked, "decided", {asked.by_id, asked.giver_id}, by.name, "")
    return back


def refuse_withdrawal(by: Viewer, asked: WithdrawalRequest, *, version: int, answer: str) -> None:
    """The award stands, for a reason. Raises Refused as `approve_withdrawal` does."""
    check_decider(by, asked)
    words = check_answer(answer)
    lock(asked, version)
    decide(asked, RequestState.REFUSED, by, words)
    _tell_parties(asked, "decided", {asked.by_id, asked.giver_id}, by.name, words)


def recall_withdrawal(by: Viewer, asked: WithdrawalRequest, *, version: int) -> None:
    """Who asked takes it back before anybody decided. Raises Refused."""
    if asked.by_id != by.id:
        raise Refused(_("只有发起的人可以收回。"), status=403)
    lock(asked, version)
    decide(asked, RequestState.RECALLED, None)


def _take_back(given: Award, by_id: int) -> Posted:
    """From everybody who received it, whole, back into the budget that it came from."""
    if queries.is_withdrawn(given.id):
        raise Refused(_("这次表扬已经撤回过了。"), status=409)
    key = f"withdraw:{given.transfer_id}"
    try:
        back = reverse(given.transfer_id, key=key, reason=Reason.WITHDRAW, by_id=by_id)
    except Short as short:
        owner = session().scalar(
            select(Person.name)
            .join(Account, Account.owner_id == Person.id)
            .where(Account.id == short.account_id)
        )
        raise Refused(
            _("%(name)s 已经用掉了这些金币，撤不回来，谁的也没有动。请先和对方谈谈。", name=owner),
            status=409,
        ) from short
    held = session().scalar(select(Hold).where(Hold.ended_by_id == given.transfer_id))
    if held is not None:  # it had waited for review: what came out of a hold goes on to the budget
        legs = [(held.held_id, -held.posted), (held.account_id, held.posted)]
        transfer(key=f"{key}:back", reason=Reason.RELEASE, legs=legs, by_id=by_id)
    return back


def _tell_receivers(given: Award, by_name: str, words: str) -> None:
    tell_many(
        {
            "person_id": person,
            "kind": "coins.withdrawn",
            "key": f"award:{given.id}:{person}:withdrawn",
            "link": f"/coins/awards/{given.id}",
            "params": {"by": by_name, "amount": given.amount, "words": words},
        }
        for person in given.people
    )


def _tell_parties(
    asked: WithdrawalRequest, name: str, people: set[int], by_name: str, words: str
) -> None:
    total = asked.award.amount * asked.award.head_count
    tell_many(
        {
            "person_id": person,
            "kind": f"coins.withdrawal_{name}",
            "key": f"withdrawal_request:{asked.id}:{name}:{person}",
            "link": f"/coins/withdrawals/{asked.id}",
            "params": {"by": by_name, "state": str(asked.state), "total": total, "words": words},
        }
        for person in sorted(people)
    )
