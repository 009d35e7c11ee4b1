"""Cases: opened by a pattern, answered by the two, decided by somebody outside the line.

A case takes nothing away by itself. Cleared, the coins that were held go back; corrected, the
transfers in question are reversed as far as the coins are there, and nothing beyond: no fine.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, time, timedelta

from flask_babel import gettext as _
from sqlalchemy import select

from portal.base import clock
from portal.base.access import Viewer
from portal.base.db import session
from portal.base.errors import Refused
from portal.base.forms import clean
from portal.coins import rules as coins
from portal.coins.models import Account, Hold, HoldState, Reason, RuleName
from portal.coins.queries import numbers_on, wallet_of
from portal.fairness import policy, queries
from portal.fairness.models import (
    LONGEST_WORDS,
    SHORTEST_WORDS,
    Case,
    CaseAnswer,
    CaseHold,
    CaseItem,
    CaseState,
)
from portal.fairness.queries.patterns import Gift, Pattern
from portal.notify.rules import tell, tell_many
from portal.people.models import Person
from portal.people.queries import holders, names_of

DAYS_LOOKED_AT, DAYS_TO_ANSWER, DAYS_TO_DECIDE = 90, 7, 30


# ---- opening ----------------------------------------------------------------------------------


def open_cases(day: date) -> int:
    """Look at the 90 days up to `day`, and ask where coins went round. Answers how many cases.

    Harmless to repeat: what was asked about is not asked again.
    """
    numbers = numbers_on(day)
    ring, favour = numbers.get(RuleName.RING, 0), numbers.get(RuleName.FAVOUR, 0)
    if not ring and not favour:
        return 0
    since, opened = day - timedelta(days=DAYS_LOOKED_AT), 0
    for pattern in queries.patterns(since, day, ring=ring, favour=favour):
        gifts = queries.gifts_between(pattern, since, day)
        if not gifts:
            continue  # a case opened a moment ago asks about them already
        case = _open(pattern, since, gifts)
        if numbers.get(RuleName.RING_HOLD, 0):
            _hold(case, gifts)
        _tell_opened(case)
        opened += 1
    return opened


def _open(pattern: Pattern, since: date, gifts: list[Gift]) -> Case:
    giver = session().get_one(Person, pattern.giver_id)
    receiver = session().get_one(Person, pattern.receiver_id)
    case = Case(
        kind=pattern.kind,
        giver_id=giver.id,
        receiver_id=receiver.id,
        giver_unit_id=next(iter(giver.place), None),
        receiver_unit_id=next(iter(receiver.place), None),
        since=since,
        there=pattern.there,
        back=pattern.back,
        given=pattern.given,
        due_on=clock.today() + timedelta(days=DAYS_TO_DECIDE),
    )
    session().add(case)
    session().flush()
    session().add_all(
        CaseItem(
            case_id=case.id,
            transfer_id=gift.transfer_id,
            there=gift.giver_id == giver.id,
            amount=gift.amount,
        )
        for gift in gifts
    )
    session().flush()
    return case


def _hold(case: Case, gifts: list[Gift]) -> None:
    """Set the coins in question aside, as far as they are still in the wallets."""
    asked: dict[int, int] = defaultdict(int)
    for gift in gifts:
        asked[gift.receiver_id] += gift.amount
    midnight = datetime.combine(case.due_on + timedelta(days=1), time(), clock.HOME_ZONE)
    for person_id, amount in sorted(asked.items()):
        wallet = session().scalar(select(Account).where(*wallet_of(person_id)))
        if wallet is None or wallet.balance <= 0:
            continue
        try:
            with session().begin_nested():
                held = coins.hold(
                    key=f"case:{case.id}:held:{person_id}",
                    account_id=wallet.id,
                    amount=min(amount, wallet.balance),
                    by_id=None,
                    lapses_at=midnight,
                )
        except Refused:
            continue  # a wallet that nothing may leave holds its coins by itself
        session().add(CaseHold(case_id=case.id, hold_id=held.id))
    session().flush()


def _tell_opened(case: Case) -> None:
    names, link = names_of(case.people), f"/fairness/cases/{case.id}"
    for person_id in case.people:
        other = case.receiver_id if person_id == case.giver_id else case.giver_id
        tell(
            person_id,
            kind="fairness.opened",
            key=f"case:{case.id}:opened:{person_id}",
            link=link,
            params={"other": names[other], "due": case.due_on.isoformat()},
        )
    for person_id in _deciders(case):
        tell(
            person_id,
            kind="fairness.waiting",
            key=f"case:{case.id}:waiting:{person_id}",
            link=link,
            params={"due": case.due_on.isoformat()},
        )


def _deciders(case: Case) -> list[int]:
    """Who is asked to decide: the auditors, or else the general managers, who are not in it."""
    today = clock.today()
    for role in policy.OVERSEERS:
        found = [each for each in holders(role, (), today) if each not in case.people]
        if found:
            return found
    return []


# ---- answering and deciding --------------------------------------------------------------------


def answer(by: Viewer, case: Case, *, words: str) -> CaseAnswer:
    """One of the two says how it was; again until it is decided. Raises Refused."""
    if by.id not in case.people:
        raise Refused(_("只有当事的两位可以说明。"), status=403)
    said = _words(words, "words")
    _lock(case)
    found = session().get(CaseAnswer, (case.id, by.id))
    if found is None:
        found = CaseAnswer(case_id=case.id, person_id=by.id)
        session().add(found)
    found.words, found.said_at = said, clock.now()
    session().flush()
    return found


def decide(by: Viewer, case: Case, *, state: str, reasons: str) -> None:
    """Clear it, or correct it, with reasons that both read. Raises Refused: by somebody in the
    line, before both have answered or seven days are over, 409 when it has ended."""
    if not policy.may_decide(by, case):
        raise Refused(_("这件事要由不在这条线上的人来决定。"), status=403)
    if state not in {CaseState.CLEARED, CaseState.CORRECTED}:
        raise Refused(_("请从列出的里面选一个。"), "state")
    said = _words(reasons, "reasons")
    _lock(case)
    answered = {line.person_id for line in queries.answers_of(case.id)}
    first_day = clock.local(case.opened_at).date() + timedelta(days=DAYS_TO_ANSWER)
    if len(answered) < len(case.people) and clock.today() < first_day:
        raise Refused(_("还有人没有说明。请等两位都说过，或到 %(day)s 再决定。",
                        day=first_day.isoformat()))  # fmt: skip
    _release(case, by_id=by.id)
    if state == CaseState.CORRECTED:
        _take_back(case, by)
    _end(case, CaseState(state), by_id=by.id, reasons=said)


def lapse_cases() -> int:
    """What nobody decided in time is cleared by itself. Answers how many."""
    due = session().scalars(
        select(Case)
        .where(Case.state == CaseState.OPEN, Case.due_on < clock.today())
        .order_by(Case.id)
        .limit(500)
        .with_for_update(skip_locked=True)
    )
    count = 0
    for case in due.all():
        _release(case, by_id=None)
        _end(case, CaseState.LAPSED)
        count += 1
    return count


def _words(typed: str, field: str) -> str:
    said = clean(typed)
    if not SHORTEST_WORDS <= len(said) <= LONGEST_WORDS:
        raise Refused(
            _("请用 %(least)s 到 %(most)s 个字写清楚。", least=SHORTEST_WORDS, most=LONGEST_WORDS),
            field,
        )
    return said


def _lock(case: Case) -> None:
    session().refresh(case, with_for_update=True)
    if not case.is_open:
        raise Refused(_("这件事已经有了结果。"), status=409)


def _release(case: Case, *, by_id: int | None) -> None:
    """What was held goes back to where it was."""
    held = session().scalars(
        select(Hold)
        .join(CaseHold, CaseHold.hold_id == Hold.id)
        .where(CaseHold.case_id == case.id, Hold.state == HoldState.OPEN)
        .order_by(Hold.id)
    )
    for row in held.all():
        coins.void_hold(row, key=f"hold:{row.id}:voided", by_id=by_id, lapsed=by_id is None)


def _take_back(case: Case, by: Viewer) -> None:
    """Reverse what was asked about, the latest first, as far as the coins are there."""
    items = session().scalars(
        select(CaseItem).where(CaseItem.case_id == case.id).order_by(CaseItem.transfer_id.desc())
    )
    for item in items.all():
        try:
            with session().begin_nested():
                back = coins.reverse(
                    item.transfer_id,
                    key=f"case:{case.id}:back:{item.transfer_id}",
                    reason=Reason.REVERSAL,
                    by_id=by.id,
                )
        except Refused:
            continue  # spent since, or taken back by its giver: nobody is made to pay
        item.reversal_id = back.id
    session().flush()


def _end(
    case: Case, state: CaseState, *, by_id: int | None = None, reasons: str | None = None
) -> None:
    case.state, case.ended_at = state, clock.now()
    case.decided_by_id, case.reasons = by_id, reasons
    session().flush()
    tell_many(
        {
            "person_id": person_id,
            "kind": "fairness.ended",
            "key": f"case:{case.id}:ended:{person_id}",
            "link": f"/fairness/cases/{case.id}",
            "params": {"state": state.value, "reasons": reasons or ""},
        }
        for person_id in case.people
    )


def set_numbers(by: Viewer, *, ring: int, favour: int, is_held: bool, since: date) -> None:
    """From which amounts coins between two people are asked about, and whether they are held
    meanwhile; 0 never asks. Raises Refused."""
    if since < clock.today():
        raise Refused(_("请从今天或以后的一天起。"), "since")
    for name, number in (
        (RuleName.RING, ring), (RuleName.FAVOUR, favour), (RuleName.RING_HOLD, int(is_held)),
    ):  # fmt: skip
        coins.set_number(by, name, number=number, since=since)
