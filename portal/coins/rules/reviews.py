"""Large awards wait for a second pair of eyes; their coins are held until somebody decides."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from flask_babel import gettext as _
from sqlalchemy import insert, select

from portal.base import clock
from portal.base.access import Viewer
from portal.base.db import session
from portal.base.errors import Refused
from portal.coins import queries
from portal.coins.models import (
    AccountKind,
    AwardRequest,
    AwardRequestPerson,
    HoldState,
    Reason,
    RequestState,
)
from portal.coins.rules.accounts import accounts_of
from portal.coins.rules.deciding import check_answer, check_decider, decide, deciders, lock
from portal.coins.rules.giving import Awarded, record
from portal.coins.rules.holds import hold, share_hold, void_hold
from portal.coins.rules.ledger import Short
from portal.coins.rules.plans import Plan, check_words_are_new, slices_of_budget, too_much
from portal.coins.rules.slices import draw
from portal.notify.rules import tell, tell_many
from portal.people.models import Person

DAYS_TO_REVIEW = 14
SOME = 200


def ask(by: Viewer, meant: Plan, *, key: str) -> Awarded:
    """Set the coins aside and have somebody else look at it. Raises Refused."""
    last_day = clock.today() + timedelta(days=DAYS_TO_REVIEW)
    lapses_at = datetime.combine(last_day + timedelta(days=1), time.min, clock.HOME_ZONE)

    left = {row.id: row.balance for row in slices_of_budget(meant.unit_id, locked=True)}
    parts = draw(left, meant.total)
    if left and sum(part for _each, part in parts) < meant.total:
        parts = [(next(iter(left)), meant.total)]  # one that was asked before is found by its key
    if not parts:
        raise too_much(0, meant.total)
    try:
        held = hold(
            key=key,
            account_id=parts[0][0],
            amount=meant.total,
            shares=parts,
            by_id=by.id,
            lapses_at=lapses_at,
            about=f"{meant.about}\0{meant.happened_on}",
        )
    except Short as short:
        raise too_much(sum(left.values()), meant.total) from short
    before = session().scalar(select(AwardRequest.id).where(AwardRequest.hold_id == held.id))
    if before is not None:
        return Awarded(before, held.transfer_id, meant.unit_id, waits=True)
    check_words_are_new(meant)
    asked = AwardRequest(
        by_id=by.id,
        unit_id=meant.unit_id,
        value=meant.value,
        reason=meant.reason,
        amount=meant.amount,
        head_count=len(meant.receivers),
        happened_on=meant.happened_on,
        lapses_at=lapses_at,
        hold_id=held.id,
    )
    session().add(asked)
    session().flush()
    people = [{"request_id": asked.id, "person_id": person.id} for person in meant.receivers]
    session().execute(insert(AwardRequestPerson), people)
    tell_many(
        {
            "person_id": person_id,
            "kind": "coins.review_asked",
            "key": f"award_request:{asked.id}:asked:{person_id}",
            "link": f"/coins/requests/{asked.id}",
            "params": {
                "by": by.name, "total": asked.total, "people": asked.head_count,
                "words": asked.reason,
            },
        }
        for person_id in deciders(asked)
    )  # fmt: skip
    return Awarded(asked.id, held.transfer_id, meant.unit_id, waits=True)


def approve(by: Viewer, asked: AwardRequest, *, version: int) -> Awarded:
    """Let the coins go to those for whom they were asked, as it was asked.

    Raises Refused: 403 for a party to it, 409 when it was decided before, when its time is over, or
    when somebody can no longer receive.
    """
    check_decider(by, asked)
    lock(asked, version)
    if clock.now() >= asked.lapses_at or asked.hold.state != HoldState.OPEN:
        raise Refused(_("放了 14 天没有人复核，已经过期，金币退回预算。"), status=409)
    meant = _as_asked(asked)
    wallets = accounts_of(AccountKind.WALLET, [each.id for each in meant.receivers])
    moved = share_hold(
        asked.hold,
        key=f"award_request:{asked.id}",
        shares=[(wallet, asked.amount) for wallet in wallets.values()],
        reason=Reason.AWARD,
        by_id=asked.by_id,
        happened_on=asked.happened_on,
    )
    giver = session().get_one(Person, asked.by_id)
    try:
        given = record(meant, moved.id, by_id=giver.id, by_name=giver.name)
    except Refused as cap:
        message = _("%(why)s请退回这一次，让发起人改好再发。", why=cap.message)
        raise Refused(message, status=409) from cap
    asked.award_id = given.id
    decide(asked, RequestState.APPROVED, by)
    _tell_asker(asked, by.name, link=f"/coins/awards/{given.id}")
    return given


def _as_asked(asked: AwardRequest) -> Plan:
    """What was asked, for those who still work here. Raises Refused (409) for a leaver."""
    receivers = queries.receivers(asked.people, asked.unit_id)
    for person in receivers.values():
        if not person.in_service:
            message = _(
                "%(name)s 已经离职，收不了金币。请退回这一次，让发起人改好再发。", name=person.name
            )
            raise Refused(message, status=409)
    return Plan(
        asked.unit_id,
        tuple(receivers.values()),
        asked.amount,
        asked.reason,
        asked.value,
        asked.happened_on,
        numbers=queries.numbers_on(clock.today()),
    )


def refuse(by: Viewer, asked: AwardRequest, *, version: int, answer: str) -> None:
    """Give the coins back to the budget, with a reason. Raises Refused as `approve` does."""
    check_decider(by, asked)
    words = check_answer(answer)
    lock(asked, version)
    _give_back(asked, by.id)
    decide(asked, RequestState.REFUSED, by, words)
    _tell_asker(asked, by.name)


def recall(by: Viewer, asked: AwardRequest, *, version: int) -> None:
    """Who asked takes it back before anybody decided. Raises Refused."""
    if asked.by_id != by.id:
        raise Refused(_("只有发起的人可以收回。"), status=403)
    lock(asked, version)
    _give_back(asked, by.id)
    decide(asked, RequestState.RECALLED, None)


def lapse_requests() -> int:
    """Give back what nobody decided in time, and tell who asked. Answers how many."""
    due = session().scalars(
        select(AwardRequest)
        .where(AwardRequest.state == RequestState.WAITING, AwardRequest.lapses_at <= clock.now())
        .order_by(AwardRequest.id)
        .limit(SOME)
        .with_for_update(skip_locked=True)
    )
    found = due.all()
    for asked in found:
        _give_back(asked, None)
        decide(asked, RequestState.LAPSED, None)
        _tell_asker(asked, "")
    return len(found)


def _give_back(asked: AwardRequest, by_id: int | None) -> None:
    """What lapsed by itself has gone back already."""
    if asked.hold.state == HoldState.OPEN:
        key = f"award_request:{asked.id}:back"
        void_hold(asked.hold, key=key, by_id=by_id, lapsed=by_id is None)


def _tell_asker(asked: AwardRequest, by_name: str, link: str = "") -> None:
    tell(
        asked.by_id,
        kind="coins.review_decided",
        key=f"award_request:{asked.id}:decided",
        link=link or f"/coins/requests/{asked.id}",
        params={
            "by": by_name, "state": str(asked.state), "total": asked.total, "answer": asked.answer,
        },
    )  # fmt: skip
