"""Awards: coins for people with the fact and the behaviour they are for, and taking them back."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any, cast

from flask_babel import gettext as _
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    String,
    Table,
    and_,
    bindparam,
    func,
    insert,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from portal.base import clock
from portal.base.access import Grant, Viewer
from portal.base.db import AnyRow, AnySelect, fetch, session
from portal.base.errors import Refused
from portal.base.forms import clean
from portal.coins import policy, queries
from portal.coins.models import Account, AccountKind, Award, Currency, Reason, Transfer, Value
from portal.coins.queries import Receiver, UnitLine, month_of, units_led
from portal.coins.rules.accounts import accounts_of
from portal.coins.rules.budgets import hashed_key
from portal.coins.rules.ledger import Short, coins, locked_accounts, post, posted_as, reverse
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


@dataclass(frozen=True, slots=True)
class Awarded:
    """An award by its number, the transfer that it made, and whose budget it came from."""

    id: int
    transfer_id: int
    unit_id: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What an award would do: shown before it is confirmed."""

    unit_id: int
    receivers: tuple[Receiver, ...]
    amount: int
    left: int

    @property
    def total(self) -> int:
        return self.amount * len(self.receivers)

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
    unit_id, receivers = _checked(
        by, people=people, amount=amount, reason=reason, value=value, unit_id=unit_id,
        happened_on=happened_on,
    )  # fmt: skip
    gift = _Gift(
        unit_id,
        tuple(sorted(receiver.id for receiver in receivers)),
        amount,
        f"award:{hashed_key(by.id, key)}",
        by.id,
        happened_on,
        f"{value}\0{clean(reason)}",
    )
    moved = _post(gift)
    if not moved.is_new:
        before = session().scalars(select(Award.id).where(Award.transfer_id == moved.id)).one()
        return Awarded(before, moved.id, unit_id)
    row = {
        "transfer_id": moved.id,
        "unit_id": unit_id,
        "by_id": by.id,
        "value": Value(value),
        "reason": clean(reason),
        "amount": amount,
        "head_count": len(receivers),
    }
    number = session().connection().execute(_new_award(), row).scalar_one()
    given = Awarded(number, moved.id, unit_id)
    _tell_receivers(by, given.id, row, gift.people)
    return given


@dataclass(frozen=True, slots=True)
class _Gift:
    """An award on its way into the ledger. `words`: what it is for."""

    unit_id: int
    people: tuple[int, ...]
    amount: int
    key: str
    by_id: int
    happened_on: date | None
    words: str

    @property
    def total(self) -> int:
        return self.amount * len(self.people)

    def posting(self, parts: Sequence[tuple[int, int]], wallets: Mapping[int, int]) -> Posting:
        """Out of the budget's slices, `parts` of each, into the wallets."""
        people = ",".join(map(str, self.people))
        return Posting(
            self.key,
            Reason.AWARD,
            (
                *((account_id, -amount) for account_id, amount in parts),
                *((wallets[person], self.amount) for person in self.people),
            ),
            self.by_id,
            happened_on=self.happened_on,
            about="\0".join((str(self.unit_id), people, str(self.amount), self.words)),
        )


def _post(gift: _Gift) -> Posted:
    """Out of any slice of the budget that holds enough, or out of several of them."""
    locked = {row.id: row for row in _lock_places(gift)}
    wallets = {row.owner_id: row.id for row in locked.values() if row.kind == AccountKind.WALLET}
    enough = [row.id for row in locked.values() if row.kind == AccountKind.BUDGET]
    if missing := [person for person in gift.people if person not in wallets]:
        wallets |= accounts_of(AccountKind.WALLET, missing)
        locked = {}
    if enough:
        return post([gift.posting([(enough[0], gift.total)], wallets)], locked)[0]
    left = {row.id: row.balance for row in _budget(gift.unit_id, locked=True)}
    parts = draw(left, gift.total)
    if sum(amount for _account, amount in parts) == gift.total:
        return post([gift.posting(parts, wallets)])[0]
    if before := posted_as(gift.posting((), wallets)):
        return before
    raise _too_much(sum(left.values()), gift.total)


def _lock_places(gift: _Gift) -> Sequence[AnyRow]:
    """The wallets there are, and one slice of the budget by chance if it holds enough, so that many
    can give at once; all locked."""
    return fetch(
        _places(),
        unit_id=gift.unit_id,
        period=month_of(clock.today()),
        people=list(gift.people),
        total=gift.total,
        chance=secrets.randbelow(840),  # divisible by any number of slices there may be
    )


@cache
def _places() -> AnySelect:
    people = bindparam("people", expanding=True, type_=Integer)
    of_budget = _is_budget(Account)
    number = select(func.count()).where(_is_budget(aliased(Account))).scalar_subquery()
    a_slice = Account.slice == bindparam("chance", type_=Integer) % func.nullif(number, 0)
    is_wallet = and_(
        Account.currency == Currency.COIN,
        Account.kind == AccountKind.WALLET,
        Account.owner_id.in_(people),
        Account.period == "",
    )
    enough = Account.balance >= bindparam("total", type_=BigInteger)
    return locked_accounts(or_(and_(of_budget, a_slice, enough), is_wallet))


def _is_budget(account: Any) -> ColumnElement[bool]:
    return and_(
        account.currency == Currency.COIN,
        account.kind == AccountKind.BUDGET,
        account.owner_id == bindparam("unit_id"),
        account.period == bindparam("period", type_=String),
    )


def _budget(unit_id: int, *, locked: bool = False) -> Sequence[AnyRow]:
    """The slices of this month's budget."""
    return fetch(_slices(locked), unit_id=unit_id, period=month_of(clock.today()))


@cache
def _slices(is_locked: bool) -> AnySelect:
    if is_locked:
        return locked_accounts(_is_budget(Account))
    return select(Account.id, Account.balance).where(_is_budget(Account))


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
) -> Plan:
    """What an award would do. Raises Refused for all that stands against it."""
    unit_id, receivers = _checked(
        by, people=people, amount=amount, reason=reason, value=value, unit_id=unit_id,
        happened_on=happened_on,
    )  # fmt: skip
    meant = Plan(unit_id, tuple(receivers), amount, sum(row.balance for row in _budget(unit_id)))
    if meant.left_after < 0:
        raise _too_much(meant.left, meant.total)
    return meant


def _checked(
    by: Viewer,
    *,
    people: Sequence[int],
    amount: int,
    reason: str,
    value: str,
    unit_id: int | None,
    happened_on: date | None,
) -> tuple[int, list[Receiver]]:
    """The unit that gives and those who receive. The budget is left to the posting, which sees it
    under its lock."""
    _check_words(amount, reason, value, happened_on)
    unit_id = _unit_for(by, unit_id)
    return unit_id, _check_people(by, people, unit_id)


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


def _too_much(left: int, total: int) -> Refused:
    if left <= 0:
        message = _("这个月的预算已经用完了。可以等下个月，或请人力资源部加拨。")
    else:
        message = _(
            "这个月的预算还剩 %(left)s，这次要用 %(total)s。请少发一些，或请人力资源部加拨。",
            left=coins(left),
            total=coins(total),
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
