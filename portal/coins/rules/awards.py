"""Awards: coins for people with the fact and the behaviour they are for, and taking them back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from typing import Any, cast

from flask_babel import gettext as _
from sqlalchemy import Integer, Table, and_, bindparam, insert, or_, select

from portal.base import clock
from portal.base.access import Grant, Viewer
from portal.base.db import AnySelect, fetch, session
from portal.base.errors import Refused
from portal.base.forms import clean
from portal.coins import policy, queries
from portal.coins.models import Account, AccountKind, Award, Currency, Reason, Transfer, Value
from portal.coins.queries import Receiver, UnitLine, quota_month, units_led
from portal.coins.rules.accounts import accounts_of
from portal.coins.rules.budgets import hashed_key
from portal.coins.rules.ledger import Short, coins, post, reverse
from portal.coins.rules.slices import draw
from portal.coins.rules.writing import Posted, Posting
from portal.notify.rules import tell_many
from portal.people.models import Person

MOST_EACH = 1000
MOST_PEOPLE = 2000
SHORTEST_REASON, LONGEST_REASON = 10, 300
LATEST = timedelta(days=31)
"""How long after the fact it may still be awarded."""
TIME_TO_WITHDRAW = timedelta(minutes=15)
ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Awarded:
    """An award by its number, and the transfer that it made."""

    id: int
    transfer_id: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What an award would do: shown before it is confirmed."""

    unit_id: int
    receivers: tuple[Receiver, ...]
    amount: int
    slices: dict[int, int]
    wallets: dict[int, int]

    @property
    def total(self) -> int:
        return self.amount * len(self.receivers)

    @property
    def left(self) -> int:
        return sum(self.slices.values())

    @property
    def left_after(self) -> int:
        return self.left - self.total


def award(
    by: Viewer,
    *,
    people: Sequence[int],
    amount: int,
    reason: str,
    value: str,
    key: str,
    unit_id: int | None = None,
    happened_on: date | None = None,
) -> Awarded:
    """Give `amount` coins to each of `people` out of this month's budget of the unit.

    `unit_id` None: the unit that `by` leads. `reason`: fact and behaviour, 10 to 300 characters.
    `happened_on`: the day of the fact, up to 31 days back. The same `key` with the same content
    answers the first award. Raises Refused, at the field that can be mended.
    """
    meant = plan(
        by,
        people=people,
        amount=amount,
        reason=reason,
        value=value,
        unit_id=unit_id,
        happened_on=happened_on,
        budget_decides=False,
    )
    moved = _post(meant, by, key=key, happened_on=happened_on, about=_about(meant, value, reason))
    if not moved.is_new:
        before = session().scalars(select(Award.id).where(Award.transfer_id == moved.id)).one()
        return Awarded(before, moved.id)
    row = {
        "transfer_id": moved.id,
        "unit_id": meant.unit_id,
        "by_id": by.id,
        "value": Value(value),
        "reason": clean(reason),
        "amount": amount,
        "head_count": len(meant.receivers),
    }
    given = Awarded(session().connection().execute(_new_award(), row).scalar_one(), moved.id)
    _tell_receivers(by, given.id, row, [receiver.id for receiver in meant.receivers])
    return given


def _post(meant: Plan, by: Viewer, *, key: str, happened_on: date | None, about: str) -> Posted:
    """Out of the budget into each wallet. Others may be giving from the same budget: where the
    slice that was chosen is empty by the time it is locked, another is."""
    for attempt in range(ATTEMPTS):
        posting = Posting(
            key=f"award:{hashed_key(by.id, key)}",
            reason=Reason.AWARD,
            legs=_legs(meant),
            by_id=by.id,
            happened_on=happened_on,
            about=about,
        )
        try:
            with session().begin_nested() if len(meant.slices) > 1 else nullcontext():
                return post([posting])[0]
        except Short as short:
            slices, _wallets = _known_accounts(meant.unit_id, [])
            meant = replace(meant, slices=slices)
            if len(slices) == 1 or meant.left_after < 0 or attempt == ATTEMPTS - 1:
                raise _too_much(meant) from short
    raise AssertionError("unreachable")


