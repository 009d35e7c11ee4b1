"""What an award would do, and all that stands against it before a coin is moved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, String, and_, bindparam, select

from portal.base import clock
from portal.base.access import Grant, Viewer
from portal.base.db import AnyRow, AnySelect, fetch
from portal.base.errors import Refused
from portal.base.forms import clean
from portal.coins import policy, queries
from portal.coins.models import GAP, Account, AccountKind, Currency, RuleName, Value
from portal.coins.queries import Receiver, UnitLine, quota_month, units_led
from portal.coins.rules.caps import check_caps
from portal.coins.rules.ledger import coins, locked_accounts

MOST_EACH = 1000
MOST_PEOPLE = 2000
SHORTEST_REASON, LONGEST_REASON = 10, 300
LATEST = timedelta(days=31)
"""How long after the fact it may still be awarded."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an award would do: shown before it is confirmed.

    `numbers`: what the house decided about coins. `said_before`: the giver used these very words
    for another award not long ago.
    """

    unit_id: int
    receivers: tuple[Receiver, ...]
    amount: int
    reason: str
    value: str
    happened_on: date
    left: int = 0
    numbers: Mapping[str, int] = field(default_factory=dict)
    said_before: bool = False

    @property
    def total(self) -> int:
        return self.amount * len(self.receivers)

    @property
    def left_after(self) -> int:
        return self.left - self.total

    @property
    def threshold(self) -> int:
        """Above so many coins in all somebody else looks at it first; 0: never."""
        return self.numbers.get(RuleName.REVIEW, 0)

    @property
    def needs_review(self) -> bool:
        return 0 < self.threshold < self.total

    @property
    def about(self) -> str:
        """What makes it this award and no other, whichever slices give."""
        people = ",".join(str(each) for each in sorted(it.id for it in self.receivers))
        return "\0".join((str(self.unit_id), people, str(self.amount), self.value, self.reason))


def plan(
    by: Viewer,
    *,
    people: Sequence[int],
    amount: int,
    reason: str,
    value: str,
    unit_id: int | None = None,
    happened_on: date | None = None,
) -> Plan:
    """What an award would do. Raises Refused for all that stands against it."""
    meant = prepare(
        by,
        people=people,
        amount=amount,
        reason=reason,
        value=value,
        unit_id=unit_id,
        happened_on=happened_on,
    )
    left = sum(row.balance for row in slices_of_budget(meant.unit_id))
    meant = replace(meant, left=left)
    if meant.left_after < 0:
        raise too_much(meant.left, meant.total)
    check_words_are_new(meant)
    check_caps_of(meant, by.id)
    return meant


def prepare(
    by: Viewer,
    *,
    people: Sequence[int],
    amount: int,
    reason: str,
    value: str,
    unit_id: int | None,
    happened_on: date | None,
) -> Plan:
    """A plan that leaves to the posting what is only certain under its locks: the budget, the caps,
    and whether it was posted before."""
    _check_words(amount, reason, value, happened_on)
    unit_id = _unit_for(by, unit_id)
    receivers = _check_people(by, people, unit_id)
    words = clean(reason)
    numbers, said_before = queries.before_award(by.id, words)
    return Plan(
        unit_id,
        tuple(receivers),
        amount,
        words,
        Value(value).value,
        happened_on or clock.today(),
        numbers=numbers,
        said_before=said_before,
    )


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
    if GAP in reason:
        raise Refused(
            _("开头里还有没填的空（%(gap)s）。把当时的事情填进去，对方才知道你看见了。", gap=GAP),
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


def is_budget(account: Any) -> ColumnElement[bool]:
    """The condition that an account is a slice of a unit's budget of a month."""
    return and_(
        account.currency == Currency.COIN,
        account.kind == AccountKind.BUDGET,
        account.owner_id == bindparam("unit_id"),
        account.period == bindparam("period", type_=String),
    )


def slices_of_budget(unit_id: int, *, locked: bool = False) -> Sequence[AnyRow]:
    """The slices of this month's budget."""
    return fetch(_slices(locked), unit_id=unit_id, period=quota_month())


@cache
def _slices(is_locked: bool) -> AnySelect:
    if is_locked:
        return locked_accounts(is_budget(Account))
    return select(Account.id, Account.balance).where(is_budget(Account))


def check_words_are_new(meant: Plan) -> None:
    """Raises Refused where the giver said the very same not long ago."""
    if meant.said_before:
        raise Refused(
            _("这段话你这 30 天里用过，一字不差。写写这一次发生了什么，对方会知道你是真的看见了。"),
            "reason",
        )


def check_caps_of(meant: Plan, giver_id: int, *, is_posted: bool = False) -> None:
    """Raises Refused where a receiver would have more than the house allows; see `check_caps`."""
    if not any(meant.numbers.get(rule) for rule in (RuleName.MOST_RECEIVED, RuleName.MOST_OF_PAIR)):
        return
    wallets = queries.wallets_of([each.id for each in meant.receivers])
    check_caps(
        meant.numbers,
        {wallets[each.id]: each.name for each in meant.receivers if each.id in wallets},
        giver_id=giver_id,
        amount=meant.amount,
        day=meant.happened_on,
        anybody=meant.receivers[0].name,
        is_posted=is_posted,
    )


def too_much(left: int, total: int) -> Refused:
    if left <= 0:
        message = _("这个月的预算已经用完了。可以等下个月，或请人力资源部加拨。")
    else:
        message = _(
            "这个月的预算还剩 %(left)s，这次要用 %(total)s。请少发一些，或请人力资源部加拨。",
            left=coins(left),
            total=coins(total),
        )
    return Refused(message, "amount")