def _about(meant: Plan, value: str, reason: str) -> str:
    people = ",".join(str(person.id) for person in sorted(meant.receivers, key=lambda it: it.id))
    return "\0".join((str(meant.unit_id), people, str(meant.amount), value, clean(reason)))


@cache
def _new_award() -> Any:
    table = cast(Table, Award.__table__)
    return insert(table).returning(table.c.id)


def plan(
    by: Viewer,
    *,
    people: Sequence[int],
    amount: int,
    reason: str,
    value: str,
    unit_id: int | None = None,
    happened_on: date | None = None,
    budget_decides: bool = True,
) -> Plan:
    """What an award would do. Raises Refused for all that stands against it.

    `budget_decides` False leaves the budget to the posting, which sees it under its lock.
    """
    _check_words(amount, reason, value, happened_on)
    unit_id = _unit_for(by, unit_id)
    receivers = _check_people(by, people, unit_id)
    slices, wallets = _known_accounts(unit_id, [person.id for person in receivers])
    meant = Plan(unit_id, tuple(receivers), amount, slices, wallets)
    if budget_decides and meant.left_after < 0:
        raise _too_much(meant)
    return meant


def _check_words(amount: int, reason: str, value: str, happened_on: date | None) -> None:
    if type(amount) is not int or not 1 <= amount <= MOST_EACH:
        raise Refused(
            _("每人请填 %(least)s 到 %(most)s 之间的整数。", least=1, most=MOST_EACH), "amount"
        )
    if not SHORTEST_REASON <= len(clean(reason)) <= LONGEST_REASON:
        raise Refused(
            _(
                "请用 %(least)s 到 %(most)s 个字写下发生了什么、对方做了什么。",
                least=SHORTEST_REASON,
                most=LONGEST_REASON,
            ),
            "reason",
        )
    if value not in set(Value):
        raise Refused(_("请从列出的里面选一个。"), "value")
    today = clock.today()
    if happened_on is not None and happened_on > today:
        raise Refused(_("这一天还没有到。请填事情发生的那一天。"), "happened_on")
    if happened_on is not None and happened_on < today - LATEST:
        raise Refused(_("事情过去超过 31 天了，请选一件最近的。"), "happened_on")


def _unit_for(by: Viewer, unit_id: int | None) -> int:
    """The unit whose budget is used. Raises Refused when `by` does not lead it."""
    own = by.units_as("leader") or frozenset()
    if unit_id is None and len(own) == 1:
        return next(iter(own))
    if unit_id is None:
        led = units_led(by)
        if not led:
            raise Refused(_("发金币要先带一个班组或部门。"), "unit_id", status=403)
        return led[0].id
    if Grant("leader", unit_id) in by.grants:
        return unit_id
    unit: UnitLine | None = queries.unit_with_place(unit_id)
    if unit is None or not policy.may_award(by, unit):
        raise Refused(_("这个班组不归你带，请从自己的班组里选。"), "unit_id", status=403)
    return unit_id


def _check_people(by: Viewer, people: Sequence[int], unit_id: int) -> list[Receiver]:
    if not people:
        raise Refused(_("请至少选一位同事。"), "people")
    if len(people) > MOST_PEOPLE:
        raise Refused(_("一次最多 %(most)s 位，请分几次发。", most=MOST_PEOPLE), "people")
    if by.id in people:
        raise Refused(_("不能发给自己。你做的好事，请你的上级来表扬。"), "people")
    known = queries.receivers(people, unit_id)
    twice = [person for person, times in Counter(people).items() if times > 1]
    if twice:
        name = known[twice[0]].name if twice[0] in known else twice[0]
        raise Refused(_("%(name)s 选了两次，请只留一次。", name=name), "people")
    if len(known) < len(people):
        raise Refused(_("有一位同事找不到了，请从名单里重新选。"), "people")
    for person in known.values():
        if not person.in_service:
            raise Refused(
                _("%(name)s 已经离职，收不了金币。请把对方从名单里去掉。", name=person.name),
                "people",
            )
        if not person.in_unit:
            raise Refused(
                _("%(name)s 不在这个班组。请选自己班组的同事，或请对方的班长来发。",
                  name=person.name),
                "people",
            )  # fmt: skip
    return list(known.values())


def _known_accounts(unit_id: int, people: Sequence[int]) -> tuple[dict[int, int], dict[int, int]]:
    """The balances of the budget's slices by account, and the wallets there are by owner."""
    period = quota_month()
    rows = fetch(_accounts(), unit_id=unit_id, period=period, people=list(people))
    slices = {row.id: row.balance for row in rows if row.kind == AccountKind.BUDGET}
    return slices, {row.owner_id: row.id for row in rows if row.kind == AccountKind.WALLET}


@cache
def _accounts() -> AnySelect:
    people = bindparam("people", expanding=True, type_=Integer)
    return select(Account.id, Account.kind, Account.owner_id, Account.balance).where(
        Account.currency == Currency.COIN,
        or_(
            and_(
                Account.kind == AccountKind.BUDGET,
                Account.owner_id == bindparam("unit_id"),
                Account.period == bindparam("period"),
            ),
            and_(
                Account.kind == AccountKind.WALLET,
                Account.owner_id.in_(people),
                Account.period == "",
            ),
        ),
    )


def _legs(meant: Plan) -> tuple[tuple[int, int], ...]:
    """Out of the budget into each wallet, opening those that are missing. Raises Refused."""
    if not meant.slices:
        raise _too_much(meant)
    people = [person.id for person in meant.receivers]
    wallets = meant.wallets
    if missing := [person for person in people if person not in wallets]:
        wallets = wallets | accounts_of(AccountKind.WALLET, missing)
    parts = draw(meant.slices, meant.total)
    if meant.left_after < 0:  # one that was posted before is found by its key, nothing else is
        parts = [(next(iter(meant.slices)), meant.total)]
    shares = ((wallets[person], meant.amount) for person in people)
    return (*((account_id, -amount) for account_id, amount in parts), *shares)


def _too_much(meant: Plan) -> Refused:
    if meant.left <= 0:
        message = _("这个月的预算已经用完了。可以等下个月，或请人力资源部加拨。")
    else:
        message = _(
            "这个月的预算还剩 %(left)s，这次要用 %(total)s。请少发一些，或请人力资源部加拨。",
            left=coins(meant.left),
            total=coins(meant.total),
        )
    return Refused(message, "amount")


def _tell_receivers(
    by: Viewer, award_id: int, given: Mapping[str, Any], people: Sequence[int]
) -> None:
    tell_many(
        {
            "person_id": person,
            "kind": "coins.awarded",
            "key": f"award:{award_id}:{person}",
            "link": f"/coins/awards/{award_id}",
            "params": {
                "by": by.name,
                "amount": given["amount"],
                "value": str(given["value"]),
                "words": given["reason"],
            },
        }
        for person in people
    )


def withdraw(by: Viewer, given: Award) -> Posted:
    """Take an own award back within 15 minutes, from everybody who received it.

    Raises Refused: too late, withdrawn before, or when a wallet no longer holds the coins.
    """
    original = session().get_one(Transfer, given.transfer_id)
    if given.by_id != by.id:
        raise Refused(_("只有发出的人可以撤回。"), status=403)
    if clock.now() - original.entered_at > TIME_TO_WITHDRAW:
        raise Refused(_("发出超过 15 分钟，不能自己撤回了。有误请联系人力资源部更正。"))
    already = select(Transfer.id).where(Transfer.reverses_id == original.id)
    if session().scalar(already) is not None:
        raise Refused(_("这次表扬已经撤回过了。"), status=409)
    try:
        back = reverse(
            original.id, key=f"withdraw:{original.id}", reason=Reason.WITHDRAW, by_id=by.id
        )
    except Short as short:
        owner = session().scalar(
            select(Person.name)
            .join(Account, Account.owner_id == Person.id)
            .where(Account.id == short.account_id)
        )
        raise Refused(
            _("%(name)s 已经用掉了这些金币，撤不回来。请和对方谈谈，或请人力资源部更正。",
              name=owner),
            status=409,
        ) from short  # fmt: skip
    tell_many(
        {
            "person_id": person,
            "kind": "coins.withdrawn",
            "key": f"award:{given.id}:{person}:withdrawn",
            "link": f"/coins/awards/{given.id}",
            "params": {"by": by.name, "amount": given.amount},
        }
        for person in given.people
    )
    return back
